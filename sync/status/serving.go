package status

import (
	"slices"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// servingConditions is the condition Serving: whether requests are answered, be it by what was applied
// before. The service as a whole serves when each of its parts does.
func servingConditions(in *Input, components []componentState, isReady bool) []v1beta1.Condition {
	serving := *readyBecause(ReasonServes, "")
	if !isReady {
		serving = *readyBecause(ReasonServesAsBefore, "requests are answered by what was applied before; Ready says what is wrong")
	}
	switch part, why := firstThatDoesNotServe(in, components); {
	case len(components) == 0:
		serving = *notReadyBecause(ReasonNothingServes, "the service has no component")
	case part != "":
		serving = *notReadyBecause(ReasonNothingServes, part+": "+why)
	}
	return []v1beta1.Condition{infoCondition(v1beta1.Serving, serving)}
}

// firstThatDoesNotServe is the first part of the service that answers no requests though they come to it, and why;
// empty if all do.
func firstThatDoesNotServe(in *Input, components []componentState) (part, why string) {
	for i := range components {
		s := &components[i]
		switch {
		case s.IsPassedBy:
		case !s.hasServingReplica():
			return string(s.Type), "no replica serves"
		case !requestsArrive(s.services):
			return string(s.Type), s.services.message
		}
	}
	if in.Failure != nil || in.Ingress.Problem != nil {
		return "", "" // the routes stay as they were applied last
	}
	if ingress := ingressReadiness(withoutHostsOfComponents(in, components)); !requestsArrive(ingress) {
		return "ingress", ingress.message
	}
	return "", ""
}

// withoutHostsOfComponents leaves out the routes of single components, by which no requests to the service come.
func withoutHostsOfComponents(in *Input, components []componentState) *Input {
	out := *in
	out.Ingress.Objects = slices.DeleteFunc(slices.Clone(in.Ingress.Objects), func(route Object) bool {
		return slices.ContainsFunc(components, func(s componentState) bool { return route.Name == s.Name })
	})
	return &out
}

// hasServingReplica reports whether a replica of any template or mode serves, or starts with the next
// request.
func (s *componentState) hasServingReplica() bool {
	return s.ready.isTrue() || slices.ContainsFunc(s.replicas, func(r replica) bool { return r.state == v1beta1.Loaded })
}

// requestsArrive reports whether objects lead requests to pods: an object that lacks only what is new
// leads them as before.
func requestsArrive(objects readiness) bool {
	return objects.isTrue() || objects.reason == ReasonUpdateNotApplied || objects.reason == ReasonGenerationNotObserved
}
