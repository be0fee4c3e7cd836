package sync

import (
	"slices"

	"github.com/isvc-io/isvc/api/finding"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/compose"
	"github.com/isvc-io/isvc/sync/observed"
	"github.com/isvc-io/isvc/sync/status"
)

// ReasonWouldStopServing: the computed children would delete every workload of
// a service that still wants one; all are kept. Seen in Ready. Fix: correct
// what the other conditions name, or delete the service to stop it.
const ReasonWouldStopServing = "WouldStopServing"

// workloadKinds are the kinds that run pods which serve.
var workloadKinds = []kinds.Kind{
	kinds.Deployment, kinds.LeaderWorkerSet, kinds.KnativeService, kinds.RayCluster,
}

// keep adds to the computed children what must not go yet: the children of a
// component that could not be computed, the routes that could not be, and the
// former workload of a component that changes its mode.
func (p *pass) keep() *finding.Finding {
	for _, result := range p.components {
		if held := p.keepComponent(result); held != nil {
			return held
		}
	}
	if held := p.keepRoutes(); held != nil {
		return held
	}
	if problem := p.undescribed; problem != nil && !p.keepWhere(isDescription) {
		return unrepeatable("model", problem.Reason, problem.Message)
	}
	if held := p.guard(); held != nil {
		return held
	}
	p.keepImmutable()
	return nil
}

// keepRoutes keeps the routes that exist where they could not be computed, and
// where the host of a component is missing in what was computed.
func (p *pass) keepRoutes() *finding.Finding {
	problem := p.ingress.problem
	for _, result := range p.components {
		if problem == nil && !p.ingress.disabled {
			problem = result.Problem
		}
	}
	if problem != nil && !p.keepWhere(isRoute) {
		return unrepeatable("service", problem.Reason, problem.Message)
	}
	return nil
}

func (p *pass) keepComponent(result compose.Result) *finding.Finding {
	if result.Problem == nil {
		return p.succeed(result.Component)
	}
	ours := func(child *unstructured.Unstructured) bool {
		owner := componentOf(child)
		return owner == result.Type || owner == "" && p.unknown(child)
	}
	if !p.keepWhere(ours) {
		return unrepeatable(result.Type, result.Problem.Reason, result.Problem.Message)
	}
	return nil
}

// unknown reports whether nothing says what an observed child is for: it has no
// component, leads nowhere and is not among the desired children. It stays
// while anything is in doubt.
func (p *pass) unknown(child *unstructured.Unstructured) bool {
	return p.children[keyOf(child)] == nil && !isRoute(child)
}

// isRoute selects what leads to the service as a whole.
func isRoute(child *unstructured.Unstructured) bool {
	switch kinds.New(child.GetKind(), child.GetAPIVersion()) {
	case kinds.Ingress, kinds.HTTPRoute, kinds.VirtualService:
		return true
	case kinds.Service:
		component := componentOf(child)
		return component == "" || component == v1beta1.ExternalServiceComponent
	}
	return false
}

// isDescription selects the ConfigMap that describes the model.
func isDescription(child *unstructured.Unstructured) bool {
	return keyOf(child).kind == kinds.ConfigMap
}

// succeed keeps the workload of a component's former mode, with what serves
// it, until the new one is ready. Until then nothing that both modes would
// write changes, except that a Knative Service needs the name of the former
// Service for itself, and the other way round.
func (p *pass) succeed(c *modes.Component) *finding.Finding {
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
	p.pinExternal(c, former)
	return nil
}

// ReasonModeChanging: a component changes its mode and both workloads run until
// the new one is ready. Seen in SpecHonored. Fix: wait; if the new workload
// does not become ready, see the condition of the component.
const ReasonModeChanging = "ModeChanging"

// formerWorkloads are the observed workloads of a component that the computed
// children do not contain: those of another mode, or of a name that changed.
func (p *pass) formerWorkloads(c *modes.Component) []childKey {
	var former []childKey
	for _, kind := range workloadKinds {
		if kind == kinds.RayCluster && kind == workloadKey(c).kind {
			continue // fewer clusters are fewer replicas
		}
		for _, key := range p.observedKeys(kind) {
			if _, wanted := p.children[key]; wanted {
				continue
			}
			child := p.decode(key)
			if child != nil && componentOf(child) == c.Type && !watches(c, child) {
				former = append(former, key)
			}
		}
	}
	return former
}

// observedKeys are the observed children of a kind.
func (p *pass) observedKeys(kind kinds.Kind) []childKey {
	var keys []childKey
	for _, key := range p.req.Children.Keys(kind) {
		_, name := observed.SplitKey(key)
		keys = append(keys, childKey{kind, name})
	}
	return keys
}

// watches reports whether a child is the Deployment that watches a Ray cluster
// of the component and serves nothing itself.
func watches(c *modes.Component, child *unstructured.Unstructured) bool {
	return keyOf(child).kind == kinds.Deployment && child.GetName() != c.Name
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
	entry := modes.Route{Components: p.composed()}.EntryComponent()
	return entry != nil && entry.Type == c.Type
}

// freeServiceName drops the component's Service while a Knative Service needs
// its name.
func (p *pass) freeServiceName(c *modes.Component, former []childKey) {
	knative := c.Mode == v1beta1.Serverless
	for _, key := range former {
		knative = knative || key.kind == kinds.KnativeService
	}
	if !knative {
		return
	}
	for key, child := range p.children {
		if key.kind == kinds.Service && componentOf(child) == c.Type {
			delete(p.children, key)
			p.record.Add(trace.Entry{Subject: "Service/" + key.name, Verdict: trace.Absent, Reason: ReasonModeChanging,
				Message: "Knative makes the Service of this name while it serves"})
		}
	}
}

// guard holds a service rather than let it lose every workload that it has. A
// service that asks for no pods may lose them: Ray clusters are no replicas of
// one object but an object each, so that none of them is none at all.
func (p *pass) guard() *finding.Finding {
	if !p.wantsPods() || !p.serves() || p.computesWorkload() {
		return nil
	}
	return &finding.Finding{Reason: ReasonWouldStopServing, Message: "the computed objects have no workload, and those that run now would all be deleted: " +
		"they are kept; delete the service to stop it"}
}

// wantsPods reports whether a component asks for a workload. All modes but Ray
// have one also while they are scaled to zero.
func (p *pass) wantsPods() bool {
	for _, result := range p.components {
		c := result.Component
		if c == nil || c.Mode != v1beta1.MultiNodeRayVLLM || c.Scaling.Min > 0 {
			return true
		}
	}
	return false
}

// serves reports whether there is a workload now.
func (p *pass) serves() bool {
	for _, kind := range workloadKinds {
		if len(p.req.Children[kind]) > 0 {
			return true
		}
	}
	return false
}

// computesWorkload reports whether a workload is among the desired children.
func (p *pass) computesWorkload() bool {
	for key := range p.children {
		if slices.Contains(workloadKinds, key.kind) {
			return true
		}
	}
	return false
}
