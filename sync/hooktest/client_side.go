package hooktest

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/isvc-io/isvc/sync/child"
)

// ForecastClientSideApply forecasts one sync of a child under Metacontroller's default strategy:
// desired is merged with MergeAsMetacontroller, status and the metadata that only the server writes
// are reverted to the observed, the annotation is rewritten, and the object is written when that
// differs from the observed.
//
// What Metacontroller itself adds to a desired child (a namespace, the controller-uid label) is
// taken over from observed. An unreadable annotation counts as none. A nil observed object means
// that the child is created. An error means that desired cannot be written as JSON.
func ForecastClientSideApply(observed, desired *unstructured.Unstructured) (Forecast, error) {
	wanted := completeAsMetacontroller(observed, desired)
	annotated, err := AnnotateLastApplied(&unstructured.Unstructured{Object: wanted})
	if err != nil {
		return Forecast{}, err
	}
	if observed == nil {
		return Forecast{Changed: true, Changes: diffTrees("", map[string]any{}, annotated.Object), Object: annotated}, nil
	}
	last, err := child.DecodeLastAppliedAnnotation(observed.Object)
	if err != nil {
		last = nil
	}
	removeLastApplied(wanted)
	merged := MergeAsMetacontroller(observed.Object, last, wanted)
	revertServerOwned(merged, observed.Object)
	setLastApplied(merged, annotated.GetAnnotations()[child.LastAppliedAnnotation])
	changes := diffTrees("", observed.Object, merged)
	return Forecast{Changed: len(changes) > 0, Changes: changes, Object: &unstructured.Unstructured{Object: merged}}, nil
}

// AnnotateLastApplied returns a copy of desired with the annotation that records it, as
// Metacontroller sends it.
func AnnotateLastApplied(desired *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	object := runtime.DeepCopyJSON(desired.Object)
	removeLastApplied(object)
	text, err := child.JSON(object)
	if err != nil {
		return nil, fmt.Errorf("cannot write the annotation %s: %w", child.LastAppliedAnnotation, err)
	}
	setLastApplied(object, string(text))
	return &unstructured.Unstructured{Object: object}, nil
}

func setLastApplied(object map[string]any, text string) {
	mapAt(mapAt(object, "metadata"), "annotations")[child.LastAppliedAnnotation] = text
}

// removeLastApplied removes the annotation and the maps that become empty by that.
func removeLastApplied(object map[string]any) {
	metadata, _ := object["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	if _, ok := annotations[child.LastAppliedAnnotation]; !ok {
		return
	}
	delete(annotations, child.LastAppliedAnnotation)
	if len(annotations) == 0 {
		delete(metadata, "annotations")
	}
	if len(metadata) == 0 {
		delete(object, "metadata")
	}
}

// completeAsMetacontroller returns a copy of desired with what Metacontroller adds before it
// applies a child.
func completeAsMetacontroller(observed, desired *unstructured.Unstructured) map[string]any {
	object := runtime.DeepCopyJSON(desired.Object)
	if observed == nil {
		return object
	}
	metadata := mapAt(object, "metadata")
	from, _ := observed.Object["metadata"].(map[string]any)
	if namespace, ok := from["namespace"]; ok && metadata["namespace"] == nil {
		metadata["namespace"] = runtime.DeepCopyJSONValue(namespace)
	}
	observedLabels, _ := from["labels"].(map[string]any)
	if uid, ok := observedLabels[child.ControllerLabel]; ok {
		labels := mapAt(metadata, "labels")
		if _, set := labels[child.ControllerLabel]; !set {
			labels[child.ControllerLabel] = runtime.DeepCopyJSONValue(uid)
		}
	}
	return object
}

// mapAt returns the map under the key, which it makes if there is none.
func mapAt(m map[string]any, key string) map[string]any {
	below, ok := m[key].(map[string]any)
	if !ok {
		below = map[string]any{}
		m[key] = below
	}
	return below
}

// revertServerOwned puts status and the metadata that only the server writes back to what is
// observed.
func revertServerOwned(merged, observed map[string]any) {
	revertField(merged, observed, "status")
	metadata, ok := merged["metadata"].(map[string]any)
	if !ok {
		return
	}
	from, _ := observed["metadata"].(map[string]any)
	for _, fields := range []map[string]any{metadata, from} {
		for field := range fields {
			if child.IsServerOwned(field) {
				revertField(metadata, from, field)
			}
		}
	}
}

func revertField(merged, observed map[string]any, field string) {
	if value, ok := observed[field]; ok {
		merged[field] = runtime.DeepCopyJSONValue(value)
		return
	}
	delete(merged, field)
}
