package sync

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/sync/child"
)

// ReasonImmutableFieldKept: a field that cannot change while the object
// exists and therefore stays as it is. Seen in SpecHonored. Fix: delete the
// object that the message names to have it made anew; its pods restart.
const ReasonImmutableFieldKept = "ImmutableFieldKept"

// immutableField is the path of the field of a kind of child that the API server refuses
// to change; nil for a kind without one. Such an object would otherwise fail in every
// sync, and none of its other changes would arrive. Immutable fields that isvc never
// writes are not listed: the cluster IP of a Service object, the volume claim templates of
// a workload, the subgroup policy of a LeaderWorkerSet. Knative, Ray, KEDA and the kinds
// of routes have no immutable field that isvc writes.
func immutableField(kind kinds.Kind) []string {
	switch kind {
	case kinds.Deployment:
		return []string{"spec", "selector"}
	case kinds.RoleBinding:
		return []string{"roleRef"}
	}
	return nil
}

// retainImmutableFields gives each child that exists the observed value of its immutable
// field, and lets follow what selects its pods by that value.
func retainImmutableFields(current observedState, desired children, record *trace.Recorder) children {
	out := desired
	for _, key := range desired.sortedKeys() {
		existing, exists := current.child(key)
		if !exists {
			continue
		}
		wanted := out[key]
		retained := existing.withImmutableField(key.kind, wanted)
		if retained == wanted {
			continue
		}
		name := retained.GetKind() + " " + retained.GetName()
		record.AddFinding(string(key.kind)+"/"+key.name, ReasonImmutableFieldKept, name+": "+strings.Join(immutableField(key.kind), ".")+
			" cannot change while the object exists and stays as it is: delete the object to have it made anew")
		out = out.with(children{key: retained})
		if key.kind == kinds.Deployment {
			out = withSelectorsFollowing(out, labelsOfPods(wanted), labelsOfPods(retained))
		}
	}
	return out
}

// withImmutableField returns a desired child with the observed value of its immutable field, and the pods of a
// Deployment with the labels by which that finds them; the child itself where nothing differs.
func (c observedChild) withImmutableField(kind kinds.Kind, desired *unstructured.Unstructured) *unstructured.Unstructured {
	path := immutableField(kind)
	if path == nil {
		return desired
	}
	value, differs := immutableValue(c, desired, path)
	if !differs {
		return desired
	}
	out := desired.DeepCopy()
	if unstructured.SetNestedField(out.Object, value, path...) != nil {
		return desired
	}
	if kind != kinds.Deployment {
		return out
	}
	labels := maps.Clone(labelsOfPods(desired))
	if labels == nil {
		labels = map[string]string{}
	}
	observedLabels := labelsOfPods(c.decode())
	for _, label := range selectorLabels(out) {
		copyLabel(labels, observedLabels, label)
	}
	_ = unstructured.SetNestedStringMap(out.Object, labels, pathOfPodLabels...) // the parents are there
	return out
}

// pathOfPodLabels is where a Deployment has the labels of its pods.
var pathOfPodLabels = []string{"spec", "template", "metadata", "labels"}

// labelsOfPods are the labels that a Deployment gives its pods.
func labelsOfPods(deployment *unstructured.Unstructured) map[string]string {
	labels, _, _ := unstructured.NestedStringMap(deployment.Object, pathOfPodLabels...)
	return labels
}

// immutableValue is the observed value of an immutable field; differs is false when the
// desired child has the same value or there is none to retain.
func immutableValue(existing observedChild, desired *unstructured.Unstructured, path []string) (value any, differs bool) {
	wanted, _, _ := unstructured.NestedFieldNoCopy(desired.Object, path...)
	if text, err := child.JSON(wanted); err == nil && bytes.Equal(text, existing.Member(path...)) {
		return nil, false // as a rule, and then nothing is decoded
	}
	whole := existing.decode()
	if whole == nil {
		return nil, false
	}
	value, found, err := unstructured.NestedFieldCopy(whole.Object, path...)
	return value, err == nil && found && !child.Equal(value, wanted)
}

// selectorLabels are the labels that the selector of a Deployment looks at.
func selectorLabels(deployment *unstructured.Unstructured) []string {
	exact, _, _ := unstructured.NestedStringMap(deployment.Object, "spec", "selector", "matchLabels")
	labels := slices.Sorted(maps.Keys(exact))
	requirements, _, _ := unstructured.NestedSlice(deployment.Object, "spec", "selector", "matchExpressions")
	for _, requirement := range requirements {
		if fields, ok := requirement.(map[string]any); ok {
			if label, ok := fields["key"].(string); ok {
				labels = append(labels, label)
			}
		}
	}
	return labels
}

// copyLabel gives a label the value that it has in another map, and removes it when it
// has none there.
func copyLabel(into, from map[string]string, label string) {
	if value, present := from[label]; present {
		into[label] = value
		return
	}
	delete(into, label)
}

// withSelectorsFollowing changes the selectors that selected pods by their labels before
// so that they select them by their labels after.
func withSelectorsFollowing(all children, before, after map[string]string) children {
	out := all
	for _, key := range all.sortedKeys() {
		var path []string
		switch key.kind {
		case kinds.Service:
			path = []string{"spec", "selector"}
		case kinds.PodDisruptionBudget:
			path = []string{"spec", "selector", "matchLabels"}
		default:
			continue
		}
		selector, _, err := unstructured.NestedStringMap(all[key].Object, path...)
		if err != nil || !selectsPods(selector, before) || selectsPods(selector, after) {
			continue
		}
		for label := range selector {
			copyLabel(selector, after, label)
		}
		following := all[key].DeepCopy()
		_ = unstructured.SetNestedStringMap(following.Object, selector, path...) // the path was just read
		out = out.with(children{key: following})
	}
	return out
}

// selectsPods reports whether a selector finds pods of the labels. A selector without
// labels finds none.
func selectsPods(selector, labels map[string]string) bool {
	for label, value := range selector {
		if got, present := labels[label]; !present || got != value {
			return false
		}
	}
	return len(selector) > 0
}
