package hook

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sync/atomic"

	"github.com/isvc-io/isvc/sync"
)

// Recorder keeps calls of the sync hook, so that they can be computed again
// elsewhere.
type Recorder interface {
	// RecordCall receives each call after it was computed, and whether it showed a
	// defect of this program. It may keep the request and must not change it, and
	// it must not wait: the answer is sent after it returned.
	RecordCall(request *sync.Request, showsDefect bool)
}

// noRecorder keeps nothing.
type noRecorder struct{}

func (noRecorder) RecordCall(*sync.Request, bool) {}

// sampler takes one call of many.
type sampler struct {
	every int64
	calls atomic.Int64
}

// takesThisCall reports whether this call is the one: the first, and each after every.
func (s *sampler) takesThisCall() bool {
	return s.every > 0 && (s.calls.Add(1)-1)%s.every == 0
}

// answerChanged computes a sampled request once more and reports whether the
// answer is another one. That is a defect: the first answer is sent all the same,
// because it is as good as the second.
func (h *Handler) answerChanged(request *sync.Request, parent Parent, first []byte) bool {
	if !h.sampler.takesThisCall() {
		return false
	}
	second, err := h.computeAgain(request, parent)
	if err == nil && bytes.Equal(first, second) {
		return false
	}
	h.Metrics.CountDifference()
	h.Logger.Error("the same request gave another answer", "hook", hookSync, "parent", parent.String(),
		"uid", parent.UID, "generation", parent.Generation, "resourceVersion", parent.ResourceVersion,
		"first", shortDigest(first), "second", shortDigest(second), "secondFailed", err != nil)
	return true
}

// computeAgain returns the answer to a request that was answered before.
func (h *Handler) computeAgain(request *sync.Request, parent Parent) (body []byte, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("it panicked")
		}
	}()
	response, err := h.Sync(request)
	if err != nil {
		return nil, err
	}
	if response == nil {
		return nil, errors.New("there is no response")
	}
	return encodeSync(request, parent, response)
}

// shortDigest distinguishes answers in a log without showing them.
func shortDigest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:6])
}
