package main

import "github.com/isvc-io/isvc/sync/hook/prommetrics"

// newMetrics returns metrics that are labelled with this build.
func newMetrics() *prommetrics.Metrics {
	b := thisBuild()
	return prommetrics.New(prommetrics.Build{Version: b.Version, Commit: b.Commit, GoVersion: b.GoVersion})
}
