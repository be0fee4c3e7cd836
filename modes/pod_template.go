package modes

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	"knative.dev/pkg/kmap"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/inject"
	"github.com/isvc-io/isvc/modes/podspec"
)

// makePodTemplate is the template of one of the component's pods: the pod, what annotations ask to
// be injected into it, its metadata, and the defaults and the order of variables that hold in every
// mode. The pod becomes part of the template; the labels and annotations are copied. The template
// has no name and no namespace, because workloads give their pods both.
//
// OME injects into each pod in an admission webhook. Injected into the template, the workload says
// what runs, and no webhook is needed.
func makePodTemplate(
	env *Env, c *Component, pod *corev1.PodSpec, labels, annotations map[string]string,
) (corev1.PodTemplateSpec, []finding.Finding, *finding.Finding) {
	template := corev1.PodTemplateSpec{Spec: *pod}
	template.Labels = withLegalValues(kmap.Union(labels, map[string]string{v1beta1.LabelServingInferenceService: c.Service}))
	template.Annotations = maps.Clone(annotations)
	applyNetworkDefaults(&template.Spec)
	if hasOwnServiceAccount(c) {
		template.Spec.ServiceAccountName = c.Name
	}
	findings, problem := inject.IntoPodTemplate(&template, injectionInput(env.Config, c))
	addPairRevision(&template, c)
	addOMEVariables(&template.Spec, omeVariables(c))
	podspec.OrderVariables(&template.Spec)
	return template, findings, problem
}

func injectionInput(conf *config.Config, c *Component) inject.Input {
	return inject.Input{
		Subject:   c.inWords(),
		Config:    conf,
		Weight:    c.Injection.Weight,
		Runners:   []string{c.Runner, c.WorkerRunner},
		WithModel: c.Type != v1beta1.RouterComponent,

		ModelIsReadOnly: c.Mode == v1beta1.Serverless,
	}
}

// RDMAProfile: which settings of an RDMA network a pod gets, and why. Seen in isvc explain.
const RDMAProfile = "RDMAProfile"

// RecordInjection records what decides about the settings of an RDMA network in the pods of a component.
func RecordInjection(conf *config.Config, c *Component, record *trace.Recorder) {
	if !record.IsExplaining() {
		return
	}
	for _, pod := range []struct {
		name string
		spec *corev1.PodSpec
	}{{string(c.Type), &c.Pod}, {string(c.Type) + "/worker", c.Worker}} {
		if pod.spec == nil {
			continue
		}
		if text := inject.DescribeRDMA(c.PodAnnotations, pod.spec, injectionInput(conf, c)); text != "" {
			record.AddEntry(trace.Entry{Subject: pod.name + "/rdma", Verdict: trace.Set, Reason: RDMAProfile, Message: text})
		}
	}
}

// InjectedSections are the sections of the configuration from which containers are injected into the
// pods of a component.
func InjectedSections(c *Component) []string {
	var sections []string
	if c.Type == v1beta1.RouterComponent {
		return nil
	}
	if c.Annotations[v1beta1.AnnotationInjectModelInit] == "true" {
		sections = append(sections, config.SectionModelInit)
	}
	if c.Annotations[v1beta1.AnnotationInjectFineTunedAdapter] != "" {
		sections = append(sections, config.SectionFineTunedAdapter)
	}
	if c.Annotations[v1beta1.AnnotationInjectServingSidecar] == "true" {
		sections = append(sections, config.SectionServingSidecar)
	}
	return sections
}
