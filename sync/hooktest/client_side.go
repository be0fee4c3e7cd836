package hooktest

import (
	"encoding/json"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/sync/child"
)

// Forecast says what applying a desired object would do to the observed one.
type Forecast struct {
	// Changed tells whether the object's content would change, and so whether it is written.
	Changed bool
	// Changes lists the fields that would change, in the order of their paths.
	Changes []Change
	// Claims lists fields that server-side apply would begin or cease to own without a change of content.
	// It is always empty for ForecastClientSideApply.
	Claims []string
	// Object is what ForecastClientSideApply would write, or the observed object when nothing changes. ForecastServerSideApply leaves it nil.
	Object *unstructured.Unstructured
}

// Paths returns the paths of the changes.
func (v Forecast) Paths() []string {
	paths := make([]string, 0, len(v.Changes))
	for _, c := range v.Changes {
		paths = append(paths, c.Path)
	}
	return paths
}

// ForecastClientSideApply predicts one sync of a child under Metacontroller's default strategy: desired is merged with Merge, status
// and the metadata that only the server writes are reverted to the observed, the annotation is rewritten, and the
// object is written when that differs from the observed.
//
// What Metacontroller itself adds to a desired child (a namespace, the controller-uid label) is taken over from
// observed. An unreadable annotation counts as none. A nil observed object means that the child is created.
// An error means that desired cannot be written as JSON.
func ForecastClientSideApply(observed, desired *unstructured.Unstructured) (Forecast, error) {
	wanted := completed(observed, desired)
	annotated, err := AnnotateLastApplied(&unstructured.Unstructured{Object: wanted})
	if err != nil {
		return Forecast{}, err
	}
	if observed == nil {
		return Forecast{Changed: true, Changes: diff("", map[string]any{}, annotated.Object, 0), Object: annotated}, nil
	}
	last, err := child.DecodeLastAppliedAnnotation(observed.Object)
	if err != nil {
		last = nil
	}
	dropKeys(wanted, "metadata", "annotations", child.LastAppliedAnnotation)
	merged := MergeAsMetacontroller(observed.Object, last, wanted)
	revert(merged, observed.Object)
	text, err := json.Marshal(wanted)
	if err != nil {
		return Forecast{}, err
	}
	setAnnotation(merged, string(text))
	changes := diff("", observed.Object, merged, 0)
	return Forecast{Changed: len(changes) > 0, Changes: changes, Object: &unstructured.Unstructured{Object: merged}}, nil
}

// completed returns a copy of desired with what Metacontroller adds before it applies a child.
func completed(observed, desired *unstructured.Unstructured) map[string]any {
	object := copyMap(desired.Object)
	if observed == nil {
		return object
	}
	metadata := childMap(object, "metadata")
	from, _ := observed.Object["metadata"].(map[string]any)
	if namespace, ok := from["namespace"]; ok && metadata["namespace"] == nil {
		metadata["namespace"] = child.Copy(namespace)
	}
	labels, _ := from["labels"].(map[string]any)
	if uid, ok := labels[child.ControllerLabel]; ok {
		own := childMap(metadata, "labels")
		if _, set := own[child.ControllerLabel]; !set {
			own[child.ControllerLabel] = child.Copy(uid)
		}
	}
	return object
}

// revert puts status and the server's own metadata of merged back to what is observed.
func revert(merged, observed map[string]any) {
	restore(merged, observed, "status")
	metadata, ok := merged["metadata"].(map[string]any)
	if !ok {
		return
	}
	from, _ := observed["metadata"].(map[string]any)
	for _, field := range sortedKeys(metadata, from) {
		if child.IsServerOwned(field) {
			restore(metadata, from, field)
		}
	}
}

func restore(to, from map[string]any, field string) {
	if value, ok := from[field]; ok {
		to[field] = child.Copy(value)
		return
	}
	delete(to, field)
}

// sorted puts changes in the order of their paths.
func sorted(changes []Change) []Change {
	slices.SortStableFunc(changes, func(a, b Change) int {
		switch {
		case a.Path < b.Path:
			return -1
		case a.Path > b.Path:
			return 1
		}
		return 0
	})
	return changes
}
