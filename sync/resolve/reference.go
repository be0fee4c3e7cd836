package resolve

import (
	"cmp"
	"fmt"

	"github.com/isvc-io/isvc/api/finding"

	"github.com/isvc-io/isvc/api/trace"
)

// reference is a field of a service that names an object which may be in the
// service's namespace or cluster-scoped.
type reference struct {
	// field is the path of the field, for messages.
	field string
	// subject is the first word of the trace's subject.
	subject string
	name    string
	// kind is what the service says; nil where it says nothing.
	kind *string
	// because and choose say why a kind is tried first and how to have the
	// other; empty means the field's kind.
	because, choose string
	// kinds are the namespaced kind and the cluster-scoped one, which is the
	// default of the custom resource definition.
	kinds [2]string
	// notFound and invalid are the reasons of the failures.
	notFound, invalid string
}

func (r reference) trace(verdict trace.Verdict, kind, reason, message string) trace.Entry {
	return trace.Entry{
		Subject: r.subject + "/" + r.name, Verdict: verdict, Reason: reason,
		Message: message, Source: Key(kind, r.name),
	}
}

// order returns the kinds in the order in which they are tried. OME tries the
// namespace first whatever the kind says.
func (r reference) order(rec *trace.Recorder) [2]string {
	named := r.kinds[1]
	if r.kind != nil && *r.kind != "" {
		named = *r.kind
	}
	switch named {
	case r.kinds[0]:
		return r.kinds
	case r.kinds[1]:
	default:
		rec.Note(r.subject+"/"+r.name, ReferenceKindUnknown, fmt.Sprintf(
			"%s.kind %q is unknown and was read as %s: write %s or %s",
			r.field, named, r.kinds[1], r.kinds[0], r.kinds[1]))
	}
	return [2]string{r.kinds[1], r.kinds[0]}
}

// follow finds the object that a reference names: the kind named first, then
// the other scope.
func follow[T any](c *Catalog, r reference, get func(kind, name string) *T, rec *trace.Recorder) (*T, *finding.Finding) {
	order := r.order(rec)
	for i, kind := range order {
		if why, broken := c.Broken[Key(kind, r.name)]; broken {
			rec.Add(r.trace(trace.Failed, kind, r.invalid, why))
			return nil, failf(r.invalid, "%s %s cannot be read: %s: correct it", kind, r.name, why)
		}
		found := get(kind, r.name)
		if found == nil {
			rec.Add(r.trace(trace.Absent, kind, r.notFound, "there is no "+kind+" of this name"))
			continue
		}
		if i == 0 {
			r.found(c, order, get(order[1], r.name) != nil, rec)
			return found, nil
		}
		rec.Add(r.trace(trace.Chosen, kind, OtherScope, fmt.Sprintf("%s; there is no %s of this name", r.says(order[0]), order[0])))
		return found, nil
	}
	return nil, failf(r.notFound, "%s names %s, but there is neither a %s of this name in namespace %s nor a %s: create one, or correct the name",
		r.field, r.name, r.kinds[0], c.Namespace, r.kinds[1])
}

// says tells which kind the reference asked for.
func (r reference) says(kind string) string {
	if r.because != "" {
		return r.because
	}
	if r.kind == nil || *r.kind == "" {
		return fmt.Sprintf("%s has no kind, which means %s", r.field, kind)
	}
	return fmt.Sprintf("%s.kind is %s", r.field, *r.kind)
}

// found records that the kind asked for was there, and that the other scope has
// the name too.
func (r reference) found(c *Catalog, order [2]string, both bool, rec *trace.Recorder) {
	if _, broken := c.Broken[Key(order[1], r.name)]; both || broken {
		rec.Add(r.trace(trace.Candidate, order[1], ReferenceAmbiguous, fmt.Sprintf(
			"there are both a %s and a %s %s: %s, so the %s is used; %s to choose the other",
			order[0], order[1], r.name, r.says(order[0]), order[0], cmp.Or(r.choose, "set "+r.field+".kind"))))
	}
	rec.Add(r.trace(trace.Chosen, order[0], Named, r.says(order[0])))
}
