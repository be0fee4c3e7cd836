package sync

import (
	"slices"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/observed"
)

// routes are how a service is reached.
type routes struct {
	// disabled is true when there are no routes on purpose.
	disabled  bool
	addresses modes.Addresses
	// children are the routes, or the external Service object in their place.
	children children
	// keys are the objects that lead to the service; the status waits for them.
	keys []childKey
	// problem is why the routes could not be made; nil if they were.
	problem *finding.Finding
	// entryFailed is true when the problem is the problem of the entry component.
	entryFailed bool
}

// routeService makes the external Service object or the routes of a service, as an ingress configuration says.
// Without one that can be used, noIngress says why, and there are none.
func routeService(
	components []builtComponent, ingress config.Ingress, noIngress *finding.Finding,
	current observedState, env *modes.Env, record *trace.Recorder,
) routes {
	if noIngress != nil {
		return routes{problem: noIngress}
	}
	out := routes{disabled: ingress.DisableIngressCreation}
	if out.problem = entryProblem(components); out.problem != nil {
		out.entryFailed = true
		return out
	}
	built := builtComponents(components)
	route := modes.Route{Config: ingress, Components: built, KnativeURLs: current.knativeURLs(built)}
	addresses, problem := modes.ComputeAddresses(env, route)
	if problem == nil {
		out.children, out.keys, problem = makeRoutes(route, env, record)
	}
	if problem != nil {
		// The hosts of the components are known all the same.
		out.addresses, out.problem = modes.Addresses{Components: addresses.Components}, problem
		return out
	}
	out.addresses = addresses
	return out
}

// makeRoutes returns the objects that lead to the service, and the keys of the objects
// that the status waits for, in the order in which it looks at them.
func makeRoutes(route modes.Route, env *modes.Env, record *trace.Recorder) (children, []childKey, *finding.Finding) {
	built, problem := modes.BuildRoutes(env, route)
	recordFindings(built.Findings, record)
	if problem != nil {
		return nil, nil, problem
	}
	made, keys := children{}, []childKey(nil)
	for _, object := range built.Objects {
		canonical := child.Canonical(object)
		keys = append(keys, keyOf(canonical))
		made[keyOf(canonical)] = canonical
	}
	if external := modes.MakeExternalService(env, route.EntryComponent()); external != nil && route.Config.DisableIngressCreation {
		service := child.Canonical(external)
		keys = append(keys, keyOf(service))
		made[keyOf(service)] = service
	}
	if problem := made.firstForbidden(env.Kinds); problem != nil {
		return nil, nil, problem
	}
	return made, keys, nil
}

// entryProblem is the problem of the component that takes the requests to the service;
// nil when it was built.
func entryProblem(components []builtComponent) *finding.Finding {
	for _, entry := range []v1beta1.ComponentType{v1beta1.RouterComponent, v1beta1.EngineComponent} {
		at := slices.IndexFunc(components, func(c builtComponent) bool { return c.Type == entry })
		if at >= 0 {
			return components[at].Problem
		}
	}
	return nil
}

// knativeURLs are the URLs that Knative reports for the serverless components.
func (s observedState) knativeURLs(components []*modes.Component) map[v1beta1.ComponentType]string {
	urls := map[v1beta1.ComponentType]string{}
	for _, c := range components {
		if c.Mode != v1beta1.Serverless {
			continue
		}
		if workload, ok := s.child(workloadKey(c)); ok {
			if url, _ := observed.DecodeString(workload.Member("status", "url")); url != "" {
				urls[c.Type] = url
			}
		}
	}
	return urls
}
