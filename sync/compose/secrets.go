package compose

import (
	"slices"
	"strings"
)

// hidden stands in a trace for a value that must not be shown.
const hidden = "(hidden)"

var (
	secretWords = []string{"TOKEN", "KEY", "APIKEY", "PASSWORD", "PASSWD", "SECRET", "CREDENTIAL", "CREDENTIALS"}
	// harmlessEnds are last words of names that speak of a secret without
	// holding it.
	harmlessEnds = []string{"NAME", "PATH", "FILE", "DIR", "ID", "URL", "SIZE", "LENGTH", "LIMIT", "COUNT", "TYPE"}
)

// IsSecretName reports whether a variable or a flag of this name probably
// holds a secret: one of its words is TOKEN, KEY, APIKEY, PASSWORD, PASSWD,
// SECRET or CREDENTIALS, and the last does not say that it is a name, path, file,
// identifier, size or the like. Words end at "_", "-" and ".".
func IsSecretName(name string) bool {
	words := strings.FieldsFunc(strings.ToUpper(name), func(r rune) bool { return r == '_' || r == '-' || r == '.' })
	if len(words) == 0 || slices.Contains(harmlessEnds, words[len(words)-1]) {
		return false
	}
	return slices.ContainsFunc(words, func(word string) bool { return slices.Contains(secretWords, word) })
}
