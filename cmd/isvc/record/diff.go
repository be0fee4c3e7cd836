package record

import (
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// diffLines shows how a string became another: lines with "-" are in the old one only, lines with
// "+" in the new one only, and lines with " " around a change in both. Where lines were left out
// there is a line with "...", because the numbers of a unified diff say nothing about an object.
func diffLines(old, now string) string {
	unified, err := udiff.ToUnifiedDiff("", "", old, udiff.Lines(old, now), udiff.DefaultContextLines)
	if err != nil {
		return "cannot be compared: " + err.Error() + "\n"
	}
	signs := map[udiff.OpKind]string{udiff.Delete: "-", udiff.Insert: "+", udiff.Equal: " "}
	var out strings.Builder
	for _, hunk := range unified.Hunks {
		if hunk.FromLine > 1 {
			out.WriteString("...\n")
		}
		for _, line := range hunk.Lines {
			out.WriteString(signs[line.Kind] + line.Content)
		}
	}
	return out.String()
}
