package main

import (
	"net/http"

	"github.com/isvc-io/isvc/sync/hook"
)

// newMetrics returns what counts calls and the page that shows the counts.
func newMetrics() (hook.Metrics, http.Handler) { return nil, nil }
