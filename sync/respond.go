package sync

import (
	"bytes"

	"github.com/isvc-io/isvc/api/finding"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/compose"
	"github.com/isvc-io/isvc/sync/emit"
	"github.com/isvc-io/isvc/sync/observed"
	"github.com/isvc-io/isvc/sync/status"
)

// respond closes the pass: children, status and findings. No child changes from
// here on.
func (p *pass) respond() *Response {
	response := &Response{
		Status:  status.Compute(p.statusInput()),
		Partial: p.partial(),
		Notes:   p.record.Notes(),
		Trace:   p.record.Entries(),
	}
	for _, key := range p.children.keys() {
		response.Children = append(response.Children, p.children[key])
	}
	return response
}

// virtual answers a service that somebody else serves: it has no children.
func (p *pass) virtual() *Response {
	address := modes.VirtualURL(p.env())
	p.ingress.addresses = modes.Addresses{URL: address, Address: address}
	return p.respond()
}

// partial lists the parts whose children were kept.
func (p *pass) partial() []finding.Finding {
	var parts []finding.Finding
	for _, result := range p.components {
		if result.Problem != nil {
			parts = append(parts, finding.Finding{Subject: string(result.Type), Reason: result.Problem.Reason, Message: result.Problem.Message})
		}
	}
	if problem := p.ingress.problem; problem != nil && !p.entryFailed() {
		parts = append(parts, finding.Finding{Subject: "ingress", Reason: problem.Reason, Message: problem.Message})
	}
	return parts
}

func (p *pass) statusInput() *status.Input {
	in := &status.Input{
		Parent: p.parent, Now: p.req.Now, ServiceMode: p.mode(),
		Children: p.req.Children, Pods: p.pods(), Notes: p.record.Notes(),
	}
	in.Failure = p.failure
	in.Components = p.views()
	in.Ingress = p.ingressView()
	return in
}

// pods are the service's pods; nil when they were not asked for.
func (p *pass) pods() map[string]observed.Object { return p.req.Related[kinds.Pod] }

// views are the components as the status sees them. Those of a service that
// could not be resolved are known by their type only.
func (p *pass) views() []status.Component {
	var views []status.Component
	if p.components == nil {
		for _, t := range compose.Present(p.service) {
			views = append(views, status.Component{Type: t})
		}
		return views
	}
	for _, result := range p.components {
		if result.Component == nil {
			views = append(views, status.Component{Type: result.Type, Problem: result.Problem})
			continue
		}
		view := p.view(result.Component)
		view.Problem = result.Problem
		view.Updating = p.updating(workloadKey(result.Component))
		views = append(views, view)
	}
	return views
}

func (p *pass) view(c *modes.Component) status.Component {
	return status.Component{
		Type: c.Type, Mode: c.Mode, Name: c.Name, Replicas: min(c.Scaling.Min, maxClusters),
		URL:         p.ingress.addresses.Components[c.Type],
		Accelerator: p.selectedAccelerator(c.Type),
	}
}

// updating reports whether a workload exists and is not yet what is desired.
func (p *pass) updating(key childKey) bool {
	desired, current := p.children[key], p.look(key)
	if desired == nil || current == nil {
		return false
	}
	// Metacontroller and the API server write JSON as we do, so that a child at
	// rest has the same text.
	written, err := emit.AppendJSON(make([]byte, 0, len(current.applied)+1), desired.Object)
	return err == nil && !bytes.Equal(written, current.applied) && current.differs(desired)
}

func (p *pass) selectedAccelerator(t v1beta1.ComponentType) *v1beta1.SelectedAccelerator {
	chosen := p.found.accelerators[t]
	if chosen == nil {
		return nil
	}
	return &v1beta1.SelectedAccelerator{
		AcceleratorClass: chosen.Name,
		Reason:           chosen.Reason,
		NodeSelector:     chosen.Class.Spec.Discovery.NodeSelector,
	}
}

func (p *pass) ingressView() status.Ingress {
	view := status.Ingress{
		Disabled: p.ingress.disabled,
		Problem:  p.ingress.problem,
		URL:      p.ingress.addresses.URL,
		Address:  p.ingress.addresses.Address,
	}
	for _, key := range p.ingress.routes {
		view.Objects = append(view.Objects, status.Object{Kind: key.kind, Name: key.name})
	}
	return view
}

// entryFailed reports whether the routes were kept because of a component that
// could not be composed.
func (p *pass) entryFailed() bool {
	for _, result := range p.components {
		if result.Problem != nil && result.Problem == p.ingress.problem {
			return true
		}
	}
	return false
}
