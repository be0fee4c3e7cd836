package status

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// The longest messages of a status, in bytes.
const (
	// programMessageLimit is for what a program printed or a controller reports.
	programMessageLimit = 1024
	// conditionMessageLimit is for the message of a condition.
	conditionMessageLimit = 4096
)

// credentials matches passwords, tokens and signatures in the output of programs.
var credentials = regexp.MustCompile(`(?i)(authorization:?\s*(?:bearer|basic)\s+|bearer\s+|[?&](?:sig|signature|x-amz-signature|x-amz-credential|x-amz-security-token)=` +
	`|(?:password|passwd|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?)["']?\s*[=:]\s*["']?)([^\s"'&,;]+)` +
	`|()\b(hf_[a-z0-9]{16,}|sk-[a-z0-9_-]{16,}|gh[pousr]_[a-z0-9]{20,}|AKIA[0-9A-Z]{16}|eyJ[a-z0-9_-]{8,}\.[a-z0-9_.-]+)` +
	`|(://[^\s/:@]*:)([^\s/@]+)@`)

// sanitizeMessage makes the output of a program fit for a status: it may be long and contain
// credentials, and everybody who may read the service reads its status.
func sanitizeMessage(message string) string {
	return truncateBytes(redactCredentials(message), programMessageLimit)
}

// redactCredentials replaces credentials by "***".
func redactCredentials(message string) string {
	return credentials.ReplaceAllStringFunc(message, func(match string) string {
		groups := credentials.FindStringSubmatch(match)
		if groups[6] != "" {
			return groups[5] + "***@"
		}
		return groups[1] + groups[3] + "***"
	})
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
