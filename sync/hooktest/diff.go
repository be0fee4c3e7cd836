package hooktest

import (
	"maps"
	"slices"
	"strconv"

	"github.com/isvc-io/isvc/sync/child"
)

// maxDepth is the nesting at which trees are cut off. Objects that the API server takes are far below it.
const maxDepth = 1000

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
	if child.Equal(from, to) {
		return nil
	}
	return []Change{{Path: path, From: child.Copy(from), To: child.Copy(to)}}
}

func diffMaps(path string, from, to map[string]any, depth int) []Change {
	var changes []Change
	for _, key := range sortedKeys(from, to) {
		f, had := from[key]
		t, has := to[key]
		if had && has {
			changes = append(changes, diff(joinKey(path, key), f, t, depth+1)...)
		} else {
			changes = append(changes, Change{Path: joinKey(path, key), From: child.Copy(f), To: child.Copy(t)})
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
