package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/capacity"
	"github.com/isvc-io/isvc/sync/effect"
	"github.com/isvc-io/isvc/sync/observed"
)

// addWhatIsUnderWay adds what the edit does on the way where the input shows a change that has not come to its end. Two
// ends say nothing of it: a change that is stuck may go on with the edit, and replace pods that serve. The next answers
// without the edit and with it tell.
func (p *Planner) addWhatIsUnderWay(s *Service, pair *Pair, was state) error {
	if pair.before == nil || pair.after == nil || p.options.Former != nil || !hasObjects(pair.before.Children) {
		return nil
	}
	moving := movingWorkloads(pair.before.Children, was.objects)
	if len(moving) == 0 {
		return nil
	}
	without, err := stateAfterAnswer(pair.before)
	if err != nil {
		return err
	}
	with, err := stateAfterAnswer(pair.after)
	if err != nil {
		return err
	}
	s.UnderWay = fmt.Sprintf("a change of %s is under way: its end is compared with the end after the edit", strings.Join(moving, ", "))
	s.addWorse(p.describe(pair, without, with))
	return nil
}

// movingWorkloads are the workloads that are not yet what they become without an edit. Nothing can be said of one where
// it is not known what was applied last.
func movingWorkloads(children observed.Objects, end objects) []string {
	var moving []string
	for _, kind := range modes.WorkloadKinds() {
		now, unknown := objects{}, objects{}
		for _, key := range children.KeysOf(kind) {
			if object, known := lastApplied(children[kind][key]); known {
				now[keyOf(object)] = object
			} else if object != nil {
				unknown[keyOf(object)] = object
			}
		}
		for _, key := range keysOf(now, end) {
			if key.kind != kind || unknown[key] != nil {
				continue
			}
			does := effect.Of(now[key], end[key])
			if now[key] == nil || end[key] == nil || does.Effect >= effect.Rolling || does.Unnoticed {
				moving = append(moving, kindAndNameOf(kind, key.name))
			}
		}
	}
	return moving
}

// addWorse takes the objects of a service to which something worse happens on the way than between the ends.
func (s *Service) addWorse(onTheWay *Service) {
	for _, c := range onTheWay.Children {
		at := slices.IndexFunc(s.Children, func(known Child) bool {
			return known.APIVersion == c.APIVersion && known.Kind == c.Kind && known.Name == c.Name
		})
		switch {
		case c.Restarts == nil:
			continue
		case at < 0:
			s.Children = append(s.Children, c)
		case c.Effect > s.Children[at].Effect || s.Children[at].Restarts == nil:
			s.Children[at] = c
		default:
			continue
		}
		s.Effect, s.Unnoticed, s.changed = max(s.Effect, c.Effect), s.Unnoticed || c.Unnoticed, true
	}
	total, restarts := capacity.Usage{}, false
	for _, c := range s.Children {
		if c.Restarts != nil {
			total, restarts = total.Plus(capacity.Usage{Pods: c.Restarts.Pods, Accelerators: c.Restarts.Accelerators}), true
		}
	}
	if restarts {
		s.Restarts = restartOf(total)
	}
}
