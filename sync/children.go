package sync

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/child"
)

// ReasonUnsafeToApply: an object cannot be applied again and again, or is too
// large. Seen in EngineReady, DecoderReady, RouterReady, IngressReady and
// SpecHonored. Fix: correct the list or the size that the message names.
const ReasonUnsafeToApply = "UnsafeToApply"

// children are objects by kind and name, in canonical form. All are in the namespace of
// the service.
type children map[childKey]*unstructured.Unstructured

// childKey identifies a child of a service.
type childKey struct {
	kind kinds.Kind
	name string
}

func keyOf(object *unstructured.Unstructured) childKey {
	return childKey{kinds.New(object.GetKind(), object.GetAPIVersion()), object.GetName()}
}

// canonicalChildren returns typed objects in canonical form.
func canonicalChildren(objects ...any) children {
	out := make(children, len(objects))
	for _, object := range objects {
		canonical := child.Canonical(object)
		out[keyOf(canonical)] = canonical
	}
	return out
}

// with returns these children and others; where both have a child, the other one.
func (c children) with(others children) children {
	out := maps.Clone(c)
	maps.Copy(out, others)
	return out
}

// sortedKeys returns the keys by kind, name and version.
func (c children) sortedKeys() []childKey {
	return slices.SortedFunc(maps.Keys(c), func(a, b childKey) int {
		kindA, versionA := a.kind.NameAndVersion()
		kindB, versionB := b.kind.NameAndVersion()
		return cmp.Or(strings.Compare(kindA, kindB), strings.Compare(a.name, b.name), strings.Compare(versionA, versionB))
	})
}

// hasWorkload reports whether a workload is among the children.
func (c children) hasWorkload() bool {
	for key := range c {
		if slices.Contains(modes.WorkloadKinds(), key.kind) {
			return true
		}
	}
	return false
}

// firstForbidden is why one of the children must not be returned: its kind is not
// managed, so that it would be created and never changed or deleted, or it cannot be
// applied. It is nil when all may be returned.
func (c children) firstForbidden(managed kinds.Set) *finding.Finding {
	for _, key := range c.sortedKeys() {
		if !managed.Has(key.kind) {
			kind, _ := key.kind.NameAndVersion()
			return &finding.Finding{Reason: modes.ReasonKindNotInstalled, Message: fmt.Sprintf(
				"%s %s is not made: it is %s", kind, key.name, modes.DescribeUndeclaredKind(key.kind))}
		}
	}
	return c.firstUnappliable()
}

// firstUnappliable is why Metacontroller would spoil or refuse one of the children; nil
// when it applies all of them.
func (c children) firstUnappliable() *finding.Finding {
	for _, key := range c.sortedKeys() {
		if err := child.CheckAppliable(c[key].Object); err != nil {
			kind, _ := key.kind.NameAndVersion()
			return &finding.Finding{Reason: ReasonUnsafeToApply, Message: fmt.Sprintf(
				"%s %s cannot be applied: %v: change what the service or its runtime says there", kind, key.name, err)}
		}
	}
	return nil
}
