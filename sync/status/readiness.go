package status

import corev1 "k8s.io/api/core/v1"

// readiness says whether something is ready, and why: a condition without its type.
type readiness struct {
	status  corev1.ConditionStatus
	reason  string
	message string
}

func readyBecause(reason, message string) *readiness {
	return &readiness{corev1.ConditionTrue, reason, message}
}

func notReadyBecause(reason, message string) *readiness {
	return &readiness{corev1.ConditionFalse, reason, message}
}

func unknownBecause(reason, message string) *readiness {
	return &readiness{corev1.ConditionUnknown, reason, message}
}

func (r readiness) isTrue() bool { return r.status == corev1.ConditionTrue }

// rule looks at a subject and either decides about it or returns nil.
type rule[Subject, Decision any] func(Subject) *Decision

// firstDecision returns the decision of the first rule that decides, or otherwise.
func firstDecision[Subject, Decision any](subject Subject, rules []rule[Subject, Decision], otherwise *Decision) Decision {
	for _, rule := range rules {
		if decision := rule(subject); decision != nil {
			return *decision
		}
	}
	return *otherwise
}

// decisiveIndex returns the index of the readiness that decides for a whole list: the first that is
// False, else the first that is not True, else -1.
func decisiveIndex(list []readiness) int {
	firstNotTrue := -1
	for i, r := range list {
		switch {
		case r.status == corev1.ConditionFalse:
			return i
		case !r.isTrue() && firstNotTrue < 0:
			firstNotTrue = i
		}
	}
	return firstNotTrue
}
