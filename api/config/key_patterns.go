package config

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// KeyPatterns are patterns of keys of labels or annotations in the syntax of path.Match, where "*"
// and "?" also stand for slashes.
type KeyPatterns []string

// Match reports whether a key matches one of the patterns. A pattern that is malformed matches
// nothing.
func (p KeyPatterns) Match(key string) bool {
	return slices.ContainsFunc(p, func(pattern string) bool {
		matched, err := matchKey(pattern, key)
		return err == nil && matched
	})
}

// matchKey is path.Match without its rule that stars end at slashes.
func matchKey(pattern, key string) (bool, error) {
	return path.Match(withoutSlashes(pattern), withoutSlashes(key))
}

// withoutSlashes replaces slashes by a character that no key has.
func withoutSlashes(text string) string { return strings.ReplaceAll(text, "/", "\x00") }

// keyPattern has the characters of keys and those that have a meaning in patterns.
var keyPattern = regexp.MustCompile(`^[-A-Za-z0-9_./*?\[\]^\\]+$`)

// check returns an error that names the field of the configuration and the first pattern that
// cannot match any key.
func (p KeyPatterns) check(field string) error {
	for _, pattern := range p {
		if _, err := matchKey(pattern, ""); err != nil || !keyPattern.MatchString(pattern) {
			return fmt.Errorf("%s has %q, which matches no key: write a key such as team, "+
				"or a pattern such as example.com/* or *", field, pattern)
		}
	}
	return nil
}
