package plan

import (
	"maps"
	"slices"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/cmd/isvc/explain"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync"
)

// selectionsOf are the choices that fall in another way: the runtime, and for each component the
// accelerator class and the mode.
func selectionsOf(pair *Pair, was, is state) ([]Selection, error) {
	if pair.before == nil || pair.after == nil || maps.Equal(choicesOf(was), choicesOf(is)) {
		return nil, nil
	}
	old, err := explainInState(pair.before, pair, was)
	if err != nil {
		return nil, err
	}
	present, err := explainInState(pair.after, pair, is)
	if err != nil {
		return nil, err
	}
	var selections []Selection
	add := func(what, before, after, because string) {
		if before != after && before != "" && after != "" {
			selections = append(selections, Selection{pair.Namespace, pair.Name, what, before, after, because})
		}
	}
	add("runtime", chosenOf(old.Runtime), chosenOf(present.Runtime), reasonAgainst(chosenOf(old.Runtime), present.Runtime))
	for _, component := range present.Components {
		at := slices.IndexFunc(old.Components, func(c explain.Component) bool { return c.Type == component.Type })
		if at < 0 {
			continue
		}
		former := old.Components[at]
		add("accelerator class of the "+component.Type, chosenOf(former.Accelerator), chosenOf(component.Accelerator),
			reasonAgainst(chosenOf(former.Accelerator), component.Accelerator))
		add("mode of the "+component.Type, former.Mode, component.Mode, component.ModeMessage)
	}
	return selections, nil
}

// choicesOf are the choices that can be seen in a state, by what was chosen. They tell whether it is
// worth to ask for an explanation.
func choicesOf(of state) map[string]string {
	choices := map[string]string{}
	for key, object := range of.objects {
		if _, isWorkload := modes.OfWorkload(key.kind); isWorkload {
			labels := object.GetLabels()
			choices["runtime"] = labels[v1beta1.LabelServingRuntime]
			choices["mode/"+labels[v1beta1.LabelComponent]+"/"+string(key.kind)] = "chosen"
		}
	}
	for component, status := range of.status.Components {
		if status.SelectedAccelerator != nil {
			choices["class/"+string(component)] = status.SelectedAccelerator.AcceleratorClass
		}
	}
	return choices
}

// explainInState is the explanation of a service in a state.
func explainInState(request *sync.Request, pair *Pair, in state) (explain.Service, error) {
	again, err := in.requestShowingIt(request)
	if err != nil {
		return explain.Service{}, err
	}
	again.Explain = true
	response, err := sync.Sync(again)
	if err != nil {
		return explain.Service{}, err
	}
	return explain.NewService(pair.Namespace, pair.Name, response), nil
}

// chosenOf is the object that was chosen; empty without one.
func chosenOf(choice *explain.Choice) string {
	if choice == nil || choice.Chosen == nil {
		return ""
	}
	return choice.Chosen.Object
}

// reasonAgainst is why a candidate is not chosen any more.
func reasonAgainst(candidate string, choice *explain.Choice) string {
	if choice == nil {
		return ""
	}
	for _, group := range choice.Rejected {
		for _, rejected := range group.Candidates {
			if rejected.Object == candidate {
				return candidate + ": " + rejected.Message
			}
		}
	}
	for _, absent := range choice.Absent {
		if absent.Object == candidate {
			return candidate + " does not exist"
		}
	}
	if choice.RunnerUp != nil && choice.RunnerUp.Object == candidate && choice.RunnerUp.Message != "" {
		return candidate + ": " + choice.RunnerUp.Message
	}
	return choice.Message
}
