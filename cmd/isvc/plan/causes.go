package plan

import (
	"maps"
	"slices"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// serviceCause is an edit that changes a service.
type serviceCause struct {
	// edit is the place of the edit in the list of all.
	edit int
	// does is what it does to the service.
	does AffectedService
}

// causeOf is an edit that leads from one state of a service to another.
func (p *Planner) causeOf(pair *Pair, was, is state, edit int) serviceCause {
	return causeThatDoes(p.describe(pair, was, is), pair, was, is, edit)
}

// causeThatDoes is causeOf where it is known what the edit does.
func causeThatDoes(does *Service, pair *Pair, was, is state, edit int) serviceCause {
	return serviceCause{edit, AffectedService{
		Namespace: pair.Namespace, Name: pair.Name, Effect: does.Effect, Unnoticed: does.Unnoticed,
		Waits:      slices.ContainsFunc(is.held, func(held finding.Finding) bool { return !isHeldIn(was, held) }),
		Unresolved: slices.ContainsFunc(is.problems, func(problem finding.Finding) bool { return !slices.Contains(was.problems, problem) }),
	}}
}

// causesOf finds the edits that change a service: those that change it when nothing else is edited.
// Where none of them alone does what all do, those without which it does not happen are causes of it.
//
// Edits are tried in groups that are halved where they change something, so that a few causes among
// thousands of edits cost a few computations.
func (p *Planner) causesOf(does *Service, pair *Pair, was, is state, reaching []int) ([]serviceCause, error) {
	if len(reaching) == 0 {
		return nil, nil
	}
	all := causeThatDoes(does, pair, was, is, p.editOfService(pair, reaching))
	if pair.before == nil || pair.after == nil || len(reaching) == 1 {
		return []serviceCause{all}, nil
	}
	reaching, err := p.narrowed(pair, was, is, reaching)
	if err != nil || len(reaching) == 1 {
		return []serviceCause{p.causeOf(pair, was, is, reaching[0])}, err
	}
	alone, err := p.causesAmong(pair, was, is, reaching)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(alone, func(c serviceCause) bool { return c.does.Effect >= all.does.Effect }) {
		return alone, nil
	}
	return p.causesTogether(pair, was, is, all.does, reaching, alone)
}

// narrowed returns the edits of what a service refers to, where these alone lead to the same state as all.
func (p *Planner) narrowed(pair *Pair, was, is state, reaching []int) ([]int, error) {
	names := namesIn(pair, was, is)
	near := slices.DeleteFunc(slices.Clone(reaching), func(at int) bool {
		e := p.edits[at]
		return !e.isOfConfiguration() && !isService(e) && !names[e.Name]
	})
	if len(near) == 0 || len(near) == len(reaching) {
		return reaching, nil
	}
	withNear, err := comeToRest(withEdits(pair.before, p.editsAt(near)), was)
	if err != nil || !sameState(withNear, is) {
		return reaching, err
	}
	return near, nil
}

// namesIn are the strings of a service before and after the edit that may name an object, and the names
// of what was chosen for it.
func namesIn(pair *Pair, states ...state) map[string]bool {
	names := map[string]bool{}
	for _, request := range []*sync.Request{pair.before, pair.after} {
		if tree, err := observed.DecodeTree(request.Parent); err == nil {
			addStrings(tree["spec"], names)
		}
	}
	for _, s := range states {
		for key, object := range s.objects {
			if _, isWorkload := modes.OfWorkload(key.kind); isWorkload {
				for _, value := range object.GetLabels() {
					names[value] = true
				}
			}
		}
		for _, component := range s.status.Components {
			if component.SelectedAccelerator != nil {
				names[component.SelectedAccelerator.AcceleratorClass] = true
			}
		}
	}
	return names
}

func addStrings(value any, into map[string]bool) {
	switch v := value.(type) {
	case string:
		into[v] = true
	case []any:
		for _, item := range v {
			addStrings(item, into)
		}
	case map[string]any:
		for _, member := range v {
			addStrings(member, into)
		}
	}
}

// maxTogether is the largest number of edits of which each is left out once.
const maxTogether = 64

// causesTogether completes the causes that change a service alone with those without which something
// else comes out.
func (p *Planner) causesTogether(pair *Pair, was, is state, does AffectedService, reaching []int, alone []serviceCause) ([]serviceCause, error) {
	together := map[int]serviceCause{}
	for _, cause := range alone {
		together[cause.edit] = cause
	}
	candidates := reaching
	if len(candidates) > maxTogether {
		candidates = slices.Sorted(maps.Keys(together))
	}
	for _, left := range candidates {
		others := slices.DeleteFunc(slices.Clone(reaching), func(at int) bool { return at == left })
		without, err := comeToRest(withEdits(pair.before, p.editsAt(others)), was)
		if err != nil {
			return nil, err
		}
		if !sameState(without, is) && (len(alone) == 0 || p.describe(pair, was, without).Effect < does.Effect) {
			together[left] = serviceCause{left, does}
		}
	}
	var causes []serviceCause
	for _, at := range slices.Sorted(maps.Keys(together)) {
		causes = append(causes, together[at])
	}
	return causes, nil
}

// causesAmong finds the edits of a group that change a service alone. The second state is what the
// group as a whole leads to.
func (p *Planner) causesAmong(pair *Pair, was, is state, group []int) ([]serviceCause, error) {
	if sameState(was, is) {
		return nil, nil
	}
	if len(group) == 1 {
		return []serviceCause{p.causeOf(pair, was, is, group[0])}, nil
	}
	var causes []serviceCause
	for _, half := range [][]int{group[:len(group)/2], group[len(group)/2:]} {
		withHalf, err := comeToRest(withEdits(pair.before, p.editsAt(half)), was)
		if err != nil {
			return nil, err
		}
		found, err := p.causesAmong(pair, was, withHalf, half)
		if err != nil {
			return nil, err
		}
		causes = append(causes, found...)
	}
	return causes, nil
}

// sameState reports whether nothing differs between two states.
func sameState(a, b state) bool {
	return sameObjects(a.objects, b.objects) && slices.Equal(a.held, b.held) && slices.Equal(a.problems, b.problems)
}

func (p *Planner) editsAt(places []int) []*edit {
	var edits []*edit
	for _, at := range places {
		edits = append(edits, p.edits[at])
	}
	return edits
}

// editOfService is the edit of the service itself among some, else the first.
func (p *Planner) editOfService(pair *Pair, among []int) int {
	for _, at := range among {
		if e := p.edits[at]; e.Namespace == pair.Namespace && e.Name == pair.Name && isService(e) {
			return at
		}
	}
	return among[0]
}
