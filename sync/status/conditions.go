package status

import (
	"strings"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/defaulting"
)

// componentConditions are the types of the conditions of one component.
type componentConditions struct {
	ready         v1beta1.ConditionType
	routes        v1beta1.ConditionType
	configuration v1beta1.ConditionType
}

func conditionsOfComponent(componentType v1beta1.ComponentType) componentConditions {
	switch componentType {
	case v1beta1.DecoderComponent:
		return componentConditions{v1beta1.DecoderReady, v1beta1.DecoderRouteReady, v1beta1.DecoderConfigurationReady}
	case v1beta1.RouterComponent:
		return componentConditions{v1beta1.RouterReady, v1beta1.RouterRouteReady, v1beta1.RouterConfigurationReady}
	}
	return componentConditions{v1beta1.EngineReady, v1beta1.EngineRouteReady, v1beta1.EngineConfigurationReady}
}

// gatingCondition is a condition that Ready depends on, or Ready itself.
func gatingCondition(conditionType v1beta1.ConditionType, r readiness) v1beta1.Condition {
	return v1beta1.Condition{
		Type: conditionType, Status: r.status, Reason: r.reason,
		Message: truncateBytes(r.message, conditionMessageLimit),
	}
}

// infoCondition is a condition that Ready does not depend on.
func infoCondition(conditionType v1beta1.ConditionType, r readiness) v1beta1.Condition {
	c := gatingCondition(conditionType, r)
	c.Severity = v1beta1.SeverityInfo
	return c
}

// serviceConditions are all conditions of the service; see the tree in the package documentation.
func serviceConditions(in *Input, components []componentState) []v1beta1.Condition {
	ingress := ingressReadiness(in)
	list := []v1beta1.Condition{gatingCondition(v1beta1.IngressReady, ingress)}
	parts := []summaryPart{{readiness: specReadiness(in.Failure, len(components) > 0)}}
	for i := range components {
		s := &components[i]
		ready := s.readinessWithCause()
		list = append(list, gatingCondition(conditionsOfComponent(s.Type).ready, ready))
		list = append(list, s.serverlessConditions()...)
		parts = append(parts, summaryPart{string(s.Type), ready})
	}
	parts = append(parts, summaryPart{"ingress", ingress})
	list = append(list, gatingCondition(v1beta1.Ready, summarize(parts)))
	if defaulting.UsesPredictor(in.Parent) {
		list = append(list, predictorConditions(list)...)
	}
	if in.ServiceMode == v1beta1.Serverless {
		list = append(list, serverlessSummaries(components)...)
	}
	return append(list, specHonoredConditions(in.Notes)...)
}

// virtualDeploymentConditions are the conditions of a service that other software serves.
func virtualDeploymentConditions(findings []finding.Finding) []v1beta1.Condition {
	ready := gatingCondition(v1beta1.Ready, *readyBecause(ReasonVirtualDeployment, messageVirtualDeployment))
	return append([]v1beta1.Condition{ready}, specHonoredConditions(findings)...)
}

// summaryPart is something that a summary depends on. The name begins the message of the summary;
// the service as a whole has none.
type summaryPart struct {
	name      string
	readiness readiness
}

// summarize returns True if all parts are True. Otherwise it returns the decisive part, with the
// name of the part in the message.
func summarize(parts []summaryPart) readiness {
	list := make([]readiness, len(parts))
	for i := range parts {
		list[i] = parts[i].readiness
	}
	at := decisiveIndex(list)
	if at < 0 {
		return *readyBecause("", "")
	}
	summary := list[at]
	if parts[at].name != "" && summary.message != "" {
		summary.message = parts[at].name + ": " + summary.message
	}
	return summary
}

// specReadiness says whether the service could be resolved and has a component.
func specReadiness(failure *finding.Finding, hasComponents bool) readiness {
	switch {
	case failure != nil:
		return *notReadyBecause(failure.Reason, failure.Message)
	case !hasComponents:
		return *notReadyBecause(ReasonNoComponent, "the service has neither an engine nor a decoder nor a router: set spec.engine")
	}
	return *readyBecause("", "")
}

// readinessWithCause says whether the component is ready. A problem of the component comes first,
// because its workload is held and may still serve. Where the workload is not ready, the message
// also says what the pods report.
func (s *componentState) readinessWithCause() readiness {
	if s.Problem != nil {
		return *notReadyBecause(s.Problem.Reason, s.Problem.Message)
	}
	ready := s.ready
	if cause := s.newestPodProblem(); !ready.isTrue() && s.exists && cause != "" {
		ready.message = strings.TrimSpace(ready.message + " " + cause)
	}
	return ready
}

// newestPodProblem says why the newest replica that does not serve does not; empty if none says so.
func (s *componentState) newestPodProblem() string {
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

// serverlessConditions are the further conditions of a component in mode Serverless.
func (s *componentState) serverlessConditions() []v1beta1.Condition {
	if s.knative == nil {
		return nil
	}
	types := conditionsOfComponent(s.Type)
	return []v1beta1.Condition{
		infoCondition(types.routes, s.knative.routes),
		infoCondition(types.configuration, s.knative.configuration),
	}
}

// predictorConditions repeat EngineReady under its deprecated name.
func predictorConditions(list []v1beta1.Condition) []v1beta1.Condition {
	engine := findCondition(list, v1beta1.EngineReady)
	if engine == nil {
		return nil
	}
	predictor := *engine
	predictor.Type, predictor.Severity = v1beta1.PredictorReady, v1beta1.SeverityInfo
	return []v1beta1.Condition{predictor}
}

// serverlessSummaries summarize the serverless components of a service. OME looks at the engine
// only.
func serverlessSummaries(components []componentState) []v1beta1.Condition {
	var routes, configurations []summaryPart
	for i := range components {
		s := &components[i]
		if s.knative != nil {
			routes = append(routes, summaryPart{string(s.Type), s.knative.routes})
			configurations = append(configurations, summaryPart{string(s.Type), s.knative.configuration})
		}
	}
	if len(routes) == 0 {
		return nil
	}
	return []v1beta1.Condition{
		infoCondition(v1beta1.RoutesReady, summarize(routes)),
		infoCondition(v1beta1.LatestDeploymentReady, summarize(configurations)),
	}
}

// specHonoredConditions is the condition SpecHonored; nil without findings.
func specHonoredConditions(findings []finding.Finding) []v1beta1.Condition {
	if len(findings) == 0 {
		return nil
	}
	reason := findings[0].Reason
	messages := make([]string, len(findings))
	for i, f := range findings {
		messages[i] = f.Message
		if f.Reason != reason {
			reason = ReasonSeveralFindings
		}
	}
	return []v1beta1.Condition{infoCondition(v1beta1.SpecHonored, *notReadyBecause(reason, strings.Join(messages, "; ")))}
}
