package status

import corev1 "k8s.io/api/core/v1"

// verdict is what a rule says: the status of a condition and why.
type verdict struct {
	status  corev1.ConditionStatus
	reason  string
	message string
}

func yes(reason, message string) *verdict { return &verdict{corev1.ConditionTrue, reason, message} }
func no(reason, message string) *verdict  { return &verdict{corev1.ConditionFalse, reason, message} }
func unsure(reason, message string) *verdict {
	return &verdict{corev1.ConditionUnknown, reason, message}
}

func (v verdict) isTrue() bool { return v.status == corev1.ConditionTrue }

// rule looks at a subject and either decides or returns nil.
type rule[T any] func(T) *verdict

// firstOf returns the verdict of the first rule that decides. The last rule of
// a chain always does.
func firstOf[T any](subject T, rules []rule[T]) verdict {
	for _, rule := range rules {
		if v := rule(subject); v != nil {
			return *v
		}
	}
	return *unsure(ReasonInitializing, "")
}

// decisive returns the position of the verdict that decides for all of a list:
// the first False, else the first that is not True, else -1.
func decisive(verdicts []verdict) int {
	for i, v := range verdicts {
		if v.status == corev1.ConditionFalse {
			return i
		}
	}
	for i, v := range verdicts {
		if !v.isTrue() {
			return i
		}
	}
	return -1
}
