package lint

import (
	"slices"

	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/inject"
	"github.com/isvc-io/isvc/sync"
)

// ignoringReasons returns the reasons of notes about something that has no effect.
func ignoringReasons() []string {
	return []string{
		modes.ReasonFieldIgnored, modes.ReasonMetricIgnored, modes.ReasonTargetIgnored,
		modes.ReasonBudgetIgnored, inject.ReasonSkipped,
	}
}

func fieldIgnored(s *subject, found report) {
	for _, note := range s.response.Notes {
		if slices.Contains(ignoringReasons(), note.Reason) {
			found(s.serviceObject(), "", "%s", note.Message)
		}
	}
}

func unknownField(s *subject, found report) {
	for _, note := range s.response.Notes {
		if note.Reason == sync.ReasonUnknownField {
			found(s.serviceObject(), "", "%s", note.Message)
		}
	}
}

func otherFinding(s *subject, found report) {
	for _, note := range s.response.Notes {
		if note.Reason != sync.ReasonUnknownField && !slices.Contains(ignoringReasons(), note.Reason) {
			found(s.serviceObject(), "", "%s: %s", note.Reason, note.Message)
		}
	}
}

func serviceUnresolved(s *subject, found report) {
	if held := s.response.Hold; held != nil {
		found(s.serviceObject(), "", "%s: %s", held.Reason, held.Message)
	}
	for _, part := range s.response.Partial {
		found(s.serviceObject(), part.Subject, "%s: %s", part.Reason, part.Message)
	}
}
