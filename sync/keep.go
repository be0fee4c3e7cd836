package sync

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/compose"
	"github.com/isvc-io/isvc/sync/observed"
	"github.com/isvc-io/isvc/sync/status"
	"github.com/isvc-io/isvc/sync/trace"
)

// ReasonWouldStopServing: the computed children would delete every workload of
// a service that still wants one.
const ReasonWouldStopServing = "WouldStopServing"

// workloadKinds are the kinds that run pods which serve.
var workloadKinds = []observed.Kind{
	observed.Deployment, observed.LeaderWorkerSet, observed.KnativeService, observed.RayCluster,
}

// keep adds to the computed children what must not go yet: the children of a
// component that could not be computed, the routes that could not be, and the
// former workload of a component that changes its mode.
func (p *pass) keep() *failure {
	for _, result := range p.components {
		if held := p.keepComponent(result); held != nil {
			return held
		}
	}
	if p.ingress.problem != nil && !p.keepWhere(isRoute) {
		return unrepeatable("service", p.ingress.problem.Reason, p.ingress.problem.Message)
	}
	return p.guard()
}

func (p *pass) keepComponent(result compose.Result) *failure {
	if result.Problem == nil {
		return p.succeed(result.Component)
	}
	ours := func(child *unstructured.Unstructured) bool { return componentOf(child) == result.Type }
	if !p.keepWhere(ours) {
		return unrepeatable(result.Type, result.Problem.Reason, result.Problem.Message)
	}
	return nil
}

// isRoute selects what leads to the service as a whole.
func isRoute(child *unstructured.Unstructured) bool {
	switch observed.NewKind(child.GetKind(), child.GetAPIVersion()) {
	case observed.Ingress, observed.HTTPRoute, observed.VirtualService:
		return true
	case observed.Service:
		component := child.GetLabels()[v1beta1.LabelComponent]
		return component == "" || component == v1beta1.ExternalServiceComponent
	}
	return false
}

// succeed keeps the workload of a component's former mode, with what serves
// it, until the new one is ready. Until then nothing that both modes would
// write changes, except that a Knative Service needs the name of the former
// Service for itself, and the other way round.
func (p *pass) succeed(c *modes.Component) *failure {
	former := p.formerWorkloads(c)
	if len(former) == 0 || p.workloadReady(c) {
		return nil
	}
	p.record.Note(string(c.Type)+"/mode", ReasonModeChanging,
		"the "+string(c.Type)+" changes to mode "+string(c.Mode)+": what served before stays until the new workload is ready")
	incoming := p.workloadsOf(c)
	isFormer := func(child *unstructured.Unstructured) bool {
		return componentOf(child) == c.Type && !incoming[keyOf(child)] || p.entry(c) && isRoute(child)
	}
	if !p.keepWhere(isFormer) {
		return unrepeatable(c.Type, ReasonModeChanging, "the mode changes")
	}
	p.freeServiceName(c, former)
	return nil
}

// ReasonModeChanging: a component changes its mode and both workloads run.
const ReasonModeChanging = "ModeChanging"

// formerWorkloads are the observed workloads of a component that the computed
// children do not contain.
func (p *pass) formerWorkloads(c *modes.Component) []childKey {
	var former []childKey
	for _, kind := range workloadKinds {
		if workloadKey(c).kind == kind {
			continue
		}
		for _, key := range p.req.Children.Keys(kind) {
			child := decodeChild(p.req.Children[kind][key])
			if child == nil || componentOf(child) != c.Type {
				continue
			}
			if _, wanted := p.children[keyOf(child)]; !wanted {
				former = append(former, keyOf(child))
			}
		}
	}
	return former
}

// workloadsOf are the computed workloads of a component.
func (p *pass) workloadsOf(c *modes.Component) map[childKey]bool {
	out := map[childKey]bool{}
	for key, child := range p.children {
		for _, kind := range workloadKinds {
			if key.kind == kind && componentOf(child) == c.Type {
				out[key] = true
			}
		}
	}
	return out
}

// workloadReady reports whether a component's own workload serves already.
func (p *pass) workloadReady(c *modes.Component) bool {
	return status.Available(p.parent, p.req.Children, p.view(c))
}

// entry reports whether requests to the service come to this component.
func (p *pass) entry(c *modes.Component) bool {
	entry := modes.Route{Components: p.composed()}.Entry()
	return entry != nil && entry.Type == c.Type
}

// freeServiceName drops the component's Service while a Knative Service needs
// its name.
func (p *pass) freeServiceName(c *modes.Component, former []childKey) {
	knative := c.Mode == v1beta1.Serverless
	for _, key := range former {
		knative = knative || key.kind == observed.KnativeService
	}
	if !knative {
		return
	}
	for key, child := range p.children {
		if key.kind == observed.Service && componentOf(child) == c.Type {
			delete(p.children, key)
			p.record.Add(trace.Entry{Subject: "Service/" + key.name, Verdict: trace.Absent, Reason: ReasonModeChanging,
				Message: "Knative makes the Service of this name while it serves"})
		}
	}
}

// guard holds a service rather than let it lose every workload that it has.
func (p *pass) guard() *failure {
	serving, kept := 0, 0
	for _, kind := range workloadKinds {
		for _, key := range p.req.Children.Keys(kind) {
			serving++
			_, name := observed.SplitKey(key)
			if _, wanted := p.children[childKey{kind, name}]; wanted {
				kept++
			}
		}
	}
	if serving == 0 || kept > 0 || p.computesWorkload() {
		return nil
	}
	return &failure{reason: ReasonWouldStopServing, message: "the computed objects have no workload, and those that run now would all be deleted: " +
		"they are kept; set minReplicas above 0, or delete the service to stop it"}
}

// computesWorkload reports whether a workload is among the desired children.
func (p *pass) computesWorkload() bool {
	for key := range p.children {
		for _, kind := range workloadKinds {
			if key.kind == kind {
				return true
			}
		}
	}
	return false
}
