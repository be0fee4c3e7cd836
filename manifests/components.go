package manifests

import (
	"slices"

	"github.com/isvc-io/isvc/sync/observed"
)

// NeededBy returns the names of the components that bring the kinds, sorted. A
// component is needed when one of its kinds is.
func NeededBy(kinds observed.Kinds) []string {
	var needed []string
	for _, c := range observed.Components() {
		if slices.ContainsFunc(c.Kinds, kinds.Has) {
			needed = append(needed, c.Name)
		}
	}
	return needed
}
