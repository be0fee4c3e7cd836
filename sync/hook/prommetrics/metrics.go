// Package prommetrics counts what the hooks do for Prometheus.
//
// A series is bounded whatever a caller sends: codes and reasons are constants of the program, kinds
// that it does not make itself count as "other", and no label has a name, a namespace or a string of
// a user.
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
		requests: counters("isvc_hook_requests_total", "Calls of the hooks by HTTP status.", "code", "hook"),
		duration: histograms("isvc_hook_request_duration_seconds", "Time from the headers of a call to the end of its answer.",
			durationBuckets()),
		requestBytes:  histograms("isvc_hook_request_bytes", "Size of the bodies of calls.", byteBuckets()),
		responseBytes: histograms("isvc_hook_response_bytes", "Size of the bodies of answers.", byteBuckets()),
		children:      counters("isvc_children_returned_total", "Children in answers with status 200, by kind.", "kind"),
		holds: counters("isvc_holds_total",
			"Services, or parts of one, whose children stayed as last applied because they could not be computed, by reason.", "reason"),
		invalid: counter("isvc_invalid_responses_total",
			"Answers that Metacontroller could not have applied without harm and that were not sent."),
		panics:   counter("isvc_panics_total", "Panics that were recovered."),
		differed: counter("isvc_nondeterminism_total", "Sampled calls of which a second computation gave another answer."),
		reloads: counter("isvc_config_reload_failures_total",
			"Attempts to load a changed configuration that failed, so that the last good one stayed in force."),
		kinds: kinds.All(), reasons: bounded{limit: maxReasons},
	}
	m.registry.MustRegister(
		m.requests, m.duration, m.requestBytes, m.responseBytes, m.children, m.holds, m.invalid, m.panics, m.differed, m.reloads,
		buildInfo(build), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func histograms(name, help string, buckets []float64) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, []string{"hook"})
}

func buildInfo(build Build) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "isvc_build_info", Help: "The program that runs; the value is always 1.",
		ConstLabels: prometheus.Labels{
			"commit": legal(build.Commit), "goversion": legal(build.GoVersion), "version": legal(build.Version),
		},
	}, func() float64 { return 1 })
}

// legal makes a string one that a label may have.
func legal(value string) string { return strings.ToValidUTF8(value, "?") }

// durationBuckets are in seconds. A call takes milliseconds and Metacontroller waits ten seconds.
func durationBuckets() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
}

// byteBuckets end at the default limit of a request.
func byteBuckets() []float64 {
	return []float64{1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 2 << 20, 4 << 20, 8 << 20, 16 << 20, 32 << 20}
}

// Called implements hook.Metrics.
func (m *Metrics) Called(name string, code int, took time.Duration, requestBytes, responseBytes int) {
	m.requests.WithLabelValues(strconv.Itoa(code), name).Inc()
	m.duration.WithLabelValues(name).Observe(took.Seconds())
	m.requestBytes.WithLabelValues(name).Observe(float64(requestBytes))
	m.responseBytes.WithLabelValues(name).Observe(float64(responseBytes))
}

// Returned implements hook.Metrics. A child that is held is repeated whatever its kind, so the kind
// may be one that a caller made up.
func (m *Metrics) Returned(kind kinds.Kind) {
	if !m.kinds.Has(kind) {
		kind = other
	}
	m.children.WithLabelValues(string(kind)).Inc()
}

// Held implements hook.Metrics.
func (m *Metrics) Held(reason string) { m.holds.WithLabelValues(m.reasons.label(legal(reason))).Inc() }

// Invalid implements hook.Metrics.
func (m *Metrics) Invalid() { m.invalid.Inc() }

// Panicked implements hook.Metrics.
func (m *Metrics) Panicked(string) { m.panics.Inc() }

// Differed implements hook.Metrics.
func (m *Metrics) Differed() { m.differed.Inc() }

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

// label is the value itself as long as there are few, "other" after that.
func (b *bounded) label(value string) string {
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
