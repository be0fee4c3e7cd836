package sync_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	lwsv1 "sigs.k8s.io/lws/api/leaderworkerset/v1"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// engineModes are engines of every mode, all of the same runtime and model.
var engineModes = map[string]string{
	"raw":        `{minReplicas: 1, maxReplicas: 3}`,
	"serverless": `{minReplicas: 0, maxReplicas: 3}`,
	"ray":        `{minReplicas: 1, annotations: {ome.io/deploymentMode: MultiNodeRayVLLM}}`,
	"multinode": `{minReplicas: 1, maxReplicas: 3, worker: {size: 1, runner: {name: ome-container,
		image: docker.io/vllm/vllm-openai:v0.9.1, args: [--worker], resources: {limits: {nvidia.com/gpu: "1"}}}}}`,
}

// modeNames are the modes in the order of the table.
var modeNames = []string{"raw", "serverless", "multinode", "ray"}

// servingRefs are the workloads of each mode.
var servingRefs = map[string][]string{
	"raw":        {"Deployment/chat-engine"},
	"serverless": {"KnativeService/chat-engine"},
	"multinode":  {"LeaderWorkerSet/lws-chat-engine"},
	"ray":        {"RayCluster/chat-engine-0"},
}

// switching is a cluster with the catalogue of the case router-unwanted and a
// service whose engine has a mode.
func switching(t testing.TB, mode string) *cluster {
	t.Helper()
	catalogue, err := os.ReadFile(filepath.Join(goldenFolder, "router-unwanted", "in", "catalogue.yaml"))
	require.NoError(t, err)
	service := "{apiVersion: ome.io/v1beta1, kind: InferenceService, metadata: {name: chat, namespace: default}, spec: {model: {name: qwen-7b}}}"
	c := newCluster(t, append([]string{service}, strings.Split(string(catalogue), "\n---\n")...)...)
	c.engine(t, mode)
	return c
}

// engine changes the mode of the engine.
func (c *cluster) engine(t testing.TB, mode string) {
	t.Helper()
	var spec map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(engineModes[mode]), &spec))
	at(c.parent, "spec")["engine"] = spec
}

// ready lets controllers report that all workloads serve, or those of the
// references alone.
func (c *cluster) ready(t testing.TB, only ...string) {
	t.Helper()
	for _, objects := range c.children {
		for key, child := range objects {
			var object map[string]any
			require.NoError(t, json.Unmarshal(child.Raw, &object))
			name := ref(&unstructured.Unstructured{Object: object})
			if len(only) > 0 && !slices.Contains(only, name) {
				continue
			}
			if report, workload := readyReports[strings.SplitN(name, "/", 2)[0]]; workload {
				objects[key] = reporting(t, object, report)
			}
		}
	}
}

// reports lets a child in namespace default report a status, as YAML.
func (c *cluster) reports(t testing.TB, kind kinds.Kind, name, report string) {
	t.Helper()
	var object map[string]any
	require.NoError(t, json.Unmarshal(c.children.Get(kind, "default", name).Raw, &object))
	c.children[kind][observed.ObjectKey("default", name)] = reporting(t, object, report)
}

// reporting is an object with a status, as YAML.
func reporting(t testing.TB, object map[string]any, report string) observed.Object {
	t.Helper()
	var status map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(report), &status))
	object["status"] = status
	text, err := json.Marshal(object)
	require.NoError(t, err)
	return observed.Object{Raw: text}
}

// readyReports are what the controllers of the workloads report when all is
// well.
var readyReports = map[string]string{
	"Deployment": `{observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1,
		conditions: [{type: Available, status: "True"}, {type: Progressing, status: "True", reason: NewReplicaSetAvailable}]}`,
	"LeaderWorkerSet": `{replicas: 1, readyReplicas: 1, updatedReplicas: 1, conditions: [{type: Available, status: "True"}]}`,
	"KnativeService": `{observedGeneration: 1, url: "http://chat-engine.default.example.com",
		latestReadyRevisionName: chat-engine-00001, latestCreatedRevisionName: chat-engine-00001,
		conditions: [{type: ConfigurationsReady, status: "True"}, {type: Ready, status: "True"}, {type: RoutesReady, status: "True"}]}`,
	"RayCluster": `{observedGeneration: 1, state: ready}`,
}

// eachSwitch runs a test for every pair of modes.
func eachSwitch(t *testing.T, test func(t *testing.T, from, to string)) {
	t.Helper()
	for _, from := range modeNames {
		for _, to := range modeNames {
			if from != to {
				t.Run(from+" to "+to, func(t *testing.T) { test(t, from, to) })
			}
		}
	}
}

// TestModeSwitch follows a running service from every mode to every other. The
// old workload stays as it is until the new one serves, then it goes and
// nothing is left of it.
func TestModeSwitch(t *testing.T) {
	eachSwitch(t, func(t *testing.T, from, to string) {
		c := switching(t, from)
		before := c.sync(t)
		c.apply(t, clientSide, before)
		c.ready(t)

		c.engine(t, to)
		during := c.sync(t)
		t.Log(step("new mode asked", before, during))
		v := view{t, during}
		v.hasFinding("ModeChanging", "engine")
		for _, name := range servingRefs[from] {
			assert.JSONEq(t, jsonText(view{t, before}.raw(name).Object), jsonText(v.raw(name).Object), "%s serves and stays as it is", name)
		}
		for _, name := range servingRefs[to] {
			v.raw(name)
		}
		consistent(v)

		c.apply(t, clientSide, during)
		c.ready(t, refs(servingRefs[from], proberRefs(from))...)
		waiting := c.sync(t)
		assert.Equal(t, string(childrenText(t, []*sync.Response{during})), string(childrenText(t, []*sync.Response{waiting})),
			"nothing happens until the new workload serves")

		c.ready(t)
		moving := c.sync(t)
		t.Log(step("new workload ready", waiting, moving))
		consistent(view{t, moving})

		after := settle(t, c, clientSide, moving)
		t.Log(step("requests go to it", moving, after))
		consistent(view{t, after})
		assert.Equal(t, string(childrenText(t, []*sync.Response{born(t, to)})), string(childrenText(t, []*sync.Response{after})),
			"as if the service had always had the mode")
	})
}

// settle applies answers, with workloads that are ready, until nothing changes any more.
func settle(t testing.TB, c *cluster, s strategy, response *sync.Response) *sync.Response {
	t.Helper()
	for range 8 {
		c.apply(t, s, response)
		c.ready(t)
		next := c.sync(t)
		if objectsAndAddresses(t, next) == objectsAndAddresses(t, response) {
			return next
		}
		response = next
	}
	require.Fail(t, "the answers go on changing")
	return nil
}

// objectsAndAddresses are what an answer asks for, and where it says that requests go.
func objectsAndAddresses(t testing.TB, response *sync.Response) string {
	t.Helper()
	status := response.Status
	return string(childrenText(t, []*sync.Response{response})) + fmt.Sprint(status.URL, addressOf(response), status.Components[v1beta1.EngineComponent].URL)
}

// TestModeSwitchReachesServingPodsOnly: while two workloads run, no Service
// leads requests to pods that do not answer any: workers and probers.
func TestModeSwitchReachesServingPodsOnly(t *testing.T) {
	eachSwitch(t, func(t *testing.T, from, to string) {
		c := switching(t, from)
		c.apply(t, clientSide, c.sync(t))
		c.ready(t)
		c.engine(t, to)
		v := view{t, c.sync(t)}
		for _, r := range v.refs() {
			if !strings.HasPrefix(r, "Service/") {
				continue
			}
			selector := v.service(strings.TrimPrefix(r, "Service/")).Spec.Selector
			for pods, labels := range silentPods(v) {
				assert.False(t, labelSelects(selector, labels), "%s reaches the pods of %s, which do not serve", r, pods)
			}
		}
	})
}

// TestModeSwitchBack: a service that returns to its old mode before the new
// workload was ready has only what it had.
func TestModeSwitchBack(t *testing.T) {
	eachSwitch(t, func(t *testing.T, from, to string) {
		c := switching(t, from)
		c.apply(t, clientSide, c.sync(t))
		c.ready(t)
		c.engine(t, to)
		c.apply(t, clientSide, c.sync(t))
		c.ready(t, refs(servingRefs[from], proberRefs(from))...)
		c.engine(t, from)
		back := settle(t, c, clientSide, c.sync(t))
		assert.Equal(t, string(childrenText(t, []*sync.Response{born(t, from)})), string(childrenText(t, []*sync.Response{back})))
	})
}

// TestRenamedWorkloadStaysUntilItsSuccessorServes: a LeaderWorkerSet that was
// made under another name, as OME shortens names, is not deleted before the one
// of our name serves.
func TestRenamedWorkloadStaysUntilItsSuccessorServes(t *testing.T) {
	const ours, theirs = "LeaderWorkerSet/lws-chat-engine", "LeaderWorkerSet/lws-shortened-engine"
	c := switching(t, "multinode")
	c.annotate("isvc.io/on-upgrade", "Roll")
	before := c.sync(t)
	view{t, before}.raw("LeaderWorkerSet/lws-chat-engine").SetName("lws-shortened-engine")
	c.apply(t, clientSide, before)
	c.ready(t)

	during := c.sync(t)
	assert.Contains(t, view{t, during}.refs(), ours)
	assert.Contains(t, view{t, during}.refs(), theirs)

	after := settle(t, c, clientSide, during)
	assert.Contains(t, view{t, after}.refs(), ours)
	assert.NotContains(t, view{t, after}.refs(), theirs)
}

// born is the response for a service that is new in a mode.
func born(t testing.TB, mode string) *sync.Response {
	t.Helper()
	return switching(t, mode).sync(t)
}

func proberRefs(mode string) []string {
	if mode == "ray" {
		return []string{"Deployment/chat-engine-0-mnp"}
	}
	return nil
}

// silentPods are the labels of pods that take no requests, by workload: those
// of workers and of probers.
func silentPods(v view) map[string]map[string]string {
	v.t.Helper()
	pods := map[string]map[string]string{}
	for _, r := range v.refs() {
		kind, name, _ := strings.Cut(r, "/")
		switch {
		case kind == "LeaderWorkerSet":
			pods["the workers of "+r] = decodeChild[lwsv1.LeaderWorkerSet](v, r).Spec.LeaderWorkerTemplate.WorkerTemplate.Labels
		case kind == "RayCluster":
			pods["the workers of "+r] = decodeChild[modes.RayCluster](v, r).Spec.WorkerGroupSpecs[0].Template.Labels
		case kind == "Deployment" && strings.HasSuffix(name, "-mnp"):
			pods[r] = decodeChild[appsv1.Deployment](v, r).Spec.Template.Labels
		}
	}
	return pods
}

// consistent asserts what must hold of any list of children: no object twice,
// one autoscaler a target at most, and no autoscaler without its target.
func consistent(v view) {
	v.t.Helper()
	all := v.refs()
	assert.Len(v.t, slices.Compact(slices.Clone(all)), len(all), "an object is there twice: %v", all)
	scaled := map[string]string{}
	for _, child := range v.Children {
		target, found, _ := unstructured.NestedMap(child.Object, "spec", "scaleTargetRef")
		if !found {
			continue
		}
		name := fmt.Sprintf("%s/%s", target["kind"], target["name"])
		assert.Empty(v.t, scaled[name], "%s has two autoscalers", name)
		scaled[name] = ref(child)
		assert.Contains(v.t, all, name, "the target of %s", ref(child))
	}
}

// step writes down what one step does to the children.
func step(title string, before, after *sync.Response) string {
	old, now := map[string]string{}, map[string]string{}
	for _, child := range before.Children {
		old[ref(child)] = jsonText(child.Object)
	}
	var stay, change, come, goes []string
	for _, child := range after.Children {
		name := ref(child)
		now[name] = jsonText(child.Object)
		switch was, had := old[name]; {
		case !had:
			come = append(come, name)
		case was == now[name]:
			stay = append(stay, name)
		default:
			change = append(change, name)
		}
	}
	for _, child := range before.Children {
		if _, kept := now[ref(child)]; !kept {
			goes = append(goes, ref(child))
		}
	}
	return fmt.Sprintf("%s\n  stays    %s\n  changes  %s\n  comes    %s\n  goes     %s", title,
		strings.Join(stay, " "), strings.Join(change, " "), strings.Join(come, " "), strings.Join(goes, " "))
}
