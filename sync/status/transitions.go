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
