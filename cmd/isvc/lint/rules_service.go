package lint

import (
	"slices"

	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/inject"
	"github.com/isvc-io/isvc/sync"
)

// ignoring are the reasons of notes about something that has no effect.
func ignoring() []string {
	return []string{
		modes.ReasonFieldIgnored, modes.ReasonMetricIgnored, modes.ReasonTargetIgnored,
		modes.ReasonBudgetIgnored, inject.ReasonSkipped,
	}
}

func fieldIgnored(s *subject, found report) {
	for _, note := range s.response.Notes {
		if slices.Contains(ignoring(), note.Reason) {
			found(s.object(), "", "%s", note.Message)
		}
	}
}

func unknownField(s *subject, found report) {
	for _, note := range s.response.Notes {
		if note.Reason == sync.ReasonUnknownField {
			found(s.object(), "", "%s", note.Message)
		}
	}
}

func otherFinding(s *subject, found report) {
	for _, note := range s.response.Notes {
		if note.Reason != sync.ReasonUnknownField && !slices.Contains(ignoring(), note.Reason) {
			found(s.object(), "", "%s: %s", note.Reason, note.Message)
		}
	}
}

func unresolved(s *subject, found report) {
	if held := s.response.Hold; held != nil {
		found(s.object(), "", "%s: %s", held.Reason, held.Message)
	}
	for _, part := range s.response.Partial {
		found(s.object(), part.Subject, "%s: %s", part.Reason, part.Message)
	}
}
