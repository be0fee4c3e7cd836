package sync

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/compose"
)

// ReasonWouldStopServing: the computed children would delete every workload of
// a service that still wants one; all are kept. Seen in Ready. Fix: correct
// what the other conditions name, or delete the service to stop it.
const ReasonWouldStopServing = "WouldStopServing"

// retain returns the desired state with what must not go or change yet:
//
//	observed child             desired                                what happens to the child
//	─────────────────────────────────────────────────────────────────────────────────────────────
//	of a component             the component was built                as built; deleted if not built
//	of a component             the component has a problem            as last applied
//	of no component, no route  a component has a problem              as last applied, unless built
//	a route                    the routes or any component has a      as last applied
//	                           problem, or the entry changes its mode
//	the model's ConfigMap      it has a problem                       as last applied
//	a former workload          the new one is not ready               as last applied, with all that
//	                                                                  serves it
//	a former workload          the new one is ready                   deleted
//	every workload             no workload, though pods are wanted    the whole service is held
//	with an immutable field    the field differs                      as built, with the observed
//	                                                                  field and what selects by it
//
// "As last applied" needs to know what was applied: where that is unknown, the whole
// service is held. The problem says why; the desired state is then the one given.
func retain(
	service inferenceService, current observedState, desired desiredState, record *trace.Recorder,
) (desiredState, *finding.Finding) {
	out := desired
	var problem *finding.Finding
	for _, component := range desired.components {
		if out.children, problem = retainComponent(component, service, current, out, record); problem != nil {
			return desired, problem
		}
	}
	if out.children, problem = retainRoutes(current, out, record); problem != nil {
		return desired, problem
	}
	if out.children, problem = retainModelConfig(current, out, record); problem != nil {
		return desired, problem
	}
	if problem := wouldStopServing(current, out); problem != nil {
		return desired, problem
	}
	out.children = retainImmutableFields(current, out.children, record)
	return out, nil
}

// retainComponent repeats the children of a component that has a problem, and the former
// workload of a component that changes its mode.
func retainComponent(
	component compose.Result, service inferenceService, current observedState, desired desiredState, record *trace.Recorder,
) (children, *finding.Finding) {
	if component.Problem == nil {
		return retainFormerWorkload(component.Component, service, current, desired, record)
	}
	ofComponent := func(object *unstructured.Unstructured) bool {
		owner := componentOf(object)
		return owner == component.Type || owner == "" && belongsToNothing(object, desired.children)
	}
	return retainSelected(ofComponent, current, desired.children, record, string(component.Type), component.Problem)
}

// belongsToNothing reports whether nothing says what an observed child without a
// component is for: it is no route and not among the desired children. It stays while
// anything is in doubt.
func belongsToNothing(object *unstructured.Unstructured, desired children) bool {
	return desired[keyOf(object)] == nil && !isRoute(object)
}

// retainRoutes repeats the routes that exist where they could not be computed, and where
// the host of a component with a problem is missing in what was computed.
func retainRoutes(current observedState, desired desiredState, record *trace.Recorder) (children, *finding.Finding) {
	problem := desired.routes.problem
	for _, component := range desired.components {
		if problem == nil && !desired.routes.disabled {
			problem = component.Problem
		}
	}
	if problem == nil {
		return desired.children, nil
	}
	return retainSelected(isRoute, current, desired.children, record, "service", problem)
}

// isRoute reports whether an object leads to the service as a whole.
func isRoute(object *unstructured.Unstructured) bool {
	switch keyOf(object).kind {
	case kinds.Ingress, kinds.HTTPRoute, kinds.VirtualService:
		return true
	case kinds.Service:
		component := componentOf(object)
		return component == "" || component == v1beta1.ExternalServiceComponent
	}
	return false
}

// retainModelConfig repeats the ConfigMap that describes the model where it could not be
// made.
func retainModelConfig(current observedState, desired desiredState, record *trace.Recorder) (children, *finding.Finding) {
	problem := desired.modelConfigProblem
	if problem == nil {
		return desired.children, nil
	}
	isModelConfig := func(object *unstructured.Unstructured) bool { return keyOf(object).kind == kinds.ConfigMap }
	return retainSelected(isModelConfig, current, desired.children, record, "model", problem)
}

// retainSelected repeats the observed children that a test selects in the place of the
// desired ones. Where one cannot be repeated, the service is held for the reason that
// made it necessary to repeat the part.
func retainSelected(
	selects func(*unstructured.Unstructured) bool, current observedState, desired children,
	record *trace.Recorder, part string, why *finding.Finding,
) (children, *finding.Finding) {
	repeated, complete := repeatLastApplied(selects, current, record)
	if !complete {
		return nil, &finding.Finding{Reason: why.Reason, Message: fmt.Sprintf(
			"%s, and what was last applied for the %s is not known", why.Message, part)}
	}
	return desired.with(repeated), nil
}

// wouldStopServing is the problem of a service that would lose every workload that it has
// although it asks for pods; nil for any other service.
func wouldStopServing(current observedState, desired desiredState) *finding.Finding {
	if !wantsWorkload(desired.components) || !current.hasWorkload() || desired.children.hasWorkload() {
		return nil
	}
	return &finding.Finding{Reason: ReasonWouldStopServing, Message: "the computed objects have no workload, and those that run now would all be deleted: " +
		"they are kept; delete the service to stop it"}
}

// wantsWorkload reports whether a component asks for a workload. All modes have one also
// while they are scaled to zero, except where each replica is an object of its own.
func wantsWorkload(components []compose.Result) bool {
	for _, result := range components {
		c := result.Component
		if c == nil || c.Scaling.Min > 0 {
			return true
		}
		if mode, _ := modes.Of(c.Mode); !mode.ReplicasAreObjects {
			return true
		}
	}
	return false
}
