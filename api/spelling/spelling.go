// Package spelling finds what people probably meant.
package spelling

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// Nearest is the text of a list that is probably meant by one that is not in it: one with the same letters
// and digits, else the one that is fewest edits away where they are few. "" where none is near.
func Nearest(text string, list []string) string {
	wanted := lettersOf(text)
	best, fewest := "", allowedEdits(wanted)+1
	for _, candidate := range list {
		if edits := levenshtein.ComputeDistance(wanted, lettersOf(candidate)); edits < fewest {
			best, fewest = candidate, edits
		}
	}
	return best
}

// allowedEdits is how many letters of a word may be wrong: none of a short one.
func allowedEdits(word string) int {
	if len(word) < 4 {
		return 0
	}
	return max(1, len(word)/5)
}

// lettersOf is a text in lower case without what separates words.
func lettersOf(text string) string {
	return strings.NewReplacer("-", "", "_", "", ".", "", " ", "").Replace(strings.ToLower(text))
}
