// Package inject adds to pod templates what annotations ask for: metrics annotations, the
// containers that fetch and decrypt models and weights, the settings of an RDMA network, and the profiles of
// OME v1.3 for shared memory, probes and metrics.
//
// OME changes every pod in an admission webhook. Here the template is changed once, with the same
// result. Injecting twice gives the same as injecting once, and what a container already says
// stays.
package inject

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/modes/podspec"
)

// The reasons of the problems and findings of injection. Seen in EngineReady, DecoderReady and
// RouterReady.
const (
	// ReasonConfigMissing: a section of the ConfigMap inferenceservice-config that the injection
	// needs is absent or cannot be used. Fix: add or correct the section that the message names, or
	// remove the annotation.
	ReasonConfigMissing = "InjectionConfigMissing"
	// ReasonInvalid: an annotation asks for something that does not exist or that the pod is not
	// made for. Fix: correct the annotation or the pod as the message says.
	ReasonInvalid = "InjectionInvalid"
	// ReasonSkipped: an annotation that has no effect on a pod, or that cannot give a container
	// privileges. Seen in SpecHonored. Fix: name a container of the pod in the annotation
	// rdma.ome.io/container-name, let the container gain privileges, or remove the annotation.
	ReasonSkipped = "InjectionSkipped"
)

// Input is what injection knows beside the template.
type Input struct {
	// Subject names the component in messages: "engine of InferenceService team-a/chat".
	Subject string
	// Config has the sections that name images and accounts.
	Config *config.Config
	// Weight is the fine-tuned weight of the service; nil without.
	Weight *v1beta1.FineTunedWeight
	// Runners are the names of the containers that may be the pod's main container where there is
	// no "ome-container".
	Runners []string
	// WithModel is true where the pod loads the model. A router does not, and is left without what
	// concerns models.
	WithModel bool
	// ModelIsReadOnly is true where the pod must mount the model's volume read-only, which Knative
	// demands of init containers.
	ModelIsReadOnly bool
}

// injector changes a template if the template's annotations ask for it.
type injector func(*corev1.PodTemplateSpec, Input) *finding.Finding

// IntoPodTemplate injects everything that the template's annotations ask for, in OME's order. The
// findings stop nothing. With a problem there are no findings, and the template must not be used.
func IntoPodTemplate(template *corev1.PodTemplateSpec, in Input) ([]finding.Finding, *finding.Finding) {
	injectMetricsAnnotations(template, in.Config.Metrics)
	if in.WithModel {
		for _, inject := range []injector{injectModelInit, injectFineTunedAdapter, injectServingSidecar} {
			if problem := inject(template, in); problem != nil {
				return nil, problem
			}
		}
	}
	findings, problem := injectRDMA(template, in)
	if problem != nil {
		return nil, problem
	}
	more, problem := injectProfiles(template, in)
	if problem != nil {
		return nil, problem
	}
	findings = append(findings, more...)
	putModelInitBeforeAdapter(&template.Spec)
	return findings, nil
}

// putModelInitBeforeAdapter moves model-init before the adapter, which unpacks its weights into the
// model.
func putModelInitBeforeAdapter(pod *corev1.PodSpec) {
	model := podspec.IndexOfContainer(pod.InitContainers, modelInitName)
	weight := podspec.IndexOfContainer(pod.InitContainers, adapterName)
	if model < 0 || weight < 0 || model < weight {
		return
	}
	late := pod.InitContainers[model]
	pod.InitContainers = slices.Insert(slices.Delete(pod.InitContainers, model, model+1), weight, late)
}

// mainContainerOf is the container that serves: "ome-container", else the runner; nil without
// either.
func mainContainerOf(pod *corev1.PodSpec, in Input) *corev1.Container {
	for _, name := range append([]string{names.MainContainer}, in.Runners...) {
		if container := podspec.ContainerNamed(pod.Containers, name); container != nil {
			return container
		}
	}
	return nil
}

// invalidAnnotation is the problem of an annotation that cannot be honoured.
func invalidAnnotation(in Input, annotation, format string, args ...any) *finding.Finding {
	return &finding.Finding{Reason: ReasonInvalid, Message: fmt.Sprintf(
		"annotation %s of the %s cannot be honoured: %s", annotation, in.Subject, fmt.Sprintf(format, args...))}
}
