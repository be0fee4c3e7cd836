package status

import (
	"fmt"
	"slices"

	"k8s.io/utils/ptr"

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
	case in.Failure != nil && !ingress.isDecided():
		return previousIngressReadiness(previous)
	}
	children := serviceChildren{in.Parent.Namespace, in.Children}
	list := make([]readiness, len(in.Ingress.Objects))
	for i, object := range in.Ingress.Objects {
		list[i] = routeReadiness(readRoute(object, children))
	}
	switch at := decisiveIndex(list); {
	case at >= 0:
		return list[at]
	case in.Ingress.Disabled:
		return *readyBecause(ReasonIngressDisabled, messageIngressDisabled)
	case len(list) == 0:
		return *readyBecause(ReasonIngressNotNeeded, "no object routes to the service: the entry component's own address is used")
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
	trafficObject
	namespace string
	// reportsParents is true for kinds whose status says which gateways accept them.
	reportsParents bool
	// asks are the gateways that the route asks for.
	asks []parentReference
	// reports are what controllers say, of gateways that the route does not ask for any more too.
	reports []parentReport
}

// parentReport is what the controller of one gateway reports.
type parentReport struct {
	ParentRef  parentReference     `json:"parentRef"`
	Conditions []observedCondition `json:"conditions"`
}

// parentReference names a gateway, or a part of one.
type parentReference struct {
	Group       *string `json:"group"`
	Kind        *string `json:"kind"`
	Namespace   *string `json:"namespace"`
	Name        string  `json:"name"`
	SectionName *string `json:"sectionName"`
	Port        *int32  `json:"port"`
}

// names reports whether two references of a route in a namespace name the same.
func (p parentReference) names(other parentReference, namespace string) bool {
	const group, kind = "gateway.networking.k8s.io", "Gateway"
	return p.Name == other.Name &&
		ptr.Deref(p.Group, group) == ptr.Deref(other.Group, group) &&
		ptr.Deref(p.Kind, kind) == ptr.Deref(other.Kind, kind) &&
		ptr.Deref(p.Namespace, namespace) == ptr.Deref(other.Namespace, namespace) &&
		ptr.Deref(p.SectionName, "") == ptr.Deref(other.SectionName, "") &&
		ptr.Deref(p.Port, 0) == ptr.Deref(other.Port, 0)
}

func (p parentReference) inWords(namespace string) string {
	return fmt.Sprintf("%s %s/%s", ptr.Deref(p.Kind, "Gateway"), ptr.Deref(p.Namespace, namespace), p.Name)
}

// readRoute reads an object of the ingress, which need not exist.
func readRoute(wanted Object, children serviceChildren) *route {
	r := &route{
		trafficObject:  readTrafficObject(wanted, children),
		namespace:      children.namespace,
		reportsParents: wanted.Kind == kinds.HTTPRoute,
	}
	if r.object != nil && r.reportsParents {
		decodeLenient(observed.Member(r.rawSpec, "parentRefs"), &r.asks)
		decodeLenient(observed.Member(r.rawStatus, "parents"), &r.reports)
	}
	return r
}

// routeReadiness says whether a route is in place.
func routeReadiness(r *route) readiness {
	for _, rule := range trafficObjectRules() {
		if decision := rule(&r.trafficObject); decision != nil {
			return *decision
		}
	}
	if !r.reportsParents {
		return *readyBecause("", "") // controllers of Ingress and others report nothing reliable
	}
	if len(r.asks) == 0 {
		return *unknownBecause(ReasonRouteNotReported, r.title+" names no gateway in spec.parentRefs")
	}
	for _, asked := range r.asks {
		p := &routeParent{r, asked, r.reportsOf(asked)}
		decision := firstDecision(p, []rule[*routeParent, readiness]{
			(*routeParent).isNotReported,           // a gateway may still refuse it
			(*routeParent).generationIsNotObserved, // what is reported is out of date
			(*routeParent).isRefused,               // or leads to an object that does not exist
		}, readyBecause("", ""))
		if !decision.isTrue() {
			return decision
		}
	}
	return *readyBecause("", "")
}

// routeParent is a route at one of the gateways that it asks for.
type routeParent struct {
	*route
	asked   parentReference
	reports []parentReport
}

// reportsOf are what controllers say about one of the gateways that the route asks for. There are
// several where another controller has taken the gateway over.
func (r *route) reportsOf(asked parentReference) []parentReport {
	var reports []parentReport
	for _, report := range r.reports {
		if asked.names(report.ParentRef, r.namespace) {
			reports = append(reports, report)
		}
	}
	return reports
}

// isReported reports whether there is a condition of a type, of any generation.
func (p *routeParent) isReported(conditionType string) bool {
	return slices.ContainsFunc(p.reports, func(report parentReport) bool {
		return !conditionOfType(report.Conditions, conditionType).isAbsent()
	})
}

func (p *routeParent) isNotReported() *readiness {
	if p.isReported(routeAccepted) {
		return nil
	}
	return unknownBecause(ReasonRouteNotReported, fmt.Sprintf(
		"%s: %s has not said whether it accepts it", p.title, p.asked.inWords(p.namespace)))
}

// currentConditions are the conditions of the gateway that are about the newest generation of the route.
// A condition without a generation counts as current.
func (p *routeParent) currentConditions() []observedCondition {
	var current []observedCondition
	for _, report := range p.reports {
		for _, c := range report.Conditions {
			if observedOrCurrent(c.ObservedGeneration, p.generation) >= p.generation {
				current = append(current, c)
			}
		}
	}
	return current
}

func (p *routeParent) generationIsNotObserved() *readiness {
	current := p.currentConditions()
	isOutdated := func(conditionType string) bool {
		return conditionOfType(current, conditionType).isAbsent() && p.isReported(conditionType)
	}
	if !isOutdated(routeAccepted) && !isOutdated(routeResolvedRefs) {
		return nil
	}
	return unknownBecause(ReasonGenerationNotObserved, fmt.Sprintf(
		"%s: %s has not observed generation %d yet", p.title, p.asked.inWords(p.namespace), p.generation))
}

// isRefused also decides about a route that the gateway accepts and cannot follow.
func (p *routeParent) isRefused() *readiness {
	for _, c := range p.currentConditions() {
		if (c.Type == routeAccepted || c.Type == routeResolvedRefs) && !c.isTrue() {
			refused := c.asReadiness()
			refused.message = p.title + ": " + c.Message
			return refused
		}
	}
	return nil
}
