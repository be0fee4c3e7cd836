package prommetrics

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
)

// page is what Prometheus reads.
func page(t *testing.T, m *Metrics) string {
	t.Helper()
	recorder := httptest.NewRecorder()
	m.Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, recorder.Code)
	return recorder.Body.String()
}

// gathered is what Prometheus makes of the page.
func gathered(t *testing.T, m *Metrics) prometheus.Gatherer {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(page(t, m)))
	require.NoError(t, err)
	sorted := slices.SortedFunc(maps.Values(families), func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	return prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return sorted, nil })
}

// TestLabelsMayHoldAnything: values that are no words stay one value.
func TestLabelsMayHoldAnything(t *testing.T) {
	m := New(Build{Version: "(devel) \"x\" \\ {a=\"b\"},\n", Commit: "\x00\xff", GoVersion: "日本"})
	m.CountHold("Über \"quoted\"\n}")
	m.CountCall("sync{", 200, time.Millisecond, 1, 1)
	families, err := gathered(t, m).Gather()
	require.NoError(t, err)
	assert.NotEmpty(t, families)
}

func TestWhatHappenedIsCounted(t *testing.T) {
	m := New(Build{Version: "v1", Commit: "abc", GoVersion: "go1"})
	m.CountCall("sync", 200, 3*time.Millisecond, 2000, 5000)
	m.CountCall("sync", 200, 3*time.Millisecond, 2000, 5000)
	m.CountCall("customize", 429, time.Second, 0, 10)
	m.CountChild(kinds.Deployment)
	m.CountChild("Forged.example.com/v1")
	m.CountHold("ModelNotFound")
	m.CountHeldUpdate("UpgradeHeld")
	m.CountHeldUpdate("UpgradeHeld")
	m.CountHeldUpdate("CatalogueHeld")
	m.CountInvalidResponse()
	m.CountPanic("sync")
	m.CountDifference()
	m.ConfigReloadFailed()
	assert.NoError(t, testutil.GatherAndCompare(gathered(t, m), strings.NewReader(`
# HELP isvc_build_info The program that runs; the value is always 1.
# TYPE isvc_build_info gauge
isvc_build_info{commit="abc",goversion="go1",version="v1"} 1
# HELP isvc_children_returned_total Children in answers with status 200, by kind.
# TYPE isvc_children_returned_total counter
isvc_children_returned_total{kind="Deployment.apps/v1"} 1
isvc_children_returned_total{kind="other"} 1
# HELP isvc_config_reload_failures_total Attempts to load a changed configuration that failed, so that the last good one stayed in force.
# TYPE isvc_config_reload_failures_total counter
isvc_config_reload_failures_total 1
# HELP isvc_held_updates_total Answers about services with pods that keep their template although another one was computed, by reason.
# TYPE isvc_held_updates_total counter
isvc_held_updates_total{reason="CatalogueHeld"} 1
isvc_held_updates_total{reason="UpgradeHeld"} 2
# HELP isvc_holds_total Services, or parts of one, whose children stayed as last applied because they could not be computed, by reason.
# TYPE isvc_holds_total counter
isvc_holds_total{reason="ModelNotFound"} 1
# HELP isvc_hook_requests_total Calls of the hooks by HTTP status.
# TYPE isvc_hook_requests_total counter
isvc_hook_requests_total{code="200",hook="sync"} 2
isvc_hook_requests_total{code="429",hook="customize"} 1
# HELP isvc_invalid_responses_total Answers that Metacontroller could not have applied without harm and that were not sent.
# TYPE isvc_invalid_responses_total counter
isvc_invalid_responses_total 1
# HELP isvc_nondeterminism_total Sampled calls of which a second computation gave another answer.
# TYPE isvc_nondeterminism_total counter
isvc_nondeterminism_total 1
# HELP isvc_panics_total Panics that were recovered.
# TYPE isvc_panics_total counter
isvc_panics_total 1
`), "isvc_build_info", "isvc_children_returned_total", "isvc_config_reload_failures_total", "isvc_held_updates_total", "isvc_holds_total",
		"isvc_hook_requests_total", "isvc_invalid_responses_total", "isvc_nondeterminism_total", "isvc_panics_total"))
	text := page(t, m)
	for _, line := range []string{
		`isvc_hook_request_duration_seconds_bucket{hook="sync",le="0.0025"} 0`,
		`isvc_hook_request_duration_seconds_bucket{hook="sync",le="0.005"} 2`,
		`isvc_hook_request_bytes_bucket{hook="sync",le="4096"} 2`,
		`isvc_hook_response_bytes_bucket{hook="sync",le="4096"} 0`,
		`isvc_hook_response_bytes_sum{hook="sync"} 10000`,
	} {
		assert.Contains(t, text, line+"\n")
	}
	assert.Contains(t, text, "go_goroutines ")
	assert.Contains(t, text, "process_resident_memory_bytes ")
}

func TestCountersWithoutLabelsAreThereFromTheStart(t *testing.T) {
	text := page(t, New(Build{}))
	for _, name := range []string{"isvc_panics_total", "isvc_nondeterminism_total", "isvc_config_reload_failures_total", "isvc_invalid_responses_total"} {
		assert.Contains(t, text, "\n"+name+" 0\n", "an increase shows only where there was a value before")
	}
}

func TestReasonsAreBounded(t *testing.T) {
	m := New(Build{})
	for i := range 3 * maxReasons {
		m.CountHold(fmt.Sprint("Reason", i))
		m.CountHold("Reason0")
	}
	series, err := testutil.GatherAndCount(gathered(t, m), "isvc_holds_total")
	require.NoError(t, err)
	assert.Equal(t, maxReasons+1, series)
	assert.Contains(t, page(t, m), fmt.Sprintf("isvc_holds_total{reason=\"Reason0\"} %d\n", 3*maxReasons+1), "what is known stays known")
	assert.Contains(t, page(t, m), fmt.Sprintf("isvc_holds_total{reason=\"other\"} %d\n", 2*maxReasons))
}

func TestNamesAndTypesPassTheLinterOfPrometheus(t *testing.T) {
	m := New(Build{Version: "v1"})
	m.CountCall("sync", 200, time.Millisecond, 1, 1)
	m.CountHold("ModelNotFound")
	m.CountHeldUpdate("UpgradeHeld")
	m.CountChild(kinds.Deployment)
	problems, err := testutil.GatherAndLint(gathered(t, m))
	require.NoError(t, err)
	for _, problem := range problems {
		assert.NotContains(t, problem.Metric, "isvc_", problem.Text)
	}
}

// TestAlertsAndDashboardsUseWhatExists reads what is installed for Prometheus
// and Grafana.
func TestAlertsAndDashboardsUseWhatExists(t *testing.T) {
	m := New(Build{})
	m.CountCall("sync", 200, time.Millisecond, 1, 1)
	m.CountHold("ModelNotFound")
	m.CountHeldUpdate("UpgradeHeld")
	m.CountChild(kinds.Deployment)
	text := page(t, m)
	for _, file := range []string{"alerts.yaml", "dashboard.json"} {
		data, err := os.ReadFile(filepath.Join("../../../manifests/monitoring", file))
		require.NoError(t, err)
		names := regexp.MustCompile(`\bisvc_[a-z_]+`).FindAllString(string(data), -1)
		require.NotEmpty(t, names, file)
		for _, name := range names {
			assert.Regexp(t, `(?m)^`+name+`[ {]`, text, file)
		}
	}
}
