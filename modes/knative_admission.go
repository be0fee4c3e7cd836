package modes

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"knative.dev/pkg/apis"
	knativeconfig "knative.dev/serving/pkg/apis/config"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// knativeFeature is a flag of Knative's ConfigMap config-features that is off by default, and the
// test whether a pod needs it.
type knativeFeature struct {
	flag   string
	needed func(*corev1.PodSpec) bool
}

// knativeFeatureFlags lists the flags in the order in which they are reported.
func knativeFeatureFlags() []knativeFeature {
	return []knativeFeature{
		{knativeconfig.FeaturePodSpecNodeSelector, func(p *corev1.PodSpec) bool { return len(p.NodeSelector) > 0 }},
		{knativeconfig.FeaturePodSpecAffinity, func(p *corev1.PodSpec) bool { return p.Affinity != nil }},
		{knativeconfig.FeaturePodSpecTolerations, func(p *corev1.PodSpec) bool { return len(p.Tolerations) > 0 }},
		{knativeconfig.FeaturePodSpecTopologySpreadConstraints, func(p *corev1.PodSpec) bool { return len(p.TopologySpreadConstraints) > 0 }},
		{knativeconfig.FeaturePodSpecInitContainers, func(p *corev1.PodSpec) bool { return len(p.InitContainers) > 0 }},
		{knativeconfig.FeaturePodSpecHostPath, anyVolume(func(v corev1.VolumeSource) bool { return v.HostPath != nil })},
		{knativeconfig.FeaturePodSpecPVClaim, anyVolume(func(v corev1.VolumeSource) bool { return v.PersistentVolumeClaim != nil })},
		{featureClaimWrite, anyVolume(func(v corev1.VolumeSource) bool {
			return v.PersistentVolumeClaim != nil && !v.PersistentVolumeClaim.ReadOnly
		})},
		{knativeconfig.FeaturePodSpecVolumesCSI, anyVolume(func(v corev1.VolumeSource) bool { return v.CSI != nil })},
		{knativeconfig.FeaturePodSpecVolumesEphemeral, anyVolume(func(v corev1.VolumeSource) bool { return v.Ephemeral != nil })},
		{knativeconfig.FeaturePodSpecVolumesImage, anyVolume(func(v corev1.VolumeSource) bool { return v.Image != nil })},
		{knativeconfig.FeaturePodSpecVolumesMountPropagation, anyContainer(usesMountPropagation)},
		{knativeconfig.FeaturePodSpecFieldRef, anyContainer(usesFieldReference)},
		{knativeconfig.FeatureContainerSpecAddCapabilities, anyContainer(addsLinuxCapabilities)},
		{knativeconfig.FeaturePodSpecRuntimeClassName, func(p *corev1.PodSpec) bool { return p.RuntimeClassName != nil }},
		{knativeconfig.FeaturePodSpecPriorityClassName, func(p *corev1.PodSpec) bool { return p.PriorityClassName != "" }},
		{knativeconfig.FeaturePodSpecSchedulerName, func(p *corev1.PodSpec) bool { return p.SchedulerName != "" }},
		{knativeconfig.FeaturePodSpecSecurityContext, func(p *corev1.PodSpec) bool { return p.SecurityContext != nil }},
		{knativeconfig.FeaturePodSpecShareProcessNamespace, func(p *corev1.PodSpec) bool { return p.ShareProcessNamespace != nil }},
		{knativeconfig.FeaturePodSpecHostIPC, func(p *corev1.PodSpec) bool { return p.HostIPC }},
		{knativeconfig.FeaturePodSpecHostPID, func(p *corev1.PodSpec) bool { return p.HostPID }},
		{knativeconfig.FeaturePodSpecHostNetwork, func(p *corev1.PodSpec) bool { return p.HostNetwork }},
		{knativeconfig.FeaturePodSpecHostAliases, func(p *corev1.PodSpec) bool { return len(p.HostAliases) > 0 }},
		{knativeconfig.FeaturePodSpecDNSPolicy, func(p *corev1.PodSpec) bool { return p.DNSPolicy != "" }},
		{knativeconfig.FeaturePodSpecDNSConfig, func(p *corev1.PodSpec) bool { return p.DNSConfig != nil }},
		{featureProbedSidecars, hasProbedSidecar},
	}
}

// The flags without a constant in Knative's package.
const (
	featureClaimWrite     = "kubernetes.podspec-persistent-volume-write"
	featureProbedSidecars = "multi-container-probing"
)

// anyVolume applies a test to every volume of a pod.
func anyVolume(test func(corev1.VolumeSource) bool) func(*corev1.PodSpec) bool {
	return func(pod *corev1.PodSpec) bool {
		for _, volume := range pod.Volumes {
			if test(volume.VolumeSource) {
				return true
			}
		}
		return false
	}
}

// anyContainer applies a test to every container of a pod, init containers too.
func anyContainer(test func(corev1.Container) bool) func(*corev1.PodSpec) bool {
	return func(pod *corev1.PodSpec) bool {
		for _, containers := range [][]corev1.Container{pod.InitContainers, pod.Containers} {
			for _, container := range containers {
				if test(container) {
					return true
				}
			}
		}
		return false
	}
}

func usesMountPropagation(container corev1.Container) bool {
	for _, mount := range container.VolumeMounts {
		if mount.MountPropagation != nil {
			return true
		}
	}
	return false
}

func usesFieldReference(container corev1.Container) bool {
	for _, env := range container.Env {
		if env.ValueFrom != nil && (env.ValueFrom.FieldRef != nil || env.ValueFrom.ResourceFieldRef != nil) {
			return true
		}
	}
	return false
}

func addsLinuxCapabilities(container corev1.Container) bool {
	security := container.SecurityContext
	return security != nil && security.Capabilities != nil && len(security.Capabilities.Add) > 0
}

func hasProbe(container corev1.Container) bool {
	return container.ReadinessProbe != nil || container.LivenessProbe != nil || container.StartupProbe != nil
}

// hasProbedSidecar reports whether a container has a probe that is not the one with the serving port.
func hasProbedSidecar(pod *corev1.PodSpec) bool {
	return len(pod.Containers) > 1 && slices.ContainsFunc(pod.Containers, func(container corev1.Container) bool {
		return len(container.Ports) == 0 && hasProbe(container)
	})
}

// neededKnativeFeatures are the flags that must be on for Knative to accept a pod.
func neededKnativeFeatures(pod *corev1.PodSpec) []string {
	var flags []string
	for _, feature := range knativeFeatureFlags() {
		if feature.needed(pod) {
			flags = append(flags, feature.flag)
		}
	}
	return flags
}

// admittedByKnative is a Knative Service as Knative's own admission completes it while its settings are the default
// ones; the same where it cannot be read.
func admittedByKnative(workload map[string]any) map[string]any {
	service := &servingv1.Service{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(workload, service); err != nil {
		return workload
	}
	service.SetDefaults(context.Background())
	admitted, err := runtime.DefaultUnstructuredConverter.ToUnstructured(service)
	if err != nil {
		return workload
	}
	return admitted
}

// knativeRefusal is what Knative's own admission finds wrong with a Service while some features are on
// and its limits are the default ones; empty if it accepts the Service.
func knativeRefusal(service *servingv1.Service, features []string) string {
	flags := make(map[string]string, len(features))
	for _, flag := range features {
		flags[flag] = string(knativeconfig.Enabled)
	}
	config, err := knativeconfig.NewFeaturesConfigFromMap(flags)
	if err != nil {
		return err.Error()
	}
	ctx := knativeconfig.ToContext(apis.WithinCreate(context.Background()), &knativeconfig.Config{Features: config})
	admitted := service.DeepCopy()
	admitted.SetDefaults(ctx)
	refusal := admitted.Validate(ctx).Filter(apis.ErrorLevel)
	if refusal == nil {
		return ""
	}
	return strings.ReplaceAll(refusal.Error(), "\n", "; ")
}

// knativeAdmissionFindings say which features must be on for Knative to accept the Service, and what it
// refuses also with these. Builders do not know whether they are on, nor Knative's limits.
func knativeAdmissionFindings(service *servingv1.Service) []finding.Finding {
	var findings []finding.Finding
	subject := "knative/" + service.Name
	flags := neededKnativeFeatures(&service.Spec.Template.Spec.PodSpec)
	if len(flags) > 0 {
		findings = append(findings, finding.Finding{Subject: subject, Reason: ReasonKnativeFeatureNeeded, Message: fmt.Sprintf(
			"Knative Service %s/%s needs features of Knative that are off by default: set to \"enabled\" in ConfigMap %s of namespace knative-serving: %s",
			service.Namespace, service.Name, knativeconfig.FeaturesConfigName, strings.Join(flags, ", "))})
	}
	if refusal := knativeRefusal(service, flags); refusal != "" {
		remedy := "remove or change it, or choose another mode"
		if strings.Contains(refusal, " <= ") { // the form of every refusal that a limit causes
			remedy += "; limits are in ConfigMap " + knativeconfig.DefaultsConfigName + " of namespace knative-serving"
		}
		findings = append(findings, finding.Finding{Subject: subject, Reason: ReasonKnativeRefuses, Message: fmt.Sprintf(
			"Knative refuses Knative Service %s/%s: %s: %s", service.Namespace, service.Name, refusal, remedy)})
	}
	return findings
}

// knativeAutoscalerFindings say that the Service needs an autoscaler that Knative does not install by
// itself. Builders do not know whether it is there.
func knativeAutoscalerFindings(service *servingv1.Service) []finding.Finding {
	annotations := service.Spec.Template.Annotations
	if annotations[v1beta1.AnnotationKnativeClass] != KnativeHorizontalAutoscaler {
		return nil
	}
	return []finding.Finding{{
		Subject: "knative/" + service.Name, Reason: ReasonKnativeAutoscalerNeeded, Message: fmt.Sprintf(
			"Knative Service %s/%s scales by %s, which only Knative's autoscaler of class hpa can do: it is installed separately (serving-hpa.yaml of Knative's release), and without it no revision becomes ready; install it, or set scaleMetric to concurrency or rps",
			service.Namespace, service.Name, cmp.Or(annotations[v1beta1.AnnotationKnativeMetric], "cpu")),
	}}
}

// IsDisprovedByKnative reports whether a finding about a Knative Service is no longer true once the
// Service exists with its pod template. With isReady, a revision of the template is ready too.
func IsDisprovedByKnative(found finding.Finding, isReady bool) bool {
	switch found.Reason {
	case ReasonKnativeFeatureNeeded, ReasonKnativeRefuses:
		return true
	case ReasonKnativeAutoscalerNeeded:
		return isReady
	}
	return false
}
