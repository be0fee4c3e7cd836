package sync

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/compose"
	"github.com/isvc-io/isvc/sync/resolve"
	"github.com/isvc-io/isvc/sync/status"
)

// ReasonTooManyClusters: a component asks for more Ray clusters than one
// service may have. Seen in EngineReady, DecoderReady and RouterReady. Fix:
// lower minReplicas, or use several services.
const ReasonTooManyClusters = "TooManyClusters"

// desiredState is what the cluster should hold for a service.
type desiredState struct {
	// components are the components that the service asks for, each composed and built or
	// with the problem that prevents it. Nil until the service is resolved.
	components []builtComponent
	// accelerators are the classes in use.
	accelerators map[v1beta1.ComponentType]*resolve.Accelerator
	// runtime is the runtime in use; nil without one, and until it is known.
	runtime *resolve.Runtime
	// overlays are the models that are mounted beside the model; nil where they are not known.
	overlays *resolve.Overlays
	// children are all objects, those of routes included.
	children children
	// routes are how the service is reached.
	routes routes
	// formerServes are the components whose requests still go to the workload of their former mode.
	formerServes []v1beta1.ComponentType
	// routerAwaited is true while requests go past a router that was added and is not ready.
	routerAwaited bool
	// bridges are the Service objects that lead requests in the place of others.
	bridges []bridged
	// taken are the objects that are left out because somebody else has their names.
	taken map[childKey]nameOwner
	// modelConfigProblem is why the ConfigMap that describes the model could not be made;
	// nil if it was.
	modelConfigProblem *finding.Finding
}

// desire writes every component down as objects, then what belongs to the service as a
// whole. Pods that run keep their template where the rules or a canary say so. A mistake in one
// part does not stop the others.
func desire(
	components []compose.Result, refs references, pair pairOfRoles, rules rolloutRules,
	current observedState, env *modes.Env, record *trace.Recorder,
) desiredState {
	out := desiredState{accelerators: refs.accelerators, overlays: &refs.overlays, runtime: refs.runtime, children: children{}}
	var built []builtComponent
	for _, component := range components {
		built = append(built, buildComponent(component, current, env, record))
	}
	built = withPairRevision(built, pair, current, env, record)
	requests := canaryRequestsOf(built, rules, current)
	ingress, noIngress := modes.IngressConfigOf(env.Config, env.Parent)
	if out.routerAwaited = current.awaitsRouter(built, env); out.routerAwaited {
		record.AddFinding("service/entry", ReasonEntryChanging, "requests go to the engine until the router is ready")
	}
	weighed := weighedByRoutes(out.componentsReached(built), ingress, noIngress, current)
	for _, component := range built {
		component = keepTemplate(component, rules, requests[component.Type], component.Type == weighed, current, env, record)
		out.components = append(out.components, component)
		out.children = out.children.with(component.children).with(component.canary.objects)
	}
	modelConfig, problem := makeModelConfig(refs, env)
	if problem != nil {
		record.AddFinding("model/ConfigMap", problem.Reason, problem.Message)
	}
	out.modelConfigProblem = problem
	out.routes = routeService(out.componentsReached(out.components), ingress, noIngress, current, env, record)
	out.children = out.children.with(modelConfig).with(out.routes.children)
	out.children = keptSelectors(out.children, out.components)
	out.children = withPortsByName(out.children, out.components, current, record)
	return out
}

// desireVirtualDeployment is the desired state of a service whose pods another system
// runs: it has an address and no objects.
func desireVirtualDeployment(env *modes.Env) desiredState {
	address := modes.ServiceURLInCluster(env)
	return desiredState{routes: routes{addresses: modes.Addresses{URL: address, Address: address}}}
}

// buildComponent writes a composed component down as objects. With a problem, it returns
// the component with that problem and no objects.
func buildComponent(
	composed compose.Result, current observedState, env *modes.Env, record *trace.Recorder,
) builtComponent {
	failed := func(problem *finding.Finding) builtComponent {
		composed.Problem = problem
		return builtComponent{Result: composed}
	}
	if composed.Problem != nil {
		return failed(composed.Problem)
	}
	if problem := tooManyClusters(composed.Component); problem != nil {
		return failed(problem)
	}
	composed.Component = withKnownRevision(withObservedReplicas(composed.Component, current), current)
	made, problem := modes.BuildComponent(env, composed.Component)
	if problem != nil {
		recordFindings(made.Findings, record)
		return failed(problem)
	}
	built := canonicalChildren(made.Objects...)
	recordFindings(withoutDisproved(made.Findings, composed.Component, built, current), record)
	if problem := built.firstUnappliable(); problem != nil {
		return failed(problem)
	}
	return builtComponent{Result: composed, children: built}
}

// withKnownRevision forgets the revision that the status names as rolled out where the Knative Service does not know
// it, such as one of a Deployment in a former mode, or of a Knative Service that was deleted: Knative would have no
// route while a revision of it is missing.
func withKnownRevision(c *modes.Component, current observedState) *modes.Component {
	previous := c.Canary.Previous
	if c.Mode != v1beta1.Serverless || previous == "" {
		return c
	}
	if service, exists := current.child(workloadKey(c)); exists && status.KnativeKnows(service.Object, previous) {
		return c
	}
	out := *c
	out.Canary.Previous = ""
	return &out
}

// tooManyClusters is the problem of a component that asks for more replicas than its mode
// may have; nil for any other component.
func tooManyClusters(c *modes.Component) *finding.Finding {
	mode, _ := modes.Of(c.Mode)
	if mode.MaxReplicas == 0 || c.Scaling.Min <= mode.MaxReplicas {
		return nil
	}
	return &finding.Finding{Reason: ReasonTooManyClusters, Message: fmt.Sprintf(
		"minReplicas of the %s is %d, and in mode %s each replica is an object of its own: use at most %d",
		c.Type, c.Scaling.Min, c.Mode, mode.MaxReplicas)}
}

// makeModelConfig is the ConfigMap that describes the model; none without a model.
func makeModelConfig(refs references, env *modes.Env) (children, *finding.Finding) {
	if refs.model == nil {
		return nil, nil
	}
	var weight *v1beta1.FineTunedWeightSpec
	if refs.weight != nil {
		weight = &refs.weight.Object.Spec
	}
	made := canonicalChildren(modes.MakeModelConfigMap(env, refs.model.Name, refs.model.Spec, weight))
	if problem := made.firstForbidden(env.Kinds); problem != nil {
		return nil, problem
	}
	return made, nil
}

// weighedByRoutes is the component to which requests come by HTTPRoutes with weights; empty without one. A router that
// has a problem is the entry all the same, and where the configuration of the ingress cannot be used, the routes that
// exist stay and tell.
func weighedByRoutes(
	components []builtComponent, ingress config.Ingress, noIngress *finding.Finding, current observedState,
) v1beta1.ComponentType {
	route := modes.Route{Config: ingress}
	for _, component := range components {
		route.Components = append(route.Components, cmp.Or(component.Component, &modes.Component{Type: component.Type}))
	}
	entry := route.EntryComponent()
	if entry == nil {
		return ""
	}
	isWeighed := route.WeighsRequestsTo(entry)
	if noIngress != nil {
		isWeighed = slices.ContainsFunc([]string{entry.Name, names.Canary(entry.Name)}, func(name string) bool {
			return current.someOfKindLeadsTo(kinds.HTTPRoute, names.Service(name))
		})
	}
	if !isWeighed {
		return ""
	}
	return entry.Type
}

// builtComponents are the components that have no problem.
func builtComponents(results []builtComponent) []*modes.Component {
	var out []*modes.Component
	for _, result := range results {
		if result.Problem == nil {
			out = append(out, result.Component)
		}
	}
	return out
}

// workloadKey is the object that runs the pods of a component, the first of several.
func workloadKey(c *modes.Component) childKey {
	mode, known := modes.Of(c.Mode)
	if !known {
		return childKey{} // such a component has a problem and no objects
	}
	return childKey{mode.Workload, mode.WorkloadName(c.Name)}
}
