package modes

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	"knative.dev/pkg/kmap"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/inject"
)

// makePodTemplate is the template of one of the component's pods: the pod, what annotations ask to
// be injected into it, and its metadata. The pod becomes part of the template; the labels and
// annotations are copied. The template has no name and no namespace, because workloads give their
// pods both.
//
// OME injects into each pod in an admission webhook. Injected into the template, the workload says
// what runs, and no webhook is needed.
func makePodTemplate(
	env *Env, c *Component, pod *corev1.PodSpec, labels, annotations map[string]string,
) (corev1.PodTemplateSpec, []finding.Finding, *finding.Finding) {
	template := corev1.PodTemplateSpec{Spec: *pod}
	template.Labels = withLegalValues(kmap.Union(labels, map[string]string{v1beta1.LabelServingInferenceService: c.Service}))
	template.Annotations = maps.Clone(annotations)
	if hasOwnServiceAccount(c) {
		template.Spec.ServiceAccountName = c.Name
	}
	findings, problem := inject.IntoPodTemplate(&template, inject.Input{
		Subject:   c.inWords(),
		Config:    env.Config,
		Weight:    c.Injection.Weight,
		Runners:   []string{c.Runner, c.WorkerRunner},
		WithModel: c.Type != v1beta1.RouterComponent,
	})
	return template, findings, problem
}
