package modes

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/modes/podspec"
)

// applyPodDefaults fills in the values that OME gives to the pods of Deployments and
// LeaderWorkerSets where the specification gives none. They are those of the API server, except
// that images are pulled only when absent, whatever their tag. Init containers get none.
func applyPodDefaults(pod *corev1.PodSpec) {
	pod.DNSPolicy = cmp.Or(pod.DNSPolicy, corev1.DNSClusterFirst)
	pod.RestartPolicy = cmp.Or(pod.RestartPolicy, corev1.RestartPolicyAlways)
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

// addDefaultReadinessProbe adds a readiness probe to the container "ome-container" if it has none:
// a connection to its port. Other containers get none.
func addDefaultReadinessProbe(pod *corev1.PodSpec) {
	runner := podspec.ContainerNamed(pod.Containers, names.MainContainer)
	if runner == nil || runner.ReadinessProbe != nil {
		return
	}
	runner.ReadinessProbe = &corev1.Probe{
		ProbeHandler: corev1.ProbeHandler{
			TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(servingPortOf(runner))},
		},
		TimeoutSeconds: 1, PeriodSeconds: 10, SuccessThreshold: 1, FailureThreshold: 3,
	}
}
