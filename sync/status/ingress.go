package status

import (
	"fmt"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/observed"
)

// ingressReady says whether the routes of the service are in place. It does not
// depend on the components: their conditions say what is behind the routes.
func (p *pass) ingressReady() verdict {
	switch in := &p.in.Ingress; {
	case in.Problem != nil:
		return *no(in.Problem.Reason, in.Problem.Message)
	case in.Disabled:
		return *yes(ReasonIngressDisabled, messageIngressDisabled)
	case p.in.Failure != nil && !in.decided():
		return p.ingressBefore()
	case len(in.Objects) == 0:
		return *yes(ReasonIngressNotNeeded, "no object routes to the service: the entry component's own address is used")
	}
	verdicts := make([]verdict, len(p.in.Ingress.Objects))
	for i, object := range p.in.Ingress.Objects {
		verdicts[i] = p.route(object)
	}
	if at := decisive(verdicts); at >= 0 {
		return verdicts[at]
	}
	return *yes("", "")
}

// ingressBefore keeps what is known of routes that are held.
func (p *pass) ingressBefore() verdict {
	if was := previousCondition(p.in.Parent.Status.Conditions, v1beta1.IngressReady); was != nil {
		return verdict{was.Status, was.Reason, was.Message}
	}
	return *unsure(ReasonNotResolved, "the routes are not known until the service can be resolved")
}

// route is one object of the ingress.
type route struct {
	subject
	reports bool
	parents []routeParent
}

type routeParent struct {
	Conditions conditions `json:"conditions"`
}

// routeRules say whether a route is in place. The first that decides wins.
func routeRules() []rule[*route] {
	return []rule[*route]{
		routeNotCreated,
		func(r *route) *verdict { return terminating(&r.subject) },
		routeSilent, // most ingress controllers report nothing that could be relied on
		routeNotReported,
		func(r *route) *verdict { return notObserved(&r.subject) },
		routeRefused,
		func(*route) *verdict { return yes("", "") },
	}
}

func routeNotCreated(r *route) *verdict {
	if r.object != nil {
		return nil
	}
	return unsure(ReasonIngressNotCreated, fmt.Sprintf("%s %s does not exist yet", r.kind, r.called))
}

// routeSilent decides about kinds that do not report whether they are accepted.
func routeSilent(r *route) *verdict {
	if r.reports {
		return nil
	}
	return yes("", "")
}

func routeNotReported(r *route) *verdict {
	for _, parent := range r.parents {
		if !parent.Conditions.get("Accepted").absent() {
			return nil
		}
	}
	return unsure(ReasonRouteNotReported, fmt.Sprintf("%s %s: no gateway has said whether it accepts it", r.kind, r.called))
}

// routeRefused decides about a route that a gateway does not accept or cannot
// follow.
func routeRefused(r *route) *verdict {
	for _, parent := range r.parents {
		for _, kind := range []string{"Accepted", "ResolvedRefs"} {
			if c := parent.Conditions.get(kind); !c.absent() && !c.isTrue() {
				v := c.verdict()
				v.message = fmt.Sprintf("%s %s: %s", r.kind, r.called, c.Message)
				return v
			}
		}
	}
	return nil
}

// route reads one object of the ingress.
func (p *pass) route(of Object) verdict {
	kind, _ := of.Kind.Split()
	r := &route{
		subject: subject{object: p.child(of.Kind, of.Name), kind: kind, called: of.Name, was: p.wasTrue(v1beta1.IngressReady)},
		reports: of.Kind == kinds.HTTPRoute,
	}
	if r.object != nil && r.reports {
		lenient(observed.Member(r.status, "parents"), &r.parents)
		r.available = routeRefused(r) == nil
		r.observedGeneration = r.oldestReport()
	}
	return firstOf(r, routeRules())
}

// oldestReport is the oldest generation that a gateway's word is about.
func (r *route) oldestReport() int64 {
	oldest := r.generation
	for _, parent := range r.parents {
		if accepted := parent.Conditions.get("Accepted"); !accepted.absent() {
			oldest = min(oldest, reported(accepted.ObservedGeneration, r.generation))
		}
	}
	return oldest
}
