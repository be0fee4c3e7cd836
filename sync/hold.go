package sync

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/sync/child"
)

// retryAfter is how long the caller waits when children can neither be computed nor
// repeated.
const retryAfter = 30 * time.Second

// hold answers a service that cannot be computed: every observed child stays exactly as
// it was last applied. The status still shows what was decided before the problem.
func hold(
	req *Request, service inferenceService, current observedState, decided desiredState,
	problem *finding.Finding, record *trace.Recorder,
) *Response {
	record.AddEntry(trace.Entry{Subject: "service", Verdict: trace.Failed, Reason: problem.Reason, Message: problem.Message})
	everything := func(*unstructured.Unstructured) bool { return true }
	repeated, complete := repeatLastApplied(everything, current, record)
	decided.children = repeated
	response := respond(req, service, current, decided, problem, record)
	response.Hold = &finding.Finding{Reason: problem.Reason, Message: shortMessage(problem.Message)}
	if !complete {
		response.RetryAfter = retryAfter
	}
	return response
}

// messageLimit is the longest message of a hold in bytes.
const messageLimit = 1024

// shortMessage shortens a message, which may quote what a user wrote.
func shortMessage(message string) string {
	message = strings.ToValidUTF8(message, "?")
	if len(message) <= messageLimit {
		return message
	}
	return strings.ToValidUTF8(message[:messageLimit], "") + " ..."
}

// repeatLastApplied returns the observed children that a test selects as they were last
// applied. It is incomplete when one of them cannot be repeated, or when it cannot be
// known whether a child is selected.
func repeatLastApplied(
	selects func(*unstructured.Unstructured) bool, current observedState, record *trace.Recorder,
) (repeated children, complete bool) {
	repeated, complete = children{}, true
	for kind, key := range current.children.All() {
		object := current.children[kind][key]
		existing := observedChild{object}.decode()
		if existing == nil || current.foreignOwner(object) != "" {
			complete = false
			continue
		}
		if !selects(existing) {
			continue
		}
		last, ok := lastApplied(kind, existing, record)
		if !ok {
			complete = false
			continue
		}
		repeated[childKey{kind, existing.GetName()}] = last
	}
	return repeated, complete
}

// lastApplied is a child as it was last applied. A child that was adopted and never
// applied is sent with its identity only, which changes nothing in it.
func lastApplied(kind kinds.Kind, existing *unstructured.Unstructured, record *trace.Recorder) (*unstructured.Unstructured, bool) {
	subject := "hold/" + string(kind) + "/" + existing.GetName()
	last, source, ok := child.LastApplied(existing)
	if !ok && child.NeverApplied(existing) {
		last, source, ok = child.IdentityOnly(existing), "its name alone: it was never applied", true
	}
	if !ok {
		record.AddEntry(trace.Entry{Subject: subject, Verdict: trace.Failed, Reason: "LastAppliedUnknown",
			Message: "neither the last-applied annotation nor managed fields say what was applied"})
		return nil, false
	}
	if err := child.CheckAppliable(last.Object); err != nil {
		record.AddEntry(trace.Entry{Subject: subject, Verdict: trace.Failed, Reason: ReasonUnsafeToApply,
			Message: "what was last applied cannot be applied again: " + err.Error()})
		return nil, false
	}
	record.AddEntry(trace.Entry{Subject: subject, Verdict: trace.Set, Reason: "Held",
		Message: "stays as last applied, known from " + string(source)})
	return last, true
}
