package inject

import (
	"cmp"
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"knative.dev/pkg/kmap"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/modes/podspec"
)

// The profiles of pods that OME v1.3 has.
const (
	shmProfileDefault       = "default"
	probeProfileSGLang      = "sglang-http"
	probeProfileVLLM        = "vllm-http"
	observabilityPrometheus = "prometheus"
	defaultProfilePort      = "30000"
	healthPath              = "/health"
)

// injectProfiles adds to a pod what its profiles are short for: shared memory, probes over HTTP, and
// annotations by which Prometheus finds metrics. What the pod has already stays.
func injectProfiles(template *corev1.PodTemplateSpec, in Input) ([]finding.Finding, *finding.Finding) {
	a := template.Annotations
	if problem := addObservability(a, in); problem != nil {
		return nil, problem
	}
	shm, probes := a[v1beta1.AnnotationShmProfile], a[v1beta1.AnnotationProbeProfile]
	if shm == "" && probes == "" {
		return nil, nil
	}
	if shm != "" && shm != shmProfileDefault {
		return nil, unknownProfile(in, v1beta1.AnnotationShmProfile, shm, shmProfileDefault)
	}
	if probes != "" && probes != probeProfileSGLang && probes != probeProfileVLLM {
		return nil, unknownProfile(in, v1beta1.AnnotationProbeProfile, probes, probeProfileSGLang+" or "+probeProfileVLLM)
	}
	port, problem := portOfProfile(a, v1beta1.AnnotationProbePort, in)
	if problem != nil {
		return nil, problem
	}
	container := containerOfProfile(template, in)
	if container == nil {
		return []finding.Finding{{Subject: "injection/profiles", Reason: ReasonSkipped, Message: fmt.Sprintf(
			"annotations %s and %s have no effect on the %s: the pod has no container %q",
			v1beta1.AnnotationShmProfile, v1beta1.AnnotationProbeProfile, in.Subject, cmp.Or(a[v1beta1.AnnotationProfileContainerName], names.MainContainer))}}, nil
	}
	if shm != "" {
		mountVolumeIfAbsent(&template.Spec, container, podspec.VolumeInMemory(sharedMemoryVolume), sharedMemoryPath)
	}
	if probes != "" {
		addHTTPProbes(container, port)
	}
	return nil, nil
}

// AnnotationsWithoutServing are annotations of pods without the profiles that are for pods that take
// requests.
func AnnotationsWithoutServing(annotations map[string]string) map[string]string {
	return kmap.Filter(annotations, func(key string) bool {
		return key == v1beta1.AnnotationProbeProfile || key == v1beta1.AnnotationObservabilityProfile
	})
}

func unknownProfile(in Input, annotation, value, known string) *finding.Finding {
	return invalidAnnotation(in, annotation, "profile %q is unknown: write %s", value, known)
}

// portOfProfile is the port that an annotation names; 30000 without one.
func portOfProfile(annotations map[string]string, key string, in Input) (int32, *finding.Finding) {
	text := cmp.Or(annotations[key], defaultProfilePort)
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return 0, invalidAnnotation(in, key, "%q is no port: write a number from 1 to 65535", text)
	}
	return int32(port), nil
}

// containerOfProfile is the container that an annotation names, else the one that serves.
func containerOfProfile(template *corev1.PodTemplateSpec, in Input) *corev1.Container {
	if name := template.Annotations[v1beta1.AnnotationProfileContainerName]; name != "" {
		return podspec.ContainerNamed(template.Spec.Containers, name)
	}
	return mainContainerOf(&template.Spec, in)
}

// addHTTPProbes adds the probes that a container lacks. The times leave a large model half an hour to
// load.
func addHTTPProbes(container *corev1.Container, port int32) {
	probe := func(initialDelay, period, failures int32) *corev1.Probe {
		return &corev1.Probe{
			ProbeHandler:        corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: healthPath, Port: intstr.FromInt32(port)}},
			InitialDelaySeconds: initialDelay, PeriodSeconds: period, TimeoutSeconds: 30, FailureThreshold: failures, SuccessThreshold: 1,
		}
	}
	for _, missing := range []struct {
		at **corev1.Probe
		it *corev1.Probe
	}{
		{&container.ReadinessProbe, probe(60, 30, 5)},
		{&container.LivenessProbe, probe(0, 60, 5)},
		{&container.StartupProbe, probe(60, 30, 60)},
	} {
		if *missing.at == nil {
			*missing.at = missing.it
		}
	}
}

// addObservability adds the annotations by which Prometheus finds the metrics of a pod, where they are
// absent.
func addObservability(annotations map[string]string, in Input) *finding.Finding {
	profile := annotations[v1beta1.AnnotationObservabilityProfile]
	switch profile {
	case "":
		return nil
	case observabilityPrometheus:
	default:
		return unknownProfile(in, v1beta1.AnnotationObservabilityProfile, profile, observabilityPrometheus)
	}
	port, problem := portOfProfile(annotations, v1beta1.AnnotationObservabilityPort, in)
	if problem != nil {
		return problem
	}
	setIfAbsent(annotations, v1beta1.AnnotationPrometheusScrape, "true")
	setIfAbsent(annotations, v1beta1.AnnotationPrometheusPort, strconv.Itoa(int(port)))
	setIfAbsent(annotations, v1beta1.AnnotationPrometheusPath, defaultMetricsPath)
	return nil
}
