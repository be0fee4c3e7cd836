package compose

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// fillInSelectors gives the selector of the component's pods to what spreads pods or keeps them
// apart and has no selector: without one it speaks of no pods. A term about other namespaces is left
// alone. The selectors are those of a runtime, which cannot know the service.
func fillInSelectors(s *sources, pod *corev1.PodSpec) {
	filled := false
	own := func(selector *metav1.LabelSelector) *metav1.LabelSelector {
		if selector != nil {
			return selector
		}
		filled = true
		return &metav1.LabelSelector{MatchLabels: map[string]string{
			v1beta1.LabelInferenceService: names.LabelValue(s.service.Name),
			v1beta1.LabelComponent:        string(s.component),
		}}
	}
	for i := range pod.TopologySpreadConstraints {
		constraint := &pod.TopologySpreadConstraints[i]
		constraint.LabelSelector = own(constraint.LabelSelector)
	}
	for _, term := range podTermsOf(pod.Affinity) {
		if len(term.Namespaces) == 0 && term.NamespaceSelector == nil {
			term.LabelSelector = own(term.LabelSelector)
		}
	}
	if filled {
		s.record.AddEntry(trace.Entry{
			Subject: s.traceSubject("placement"), Verdict: trace.Set, Reason: "OwnPods",
			Message: "what spreads pods or keeps them apart without a selector is about the pods of the " + string(s.component),
		})
	}
}

// podTermsOf lists the terms of an affinity that speak of pods; they are part of it.
func podTermsOf(affinity *corev1.Affinity) []*corev1.PodAffinityTerm {
	if affinity == nil {
		return nil
	}
	var terms []*corev1.PodAffinityTerm
	add := func(required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm) {
		for i := range required {
			terms = append(terms, &required[i])
		}
		for i := range preferred {
			terms = append(terms, &preferred[i].PodAffinityTerm)
		}
	}
	if together := affinity.PodAffinity; together != nil {
		add(together.RequiredDuringSchedulingIgnoredDuringExecution, together.PreferredDuringSchedulingIgnoredDuringExecution)
	}
	if apart := affinity.PodAntiAffinity; apart != nil {
		add(apart.RequiredDuringSchedulingIgnoredDuringExecution, apart.PreferredDuringSchedulingIgnoredDuringExecution)
	}
	return terms
}
