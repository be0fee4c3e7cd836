package modes

import (
	"maps"

	"knative.dev/pkg/kmap"

	"github.com/isvc-io/isvc/api/finding"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/inject"
)

// podTemplate is the template of one of the component's pods: the pod, which
// becomes part of the template, what annotations ask to be injected into it, and
// its metadata. The labels and annotations are copied. The template has no name
// and no namespace: workloads give their pods both.
//
// Injection is what OME does to each pod in an admission webhook. Done in the
// template, the workload says what runs, and no webhook is needed.
func podTemplate(env *Env, c *Component, pod *corev1.PodSpec, labels, annotations map[string]string) (corev1.PodTemplateSpec, []finding.Finding, *finding.Finding) {
	template := corev1.PodTemplateSpec{Spec: *pod}
	template.Labels = legalLabels(kmap.Union(labels, map[string]string{v1beta1.LabelServingInferenceService: c.Service}))
	template.Annotations = maps.Clone(annotations)
	if ownsServiceAccount(c) {
		template.Spec.ServiceAccountName = c.Name
	}
	findings, problem := inject.Pod(&template, inject.Input{
		Subject:   string(c.Type) + " of InferenceService " + c.Namespace + "/" + c.Service,
		Config:    env.Config,
		Weight:    c.Injection.Weight,
		Runners:   []string{c.Runner, c.WorkerRunner},
		WithModel: c.Type != v1beta1.RouterComponent,
	})
	return template, findings, problem
}
