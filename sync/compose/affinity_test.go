package compose

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
)

// nodeFits reports whether a node with the labels satisfies required terms of the operator In.
func nodeFits(affinity *corev1.Affinity, labels map[string]string) bool {
	if affinity == nil || affinity.NodeAffinity == nil || affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return true
	}
	return slices.ContainsFunc(affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms, func(term corev1.NodeSelectorTerm) bool {
		return !slices.ContainsFunc(term.MatchExpressions, func(e corev1.NodeSelectorRequirement) bool { return !slices.Contains(e.Values, labels[e.Key]) })
	})
}

// anyAffinity is an affinity to nodes with some of the labels a, b and c, or none.
func anyAffinity(random *rand.Rand) *corev1.Affinity {
	switch random.IntN(5) {
	case 0:
		return nil
	case 1:
		return &corev1.Affinity{}
	}
	selector := &corev1.NodeSelector{}
	for range 1 + random.IntN(3) {
		term := corev1.NodeSelectorTerm{}
		for range 1 + random.IntN(2) {
			term.MatchExpressions = append(term.MatchExpressions, corev1.NodeSelectorRequirement{
				Key: []string{"a", "b", "c"}[random.IntN(3)], Operator: corev1.NodeSelectorOpIn,
				Values: [][]string{{"0"}, {"1"}, {"0", "1"}}[random.IntN(3)],
			})
		}
		selector.NodeSelectorTerms = append(selector.NodeSelectorTerms, term)
	}
	return &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: selector}}
}

// TestAnAddedAffinityNeedsBoth: a node fits the sum of two affinities if and only if it fits each.
func TestAnAddedAffinityNeedsBoth(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	for range 3000 {
		given, added := anyAffinity(random), anyAffinity(random)
		before, beforeAdded := given.DeepCopy(), added.DeepCopy()
		both := addAffinity(given, added)
		for node := range 8 {
			labels := map[string]string{"a": string(rune('0' + node&1)), "b": string(rune('0' + node>>1&1)), "c": string(rune('0' + node>>2&1))}
			assert.Equal(t, nodeFits(given, labels) && nodeFits(added, labels), nodeFits(both, labels), "%v %v", given, added)
		}
		assert.Equal(t, before, given, "the arguments are not changed")
		assert.Equal(t, beforeAdded, added)
		assert.Equal(t, both, addAffinity(both, nil))
	}
}

func TestAnAddedAffinityKeepsEachPreferenceOnce(t *testing.T) {
	preferred := func(weights ...int32) *corev1.Affinity {
		out := &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{}, PodAffinity: &corev1.PodAffinity{}, PodAntiAffinity: &corev1.PodAntiAffinity{}}
		for _, weight := range weights {
			out.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution = append(out.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution, corev1.PreferredSchedulingTerm{Weight: weight})
			term := corev1.WeightedPodAffinityTerm{Weight: weight, PodAffinityTerm: corev1.PodAffinityTerm{TopologyKey: "host"}}
			out.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution = append(out.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution, term)
			out.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution = append(out.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution, term)
		}
		return out
	}
	assert.Equal(t, preferred(1, 2, 3), addAffinity(preferred(1, 2), preferred(2, 3)))
}
