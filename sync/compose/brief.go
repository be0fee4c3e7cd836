package compose

import (
	"encoding/json"
	"unicode/utf8"
)

// briefLength bounds how much of a value a trace shows, in bytes.
const briefLength = 120

// brief shows a value in a trace: its JSON, cut where it is long.
func brief(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	return shorten(string(text))
}

// shorten cuts a text that is too long to show.
func shorten(text string) string {
	if len(text) <= briefLength {
		return text
	}
	cut := briefLength
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
