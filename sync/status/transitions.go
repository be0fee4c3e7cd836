package status

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// finished sorts conditions by type and gives each the time at which its status
// last changed. OME moves the time with every change of reason or message.
func (p *pass) finished(list []v1beta1.Condition) []v1beta1.Condition {
	slices.SortFunc(list, func(a, b v1beta1.Condition) int { return strings.Compare(string(a.Type), string(b.Type)) })
	for i := range list {
		list[i].LastTransitionTime = p.transition(&list[i])
	}
	return list
}

// transition is when a condition last changed its status.
func (p *pass) transition(c *v1beta1.Condition) metav1.Time {
	was := previousCondition(p.in.Parent.Status.Conditions, c.Type)
	if was != nil && was.Status == c.Status && !was.LastTransitionTime.IsZero() {
		return was.LastTransitionTime
	}
	return p.now()
}

// now is the time of the call as it can be stored: UTC, in whole seconds.
func (p *pass) now() metav1.Time {
	if p.in.Now.IsZero() {
		return metav1.Time{}
	}
	return metav1.NewTime(p.in.Now.UTC()).Rfc3339Copy()
}

// previousCondition is the condition of a type in a list; nil without one.
func previousCondition(list []v1beta1.Condition, kind v1beta1.ConditionType) *v1beta1.Condition {
	for i := range list {
		if list[i].Type == kind {
			return &list[i]
		}
	}
	return nil
}
