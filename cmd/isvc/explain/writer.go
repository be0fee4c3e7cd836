package explain

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/isvc-io/isvc/cmd/isvc/printable"
)

const (
	minWidth     = 40
	defaultWidth = 100
	// labelWidth and originWidth are the widths of the columns of labels and of origins of values.
	labelWidth  = 13
	originWidth = 12
	indent      = 2
	// maxLines is how many lines a string takes at most without All.
	maxLines = 2
)

// The ANSI sequences of headings and alerts.
const (
	bold      = "\x1b[1m"
	yellow    = "\x1b[33m"
	plainText = "\x1b[0m"
)

// textWriter lays a report out in two columns: labels, and strings that are wrapped in their
// column.
type textWriter struct {
	TextOptions
	out strings.Builder
}

func (w *textWriter) writeHeading(text string) {
	w.out.WriteString(w.inColour(bold, cutToWidth(printable.Line(text), w.Width)) + "\n")
}

// writeLine writes a label with a string, on as many lines as are allowed.
func (w *textWriter) writeLine(depth int, label, text string) {
	w.writeLines(depth, label, bold, w.wrapShown(text, w.Width-columnOfDepth(depth)))
}

// writeAlert writes an important string, which is never cut.
func (w *textWriter) writeAlert(label, text string) {
	w.writeLines(0, label, yellow, printable.WrapWords(printable.Line(text), w.Width-columnOfDepth(0)))
}

// writeNames writes names after a label, as many as fit.
func (w *textWriter) writeNames(depth int, label string, names []string) {
	if len(names) > 0 {
		w.writeLines(depth, label, bold, w.fitNames(names, w.Width-columnOfDepth(depth), maxLines))
	}
}

// writeNamesInOneLine writes as many names as fit.
func (w *textWriter) writeNamesInOneLine(depth int, names []string) {
	if len(names) > 0 {
		w.writeLines(depth, "", "", w.fitNames(names, w.Width-columnOfDepth(depth), 1))
	}
}

// writeOrigin writes values after their origin.
func (w *textWriter) writeOrigin(label, origin, text string) {
	lines := w.wrapShown(text, w.Width-columnOfDepth(2)-originWidth)
	for i := range lines {
		lines[i] = padToWidth(onFirstLine(i, origin), originWidth) + lines[i]
	}
	w.writeLines(2, label, "", lines)
}

// onFirstLine is a string on the first line and empty on all others.
func onFirstLine(i int, text string) string {
	if i > 0 {
		return ""
	}
	return text
}

// columnOfDepth is the column in which strings of a depth begin.
func columnOfDepth(depth int) int { return labelWidth + indent*depth }

func (w *textWriter) writeLines(depth int, label, colour string, lines []string) {
	for i, line := range lines {
		margin := strings.Repeat(" ", indent*depth)
		head := padToWidth(onFirstLine(i, label), labelWidth)
		if i == 0 && label != "" && colour != "" {
			head = strings.Replace(head, label, w.inColour(colour, label), 1)
		}
		w.out.WriteString(strings.TrimRight(margin+head+line, " ") + "\n")
	}
}

func (w *textWriter) inColour(colour, text string) string {
	if !w.Colour {
		return text
	}
	return colour + text + plainText
}

// wrapShown breaks a string into lines and drops the lines that are too many.
func (w *textWriter) wrapShown(text string, width int) []string {
	lines := printable.WrapWords(printable.Line(text), width)
	if w.All || len(lines) <= maxLines {
		return lines
	}
	lines = lines[:maxLines]
	lines[maxLines-1] = cutToWidth(lines[maxLines-1]+" …", width)
	return lines
}

// fitNames breaks a list of names into at most so many lines and says how many names do not fit.
func (w *textWriter) fitNames(names []string, width, most int) []string {
	all := printable.WrapWords(printable.Line(strings.Join(names, ", ")), width)
	if w.All || len(all) <= most {
		return all
	}
	for shown := len(names) - 1; shown > 0; shown-- {
		text := fmt.Sprintf("%s, and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
		if utf8.RuneCountInString(text) > width*most {
			continue
		}
		if lines := printable.WrapWords(printable.Line(text), width); len(lines) <= most {
			return lines
		}
	}
	more := ""
	if len(names) > 1 {
		more = fmt.Sprintf(", and %d more", len(names)-1)
	}
	return []string{cutToWidth(printable.Line(names[0]), width-len(more)) + more}
}

func countRunes(text string) int { return utf8.RuneCountInString(text) }

// cutToWidth shortens a string to a number of columns.
func cutToWidth(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	return string(runes[:width-1]) + "…"
}

func padToWidth(text string, width int) string {
	if n := width - countRunes(text); n > 0 {
		return text + strings.Repeat(" ", n)
	}
	return text + " "
}

// nameOf is the name of "<kind>/<name>".
func nameOf(object string) string {
	if _, name, found := strings.Cut(object, "/"); found {
		return name
	}
	return object
}
