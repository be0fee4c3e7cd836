package status

import (
	"strings"
	"unicode/utf8"

	"github.com/isvc-io/isvc/api/redact"
)

// The longest messages of a status, in bytes.
const (
	// programMessageLimit is for what a program printed or a controller reports.
	programMessageLimit = 1024
	// conditionMessageLimit is for the message of a condition.
	conditionMessageLimit = 4096
	// transitionMessageLimit is for the message of a transition.
	transitionMessageLimit = 256
	// wordLimit is for a reason in the summary.
	wordLimit = 40
)

// sanitizeMessage makes the output of a program fit for a status: it may be long and contain
// credentials, and everybody who may read the service reads its status.
func sanitizeMessage(message string) string {
	return truncateBytes(redact.HideCredentials(message), programMessageLimit)
}

// sanitizeWord makes a reason that a controller gives fit for a column: one short word.
func sanitizeWord(reason string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(redact.HideCredentials(reason)), " ")
	return truncateBytes(word, wordLimit)
}

// truncateBytes shortens a string to at most limit bytes without breaking a character, and makes it
// valid UTF-8.
func truncateBytes(s string, limit int) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) <= limit {
		return s
	}
	const mark = " ..."
	end := limit - len(mark)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}

// joinMessages joins what several programs say about one thing: without the full stops of those that are
// followed by another. An empty message is left out.
func joinMessages(messages ...string) string {
	joined := ""
	for _, message := range messages {
		switch message = strings.TrimSpace(message); {
		case message == "":
		case joined == "":
			joined = message
		default:
			joined = strings.TrimRight(joined, ".") + "; " + message
		}
	}
	return joined
}
