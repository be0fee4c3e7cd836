package status

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// The longest texts in a status, in bytes.
const (
	// messageLimit is that of the words of a program.
	messageLimit = 1024
	// conditionLimit is that of the message of a condition.
	conditionLimit = 4096
)

// credentials matches what programs print of passwords, tokens and signatures.
// It is compiled once and never changed.
var credentials = regexp.MustCompile(`(?i)(authorization:?\s*(?:bearer|basic)\s+|bearer\s+|[?&](?:sig|signature|x-amz-signature|x-amz-credential|x-amz-security-token)=` +
	`|(?:password|passwd|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?)["']?\s*[=:]\s*["']?)([^\s"'&,;]+)` +
	`|()\b(hf_[a-z0-9]{16,}|sk-[a-z0-9_-]{16,}|gh[pousr]_[a-z0-9]{20,}|AKIA[0-9A-Z]{16}|eyJ[a-z0-9_-]{8,}\.[a-z0-9_.-]+)` +
	`|(://[^\s/:@]*:)([^\s/@]+)@`)

// bounded makes a text fit for the status: what a program printed may be long
// and may hold credentials, and everybody who sees the service sees its status.
func bounded(text string) string { return cut(redacted(text), messageLimit) }

// redacted replaces credentials by stars.
func redacted(text string) string {
	return credentials.ReplaceAllStringFunc(text, func(found string) string {
		parts := credentials.FindStringSubmatch(found)
		if parts[6] != "" {
			return parts[5] + "***@"
		}
		return parts[1] + parts[3] + "***"
	})
}

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
