package sync_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
)

// TestRightsStayWithPodsThatUseThem: a router gets another account, and its pods of before serve until the new ones do.
func TestRightsStayWithPodsThatUseThem(t *testing.T) {
	const service = `{apiVersion: ome.io/v1beta1, kind: InferenceService, metadata: {name: chat, namespace: default}, spec: {
		engine: {minReplicas: 1, maxReplicas: 1, runner: {name: main, image: i}},
		router: {minReplicas: 1, maxReplicas: 1, runner: {name: router, image: r}}}}`
	pod := func(account string) map[string]any {
		return map[string]any{
			"apiVersion": "v1", "kind": "Pod",
			"metadata": map[string]any{"name": "chat-router-" + account, "namespace": "default", "labels": map[string]any{
				"ome.io/inferenceservice": "chat", "component": "router", "app": "chat-router"}},
			"spec": map[string]any{"serviceAccountName": account, "containers": []any{map[string]any{"name": "router"}}},
		}
	}
	rights := []kinds.Kind{kinds.ServiceAccount, kinds.Role, kinds.RoleBinding}
	for _, s := range strategies {
		c := newCluster(t, service)
		c.apply(t, s, c.sync(t))
		for _, kind := range rights {
			require.Len(t, c.children[kind], 1, kind)
		}
		at(c.parent, "spec", "router")["serviceAccountName"] = "own"
		c.related = append(c.related, pod("chat-router"))
		for range 2 {
			c.apply(t, s, c.sync(t))
			for _, kind := range rights {
				assert.Len(t, c.children[kind], 1, "%s: %s of pods that serve", s, kind)
			}
		}
		c.related[len(c.related)-1] = pod("own")
		c.apply(t, s, c.sync(t))
		for _, kind := range rights {
			assert.Empty(t, c.children[kind], "%s: %s", s, kind)
		}
	}
}
