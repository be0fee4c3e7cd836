package observed

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
)

// Children carry far more than decisions look at: the last applied copy of
// themselves, managed fields, pod templates. The functions here find members of
// a JSON object without decoding their neighbours. In a text that is malformed
// they find nothing, and they never fail.

// Member is the value at a path of members of a JSON object; nil without one.
// Of a key that occurs twice the last value counts.
func Member(object []byte, path ...string) []byte {
	if len(path) == 0 {
		return object
	}
	value, _ := Lookup(object, path...)
	return value
}

// Lookup is Member for a text of which it is not known whether it is one JSON
// object; ok is false where it is not.
func Lookup(text []byte, path ...string) (value []byte, ok bool) {
	start := skipSpace(text, 0)
	value, end := find(text, start, path)
	if end == malformed || text[start] != '{' || skipSpace(text, end) < len(text) {
		return nil, false
	}
	return value, true
}

// find looks for a path of members in the value that starts at i, and returns the
// position behind that value.
func find(text []byte, i int, path []string) (value []byte, end int) {
	if i >= len(text) || text[i] != '{' {
		return nil, anyText.skipValue(text, i, 0)
	}
	end = anyText.eachMember(text, i, func(key, keyEnd, from int) (to int) {
		switch {
		case string(text[key:keyEnd]) != path[0]:
			return anyText.skipValue(text, from, 0)
		case len(path) > 1:
			value, to = find(text, from, path[1:])
			return to
		}
		if to = anyText.skipValue(text, from, 0); to != malformed {
			value = text[from:to:to]
		}
		return to
	})
	if end == malformed {
		return nil, malformed
	}
	return value, end
}

// Text is the text that a JSON value holds; false for every other value.
func Text(value []byte) (text string, ok bool) {
	if plain(value) {
		return string(value[1 : len(value)-1]), true
	}
	long, ok := LongText(value)
	return string(long), ok
}

// LongText is Text for a text that is full of escapes and read as bytes.
func LongText(value []byte) (text []byte, ok bool) {
	if len(value) == 0 || value[0] != '"' {
		return nil, false
	}
	text, err := jsontext.AppendUnquote(make([]byte, 0, len(value)), value)
	if err == nil {
		return text, true
	}
	var mended string // with a substitute for what is not UTF-8
	err = json.Unmarshal(value, &mended)
	return []byte(mended), err == nil
}

// plain reports whether a JSON value is a text that stands as it is: printable
// ASCII without escapes.
func plain(value []byte) bool {
	if len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
		return false
	}
	for _, c := range value[1 : len(value)-1] {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
