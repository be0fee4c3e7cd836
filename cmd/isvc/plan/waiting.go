package plan

import (
	"slices"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/capacity"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/effect"
	"github.com/isvc-io/isvc/sync/observed"
)

// releaseText is the text of a release that only a plan makes. No workload has it.
const releaseText = "as isvc plan asks"

// releasePath is where a workload repeats it.
const releasePath = "metadata.annotations[" + v1beta1.AnnotationRelease + "]"

// waitingOf are the components that hold something back after an edit, with what a release would do.
func (p *Planner) waitingOf(pair *Pair, was, is state) ([]Waiting, error) {
	if len(is.held) == 0 || pair.after == nil {
		return nil, nil
	}
	released, err := comeToRest(withRelease(pair.after), is)
	if err != nil {
		return nil, err
	}
	does := p.describe(pair, is, released)
	waiting := make([]Waiting, 0, len(is.held))
	for _, held := range is.held {
		of := Waiting{Component: held.Subject, Reason: held.Reason, Message: held.Message, New: !isHeldIn(was, held), Children: []Child{}}
		total := capacity.Usage{}
		for _, object := range does.Children {
			key := objectKey{kindOf(object), object.Name}
			if componentOf(key, is, released) != held.Subject {
				continue
			}
			if !object.changes() {
				continue
			}
			object.Changes = slices.DeleteFunc(object.Changes, func(change effect.Change) bool { return change.Path == releasePath })
			of.Children = append(of.Children, object)
			of.Effect, of.Unnoticed = max(of.Effect, object.Effect), of.Unnoticed || object.Unnoticed
			if object.Restarts != nil {
				total = total.Plus(capacity.Usage{Pods: object.Restarts.Pods, Accelerators: object.Restarts.Accelerators})
				of.Restarts = restartOf(total)
			}
		}
		waiting = append(waiting, of)
	}
	return waiting, nil
}

// isHeldIn reports whether a state holds the same back.
func isHeldIn(was state, held finding.Finding) bool { return slices.Contains(was.held, held) }

// componentOf is the component of an object in one of two states.
func componentOf(key objectKey, states ...state) string {
	for _, s := range states {
		if object := s.objects[key]; object != nil {
			return object.GetLabels()[v1beta1.LabelComponent]
		}
	}
	return ""
}

// withRelease is a request for a service that was just released.
func withRelease(request *sync.Request) *sync.Request {
	tree, err := observed.DecodeTree(request.Parent)
	if err != nil {
		return request
	}
	metadata, _ := tree["metadata"].(map[string]any)
	annotations, ok := metadata["annotations"].(map[string]any)
	if !ok {
		annotations = map[string]any{}
		metadata["annotations"] = annotations
	}
	annotations[v1beta1.AnnotationRelease] = releaseText
	out := *request
	if out.Parent, err = child.JSON(tree); err != nil {
		return request
	}
	return &out
}
