package status

import (
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/observed"
)

// Available reports whether a component's own workload exists and serves, by
// the rules of its Ready condition.
func Available(parent *v1beta1.InferenceService, children observed.Objects, c Component) bool {
	p := &pass{in: &Input{Parent: parent, Children: children}}
	w := p.workload(&c)
	return w.exists && w.ready.isTrue()
}
