package child

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// MaxSize is the largest child that can be applied, in bytes of JSON.
// Metacontroller copies a child into an annotation of itself, and the
// annotations of an object end at 256 KiB together.
const MaxSize = 200_000

// CheckAppliable reports why a desired child cannot be applied again and again: it is too
// large, or two items of a list in it have the same merge key, which the second
// merge would make one. Nil means that it can.
func CheckAppliable(object map[string]any) error {
	most, collides := inspect(object, 0)
	if most >= MaxSize {
		if err := CheckSize(size(object)); err != nil {
			return err
		}
	}
	if !collides {
		return nil
	}
	if c := collisionIn(object, 0); c != nil {
		return fmt.Errorf("two items of %s have the %s %q: Metacontroller would make them one", c.path, c.key, c.value)
	}
	return nil
}

// CheckSize reports that a child of so many bytes of JSON is too large; nil when it
// is not.
func CheckSize(bytes int) error {
	if bytes >= MaxSize {
		return fmt.Errorf("it has %d bytes, the limit is %d", bytes, MaxSize)
	}
	return nil
}

const (
	// numberSize is the most that a number, a boolean or null has as JSON.
	numberSize = 24
	// escapeSize is the most that one byte of a text has as JSON.
	escapeSize = 6
)

// inspect returns the most bytes that a tree can have as JSON, and whether two
// items of a list in it share the merge key.
func inspect(value any, depth int) (most int, collides bool) {
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			n, c := inspect(item, depth+1)
			most, collides = most+escapeSize*len(key)+n+4, collides || c
		}
		return most + 2, collides
	case []any:
		for _, item := range v {
			n, c := inspect(item, depth+1)
			most, collides = most+n+1, collides || c
		}
		return most + 2, collides || depth <= maxDepth && distinct(v) != nil
	case string:
		return escapeSize*len(v) + 2, false
	}
	return numberSize, false
}

// size is the number of bytes that a tree has as JSON, or a little more.
func size(value any) int {
	n := 2
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			n += textSize(key) + size(item) + 2
		}
	case []any:
		for _, item := range v {
			n += size(item) + 1
		}
	case string:
		return textSize(v)
	default:
		return numberSize
	}
	return n
}

// textSize is the number of bytes of a text as JSON, escapes included.
func textSize(text string) int {
	n := len(text) + 2
	for _, r := range text {
		switch {
		case r < 0x20 || r == '<' || r == '>' || r == '&' || r == utf8.RuneError || r == '\u2028' || r == '\u2029':
			n += escapeSize - 1
		case r == '"' || r == '\\':
			n++
		}
	}
	return n
}

// collision is a list in which two items share the merge key.
type collision struct{ path, key, value string }

// under puts a step before the path; paths are only built where one is needed.
func (c *collision) under(step string) *collision {
	switch {
	case c.path == "":
		c.path = step
	case c.path[0] == '[':
		c.path = step + c.path
	default:
		c.path = step + "." + c.path
	}
	return c
}

// collisionIn returns the first collision below a value, nil without.
func collisionIn(value any, depth int) *collision {
	if depth > maxDepth {
		return nil
	}
	switch v := value.(type) {
	case map[string]any:
		return collisionInMap(v, depth)
	case []any:
		for i, item := range v {
			if c := collisionIn(item, depth+1); c != nil {
				return c.under("[" + strconv.Itoa(i) + "]")
			}
		}
		return distinct(v)
	}
	return nil
}

// collisionInMap looks in the order of the keys.
func collisionInMap(m map[string]any, depth int) *collision {
	for _, key := range sortedKeys(m) {
		if c := collisionIn(m[key], depth+1); c != nil {
			return c.under(key)
		}
	}
	return nil
}

// distinct looks for two items of one merge key in a list.
func distinct(items []any) *collision {
	key, merged := MergeKey(items)
	if !merged || len(items) < 2 {
		return nil
	}
	seen := make(map[string]bool, len(items))
	for _, item := range items {
		value := MergeKeyValue(item, key)
		if seen[value] {
			return &collision{key: key, value: value}
		}
		seen[value] = true
	}
	return nil
}
