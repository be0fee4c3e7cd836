package lint

import (
	"slices"

	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/inject"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/compose"
	"github.com/isvc-io/isvc/sync/ignored"
	"github.com/isvc-io/isvc/sync/resolve"
	"github.com/isvc-io/isvc/sync/status"
)

// findingRules are about what the status of a service says too, a rule for each kind of it. Every reason
// of the condition SpecHonored belongs to one of them.
func findingRules() []Rule {
	var rules []Rule
	for _, r := range reasonRules() {
		r.check = findingsWith(r.reasons...)
		if r.Name == RuleMetadata {
			r.check = metadataPending
		}
		rules = append(rules, r.Rule)
	}
	return rules
}

// RuleOfReason is the name of the rule to which findings of services with a reason belong.
func RuleOfReason(reason string) string {
	for _, r := range reasonRules() {
		if slices.Contains(r.reasons, reason) {
			return r.Name
		}
	}
	if reason == modes.ReasonScaleToZeroUnavailable { // one of several things that its rule finds
		return RuleZeroWithoutScaler
	}
	return RuleOfInput
}

// reasonRule is a rule for findings with some reasons.
type reasonRule struct {
	Rule
	reasons []string
}

func reasonRules() []reasonRule {
	return []reasonRule{
		{Rule{
			ID: "ISVC024", Name: "FieldIgnored", Severity: Warning,
			Title: "A field of the service has no effect.",
			Why:   "The service does not behave as it is written.",
			Fix:   "Remove the field, or choose a mode, an autoscaler or a route that uses it.",
		}, []string{modes.ReasonFieldIgnored, modes.ReasonMetricIgnored, modes.ReasonTargetIgnored,
			modes.ReasonBudgetIgnored, inject.ReasonSkipped, sync.ReasonRevisionIgnored}},
		{Rule{
			ID: "ISVC025", Name: "UnknownField", Severity: Error,
			Title: "An object has a field that its kind does not have, or a field twice.",
			Why:   "A field that is misspelt has no effect, and kubectl refuses the object unless it is told not to validate.",
			Fix:   "Correct or remove the field.",
		}, []string{sync.ReasonUnknownField}},
		{Rule{
			ID: "ISVC029", Name: "AnnotationIgnored", Severity: Warning,
			Title: "An annotation or label has no effect: it is misspelt, has a wrong value, or is on the wrong object.",
			Why:   "Annotations are not checked by Kubernetes: a wrong one is accepted, and what it asks for does not happen.",
			Fix:   "Correct, move or remove it, as the message says.",
		}, []string{ignored.ReasonAnnotationIgnored, sync.ReasonInvalidRollout}},
		{Rule{
			ID: "ISVC030", Name: "RuntimeFieldIgnored", Severity: Warning,
			Title: "A field of the runtime has no effect on the service.",
			Why:   "The author of the runtime expects something that does not happen in the services that use it.",
			Fix:   "Correct the runtime, as the message says.",
		}, []string{ignored.ReasonRuntimeFieldIgnored, compose.ReasonOverrideIgnored}},
		{Rule{
			ID: "ISVC031", Name: "AcceleratorDoubtful", Severity: Warning,
			Title: "What is said about accelerators cannot be followed as it is written.",
			Why:   "The service runs on other accelerators than its author expects, or without them.",
			Fix:   "Name one class or one resource, as the message says.",
		}, []string{resolve.AcceleratorClassUnusable, resolve.AcceleratorPolicyUnknown, resolve.NoAcceleratorClass,
			compose.ReasonAcceleratorReplaced, compose.ReasonAcceleratorsNotCounted}},
		{Rule{
			ID: "ISVC032", Name: "ValueAdjusted", Severity: Info,
			Title: "A value was replaced by one that can be used.",
			Why:   "The manifest says something else than what runs.",
			Fix:   "Write the value that is used, or the one that was meant.",
		}, []string{compose.ReasonReplicasAdjusted, compose.ReasonRolloutAdjusted, compose.ReasonRequestAdjusted, modes.ReasonThresholdRounded, compose.ReasonPortIgnored, compose.ReasonOMENativeReplaced}},
		{Rule{
			ID: "ISVC033", Name: "ReferenceDoubtful", Severity: Warning,
			Title: "A model, a weight or a runtime is used although it does not say enough, or is not meant for this.",
			Why:   "What serves may be something else than what is expected.",
			Fix:   "Complete or correct the object that the message names.",
		}, []string{resolve.ModelSizeUnreadable, resolve.FineTunedWeightDisabled, resolve.FineTunedWeightForOtherModel,
			resolve.FineTunedWeightStrategyMissing, resolve.ReferenceKindUnknown, resolve.RuntimeMismatch, resolve.OverlaySkipped,
			resolve.RuntimeProfileUnlabelled}},
		{Rule{
			ID: "ISVC034", Name: "KnativeNotPrepared", Severity: Warning,
			Title: "Knative lacks what the service needs.",
			Why:   "No revision becomes ready.",
			Fix:   "Switch on the features or install the parts that the message names, or choose another mode.",
		}, []string{modes.ReasonKnativeFeatureNeeded, modes.ReasonKnativeAutoscalerNeeded}},
		{Rule{
			ID: "ISVC035", Name: "ClusterNotPrepared", Severity: Warning,
			Title: "The cluster lacks something that the service needs, or something else has it.",
			Why:   "A part of the service is missing, or another service answers in its place.",
			Fix:   "Install or configure what the message names.",
		}, []string{modes.ReasonKindNotInstalled, modes.ReasonProberNotConfigured, modes.ReasonInvalidIngressConfig, modes.ReasonHostTaken,
			compose.ReasonVolumeElsewhere}},
		{Rule{
			ID: "ISVC036", Name: "PlaceholderEmpty", Severity: Warning,
			Title: "A container has a placeholder for a label or annotation that the service does not have.",
			Why:   "The container gets an empty text in its place.",
			Fix:   "Add the label or annotation to the service, or remove the placeholder.",
		}, []string{compose.ReasonPlaceholderEmpty}},
		{Rule{
			ID: "ISVC037", Name: "ChangePending", Severity: Info,
			Title: "A change has not arrived, or does not arrive; found only where the input has the objects of the service.",
			Why:   "What runs is not yet what is written.",
			Fix:   "See the message.",
		}, []string{sync.ReasonModeChanging, sync.ReasonEntryChanging, sync.ReasonPodsOnAnotherPort, sync.ReasonImmutableFieldKept, status.ReasonAutoscalerFails, sync.ReasonUnsafeToApply,
			status.ReasonNameTaken}},
		{Rule{
			ID: "ISVC049", Name: "MetricsNotServed", Severity: Warning,
			Title: "KEDA asks for metrics that the program of the component does not serve, or is not known to serve.",
			Why:   "KEDA has no value, and the component does not scale.",
			Fix:   "Start the server with its metrics, such as --enable-metrics of SGLang, or give KEDA a query that is answered.",
		}, []string{modes.ReasonMetricsNotServed, modes.ReasonMetricsUnknown}},
		{Rule{
			ID: "ISVC067", Name: "MetricsNotScraped", Severity: Warning,
			Title: "KEDA asks Prometheus about pods, and neither a PodMonitor nor an annotation makes Prometheus scrape them.",
			Why:   "KEDA has no value, and the component does not scale.",
			Fix:   "Let isvc make PodMonitors, or set podMonitors to false in the section kedaConfig of the configuration where something else scrapes the pods.",
		}, []string{modes.ReasonMetricsNotScraped}},
		{Rule{
			ID: "ISVC068", Name: "NothingWakesFromZero", Severity: Warning,
			Title: "KEDA may take the last replica, and does not bring one back when requests come, or does so for one of prefill and decode alone.",
			Why:   "Requests fail until somebody scales by hand.",
			Fix:   "Add a trigger that has a value without pods, the same for prefill and decode, or set minReplicas to 1.",
		}, []string{modes.ReasonNothingWakes, sync.ReasonRolesAtZeroApart}},
		{Rule{
			ID: "ISVC060", Name: "KnativeRefuses", Severity: Error,
			Title: "Knative does not take the Knative Service, whatever features are on.",
			Why:   "No revision is made, and the service stays without a workload.",
			Fix:   "Remove or change what the message names, or choose another mode.",
		}, []string{modes.ReasonKnativeRefuses}},
		{Rule{
			ID: "ISVC066", Name: "MetadataPending", Severity: Info,
			Title: "A model does not say its format, so that no runtime can be chosen for it, or compared with it. A model agent fills it in when it has read the model.",
			Why:   "Without a cluster it cannot be told whether the service will be served, and by what.",
			Fix:   "Write the format into the model, name a runtime in the service, or give what an agent has read with --metadata, as isvc dump --metadata prints it.",
		}, []string{resolve.ModelMetadataMissing}},
	}
}

// findingsWith reports the findings of an answer that have one of the reasons.
func findingsWith(reasons ...string) func(*subject, report) {
	return func(s *subject, found report) {
		for _, f := range s.response.Findings {
			if slices.Contains(reasons, f.Reason) {
				found(s.serviceObject(), "", "%s: %s", f.Reason, f.Message)
			}
		}
	}
}
