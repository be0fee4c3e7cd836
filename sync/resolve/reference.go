package resolve

import (
	"cmp"
	"fmt"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/trace"
)

// reference is a field that names an object, which may be in the service's namespace or
// cluster-scoped.
type reference struct {
	// field is the path of the field, for messages.
	field string
	// subject is the first word of the trace's subject.
	subject string
	// name is the name of the object.
	name string
	// kind is what the field says; nil where it says nothing.
	kind *string
	// because and choose say why a kind is tried first, and how to choose the other; "" means the
	// kind of the field.
	because, choose string
	// kinds are the namespaced kind and the cluster-scoped one, which is the default of the custom
	// resource definition.
	kinds [2]string
	// notFound and invalid are the reasons of findings.
	notFound, invalid string
}

func (r reference) traceEntry(verdict trace.Verdict, kind, reason, message string) trace.Entry {
	return trace.Entry{
		Subject: r.subject + "/" + r.name, Verdict: verdict, Reason: reason,
		Message: message, Source: KindAndName(kind, r.name),
	}
}

// kindsToTry returns the kinds in the order in which they are tried: the one that the field names,
// then the other. OME tries the namespace first whatever the kind says.
func (r reference) kindsToTry(rec *trace.Recorder) [2]string {
	named := r.kinds[1]
	if r.kind != nil && *r.kind != "" {
		named = *r.kind
	}
	switch named {
	case r.kinds[0]:
		return r.kinds
	case r.kinds[1]:
	default:
		rec.AddFinding(r.subject+"/"+r.name, ReferenceKindUnknown, fmt.Sprintf(
			"%s.kind %q is unknown and was read as %s: write %s or %s",
			r.field, named, r.kinds[1], r.kinds[0], r.kinds[1]))
	}
	return [2]string{r.kinds[1], r.kinds[0]}
}

// followReference finds the object that a reference names, in the order of kindsToTry.
func followReference[T any](c *Catalog, r reference, get func(kind, name string) *T, rec *trace.Recorder) (*T, *finding.Finding) {
	order := r.kindsToTry(rec)
	for i, kind := range order {
		if why, broken := c.Broken[KindAndName(kind, r.name)]; broken {
			rec.AddEntry(r.traceEntry(trace.Failed, kind, r.invalid, why))
			return nil, newFailuref(r.invalid, "%s %s cannot be read: %s: correct it", kind, r.name, why)
		}
		found := get(kind, r.name)
		if found == nil {
			rec.AddEntry(r.traceEntry(trace.Absent, kind, r.notFound, "there is no "+kind+" of this name"))
			continue
		}
		if i == 0 {
			r.recordFound(c, order, get(order[1], r.name) != nil, rec)
			return found, nil
		}
		rec.AddEntry(r.traceEntry(trace.Chosen, kind, OtherScope, fmt.Sprintf("%s; there is no %s of this name", r.explainKind(order[0]), order[0])))
		return found, nil
	}
	return nil, newFailuref(r.notFound, "%s names %s, but there is neither a %s of this name in namespace %s nor a %s: create one, or correct the name",
		r.field, r.name, r.kinds[0], c.Namespace, r.kinds[1])
}

// explainKind says why a kind was tried first.
func (r reference) explainKind(kind string) string {
	if r.because != "" {
		return r.because
	}
	if r.kind == nil || *r.kind == "" {
		return fmt.Sprintf("%s has no kind, which means %s", r.field, kind)
	}
	return fmt.Sprintf("%s.kind is %s", r.field, *r.kind)
}

// recordFound records that the kind that was tried first has the object, and whether the other kind
// has one of the name too.
func (r reference) recordFound(c *Catalog, order [2]string, otherExists bool, rec *trace.Recorder) {
	if _, broken := c.Broken[KindAndName(order[1], r.name)]; otherExists || broken {
		rec.AddEntry(r.traceEntry(trace.Candidate, order[1], ReferenceAmbiguous, fmt.Sprintf(
			"there are both a %s and a %s %s: %s, so the %s is used; %s to choose the other",
			order[0], order[1], r.name, r.explainKind(order[0]), order[0], cmp.Or(r.choose, "set "+r.field+".kind"))))
	}
	rec.AddEntry(r.traceEntry(trace.Chosen, order[0], Named, r.explainKind(order[0])))
}
