package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/capacity"
	"github.com/isvc-io/isvc/sync/effect"
)

// maxMissing is how many lines say what could not be read.
const maxMissing = 10

// whatIsMissing are the lines that say that the plan is incomplete, and why; none where all could be read.
func (r *Report) whatIsMissing() []string {
	var lines []string
	for i, problem := range r.Incomplete {
		if i == maxMissing {
			return append(lines, fmt.Sprintf("incomplete: %d more could not be read", len(r.Incomplete)-i))
		}
		lines = append(lines, "incomplete: "+problem)
	}
	return lines
}

// SummaryLine is the plan in one line.
func (r *Report) SummaryLine() string {
	s := &r.Summary
	sentences := []string{s.changeInWords()}
	if s.Restarts.Services > 0 {
		sentences = append(sentences, fmt.Sprintf("%s: %s%s", countOf(s.Restarts.Services, "service restarts", "services restart"),
			capacity.InWords(s.Restarts.Pods, s.Restarts.Accelerators), extraInWords(s.Accelerators, "they roll")))
	}
	if s.Waiting.Services > 0 {
		text := countOf(s.Waiting.Services, "service waits for a release", "services wait for a release")
		if s.Waiting.Pods > 0 {
			text += ": " + capacity.InWords(s.Waiting.Pods, s.Waiting.Accelerators)
		}
		sentences = append(sentences, text)
	}
	if s.Unresolved > 0 {
		sentences = append(sentences, countOf(s.Unresolved, "service cannot be resolved", "services cannot be resolved"))
	}
	return strings.Join(sentences, ". ") + "."
}

// changeInWords says how many services change, and how.
func (s *Summary) changeInWords() string {
	if s.Changed == 0 {
		return fmt.Sprintf("None of %s changes", countOf(s.Services, "service", "services"))
	}
	text := fmt.Sprintf("%d of %s %s", s.Changed, countOf(s.Services, "service", "services"), oneOrMore(s.Changed, "changes", "change"))
	var effects []string
	for does := effect.Delete; does > effect.None; does-- {
		if n := s.Effects[does.String()]; n > 0 {
			effects = append(effects, fmt.Sprintf("%d %s", n, does))
		}
	}
	if s.NewlyWaiting > 0 {
		effects = append(effects, countOf(s.NewlyWaiting, "begins to wait", "begin to wait"))
	}
	if len(effects) > 0 {
		text += ": " + strings.Join(effects, ", ")
	}
	var existence []string
	if s.Added > 0 {
		existence = append(existence, countOf(s.Added, "is new", "are new"))
	}
	if s.Deleted > 0 {
		existence = append(existence, countOf(s.Deleted, "is deleted", "are deleted"))
	}
	if len(existence) > 0 {
		text += " (" + strings.Join(existence, ", ") + ")"
	}
	return text
}

// extraInWords says how many accelerators more are needed while pods are replaced than before and
// after; empty for none.
func extraInWords(amounts map[string]Amount, while string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(amounts)) {
		amount := amounts[name]
		if extra := amount.Peak - max(amount.Before, amount.After); extra > 0 {
			parts = append(parts, capacity.AcceleratorsInWords(extra, name))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("; %s more while %s", strings.Join(parts, ", "), while)
}

// headline is a changed service in one line, without its name.
func (s *Service) headline() string {
	parts := []string{s.inOneWord()}
	if s.Restarts != nil && (s.Restarts.Pods > 0) {
		parts = append(parts, capacity.InWords(s.Restarts.Pods, s.Restarts.Accelerators))
	} else if s.Pods.Before != s.Pods.After {
		parts = append(parts, fmt.Sprintf("%d to %s", s.Pods.Before, countOf(s.Pods.After, "pod", "pods")))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Accelerators)) {
		if amount := s.Accelerators[name]; amount.Before != amount.After {
			parts = append(parts, fmt.Sprintf("%d to %s", amount.Before, capacity.AcceleratorsInWords(amount.After, name)))
		}
	}
	return strings.Join(parts, ", ") + extraInWords(s.Accelerators, "it rolls")
}

// inOneWord is what happens to a service in a word or a few.
func (s *Service) inOneWord() string {
	switch {
	case s.Edit == Added:
		return "new service"
	case s.Edit == Removed:
		return "deleted"
	case s.Effect <= effect.Metadata && !s.Unnoticed && len(s.newlyWaiting()) > 0:
		return "nothing until it is released"
	case s.Effect > effect.None || s.Unnoticed:
		return effectInWords(s.Effect, s.Unnoticed)
	case s.isUnresolvedAfter():
		return "its objects stay as they are"
	}
	return "no object changes"
}

// totals are pods and accelerators of all services before and after the edit, and at most in between; none
// where nothing changes.
func (r *Report) totals() (rows [][]string) {
	if r.Summary.Changed == 0 {
		return nil
	}
	add := func(name string, amount Amount) {
		rows = append(rows, []string{name, fmt.Sprint(amount.Before), fmt.Sprint(amount.After), fmt.Sprint(amount.Peak)})
	}
	rows = [][]string{{"", "before", "after", "at most"}}
	add("pods", r.Summary.Pods)
	for _, name := range slices.Sorted(maps.Keys(r.Summary.Accelerators)) {
		words := name
		if name == capacity.ClaimsOfDevices {
			words = "claims of devices"
		}
		add(words, r.Summary.Accelerators[name])
	}
	return rows
}

// inWords says that a component of a service waits, and how it is released.
func (w *Waiting) inWords(of *Service) string {
	text := w.Component + " waits for a release"
	if !w.New {
		text += ", as before"
	}
	if len(w.Children) == 0 {
		return fmt.Sprintf("%s: %s: %s", text, w.Reason, w.Message)
	}
	command := "isvc release " + of.Name
	if of.Namespace != "" {
		command += " -n " + of.Namespace
	}
	return fmt.Sprintf("%s (%s): %s", text, w.Reason, command)
}

// shownChildren are the objects that are worth a row.
func (w *Waiting) shownChildren() []*Child {
	var shown, quiet []*Child
	for i := range w.Children {
		if c := &w.Children[i]; c.isQuiet() {
			quiet = append(quiet, c)
		} else {
			shown = append(shown, c)
		}
	}
	if len(shown) == 0 {
		return quiet
	}
	return shown
}

// whenReleased says what a release does to an object: "rolling, 2 pods, 16 nvidia.com/gpu (surge 1)".
func (c *Child) whenReleased() string {
	text := effectInWords(c.Effect, c.Unnoticed)
	if c.Edit == Added {
		text = "new"
	}
	if c.Restarts != nil {
		text += ", " + capacity.InWords(c.Restarts.Pods, c.Restarts.Accelerators)
	}
	if c.Rollout != "" {
		text += " (" + c.Rollout + ")"
	}
	return text
}

// inWords is what a cause does to a service.
func (s *AffectedService) inWords() string {
	switch {
	case s.Waits && s.Effect <= effect.Metadata && !s.Unnoticed:
		return "waits"
	case s.Effect > effect.None || s.Unnoticed:
		return effectInWords(s.Effect, s.Unnoticed)
	case s.Unresolved:
		return "unresolved"
	}
	return effect.None.String()
}

// byWords groups the services of a cause by what it does to them, the worst effect first.
func byWords(services []AffectedService) (words []string, names map[string][]string) {
	sorted := slices.Clone(services)
	slices.SortStableFunc(sorted, func(a, b AffectedService) int { return int(b.Effect) - int(a.Effect) })
	names = map[string][]string{}
	for i := range sorted {
		word := sorted[i].inWords()
		if names[word] == nil {
			words = append(words, word)
		}
		names[word] = append(names[word], sorted[i].Namespace+"/"+sorted[i].Name)
	}
	return words, names
}

// effectInWords is the word for an effect, as effect.OfChild words it.
func effectInWords(does effect.Effect, unnoticed bool) string {
	return effect.OfChild{Effect: does, Unnoticed: unnoticed}.String()
}

// inWords names a cause, and says that it came or went: "because of ClusterServingRuntime vllm-h100".
func (c *Cause) inWords() string {
	if c.Edit == Changed {
		return "because of " + c.title()
	}
	return fmt.Sprintf("because %s is %s%s", c.title(), c.Edit, placeInFile(c.File, c.Line))
}

// kindAndName names an object of a service: "Deployment chat-engine".
func (c *Child) kindAndName() string { return kindAndNameOf(kindOf(*c), c.Name) }

// kindAndNameOf names an object. Two kinds are called Service.
func kindAndNameOf(kind kinds.Kind, name string) string {
	if kind == kinds.KnativeService {
		return "Knative Service " + name
	}
	word, _ := kind.NameAndVersion()
	return word + " " + name
}

// title names a cause: "ClusterServingRuntime vllm-h100".
func (c *Cause) title() string {
	name := c.Name
	if c.Namespace != "" {
		name = c.Namespace + "/" + c.Name
	}
	return strings.TrimSpace(c.Kind + " " + name)
}

func countOf(n any, one, more string) string {
	text := fmt.Sprint(n)
	if text == "1" {
		return "1 " + one
	}
	return text + " " + more
}

func oneOrMore(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// placeInFile is where a field or object is: " (catalogue/vllm.yaml:31)".
func placeInFile(file string, line int) string {
	switch {
	case file == "":
		return ""
	case line == 0:
		return " (" + file + ")"
	}
	return fmt.Sprintf(" (%s:%d)", file, line)
}
