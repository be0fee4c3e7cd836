package manifests

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// sortAsKustomize puts objects in the order in which kustomize prints them: first the kinds that
// others depend on, then the rest by group, version and kind.
func sortAsKustomize(objects []*unstructured.Unstructured) {
	slices.SortStableFunc(objects, func(a, b *unstructured.Unstructured) int {
		if byRank := kustomizeRank(a.GetKind()) - kustomizeRank(b.GetKind()); byRank != 0 {
			return byRank
		}
		return strings.Compare(kustomizeSortKey(a), kustomizeSortKey(b))
	})
}

// kustomizeRank is the place of a kind among the kinds that kustomize prints first. Only kinds that
// the files have are listed.
func kustomizeRank(kind string) int {
	first := []string{
		"Namespace", "CustomResourceDefinition", "ServiceAccount", "ClusterRole",
		"ConfigMap", "Service", "Deployment", "PodDisruptionBudget",
	}
	if i := slices.Index(first, kind); i >= 0 {
		return i
	}
	return len(first)
}

// kustomizeSortKey orders objects of the same rank. In kustomize, the tilde stands for the core
// group, and it sorts after all letters.
func kustomizeSortKey(o *unstructured.Unstructured) string {
	gvk := o.GroupVersionKind()
	if gvk.Group == "" {
		gvk.Group = "~G"
	}
	return strings.Join([]string{gvk.Group + "_" + gvk.Version + "_" + gvk.Kind, o.GetNamespace(), o.GetName()}, "|")
}
