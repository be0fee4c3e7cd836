package hooktest

import (
	"maps"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/isvc-io/isvc/sync/child"
)

// Forecast says what applying a desired object would do to the observed one.
type Forecast struct {
	// Changed reports whether the object's content would change, and so whether it is written.
	Changed bool
	// Changes lists the fields that would change, in the order of their paths.
	Changes []Change
	// Claims lists fields that server-side apply would begin or cease to own without a change of
	// content. It is always empty for ForecastClientSideApply.
	Claims []string
	// Object is what ForecastClientSideApply would write, or the observed object when nothing
	// changes. ForecastServerSideApply leaves it nil.
	Object *unstructured.Unstructured
}

// Change is one field in which two trees differ.
type Change struct {
	Path     string // such as spec.template.spec.containers[0].image; unusual keys are quoted: labels["a.b/c"]
	From, To any    // nil for absent
}

// ChangedPaths returns the paths of the changes.
func (f Forecast) ChangedPaths() []string {
	paths := make([]string, 0, len(f.Changes))
	for _, c := range f.Changes {
		paths = append(paths, c.Path)
	}
	return paths
}

func makeChange(path string, from, to any) Change {
	return Change{Path: path, From: runtime.DeepCopyJSONValue(from), To: runtime.DeepCopyJSONValue(to)}
}

// diffTrees lists the differences between two trees in the order of their paths' keys.
func diffTrees(path string, from, to any) []Change {
	switch f := from.(type) {
	case map[string]any:
		if t, ok := to.(map[string]any); ok {
			return diffMaps(path, f, t)
		}
	case []any:
		if t, ok := to.([]any); ok && len(t) == len(f) {
			return diffLists(path, f, t)
		}
	}
	if child.Equal(from, to) {
		return nil
	}
	return []Change{makeChange(path, from, to)}
}

func diffMaps(path string, from, to map[string]any) []Change {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(from)), maps.Keys(to))
	slices.Sort(keys)
	var changes []Change
	for _, key := range slices.Compact(keys) {
		f, had := from[key]
		t, has := to[key]
		if had && has {
			changes = append(changes, diffTrees(joinKey(path, key), f, t)...)
		} else {
			changes = append(changes, makeChange(joinKey(path, key), f, t))
		}
	}
	return changes
}

func diffLists(path string, from, to []any) []Change {
	var changes []Change
	for i := range from {
		changes = append(changes, diffTrees(path+"["+strconv.Itoa(i)+"]", from[i], to[i])...)
	}
	return changes
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

func isPlainKey(key string) bool {
	for _, r := range key {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' {
			return false
		}
	}
	return key != ""
}
