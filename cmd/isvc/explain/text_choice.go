package explain

import (
	"fmt"

	"github.com/isvc-io/isvc/cmd/isvc/printable"
)

// closeShown is how many close candidates are shown with their message.
const closeShown = 2

// writeChoice writes which candidates were chosen and which were not.
func (w *textWriter) writeChoice(depth int, label string, c *Choice) {
	if c == nil {
		return
	}
	switch {
	case c.Chosen != nil:
		w.writeLines(depth, label, bold, printable.WrapWords(printable.Line(chosenText(c.Chosen)), w.Width-columnOfDepth(depth)))
	default:
		w.writeLine(depth, label, "none"+afterColon(c.Message))
	}
	if c.Detail != "" {
		w.writeLine(depth+1, "entry", c.Detail)
	}
	if c.RunnerUp != nil {
		w.writeLine(depth+1, "runner-up", runnerUpText(c))
	}
	w.writeOthers(depth+1, c.Others)
	for _, absent := range c.Absent {
		w.writeLine(depth+1, "absent", absent.Object+afterColon(absent.Message))
	}
	w.writeRejected(depth+1, c.Rejected)
	for _, note := range c.Notes {
		w.writeLine(depth+1, "note", note.Message)
	}
}

func chosenText(c *Candidate) string {
	text := c.Object
	if c.Score != 0 {
		text += scoreText(c)
	}
	return text + afterColon(c.Message)
}

// scoreText is ", score 4 = (1 for the format + 1 for the framework) x priority 2".
func scoreText(c *Candidate) string {
	text := fmt.Sprintf(", score %d", c.Score)
	if c.Sum != "" {
		text += " = " + c.Sum
	}
	return text
}

func runnerUpText(c *Choice) string {
	text := c.RunnerUp.Object
	if c.RunnerUp.Score != 0 {
		text += scoreText(c.RunnerUp)
	}
	if c.Margin > 0 {
		text += fmt.Sprintf(", %d less", c.Margin)
	}
	return text + afterColon(c.RunnerUp.Message)
}

func (w *textWriter) writeOthers(depth int, all []Candidate) {
	if len(all) == 0 {
		return
	}
	if w.All {
		for i := range all {
			w.writeLine(depth, onFirstLine(i, "also fit"), chosenText(&all[i]))
		}
		return
	}
	var names []string
	for i := range all {
		names = append(names, all[i].Object)
	}
	w.writeNames(depth, "also fit", names)
}

// writeRejected writes each rule with the candidates that it rejected. Some candidates of the first
// rule are shown with the message, because they were the closest.
func (w *textWriter) writeRejected(depth int, groups []Group) {
	if len(groups) == 0 {
		return
	}
	total := 0
	for _, group := range groups {
		total += group.Count
	}
	w.writeLine(depth, "rejected", fmt.Sprintf("%d, by the first rule that each broke", total))
	for i, group := range groups {
		shown := 0
		if i == 0 {
			shown = min(closeShown, group.Count)
		}
		w.writeGroup(depth+1, group, shown)
	}
}

// writeGroup writes the candidates that one rule rejected: the first ones with their messages, the
// others by name.
func (w *textWriter) writeGroup(depth int, group Group, shown int) {
	head := fmt.Sprintf("%s %d", group.Reason, group.Count)
	if w.All {
		shown = group.Count
	}
	if shown > 0 {
		w.writeLine(depth, "", head)
		head = ""
		for _, candidate := range group.Candidates[:shown] {
			w.writeLine(depth+1, "", candidate.Object+afterColon(candidate.Message))
		}
		depth++
	}
	var names []string
	for _, candidate := range group.Candidates[shown:] {
		names = append(names, nameOf(candidate.Object))
	}
	if len(names) > 0 {
		names[0] = withSuffix(head, ": ") + names[0]
		w.writeNamesInOneLine(depth, names)
	}
}

// afterColon puts a colon before a string that is not empty.
func afterColon(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

// withSuffix puts a separator after a string that is not empty.
func withSuffix(text, separator string) string {
	if text == "" {
		return ""
	}
	return text + separator
}
