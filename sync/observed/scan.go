package observed

import (
	"bytes"
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
)

// Children carry far more than decisions look at: the last applied copy of
// themselves, managed fields, pod templates. The functions here find members of
// a JSON object without decoding their neighbours. The text comes from a JSON
// decoder or encoder; where it is malformed, they find nothing and never fail.

// Members calls visit for each member of a JSON object with its key, as
// written, and its value.
func Members(object []byte, visit func(key, value []byte)) {
	i := skipSpace(object, 0)
	if i >= len(object) || object[i] != '{' {
		return
	}
	eachMember(object, i, func(key []byte, from int) int {
		to := skipValue(object, from)
		visit(key, bytes.TrimSpace(object[from:to]))
		return to
	})
}

// eachMember calls read for each member of the object that starts at i, with the
// key and the position of the value; read returns the position after it. The
// result is the position after the object.
func eachMember(text []byte, i int, read func(key []byte, from int) (to int)) int {
	for i++; ; i++ {
		start := skipSpace(text, i)
		if start >= len(text) || text[start] != '"' {
			return min(start+1, len(text)) // behind the brace of an object without members
		}
		end := skipString(text, start)
		colon := skipSpace(text, end)
		if colon >= len(text) || text[colon] != ':' {
			return len(text)
		}
		i = skipSpace(text, read(text[start+1:end-1], skipSpace(text, colon+1)))
		if i >= len(text) || text[i] != ',' {
			return min(i+1, len(text))
		}
	}
}

// Member is the value at a path of members of a JSON object; nil without one.
// Of a key that occurs twice the last value counts.
func Member(object []byte, path ...string) []byte {
	if len(path) == 0 {
		return object
	}
	value, _ := find(object, skipSpace(object, 0), path)
	return value
}

// find looks for a path of members in the value that starts at i, and returns the
// position after that value.
func find(text []byte, i int, path []string) (value []byte, end int) {
	if i >= len(text) || text[i] != '{' {
		return nil, skipValue(text, i)
	}
	end = eachMember(text, i, func(key []byte, from int) (to int) {
		switch {
		case string(key) != path[0]:
			return skipValue(text, from)
		case len(path) == 1:
			to = skipValue(text, from)
			value = bytes.TrimSpace(text[from:to])
		default:
			value, to = find(text, from, path[1:])
		}
		return to
	})
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
	var lenient string // with a substitute for what is not UTF-8
	err = json.Unmarshal(value, &lenient)
	return []byte(lenient), err == nil
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

func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the position after the string that starts at i: a quote
// ends it unless an odd number of backslashes precedes.
func skipString(text []byte, i int) int {
	for start := i + 1; start < len(text); {
		next := bytes.IndexByte(text[start:], '"')
		if next < 0 {
			return len(text)
		}
		end, escapes := start+next, 0
		for end-escapes > i+1 && text[end-escapes-1] == '\\' {
			escapes++
		}
		if start = end + 1; escapes%2 == 0 {
			return start
		}
	}
	return len(text)
}

// skipValue returns the position after the value that starts at i.
func skipValue(text []byte, i int) int {
	depth := 0
	for i < len(text) {
		switch text[i] {
		case '"':
			i = skipString(text, i)
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return len(text)
}
