package sync

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
)

// ReasonEntryChanging: a router was added or removed, and requests go to the component that took them
// before until the other one serves and all that leads there was applied. Seen in SpecHonored. Fix: wait; if the
// component that is to take the requests does not become ready, see its condition.
const ReasonEntryChanging = "EntryChanging"

// retainFormerEntry leads requests to the service to the component that took them before, until the one that is to
// take them from now on serves, and repeats a router that was removed until nothing leads to it any more:
//
//	routes, else the status   the entry                     routes             a router that was removed
//	───────────────────────────────────────────────────────────────────────────────────────────────────
//	do not lead to the entry  is not ready                  as last applied    as last applied, with all else
//	                                                                           of components that went
//	do not lead to the entry  is ready, or serves and       what was computed  the same, until routes and status
//	                          nothing before it does                           have changed
//	lead to the entry                                       what was computed  deleted
func retainFormerEntry(
	service inferenceService, current observedState, desired desiredState, record *trace.Recorder,
) (desiredState, *finding.Finding) {
	entry := (modes.Route{Components: builtComponents(desired.components)}).EntryComponent()
	if entry == nil {
		return desired, nil
	}
	out := desired
	if current.awaitsEntry(entry, service, desired) {
		out.entryAwaited = &finding.Finding{Reason: ReasonEntryChanging,
			Message: "requests go to the component that took them before until the " + string(entry.Type) + " is ready"}
		if !out.hasLost(v1beta1.RouterComponent) {
			record.AddFinding("service/entry", ReasonEntryChanging, out.entryAwaited.Message)
		}
		out.children = withoutNewRoutes(current, desired.children)
	}
	why := out.whyFormerRouterStays(entry, service, current)
	if why == "" {
		return out, nil
	}
	record.AddFinding("service/entry", ReasonEntryChanging, "the router that was removed stays until "+why)
	var problem *finding.Finding
	isOfComponentThatWent := func(object *unstructured.Unstructured) bool { return desired.hasLost(componentOf(object)) }
	out.children, problem = retainSelected(isOfComponentThatWent, current, out.children, record, "former router", whyEntryChanges)
	return out, problem
}

// whyEntryChanges is why something is repeated while requests move to another component.
var whyEntryChanges = &finding.Finding{Reason: ReasonEntryChanging, Message: "requests move to another component"}

// awaitsEntry reports whether requests go to another component than the entry, which does not serve yet.
func (s observedState) awaitsEntry(entry *modes.Component, service inferenceService, desired desiredState) bool {
	if workloadIsReady(entry, service, s, desired) {
		return false
	}
	others := s.workloadsBeside(entry)
	otherServes := slices.ContainsFunc(others, func(workload ownedWorkload) bool { return s.someServes(workload.of, workload.key) })
	if len(others) == 0 || !otherServes && s.newServes(entry, desired.children) {
		return false
	}
	routes := 0
	for kind, key := range s.children.All() {
		route := observedChild{s.children[kind][key]}.decode()
		switch {
		case route == nil || !isRoute(route):
		case s.leadsToEntry(route, entry, desired):
			return false
		default:
			routes++
		}
	}
	if routes > 0 {
		return true
	}
	// Without routes, clients have the address in the status.
	to, _, isInCluster := desired.serviceInCluster(service.given.Status.URL)
	return isInCluster && slices.ContainsFunc(others, func(workload ownedWorkload) bool { return to == ownService(workload.of) })
}

// leadsToEntry reports whether an observed route leads to the entry. What a VirtualService leads to is a host of Knative:
// one that is as computed does.
func (s observedState) leadsToEntry(route *unstructured.Unstructured, entry *modes.Component, desired desiredState) bool {
	key := keyOf(route)
	switch key.kind {
	case kinds.Service:
		component, _, _ := unstructured.NestedString(route.Object, "spec", "selector", v1beta1.LabelComponent)
		return component == string(entry.Type)
	case kinds.VirtualService:
		wanted := desired.children[key]
		return wanted != nil && s.hasApplied(key, wanted)
	}
	services := []string{ownService(entry).name, bridgeService(entry).name, names.Service(names.Canary(entry.Name))}
	return slices.ContainsFunc(services, func(name string) bool { return withBackendRenamed(route, name, name) != nil })
}

// ownedWorkload is a workload and the component that it is of, as far as that is known by its name.
type ownedWorkload struct {
	of  *modes.Component
	key childKey
}

// workloadsBeside are the observed workloads of other components than the entry, to which requests may have gone.
func (s observedState) workloadsBeside(entry *modes.Component) []ownedWorkload {
	var out []ownedWorkload
	for _, kind := range modes.WorkloadKinds() {
		for _, key := range s.keysOf(kind) {
			workload, _ := s.child(key)
			object := workload.decode()
			if object == nil {
				continue
			}
			if owner := componentOf(object); owner != entry.Type && owner != v1beta1.DecoderComponent {
				out = append(out, ownedWorkload{s.named(owner), key})
			}
		}
	}
	return out
}

// named is a component of the service of which no more than the name is known.
func (s observedState) named(component v1beta1.ComponentType) *modes.Component {
	return &modes.Component{Type: component, Name: names.Component(s.service, string(component))}
}

// hasLost reports whether a component is one that a service can have, and this one does not have.
func (d desiredState) hasLost(component v1beta1.ComponentType) bool {
	isOne := func(c builtComponent) bool { return c.Type == component }
	return (component == v1beta1.RouterComponent || component == v1beta1.DecoderComponent) && !slices.ContainsFunc(d.components, isOne)
}

// whyFormerRouterStays says what a router that was removed waits for; empty where there is none, or it may go.
func (d desiredState) whyFormerRouterStays(entry *modes.Component, service inferenceService, current observedState) string {
	router := current.named(v1beta1.RouterComponent)
	if _, exists := current.child(ownService(router)); !exists || !d.hasLost(v1beta1.RouterComponent) {
		return ""
	}
	switch awaited := d.firstTrafficObjectNotApplied(entry, current); {
	case len(d.formerServes) > 0 || d.whyRoutesStay() != nil:
		return "the " + string(entry.Type) + " is ready"
	case awaited != "":
		return "requests go to the " + string(entry.Type) + " by " + awaited
	case d.statusLeadsTo(ownService(router), service):
		return "the addresses in the status lead to the " + string(entry.Type)
	}
	return ""
}
