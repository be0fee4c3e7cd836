package status

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// Compute returns the whole new status of a service. It is a function of the
// input alone: the same input gives the same bytes, in whatever order objects
// come. The status satisfies the schema of the custom resource definition, and
// no default of the schema changes it.
func Compute(in *Input) v1beta1.InferenceServiceStatus {
	p := &pass{in: in}
	if in.ServiceMode == v1beta1.VirtualDeployment {
		return p.virtual()
	}
	p.observe()
	out := v1beta1.InferenceServiceStatus{
		ObservedGeneration: in.Parent.Generation,
		Components:         p.reports(),
		ModelStatus:        p.modelStatus(),
		Conditions:         p.conditions(),
	}
	out.URL, out.Address = p.addresses()
	return out
}

// pass is one computation.
type pass struct {
	in *Input
	// seen are the components in their order, with what was observed of them.
	seen []seen
}

// seen is a component and what was observed of it.
type seen struct {
	Component
	workload
	// replicas are newest first.
	replicas []replica
}

// componentOrder is the order in which components decide.
func componentOrder() []v1beta1.ComponentType {
	return []v1beta1.ComponentType{v1beta1.EngineComponent, v1beta1.DecoderComponent, v1beta1.RouterComponent}
}

// observe looks at the workload and pods of every component.
func (p *pass) observe() {
	pods := podsOf(p.in.Parent.Name, p.in.Pods)
	for _, kind := range componentOrder() {
		at := slices.IndexFunc(p.in.Components, func(c Component) bool { return c.Type == kind })
		if at < 0 {
			continue
		}
		c := p.in.Components[at]
		if c.Name == "" {
			c.Name = names.Component(p.in.Parent.Name, string(kind))
		}
		if c.Mode == "" {
			p.recall(&c)
		}
		p.seen = append(p.seen, seen{Component: c, workload: p.workload(&c), replicas: replicasOf(pods[kind])})
	}
}

// recall completes a component that could not be decided by what runs of it and
// by what was known of it.
func (p *pass) recall(c *Component) {
	was := p.previous(c)
	c.Mode = p.observedMode(c.Name)
	c.Replicas = p.observedClusters(c.Name)
	if c.URL == "" {
		c.URL = was.URL
	}
	if c.Accelerator == nil {
		c.Accelerator = was.SelectedAccelerator
	}
}

// reports are the components' own parts of the status.
func (p *pass) reports() map[v1beta1.ComponentType]v1beta1.ComponentStatusSpec {
	if len(p.seen) == 0 {
		return nil
	}
	reports := make(map[v1beta1.ComponentType]v1beta1.ComponentStatusSpec, len(p.seen))
	for i := range p.seen {
		report := p.seen[i].report
		report.SelectedAccelerator = p.seen[i].Accelerator
		reports[p.seen[i].Type] = report
	}
	return reports
}

// addresses are where the service is reached. A service whose routes could not
// be computed is still reached where it was.
func (p *pass) addresses() (string, *v1beta1.Address) {
	url, address := p.in.Ingress.URL, p.in.Ingress.Address
	unknown := p.in.Failure != nil || p.in.Ingress.Problem != nil
	switch {
	case unknown && url == "" && address == "":
		return p.in.Parent.Status.URL, p.in.Parent.Status.Address
	case address == "":
		return url, nil
	}
	return url, &v1beta1.Address{URL: address}
}

// virtual is the status of a service that somebody else serves.
func (p *pass) virtual() v1beta1.InferenceServiceStatus {
	out := v1beta1.InferenceServiceStatus{
		ObservedGeneration: p.in.Parent.Generation,
		Components: map[v1beta1.ComponentType]v1beta1.ComponentStatusSpec{
			v1beta1.PredictorComponent: {URL: p.in.Ingress.URL},
		},
		Conditions: p.finished(append([]v1beta1.Condition{
			gating(v1beta1.Ready, *yes(ReasonVirtualDeployment, messageVirtualDeployment)),
		}, p.findings()...)),
	}
	out.URL, out.Address = p.addresses()
	return out
}

// previous is what the previous status says of a component.
func (p *pass) previous(c *Component) v1beta1.ComponentStatusSpec {
	return p.in.Parent.Status.Components[c.Type]
}

// wasReady reports whether the previous status has a component ready.
func (p *pass) wasReady(c *Component) bool { return p.wasTrue(conditionTypes(c.Type).ready) }

func (p *pass) wasTrue(kind v1beta1.ConditionType) bool {
	was := previousCondition(p.in.Parent.Status.Conditions, kind)
	return was != nil && was.Status == corev1.ConditionTrue
}
