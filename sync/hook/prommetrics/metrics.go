// Package prommetrics counts what the hooks do for Prometheus.
//
// A series is bounded whatever a caller sends: codes and reasons are constants
// of the program, kinds that it does not make itself count as "other", and no
// label has a name, a namespace or a text of a user.
package prommetrics

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"

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
	families []*family

	requests      *family
	duration      *family
	requestBytes  *family
	responseBytes *family
	children      *family
	holds         *family
	invalid       *family
	panics        *family
	differed      *family
	reloads       *family

	kinds   kinds.Set
	reasons bounded
}

var _ hook.Metrics = (*Metrics)(nil)

// New returns metrics with everything at zero, beside those of the Go runtime
// and the process.
func New(build Build) *Metrics {
	m := &Metrics{kinds: kinds.All(), reasons: bounded{limit: maxReasons}}
	info := m.family("isvc_build_info", "gauge", "The program that runs; the value is always 1.")
	m.register()
	info.set.NewGauge(info.series("commit", build.Commit, "goversion", build.GoVersion, "version", build.Version), nil).Set(1)
	return m
}

// register makes the families, in the order of the page.
func (m *Metrics) register() {
	m.children = m.family("isvc_children_returned_total", "counter", "Children in answers with status 200, by kind.")
	m.reloads = m.family("isvc_config_reload_failures_total", "counter",
		"Attempts to load a changed configuration that failed, so that the last good one stayed in force.")
	m.holds = m.family("isvc_holds_total", "counter",
		"Services, or parts of one, whose children stayed as last applied because they could not be computed, by reason.")
	m.requestBytes = m.family("isvc_hook_request_bytes", "histogram", "Size of the bodies of calls.")
	m.duration = m.family("isvc_hook_request_duration_seconds", "histogram", "Time from the headers of a call to the end of its answer.")
	m.requests = m.family("isvc_hook_requests_total", "counter", "Calls of the hooks by HTTP status.")
	m.responseBytes = m.family("isvc_hook_response_bytes", "histogram", "Size of the bodies of answers.")
	m.invalid = m.family("isvc_invalid_responses_total", "counter", "Answers that Metacontroller could not have applied without harm and that were not sent.")
	m.differed = m.family("isvc_nondeterminism_total", "counter", "Sampled calls of which a second computation gave another answer.")
	m.panics = m.family("isvc_panics_total", "counter", "Panics that were recovered.")
	for _, unlabelled := range []*family{m.reloads, m.invalid, m.differed, m.panics} {
		unlabelled.counter()
	}
}

// durationBuckets are in seconds. A call takes milliseconds and Metacontroller
// waits ten seconds.
func durationBuckets() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
}

// byteBuckets end at the default limit of a request.
func byteBuckets() []float64 {
	return []float64{1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 2 << 20, 4 << 20, 8 << 20, 16 << 20, 32 << 20}
}

// family are the series of one name.
type family struct {
	name, kind, help string
	set              *metrics.Set
}

func (m *Metrics) family(name, kind, help string) *family {
	f := &family{name: name, kind: kind, help: help, set: metrics.NewSet()}
	m.families = append(m.families, f)
	return f
}

// series is the name with labels, which come as names and values.
func (f *family) series(labels ...string) string {
	if len(labels) == 0 {
		return f.name
	}
	var out strings.Builder
	out.WriteString(f.name)
	for i := 0; i < len(labels); i += 2 {
		separator := byte(',')
		if i == 0 {
			separator = '{'
		}
		out.WriteByte(separator)
		out.WriteString(labels[i] + `="` + escape.Replace(strings.ToValidUTF8(labels[i+1], "?")) + `"`)
	}
	out.WriteByte('}')
	return out.String()
}

// escape writes a value of a label as Prometheus reads it.
var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func (f *family) counter(labels ...string) *metrics.Counter {
	return f.set.GetOrCreateCounter(f.series(labels...))
}

func (f *family) histogram(buckets []float64, labels ...string) *metrics.PrometheusHistogram {
	return f.set.GetOrCreatePrometheusHistogramExt(f.series(labels...), buckets)
}

// Called implements hook.Metrics.
func (m *Metrics) Called(hook string, code int, took time.Duration, requestBytes, responseBytes int) {
	m.requests.counter("code", strconv.Itoa(code), "hook", hook).Inc()
	m.duration.histogram(durationBuckets(), "hook", hook).Update(took.Seconds())
	m.requestBytes.histogram(byteBuckets(), "hook", hook).Update(float64(requestBytes))
	m.responseBytes.histogram(byteBuckets(), "hook", hook).Update(float64(responseBytes))
}

// Returned implements hook.Metrics. A child that is held is repeated whatever
// its kind, so the kind may be one that a caller made up.
func (m *Metrics) Returned(kind kinds.Kind) {
	if !m.kinds.Has(kind) {
		kind = other
	}
	m.children.counter("kind", string(kind)).Inc()
}

// Held implements hook.Metrics.
func (m *Metrics) Held(reason string) { m.holds.counter("reason", m.reasons.label(reason)).Inc() }

// Invalid implements hook.Metrics.
func (m *Metrics) Invalid() { m.invalid.counter().Inc() }

// Panicked implements hook.Metrics.
func (m *Metrics) Panicked(string) { m.panics.counter().Inc() }

// Differed implements hook.Metrics.
func (m *Metrics) Differed() { m.differed.counter().Inc() }

// ConfigReloadFailed counts a configuration that could not be taken over.
func (m *Metrics) ConfigReloadFailed() { m.reloads.counter().Inc() }

// Handler is the page that Prometheus reads, in its text format. Families
// without series are left out.
func (m *Metrics) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = w.Write(m.page()) // a reader that is gone needs no page
	})
}

func (m *Metrics) page() []byte {
	var page bytes.Buffer
	for _, f := range m.families {
		if len(f.set.ListMetricNames()) > 0 {
			page.WriteString("# HELP " + f.name + " " + f.help + "\n# TYPE " + f.name + " " + f.kind + "\n")
			f.set.WritePrometheus(&page)
		}
	}
	metrics.WriteGoMetrics(&page)
	metrics.WriteProcMetrics(&page)
	metrics.WriteFDMetrics(&page)
	return page.Bytes()
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
