// Package spelling finds what people probably meant.
package spelling

import (
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// Nearest is the text of a list that is probably meant by one that is not in it: one with the same letters
// and digits, else the one that is fewest edits away where they are few. "" where none is near.
func Nearest(text string, list []string) string {
	wanted := lettersOf(text)
	best, fewest := "", allowedEdits(wanted)+1
	for _, candidate := range list {
		letters := lettersOf(candidate)
		if differenceOfLength(wanted, letters) >= fewest {
			continue // it takes as many edits at least, and to count them takes long where the text is long
		}
		if edits := editsBetween(wanted, letters); edits < fewest {
			best, fewest = candidate, edits
		}
	}
	return best
}

// differenceOfLength is by how many letters one text is longer than another.
func differenceOfLength(a, b string) int {
	difference := utf8.RuneCountInString(a) - utf8.RuneCountInString(b)
	return max(difference, -difference)
}

// editsBetween is how many letters differ; two neighbours that changed places count once.
func editsBetween(a, b string) int {
	if len(a) == len(b) {
		for i := 1; i < len(a); i++ {
			if a[i-1] != b[i-1] {
				if a[i-1] == b[i] && a[i] == b[i-1] && a[i+1:] == b[i+1:] {
					return 1
				}
				break
			}
		}
	}
	return levenshtein.ComputeDistance(a, b)
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
