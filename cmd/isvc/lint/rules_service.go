package lint

import "github.com/isvc-io/isvc/sync/resolve"

func serviceUnresolved(s *subject, found report) {
	if held := s.response.Hold; held != nil && held.Reason != resolve.ModelMetadataMissing {
		found(s.serviceObject(), "", "%s: %s", held.Reason, held.Message)
	}
	for _, part := range s.response.Partial {
		found(s.serviceObject(), part.Subject, "%s: %s", part.Reason, part.Message)
	}
}

// metadataPending reports what waits for a model agent: the service as a whole, or a comparison.
func metadataPending(s *subject, found report) {
	if held := s.response.Hold; held != nil && held.Reason == resolve.ModelMetadataMissing {
		found(s.serviceObject(), "", "%s: %s", held.Reason, held.Message)
	}
	findingsWith(resolve.ModelMetadataMissing)(s, found)
}

func updateHeld(s *subject, found report) {
	for _, held := range s.response.Held {
		found(s.serviceObject(), held.Subject, "%s: %s", held.Reason, held.Message)
	}
}

func needsWhatAnotherNeeds(s *subject, found report) {
	for _, conflict := range s.conflicts {
		found(s.serviceObject(), "", "%s", conflict.Message)
	}
}
