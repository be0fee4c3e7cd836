package plan

import (
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/sync/observed"
)

// Former is what another version of isvc made of the input before the edit. The edit is then that this
// version takes its place.
type Former struct {
	// From and To name the versions.
	From, To string
	// Children are the objects that the other version made, by service.
	Children map[string]observed.Objects
	// Problems are why it could not resolve services, by service.
	Problems map[string][]finding.Finding
}

// programKind is the kind of the edit that is another version.
const programKind = "isvc"

// stateOf is what a cluster holds where the other version runs.
func (f *Former) stateOf(key string) state {
	return state{objects: observedObjects(f.Children[key]), problems: f.Problems[key]}
}
