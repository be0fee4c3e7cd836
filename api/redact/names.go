package redact

import (
	"slices"
	"strings"
	"unicode"
)

var (
	secretWords = []string{"TOKEN", "KEY", "APIKEY", "PASSWORD", "PASSWD", "SECRET", "CREDENTIAL", "CREDENTIALS"}
	// harmlessLastWords end names that speak of a secret without holding it.
	harmlessLastWords = []string{"NAME", "PATH", "FILE", "DIR", "ID", "URL", "SIZE", "LENGTH", "LIMIT", "COUNT", "TYPE"}
)

// IsSecretName reports whether a variable or a flag of this name probably holds a secret: one of
// its words is TOKEN, KEY, APIKEY, PASSWORD, PASSWD, SECRET or CREDENTIALS, and the last does not
// say that it is a name, path, file, identifier, size or the like. Words end at "_", "-" and ".".
func IsSecretName(name string) bool {
	words := strings.FieldsFunc(strings.ToUpper(name), func(r rune) bool { return r == '_' || r == '-' || r == '.' })
	if len(words) == 0 || slices.Contains(harmlessLastWords, words[len(words)-1]) {
		return false
	}
	return slices.ContainsFunc(words, func(word string) bool { return slices.Contains(secretWords, word) })
}

// isSecretNameOfAnyStyle is IsSecretName for names in which words also end where a capital begins,
// and for the parameters that make a URL usable without a password.
func isSecretNameOfAnyStyle(name string) bool {
	return IsSecretName(dashBeforeCapitals(name)) || IsSecretName(name) || isSignatureName(name)
}

func isSignatureName(name string) bool {
	words := strings.FieldsFunc(strings.ToUpper(name), func(r rune) bool { return !unicode.IsLetter(r) })
	return slices.ContainsFunc(words, func(word string) bool {
		return word == "SIG" || word == "SIGNATURE" || word == "AUTHORIZATION" || word == "COOKIE"
	})
}

// dashBeforeCapitals puts a dash before each capital that follows a small letter: apiKey becomes
// api-Key.
func dashBeforeCapitals(name string) string {
	var out strings.Builder
	previous := ' '
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(previous) {
			out.WriteByte('-')
		}
		out.WriteRune(r)
		previous = r
	}
	return out.String()
}

// isSecretFieldName reports whether a field or parameter of an object probably holds a secret.
// Kubernetes has fields of such names that hold none.
func isSecretFieldName(name string) bool {
	switch name {
	case "key", "topologyKey", "storageKey":
		return false
	}
	return !strings.Contains(name, "/") && isSecretNameOfAnyStyle(name)
}
