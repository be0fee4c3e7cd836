package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/cmd/isvc/printable"
	"github.com/isvc-io/isvc/sync/capacity"
)

// transitionsShown are how many changes are shown without All.
const transitionsShown = 3

// readyIsNotKnown is said of a service of which the input shows no object.
const readyIsNotKnown = "not known: the input shows no object of the service; what follows is what it becomes"

// writeState writes what counts first: ready or not, since when, why, what to do.
func (w *textWriter) writeState(s *State) {
	if s == nil {
		return
	}
	if !s.Deployed {
		w.writeWhole("ready", readyIsNotKnown)
		w.writeParts(s)
		return
	}
	w.writeReady(s)
	w.writeStage("canary", s.Canary)
	w.writeParts(s)
	first := 0
	if !w.All {
		first = max(0, len(s.Transitions)-transitionsShown)
	}
	for i, t := range s.Transitions[first:] {
		status := string(t.Status)
		if status == "" {
			status = "gone"
		}
		w.writeLine(0, onFirstLine(i, "changes"), strings.TrimSpace(fmt.Sprintf(
			"%s %s %s %s%s", t.Time.UTC().Format(time.RFC3339), t.Type, status, t.Reason, afterColon(t.Message))))
	}
}

func (w *textWriter) writeReady(s *State) {
	if s.Ready == string(corev1.ConditionTrue) {
		text := "yes" + sinceWhen(s.Since)
		if s.Summary.Reason != "" {
			text += ", " + s.Summary.Reason + afterColon(fixOf(s.Summary.Reason))
		}
		w.writeWhole("ready", text)
		if s.Update != "" {
			w.writeAlert("update", s.Update)
		}
		return
	}
	words := map[string]string{string(corev1.ConditionFalse): "no"}[s.Ready]
	if words == "" {
		words = "not yet"
	}
	words += sinceWhen(s.Since)
	if s.Part != "" {
		words += ", the " + s.Part
	}
	w.writeAlert("ready", words+": "+s.Reason+afterColon(s.Message))
	if s.Pod != nil {
		w.writeAlert("pod", s.Pod.Name+": "+s.Pod.Message)
	}
	if s.Next != "" {
		w.writeWhole("next", s.Next)
	}
	if s.Serving != nil {
		answer := "no"
		if s.Serving.Status == string(corev1.ConditionTrue) {
			answer = "yes"
		}
		w.writeWhole("serving", answer+sinceWhen(s.Serving.Since)+afterColon(s.Serving.Message))
	}
}

// sinceWhen is " since 2026-01-01T00:00:00Z"; empty without a time.
func sinceWhen(at string) string {
	if at == "" {
		return ""
	}
	return " since " + at
}

func (w *textWriter) writeStage(label string, s *Stage) {
	if s == nil {
		return
	}
	w.writeWhole(label, s.Reason+sinceWhen(s.Since)+afterColon(s.Message))
	if s.Next != "" {
		w.writeWhole("next", s.Next)
	}
}

// writeParts writes how each component runs, and what all ask for.
func (w *textWriter) writeParts(s *State) {
	total := capacity.Usage{}
	parts := s.composedParts()
	for i, part := range parts {
		total = total.Plus(capacity.Usage{Pods: part.Pods, Accelerators: part.Accelerators})
		w.writeWhole(onFirstLine(i, "replicas"), part.inWords())
	}
	if len(parts) > 1 {
		w.writeWhole("together", capacity.InWords(total.Pods, total.Counts()))
	}
}

// composedParts are the components whose mode is known: nothing is known of the others.
func (s *State) composedParts() []Part {
	return slices.DeleteFunc(slices.Clone(s.Parts), func(p Part) bool { return p.Mode == "" })
}

// inWords is, for example, "engine RawDeployment: 0 of 2 ready, 2 pods, 2 nvidia.com/gpu".
func (p *Part) inWords() string {
	return fmt.Sprintf("%s %s: %d of %d ready, %s", p.Type, p.Mode, p.ReadyReplicas, p.DesiredReplicas, capacity.InWords(p.Pods, p.Accelerators))
}

// writeWhole writes a string that is never cut.
func (w *textWriter) writeWhole(label, text string) {
	w.writeLines(0, label, bold, printable.WrapWords(printable.Line(text), w.Width-columnOfDepth(0)))
}
