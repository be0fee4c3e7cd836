package apply

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/sync/observed"
)

// LastAppliedAnnotation is where Metacontroller's default strategy keeps, as JSON, what it applied last.
const LastAppliedAnnotation = "metacontroller.k8s.io/last-applied-configuration"

// ControllerLabel is the label that Metacontroller itself adds to each desired child when it generates selectors.
const ControllerLabel = "controller-uid"

// LastApplied returns the configuration in an object's annotation. It is nil without an error when there is no
// annotation, and an error tells that the annotation is no JSON object.
func LastApplied(object map[string]any) (map[string]any, error) {
	metadata, _ := object["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	text, ok := annotations[LastAppliedAnnotation].(string)
	if !ok {
		return nil, nil
	}
	last, err := observed.Tree([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("cannot read the annotation %s: %w", LastAppliedAnnotation, err)
	}
	return last, nil
}

// Annotate returns a copy of desired with the annotation that records it, as Metacontroller sends it.
func Annotate(desired *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	object := copyMap(desired.Object, 0)
	dropKeys(object, "metadata", "annotations", LastAppliedAnnotation)
	text, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("cannot write the annotation %s: %w", LastAppliedAnnotation, err)
	}
	setAnnotation(object, string(text))
	return &unstructured.Unstructured{Object: object}, nil
}

func setAnnotation(object map[string]any, text string) {
	childMap(childMap(object, "metadata"), "annotations")[LastAppliedAnnotation] = text
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
