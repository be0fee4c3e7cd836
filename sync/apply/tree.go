package apply

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

// Change is one field in which two trees differ.
type Change struct {
	Path     string // such as spec.template.spec.containers[0].image; unusual keys are quoted: labels["a.b/c"]
	From, To any    // nil for absent
}

// diff lists the differences between two trees in the order of their paths' keys.
func diff(path string, from, to any, depth int) []Change {
	if depth > maxDepth {
		return nil
	}
	switch f := from.(type) {
	case map[string]any:
		if t, ok := to.(map[string]any); ok {
			return diffMaps(path, f, t, depth)
		}
	case []any:
		if t, ok := to.([]any); ok && len(t) == len(f) {
			return diffLists(path, f, t, depth)
		}
	}
	if Equal(from, to) {
		return nil
	}
	return []Change{{Path: path, From: Copy(from), To: Copy(to)}}
}

func diffMaps(path string, from, to map[string]any, depth int) []Change {
	var changes []Change
	for _, key := range sortedKeys(from, to) {
		f, had := from[key]
		t, has := to[key]
		if had && has {
			changes = append(changes, diff(joinKey(path, key), f, t, depth+1)...)
		} else {
			changes = append(changes, Change{Path: joinKey(path, key), From: Copy(f), To: Copy(t)})
		}
	}
	return changes
}

func diffLists(path string, from, to []any, depth int) []Change {
	var changes []Change
	for i := range from {
		changes = append(changes, diff(joinIndex(path, i), from[i], to[i], depth+1)...)
	}
	return changes
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

func joinKey(path, key string) string {
	switch {
	case !isPlainKey(key):
		return path + "[" + strconv.Quote(key) + "]"
	case path == "":
		return key
	}
	return path + "." + key
}

func joinIndex(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func isPlainKey(key string) bool {
	for _, r := range key {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' {
			return false
		}
	}
	return key != ""
}
