package explain

import "fmt"

// closeShown is how many of the candidates that came close are shown with
// their message.
const closeShown = 2

// choice writes what was taken and what was not.
func (w *writer) choice(depth int, label string, c *Choice) {
	if c == nil {
		return
	}
	switch {
	case c.Chosen != nil:
		w.line(depth, label, chosenText(c.Chosen))
	default:
		w.line(depth, label, "none"+after(": ", c.Message))
	}
	if c.Detail != "" {
		w.line(depth+1, "entry", c.Detail)
	}
	if c.RunnerUp != nil {
		w.line(depth+1, "runner-up", runnerUpText(c))
	}
	w.others(depth+1, c.Others)
	for _, absent := range c.Absent {
		w.line(depth+1, "absent", absent.Object+after(": ", absent.Message))
	}
	w.rejected(depth+1, c.Rejected)
}

func chosenText(c *Candidate) string {
	text := c.Object
	if c.Score != 0 {
		text += fmt.Sprintf(", score %d", c.Score)
	}
	return text + after(": ", c.Message)
}

func runnerUpText(c *Choice) string {
	text := c.RunnerUp.Object
	if c.RunnerUp.Score != 0 {
		text += fmt.Sprintf(", score %d", c.RunnerUp.Score)
	}
	if c.Margin > 0 {
		text += fmt.Sprintf(", %d less", c.Margin)
	}
	return text + after(": ", c.RunnerUp.Message)
}

func (w *writer) others(depth int, all []Candidate) {
	if len(all) == 0 {
		return
	}
	if w.All {
		for i := range all {
			w.line(depth, first(i, "also fit"), chosenText(&all[i]))
		}
		return
	}
	var names []string
	for i := range all {
		names = append(names, all[i].Object)
	}
	w.list(depth, "also fit", names)
}

// rejected writes each rule with what it rejected. Of the rule that came
// nearest, some candidates are shown with what it found.
func (w *writer) rejected(depth int, groups []Group) {
	if len(groups) == 0 {
		return
	}
	total := 0
	for _, group := range groups {
		total += group.Count
	}
	w.line(depth, "rejected", fmt.Sprintf("%d, by the first rule that each broke", total))
	for i, group := range groups {
		shown := 0
		if i == 0 {
			shown = min(closeShown, group.Count)
		}
		w.group(depth+1, group, shown)
	}
}

// group writes one rule: the first shown with their messages, the others by
// name.
func (w *writer) group(depth int, group Group, shown int) {
	head := fmt.Sprintf("%s %d", group.Reason, group.Count)
	if w.All {
		shown = group.Count
	}
	if shown > 0 {
		w.line(depth, "", head)
		head = ""
		for _, candidate := range group.Candidates[:shown] {
			w.line(depth+1, "", candidate.Object+after(": ", candidate.Message))
		}
		depth++
	}
	var names []string
	for _, candidate := range group.Candidates[shown:] {
		names = append(names, nameOf(candidate.Object))
	}
	if len(names) > 0 {
		names[0] = before(head, ": ") + names[0]
		w.names(depth, names)
	}
}

// after is a text behind a separator; nothing for nothing.
func after(separator, text string) string {
	if text == "" {
		return ""
	}
	return separator + text
}

// before is a text in front of a separator; nothing for nothing.
func before(text, separator string) string {
	if text == "" {
		return ""
	}
	return text + separator
}
