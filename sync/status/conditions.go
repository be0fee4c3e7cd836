package status

import (
	"strings"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/defaulting"
)

// SpecHonored is the condition that lists findings about a service that is
// served nevertheless: fields without effect, unknown fields, ambiguous names.
const SpecHonored v1beta1.ConditionType = "SpecHonored"

// types are the conditions of one component.
type types struct {
	ready         v1beta1.ConditionType
	routes        v1beta1.ConditionType
	configuration v1beta1.ConditionType
}

func conditionTypes(kind v1beta1.ComponentType) types {
	switch kind {
	case v1beta1.DecoderComponent:
		return types{v1beta1.DecoderReady, v1beta1.DecoderRouteReady, v1beta1.DecoderConfigurationReady}
	case v1beta1.RouterComponent:
		return types{v1beta1.RouterReady, v1beta1.RouterRouteReady, v1beta1.RouterConfigurationReady}
	}
	return types{v1beta1.EngineReady, v1beta1.EngineRouteReady, v1beta1.EngineConfigurationReady}
}

// gating is a condition that Ready depends on, or Ready itself.
func gating(kind v1beta1.ConditionType, v verdict) v1beta1.Condition {
	return v1beta1.Condition{Type: kind, Status: v.status, Reason: v.reason, Message: cut(v.message, conditionLimit)}
}

// informing is a condition that Ready does not depend on.
func informing(kind v1beta1.ConditionType, v verdict) v1beta1.Condition {
	c := gating(kind, v)
	c.Severity = v1beta1.SeverityInfo
	return c
}

// conditions are all conditions of the service; see the tree in the package
// documentation.
func (p *pass) conditions() []v1beta1.Condition {
	ingress := p.ingressReady()
	list := []v1beta1.Condition{gating(v1beta1.IngressReady, ingress)}
	parts := parts{p.resolved()}
	for i := range p.seen {
		s := &p.seen[i]
		ready := s.condition()
		list = append(list, gating(conditionTypes(s.Type).ready, ready))
		list = append(list, s.details()...)
		parts = append(parts, part{string(s.Type), ready})
	}
	parts = append(parts, part{"ingress", ingress})
	list = append(list, gating(v1beta1.Ready, parts.summary()))
	list = append(list, p.predictor(list)...)
	list = append(list, p.aggregates()...)
	return p.finished(append(list, p.findings()...))
}

// part is something that a summary depends on.
type part struct {
	name    string
	verdict verdict
}

type parts []part

// summary is True if all parts are, and otherwise says what the decisive part
// says, and which part that is.
func (ps parts) summary() verdict {
	verdicts := make([]verdict, len(ps))
	for i := range ps {
		verdicts[i] = ps[i].verdict
	}
	at := decisive(verdicts)
	if at < 0 {
		return *yes("", "")
	}
	v := verdicts[at]
	if ps[at].name != "" && v.message != "" {
		v.message = ps[at].name + ": " + v.message
	}
	return v
}

// resolved says whether it is known what the service should run.
func (p *pass) resolved() part {
	switch f := p.in.Failure; {
	case f != nil:
		return part{verdict: *no(f.Reason, f.Message)}
	case len(p.seen) == 0:
		return part{verdict: *no(ReasonNoComponent, "the service has neither an engine nor a decoder nor a router: set spec.engine")}
	}
	return part{verdict: *yes("", "")}
}

// condition says whether the component is ready: its own problem comes before
// what its held workload does, and a pod that says why it does not serve is
// added to the words of the workload.
func (s *seen) condition() verdict {
	if s.Problem != nil {
		return *no(s.Problem.Reason, s.Problem.Message)
	}
	v := s.ready
	if why := s.podProblem(); !v.isTrue() && s.exists && why != "" {
		v.message = strings.TrimSpace(v.message + " " + why)
	}
	return v
}

// podProblem is why the newest replica that does not serve does not.
func (s *seen) podProblem() string {
	for i := range s.replicas {
		switch r := &s.replicas[i]; {
		case r.failure != nil:
			return "pod " + r.failure.pod + ": " + r.failure.message
		case r.waiting != "":
			return r.waiting
		}
	}
	return ""
}

// details are the further conditions of a serverless component.
func (s *seen) details() []v1beta1.Condition {
	if s.routes == nil || s.configuration == nil {
		return nil
	}
	types := conditionTypes(s.Type)
	return []v1beta1.Condition{
		informing(types.routes, *s.routes),
		informing(types.configuration, *s.configuration),
	}
}

// predictor repeats EngineReady under the deprecated name.
func (p *pass) predictor(list []v1beta1.Condition) []v1beta1.Condition {
	engine := previousCondition(list, v1beta1.EngineReady)
	if engine == nil || !defaulting.UsesPredictor(p.in.Parent) {
		return nil
	}
	mirror := *engine
	mirror.Type, mirror.Severity = v1beta1.PredictorReady, v1beta1.SeverityInfo
	return []v1beta1.Condition{mirror}
}

// aggregates summarise the serverless components of a serverless service. OME
// looks at the engine only.
func (p *pass) aggregates() []v1beta1.Condition {
	if p.in.ServiceMode != v1beta1.Serverless {
		return nil
	}
	var routes, configurations parts
	for i := range p.seen {
		s := &p.seen[i]
		if s.routes != nil && s.configuration != nil {
			routes = append(routes, part{string(s.Type), *s.routes})
			configurations = append(configurations, part{string(s.Type), *s.configuration})
		}
	}
	if len(routes) == 0 {
		return nil
	}
	return []v1beta1.Condition{
		informing(v1beta1.RoutesReady, routes.summary()),
		informing(v1beta1.LatestDeploymentReady, configurations.summary()),
	}
}

// findings is the condition SpecHonored; nothing without notes.
func (p *pass) findings() []v1beta1.Condition {
	notes := p.in.Notes
	if len(notes) == 0 {
		return nil
	}
	reason := notes[0].Reason
	messages := make([]string, len(notes))
	for i, note := range notes {
		messages[i] = note.Message
		if note.Reason != reason {
			reason = ReasonSeveralFindings
		}
	}
	return []v1beta1.Condition{informing(SpecHonored, *no(reason, strings.Join(messages, "; ")))}
}
