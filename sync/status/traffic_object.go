package status

import "fmt"

// trafficObject is an object that carries traffic: a Service object or a route.
type trafficObject struct {
	reportingObject
	wanted Object
}

// readTrafficObject reads an object that carries traffic, which need not exist.
func readTrafficObject(wanted Object, children serviceChildren) trafficObject {
	return trafficObject{readReportingObject(wanted.Kind, wanted.Name, children, false), wanted}
}

// serviceObjectsReadiness says whether the Service objects that lead to a component are there. Their
// addresses are no part of it: those of a load balancer come later, if at all.
func serviceObjectsReadiness(services []Object, children serviceChildren) readiness {
	list := make([]readiness, len(services))
	for i, wanted := range services {
		object := readTrafficObject(wanted, children)
		list[i] = firstDecision(&object, trafficObjectRules(), readyBecause("", ""))
	}
	if at := decisiveIndex(list); at >= 0 {
		return list[at]
	}
	return *readyBecause("", "")
}

// trafficObjectRules are the rules that all objects which carry traffic have in common.
func trafficObjectRules() []rule[*trafficObject, readiness] {
	return []rule[*trafficObject, readiness]{
		(*trafficObject).belongsToAnother,   // its name is taken
		(*trafficObject).hostLeadsElsewhere, // whether it exists or not
		(*trafficObject).isNotCreated,       // it is created after this answer
		(*trafficObject).isTerminating,      // it is created again when it is gone
		(*trafficObject).isNotApplied,       // the API server may refuse the change
	}
}

func (o *trafficObject) belongsToAnother() *readiness {
	switch {
	case o.wanted.Owner == "":
		return nil
	case o.wanted.OwnerLeaves:
		return o.isAwaited(fmt.Sprintf("%s still belongs to Knative's %s, and is made when that is gone", o.title, o.wanted.Owner))
	}
	return notReadyBecause(ReasonNameTaken, fmt.Sprintf(
		"%s belongs to %s, so that requests to that name do not reach this service: rename this InferenceService, or remove that object", o.title, o.wanted.Owner))
}

func (o *trafficObject) hostLeadsElsewhere() *readiness {
	if o.wanted.HostOwner == "" {
		return nil
	}
	return notReadyBecause(ReasonHostInUse, fmt.Sprintf(
		"host %s of %s leads to %s, which had it first: give one of the two another host, by domainTemplate or the annotations ome.io/ingress-...",
		o.wanted.Host, o.title, o.wanted.HostOwner))
}

func (o *trafficObject) isNotCreated() *readiness {
	if o.object != nil {
		return nil
	}
	return o.isAwaited(o.title + " does not exist yet")
}

// isAwaited says that the object is not there. Where a bridge leads requests until then, they arrive.
func (o *trafficObject) isAwaited(why string) *readiness {
	if o.wanted.Bridge == "" {
		return unknownBecause(ReasonIngressNotCreated, why)
	}
	return unknownBecause(ReasonUpdateNotApplied, why+"; until then requests go by Service "+o.wanted.Bridge)
}

func (o *trafficObject) isNotApplied() *readiness {
	if !o.wanted.NotApplied {
		return nil
	}
	return updateNotApplied(o.title)
}

// updateNotApplied says that an object lacks the specification of the last answer. It lacks it from the
// answer until Metacontroller has applied it, and longer where the API server refuses it.
func updateNotApplied(title string) *readiness {
	return unknownBecause(ReasonUpdateNotApplied, title+
		" does not have its new specification yet; if this stays, the events of the InferenceService say why the API server refuses it")
}
