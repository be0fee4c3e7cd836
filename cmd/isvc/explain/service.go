package explain

import (
	"strings"

	"github.com/isvc-io/isvc/api/finding"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
)

// Of explains one service by the response to a request that asked for the
// trace. Without a trace only what the response itself says is there.
func Of(namespace, name string, response *sync.Response) Service {
	r := reader{service: Service{
		Namespace: namespace, Name: name, Hold: response.Hold, Partial: response.Partial,
		RetryAfterSeconds: int64(response.RetryAfter.Seconds()),
	}}
	for _, entry := range response.Trace {
		r.read(entry)
	}
	r.finish()
	r.addNotes(response.Notes)
	if response.RetryAfter == 0 {
		r.addChildren(response)
	}
	return r.service
}

// reader sorts entries into the parts of a report.
type reader struct {
	service Service
	// model, weight and runtime are collected until all entries are read.
	model, weight, runtime choice
	components             []*component
}

// read sorts one entry by the first word of its subject.
func (r *reader) read(e trace.Entry) {
	head, rest, _ := strings.Cut(e.Subject, "/")
	switch {
	case e.Verdict == trace.Warned:
		r.warn(finding.Finding{Subject: e.Subject, Reason: e.Reason, Message: e.Message})
	case head == "service":
		// the response's hold says it
	case head == "model":
		r.model.read(rest, e)
	case head == "weight":
		r.weight.read(rest, e)
	case head == "runtime":
		r.runtime.read(rest, e)
	case head == "hold":
		r.service.Kept = append(r.service.Kept, finding.Finding{Subject: rest, Reason: e.Reason, Message: e.Message})
	case isComponent(head):
		r.component(head).read(rest, e)
	default:
		r.service.Kept = append(r.service.Kept, finding.Finding{Subject: e.Subject, Reason: e.Reason, Message: e.Message})
	}
}

func isComponent(word string) bool {
	switch v1beta1.ComponentType(word) {
	case v1beta1.EngineComponent, v1beta1.DecoderComponent, v1beta1.RouterComponent:
		return true
	}
	return false
}

// component is the one of a type, made when it is first spoken of.
func (r *reader) component(of string) *component {
	for _, c := range r.components {
		if c.out.Type == of {
			return c
		}
	}
	c := &component{out: Component{Type: of}}
	r.components = append(r.components, c)
	return c
}

// finish closes what was collected.
func (r *reader) finish() {
	r.service.Model, r.service.Weight, r.service.Runtime = r.model.result(), r.weight.result(), r.runtime.result()
	for _, c := range r.components {
		r.service.Components = append(r.service.Components, c.result())
	}
}

// addNotes adds the findings that no entry told.
func (r *reader) addNotes(notes []finding.Finding) {
	for _, note := range notes {
		r.warn(note)
	}
}

// warn adds a finding that is not there yet.
func (r *reader) warn(f finding.Finding) {
	for _, known := range r.service.Warnings {
		if known.Reason == f.Reason && known.Message == f.Message {
			return
		}
	}
	r.service.Warnings = append(r.service.Warnings, f)
}

func (r *reader) addChildren(response *sync.Response) {
	for _, child := range response.Children {
		r.service.Children = append(r.service.Children, Child{
			APIVersion: child.GetAPIVersion(), Kind: child.GetKind(), Name: child.GetName(),
		})
	}
}
