package sync

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/child"
)

// ReasonImmutableFieldKept notes a field that cannot change while the object
// exists and therefore stays as it is. Seen in SpecHonored. Fix: delete the
// object that the message names to have it made anew; its pods restart.
const ReasonImmutableFieldKept = "ImmutableFieldKept"

// immutableField is the field of a kind of child that the API server refuses to
// change, empty where there is none. Without it here, such an object would fail
// in every pass and none of its other changes would arrive. What is never written
// is not listed: the address of a Service, the claims of a workload, the subgroups
// of a LeaderWorkerSet, which is all that its webhook holds fast. Knative, Ray,
// KEDA and the kinds of ingress hold nothing fast that is written.
func immutableField(kind kinds.Kind) string {
	switch kind {
	case kinds.Deployment:
		return "spec.selector"
	case kinds.RoleBinding:
		return "roleRef"
	}
	return ""
}

// keepImmutable gives each child that exists the observed value of its
// immutable field.
func (p *pass) keepImmutable() {
	for _, key := range p.children.keys() {
		if field := immutableField(key.kind); field != "" {
			if current := p.look(key); current != nil {
				p.keepField(p.children[key], current, field)
			}
		}
	}
}

func (p *pass) keepField(desired *unstructured.Unstructured, current *seen, field string) {
	path := strings.Split(field, ".")
	wanted, _, _ := unstructured.NestedFieldNoCopy(desired.Object, path...)
	if isText(wanted, current.Member(path...)) {
		return
	}
	whole := decodeChild(current.Raw)
	if whole == nil {
		return
	}
	value, exists, err := unstructured.NestedFieldCopy(whole.Object, path...)
	if err != nil || !exists || child.Equal(value, wanted) {
		return
	}
	if unstructured.SetNestedField(desired.Object, value, path...) != nil {
		return
	}
	name := desired.GetKind() + " " + desired.GetName()
	p.record.Note(string(keyOf(desired).kind)+"/"+desired.GetName(), ReasonImmutableFieldKept,
		name+": "+field+" cannot change while the object exists and stays as it is: delete the object to have it made anew")
	if keyOf(desired).kind == kinds.Deployment {
		p.keepSelected(desired, whole)
	}
}

// isText reports whether a tree as JSON has exactly this text.
func isText(tree any, text []byte) bool {
	written, err := child.JSON(tree)
	return err == nil && bytes.Equal(written, text)
}

// keepSelected gives the pods of a Deployment the labels by which its kept
// selector finds them, and lets whatever selected the pods by other values of
// these labels follow.
func (p *pass) keepSelected(desired, seen *unstructured.Unstructured) {
	const spec, template, metadata, labels = "spec", "template", "metadata", "labels"
	before, _, _ := unstructured.NestedStringMap(desired.Object, spec, template, metadata, labels)
	held, _, _ := unstructured.NestedStringMap(seen.Object, spec, template, metadata, labels)
	after := maps.Clone(before)
	if after == nil {
		after = map[string]string{}
	}
	for _, key := range selectorKeys(desired) {
		copyLabel(after, held, key)
	}
	if unstructured.SetNestedStringMap(desired.Object, after, spec, template, metadata, labels) == nil {
		p.followLabels(before, after)
	}
}

// selectorKeys are the labels that the selector of a Deployment looks at.
func selectorKeys(deployment *unstructured.Unstructured) []string {
	exact, _, _ := unstructured.NestedStringMap(deployment.Object, "spec", "selector", "matchLabels")
	keys := slices.Collect(maps.Keys(exact))
	rules, _, _ := unstructured.NestedSlice(deployment.Object, "spec", "selector", "matchExpressions")
	for _, rule := range rules {
		if m, ok := rule.(map[string]any); ok {
			if key, ok := m["key"].(string); ok {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// copyLabel makes a label what it is in another map, absent too.
func copyLabel(into, from map[string]string, key string) {
	if value, present := from[key]; present {
		into[key] = value
		return
	}
	delete(into, key)
}

// followLabels changes the selectors that selected pods by their labels before
// so that they select them by their labels after.
func (p *pass) followLabels(before, after map[string]string) {
	for _, key := range p.children.keys() {
		child := p.children[key]
		var path []string
		switch key.kind {
		case kinds.Service:
			path = []string{"spec", "selector"}
		case kinds.PodDisruptionBudget:
			path = []string{"spec", "selector", "matchLabels"}
		default:
			continue
		}
		selector, _, err := unstructured.NestedStringMap(child.Object, path...)
		if err != nil || !selects(selector, before) || selects(selector, after) {
			continue
		}
		for key := range selector {
			copyLabel(selector, after, key)
		}
		_ = unstructured.SetNestedStringMap(child.Object, selector, path...) // the path was just read
	}
}

// selects reports whether a selector finds pods of the labels. One without
// labels finds none.
func selects(selector, labels map[string]string) bool {
	for key, value := range selector {
		if got, present := labels[key]; !present || got != value {
			return false
		}
	}
	return len(selector) > 0
}
