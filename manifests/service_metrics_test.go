package manifests

import (
	"flag"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write the generated objects of the Prometheus Operator anew")

// stateMetrics is the part of the configuration of kube-state-metrics that the file uses. Other fields are mistakes.
type stateMetrics struct {
	Kind string `json:"kind"`
	Spec struct {
		Resources []struct {
			GroupVersionKind struct{ Group, Version, Kind string } `json:"groupVersionKind"`
			MetricNamePrefix string                                `json:"metricNamePrefix"`
			LabelsFromPath   map[string][]string                   `json:"labelsFromPath"`
			Metrics          []stateMetric                         `json:"metrics"`
		} `json:"resources"`
	} `json:"spec"`
}

type stateMetric struct {
	Name           string              `json:"name"`
	Help           string              `json:"help"`
	ErrorLogV      int                 `json:"errorLogV"`
	CommonLabels   map[string]string   `json:"commonLabels"`
	LabelsFromPath map[string][]string `json:"labelsFromPath"`
	Each           struct {
		Type     string       `json:"type"`
		StateSet *metricValue `json:"stateSet"`
		Gauge    *metricValue `json:"gauge"`
		Info     *metricValue `json:"info"`
	} `json:"each"`
}

// metricValue says where values and labels come from. All paths are relative to Path, or to its elements where it is a
// list or, for a gauge, a mapping.
type metricValue struct {
	Path           []string            `json:"path"`
	ValueFrom      []string            `json:"valueFrom"`
	LabelsFromPath map[string][]string `json:"labelsFromPath"`
	LabelFromKey   string              `json:"labelFromKey"`
	LabelName      string              `json:"labelName"`
	List           []string            `json:"list"`
}

// value is the one of the three that the type names.
func (m *stateMetric) value(t *testing.T) *metricValue {
	t.Helper()
	value := map[string]*metricValue{"StateSet": m.Each.StateSet, "Gauge": m.Each.Gauge, "Info": m.Each.Info}[m.Each.Type]
	require.NotNil(t, value, m.Name)
	assert.Equal(t, m.Each.Type == "Info", strings.HasSuffix(m.Name, "info"), "%s: kube-state-metrics warns about another name", m.Name)
	return value
}

func readStateMetrics(t *testing.T) stateMetrics {
	t.Helper()
	data, err := os.ReadFile("monitoring/kube-state-metrics.yaml")
	require.NoError(t, err)
	var config stateMetrics
	require.NoError(t, yaml.UnmarshalStrict(data, &config))
	require.Len(t, config.Spec.Resources, 1)
	return config
}

// serviceMetrics are the metrics of services and their labels.
func serviceMetrics(t *testing.T) map[string][]string {
	t.Helper()
	metrics := map[string][]string{}
	resource := readStateMetrics(t).Spec.Resources[0]
	for _, m := range resource.Metrics {
		value := m.value(t)
		labels := slices.Concat(slices.Collect(maps.Keys(resource.LabelsFromPath)), slices.Collect(maps.Keys(m.CommonLabels)),
			slices.Collect(maps.Keys(m.LabelsFromPath)), slices.Collect(maps.Keys(value.LabelsFromPath)))
		for _, label := range []string{value.LabelFromKey, value.LabelName} {
			if label != "" {
				labels = append(labels, label)
			}
		}
		metrics[resource.MetricNamePrefix+"_"+m.Name] = labels
	}
	return metrics
}

// at is the schema at a path; nil where there is none.
func at(schema *apiextensionsv1.JSONSchemaProps, path ...string) *apiextensionsv1.JSONSchemaProps {
	for _, part := range path {
		switch {
		case schema == nil:
			return nil
		case strings.HasPrefix(part, "["):
			key, _, _ := strings.Cut(strings.Trim(part, "[]"), "=")
			if schema.Items == nil || at(schema.Items.Schema, key) == nil {
				return nil
			}
			schema = schema.Items.Schema
		case schema.AdditionalProperties != nil:
			schema = schema.AdditionalProperties.Schema
		default:
			property, has := schema.Properties[part]
			if !has {
				return nil
			}
			schema = &property
		}
	}
	return schema
}

func schemaOfServices(t *testing.T) *apiextensionsv1.JSONSchemaProps {
	t.Helper()
	data, err := os.ReadFile("crds/ome.io_inferenceservices.yaml")
	require.NoError(t, err)
	var crd apiextensionsv1.CustomResourceDefinition
	require.NoError(t, yaml.Unmarshal(data, &crd))
	return crd.Spec.Versions[0].Schema.OpenAPIV3Schema
}

// TestMetricsOfServicesComeFromTheirFields holds each path against the definition of InferenceServices: nothing else
// would say that a field is gone.
func TestMetricsOfServicesComeFromTheirFields(t *testing.T) {
	schema := schemaOfServices(t)
	resource := readStateMetrics(t).Spec.Resources[0]
	assert.Equal(t, "InferenceService", resource.GroupVersionKind.Kind)
	for label, path := range resource.LabelsFromPath {
		assert.Equal(t, "metadata", path[0], label)
	}
	for _, m := range resource.Metrics {
		t.Run(m.Name, func(t *testing.T) {
			value := m.value(t)
			assert.NotEmpty(t, m.Help)
			for _, path := range m.LabelsFromPath {
				assert.NotNil(t, at(schema, path...), path)
			}
			start := at(schema, value.Path...)
			require.NotNil(t, start, value.Path)
			element := start
			switch {
			case start.Items != nil:
				element = start.Items.Schema
			case start.AdditionalProperties != nil:
				element = start.AdditionalProperties.Schema
				assert.NotEmpty(t, value.LabelFromKey, "one series for each key")
			}
			leaf := at(element, value.ValueFrom...)
			require.NotNil(t, leaf, value.ValueFrom)
			if m.Each.Type == "Gauge" {
				assert.Contains(t, []string{"integer", "string"}, leaf.Type, value.ValueFrom)
			}
			for _, path := range value.LabelsFromPath {
				label := at(element, path...)
				require.NotNil(t, label, path)
				assert.Equal(t, "string", label.Type, path)
			}
		})
	}
}

func TestThePathsOfMetricsAreChecked(t *testing.T) {
	schema := schemaOfServices(t)
	for sentence, path := range map[string][]string{
		"a field that is not there":  {"status", "summarised"},
		"a key that items have not":  {"status", "conditions", "[typ=Ready]"},
		"an element of what is none": {"status", "url", "[type=Ready]"},
		"below a field that is none": {"status", "nothing", "below"},
	} {
		assert.Nil(t, at(schema, path...), sentence)
	}
}

// TestReadyHasEveryState: a state that the metric does not list would be none at all.
func TestReadyHasEveryState(t *testing.T) {
	for _, m := range readStateMetrics(t).Spec.Resources[0].Metrics {
		if m.Name == "ready" {
			assert.ElementsMatch(t, []string{"True", "Serving", "False", "Unknown"}, m.Each.StateSet.List)
			assert.Contains(t, at(schemaOfServices(t), "status", "summary", "ready").Type, "string")
		}
	}
}

const alertsPage = "../docs/alerts.md"

// TestEveryAlertHasARunbook: the page has a section for each alert, to which the alert leads, and for no other.
func TestEveryAlertHasARunbook(t *testing.T) {
	page, err := os.ReadFile(alertsPage)
	require.NoError(t, err)
	const address = "https://github.com/isvc-io/isvc/blob/main/docs/alerts.md#"
	sections := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^### (\w+)$`).FindAllStringSubmatch(string(page), -1) {
		sections[found[1]] = true
	}
	for _, a := range readAlerts(t) {
		assert.Equal(t, address+strings.ToLower(a.Alert), a.Annotations["runbook_url"], a.Alert)
		assert.True(t, sections[a.Alert], "%s has no section %s", alertsPage, a.Alert)
		delete(sections, a.Alert)
	}
	assert.Empty(t, sections, "sections of alerts that do not exist")
}

// TestTheOperatorHasTheSameRules keeps the objects of the Prometheus Operator those of the files.
func TestTheOperatorHasTheSameRules(t *testing.T) {
	for file, object := range alertFiles {
		rules, err := os.ReadFile("monitoring/" + file)
		require.NoError(t, err)
		name := "isvc"
		if strings.HasPrefix(file, "service-") {
			name = "isvc-services"
		}
		_, groups, found := strings.Cut(string(rules), "groups:\n")
		require.True(t, found)
		want := "# Generated from ../" + file + " by go test ./manifests -run TestTheOperatorHasTheSameRules -update\n" +
			"apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: " + name +
			"\n  namespace: isvc-system\n  labels:\n    app.kubernetes.io/name: isvc\nspec:\n  groups:\n" +
			"  " + strings.TrimSuffix(strings.ReplaceAll(groups, "\n", "\n  "), "  ")
		path := "monitoring/operator/" + object
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
		}
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, want, string(got), "run go test ./manifests -run TestTheOperatorHasTheSameRules -update")
		var a, b struct {
			Groups any `json:"groups"`
			Spec   struct {
				Groups any `json:"groups"`
			} `json:"spec"`
		}
		require.NoError(t, yaml.Unmarshal(rules, &a))
		require.NoError(t, yaml.Unmarshal(got, &b))
		assert.Equal(t, a.Groups, b.Spec.Groups, "as YAML too")
	}
}
