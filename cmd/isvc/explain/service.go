package explain

import (
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
)

// NewService explains one service by the response to a request with Explain. A response without a
// trace is explained by its holds, findings and children only.
func NewService(namespace, name string, response *sync.Response) Service {
	r := serviceReader{service: Service{
		Namespace: namespace, Name: name, Hold: response.Hold, Partial: response.Partial, Held: response.Held,
		RetryAfterSeconds: int64(response.RetryAfter.Seconds()),
	}}
	for _, entry := range response.Trace {
		if !isHeldUpdate(entry, response.Held) {
			r.addEntry(entry)
		}
	}
	r.completeService()
	r.addFindings(response.Findings)
	if response.RetryAfter == 0 {
		r.addChildren(response)
	}
	return r.service
}

// serviceReader sorts the entries of a trace into the parts of a Service.
type serviceReader struct {
	service Service
	// model, weight and runtime collect candidates until all entries are read.
	model, weight, runtime choiceReader
	components             []*componentReader
}

// addEntry sorts an entry by the first word of its subject.
func (r *serviceReader) addEntry(e trace.Entry) {
	head, rest, _ := strings.Cut(e.Subject, "/")
	switch {
	case e.Verdict == trace.Warned:
		r.addWarning(finding.Finding{Subject: e.Subject, Reason: e.Reason, Message: e.Message})
	case head == "service":
		// the hold of the response says the same
	case head == "model":
		r.model.addEntry(rest, e)
	case head == "weight":
		r.weight.addEntry(rest, e)
	case head == "runtime":
		r.runtime.addEntry(rest, e)
	case head == "hold":
		r.service.Kept = append(r.service.Kept, finding.Finding{Subject: rest, Reason: e.Reason, Message: e.Message})
	case isComponent(head):
		r.componentOf(head).addEntry(rest, e)
	default:
		r.service.Kept = append(r.service.Kept, finding.Finding{Subject: e.Subject, Reason: e.Reason, Message: e.Message})
	}
}

// isHeldUpdate reports whether an entry repeats that a component keeps its pod template.
func isHeldUpdate(e trace.Entry, held []finding.Finding) bool {
	return slices.ContainsFunc(held, func(h finding.Finding) bool {
		return e.Subject == h.Subject+"/template" && e.Reason == h.Reason
	})
}

func isComponent(word string) bool {
	switch v1beta1.ComponentType(word) {
	case v1beta1.EngineComponent, v1beta1.DecoderComponent, v1beta1.RouterComponent:
		return true
	}
	return false
}

// componentOf returns the reader for a component, and makes it for the first entry of the
// component.
func (r *serviceReader) componentOf(of string) *componentReader {
	for _, c := range r.components {
		if c.out.Type == of {
			return c
		}
	}
	c := &componentReader{out: Component{Type: of}}
	r.components = append(r.components, c)
	return c
}

// completeService adds what was collected.
func (r *serviceReader) completeService() {
	r.service.Model, r.service.Weight, r.service.Runtime = r.model.makeChoice(), r.weight.makeChoice(), r.runtime.makeChoice()
	for _, c := range r.components {
		r.service.Components = append(r.service.Components, c.makeComponent())
	}
}

// addFindings adds the findings that are not in the trace.
func (r *serviceReader) addFindings(findings []finding.Finding) {
	for _, f := range findings {
		r.addWarning(f)
	}
}

// addWarning adds a finding unless it is there already.
func (r *serviceReader) addWarning(f finding.Finding) {
	for _, known := range r.service.Warnings {
		if known.Reason == f.Reason && known.Message == f.Message {
			return
		}
	}
	r.service.Warnings = append(r.service.Warnings, f)
}

func (r *serviceReader) addChildren(response *sync.Response) {
	for _, child := range response.Children {
		r.service.Children = append(r.service.Children, Child{
			APIVersion: child.GetAPIVersion(), Kind: child.GetKind(), Name: child.GetName(),
		})
	}
}
