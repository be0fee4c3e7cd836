package status

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

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
	ready := summarize(parts)
	list = append(list, gatingCondition(v1beta1.Ready, ready))
	list = append(list, servingConditions(in, components, ready.isTrue())...)
	if defaulting.UsesPredictor(in.Parent) {
		list = append(list, predictorConditions(list)...)
	}
	if in.ServiceMode == v1beta1.Serverless {
		list = append(list, serverlessSummaries(components)...)
	}
	list = append(list, canaryConditions(components)...)
	list = append(list, autoscalerReadyConditions(in.Autoscalers)...)
	list = append(list, overlaysReadyConditions(in.Overlays)...)
	list = append(list, updateAvailableConditions(in.Held)...)
	return append(list, specHonoredConditions(in.Findings)...)
}

// virtualDeploymentConditions are the conditions of a service that other software serves.
func virtualDeploymentConditions(findings []finding.Finding) []v1beta1.Condition {
	ready := gatingCondition(v1beta1.Ready, *readyBecause(ReasonVirtualDeployment, messageVirtualDeployment))
	serving := infoCondition(v1beta1.Serving, *readyBecause(ReasonVirtualDeployment, messageVirtualDeployment))
	return append([]v1beta1.Condition{ready, serving}, specHonoredConditions(findings)...)
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
// also says what the pods report. A workload that serves is not enough: it must have what this answer
// asks for, and requests must arrive.
func (s *componentState) readinessWithCause() readiness {
	switch ready := s.ready; {
	case s.Problem != nil:
		return *notReadyBecause(s.Problem.Reason, s.Problem.Message)
	case s.Updating != "" && ready.status != corev1.ConditionFalse:
		return *updateNotApplied(s.title)
	case !ready.isTrue() && s.exists:
		ready.message = joinMessages(ready.message, s.newestPodProblem())
		return ready
	case ready.isTrue() && !s.services.isTrue():
		return s.services
	case ready.isTrue() && !s.isUpdated:
		ready.message = joinMessages(ready.message, s.whatUpdateWaitsFor())
		return ready
	case ready.isTrue() && ready.reason == ReasonMinimumClustersAvailable:
		ready.message = joinMessages(ready.message, s.newestPodProblem())
		return ready
	}
	return s.ready
}

// whatUpdateWaitsFor says why the newest replica of an update that is under way does not serve; empty if
// none says so.
func (s *componentState) whatUpdateWaitsFor() string {
	if cause := s.newestPodProblem(); cause != "" {
		return "the update waits for " + cause
	}
	return ""
}

// newestPodProblem says why the newest replica that does not serve does not, and what to do about resources
// that an update needs; empty if none says so.
func (s *componentState) newestPodProblem() string {
	if problem, missing := firstPodProblem(s.replicas); problem != "" {
		return joinMessages(problem, s.howToGetRoom(missing))
	}
	if s.podMaker != "" && s.podsKnown && len(s.replicas) == 0 && !s.scaledToZero {
		return "no pod exists; if this stays, the events of " + s.podMaker + " say why, for example a quota"
	}
	return ""
}

// howToGetRoom says which resources an update of the component lacks and what to change; empty where nothing
// is missing, or where nothing is replaced.
func (s *componentState) howToGetRoom(missing []string) string {
	switch {
	case s.canary != nil && s.canary.Starts && s.canary.Name == "":
		return s.howToGetRoomForCanary(missing)
	case s.isUpdated && s.ready.reason != ReasonMinimumClustersAvailable:
		return ""
	case s.Mode == v1beta1.Serverless:
		return lackOfRoom(missing, "free some, because Knative always starts the new pods first")
	case s.startsNewFirst:
		return lackOfRoom(missing, fmt.Sprintf(
			"free some%[2]s, or set maxSurge 0 and maxUnavailable 1 in spec.%[1]s.deploymentStrategy, so that a replica goes before its successor starts (a single one does not serve meanwhile)",
			s.Type, s.whatCanaryHolds()))
	}
	return lackOfRoom(missing, "free some"+s.whatCanaryHolds())
}

// whatCanaryHolds says that the canary which is promoted keeps its pods until the update is done; empty without.
func (s *componentState) whatCanaryHolds() string {
	if s.canary == nil || !s.canary.IsPromoted {
		return ""
	}
	return " (the pods of " + s.canary.Name + " stay until the update is done)"
}

// howToGetRoomForCanary says which resources the canary of the component lacks and what to change.
func (s *componentState) howToGetRoomForCanary(missing []string) string {
	return lackOfRoom(missing, fmt.Sprintf("free some, or set spec.%s.canaryTrafficPercent to 0 to stop the canary", s.Type))
}

// lackOfRoom names resources of which no node has enough free, and what to do; empty where none is missing.
func lackOfRoom(missing []string, remedy string) string {
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("no node has enough free %s: %s", strings.Join(missing, " and "), remedy)
}

// firstPodProblem is why the first of some replicas that says so does not serve, and the resources that it
// waits for.
func firstPodProblem(replicas []replica) (problem string, missing []string) {
	for i := range replicas {
		switch r := &replicas[i]; {
		case r.failure != nil:
			return "pod " + r.failure.pod + ": " + r.failure.message, nil
		case r.waiting != "":
			return r.waiting, r.missing
		}
	}
	return "", nil
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
	reason, message := joinFindings(findings, ReasonSeveralFindings)
	return []v1beta1.Condition{infoCondition(v1beta1.SpecHonored, *notReadyBecause(reason, message))}
}

// overlaysReadyConditions is the condition OverlaysReady; nil for a service without overlays.
func overlaysReadyConditions(overlays *Overlays) []v1beta1.Condition {
	switch {
	case overlays == nil || len(overlays.Mounted)+len(overlays.Skipped) == 0:
		return nil
	case len(overlays.Skipped) > 0:
		message := "pods are without " + strings.Join(overlays.Skipped, ", ") + ": SpecHonored says why"
		return []v1beta1.Condition{infoCondition(v1beta1.OverlaysReady, *notReadyBecause(ReasonOverlaysSkipped, message))}
	}
	return []v1beta1.Condition{infoCondition(v1beta1.OverlaysReady, *readyBecause(ReasonAllOverlaysMounted, ""))}
}

// updateAvailableConditions is the condition UpdateAvailable; nil while pods take every change.
func updateAvailableConditions(held []finding.Finding) []v1beta1.Condition {
	if len(held) == 0 {
		return nil
	}
	reason, message := joinFindings(held, ReasonSeveralUpdatesHeld)
	return []v1beta1.Condition{infoCondition(v1beta1.UpdateAvailable, *readyBecause(reason, message))}
}

// joinFindings are the common reason of findings, or another one where they have none, and their
// messages.
func joinFindings(findings []finding.Finding, several string) (reason, message string) {
	reason = findings[0].Reason
	messages := make([]string, len(findings))
	for i, f := range findings {
		messages[i] = f.Message
		if f.Reason != reason {
			reason = several
		}
	}
	return reason, strings.Join(messages, "; ")
}
