package modes

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	knativeconfig "knative.dev/serving/pkg/apis/config"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/isvc-io/isvc/api/finding"
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
	}
}

// featureClaimWrite is the one flag without a constant in Knative's package.
const featureClaimWrite = "kubernetes.podspec-persistent-volume-write"

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

// knativeFeatureFindings say which features must be on for Knative to accept the Service. Builders
// do not know whether they are.
func knativeFeatureFindings(service *servingv1.Service) []finding.Finding {
	var flags []string
	for _, feature := range knativeFeatureFlags() {
		if feature.needed(&service.Spec.Template.Spec.PodSpec) {
			flags = append(flags, feature.flag)
		}
	}
	if len(flags) == 0 {
		return nil
	}
	return []finding.Finding{{
		Subject: "knative/" + service.Name, Reason: ReasonKnativeFeatureNeeded, Message: fmt.Sprintf(
			"Knative Service %s/%s needs features of Knative that are off by default: set to \"enabled\" in ConfigMap %s of namespace knative-serving: %s",
			service.Namespace, service.Name, knativeconfig.FeaturesConfigName, strings.Join(flags, ", ")),
	}}
}

// knativeRefusals are the pod fields that Knative never accepts, and the values above the limits
// that it has unless its ConfigMap config-defaults says otherwise.
func knativeRefusals(service *servingv1.Service) []string {
	spec := &service.Spec.Template.Spec
	var refused []string
	for _, field := range []struct {
		name string
		set  bool
	}{
		{"terminationGracePeriodSeconds", spec.TerminationGracePeriodSeconds != nil},
		{"activeDeadlineSeconds", spec.ActiveDeadlineSeconds != nil},
		{"restartPolicy", spec.RestartPolicy != ""},
		{"nodeName", spec.NodeName != ""},
		{"hostname", spec.Hostname != ""},
		{"subdomain", spec.Subdomain != ""},
		{"priority", spec.Priority != nil},
		{"readinessGates", len(spec.ReadinessGates) > 0},
		{"overhead", len(spec.Overhead) > 0},
		{fmt.Sprintf("timeoutSeconds above %d", knativeMaxTimeout), spec.TimeoutSeconds != nil && *spec.TimeoutSeconds > knativeMaxTimeout},
		{fmt.Sprintf("containerConcurrency above %d", knativeMaxConcurrency), spec.ContainerConcurrency != nil && *spec.ContainerConcurrency > knativeMaxConcurrency},
	} {
		if field.set {
			refused = append(refused, field.name)
		}
	}
	return refused
}

// The limits of Knative's ConfigMap config-defaults.
const (
	knativeMaxTimeout     = 600
	knativeMaxConcurrency = 1000
)

// knativeRefusalFindings say what Knative's admission will refuse.
func knativeRefusalFindings(service *servingv1.Service) []finding.Finding {
	refused := knativeRefusals(service)
	if len(refused) == 0 {
		return nil
	}
	return []finding.Finding{{
		Subject: "knative/" + service.Name, Reason: ReasonKnativeRefuses, Message: fmt.Sprintf(
			"Knative with its default limits refuses Knative Service %s/%s for: %s; remove or lower these, or raise the limits in ConfigMap config-defaults of namespace knative-serving",
			service.Namespace, service.Name, strings.Join(refused, ", ")),
	}}
}
