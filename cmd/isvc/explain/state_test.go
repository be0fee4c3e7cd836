package explain_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/explain"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// answerOfCase computes the service of a golden case; deployed is true where the case shows an object of it.
func answerOfCase(t *testing.T, name string) (response *sync.Response, deployed bool) {
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
	requests := set.Requests(load.Options{Kinds: kinds.All(), Explain: true, Now: metav1.Unix(1767225600, 0)})
	require.NotEmpty(t, requests)
	response, err = sync.Sync(requests[0])
	require.NoError(t, err)
	for range requests[0].Children.All() {
		deployed = true
	}
	return response, deployed
}

// rowOfCase is the service of a golden case in one line.
func rowOfCase(t *testing.T, name string) explain.Row {
	t.Helper()
	response, deployed := answerOfCase(t, name)
	return explain.NewRow("default", name, "m", &response.Status, deployed)
}

// stateOfCase explains the service of a golden case, and prints it.
func stateOfCase(t *testing.T, name string) (*explain.State, string) {
	t.Helper()
	response, deployed := answerOfCase(t, name)
	service := explain.NewService("default", "chat", response)
	service.State = explain.NewState("default", &response.Status, deployed)
	return service.State, explain.Text(explain.NewReport([]explain.Service{service}), explain.TextOptions{Width: 1000})
}

func TestExplainBeginsWithWhatCounts(t *testing.T) {
	for name, want := range map[string][]string{
		"raw-crashing": {
			"ready        no since 2026-01-01T00:00:00Z, the engine: MinimumReplicasUnavailable: Deployment does not have minimum availability\n",
			"pod          chat-engine-6d9f-0: container ome-container exited with code 1 (Error): ValueError: model has no tokenizer\n",
			"next         Read the log of the pod; it says why the program ended. kubectl logs -n default chat-engine-6d9f-0 --all-containers --previous",
			"serving      no since 2026-01-01T00:00:00Z: engine: no replica serves",
			"replicas     engine RawDeployment: 0 of 2 ready, 2 pods, 2 nvidia.com/gpu",
		},
		"raw-ready": {"ready        yes since 2026-01-01T00:00:00Z\n", "replicas     engine RawDeployment: 2 of 2 ready, 2 pods, 2 nvidia.com/gpu"},
		"held": {
			"RuntimeNotFound", "next         Create the runtime, correct spec.runtime.name, or remove spec.runtime to have one selected.",
			"serving      yes since 2026-01-01T00:00:00Z: requests are answered",
		},
		"mission-prefill-decode": {"ready        not known: the input shows no object", "together     7 pods, 48 nvidia.com/gpu"},
		"canary-weights":         {"canary       CanaryRunning since 2026-01-01T00:00:00Z: ", "next         Nothing is broken;"},
		"status-rollout-waits":   {"ready        yes since 2026-01-01T00:00:00Z, Updating\n", "update       waits for pod chat-engine-bb-1: Unschedulable"},
	} {
		t.Run(name, func(t *testing.T) {
			_, text := stateOfCase(t, name)
			for _, line := range want {
				assert.Contains(t, text, line)
			}
		})
	}
}

func TestTheStateNamesPodAndPart(t *testing.T) {
	state, _ := stateOfCase(t, "raw-crashing")
	assert.Equal(t, "engine", state.Part)
	assert.Equal(t, &explain.PodWords{Name: "chat-engine-6d9f-0", Message: "container ome-container exited with code 1 (Error): ValueError: model has no tokenizer"}, state.Pod)
	assert.Equal(t, "Deployment does not have minimum availability", state.Message)
}
