package modes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
)

func TestLeadersAreSpreadAndWorkersFollow(t *testing.T) {
	leaders := map[string]string{"ome.io/inferenceservice": "chat", "component": "engine", "ray.io/node-type": "head"}
	c := ofGroups(func(c *Component) {
		c.Topology = v1beta1.TopologySpec{TopologyKey: "rack", TopologySpread: v1beta1.SpreadRequired}
		c.Worker.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{}}
	})
	leader, worker := templatesOfGroups(t, c)
	assert.Equal(t, []corev1.TopologySpreadConstraint{{
		MaxSkew: 1, TopologyKey: "rack", WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: &metav1.LabelSelector{MatchLabels: leaders},
	}}, leader.Spec.TopologySpreadConstraints)
	assert.Nil(t, leader.Spec.Affinity)
	assert.Empty(t, worker.Spec.TopologySpreadConstraints)
	require.NotNil(t, worker.Spec.Affinity)
	assert.NotNil(t, worker.Spec.Affinity.NodeAffinity, "what the pod has stays")
	assert.Equal(t, []corev1.PodAffinityTerm{{
		TopologyKey: "rack", LabelSelector: &metav1.LabelSelector{MatchLabels: leaders},
		MatchLabelKeys: []string{"leaderworkerset.sigs.k8s.io/name", "leaderworkerset.sigs.k8s.io/group-index"},
	}}, worker.Spec.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution)
	assert.Nil(t, c.Worker.Affinity.PodAffinity, "the component is not changed")
}

func TestPodsOfADeploymentAreSpread(t *testing.T) {
	spread := func(topology v1beta1.TopologySpec, given ...corev1.TopologySpreadConstraint) []corev1.TopologySpreadConstraint {
		pod := &corev1.PodSpec{TopologySpreadConstraints: given}
		spreadReplicas(sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment, func(c *Component) { c.Topology = topology }), pod)
		return pod.TopologySpreadConstraints
	}
	assert.Empty(t, spread(v1beta1.TopologySpec{TopologyKey: "rack"}), "a key alone is for groups")
	assert.Empty(t, spread(v1beta1.TopologySpec{TopologySpread: v1beta1.SpreadPreferred}), "there is no key")
	preferred := spread(v1beta1.TopologySpec{TopologyKey: "rack", TopologySpreadKey: "zone", TopologySpread: v1beta1.SpreadPreferred})
	require.Len(t, preferred, 1)
	assert.Equal(t, "zone", preferred[0].TopologyKey)
	assert.Equal(t, corev1.ScheduleAnyway, preferred[0].WhenUnsatisfiable)
	own := corev1.TopologySpreadConstraint{TopologyKey: "zone", MaxSkew: 3}
	assert.Equal(t, []corev1.TopologySpreadConstraint{own}, spread(v1beta1.TopologySpec{TopologySpreadKey: "zone", TopologySpread: v1beta1.SpreadRequired}, own), "the user's own constraint wins")
}
