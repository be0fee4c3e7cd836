package hook

import (
	"time"

	"github.com/isvc-io/isvc/api/kinds"
)

// Metrics receives what the hooks did. Its methods are called concurrently.
type Metrics interface {
	// Called counts one call of a hook, with the sizes of both bodies in bytes.
	Called(hook string, code int, took time.Duration, requestBytes, responseBytes int)
	// Returned counts a child of an answer with status 200.
	Returned(kind kinds.Kind)
	// Held counts a service, or a part of one, whose children were kept instead
	// of computed.
	Held(reason string)
	// Invalid counts a response that broke a rule and was not sent.
	Invalid()
	// Panicked counts a panic that was recovered.
	Panicked(hook string)
	// Differed counts a request that was answered twice, and differently.
	Differed()
}

// noMetrics counts nothing.
type noMetrics struct{}

func (noMetrics) Called(string, int, time.Duration, int, int) {}
func (noMetrics) Returned(kinds.Kind)                         {}
func (noMetrics) Held(string)                                 {}
func (noMetrics) Invalid()                                    {}
func (noMetrics) Panicked(string)                             {}
func (noMetrics) Differed()                                   {}
