package child

import (
	"fmt"

	"github.com/isvc-io/isvc/sync/observed"
)

// LastAppliedAnnotation is where Metacontroller's default strategy keeps, as JSON, what it applied
// last.
const LastAppliedAnnotation = "metacontroller.k8s.io/last-applied-configuration"

// ControllerLabel is the label that Metacontroller itself adds to each desired child when it
// generates selectors.
const ControllerLabel = "controller-uid"

// DecodeLastAppliedAnnotation returns the configuration in an object's annotation. It is nil
// without an error when there is no annotation, and an error means that the annotation is not a
// JSON object.
func DecodeLastAppliedAnnotation(object map[string]any) (map[string]any, error) {
	metadata, _ := object["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	text, ok := annotations[LastAppliedAnnotation].(string)
	if !ok {
		return nil, nil
	}
	last, err := observed.DecodeTree([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("cannot read the annotation %s: %w", LastAppliedAnnotation, err)
	}
	return last, nil
}
