package manifests

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// metricLabels are the metrics of the hooks and their labels.
func metricLabels() map[string][]string {
	return map[string][]string{
		"isvc_hook_requests_total":           {"hook", "code"},
		"isvc_hook_request_duration_seconds": {"hook"},
		"isvc_hook_request_bytes":            {"hook"},
		"isvc_hook_response_bytes":           {"hook"},
		"isvc_children_returned_total":       {"kind"},
		"isvc_holds_total":                   {"reason"},
		"isvc_held_updates_total":            {"reason"},
		"isvc_panics_total":                  {},
		"isvc_nondeterminism_total":          {},
		"isvc_config_reload_failures_total":  {},
		"isvc_build_info":                    {"version", "commit", "goversion"},
	}
}

// histograms are the metrics that have buckets.
func histograms() []string {
	return []string{"isvc_hook_request_duration_seconds", "isvc_hook_request_bytes", "isvc_hook_response_bytes"}
}

// alertFiles are the files of rules, with the object of the Prometheus Operator that has the same rules.
var alertFiles = map[string]string{"alerts.yaml": "prometheusrule.yaml", "service-alerts.yaml": "service-prometheusrule.yaml"}

// foreignMetrics are metrics of Metacontroller that the dashboard shows.
func foreignMetrics() []string {
	return []string{"metacontroller_sync_requests_total", "metacontroller_customize_requests_total", "workqueue_depth"}
}

type alert struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

func readAlerts(t *testing.T) []alert {
	t.Helper()
	var all []alert
	for path := range alertFiles {
		data, err := os.ReadFile("monitoring/" + path)
		require.NoError(t, err)
		var file struct {
			Groups []struct {
				Name  string  `json:"name"`
				Rules []alert `json:"rules"`
			} `json:"groups"`
		}
		require.NoError(t, yaml.UnmarshalStrict(data, &file))
		for _, group := range file.Groups {
			require.NotEmpty(t, group.Rules)
			all = append(all, group.Rules...)
		}
	}
	return all
}

type dashboard struct {
	Title  string `json:"title"`
	UID    string `json:"uid"`
	Panels []struct {
		ID      int    `json:"id"`
		Title   string `json:"title"`
		GridPos struct{ X, Y, W, H int }
		Targets []struct {
			Expr string `json:"expr"`
		} `json:"targets"`
	} `json:"panels"`
}

// dashboards are the files of dashboards: of the hooks, and of services.
var dashboards = []string{"dashboard.json", "service-dashboard.json"}

func readDashboard(t *testing.T, file string) dashboard {
	t.Helper()
	data, err := os.ReadFile("monitoring/" + file)
	require.NoError(t, err)
	var d dashboard
	require.NoError(t, json.Unmarshal(data, &d))
	require.NotEmpty(t, d.Panels)
	return d
}

// expressions are all queries by where they are.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, a := range readAlerts(t) {
		all["alert "+a.Alert] = a.Expr
	}
	for _, file := range dashboards {
		for _, p := range readDashboard(t, file).Panels {
			require.NotEmpty(t, p.Targets, p.Title)
			for _, target := range p.Targets {
				all["panel "+p.Title+": "+target.Expr] = target.Expr
			}
		}
	}
	return all
}

// selector is a metric with its matchers and its range.
var selector = regexp.MustCompile(`\b([a-z]+_[a-z_]+)\b(\{[^}]*\})?(\[[^\]]*\])?`)

var matcher = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)\s*"`)

func TestQueriesNameOnlyMetricsThatExist(t *testing.T) {
	for where, query := range expressions(t) {
		t.Run(where, func(t *testing.T) {
			assert.NoError(t, balanced(query))
			found := 0
			for _, match := range selector.FindAllStringSubmatch(query, -1) {
				name, matchers := match[1], match[2]
				if slices.Contains([]string{"histogram_quantile", "group_left"}, name) || slices.Contains(foreignMetrics(), name) {
					continue
				}
				labels, known := labelsOf(name)
				if !known {
					labels, known = serviceMetrics(t)[name]
				}
				require.True(t, known, "%s is a metric neither of the hooks nor of services", name)
				for _, m := range matcher.FindAllStringSubmatch(matchers, -1) {
					assert.Contains(t, labels, m[1], "%s has no label %s", name, m[1])
				}
				found++
			}
			if !strings.Contains(query, "metacontroller") && !strings.Contains(query, "workqueue") {
				assert.Positive(t, found, "the query names no metric")
			}
		})
	}
}

// labelsOf returns the labels of a metric or of a series of a histogram.
func labelsOf(name string) ([]string, bool) {
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if base, is := strings.CutSuffix(name, suffix); is && slices.Contains(histograms(), base) {
			return append(metricLabels()[base], "le"), true
		}
	}
	labels, known := metricLabels()[name]
	return labels, known && !slices.Contains(histograms(), name)
}

// groupings are the labels that queries group by.
var groupings = regexp.MustCompile(`\bby\s*\(([^)]*)\)`)

func TestQueriesGroupByLabelsThatExist(t *testing.T) {
	known := []string{"le", "instance", "name"}
	for _, labels := range metricLabels() {
		known = append(known, labels...)
	}
	for _, labels := range serviceMetrics(t) {
		known = append(known, labels...)
	}
	for where, query := range expressions(t) {
		for _, match := range groupings.FindAllStringSubmatch(query, -1) {
			for _, label := range strings.Split(match[1], ",") {
				assert.Contains(t, known, strings.TrimSpace(label), where)
			}
		}
	}
}

// balanced reports brackets and quotes that do not match.
func balanced(query string) error {
	var open []rune
	quoted := false
	closing := map[rune]rune{')': '(', '}': '{', ']': '['}
	for _, r := range query {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted:
		case slices.Contains([]rune{'(', '{', '['}, r):
			open = append(open, r)
		case closing[r] != 0:
			if len(open) == 0 || open[len(open)-1] != closing[r] {
				return assert.AnError
			}
			open = open[:len(open)-1]
		}
	}
	if quoted || len(open) > 0 {
		return assert.AnError
	}
	return nil
}

func TestTheCheckOfQueriesFindsMistakes(t *testing.T) {
	for sentence, query := range map[string]string{
		"a bracket is missing":        `sum(rate(isvc_panics_total[5m])`,
		"brackets are crossed":        `sum(isvc_panics_total{)}`,
		"a quote is missing":          `isvc_hook_requests_total{code="200}`,
		"a bracket closes that never": `isvc_panics_total)`,
	} {
		assert.Error(t, balanced(query), sentence)
	}
	_, known := labelsOf("isvc_hook_request_bytes")
	assert.False(t, known, "a histogram has no series of its own name")
	_, known = labelsOf("isvc_panics_total_bucket")
	assert.False(t, known, "a counter has no buckets")
}

func TestEveryMetricIsOnTheDashboard(t *testing.T) {
	var text strings.Builder
	for _, file := range dashboards {
		for _, p := range readDashboard(t, file).Panels {
			for _, target := range p.Targets {
				text.WriteString(target.Expr + "\n")
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(metricLabels())) {
		assert.Contains(t, text.String(), name)
	}
	for _, name := range slices.Sorted(maps.Keys(serviceMetrics(t))) {
		assert.Contains(t, text.String(), name)
	}
}

func TestAlertsSayWhatToDo(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range readAlerts(t) {
		assert.False(t, seen[a.Alert], "%s is there twice", a.Alert)
		seen[a.Alert] = true
		assert.Regexp(t, `^Isvc[A-Za-z]+$`, a.Alert)
		assert.Contains(t, []string{"critical", "warning", "info"}, a.Labels["severity"], a.Alert)
		assert.NotEmpty(t, a.Annotations["summary"], a.Alert)
		assert.NotEmpty(t, a.Annotations["description"], a.Alert)
	}
}

func TestPanelsDoNotOverlap(t *testing.T) {
	for _, file := range dashboards {
		taken := map[[2]int]string{}
		ids := map[int]bool{}
		for _, p := range readDashboard(t, file).Panels {
			assert.False(t, ids[p.ID], "panel %q has the id of another", p.Title)
			ids[p.ID] = true
			assert.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
			for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
				for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
					assert.Empty(t, taken[[2]int{x, y}], p.Title)
					taken[[2]int{x, y}] = p.Title
				}
			}
		}
	}
}

func TestAlertsFireAsPromtoolSays(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed: the tests in monitoring are not run")
	}
	command := exec.Command(promtool, "test", "rules", "alerts_test.yaml", "service-alerts_test.yaml", "week_test.yaml")
	command.Dir = "monitoring"
	output, err := command.CombinedOutput()
	assert.NoError(t, err, string(output))
}
