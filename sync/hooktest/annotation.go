package hooktest

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/sync/child"
)

// AnnotateLastApplied returns a copy of desired with the annotation that records it, as Metacontroller sends it.
func AnnotateLastApplied(desired *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	object := copyMap(desired.Object)
	dropKeys(object, "metadata", "annotations", child.LastAppliedAnnotation)
	text, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("cannot write the annotation %s: %w", child.LastAppliedAnnotation, err)
	}
	setAnnotation(object, string(text))
	return &unstructured.Unstructured{Object: object}, nil
}

func setAnnotation(object map[string]any, text string) {
	childMap(childMap(object, "metadata"), "annotations")[child.LastAppliedAnnotation] = text
}

// childMap returns the map under key, which it makes if there is none.
func childMap(m map[string]any, key string) map[string]any {
	child, ok := m[key].(map[string]any)
	if !ok {
		child = map[string]any{}
		m[key] = child
	}
	return child
}

// dropKeys removes the field at the path and the maps that become empty by that.
func dropKeys(m map[string]any, path ...string) {
	if len(path) == 1 {
		delete(m, path[0])
		return
	}
	child, ok := m[path[0]].(map[string]any)
	if !ok {
		return
	}
	before := len(child)
	dropKeys(child, path[1:]...)
	if len(child) == 0 && before > 0 {
		delete(m, path[0])
	}
}
