// Package prommetrics counts what the hooks do for Prometheus.
//
// A series is bounded whatever a caller sends: codes and reasons are constants of the program,
// kinds that it does not make itself count as "other", and no label has a name, a namespace or a
// string of a user.
package prommetrics

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/hook"
)

// other is the label of what is not known.
const other = "other"

// maxReasons bounds the values of the label reason. The program has fewer.
const maxReasons = 100

// Build describes the program.
type Build struct {
	Version, Commit, GoVersion string
}

// Metrics counts calls. It implements hook.Metrics.
type Metrics struct {
	registry *prometheus.Registry

	requests      *prometheus.CounterVec
	duration      *prometheus.HistogramVec
	requestBytes  *prometheus.HistogramVec
	responseBytes *prometheus.HistogramVec
	children      *prometheus.CounterVec
	holds         *prometheus.CounterVec
	heldUpdates   *prometheus.CounterVec
	invalid       prometheus.Counter
	panics        prometheus.Counter
	differed      prometheus.Counter
	reloads       prometheus.Counter

	kinds   kinds.Set
	reasons bounded
}

var _ hook.Metrics = (*Metrics)(nil)

// New returns metrics with everything at zero, beside those of the Go runtime and the process.
func New(build Build) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: newCounters("isvc_hook_requests_total", "Calls of the hooks by HTTP status.", "code", "hook"),
		duration: newHistograms("isvc_hook_request_duration_seconds", "Time from the headers of a call to the end of its answer.",
			durationBuckets()),
		requestBytes:  newHistograms("isvc_hook_request_bytes", "Size of the bodies of calls.", byteBuckets()),
		responseBytes: newHistograms("isvc_hook_response_bytes", "Size of the bodies of answers.", byteBuckets()),
		children:      newCounters("isvc_children_returned_total", "Children in answers with status 200, by kind.", "kind"),
		holds: newCounters("isvc_holds_total",
			"Services, or parts of one, whose children stayed as last applied because they could not be computed, by reason.", "reason"),
		heldUpdates: newCounters("isvc_held_updates_total",
			"Answers about services with pods that keep their template although another one was computed, by reason.", "reason"),
		invalid: newCounter("isvc_invalid_responses_total",
			"Answers that Metacontroller could not have applied without harm and that were not sent."),
		panics:   newCounter("isvc_panics_total", "Panics that were recovered."),
		differed: newCounter("isvc_nondeterminism_total", "Sampled calls of which a second computation gave another answer."),
		reloads: newCounter("isvc_config_reload_failures_total",
			"Attempts to load a changed configuration that failed, so that the last good one stayed in force."),
		kinds: kinds.All(), reasons: bounded{limit: maxReasons},
	}
	m.registry.MustRegister(
		m.requests, m.duration, m.requestBytes, m.responseBytes, m.children, m.holds, m.heldUpdates, m.invalid, m.panics, m.differed, m.reloads,
		buildInfo(build), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func newCounter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
}

func newCounters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func newHistograms(name, help string, buckets []float64) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, []string{"hook"})
}

func buildInfo(build Build) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "isvc_build_info", Help: "The program that runs; the value is always 1.",
		ConstLabels: prometheus.Labels{
			"commit": legalLabel(build.Commit), "goversion": legalLabel(build.GoVersion), "version": legalLabel(build.Version),
		},
	}, func() float64 { return 1 })
}

// legalLabel makes a string one that a label may have.
func legalLabel(value string) string { return strings.ToValidUTF8(value, "?") }

// durationBuckets are in seconds. A call takes milliseconds and Metacontroller waits ten seconds.
func durationBuckets() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
}

// byteBuckets end at the default limit of a request.
func byteBuckets() []float64 {
	return []float64{1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 2 << 20, 4 << 20, 8 << 20, 16 << 20, 32 << 20}
}

// CountCall implements hook.Metrics.
func (m *Metrics) CountCall(name string, code int, took time.Duration, requestBytes, responseBytes int) {
	m.requests.WithLabelValues(strconv.Itoa(code), name).Inc()
	m.duration.WithLabelValues(name).Observe(took.Seconds())
	m.requestBytes.WithLabelValues(name).Observe(float64(requestBytes))
	m.responseBytes.WithLabelValues(name).Observe(float64(responseBytes))
}

// CountChild implements hook.Metrics. A child that is held is repeated whatever its kind, so the
// kind may be one that a caller made up.
func (m *Metrics) CountChild(kind kinds.Kind) {
	if !m.kinds.Has(kind) {
		kind = other
	}
	m.children.WithLabelValues(string(kind)).Inc()
}

// CountHold implements hook.Metrics.
func (m *Metrics) CountHold(reason string) {
	m.holds.WithLabelValues(m.reasons.boundedLabel(legalLabel(reason))).Inc()
}

// CountHeldUpdate implements hook.Metrics. It is a counter and no gauge of services: a server does
// not know whether another one answered last for a service. The condition UpdateAvailable is the exact
// state.
func (m *Metrics) CountHeldUpdate(reason string) {
	m.heldUpdates.WithLabelValues(m.reasons.boundedLabel(legalLabel(reason))).Inc()
}

// CountInvalidResponse implements hook.Metrics.
func (m *Metrics) CountInvalidResponse() { m.invalid.Inc() }

// CountPanic implements hook.Metrics.
func (m *Metrics) CountPanic(string) { m.panics.Inc() }

// CountDifference implements hook.Metrics.
func (m *Metrics) CountDifference() { m.differed.Inc() }

// ConfigReloadFailed counts a configuration that could not be taken over.
func (m *Metrics) ConfigReloadFailed() { m.reloads.Inc() }

// Handler is the page that Prometheus reads.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// bounded keeps a label from having ever more values.
type bounded struct {
	limit int
	mutex sync.Mutex
	known map[string]bool
}

// boundedLabel returns the value itself as long as there are few, "other" after that.
func (b *bounded) boundedLabel(value string) string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch {
	case b.known[value]:
		return value
	case len(b.known) >= b.limit:
		return other
	case b.known == nil:
		b.known = map[string]bool{}
	}
	b.known[value] = true
	return value
}
