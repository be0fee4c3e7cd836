package compose

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// excerptLength bounds how much of a value a trace shows, in bytes.
const excerptLength = 120

// jsonExcerpt shows a value in a trace: its JSON, cut where it is long.
func jsonExcerpt(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	return cutLongText(string(text))
}

// cutLongText cuts a string that is too long to show.
func cutLongText(text string) string {
	if len(text) <= excerptLength {
		return text
	}
	cut := excerptLength
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// scalarText shows a value that is neither a list nor a structure. It is empty for others, which
// may hold secrets.
func scalarText(value any) string {
	text := jsonExcerpt(value)
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		return ""
	}
	return text
}
