// Package printable makes text from manifests and clusters safe to print, because it may contain anything, and
// breaks it into lines.
package printable

import (
	"strings"
	"unicode"
	"unicode/utf8"
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

// WrapWords breaks a text at spaces into lines of a number of runes, and a word that is too long at the end of
// the line. There is one line at least.
func WrapWords(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimLeft(line+" "+word, " ")
		for utf8.RuneCountInString(line) > width {
			runes := []rune(line)
			lines, line = append(lines, string(runes[:width])), string(runes[width:])
		}
	}
	return append(lines, line)
}
