package status

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// withTransitionTimes sorts conditions by type and gives each the time at which its status last
// changed. OME moves the time with every change of reason or message.
func withTransitionTimes(list, previous []v1beta1.Condition, now metav1.Time) []v1beta1.Condition {
	slices.SortFunc(list, func(a, b v1beta1.Condition) int { return strings.Compare(string(a.Type), string(b.Type)) })
	for i := range list {
		list[i].LastTransitionTime = now
		was := findCondition(previous, list[i].Type)
		if was != nil && was.Status == list[i].Status && !was.LastTransitionTime.IsZero() {
			list[i].LastTransitionTime = was.LastTransitionTime
		}
	}
	return list
}

// maxTransitions is how many transitions a status remembers.
const maxTransitions = 10

// withNewTransitions appends the changes between two lists of conditions, which are sorted, to those that
// are known, and forgets the oldest. While no condition changes, the list stays as it is. Without a time
// nothing is appended.
func withNewTransitions(
	known []v1beta1.ConditionTransition, before, after []v1beta1.Condition, now metav1.Time,
) []v1beta1.ConditionTransition {
	var list []v1beta1.ConditionTransition
	for _, t := range known {
		if !t.Time.IsZero() {
			t.Message = truncateBytes(t.Message, transitionMessageLimit)
			list = append(list, t)
		}
	}
	if !now.IsZero() {
		list = append(list, transitionsBetween(before, after, now)...)
	}
	return list[max(0, len(list)-maxTransitions):]
}

// transitionsBetween are the changes that people look for later. A part that changes together with Ready
// for the same reason is left out: Ready names it.
func transitionsBetween(before, after []v1beta1.Condition, now metav1.Time) []v1beta1.ConditionTransition {
	var changes []v1beta1.ConditionTransition
	ready := changeOf(v1beta1.Ready, before, after)
	for _, kind := range rememberedConditions() {
		change := changeOf(kind, before, after)
		isRepeated := change != nil && ready != nil && kind != v1beta1.Ready && change.Status == ready.Status && isPartOfReady(kind) &&
			(change.Reason == ready.Reason || change.Status == corev1.ConditionTrue || kind == v1beta1.Serving)
		if change == nil || isRepeated {
			continue
		}
		changes = append(changes, v1beta1.ConditionTransition{
			Time: now, Type: kind, Status: change.Status, Reason: change.Reason,
			Message: truncateBytes(change.Message, transitionMessageLimit),
		})
	}
	return changes
}

// rememberedConditions are the conditions whose changes are remembered, in the order in which changes of one
// moment are listed.
func rememberedConditions() []v1beta1.ConditionType {
	return []v1beta1.ConditionType{
		v1beta1.Ready, v1beta1.Serving, v1beta1.EngineReady, v1beta1.DecoderReady, v1beta1.RouterReady, v1beta1.IngressReady,
		v1beta1.CanaryReady, v1beta1.UpdateAvailable,
	}
}

// isPartOfReady reports whether a condition changes together with Ready as a rule.
func isPartOfReady(kind v1beta1.ConditionType) bool {
	return kind != v1beta1.CanaryReady && kind != v1beta1.UpdateAvailable
}

// changeOf is what a condition changed to: to another status, or in Ready, CanaryReady and UpdateAvailable
// also to another reason; an empty status where one of the last two went away. Nil without a change. That a
// part of Ready appears is no change.
func changeOf(kind v1beta1.ConditionType, before, after []v1beta1.Condition) *v1beta1.Condition {
	was, is := findCondition(before, kind), findCondition(after, kind)
	isOptional := !isPartOfReady(kind)
	switch {
	case was == nil && is == nil:
		return nil
	case is == nil && isOptional:
		return &v1beta1.Condition{Type: kind}
	case is == nil, was == nil && kind != v1beta1.Ready && !isOptional:
		return nil
	case was == nil, was.Status != is.Status, (kind == v1beta1.Ready || isOptional) && was.Reason != is.Reason:
		return is
	}
	return nil
}

// storableTime returns a time as the API server stores it: UTC, in whole seconds. Zero stays zero.
func storableTime(t metav1.Time) metav1.Time {
	if t.IsZero() {
		return metav1.Time{}
	}
	return metav1.NewTime(t.UTC()).Rfc3339Copy()
}

// findCondition returns the condition of a type in a list, or nil.
func findCondition(list []v1beta1.Condition, conditionType v1beta1.ConditionType) *v1beta1.Condition {
	for i := range list {
		if list[i].Type == conditionType {
			return &list[i]
		}
	}
	return nil
}

// conditionIsTrue reports whether a list has a condition of the type that is True.
func conditionIsTrue(list []v1beta1.Condition, conditionType v1beta1.ConditionType) bool {
	c := findCondition(list, conditionType)
	return c != nil && c.Status == corev1.ConditionTrue
}
