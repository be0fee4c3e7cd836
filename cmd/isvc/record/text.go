package record

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/isvc-io/isvc/sync/compose"
)

// isSecretName reports whether a variable, flag or parameter of this name
// probably holds a secret. Words end at punctuation and where capitals begin.
func isSecretName(name string) bool {
	return compose.IsSecretName(split(name)) || compose.IsSecretName(name) || isSignature(name)
}

// isSignature recognises what makes a URL usable without a password.
func isSignature(name string) bool {
	words := strings.FieldsFunc(strings.ToUpper(name), func(r rune) bool { return !unicode.IsLetter(r) })
	return slices.ContainsFunc(words, func(word string) bool {
		return word == "SIG" || word == "SIGNATURE" || word == "AUTHORIZATION" || word == "COOKIE"
	})
}

// split puts a dash before each capital that follows a small letter: apiKey
// becomes api-Key.
func split(name string) string {
	var out strings.Builder
	before := ' '
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			out.WriteByte('-')
		}
		out.WriteRune(r)
		before = r
	}
	return out.String()
}

// isSecretField reports whether a field or parameter of an object probably
// holds a secret. Kubernetes has fields of these names that hold none.
func isSecretField(name string) bool {
	switch name {
	case "key", "topologyKey", "storageKey":
		return false
	}
	return !strings.Contains(name, "/") && isSecretName(name)
}

// text takes the secrets out of a text.
func (r *redactor) text(text string) string {
	if len(text) < 3 {
		return text
	}
	if redacted, isJSON := r.json(text); isJSON {
		return redacted
	}
	for _, form := range forms {
		text = r.replace(form, text)
	}
	text = r.replaceNamed(flagForm, text)
	return r.replaceNamed(assignmentForm, text)
}

// json redacts a text that is a JSON object or list. It stays as it is, letter
// by letter, when there is no secret in it.
func (r *redactor) json(text string) (redacted string, isJSON bool) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || trimmed[0] != '{' && trimmed[0] != '[' {
		return text, false
	}
	value, err := decodeAll(trimmed)
	if err != nil {
		return text, false
	}
	before, err := encode(value)
	if err != nil {
		return text, false
	}
	after, err := encode(r.walk(value))
	if err != nil || string(before) == string(after) {
		return text, err == nil
	}
	return string(after), true
}

// forms are what secrets look like. The last group of each is the secret.
var forms = []*regexp.Regexp{
	regexp.MustCompile(`(-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|$))`),
	regexp.MustCompile(`(?i)\bauthorization["']?[ \t]*[:=][ \t]*["']?(?:(?:basic|bearer|token|apikey)[ \t]+)?([^\s"',;]{4,})`),
	regexp.MustCompile(`(?i)\bbearer[ \t]+([\w.~+/=-]{8,})`),
	regexp.MustCompile(`://[^/\s:@]*:([^/\s@]+)@`),
	regexp.MustCompile(`\b(hf_[A-Za-z0-9]{16,}|sk-[\w-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|` +
		`glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|nvapi-[\w-]{16,}|AIza[\w-]{30,}|(?:AKIA|ASIA)[0-9A-Z]{16}|` +
		`eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)`),
}

// valueForm is a value in double, in single or without quotation marks.
const valueForm = `(?:"([^"]*)"|'([^']*)'|([^\s"'` + "`" + `,;|&})]+))`

// A flag is followed by its value after a space, perhaps on the next line of a
// script. In an assignment a colon needs a space or a quotation mark, so that
// it is not the one before the tag of an image.
var (
	flagForm       = regexp.MustCompile(`(?:^|[\s"'=;(])(--?[A-Za-z0-9][\w.-]*)(?:=|(?:[ \t]|\\\r?\n)+)` + valueForm)
	assignmentForm = regexp.MustCompile(`([A-Za-z_][\w.-]*)(?:=|["']?:[ \t]+|["']:)` + valueForm)
)

// replace puts placeholders for what a form finds.
func (r *redactor) replace(form *regexp.Regexp, text string) string {
	var out strings.Builder
	end := 0
	for _, at := range form.FindAllStringSubmatchIndex(text, -1) {
		from, to := at[len(at)-2], at[len(at)-1]
		out.WriteString(text[end:from])
		out.WriteString(r.named(text[from:to]))
		end = to
	}
	out.WriteString(text[end:])
	return out.String()
}

// replaceNamed puts placeholders for the values that have the name of a
// secret. What follows another name may itself be a name, as in "--verbose
// --token x".
func (r *redactor) replaceNamed(form *regexp.Regexp, text string) string {
	var out strings.Builder
	for {
		at := form.FindStringSubmatchIndex(text)
		if at == nil {
			out.WriteString(text)
			return out.String()
		}
		from, to := lastGroup(at)
		out.WriteString(text[:from])
		if name, value := text[at[2]:at[3]], text[from:to]; name != "key" && isSecretName(name) && !isHarmless(value) {
			out.WriteString(r.named(value))
		} else {
			to = from
		}
		text = text[to:]
	}
}

// lastGroup is where the last group of a match is that took part in it.
func lastGroup(at []int) (from, to int) {
	for i := len(at) - 2; i > 0; i -= 2 {
		if at[i] >= 0 {
			return at[i], at[i+1]
		}
	}
	return at[0], at[1]
}

// isHarmless recognises what stands where a secret could: another flag, an
// expression, or a word.
func isHarmless(value string) bool {
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

// decodeAll reads a text that is one JSON value and nothing else.
func decodeAll(text string) (any, error) {
	if !json.Valid([]byte(text)) {
		return nil, errors.New("it is not JSON")
	}
	return decode([]byte(text))
}
