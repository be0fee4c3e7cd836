package compose

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// podNodeSelector returns the node selector of a pod. Per key the service's component wins over the
// accelerator class, which wins over the old-style runtime, which wins over the merged template,
// which wins over the labels of nodes that hold the models. A router keeps its template's.
func podNodeSelector(s *sources, draft podDraft, modelLabels []string, fromTemplate map[string]string) map[string]string {
	if !s.servesModel() {
		return fromTemplate
	}
	selector := fromTemplate
	for _, label := range modelLabels {
		if _, present := selector[label]; present {
			continue
		}
		selector = labels.Merge(selector, map[string]string{label: v1beta1.NodeModelReady})
		s.record.AddEntry(trace.Entry{
			Subject: s.traceSubject("nodeSelector/" + label), Verdict: trace.Set,
			Reason: "ModelOnNode", Message: "the pod waits for a node that holds the model",
		})
	}
	for _, over := range nodeSelectorsOverTemplate(s, draft) {
		if len(over) > 0 {
			selector = labels.Merge(selector, over)
		}
	}
	return selector
}

// nodeSelectorsOverTemplate are the node selectors that win over the template's; later ones win.
func nodeSelectorsOverTemplate(s *sources, draft podDraft) []map[string]string {
	var over []map[string]string
	if s.runtime != nil {
		over = append(over, s.runtime.Spec.NodeSelector)
	}
	if s.accelerator != nil {
		over = append(over, s.accelerator.Class.Spec.Discovery.NodeSelector)
	}
	return append(over, draft.serviceNodeSelector)
}

// podAffinity returns the affinity of a pod with what the accelerator class needs: a node must
// satisfy both, and pods stay together or apart for both.
func podAffinity(s *sources, given *corev1.Affinity) *corev1.Affinity {
	if s.accelerator == nil || s.accelerator.Class.Spec.Discovery.Affinity == nil {
		return given
	}
	s.record.AddEntry(trace.Entry{
		Subject: s.traceSubject("affinity"), Verdict: trace.Set,
		Reason: "AcceleratorClass", Message: "the affinity of " + s.className() + " is added",
	})
	return addAffinity(given, s.accelerator.Class.Spec.Discovery.Affinity.DeepCopy())
}

// recordClassNodes records on which nodes the accelerator class puts a pod, and what of it the
// service overrides.
func recordClassNodes(s *sources, selector map[string]string) {
	if s.accelerator == nil || !s.record.IsExplaining() {
		return
	}
	ofClass := s.accelerator.Class.Spec.Discovery.NodeSelector
	for _, key := range slices.Sorted(maps.Keys(ofClass)) {
		entry := trace.Entry{
			Subject: s.traceSubject("nodeSelector/" + key), Verdict: trace.Set, Reason: "AcceleratorClass",
			Message: fmt.Sprintf("%s, of %s", ofClass[key], s.className()),
		}
		if selector[key] != ofClass[key] {
			entry.Verdict, entry.Reason = trace.Overridden, "ServiceOverridesClass"
			entry.Message = fmt.Sprintf("%s of the service replaces %s of %s", selector[key], ofClass[key], s.className())
		}
		s.record.AddEntry(entry)
	}
}
