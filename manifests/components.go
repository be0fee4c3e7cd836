package manifests

import (
	"slices"

	"github.com/isvc-io/isvc/sync/observed"
)

// Component is a group of optional kinds that are installed together.
type Component struct {
	// Name is the name of the folder below components.
	Name string
	// Kinds are the child kinds that the component adds.
	Kinds []observed.Kind
}

// Components lists the components for optional kinds, sorted by name.
func Components() []Component {
	return []Component{
		{"gateway-api", []observed.Kind{observed.HTTPRoute}},
		{"istio", []observed.Kind{observed.VirtualService, observed.Sidecar}},
		{"keda", []observed.Kind{observed.ScaledObject}},
		{"knative", []observed.Kind{observed.KnativeService}},
		{"lws", []observed.Kind{observed.LeaderWorkerSet}},
		{"ray", []observed.Kind{observed.RayCluster}},
	}
}

// NeededBy returns the names of the components that bring the kinds, sorted. A
// component is needed when one of its kinds is.
func NeededBy(kinds observed.Kinds) []string {
	var needed []string
	for _, c := range Components() {
		if slices.ContainsFunc(c.Kinds, kinds.Has) {
			needed = append(needed, c.Name)
		}
	}
	return needed
}
