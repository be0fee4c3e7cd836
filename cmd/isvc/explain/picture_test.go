package explain_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/explain"
	"github.com/isvc-io/isvc/cmd/isvc/picture"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/hook"
	"github.com/isvc-io/isvc/sync/load"
)

// pictureOfCase draws the services of a golden case.
func pictureOfCase(t *testing.T, name string) *picture.Picture {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", "..", "..", "testdata", name, "in", "*.yaml"))
	require.NoError(t, err)
	var files []load.File
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		files = append(files, load.File{Name: path, Data: data})
	}
	set, _ := load.Files(files, "default")
	var services []explain.Service
	for _, request := range set.Requests(load.Options{Kinds: kinds.All(), Explain: true, Now: metav1.Unix(1767225600, 0)}) {
		response, err := sync.Sync(request)
		require.NoError(t, err)
		parent, err := hook.DecodeParent(request.Parent)
		require.NoError(t, err)
		service := explain.NewService(parent.Namespace, parent.Name, response)
		deployed := false
		for range request.Children.All() {
			deployed = true
		}
		service.State = explain.NewState(parent.Namespace, &response.Status, deployed)
		explain.AddObserved(&service, request, response)
		services = append(services, service)
	}
	require.NotEmpty(t, services)
	return explain.Picture(explain.NewReport(services))
}

// lines are the nodes of a column: "Deployment chat-engine: not ready".
func lines(g picture.Graph, column int) []string {
	var all []string
	for _, node := range g.Columns[column].Nodes {
		all = append(all, node.State.Tone.Mark()+" "+node.Kind+" "+node.Name+": "+node.State.Word)
	}
	return all
}

func TestThePictureLeadsFromInputsToPods(t *testing.T) {
	p := pictureOfCase(t, "raw-crashing")
	assert.Equal(t, "1 service: 1 down; 2 pods, 2 nvidia.com/gpu", p.Headline)
	g := p.Graphs[0]
	assert.Equal(t, picture.State{Tone: picture.Bad, Word: "down"}, g.State)
	assert.Equal(t, []string{"✕ InferenceService chat: down", "✓ ClusterServingRuntime vllm-small: in use", "✓ ClusterBaseModel qwen-7b: in use", "✓ Configuration defaults: in use"}, lines(g, 0))
	assert.Equal(t, []string{"✕ RawDeployment engine: not ready", "✓ all components routes and model: ready"}, lines(g, 1))
	assert.Equal(t, "✕ Deployment chat-engine: not ready", lines(g, 2)[0])
	assert.Contains(t, lines(g, 2), "✓ ConfigMap modelconfig-chat: exists")
	assert.Equal(t, []string{"✕ Pod chat-engine-6d9f-0: ExitCode1"}, lines(g, 3))
	assert.Contains(t, g.Edges, picture.Edge{From: "Deployment/chat-engine", To: "Pod/chat-engine-6d9f-0"})
	assert.Contains(t, g.Edges, picture.Edge{From: "engine", To: "Deployment/chat-engine"})
	assert.Contains(t, g.Edges, picture.Edge{From: "runtime/ClusterServingRuntime/vllm-small", To: "engine"})
	assert.Contains(t, g.Facts, picture.Fact{Label: "pod", Text: "chat-engine-6d9f-0: container ome-container exited with code 1 (Error): ValueError: model has no tokenizer"})
}

func TestThePictureShowsWhatIsNotSo(t *testing.T) {
	for name, test := range map[string]struct {
		column int
		want   string
	}{
		"held":                   {0, "✕ ClusterServingRuntime vllm-small: does not exist"},
		"raw-ready":              {2, "✓ Deployment chat-engine: ready"},
		"mission-prefill-decode": {1, "○ MultiNode decoder: not deployed"},
		"status-rollout-waits":   {3, "▲ Pod chat-engine-bb-1: Unschedulable"},
		"canary-weights":         {2, "✓ Deployment chat-engine-canary: canary, takes requests"},
		"runtime-missing":        {0, "✕ InferenceService chat: cannot be resolved"},
	} {
		t.Run(name, func(t *testing.T) {
			g := pictureOfCase(t, name).Graphs[0]
			assert.Contains(t, lines(g, test.column), test.want)
		})
	}
}

// TestEveryCaseCanBeDrawn: every object and pod is in the picture, joined with what it comes from.
func TestEveryCaseCanBeDrawn(t *testing.T) {
	cases, err := filepath.Glob(filepath.Join("..", "..", "..", "testdata", "*", "in"))
	require.NoError(t, err)
	for i, path := range cases {
		if i%*caseSample != 0 {
			continue
		}
		name := filepath.Base(filepath.Dir(path))
		for _, g := range pictureOfCase(t, name).Graphs {
			seen := map[string]bool{}
			for i, column := range g.Columns {
				for _, node := range column.Nodes {
					assert.False(t, seen[node.ID], "%s: two nodes are %s", name, node.ID)
					seen[node.ID] = true
					assert.NotEmpty(t, node.State.Word, "%s: %s", name, node.ID)
					assert.True(t, i == 0 || slices.ContainsFunc(g.Edges, func(e picture.Edge) bool { return e.To == node.ID }), "%s: %s comes from nothing", name, node.ID)
				}
			}
		}
	}
}
