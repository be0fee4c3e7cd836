package sync_test

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/child"
)

// Parts of a service that are added and taken away.
func ofRouter(image string) map[string]any {
	return map[string]any{"minReplicas": int64(2), "runner": map[string]any{
		"name": "router", "image": image, "ports": []any{map[string]any{"containerPort": int64(8000)}}}}
}

func ofDecoder() map[string]any {
	return map[string]any{"minReplicas": int64(1), "runner": map[string]any{
		"name": "main", "image": "v1", "ports": []any{map[string]any{"containerPort": int64(8080)}}}}
}

const servedByTheEngine = `{apiVersion: ome.io/v1beta1, kind: InferenceService, metadata: {name: chat, namespace: default, generation: 1},
	spec: {engine: {minReplicas: 2, runner: {name: main, image: v1, ports: [{containerPort: 8080}]}}}}`

// entryWays are how requests come to a service.
var entryWays = map[string]entryWay{
	"the Service object of the service": {ingress: routesOff}, "HTTPRoutes": {ingress: byGateway}, "an Ingress": {ingress: byIngress},
	"the Service object of the entry": {ingress: routesOff, isClusterLocal: true},
}

type entryWay struct {
	ingress        string
	isClusterLocal bool
}

// cluster is a cluster in which an engine alone serves, or is about to.
func (way entryWay) cluster(t testing.TB, s strategy) *rollingCluster {
	t.Helper()
	w := newRollingCluster(t, s, way.ingress, servedByTheEngine)
	if way.isClusterLocal {
		at(w.parent, "metadata", "labels")["networking.knative.dev/visibility"] = "cluster-local"
	}
	w.showsPods, w.broken = true, []string{"broken"}
	return w
}

// TestAnotherEntryLosesNoRequest: requests go to the engine until a router that is added serves, and to the router until
// all that leads to the engine again has been applied. At each step, routes and addresses lead to pods that serve.
func TestAnotherEntryLosesNoRequest(t *testing.T) {
	for name, way := range entryWays {
		for _, s := range strategies {
			t.Run(name+"/"+string(s), func(t *testing.T) {
				w := way.cluster(t, s)
				entry := func(want string) func() {
					return func() { assert.Equal(t, want, w.entry(t)) }
				}
				always := func() { w.leadsToServingPods(t) }
				w.settle(t, func() {})
				entry("engine")()

				at(w.parent, "spec")["router"], at(w.parent, "spec")["decoder"] = ofRouter("broken"), ofDecoder()
				for range 3 {
					answered, reason, message := view{t, w.applyAnswer(t)}.condition("Serving")
					assert.Equal(t, "True", answered, "%s: %s", reason, message)
					w.letControllersWork(t)
				}
				w.settle(t, func() { always(); entry("engine")() })
				require.NotNil(t, w.object(t, kinds.Deployment, "chat-router"))
				waiting := view{t, w.sync(t)}
				waiting.isCondition("Serving", "True", "ServesAsBefore")
				waiting.hasFinding(sync.ReasonEntryChanging, "until the router is ready")
				waiting.isCondition("SpecHonored", "False", sync.ReasonEntryChanging)
				at(w.parent, "spec", "router", "runner")["image"] = "v1"
				w.settle(t, always)
				entry("router")()

				at(w.parent, "spec", "router", "runner")["image"] = "broken"
				w.settle(t, func() { always(); entry("router")() })
				for _, found := range w.sync(t).Findings {
					assert.NotEqual(t, sync.ReasonEntryChanging, found.Reason, "requests went there before")
				}

				delete(at(w.parent, "spec"), "router")
				delete(at(w.parent, "spec"), "decoder")
				w.settle(t, always)
				entry("engine")()
				assert.Nil(t, w.object(t, kinds.Deployment, "chat-router"))
				assert.Nil(t, w.object(t, kinds.Deployment, "chat-decoder"))
				assert.Nil(t, w.object(t, kinds.RoleBinding, "chat-router"))

				at(w.parent, "spec")["router"] = ofRouter("v1")
				w.applyAnswer(t)
				delete(at(w.parent, "spec"), "router")
				w.settle(t, func() { always(); entry("engine")() })
			})
		}
	}
}

// TestAnotherEntryAndAnotherMode: the engine changes its mode at the same time.
func TestAnotherEntryAndAnotherMode(t *testing.T) {
	for name, way := range entryWays {
		for _, s := range strategies {
			t.Run(name+"/"+string(s), func(t *testing.T) {
				w := way.cluster(t, s)
				mode := func(mode v1beta1.DeploymentMode) {
					at(w.parent, "spec", "engine", "annotations")[v1beta1.AnnotationDeploymentMode] = string(mode)
				}
				always := func() { w.leadsToServingPods(t) }
				w.settle(t, func() {})

				at(w.parent, "spec")["router"] = ofRouter("v1")
				mode(v1beta1.MultiNode)
				w.settle(t, always)
				require.Equal(t, "router", w.entry(t))
				require.Nil(t, w.object(t, kinds.Deployment, "chat-engine"))

				delete(at(w.parent, "spec"), "router")
				mode(v1beta1.RawDeployment)
				at(w.parent, "spec", "engine", "runner")["image"] = "broken"
				w.settle(t, always)
				require.Equal(t, "router", w.entry(t), "the engine that serves is a former one")
				require.NotNil(t, w.object(t, kinds.LeaderWorkerSet, "lws-chat-engine"))
				at(w.parent, "spec", "engine", "runner")["image"] = "v1"
				w.settle(t, always)
				require.Equal(t, "engine", w.entry(t))
				require.Nil(t, w.object(t, kinds.Deployment, "chat-router"))
				require.Nil(t, w.object(t, kinds.LeaderWorkerSet, "lws-chat-engine"))
			})
		}
	}
}

// TestTheEngineIsReachedAsItIsNow: while a router is awaited, what leads to the engine follows it.
func TestTheEngineIsReachedAsItIsNow(t *testing.T) {
	for name, way := range entryWays {
		t.Run(name, func(t *testing.T) {
			w := way.cluster(t, clientSide)
			port := func(number int64) {
				at(w.parent, "spec", "engine", "runner")["ports"] = []any{map[string]any{"name": "http1", "containerPort": number}}
			}
			port(8080)
			w.settle(t, func() {})
			at(w.parent, "spec")["router"] = ofRouter("broken")
			w.settle(t, func() { w.leadsToServingPods(t) })
			port(9090)
			w.settle(t, func() {})
			w.leadsToServingPods(t)
			for _, kind := range []kinds.Kind{kinds.HTTPRoute, kinds.Ingress, kinds.Service} {
				delete(w.children[kind], "default/chat")
			}
			w.settle(t, func() {})
			w.leadsToServingPods(t)
			assert.Equal(t, "engine", w.entry(t), "also where the route was deleted by hand")
			delete(at(w.parent, "spec", "router", "runner"), "image")
			w.settle(t, func() { w.leadsToServingPods(t) })
			view{t, w.sync(t)}.isCondition("Serving", "True", "ServesAsBefore")
		})
	}
}

// TestAProblemOfAnAwaitedRouterHoldsNothingElse: the engine changes its mode, and its former workload goes.
func TestAProblemOfAnAwaitedRouterHoldsNothingElse(t *testing.T) {
	for name, way := range entryWays {
		for _, s := range strategies {
			w := way.cluster(t, s)
			w.settle(t, func() {})
			router := ofRouter("v1")
			router["autoscaler"] = map[string]any{"class": "none such"}
			at(w.parent, "spec")["router"] = router
			at(w.parent, "spec", "engine", "annotations")[v1beta1.AnnotationDeploymentMode] = string(v1beta1.MultiNode)
			at(w.parent, "spec", "engine", "runner")["ports"] = []any{map[string]any{"containerPort": int64(9090)}} // routes follow
			w.settle(t, func() {})
			w.leadsToServingPods(t)
			view{t, w.sync(t)}.isCondition("RouterReady", "False", "InvalidAutoscalerClass")
			assert.NotNil(t, w.object(t, kinds.LeaderWorkerSet, "lws-chat-engine"), name)
			assert.Nil(t, w.object(t, kinds.Deployment, "chat-engine"), name)
		}
	}
}

// TestARemovedRouterStaysWhileRequestsGoToIt: also where the engine cannot be computed, and it goes where nothing is
// wanted of the engine.
func TestARemovedRouterStaysWhileRequestsGoToIt(t *testing.T) {
	for name, way := range entryWays {
		routed := func(t *testing.T) *rollingCluster {
			w := way.cluster(t, clientSide)
			at(w.parent, "spec")["router"] = ofRouter("v1")
			w.settle(t, func() {})
			require.Equal(t, "router", w.entry(t))
			return w
		}
		t.Run(name+"/the engine has a problem", func(t *testing.T) {
			w := routed(t)
			delete(at(w.parent, "spec"), "router")
			at(w.parent, "spec", "engine", "annotations")[v1beta1.AnnotationDeploymentMode] = string(v1beta1.MultiNode)
			w.kinds = maps.Clone(w.kinds)
			delete(w.kinds, kinds.LeaderWorkerSet)
			w.settle(t, func() {})
			require.Nil(t, w.sync(t).Hold)
			w.leadsToServingPods(t)
		})
		t.Run(name+"/its Service object was deleted", func(t *testing.T) {
			w := routed(t)
			delete(at(w.parent, "spec"), "router")
			delete(w.children[kinds.Service], "default/chat-router")
			assert.Contains(t, view{t, w.sync(t)}.refs(), "Deployment/chat-router")
			w.settle(t, func() {})
			assert.Equal(t, "engine", w.entry(t))
			assert.Nil(t, w.object(t, kinds.Deployment, "chat-router"))
		})
		t.Run(name+"/the engine has no Ray cluster", func(t *testing.T) {
			w := routed(t)
			at(w.parent, "spec", "engine", "annotations")[v1beta1.AnnotationDeploymentMode] = string(v1beta1.MultiNodeRayVLLM)
			w.settle(t, func() {})
			at(w.parent, "spec", "engine")["minReplicas"] = int64(0)
			w.settle(t, func() {})
			delete(at(w.parent, "spec"), "router")
			w.settle(t, func() {})
			assert.Nil(t, w.object(t, kinds.Deployment, "chat-router"))
		})
		t.Run(name+"/what was applied is not known", func(t *testing.T) {
			w := routed(t)
			budget := w.object(t, kinds.PodDisruptionBudget, "chat-router")
			at(budget.Object, "metadata", "annotations")[child.LastAppliedAnnotation] = "{"
			w.put(t, kinds.PodDisruptionBudget, budget)
			delete(at(w.parent, "spec"), "router")
			assert.Nil(t, w.sync(t).Hold)
			w.settle(t, func() {})
			assert.Equal(t, "engine", w.entry(t))
		})
	}
}

// TestAServerlessRouterComesAndGoes: Knative makes its Service object, and a VirtualService leads to it.
func TestAServerlessRouterComesAndGoes(t *testing.T) {
	const ready = `{observedGeneration: 1, url: "http://chat-router.default.example.com", latestReadyRevisionName: chat-router-00001,
		latestCreatedRevisionName: chat-router-00001, conditions: [{type: ConfigurationsReady, status: "True"}, {type: Ready, status: "True"}, {type: RoutesReady, status: "True"}]}`
	const starting = `{observedGeneration: 1, url: "http://chat-router.default.example.com", conditions: [{type: Ready, status: Unknown}]}`
	const failing = `{observedGeneration: 1, url: "http://chat-router.default.example.com", latestReadyRevisionName: chat-router-00001,
		latestCreatedRevisionName: chat-router-00002, conditions: [{type: Ready, status: "False", reason: RevisionFailed, message: no image}, {type: RoutesReady, status: "True"}]}`
	for _, s := range strategies {
		c := switching(t, "raw")
		c.config = map[string]string{"ingress": byIngress}
		at(c.parent, "spec")["router"] = map[string]any{"minReplicas": int64(0), "maxReplicas": int64(3), "runner": map[string]any{"name": "router", "image": "r:1"}}
		c.apply(t, s, c.sync(t))
		c.ready(t, "Deployment/chat-engine")
		report := func(text string) { c.reports(t, kinds.KnativeService, "chat-router", text) }
		doesNotChange := func(when string) {
			for _, found := range c.sync(t).Findings {
				assert.NotEqual(t, sync.ReasonEntryChanging, found.Reason, when)
			}
		}
		report(starting)
		doesNotChange("a service that begins with a router")
		for range 2 {
			report(ready)
			c.apply(t, s, c.sync(t))
			c.ready(t, "Deployment/chat-engine")
		}
		report(failing)
		c.config = map[string]string{"ingress": strings.Replace(byIngress, `"ingressGateway":"a/b"`, `"ingressGateway":"a/other"`, 1)}
		doesNotChange("a route that is edited while the router fails")
		assert.Contains(t, jsonText(view{t, c.sync(t)}.raw("VirtualService/chat").Object["spec"]), "a/other")
		report(ready)
		removeRouter(c)
		removed := c.sync(t)
		assert.Contains(t, view{t, removed}.refs(), "KnativeService/chat-router", "it stays until the routes have been applied")
		for range 3 {
			c.apply(t, s, c.sync(t))
			c.ready(t, "Deployment/chat-engine")
		}
		assert.NotContains(t, view{t, c.sync(t)}.refs(), "KnativeService/chat-router")
	}
}

// TestAnyChangesOfTheEntryLoseNoRequest: a router and a decoder come and go, whatever else is edited and before the last
// change is through. The engine always serves, so that there is always something to lead to.
func TestAnyChangesOfTheEntryLoseNoRequest(t *testing.T) {
	ways := slices.Sorted(maps.Keys(entryWays))
	eachCase(t, func(t testing.TB, d dice) {
		way := oneOf(d, ways...)
		w := entryWays[way].cluster(t, oneOf(d, strategies...))
		w.showsPods = d.Chance(50)
		w.settle(t, func() {})
		parts, engine := at(w.parent, "spec"), at(w.parent, "spec", "engine")
		operations := map[string]func(){
			"a router":            func() { parts["router"] = ofRouter("v1") },
			"a router that fails": func() { parts["router"] = ofRouter("broken") },
			"no router":           func() { delete(parts, "router") },
			"a decoder":           func() { parts["decoder"] = ofDecoder() },
			"no decoder":          func() { delete(parts, "decoder") },
			"another image":       func() { at(engine, "runner")["image"] = oneOf(d, "v1", "v2") },
			"another size":        func() { engine["minReplicas"] = oneOf(d, int64(2), int64(3)) },
			"a canary": func() {
				engine["canaryTrafficPercent"] = int64(50)
				at(engine, "runner")["image"] = oneOf(d, "v1", "v2")
			},
			"no canary": func() { delete(engine, "canaryTrafficPercent") },
			"another mode": func() {
				at(engine, "annotations")[v1beta1.AnnotationDeploymentMode] = oneOf(d, "MultiNode", "RawDeployment")
			},
			"an annotation": func() { at(w.parent, "metadata", "annotations")["x"] = oneOf(d, "a", "b") },
		}
		var past []string
		check := func() {
			w.leadsToServingPods(t)
			require.False(t, t.Failed(), "after %v, by %s apply, %s", past, w.strategy, way)
		}
		for range 1 + d.IntN(5) {
			past = append(past, oneOf(d, slices.Sorted(maps.Keys(operations))...))
			operations[past[len(past)-1]]()
			for range d.IntN(6) {
				w.applyAnswer(t)
				check()
				w.letControllersWork(t)
			}
		}
		w.settle(t, check)
		if router, has := parts["router"]; has {
			at(router.(map[string]any), "runner")["image"] = "v1"
		}
		delete(engine, "canaryTrafficPercent")
		w.settle(t, check)
		want, left := "engine", w.object(t, kinds.Deployment, "chat-router")
		if parts["router"] != nil {
			want = "router"
		} else {
			assert.Nil(t, left, "%v", past)
		}
		assert.Equal(t, want, w.entry(t), "%v", past)
		for _, found := range w.sync(t).Findings {
			assert.NotEqual(t, sync.ReasonEntryChanging, found.Reason, "%v: %s", past, found.Message)
		}
	})
}

// entry is the component to which requests to the service go; several where they go to several.
func (w *rollingCluster) entry(t testing.TB) string {
	t.Helper()
	var entries []string
	for _, b := range append(w.backends(t), w.addresses(t)...) {
		serving, _ := w.podsBehind(t, b)
		for _, pod := range serving {
			if component := pod.labels["component"]; !contains(entries, component) {
				entries = append(entries, component)
			}
		}
	}
	return strings.Join(entries, " ")
}

// leadsToServingPods asserts that routes and the addresses in the status lead to pods that serve.
func (w *rollingCluster) leadsToServingPods(t testing.TB) {
	t.Helper()
	for _, b := range append(w.backends(t), w.addresses(t)...) {
		serving, deaf := w.podsBehind(t, b)
		assert.NotEmpty(t, serving, "%v", b)
		assert.Empty(t, deaf, "%v", b)
	}
}

// addresses are the Service objects to which the addresses of the service lead that are inside the cluster.
func (w *rollingCluster) addresses(t testing.TB) []backend {
	t.Helper()
	status := w.sync(t).Status
	require.NotNil(t, status.Address)
	var to []backend
	for _, address := range []string{status.URL, status.Address.URL} {
		parsed, err := url.Parse(address)
		require.NoError(t, err)
		name, isInCluster := strings.CutSuffix(parsed.Hostname(), ".default.svc.cluster.local")
		if !isInCluster {
			continue
		}
		port, err := strconv.ParseInt(parsed.Port(), 10, 64)
		if err != nil {
			port = 80
		}
		to = append(to, backend{name, port, 1})
	}
	return to
}
