package plan

import (
	"fmt"
	"strings"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/effect"
)

// DiffText writes a Diff for people: the summary in one line, and each service with its objects that
// differ.
func DiffText(d *Diff, options TextOptions) string {
	w := newTextWriter(options)
	w.write(0, bold, d.SummaryLine())
	for i := range d.Services {
		w.writeServiceDiff(&d.Services[i])
	}
	return w.out.String()
}

// SummaryLine is the difference in one line.
func (d *Diff) SummaryLine() string {
	s := &d.Summary
	var sentences []string
	if s.Changed > 0 {
		sentences = append(sentences, fmt.Sprintf("isvc wants to change %d of %s", s.Changed, countOf(s.Services, "service", "services")))
	}
	if s.Drifted > 0 {
		sentences = append(sentences, "others have changed objects of "+countOf(s.Drifted, "service", "services"))
	}
	if len(sentences) == 0 {
		sentences = []string{fmt.Sprintf("the cluster holds what is desired of %s", countOf(s.Services-s.Unresolved, "service", "services"))}
	}
	if s.Effect > effect.None {
		sentences = append(sentences, "the worst effect is "+s.Effect.String())
	}
	if s.Unresolved > 0 {
		sentences = append(sentences, countOf(s.Unresolved, "service cannot be resolved", "services cannot be resolved"))
	}
	return strings.Join(sentences, "; ") + "."
}

func (w *textWriter) writeServiceDiff(s *ServiceDiff) {
	if len(s.Problems)+len(s.Waiting)+len(s.Children) == 0 {
		return
	}
	w.out.WriteByte('\n')
	headline := effectInWords(s.Effect, s.Unnoticed)
	switch {
	case len(s.Children) > 0:
	case len(s.Problems) > 0:
		headline = "its objects stay as they are"
	default:
		headline = "no difference"
	}
	w.write(0, bold, s.Namespace+"/"+s.Name+": "+headline)
	for _, problem := range s.Problems {
		w.write(1, red, Problem{When: after, Subject: problem.Subject, Reason: problem.Reason, Message: problem.Message}.inWords())
	}
	for _, waiting := range s.Waiting {
		w.write(1, yellow, fmt.Sprintf("%s: waits for a release: %s: %s", waiting.Subject, waiting.Reason, waiting.Message))
	}
	if names := s.newObjects(); len(names) > 0 && len(names) == len(s.Children) && !w.Full {
		w.writeNames("is made", names)
		return
	}
	for i := range s.Children {
		w.writeChildDiff(&s.Children[i])
	}
}

// newObjects are the names of the objects that do not exist yet.
func (s *ServiceDiff) newObjects() []string {
	var names []string
	for i := range s.Children {
		if s.Children[i].Edit == Added {
			names = append(names, s.Children[i].kindAndName())
		}
	}
	return names
}

// kindAndName names the object: "Deployment chat-engine".
func (c *ChildDiff) kindAndName() string {
	return kindAndNameOf(kinds.New(c.Kind, c.APIVersion), c.Name)
}

func (w *textWriter) writeChildDiff(c *ChildDiff) {
	w.writeLabelled(effectInWords(c.Effect, c.Unnoticed), c.kindAndName()+map[string]string{
		Added: ", is made", Removed: ", is deleted", "": "",
	}[c.Edit])
	for _, change := range w.shownOf(c.Changes) {
		w.writeLabelled("", "  "+change.Path)
		w.writeValues(9, change.Before, change.After)
	}
	for i, drift := range c.Drift {
		if i == maxFields && !w.Full && len(c.Drift) > maxFields+1 {
			w.writeLabelled("", fmt.Sprintf("  and %d more fields", len(c.Drift)-i))
			return
		}
		by := "others"
		if len(drift.Managers) > 0 {
			by = strings.Join(drift.Managers, ", ")
		}
		w.writeLabelled("", fmt.Sprintf("  %s, changed by %s: is put back", drift.Path, by))
		w.writeValues(9, drift.Before, drift.After)
	}
}

// shownOf are the changes that are worth a line: without metadata where anything else changes.
func (w *textWriter) shownOf(all []effect.Change) []effect.Change {
	if w.Full {
		return all
	}
	shown := (&Child{Effect: worstOf(all), Changes: all}).shownChanges()
	return shown[:min(len(shown), maxFields)]
}

func worstOf(all []effect.Change) effect.Effect {
	worst := effect.None
	for _, change := range all {
		worst = max(worst, change.Effect)
	}
	return worst
}
