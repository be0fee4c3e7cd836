package status

import (
	"fmt"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/observed"
)

// The conditions of a ScaledObject that the rules read, and the reason with which KEDA says that some of
// its triggers fail.
const (
	kedaReady               = "Ready"
	kedaActive              = "Active"
	kedaFallback            = "Fallback"
	kedaPaused              = "Paused"
	kedaPartialTriggerError = "PartialTriggerError"
)

// Autoscaler is what an autoscaler says about itself.
type Autoscaler struct {
	// State is a reason and a message that says what the autoscaler sees, in the words of its controller.
	State finding.Finding
	// Scales is false where it does not change the number of replicas, whatever happens.
	Scales bool
	// IsActive is true for a ScaledObject one of whose triggers has more than nothing.
	IsActive bool
}

// ReadAutoscaler reads the state of an autoscaler. It returns false for one that does not exist, or of which
// its controller has said nothing yet. The kinds are HorizontalPodAutoscaler and ScaledObject; KEDA does not
// say that a ScaledObject is at its maximum, see AtMaximumOfKEDA.
func ReadAutoscaler(kind kinds.Kind, autoscaler observed.Object) (Autoscaler, bool) {
	o := readObject(autoscaler)
	if o == nil {
		return Autoscaler{}, false
	}
	var status struct {
		Conditions []observedCondition `json:"conditions"`
	}
	decodeLenient(o.rawStatus, &status)
	rules := map[kinds.Kind][]autoscalerRule{
		kinds.HorizontalPodAutoscaler: {
			{isProblemOfHPA, ReasonAutoscalerFails, false},
			{isDisabledHPA, ReasonAutoscalerPaused, false},
			{isAtMaximum, ReasonAtMaxReplicas, true},
			{isActiveHPA, ReasonAutoscalersScale, true},
		},
		kinds.ScaledObject: {
			{isPausedByKEDA, ReasonAutoscalerPaused, false}, // what fails meanwhile does not matter
			{isProblemOfScaledObject, ReasonAutoscalerFails, false},
			{isReadyForKEDA, ReasonAutoscalersScale, true},
		},
	}[kind]
	for _, rule := range rules {
		for _, c := range status.Conditions {
			if rule.applies(c) {
				return Autoscaler{
					State:    finding.Finding{Reason: rule.reason, Message: sanitizeMessage(c.Reason + ": " + c.Message)},
					Scales:   rule.scales,
					IsActive: kind == kinds.ScaledObject && slices.ContainsFunc(status.Conditions, isActiveForKEDA),
				}, true
			}
		}
	}
	return Autoscaler{}, false
}

// AtMaximumOfKEDA is the state of a ScaledObject whose workload has as many replicas as it may have. Whether
// it would have more, KEDA does not say: while a trigger is active and replicas stay at the maximum, they
// are all needed. One that does not scale, is not active or has other replicas is returned as it is.
func (a Autoscaler) AtMaximumOfKEDA(replicas, maximum int32) Autoscaler {
	if !a.Scales || !a.IsActive || replicas < maximum {
		return a
	}
	a.State = finding.Finding{Reason: ReasonAtMaxReplicas, Message: fmt.Sprintf(
		"there are %d replicas, and maxReplicas allows no more", replicas)}
	return a
}

// autoscalerRule is what a condition of an autoscaler means.
type autoscalerRule struct {
	applies func(observedCondition) bool
	reason  string
	scales  bool
}

// autoscalerReadyConditions is the condition AutoscalerReady; nil where no autoscaler says anything. Those that
// do not scale count first, then those at their maximum.
func autoscalerReadyConditions(all []Autoscaler) []v1beta1.Condition {
	var stuck, limited, others []finding.Finding
	for _, a := range all {
		switch {
		case !a.Scales:
			stuck = append(stuck, a.State)
		case a.State.Reason == ReasonAtMaxReplicas:
			limited = append(limited, a.State)
		default:
			others = append(others, a.State)
		}
	}
	switch {
	case len(stuck) > 0:
		reason, message := joinFindings(stuck, ReasonSeveralAutoscalers)
		return []v1beta1.Condition{infoCondition(v1beta1.AutoscalerReady, *notReadyBecause(reason, message))}
	case len(limited) > 0:
		reason, message := joinFindings(limited, ReasonSeveralAutoscalers)
		return []v1beta1.Condition{infoCondition(v1beta1.AutoscalerReady, *readyBecause(reason, message))}
	case len(others) > 0:
		return []v1beta1.Condition{infoCondition(v1beta1.AutoscalerReady, *readyBecause(ReasonAutoscalersScale, ""))}
	}
	return nil
}

// isProblemOfHPA leaves out that scaling is disabled: somebody scaled to zero.
func isProblemOfHPA(c observedCondition) bool {
	switch autoscalingv2.HorizontalPodAutoscalerConditionType(c.Type) {
	case autoscalingv2.ScalingActive:
		return c.isFalse() && c.Reason != "ScalingDisabled"
	case autoscalingv2.AbleToScale:
		return c.isFalse()
	}
	return false
}

// isProblemOfScaledObject also decides about one that scales by its fallback, or by some of its triggers.
func isProblemOfScaledObject(c observedCondition) bool {
	switch c.Type {
	case kedaReady:
		return c.isFalse() || c.Reason == kedaPartialTriggerError
	case kedaFallback:
		return c.isTrue()
	}
	return false
}

// isDisabledHPA is one whose workload was scaled to zero by somebody.
func isDisabledHPA(c observedCondition) bool {
	return c.Type == string(autoscalingv2.ScalingActive) && c.isFalse() && c.Reason == "ScalingDisabled"
}

func isActiveHPA(c observedCondition) bool {
	return c.Type == string(autoscalingv2.ScalingActive) && c.isTrue()
}

// isAtMaximum is one that would have more replicas than it may.
func isAtMaximum(c observedCondition) bool {
	return c.Type == string(autoscalingv2.ScalingLimited) && c.isTrue() && c.Reason == "TooManyReplicas"
}

func isPausedByKEDA(c observedCondition) bool { return c.Type == kedaPaused && c.isTrue() }

func isActiveForKEDA(c observedCondition) bool { return c.Type == kedaActive && c.isTrue() }

func isReadyForKEDA(c observedCondition) bool { return c.Type == kedaReady && c.isTrue() }
