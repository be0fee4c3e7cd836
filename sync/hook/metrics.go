package hook

import (
	"time"

	"github.com/isvc-io/isvc/api/kinds"
)

// Metrics receives what the hooks did. Its methods are called concurrently.
type Metrics interface {
	// CountCall counts one call of a hook, with the sizes of both bodies in bytes.
	CountCall(hook string, code int, took time.Duration, requestBytes, responseBytes int)
	// CountChild counts a child of an answer with status 200.
	CountChild(kind kinds.Kind)
	// CountHold counts a service, or a part of one, whose children were kept instead
	// of computed.
	CountHold(reason string)
	// CountHeldUpdate counts a service with pods that keep their template although
	// another one was computed, once for each reason in an answer.
	CountHeldUpdate(reason string)
	// CountInvalidResponse counts a response that broke a rule and was not sent.
	CountInvalidResponse()
	// CountPanic counts a panic that was recovered.
	CountPanic(hook string)
	// CountDifference counts a request that was answered twice, and differently.
	CountDifference()
}

// noMetrics counts nothing.
type noMetrics struct{}

func (noMetrics) CountCall(string, int, time.Duration, int, int) {}
func (noMetrics) CountChild(kinds.Kind)                          {}
func (noMetrics) CountHold(string)                               {}
func (noMetrics) CountHeldUpdate(string)                         {}
func (noMetrics) CountInvalidResponse()                          {}
func (noMetrics) CountPanic(string)                              {}
func (noMetrics) CountDifference()                               {}
