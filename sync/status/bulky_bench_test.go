package status

import (
	"encoding/json"
	"testing"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/observed"
)

// bulky is a Deployment of the usual size.
func bulky() json.RawMessage {
	raw, _ := fromYAML(deploymentYAML("chat-engine", 1, statusAvailable))
	var o map[string]any
	_ = json.Unmarshal(raw, &o)
	var members []any
	for range 100 {
		members = append(members, map[string]any{"f:spec": map[string]any{"f:containers": map[string]any{}}, "name": "ome-container"})
	}
	o["metadata"].(map[string]any)["managedFields"] = members
	o["spec"].(map[string]any)["template"] = members
	raw, _ = json.Marshal(o)
	return raw
}

func BenchmarkCompute(b *testing.B) {
	in := input(pods(enginePod("p", 0, "a", podIsReady), enginePod("q", 1, "a", podIsReady)))
	in.Children.Add(kinds.Deployment, testNamespace, "chat-engine", bulky())
	b.ReportAllocs()
	for b.Loop() {
		Compute(in)
	}
}

func BenchmarkDecode(b *testing.B) {
	raw := bulky()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		readObject(observed.Object{Raw: raw})
	}
}
