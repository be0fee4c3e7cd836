package manifests

import (
	"slices"

	"github.com/isvc-io/isvc/api/kinds"
)

// NeededBy returns the sorted names of the components that declare the kinds. A component is needed
// when one of its kinds is.
func NeededBy(wanted kinds.Set) []string {
	var needed []string
	for _, c := range kinds.ManifestComponents() {
		if slices.ContainsFunc(c.Kinds, wanted.Has) {
			needed = append(needed, c.Name)
		}
	}
	return needed
}
