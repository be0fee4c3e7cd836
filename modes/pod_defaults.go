package modes

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/modes/podspec"
)

// applyPodDefaults fills in the values that OME gives to the pods of Deployments and
// LeaderWorkerSets where the specification gives none. They are those of the API server, except
// that images are pulled only when absent, whatever their tag, and that a pod in the network of its
// node has the names of the cluster. Init containers get none.
//
// The pods run until their workload replaces them: Kubernetes refuses a Deployment or a StatefulSet, of
// which LeaderWorkerSet makes groups, whose pods end by themselves, see Mode.RestartsPods.
func applyPodDefaults(pod *corev1.PodSpec) {
	pod.DNSPolicy = cmp.Or(dnsPolicyOf(pod), corev1.DNSClusterFirst)
	pod.RestartPolicy = corev1.RestartPolicyAlways
	pod.ActiveDeadlineSeconds = nil
	pod.SchedulerName = cmp.Or(pod.SchedulerName, corev1.DefaultSchedulerName)
	if pod.TerminationGracePeriodSeconds == nil {
		seconds := int64(corev1.DefaultTerminationGracePeriodSeconds)
		pod.TerminationGracePeriodSeconds = &seconds
	}
	if pod.SecurityContext == nil {
		pod.SecurityContext = &corev1.PodSecurityContext{}
	}
	for i := range pod.Containers {
		container := &pod.Containers[i]
		container.TerminationMessagePath = cmp.Or(container.TerminationMessagePath, corev1.TerminationMessagePathDefault)
		container.TerminationMessagePolicy = cmp.Or(container.TerminationMessagePolicy, corev1.TerminationMessageReadFile)
		container.ImagePullPolicy = cmp.Or(container.ImagePullPolicy, corev1.PullIfNotPresent)
	}
}

// applyNetworkDefaults fills in what the pods of every mode need to find each other, and to not find
// what is not meant for them.
//
// Without service links, a Service object called vllm does not set VLLM_PORT in every pod of its
// namespace, which vLLM reads as its own setting.
func applyNetworkDefaults(pod *corev1.PodSpec) {
	pod.DNSPolicy = dnsPolicyOf(pod)
	if pod.EnableServiceLinks == nil {
		pod.EnableServiceLinks = ptr.To(false)
	}
}

// dnsPolicyOf is the DNS policy that the specification gives. A pod in the network of its node that
// gives none gets the names of the cluster, by which groups of pods find their leader: with the
// default policy it would have those of the node only.
func dnsPolicyOf(pod *corev1.PodSpec) corev1.DNSPolicy {
	if pod.DNSPolicy == "" && pod.HostNetwork {
		return corev1.DNSClusterFirstWithHostNet
	}
	return pod.DNSPolicy
}

// addDefaultReadinessProbe adds a readiness probe to the container "ome-container" if it has none:
// a connection to its port. Other containers get none.
func addDefaultReadinessProbe(pod *corev1.PodSpec) {
	runner := podspec.ContainerNamed(pod.Containers, names.MainContainer)
	if runner == nil || runner.ReadinessProbe != nil {
		return
	}
	runner.ReadinessProbe = &corev1.Probe{
		ProbeHandler: corev1.ProbeHandler{
			TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(servingPortOf(runner.Ports))},
		},
		TimeoutSeconds: 1, PeriodSeconds: 10, SuccessThreshold: 1, FailureThreshold: 3,
	}
}
