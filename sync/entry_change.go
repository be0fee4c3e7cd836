package sync

import (
	"cmp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/status"
)

// ReasonEntryChanging: a router was added, and requests go to the engine until it is ready; or one was removed, and it
// stays until requests go to the engine. Seen in SpecHonored. Fix: wait; if a router that was added does not become
// ready, see RouterReady.
const ReasonEntryChanging = "EntryChanging"

// awaitsRouter reports whether requests go past a router: it never took any and is not ready, and the engine takes them.
func (s observedState) awaitsRouter(components []builtComponent, env *modes.Env) bool {
	at := slices.IndexFunc(components, func(c builtComponent) bool { return c.Type == v1beta1.RouterComponent })
	if at < 0 {
		return false
	}
	router := cmp.Or(components[at].Component, s.componentByName(v1beta1.RouterComponent))
	isReady := components[at].Problem == nil && status.Available(env.Parent, s.children, componentView(router, desiredState{}))
	return !isReady && s.engineTakesRequests(env.Parent)
}

// componentsReached are those of some components to which requests can go now: all but a router that is awaited.
func (d desiredState) componentsReached(components []builtComponent) []builtComponent {
	return slices.DeleteFunc(slices.Clone(components), func(c builtComponent) bool {
		return d.routerAwaited && c.Type == v1beta1.RouterComponent
	})
}

// passesBy reports whether requests go past a component: the router, or a decoder, which comes behind it.
func (d desiredState) passesBy(component v1beta1.ComponentType) bool {
	return d.routerAwaited && component != v1beta1.EngineComponent
}

// engineTakesRequests reports whether the engine serves, and requests come to it past a router: something leads them
// there, or the service served before, and nothing leads to the router.
func (s observedState) engineTakesRequests(service *v1beta1.InferenceService) bool {
	served := slices.ContainsFunc(service.Status.Conditions, func(c v1beta1.Condition) bool {
		return c.Type == v1beta1.Serving && c.Status == corev1.ConditionTrue
	})
	return s.someOfComponentServes(v1beta1.EngineComponent) && !s.requestsGoTo(s.componentByName(v1beta1.RouterComponent), service) &&
		(served || s.requestsGoTo(s.componentByName(v1beta1.EngineComponent), service))
}

// requestsGoTo reports whether a route or the address of the service leads to a component. As long as requests go past a
// router, none leads to it.
func (s observedState) requestsGoTo(c *modes.Component, service *v1beta1.InferenceService) bool {
	services := []string{ownService(c).name, bridgeService(c).name, names.Service(names.Canary(c.Name))}
	isHostOfIts := func(text string) bool {
		name, _, isHost := strings.Cut(strings.TrimPrefix(text, "http://"), ".")
		return isHost && slices.Contains(services, name)
	}
	if address := service.Status.Address; address != nil && isHostOfIts(address.URL) {
		return true
	}
	leads := func(route *unstructured.Unstructured) bool {
		switch keyOf(route).kind {
		case kinds.Service:
			component, _, _ := unstructured.NestedString(route.Object, "spec", "selector", v1beta1.LabelComponent)
			return component == string(c.Type)
		case kinds.VirtualService: // Knative's gateway finds the service by the header Host
			return someText(route.Object["spec"], isHostOfIts)
		}
		return slices.ContainsFunc(services, func(name string) bool { return withBackendRenamed(route, name, name) != nil })
	}
	for _, kind := range []kinds.Kind{kinds.Service, kinds.Ingress, kinds.HTTPRoute, kinds.VirtualService} {
		for _, key := range s.keysOf(kind) {
			existing, _ := s.child(key)
			if route := existing.decode(); route != nil && isRoute(route) && leads(route) {
				return true
			}
		}
	}
	return false
}

// someText reports whether a text anywhere below a value passes a test.
func someText(value any, passes func(text string) bool) bool {
	switch v := value.(type) {
	case string:
		return passes(v)
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return someText(item, passes) })
	case map[string]any:
		for _, member := range v {
			if someText(member, passes) {
				return true
			}
		}
	}
	return false
}

// someOfComponentServes reports whether a workload of a component takes requests, whatever mode it is of.
func (s observedState) someOfComponentServes(component v1beta1.ComponentType) bool {
	c := s.componentByName(component)
	return slices.ContainsFunc(s.workloadsOf(component, nil), func(key childKey) bool { return s.someServes(c, key) })
}

// workloadsOf are the observed workloads of a component that are not among some children.
func (s observedState) workloadsOf(component v1beta1.ComponentType, except children) []childKey {
	var keys []childKey
	for _, kind := range modes.WorkloadKinds() {
		for _, key := range s.keysOf(kind) {
			if except[key] != nil {
				continue
			}
			workload, _ := s.child(key)
			if object := workload.decode(); object != nil && componentOf(object) == component {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// componentByName is a component of the service of which no more than the name is known.
func (s observedState) componentByName(component v1beta1.ComponentType) *modes.Component {
	return &modes.Component{Type: component, Name: names.Component(s.service, string(component))}
}

// whyRouterIsRemoved is why a router that was removed is repeated.
var whyRouterIsRemoved = &finding.Finding{Reason: ReasonEntryChanging, Message: "the router was removed, and requests still go to it"}

// retainRemovedRouter repeats a router that was removed, with all else of components that the service does not have any
// more, until requests go to the engine: while routes are repeated, while something that leads to the engine is not
// applied, and while the status has an address of the router. Where what was applied of it is not known, it goes at once,
// unless a route leads to it.
func retainRemovedRouter(
	service inferenceService, current observedState, desired desiredState, record *trace.Recorder,
) (desiredState, *finding.Finding) {
	if !desired.hasNoComponent(v1beta1.RouterComponent) || len(current.workloadsOf(v1beta1.RouterComponent, desired.children)) == 0 {
		return desired, nil
	}
	routesStay := len(desired.formerServes) > 0 || desired.whyRoutesStay() != nil
	awaited := desired.firstTrafficObjectNotApplied(current.componentByName(v1beta1.EngineComponent), current)
	router := current.componentByName(v1beta1.RouterComponent)
	if !routesStay && awaited == "" && !desired.statusLeadsTo(ownService(router), service) {
		return desired, nil
	}
	isOfRemoved := func(object *unstructured.Unstructured) bool { return desired.hasNoComponent(componentOf(object)) }
	retained, problem := retainSelected(isOfRemoved, current, desired.children, record, "router", whyRouterIsRemoved)
	if problem != nil && !routesStay {
		return desired, nil
	}
	message := "the router that was removed stays until requests go to the engine"
	if awaited != "" && !routesStay {
		message += " by " + awaited
	}
	record.AddFinding("service/entry", ReasonEntryChanging, message)
	out := desired
	out.children = retained
	return out, problem
}

// hasNoComponent reports whether a component is one that the service could have beside its engine, and does not have.
func (d desiredState) hasNoComponent(component v1beta1.ComponentType) bool {
	isOne := func(c builtComponent) bool { return c.Type == component }
	return (component == v1beta1.RouterComponent || component == v1beta1.DecoderComponent) && !slices.ContainsFunc(d.components, isOne)
}
