package explain_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/explain"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// leavesOf are the values of one object by path.
func leavesOf(t *testing.T, r *explain.Report, kind, name string) map[string]explain.Leaf {
	t.Helper()
	leaves := map[string]explain.Leaf{}
	for _, child := range r.Services[0].Children {
		if child.Kind == kind && child.Name == name {
			for _, leaf := range child.Leaves {
				leaves[leaf.Path] = leaf
			}
		}
	}
	require.NotEmpty(t, leaves)
	return leaves
}

// withLeaves explains the services of some files with all values.
func withLeaves(t *testing.T, files ...load.File) *explain.Report {
	t.Helper()
	set, _ := load.Files(files, "default")
	var services []explain.Service
	for _, request := range set.Requests(load.Options{Kinds: kinds.All(), Explain: true}) {
		response, err := sync.Sync(request)
		require.NoError(t, err)
		service := explain.NewService("team-a", "chat", response)
		explain.AddLeaves(&service, request, response)
		services = append(services, service)
	}
	return explain.NewReport(services)
}

func TestWhatStaysIsSaidToStay(t *testing.T) {
	for path, leaf := range leavesOf(t, withLeaves(t, input(t, "held")), "Deployment", "chat-engine") {
		assert.Equal(t, "as it was applied before", leaf.Source, path)
	}
}

func TestLeavesAreWrittenWithTheirSource(t *testing.T) {
	text := explain.Text(withLeaves(t, input(t, "selection")), explain.TextOptions{Width: 1000, All: true})
	assert.Contains(t, text, `spec.template.spec.containers[0].image = "registry.example/server:2.0" [InferenceService/chat spec.engine.runner.image]`)
	assert.Contains(t, text, "spec.template.spec.enableServiceLinks = false [isvc or its configuration]")
	assert.NotContains(t, text, "must-not-be-shown")
}

func TestEveryLeafHasTheFieldThatItComesFrom(t *testing.T) {
	leaves := leavesOf(t, withLeaves(t, input(t, "selection")), "Deployment", "chat-engine")
	const service, runtime = "InferenceService/chat ", "ClusterServingRuntime/server-small "
	for path, want := range map[string]string{
		"metadata.labels.team":                                              service + "metadata.labels.team",
		"metadata.labels.logging":                                           runtime + "spec.engineConfig.labels.logging",
		"spec.template.spec.containers[0].image":                            service + "spec.engine.runner.image",
		"spec.template.spec.containers[0].args[1]":                          service + "spec.engine.runner.args[1]",
		"spec.template.spec.containers[0].resources.limits.memory":          runtime + "spec.engineConfig.runner.resources.limits.memory",
		"spec.template.metadata.annotations[ome.io/base-model-vendor]":      "ClusterBaseModel/llama spec.vendor",
		"spec.template.spec.enableServiceLinks":                             "",
		"metadata.annotations[isvc.io/input]":                               "",
		"spec.template.spec.containers[0].resources.limits[nvidia.com/gpu]": runtime + "spec.engineConfig.runner.resources.limits[nvidia.com/gpu]",
	} {
		leaf, found := leaves[path]
		if assert.True(t, found, path) {
			assert.Equal(t, want, leaf.Source, path)
		}
	}
}

func TestLeavesShowNoSecret(t *testing.T) {
	hidden := 0
	for path, leaf := range leavesOf(t, withLeaves(t, input(t, "selection")), "Deployment", "chat-engine") {
		assert.NotContains(t, leaf.Value, "must-not-be-shown", path)
		if leaf.Value == "(hidden)" {
			hidden++
		}
	}
	assert.Positive(t, hidden)
}

func TestATableHasOneLineAService(t *testing.T) {
	var rows []explain.Row
	for _, name := range []string{"raw-ready", "raw-crashing", "held", "mission-prefill-decode"} {
		rows = append(rows, rowOfCase(t, name))
	}
	var out strings.Builder
	require.NoError(t, explain.WriteTable(&out, rows))
	assert.Equal(t, strings.TrimLeft(`
NAMESPACE  NAME                    READY    REASON           MODE       RUNTIME             MODEL  REPLICAS  PODS  GPUS
default    raw-ready               True     -                Raw        vllm-small          m      2/2       2     2
default    raw-crashing            False    ExitCode1        Raw        vllm-small          m      0/2       2     2
default    held                    Serving  RuntimeNotFound  Raw        vllm-small          m      2/2       2     2
default    mission-prefill-decode  -        -                MultiNode  sglang-deepseek-pd  m      0/1+0/2   7     48
4 services: 1 ready, 1 not ready and serving as before, 1 down, 1 not deployed in the input; 13 pods, 54 nvidia.com/gpu
`, "\n"), out.String())
}
