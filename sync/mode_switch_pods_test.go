package sync_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// TestWorkersOfAFormerModeTakeNoRequests: their workload is deleted, and they run a moment longer. Without routes, the
// Service object of the service selects all pods of the engine.
func TestWorkersOfAFormerModeTakeNoRequests(t *testing.T) {
	worker := map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{"name": "lws-chat-engine-0-1", "namespace": "default", "labels": map[string]any{
			"ome.io/inferenceservice": "chat", "component": "engine", "leaderworkerset.sigs.k8s.io/name": "lws-chat-engine"}},
		"spec": map[string]any{"containers": []any{map[string]any{"name": "main"}}},
	}
	for _, s := range strategies {
		w := newCanaryWorldIn(t, s, routesOff, v1beta1.MultiNode)
		selector := func() map[string]any { return at(w.object(t, kinds.Service, "chat").Object, "spec", "selector") }
		w.related = append(w.related, worker)
		w.switchMode()
		for w.object(t, kinds.LeaderWorkerSet, "lws-chat-engine") != nil {
			w.applyAnswer(t)
			w.letControllersWork(t)
		}
		for range 3 {
			assert.Equal(t, "chat-engine", selector()["app"], "%s: a worker is there", s)
			w.applyAnswer(t)
		}
		require.Contains(t, meta(worker)["labels"], "component")
		meta(worker)["deletionTimestamp"] = "2026-01-01T00:00:00Z"
		w.applyAnswer(t)
		assert.NotContains(t, selector(), "app", "%s: it is a pod of any mode again", s)
		assert.Equal(t, "engine", selector()["component"])
		delete(meta(worker), "deletionTimestamp")
	}
}

// TestAServiceObjectOfTheRouterStaysWithIt: the engine changes its mode while the router has a canary on another port,
// so that the Service object in front of the service selects the router's Deployment by its name.
func TestAServiceObjectOfTheRouterStaysWithIt(t *testing.T) {
	const routed = `{apiVersion: ome.io/v1beta1, kind: InferenceService, metadata: {name: chat, namespace: default, generation: 1},
		spec: {engine: {minReplicas: 2, runner: {name: main, image: v1, ports: [{containerPort: 8080}]}},
			router: {minReplicas: 2, runner: {name: router, image: v1, ports: [{containerPort: 8080}]}}}}`
	for _, s := range strategies {
		w := newRollingCluster(t, s, routesOff, routed)
		w.broken = []string{"broken"}
		w.settle(t, func() {})
		router := at(w.parent, "spec", "router", "runner")
		at(w.parent, "spec", "router")["canaryTrafficPercent"] = int64(60)
		router["image"], router["ports"] = "v3", []any{map[string]any{"containerPort": int64(8081)}}
		w.settle(t, func() {})
		selector := func() map[string]any { return at(w.object(t, kinds.Service, "chat").Object, "spec", "selector") }
		require.Equal(t, "chat-router", selector()["app"], s)
		at(w.parent, "spec", "engine", "annotations")[v1beta1.AnnotationDeploymentMode] = string(v1beta1.MultiNode)
		at(w.parent, "spec", "engine", "runner")["image"] = "broken"
		w.settle(t, func() { assert.Equal(t, "chat-router", selector()["app"], s) })
		require.NotNil(t, w.object(t, kinds.LeaderWorkerSet, "lws-chat-engine"), s)
	}
}
