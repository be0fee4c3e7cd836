package status

import (
	"strings"
	"unicode/utf8"

	"github.com/isvc-io/isvc/api/redact"
)

// The longest texts in a status, in bytes.
const (
	// messageLimit is that of the words of a program.
	messageLimit = 1024
	// conditionLimit is that of the message of a condition.
	conditionLimit = 4096
)

// bounded makes a text fit for the status: what a program printed may be long
// and may hold credentials, and everybody who sees the service sees its status.
func bounded(text string) string { return cut(redact.HideCredentials(text), messageLimit) }

// cut shortens a text to a number of bytes without breaking a character, and
// makes it valid UTF-8.
func cut(text string, limit int) string {
	text = strings.ToValidUTF8(text, "?")
	if len(text) <= limit {
		return text
	}
	const mark = " ..."
	end := limit - len(mark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}
