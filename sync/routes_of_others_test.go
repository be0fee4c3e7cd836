package sync_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// TestACanaryOfTheRouterFollowsWhatIsAskedWhileTheEngineStays: routes that lead to the router alone do not wait for
// the engine, which changes its mode, or cannot be built.
func TestACanaryOfTheRouterFollowsWhatIsAskedWhileTheEngineStays(t *testing.T) {
	const service = `{apiVersion: ome.io/v1beta1, kind: InferenceService, metadata: {name: chat, namespace: default, generation: 1}, spec: {
		engine: {minReplicas: 2, maxReplicas: 2, runner: {name: main, image: "v1", ports: [{containerPort: 8080}]}},
		router: {minReplicas: 4, maxReplicas: 4, runner: {name: router, image: "v1", ports: [{containerPort: 8080}]}}}}`
	for what, stop := range map[string]func(engine map[string]any){
		"it changes its mode": func(engine map[string]any) {
			at(engine, "annotations")[v1beta1.AnnotationDeploymentMode] = string(v1beta1.MultiNode)
			at(engine, "runner")["image"] = "broken"
		},
		"it has a problem": func(engine map[string]any) { at(engine, "annotations")[v1beta1.AnnotationAutoscalerClass] = "nothing" },
	} {
		for _, s := range strategies {
			t.Run(what+"/"+string(s), func(t *testing.T) {
				w := newRollingCluster(t, s, byGateway, service)
				w.broken = []string{"broken"}
				rest := func() { w.settle(t, func() {}) }
				rest()
				router := at(w.parent, "spec", "router")
				router["canaryTrafficPercent"] = int64(20)
				at(router, "runner")["image"] = "v2"
				rest()
				shared := []backend{{"chat-router", 8080, 80}, {"chat-router-canary", 8080, 20}}
				require.Equal(t, shared, w.backends(t))
				stop(at(w.parent, "spec", "engine"))
				rest()
				require.Equal(t, shared, w.backends(t))
				require.NotNil(t, w.object(t, kinds.Deployment, "chat-engine"))
				for i := range w.pods["chat-router-canary"] {
					w.pods["chat-router-canary"][i].serves = false
				}
				w.report(t)
				w.applyAnswer(t)
				assert.EqualValues(t, 0, w.weightOf(t, "chat-router-canary"), "nothing of it serves")
				rest()
				require.Equal(t, shared, w.backends(t))
				router["canaryTrafficPercent"] = int64(0)
				rest()
				assert.Equal(t, []string{"chat-router"}, w.servicesWithRequests(t))
				assert.Nil(t, w.object(t, kinds.Deployment, "chat-router-canary"))
			})
		}
	}
}

// TestACanaryIsReachedAsBefore where the routes cannot be computed, or a router in front of it has a problem.
func TestACanaryIsReachedAsBefore(t *testing.T) {
	const both = `{apiVersion: ome.io/v1beta1, kind: InferenceService, metadata: {name: chat, namespace: default, generation: 1}, spec: {
		engine: {minReplicas: 2, maxReplicas: 2, runner: {name: main, image: "v1", ports: [{containerPort: 8080}]}},
		router: {minReplicas: 1, maxReplicas: 1, runner: {name: router, image: "v1", ports: [{containerPort: 8080}]}}}}`
	behindEngine := func(t *testing.T, w *rollingCluster) []string {
		t.Helper()
		var images []string
		serving, _ := w.podsBehind(t, backend{"chat-engine", 8080, 1})
		for _, pod := range serving {
			images = append(images, pod.image)
		}
		slices.Sort(images)
		return images
	}
	for name, c := range map[string]struct {
		service string
		breaks  func(w *rollingCluster)
		behind  []string
	}{
		"the configuration of the ingress cannot be used": {
			canaryService, func(w *rollingCluster) { w.config["ingress"] = "nope" }, []string{"v1", "v1"},
		},
		"the router has a problem": {
			both, func(w *rollingCluster) {
				at(w.parent, "spec", "router", "annotations")[v1beta1.AnnotationAutoscalerClass] = "nothing"
			}, []string{"v1", "v1", "v2"},
		},
	} {
		for _, s := range strategies {
			t.Run(name+"/"+string(s), func(t *testing.T) {
				w := newRollingCluster(t, s, byGateway, c.service)
				rest := func() { w.settle(t, func() {}) }
				rest()
				engine := at(w.parent, "spec", "engine")
				engine["canaryTrafficPercent"] = int64(40)
				at(engine, "runner")["image"] = "v2"
				rest()
				require.Equal(t, c.behind, behindEngine(t, w))
				before := w.backends(t)
				c.breaks(w)
				w.applyAnswer(t)
				status, _, _ := view{t, w.sync(t)}.condition("Ready")
				require.Equal(t, "False", status)
				rest()
				assert.Equal(t, c.behind, behindEngine(t, w))
				assert.Equal(t, before, w.backends(t))
			})
		}
	}
}

// weightOf is the share of the requests that a Service object has; 0 where no request goes there.
func (w *rollingCluster) weightOf(t testing.TB, service string) (weight int64) {
	t.Helper()
	for _, b := range w.backends(t) {
		if b.service == service {
			weight += b.weight
		}
	}
	return weight
}

// servicesWithRequests are the Service objects to which requests go.
func (w *rollingCluster) servicesWithRequests(t testing.TB) (services []string) {
	t.Helper()
	for _, b := range w.backends(t) {
		if b.weight > 0 {
			services = append(services, b.service)
		}
	}
	return services
}
