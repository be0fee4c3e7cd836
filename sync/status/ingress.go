package status

import (
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/observed"
)

// ingressReadiness says whether the routes of the service are in place. It does not depend on the
// components, which have conditions of their own.
func ingressReadiness(in *Input) readiness {
	previous := in.Parent.Status.Conditions
	switch ingress := &in.Ingress; {
	case ingress.Problem != nil:
		return *notReadyBecause(ingress.Problem.Reason, ingress.Problem.Message)
	case ingress.Disabled:
		return *readyBecause(ReasonIngressDisabled, messageIngressDisabled)
	case in.Failure != nil && !ingress.isDecided():
		return previousIngressReadiness(previous)
	case len(ingress.Objects) == 0:
		return *readyBecause(ReasonIngressNotNeeded, "no object routes to the service: the entry component's own address is used")
	}
	children := serviceChildren{in.Parent.Namespace, in.Children}
	wasReady := conditionIsTrue(previous, v1beta1.IngressReady)
	list := make([]readiness, len(in.Ingress.Objects))
	for i, object := range in.Ingress.Objects {
		list[i] = routeReadiness(readRoute(object, children, wasReady))
	}
	if at := decisiveIndex(list); at >= 0 {
		return list[at]
	}
	return *readyBecause("", "")
}

// previousIngressReadiness repeats what was known of routes that cannot be computed now.
func previousIngressReadiness(previous []v1beta1.Condition) readiness {
	if c := findCondition(previous, v1beta1.IngressReady); c != nil {
		return readiness{c.Status, c.Reason, c.Message}
	}
	return *unknownBecause(ReasonNotResolved, "the routes are not known until the service can be resolved")
}

// The conditions of the Gateway API that say whether a route works.
const (
	routeAccepted     = "Accepted"
	routeResolvedRefs = "ResolvedRefs"
)

// route is the part of a routing object that its rules read.
type route struct {
	reportingObject
	// reportsParents is true for kinds whose status says which gateways accept them.
	reportsParents bool
	parents        []routeParent
}

// routeParent is what one gateway reports.
type routeParent struct {
	Conditions []observedCondition `json:"conditions"`
}

// readRoute reads an object of the ingress, which need not exist.
func readRoute(wanted Object, children serviceChildren, wasReady bool) *route {
	r := &route{
		reportingObject: readReportingObject(wanted.Kind, wanted.Name, children, wasReady),
		reportsParents:  wanted.Kind == kinds.HTTPRoute,
	}
	if r.object != nil && r.reportsParents {
		decodeLenient(observed.Member(r.rawStatus, "parents"), &r.parents)
		r.reportsReady = r.isRefusedByParent() == nil
		r.observedGeneration = r.oldestAcceptedGeneration()
	}
	return r
}

// routeReadiness says whether a route is in place.
func routeReadiness(r *route) readiness {
	return firstDecision(r, []rule[*route, readiness]{
		(*route).isNotCreated,            // it is created after this answer
		(*route).isTerminating,           // it is created again when it is gone
		(*route).isOfSilentKind,          // controllers of Ingress and others report nothing reliable
		(*route).isNotReportedByParent,   // a gateway may still refuse it
		(*route).generationIsNotObserved, // the status may be out of date
		(*route).isRefusedByParent,       // or leads to an object that does not exist
	}, readyBecause("", ""))
}

func (r *route) isNotCreated() *readiness {
	if r.object != nil {
		return nil
	}
	return unknownBecause(ReasonIngressNotCreated, r.title+" does not exist yet")
}

func (r *route) isOfSilentKind() *readiness {
	if r.reportsParents {
		return nil
	}
	return readyBecause("", "")
}

func (r *route) isNotReportedByParent() *readiness {
	for _, parent := range r.parents {
		if !conditionOfType(parent.Conditions, routeAccepted).isAbsent() {
			return nil
		}
	}
	return unknownBecause(ReasonRouteNotReported, r.title+": no gateway has said whether it accepts it")
}

// isRefusedByParent also decides about a route that a gateway accepts and cannot follow.
func (r *route) isRefusedByParent() *readiness {
	for _, parent := range r.parents {
		for _, conditionType := range []string{routeAccepted, routeResolvedRefs} {
			if c := conditionOfType(parent.Conditions, conditionType); !c.isAbsent() && !c.isTrue() {
				refused := c.asReadiness()
				refused.message = r.title + ": " + c.Message
				return refused
			}
		}
	}
	return nil
}

// oldestAcceptedGeneration is the oldest generation that a gateway reports about.
func (r *route) oldestAcceptedGeneration() int64 {
	oldest := r.generation
	for _, parent := range r.parents {
		if accepted := conditionOfType(parent.Conditions, routeAccepted); !accepted.isAbsent() {
			oldest = min(oldest, observedOrCurrent(accepted.ObservedGeneration, r.generation))
		}
	}
	return oldest
}
