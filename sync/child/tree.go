package child

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// maxDepth is the nesting at which trees are cut off. Objects that the API server takes are far below it.
const maxDepth = 1000

// Copy returns a deep copy of a tree, without what lies deeper than any object of the API server does.
func Copy(v any) any { return copyTree(v, 0) }

func copyTree(v any, depth int) any {
	if depth > maxDepth {
		return nil
	}
	switch v := v.(type) {
	case map[string]any:
		return copyMap(v, depth)
	case []any:
		if v == nil {
			return v
		}
		out := make([]any, len(v))
		for i := range v {
			out[i] = copyTree(v[i], depth+1)
		}
		return out
	}
	return v
}

func copyMap(m map[string]any, depth int) map[string]any {
	if m == nil {
		return nil
	}
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = copyTree(v, depth+1)
	}
	return out
}

// Equal tells whether two trees are the same JSON: 1 and 1.0 are equal, null and an absent field are not.
func Equal(a, b any) bool { return equalAt(a, b, 0) }

func equalAt(a, b any, depth int) bool {
	if depth > maxDepth {
		return true
	}
	switch a := a.(type) {
	case map[string]any:
		other, ok := b.(map[string]any)
		return ok && equalMaps(a, other, depth)
	case []any:
		other, ok := b.([]any)
		return ok && slices.EqualFunc(a, other, func(x, y any) bool { return equalAt(x, y, depth+1) })
	}
	return equalScalars(a, b)
}

func equalMaps(a, b map[string]any, depth int) bool {
	return maps.EqualFunc(a, b, func(x, y any) bool { return equalAt(x, y, depth+1) })
}

func equalScalars(a, b any) bool {
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	if x, ok := number(a); ok {
		y, ok := number(b)
		return ok && x == y
	}
	switch a := a.(type) {
	case nil:
		return b == nil
	case string:
		other, ok := b.(string)
		return ok && a == other
	case bool:
		other, ok := b.(bool)
		return ok && a == other
	}
	return fmt.Sprintf("%T %v", a, a) == fmt.Sprintf("%T %v", b, b)
}

// number returns the text of a number, by which an int64 and a float64 of one value are equal.
func number(v any) (string, bool) {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10), true
	case int:
		return strconv.Itoa(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}

// sortedKeys returns the keys of all maps, each once.
func sortedKeys[V any](all ...map[string]V) []string {
	var keys []string
	for _, m := range all {
		keys = slices.AppendSeq(keys, maps.Keys(m))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
