package manifests

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// object is one object of the files.
type object map[string]any

func (o object) text(fields ...string) string {
	text, _, _ := unstructured.NestedString(o, fields...)
	return text
}

func (o object) kind() string      { return o.text("kind") }
func (o object) name() string      { return o.text("metadata", "name") }
func (o object) namespace() string { return o.text("metadata", "namespace") }

// group returns the API group, empty for the core group, and the version.
func (o object) group() (group, version string) {
	group, version, found := strings.Cut(o.text("apiVersion"), "/")
	if !found {
		return "", group
	}
	return group, version
}

// sort puts the objects in the order in which kustomize prints them: first the kinds that others
// depend on, then the rest by group, version and kind.
func (s *set) sort() {
	slices.SortStableFunc(s.objects, func(a, b object) int {
		if byRank := rank(a.kind()) - rank(b.kind()); byRank != 0 {
			return byRank
		}
		return strings.Compare(a.sortKey(), b.sortKey())
	})
}

// rank is the place of a kind among those that kustomize prints first. Only kinds of the files are
// listed.
func rank(kind string) int {
	first := []string{
		"Namespace", "CustomResourceDefinition", "ServiceAccount", "ClusterRole",
		"ConfigMap", "Service", "Deployment", "PodDisruptionBudget",
	}
	if i := slices.Index(first, kind); i >= 0 {
		return i
	}
	return len(first)
}

// sortKey orders objects of the same rank. The tilde stands for the core group in kustomize and
// sorts behind letters.
func (o object) sortKey() string {
	group, version := o.group()
	if group == "" {
		group = "~G"
	}
	return strings.Join([]string{group + "_" + version + "_" + o.kind(), o.namespace(), o.name()}, "|")
}
