package sync

import (
	"strconv"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/sync/apply"
	"github.com/isvc-io/isvc/sync/hold"
	"github.com/isvc-io/isvc/sync/observed"
)

// seen is an observed child as far as most decisions look at it. It stays JSON:
// a child at rest is compared with what is desired byte by byte, and only one
// that differs is decoded.
type seen struct {
	observed.Object
	// applied is the text of the last-applied annotation; nil without one.
	applied []byte
}

// look finds an observed child, once; nil when it is not there.
func (p *pass) look(key childKey) *seen {
	child, known := p.seen[key]
	if !known {
		if object := p.req.Children.Get(key.kind, p.parent.Namespace, key.name); object.Exists() {
			child = &seen{Object: object}
			if applied, ok := observed.String(object.Member("metadata", "annotations", apply.LastAppliedAnnotation)); ok {
				child.applied = []byte(applied)
			}
		}
		p.seen[key] = child
	}
	return child
}

// decode decodes an observed child as a whole; nil when it is not there.
func (p *pass) decode(key childKey) *unstructured.Unstructured {
	return decodeChild(p.req.Children.Raw(key.kind, p.parent.Namespace, key.name))
}

// replicas is spec.replicas; ok is false when that is not a number of replicas.
func (s *seen) replicas() (n int32, ok bool) {
	value, err := strconv.ParseInt(string(s.Member("spec", "replicas")), 10, 32)
	return int32(value), err == nil && value >= 0
}

// wroteReplicas reports whether spec.replicas is ours: it is in what was last
// applied, or only our field manager owns it. An annotation that is no object
// counts as ours, since repeating the number is the safe side. One that was
// written for another namespace or name, as on a restored copy, still says whose
// the number is.
func (s *seen) wroteReplicas() bool {
	if s.applied != nil {
		replicas, ok := observed.Lookup(s.applied, "spec", "replicas")
		return !ok || replicas != nil
	}
	child := decodeChild(s.Raw)
	if child == nil {
		return false
	}
	ours := apply.ManagedFields(child.Object, func(m apply.Manager) bool { return m.Name == hold.DefaultManager })
	others := apply.ManagedFields(child.Object, func(m apply.Manager) bool { return m.Name != hold.DefaultManager })
	return ownsReplicas(ours) && !ownsReplicas(others)
}

func ownsReplicas(fields *apply.Fields) bool {
	if fields == nil || fields.Names["spec"] == nil {
		return false
	}
	_, owned := fields.Names["spec"].Names["replicas"]
	return owned
}

// differs reports whether the annotation says that something else than desired
// was applied last. Without one that can be read it does not say so.
func (s *seen) differs(desired *unstructured.Unstructured) bool {
	if s.applied == nil {
		return false
	}
	last, source, ok := hold.LastApplied(decodeChild(s.Raw))
	return ok && source == hold.Annotation && !apply.Equal(last.Object, desired.Object)
}
