package sync

import (
	"fmt"
	"strings"
	"time"

	"github.com/isvc-io/isvc/api/finding"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/observed"
)

// retryAfter is how long the caller waits when children can neither be
// computed nor repeated.
const retryAfter = 30 * time.Second

func decodeChild(raw []byte) *unstructured.Unstructured {
	if len(raw) == 0 {
		return nil
	}
	object, err := observed.Tree(raw)
	if err != nil {
		return nil
	}
	return &unstructured.Unstructured{Object: object}
}

// hold answers a service that cannot be computed: every observed child stays
// exactly as it was last applied.
func (p *pass) hold(why *finding.Finding) *Response {
	p.failure = why
	p.children = children{}
	p.record.Add(trace.Entry{Subject: "service", Verdict: trace.Failed, Reason: why.Reason, Message: why.Message})
	complete := p.keepWhere(func(*unstructured.Unstructured) bool { return true })
	response := p.respond()
	response.Hold = &finding.Finding{Reason: why.Reason, Message: brief(why.Message)}
	if !complete {
		response.RetryAfter = retryAfter
	}
	return response
}

// messageLimit is the longest message of a hold in bytes.
const messageLimit = 1024

// brief shortens a message, which may quote what a user wrote.
func brief(message string) string {
	message = strings.ToValidUTF8(message, "?")
	if len(message) <= messageLimit {
		return message
	}
	return strings.ToValidUTF8(message[:messageLimit], "") + " ..."
}

// keepWhere repeats the observed children that a test selects, in the place of
// what was computed for them. It reports whether each could be repeated.
func (p *pass) keepWhere(selects func(*unstructured.Unstructured) bool) bool {
	complete := true
	for kind, key := range p.req.Children.All() {
		object := p.req.Children[kind][key]
		child := decodeChild(object.Raw)
		if child == nil || p.foreignOwner(object) != "" {
			complete = false
			continue
		}
		if selects(child) && !p.repeat(kind, child) {
			complete = false
		}
	}
	return complete
}

// repeat adds a child as it was last applied. One that was adopted and never
// applied is repeated by name, which changes nothing in it.
func (p *pass) repeat(kind kinds.Kind, current *unstructured.Unstructured) bool {
	subject := "hold/" + string(kind) + "/" + current.GetName()
	last, source, ok := child.LastApplied(current)
	if !ok && child.NeverApplied(current) {
		last, source, ok = child.IdentityOnly(current), "its name alone: it was never applied", true
	}
	if !ok {
		p.record.Add(trace.Entry{Subject: subject, Verdict: trace.Failed, Reason: "LastAppliedUnknown",
			Message: "neither the last-applied annotation nor managed fields say what was applied"})
		return false
	}
	if err := child.CheckAppliable(last.Object); err != nil {
		p.record.Add(trace.Entry{Subject: subject, Verdict: trace.Failed, Reason: ReasonUnsafeToApply,
			Message: "what was last applied cannot be applied again: " + err.Error()})
		return false
	}
	p.children[childKey{kind, current.GetName()}] = last
	p.record.Add(trace.Entry{Subject: subject, Verdict: trace.Set, Reason: "Held",
		Message: "stays as last applied, known from " + string(source)})
	return true
}

// componentOf is the component that an object belongs to: by its label as last
// applied, because somebody may have changed it since, else as observed.
func componentOf(current *unstructured.Unstructured) v1beta1.ComponentType {
	if last, _, ok := child.LastApplied(current); ok {
		if label := last.GetLabels()[v1beta1.LabelComponent]; label != "" {
			return v1beta1.ComponentType(label)
		}
	}
	return v1beta1.ComponentType(current.GetLabels()[v1beta1.LabelComponent])
}

// unrepeatable is the failure of a service of which a part had to be kept and
// could not be.
func unrepeatable(t v1beta1.ComponentType, reason, message string) *finding.Finding {
	return &finding.Finding{Reason: reason, Message: fmt.Sprintf(
		"%s, and what was last applied for the %s is not known", message, t)}
}
