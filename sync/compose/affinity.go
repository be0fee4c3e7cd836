package compose

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
)

// addAffinity returns an affinity that demands what both demand and prefers what either prefers.
// Either may be nil; the result shares memory with both.
func addAffinity(given, added *corev1.Affinity) *corev1.Affinity {
	if given == nil || added == nil {
		return oneOfTwo(given, added)
	}
	return &corev1.Affinity{
		NodeAffinity:    addNodeAffinity(given.NodeAffinity, added.NodeAffinity),
		PodAffinity:     addPodAffinity(given.PodAffinity, added.PodAffinity),
		PodAntiAffinity: addPodAntiAffinity(given.PodAntiAffinity, added.PodAntiAffinity),
	}
}

func addNodeAffinity(given, added *corev1.NodeAffinity) *corev1.NodeAffinity {
	if given == nil || added == nil {
		return oneOfTwo(given, added)
	}
	return &corev1.NodeAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: addNodeSelector(
			given.RequiredDuringSchedulingIgnoredDuringExecution, added.RequiredDuringSchedulingIgnoredDuringExecution),
		PreferredDuringSchedulingIgnoredDuringExecution: concatOnce(
			given.PreferredDuringSchedulingIgnoredDuringExecution, added.PreferredDuringSchedulingIgnoredDuringExecution),
	}
}

// addNodeSelector returns a selector of the nodes that both select. A node must fit one of the terms
// of a selector, so that each term of the one is joined with each of the other.
func addNodeSelector(given, added *corev1.NodeSelector) *corev1.NodeSelector {
	if given == nil || added == nil {
		return oneOfTwo(given, added)
	}
	both := &corev1.NodeSelector{}
	for _, a := range given.NodeSelectorTerms {
		for _, b := range added.NodeSelectorTerms {
			both.NodeSelectorTerms = concatOnce(both.NodeSelectorTerms, []corev1.NodeSelectorTerm{{
				MatchExpressions: concatOnce(a.MatchExpressions, b.MatchExpressions),
				MatchFields:      concatOnce(a.MatchFields, b.MatchFields),
			}})
		}
	}
	return both
}

func addPodAffinity(given, added *corev1.PodAffinity) *corev1.PodAffinity {
	if given == nil || added == nil {
		return oneOfTwo(given, added)
	}
	return &corev1.PodAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: concatOnce(
			given.RequiredDuringSchedulingIgnoredDuringExecution, added.RequiredDuringSchedulingIgnoredDuringExecution),
		PreferredDuringSchedulingIgnoredDuringExecution: concatOnce(
			given.PreferredDuringSchedulingIgnoredDuringExecution, added.PreferredDuringSchedulingIgnoredDuringExecution),
	}
}

func addPodAntiAffinity(given, added *corev1.PodAntiAffinity) *corev1.PodAntiAffinity {
	if given == nil || added == nil {
		return oneOfTwo(given, added)
	}
	return &corev1.PodAntiAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: concatOnce(
			given.RequiredDuringSchedulingIgnoredDuringExecution, added.RequiredDuringSchedulingIgnoredDuringExecution),
		PreferredDuringSchedulingIgnoredDuringExecution: concatOnce(
			given.PreferredDuringSchedulingIgnoredDuringExecution, added.PreferredDuringSchedulingIgnoredDuringExecution),
	}
}

// oneOfTwo is the one of two that is there, or nil.
func oneOfTwo[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

// concatOnce concatenates two lists and leaves out of the second what the first has already.
func concatOnce[T any](first, second []T) []T {
	all := slices.Clip(first)
	for i := range second {
		if !slices.ContainsFunc(first, func(item T) bool { return equality.Semantic.DeepEqual(item, second[i]) }) {
			all = append(all, second[i])
		}
	}
	return all
}
