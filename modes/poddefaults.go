package modes

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/isvc-io/isvc/modes/names"
)

// defaultPod spells the values that OME gives to the pods of Deployments and
// LeaderWorkerSets where the specification gives none. They are those of the
// API server, except that images are pulled only when absent, whatever their
// tag. Init containers get none.
func defaultPod(pod *corev1.PodSpec) {
	fill(&pod.DNSPolicy, corev1.DNSClusterFirst)
	fill(&pod.RestartPolicy, corev1.RestartPolicyAlways)
	fill(&pod.SchedulerName, corev1.DefaultSchedulerName)
	if pod.TerminationGracePeriodSeconds == nil {
		seconds := int64(corev1.DefaultTerminationGracePeriodSeconds)
		pod.TerminationGracePeriodSeconds = &seconds
	}
	if pod.SecurityContext == nil {
		pod.SecurityContext = &corev1.PodSecurityContext{}
	}
	for i := range pod.Containers {
		fill(&pod.Containers[i].TerminationMessagePath, corev1.TerminationMessagePathDefault)
		fill(&pod.Containers[i].TerminationMessagePolicy, corev1.TerminationMessageReadFile)
		fill(&pod.Containers[i].ImagePullPolicy, corev1.PullIfNotPresent)
	}
}

// defaultReadiness gives the container "ome-container", and no other, a
// readiness probe where it has none: a connection to its port.
func defaultReadiness(pod *corev1.PodSpec) {
	runner := container(pod, names.MainContainer)
	if runner == nil || runner.ReadinessProbe != nil {
		return
	}
	runner.ReadinessProbe = &corev1.Probe{
		ProbeHandler: corev1.ProbeHandler{
			TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(servingPort(runner))},
		},
		TimeoutSeconds: 1, PeriodSeconds: 10, SuccessThreshold: 1, FailureThreshold: 3,
	}
}

// fill sets a field that has no value yet.
func fill[T ~string](field *T, value T) {
	if *field == "" {
		*field = value
	}
}
