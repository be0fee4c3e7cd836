package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/capacity"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/effect"
	"github.com/isvc-io/isvc/sync/observed"
)

// Compare computes a service before and after the edit. The error is for a service that is not even
// one.
func (p *Planner) Compare(pair *Pair) (*Service, error) {
	was, err := p.stateBefore(pair)
	if err != nil {
		return nil, err
	}
	reaching := p.reach.editsReaching(pair)
	is, err := stateAfter(pair, was, len(reaching) > 0)
	if err != nil {
		return nil, err
	}
	service := p.describe(pair, was, is)
	if err := p.addWhatIsUnderWay(service, pair, was); err != nil {
		return nil, err
	}
	if service.Waiting, err = p.waitingOf(pair, was, is); err != nil || !service.changed {
		return service, err
	}
	if service.causes, err = p.causesOf(service, pair, was, is, reaching); err != nil {
		return nil, err
	}
	service.selections, err = selectionsOf(pair, was, is)
	return service, err
}

// stateBefore is what the cluster holds before the edit.
func (p *Planner) stateBefore(pair *Pair) (state, error) {
	switch {
	case pair.before == nil:
		return state{}, nil
	case p.options.Former != nil:
		return p.options.Former.stateBefore(pair)
	}
	return stateAtRest(pair.before)
}

// stateAfter is what the cluster holds after the edit.
func stateAfter(pair *Pair, was state, edited bool) (state, error) {
	switch {
	case pair.after == nil:
		return state{}, nil
	case pair.before == nil:
		return stateAtRest(pair.after)
	case !edited: // the same request has the same answer
		return was, nil
	}
	return comeToRest(pair.after, was)
}

// describe says how two states differ.
func (p *Planner) describe(pair *Pair, was, is state) *Service {
	s := &Service{Namespace: pair.Namespace, Name: pair.Name, Problems: problemsBetween(was, is), Children: []Child{}}
	switch {
	case pair.before == nil:
		s.Edit = Added
	case pair.after == nil:
		s.Edit = Removed
	}
	total, restarted, restarts := workloadUsage{}, capacity.Usage{}, false
	before, after := p.sizesOf(pair, was), p.sizesOf(pair, is)
	for _, key := range keysOf(was.objects, is.objects) {
		compared := p.compareChild(s, was.objects[key], is.objects[key])
		compared.Component = componentOf(key, is, was)
		used := usageOf(was.objects[key], is.objects[key], before, after, key.kind, compared.Effect)
		if used.restarts {
			compared.Restarts, compared.Rollout = restartOf(used.restarted), used.rollout
			compared.Effect = max(compared.Effect, effect.Rolling) // also where only the traffic of revisions changes
			restarted, restarts = restarted.Plus(used.restarted), true
		}
		total.before, total.after, total.peak = total.before.Plus(used.before), total.after.Plus(used.after), total.peak.Plus(used.peak)
		s.Effect, s.Unnoticed = max(s.Effect, compared.Effect), s.Unnoticed || compared.Unnoticed
		s.Children = append(s.Children, compared)
	}
	if restarts {
		s.Restarts = restartOf(restarted)
	}
	s.Pods = Amount{total.before.Pods, total.after.Pods, total.peak.Pods}
	s.Accelerators = amountsOf(total)
	s.changed = s.Effect > effect.None || s.Unnoticed || s.Edit != "" ||
		!slices.Equal(was.problems, is.problems) || !slices.Equal(was.held, is.held)
	return s
}

// sizesOf knows the replicas of a state.
func (p *Planner) sizesOf(pair *Pair, of state) capacity.Counter {
	counter := capacity.Counter{Objects: slices.Collect(maps.Values(of.objects)), Shown: observed.Objects{}, Accelerators: p.accelerators}
	if pair.before != nil {
		counter.Shown, counter.Pods = pair.before.Children, pair.before.Related[kinds.Pod]
	}
	return counter
}

// amountsOf are the accelerators of a usage by resource.
func amountsOf(total workloadUsage) map[string]Amount {
	before, after := total.before.Counts(), total.after.Counts()
	var amounts map[string]Amount
	for name, peak := range total.peak.Counts() {
		if amounts == nil {
			amounts = map[string]Amount{}
		}
		amounts[name] = Amount{before[name], after[name], peak}
	}
	return amounts
}

// keysOf are the keys of objects of either state, by kind and name.
func keysOf(was, is objects) []objectKey {
	all := objects{}
	maps.Copy(all, was)
	maps.Copy(all, is)
	return slices.SortedFunc(maps.Keys(all), func(a, b objectKey) int {
		return cmp.Or(strings.Compare(string(a.kind), string(b.kind)), strings.Compare(a.name, b.name))
	})
}

// compareChild says how an object differs; either is nil where there is none.
func (p *Planner) compareChild(s *Service, was, is *unstructured.Unstructured) Child {
	shown := is
	if shown == nil {
		shown = was
	}
	out := Child{APIVersion: shown.GetAPIVersion(), Kind: shown.GetKind(), Name: shown.GetName()}
	if was != nil && is != nil && child.Equal(was.Object, is.Object) {
		return out
	}
	does := effect.Of(was, is)
	out.Effect, out.Unnoticed = does.Effect, does.Unnoticed
	switch {
	case was == nil && s.Edit == Added:
		out.Edit, out.Effect = Added, effectOfNewService(does.Kind)
	case was == nil:
		out.Edit = Added
	case is == nil:
		out.Edit = Removed
	default:
		out.Changes = p.options.Values.ofChanges(does, was, is)
	}
	return out
}

// problemsBetween are the problems of two states. Messages can quote what a user wrote.
func problemsBetween(was, is state) []Problem {
	var problems []Problem
	add := func(when string, found finding.Finding) {
		problems = append(problems, Problem{When: when, Subject: found.Subject, Reason: found.Reason, Message: found.Message})
	}
	for _, problem := range was.problems {
		if slices.Contains(is.problems, problem) {
			add(both, problem)
		} else {
			add(before, problem)
		}
	}
	for _, problem := range is.problems {
		if !slices.Contains(was.problems, problem) {
			add(after, problem)
		}
	}
	return problems
}

// effectOfNewService is what an object of a new service does: pods come, and nothing that runs changes.
func effectOfNewService(kind kinds.Kind) effect.Effect {
	if _, isWorkload := modes.OfWorkload(kind); isWorkload {
		return effect.Scale
	}
	return effect.InPlace
}
