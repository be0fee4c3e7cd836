package child

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// JSON returns a tree as JSON, with the keys of maps in alphabetical order: the same bytes that
// encoding/json writes. It fails for values that JSON cannot express, such as NaN.
func JSON(tree any) ([]byte, error) { return appendJSON(nil, tree) }

// appendJSON appends a tree as JSON, with the keys of maps in alphabetical
// order: the same bytes that encoding/json writes, without its reflection. A
// value of a type that trees do not have is written by encoding/json.
func appendJSON(out []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(out, "null"...), nil
	case string:
		return appendText(out, v), nil
	case bool:
		return strconv.AppendBool(out, v), nil
	case int64:
		return strconv.AppendInt(out, v, 10), nil
	case map[string]any:
		return appendMap(out, v)
	case []any:
		return appendList(out, v)
	}
	raw, err := json.Marshal(value)
	return append(out, raw...), err
}

func appendMap(out []byte, m map[string]any) (_ []byte, err error) {
	if m == nil {
		return append(out, "null"...), nil
	}
	var few [16]entry // most maps have no more, and then sorting them needs no memory
	entries := few[:0]
	for key, value := range m {
		entries = append(entries, entry{key, value})
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	out = append(out, '{')
	for i := range entries {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendText(out, entries[i].key), ':')
		if out, err = appendJSON(out, entries[i].value); err != nil {
			return out, err
		}
	}
	return append(out, '}'), nil
}

// entry is a key of a map with its value.
type entry struct {
	key   string
	value any
}

func appendList(out []byte, list []any) (_ []byte, err error) {
	if list == nil {
		return append(out, "null"...), nil
	}
	out = append(out, '[')
	for i, item := range list {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = appendJSON(out, item); err != nil {
			return out, err
		}
	}
	return append(out, ']'), nil
}

// appendText appends a text in quotes. One with anything to escape is left to
// encoding/json.
func appendText(out []byte, text string) []byte {
	if plain(text) {
		out = append(out, '"')
		out = append(out, text...)
		return append(out, '"')
	}
	raw, err := json.Marshal(text)
	if err != nil {
		return append(out, `""`...)
	}
	return append(out, raw...)
}

// plain reports whether a text is its own JSON.
func plain(text string) bool {
	for i := range len(text) {
		if !isPlain[text[i]] {
			return false
		}
	}
	return true
}

// isPlain tells the bytes that stand for themselves in JSON: printable ASCII
// without what encoding/json escapes.
var isPlain = func() (plain [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		plain[c] = !strings.ContainsRune(`"\<>&`, c)
	}
	return plain
}()
