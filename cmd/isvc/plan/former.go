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

// stateBefore is what a cluster holds where the other version runs. That made one answer to the input, which is at rest
// where no change is under way. Where this version gives the same one, both come to the same end.
func (f *Former) stateBefore(pair *Pair) (state, error) {
	key := pair.String()
	former := state{objects: observedObjects(f.Children[key]), problems: f.Problems[key], isOfFormer: true}
	present, err := stateAfterAnswer(pair.before)
	if err != nil || !sameObjects(former.objects, present.objects) || len(former.problems) != len(present.problems) {
		return former, err
	}
	return restAfterFirst(pair.before, present)
}
