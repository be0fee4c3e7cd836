package modes

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	lwsv1 "sigs.k8s.io/lws/api/leaderworkerset/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// spreadReplicas adds to the pod that stands for a replica, a leader or a single pod, the constraint
// that topologySpread asks for. A constraint on the same key that the pod has already wins.
func spreadReplicas(c *Component, pod *corev1.PodSpec) {
	key := cmp.Or(c.Topology.TopologySpreadKey, c.Topology.TopologyKey)
	if c.Topology.TopologySpread == "" || key == "" ||
		slices.ContainsFunc(pod.TopologySpreadConstraints, func(given corev1.TopologySpreadConstraint) bool { return given.TopologyKey == key }) {
		return
	}
	whenUnsatisfiable := corev1.ScheduleAnyway
	if c.Topology.TopologySpread == v1beta1.SpreadRequired {
		whenUnsatisfiable = corev1.DoNotSchedule
	}
	pod.TopologySpreadConstraints = append(slices.Clip(pod.TopologySpreadConstraints), corev1.TopologySpreadConstraint{
		MaxSkew: 1, TopologyKey: key, WhenUnsatisfiable: whenUnsatisfiable,
		LabelSelector: &metav1.LabelSelector{MatchLabels: servingPodSelector(c)},
	})
}

// keepWithLeader places the workers of a group where topologyKey has the value of their leader's node.
// The group is told by the label that LeaderWorkerSet gives its pods, which the API server reads from
// the worker when it is made.
func keepWithLeader(c *Component, worker *corev1.PodSpec) {
	if c.Topology.TopologyKey == "" {
		return
	}
	affinity := corev1.Affinity{}
	if worker.Affinity != nil {
		affinity = *worker.Affinity
	}
	pods := corev1.PodAffinity{}
	if affinity.PodAffinity != nil {
		pods = *affinity.PodAffinity
	}
	pods.RequiredDuringSchedulingIgnoredDuringExecution = append(slices.Clip(pods.RequiredDuringSchedulingIgnoredDuringExecution),
		corev1.PodAffinityTerm{
			TopologyKey:    c.Topology.TopologyKey,
			LabelSelector:  &metav1.LabelSelector{MatchLabels: servingPodSelector(c)},
			MatchLabelKeys: []string{lwsv1.SetNameLabelKey, lwsv1.GroupIndexLabelKey},
		})
	affinity.PodAffinity = &pods
	worker.Affinity = &affinity
}
