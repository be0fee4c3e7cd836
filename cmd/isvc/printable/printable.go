// Package printable makes text from manifests and clusters safe to print: it may contain anything.
package printable

import (
	"strings"
	"unicode"
)

// Line is a text in one line without control characters and other runes that a reader does not see. White space
// becomes a space, each other such rune U+FFFD, so that the length in runes stays.
func Line(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// LineOfWords is the same with one space between words and none around them, however they were apart.
func LineOfWords(text string) string { return Line(strings.Join(strings.Fields(text), " ")) }
