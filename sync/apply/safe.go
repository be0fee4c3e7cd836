package apply

import (
	"fmt"
	"unicode/utf8"
)

// MaxSize is the largest child that can be applied, in bytes of JSON.
// Metacontroller copies a child into an annotation of itself, and the
// annotations of an object end at 256 KiB together.
const MaxSize = 200_000

// Safe reports why a desired child cannot be applied again and again: it is too
// large, or a list in it has two items of one merge key, which the second merge
// would make one. Nil means that it can.
func Safe(object map[string]any) error {
	if n := Size(object); n >= MaxSize {
		return fmt.Errorf("it has %d bytes, the limit is %d", n, MaxSize)
	}
	return mergeable(object, "", 0)
}

// mergeable looks for lists in which two items share the merge key.
func mergeable(value any, path string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s is nested too deeply", path)
	}
	switch v := value.(type) {
	case map[string]any:
		for _, key := range sortedKeys(v) {
			if err := mergeable(v[key], joinKey(path, key), depth+1); err != nil {
				return err
			}
		}
	case []any:
		for i, item := range v {
			if err := mergeable(item, joinIndex(path, i), depth+1); err != nil {
				return err
			}
		}
		return distinct(v, path)
	}
	return nil
}

// distinct looks for two items of one merge key in a list.
func distinct(items []any, path string) error {
	key, merged := commonMergeKey(items)
	if !merged {
		return nil
	}
	seen := make(map[string]bool, len(items))
	for _, item := range items {
		value := keyText(item, key)
		if seen[value] {
			return fmt.Errorf("two items of %s have the %s %q: Metacontroller would make them one", path, key, value)
		}
		seen[value] = true
	}
	return nil
}

// Size is the number of bytes that a tree has as JSON, or a little more.
func Size(value any) int {
	switch v := value.(type) {
	case map[string]any:
		n := 2
		for key, item := range v {
			n += textSize(key) + Size(item) + 2
		}
		return n
	case []any:
		n := 2
		for _, item := range v {
			n += Size(item) + 1
		}
		return n
	case string:
		return textSize(v)
	}
	return len(fmt.Sprint(value))
}

// textSize is the number of bytes of a text as JSON, escapes included.
func textSize(text string) int {
	n := len(text) + 2
	for _, r := range text {
		switch {
		case r < 0x20 || r == '<' || r == '>' || r == '&' || r == utf8.RuneError || r == '\u2028' || r == '\u2029':
			n += 5
		case r == '"' || r == '\\':
			n++
		}
	}
	return n
}
