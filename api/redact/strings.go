package redact

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
)

// hideInString takes the secrets out of a string: JSON, a script, an argument, prose.
func (r *Redactor) hideInString(text string) string {
	if len(text) < 3 {
		return text
	}
	if redacted, isJSON := r.hideInJSON(text); isJSON {
		return redacted
	}
	for _, form := range secretForms {
		text = r.hideMatches(form, text)
	}
	text = r.hideNamedValues(flagForm, text)
	return r.hideNamedValues(assignmentForm, text)
}

// hideInJSON redacts a string that is a JSON object or list. Without a secret in it, not a byte of
// it changes.
func (r *Redactor) hideInJSON(text string) (redacted string, isJSON bool) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || trimmed[0] != '{' && trimmed[0] != '[' {
		return text, false
	}
	value, err := decodeJSON(trimmed)
	if err != nil {
		return text, false
	}
	before, err := encodeJSON(value)
	if err != nil {
		return text, false
	}
	after, err := encodeJSON(r.HideSecrets(value))
	if err != nil || string(before) == string(after) {
		return text, err == nil
	}
	return string(after), true
}

// secretForms are what secrets look like. The last group of each is the secret.
var secretForms = []*regexp.Regexp{
	regexp.MustCompile(`(-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|$))`),
	regexp.MustCompile(`(?i)\bauthorization["']?[ \t]*[:=][ \t]*["']?(?:(?:basic|bearer|token|apikey)[ \t]+)?([^\s"',;]{4,})`),
	regexp.MustCompile(`(?i)\bbearer[ \t]+([\w.~+/=-]{8,})`),
	regexp.MustCompile(`://[^/\s:@]*:([^/\s@]+)@`),
	regexp.MustCompile(wellKnownTokens),
}

// valueForm is a value in double, in single or without quotation marks.
const valueForm = `(?:"([^"]*)"|'([^']*)'|([^\s"'` + "`" + `,;|&})]+))`

// A flag is followed by its value after a space, perhaps on the next line of a script. In an
// assignment a colon needs a space or a quotation mark, so that it is not the one before the tag of
// an image.
var (
	flagForm       = regexp.MustCompile(`(?:^|[\s"'=;(])(--?[A-Za-z0-9][\w.-]*)(?:=|(?:[ \t]|\\\r?\n)+)` + valueForm)
	assignmentForm = regexp.MustCompile(`([A-Za-z_][\w.-]*)(?:=|["']?:[ \t]+|["']:)` + valueForm)
)

// hideMatches puts placeholders in the place of what a form finds.
func (r *Redactor) hideMatches(form *regexp.Regexp, text string) string {
	var out strings.Builder
	end := 0
	for _, at := range form.FindAllStringSubmatchIndex(text, -1) {
		from, to := at[len(at)-2], at[len(at)-1]
		out.WriteString(text[end:from])
		out.WriteString(r.hideAndFollow(text[from:to]))
		end = to
	}
	out.WriteString(text[end:])
	return out.String()
}

// hideNamedValues puts placeholders in the place of values that have the name of a secret. What
// follows another name may itself be a name, as in "--verbose --token x".
func (r *Redactor) hideNamedValues(form *regexp.Regexp, text string) string {
	var out strings.Builder
	for {
		at := form.FindStringSubmatchIndex(text)
		if at == nil {
			out.WriteString(text)
			return out.String()
		}
		from, to := lastMatchedGroup(at)
		out.WriteString(text[:from])
		name, value := text[at[2]:at[3]], text[from:to]
		if name != "key" && isSecretNameOfAnyStyle(name) && !isHarmlessValue(value) {
			out.WriteString(r.hideAndFollow(value))
		} else {
			to = from
		}
		text = text[to:]
	}
}

// lastMatchedGroup returns the bounds of the last group that took part in a match.
func lastMatchedGroup(at []int) (from, to int) {
	for i := len(at) - 2; i > 0; i -= 2 {
		if at[i] >= 0 {
			return at[i], at[i+1]
		}
	}
	return at[0], at[1]
}

// isHarmlessValue recognises what stands where a secret could: another flag, an expression, or a
// word.
func isHarmlessValue(value string) bool {
	for _, start := range []string{"-", "$(", "${"} {
		if strings.HasPrefix(value, start) {
			return true
		}
	}
	switch strings.ToLower(value) {
	case "", "true", "false", "null", "none", "nil", "basic", "bearer", "token", "apikey":
		return true
	}
	return false
}

// escapedInJSON is a string as it appears within a JSON string.
func escapedInJSON(text string) string {
	raw, err := encodeJSON(text)
	if err != nil || len(raw) < 2 {
		return text
	}
	return string(raw[1 : len(raw)-1])
}

// decodeJSON reads a string that is one JSON value and nothing else, and keeps numbers as they are
// written.
func decodeJSON(text string) (value any, err error) {
	if !json.Valid([]byte(text)) {
		return nil, errors.New("it is not JSON")
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	err = decoder.Decode(&value)
	return value, err
}

// encodeJSON writes JSON without a line break.
func encodeJSON(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}
