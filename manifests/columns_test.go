package manifests_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/client-go/util/jsonpath"
	"sigs.k8s.io/yaml"
)

// columnsOfServices are the columns of kubectl get, with those of -o wide.
func columnsOfServices(t *testing.T) []apiextensionsv1.CustomResourceColumnDefinition {
	t.Helper()
	data, err := os.ReadFile("crds/ome.io_inferenceservices.yaml")
	require.NoError(t, err)
	var crd apiextensionsv1.CustomResourceDefinition
	require.NoError(t, yaml.Unmarshal(data, &crd))
	return crd.Spec.Versions[0].AdditionalPrinterColumns
}

// table is what kubectl prints: three spaces between columns.
func table(t *testing.T, wide bool, services ...map[string]any) string {
	t.Helper()
	var out bytes.Buffer
	w := tabwriter.NewWriter(&out, 6, 4, 3, ' ', 0)
	cells := func(first string, cell func(apiextensionsv1.CustomResourceColumnDefinition) string) {
		row := []string{first}
		for _, column := range columnsOfServices(t) {
			if column.Priority == 0 || wide {
				row = append(row, cell(column))
			}
		}
		_, _ = fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	cells("NAME", func(c apiextensionsv1.CustomResourceColumnDefinition) string { return strings.ToUpper(c.Name) })
	for _, service := range services {
		cells(service["metadata"].(map[string]any)["name"].(string), func(c apiextensionsv1.CustomResourceColumnDefinition) string {
			if c.Type == "date" {
				return "12d"
			}
			path := jsonpath.New(c.Name).AllowMissingKeys(true)
			require.NoError(t, path.Parse("{"+c.JSONPath+"}"))
			var text bytes.Buffer
			require.NoError(t, path.Execute(&text, service))
			return text.String()
		})
	}
	require.NoError(t, w.Flush())
	var lines []string
	for line := range strings.Lines(out.String()) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	return strings.Join(lines, "\n")
}

// serviceOfCase is a service with the status of a golden case.
func serviceOfCase(t *testing.T, name, ofCase string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", ofCase, "out", "status.yaml"))
	require.NoError(t, err)
	var status map[string]any
	require.NoError(t, yaml.Unmarshal(data, &status))
	return map[string]any{"metadata": map[string]any{"name": name}, "status": status}
}

func TestColumnsAnswerWhatPeopleAskFirst(t *testing.T) {
	services := []map[string]any{
		serviceOfCase(t, "llama-chat", "raw-ready"),
		serviceOfCase(t, "llama-new", "raw-crashing"),
		serviceOfCase(t, "llama-held", "held"),
	}
	text := table(t, false, services...)
	assert.Equal(t, strings.TrimSpace(`
NAME         READY     REASON            MODE   RUNTIME      MODEL     REPLICAS   GPUS   URL            AGE
llama-chat   True                        Raw    vllm-small   qwen-7b   2/2        2      chat.default   12d
llama-new    False     ExitCode1         Raw    vllm-small   qwen-7b   0/2        2      chat.default   12d
llama-held   Serving   RuntimeNotFound   Raw    vllm-small   qwen-7b   2/2        2      chat.default   12d
`), text)
}

// TestALineHas120Characters: with the widest words and names that are not shortened, of services with names of 12
// characters.
func TestALineHas120Characters(t *testing.T) {
	summary := map[string]any{
		"ready": "Serving", "reason": "ImagePullBackOff", "mode": "MultiNode", "replicas": "100/100", "accelerators": "1600",
		"shortRuntime": "srt~pd-grpc", "shortModel": "lla~uct-fp8", "shortURL": "llama-chat.~",
	}
	for _, line := range strings.Split(table(t, false, map[string]any{
		"metadata": map[string]any{"name": "llama-chat-2"}, "status": map[string]any{"summary": summary},
	}), "\n") {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 120, line)
	}
}

func TestWideColumnsShowTheCanary(t *testing.T) {
	text := table(t, true, serviceOfCase(t, "llama-chat", "canary-weights"))
	assert.Contains(t, text, "PREV   LATEST   CANARY          AUTOSCALER   UPDATE")
	assert.Contains(t, text, "80     20       CanaryRunning")
}
