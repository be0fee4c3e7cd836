package sync_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/observed"
)

const heldService = `
apiVersion: ome.io/v1beta1
kind: InferenceService
metadata: {name: chat, namespace: team-a, generation: 3, annotations: {team: research}}
spec:
  model: {name: llama}
  runtime: {name: sglang}
  engine: {minReplicas: 2, maxReplicas: 4, acceleratorOverride: {acceleratorClass: h100}}
  decoder: {minReplicas: 1, maxReplicas: 1}
  router: {minReplicas: 1, maxReplicas: 2}
`

const heldModel = `
apiVersion: ome.io/v1beta1
kind: ClusterBaseModel
metadata: {name: llama}
spec:
  modelFormat: {name: safetensors}
  modelFramework: {name: transformers}
  modelParameterSize: 8B
  storage: {storageUri: "hf://meta/llama", path: /models/llama}
`

const heldRuntime = `
apiVersion: ome.io/v1beta1
kind: ClusterServingRuntime
metadata: {name: sglang}
spec:
  supportedModelFormats: [{modelFormat: {name: safetensors}, modelFramework: {name: transformers}, autoSelect: true}]
  acceleratorRequirements: {acceleratorClasses: [h100]}
  engineConfig:
    volumes: [{name: shm, emptyDir: {medium: Memory}}]
    runner: &runner
      name: ome-container
      image: sglang:1
      args: ["--tp=$(PARALLELISM_SIZE)"]
      env: [{name: A, value: b}, {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
      ports: [{containerPort: 8080}]
      volumeMounts: [{name: shm, mountPath: /dev/shm}]
      resources: {limits: {nvidia.com/gpu: 1}}
  decoderConfig: {runner: *runner}
  routerConfig: {runner: {name: router, image: router:1, ports: [{containerPort: 8000}]}}
`

const heldClass = `
apiVersion: ome.io/v1beta1
kind: AcceleratorClass
metadata: {name: h100}
spec:
  discovery: {nodeSelector: {gpu: h100}}
  capabilities: {memoryGB: 80}
  resources: [{name: nvidia.com/gpu}]
`

// withIngress makes an Ingress for each service.
const withIngress = `{"ingressGateway": "g/g", "ingressService": "s", "ingressDomain": "example.com", "localGateway": "k/local", "localGatewayService": "l.svc", "knativeLocalGatewayService": "l.svc"}`

// withGateway makes HTTPRoutes for each service.
const withGateway = `{"ingressGateway": "g/g", "ingressService": "s", "ingressDomain": "example.com", "omeIngressGateway": "gw/main", "enableGatewayAPI": true}`

// withTemplate has a template that refers to nothing there is.
const withTemplate = `{"ingressGateway": "g/g", "ingressService": "s", "ingressDomain": "example.com", "omeIngressGateway": "gw/main", "enableGatewayAPI": true,
  "domainTemplate": "{{ .Nothing }}.{{ .IngressDomain }}"}`

// served is a cluster that serves the service of the tests of holding.
func served(t testing.TB, s strategy, prepare ...func(*cluster)) *cluster {
	t.Helper()
	if len(prepare) > 0 {
		return newServed(t, s, prepare...)
	}
	return servedClusters.of(string(s), func() *cluster { return newServed(t, s) }).copied()
}

// servedClusters are those that most tests begin with, by the strategy.
var servedClusters memory[*cluster]

func newServed(t testing.TB, s strategy, prepare ...func(*cluster)) *cluster {
	t.Helper()
	c := newCluster(t, heldService, heldModel, heldRuntime, heldClass)
	for _, change := range prepare {
		change(c)
	}
	response := c.sync(t)
	require.Nil(t, response.Hold)
	require.Empty(t, response.Partial)
	c.apply(t, s, response)
	require.Empty(t, writes(t, s, c.children, c.sync(t).Children), "the cluster is at rest before anything goes wrong")
	return c
}

func spec(c *cluster, keys ...string) map[string]any { return at(at(c.parent, "spec"), keys...) }

func configured(ingress string) func(*cluster) {
	return func(c *cluster) { c.config = map[string]string{"ingress": ingress} }
}

func multiNode(c *cluster) {
	for _, part := range []string{"engineConfig", "decoderConfig"} {
		s := at(c.one("ClusterServingRuntime"), "spec", part)
		s["leader"] = map[string]any{"runner": s["runner"]}
		s["worker"] = map[string]any{"runner": s["runner"], "size": int64(1)}
		delete(s, "runner")
	}
}

func serverless(c *cluster) {
	delete(spec(c), "decoder")
	delete(spec(c), "router")
	spec(c, "engine")["minReplicas"] = int64(0)
}

func ray(c *cluster) {
	delete(spec(c), "decoder")
	delete(spec(c), "router")
	spec(c, "engine", "annotations")["ome.io/deploymentMode"] = "MultiNodeRayVLLM"
}

// mistake is something that makes a service or a part of it uncomputable.
type mistake struct {
	prepare []func(*cluster)
	make    func(*cluster)
	// whole is the reason of the hold of the service, part and reason those of a
	// part of it.
	whole, part, reason string
}

var mistakes = map[string]mistake{
	"the runtime is deleted":             {make: func(c *cluster) { c.drop("ClusterServingRuntime") }, whole: "RuntimeNotFound"},
	"the runtime is disabled":            {make: func(c *cluster) { at(c.one("ClusterServingRuntime"), "spec")["disabled"] = true }, whole: "RuntimeDisabled"},
	"the runtime cannot be decoded":      {make: func(c *cluster) { at(c.one("ClusterServingRuntime"), "spec")["engineConfig"] = "x" }, whole: "RuntimeInvalid"},
	"the model is deleted":               {make: func(c *cluster) { c.drop("ClusterBaseModel") }, whole: "ModelNotFound"},
	"the model is disabled":              {make: func(c *cluster) { at(c.one("ClusterBaseModel"), "spec")["disabled"] = true }, whole: "ModelDisabled"},
	"the accelerator class is deleted":   {make: func(c *cluster) { c.drop("AcceleratorClass") }, whole: "AcceleratorClassNotFound"},
	"everything related is gone":         {make: func(c *cluster) { c.related = nil }, whole: "ModelNotFound"},
	"the spec cannot be decoded":         {make: func(c *cluster) { spec(c, "engine")["minReplicas"] = "many" }, whole: "InvalidField"},
	"the spec is a list":                 {make: func(c *cluster) { c.parent["spec"] = []any{} }, whole: "InvalidField"},
	"the spec is gone":                   {make: func(c *cluster) { delete(c.parent, "spec") }, whole: "InvalidSpec"},
	"the spec is invalid":                {make: func(c *cluster) { spec(c, "engine")["containerConcurrency"] = int64(-1) }, whole: "InvalidSpec"},
	"the engine is removed":              {make: func(c *cluster) { delete(spec(c), "engine") }, whole: "InvalidSpec"},
	"the decoder has no runner any more": {make: func(c *cluster) { delete(at(c.one("ClusterServingRuntime"), "spec"), "decoderConfig") }, part: "decoder", reason: "NoRunner"},
	"the decoder loses its runner behind an Ingress": {
		prepare: []func(*cluster){configured(withIngress)},
		make:    func(c *cluster) { delete(at(c.one("ClusterServingRuntime"), "spec"), "decoderConfig") }, part: "decoder", reason: "NoRunner"},
	"the decoder loses its runner behind HTTPRoutes": {
		prepare: []func(*cluster){configured(withGateway)},
		make:    func(c *cluster) { delete(at(c.one("ClusterServingRuntime"), "spec"), "decoderConfig") }, part: "decoder", reason: "NoRunner"},
	"the router has no runner any more":      {make: func(c *cluster) { delete(at(c.one("ClusterServingRuntime"), "spec"), "routerConfig") }, part: "router", reason: "NoRunner"},
	"the ingress configuration breaks":       {prepare: []func(*cluster){configured(withIngress)}, make: configured(`{`), part: "ingress", reason: "InvalidIngressConfig"},
	"the domain template breaks":             {prepare: []func(*cluster){configured(withGateway)}, make: configured(withTemplate), part: "ingress", reason: "InvalidIngressConfig"},
	"a kind of the ingress is not installed": {prepare: []func(*cluster){configured(withIngress)}, make: func(c *cluster) { configured(withGateway)(c); delete(c.kinds, kinds.HTTPRoute) }, part: "ingress", reason: "KindNotInstalled"},
	"a kind of another mode is not installed": {make: func(c *cluster) {
		delete(c.kinds, kinds.LeaderWorkerSet)
		spec(c, "engine", "annotations")["ome.io/deploymentMode"] = "MultiNode"
	}, part: "engine", reason: "KindNotInstalled"},
	"KEDA is asked for and not installed": {make: func(c *cluster) {
		delete(c.kinds, kinds.ScaledObject)
		spec(c, "engine", "kedaConfig")["enableKeda"] = true
	}, part: "engine", reason: "KindNotInstalled"},
	"the runtime of groups is deleted":             {prepare: []func(*cluster){multiNode}, make: func(c *cluster) { c.drop("ClusterServingRuntime") }, whole: "RuntimeNotFound"},
	"the model of a serverless service is deleted": {prepare: []func(*cluster){serverless}, make: func(c *cluster) { c.drop("ClusterBaseModel") }, whole: "ModelNotFound"},
	"the spec of Ray clusters is invalid":          {prepare: []func(*cluster){ray}, make: func(c *cluster) { spec(c, "engine")["containerConcurrency"] = int64(-2) }, whole: "InvalidSpec"},
}

// TestNothingIsWrittenWhileAServiceIsHeld makes a mistake in a cluster that
// serves: by Metacontroller's own rules of merging nothing may be created,
// changed or deleted, and a condition says what is wrong.
func TestNothingIsWrittenWhileAServiceIsHeld(t *testing.T) {
	for i, sentence := range slices.Sorted(maps.Keys(mistakes)) {
		for _, s := range strategiesOf(i) {
			t.Run(string(s)+"/"+sentence, func(t *testing.T) {
				m := mistakes[sentence]
				c := served(t, s, m.prepare...)
				m.make(c)
				response := c.sync(t)
				v := view{t, response}
				assert.Empty(t, writes(t, s, c.children, response.Children))
				assert.Len(t, response.Children, count(c.children))
				assert.Zero(t, response.RetryAfter)
				if m.whole != "" {
					v.held(m.whole)
				} else {
					v.partly(m.part, m.reason)
				}
				status, _, message := v.condition("Ready")
				assert.NotEqual(t, "True", status, "the service does not claim to be well: %s", message)
				_, err := json.Marshal(response.Status)
				require.NoError(t, err)
			})
		}
	}
}

func count(o observed.Objects) (n int) {
	for _, byKey := range o {
		n += len(byKey)
	}
	return n
}

// TestAHeldServiceComesBackByItself undoes a mistake: the service is computed
// again, and still nothing changes.
func TestAHeldServiceComesBackByItself(t *testing.T) {
	for _, s := range strategies {
		c := served(t, s)
		related := c.related
		c.related = nil
		held := c.sync(t)
		require.NotNil(t, held.Hold)
		c.apply(t, s, held)
		c.related = related
		response := c.sync(t)
		assert.Nil(t, response.Hold)
		assert.Empty(t, writes(t, s, c.children, response.Children), s)
	}
}

// TestWithoutChildrenAHoldMakesNone: there is nothing to keep.
func TestWithoutChildrenAHoldMakesNone(t *testing.T) {
	c := newCluster(t, heldService)
	response := c.sync(t)
	require.NotNil(t, response.Hold)
	assert.Empty(t, response.Children)
	assert.Zero(t, response.RetryAfter)
}

// edit changes an observed child.
func edit(t testing.TB, c *cluster, kind kinds.Kind, name string, change func(object map[string]any)) {
	t.Helper()
	key := observed.ObjectKey("team-a", name)
	var object map[string]any
	require.True(t, c.children[kind][key].Exists(), "there is a %s %s", kind, name)
	require.NoError(t, utiljson.Unmarshal(c.children[kind][key].Raw, &object))
	change(object)
	raw, err := json.Marshal(object)
	require.NoError(t, err)
	c.children[kind][key] = observed.Object{Raw: raw}
}

// forget removes every trace of what was applied to a child, as if somebody had
// edited the annotation and another manager had applied the object since.
func forget(object map[string]any) {
	delete(at(object, "metadata", "annotations"), "metacontroller.k8s.io/last-applied-configuration")
	meta(object)["managedFields"] = []any{map[string]any{"manager": "else", "operation": "Apply", "apiVersion": object["apiVersion"],
		"fieldsV1": map[string]any{"f:spec": map[string]any{}}}}
}

// TestWhatCannotBeRepeatedIsAskedForAgain: where neither the annotation nor the
// managed fields tell what was applied, the caller must leave everything.
func TestWhatCannotBeRepeatedIsAskedForAgain(t *testing.T) {
	for sentence, test := range map[string]struct {
		spoil func(object map[string]any)
		make  func(c *cluster)
		again bool
	}{
		"nothing tells, the service is held": {forget, func(c *cluster) { c.related = nil }, true},
		"the annotation is no JSON": {func(o map[string]any) {
			at(o, "metadata", "annotations")["metacontroller.k8s.io/last-applied-configuration"] = "{"
		}, func(c *cluster) { c.related = nil }, true},
		"the annotation is of another object": {func(o map[string]any) {
			at(o, "metadata", "annotations")["metacontroller.k8s.io/last-applied-configuration"] = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"other"}}`
		}, func(c *cluster) { c.related = nil }, true},
		"what was applied cannot be applied again": {func(o map[string]any) {
			annotations := at(o, "metadata", "annotations")
			const key = "metacontroller.k8s.io/last-applied-configuration"
			annotations[key] = strings.Replace(annotations[key].(string), `"ports":[`, `"ports":[{"containerPort":8080},`, 1)
		}, func(c *cluster) { c.related = nil }, true},
		"nothing tells, that component is held":      {forget, func(c *cluster) { delete(at(c.one("ClusterServingRuntime"), "spec"), "decoderConfig") }, true},
		"nothing tells, another component is held":   {forget, func(c *cluster) { delete(at(c.one("ClusterServingRuntime"), "spec"), "routerConfig") }, false},
		"nothing tells, and everything is computed":  {forget, func(*cluster) {}, false},
		"it was adopted and never applied by anyone": {neverApplied, func(c *cluster) { c.related = nil }, false},
	} {
		t.Run(sentence, func(t *testing.T) {
			c := served(t, clientSide)
			edit(t, c, kinds.Deployment, "chat-decoder", test.spoil)
			test.make(c)
			response := c.sync(t)
			if !test.again {
				assert.Zero(t, response.RetryAfter)
				assert.Contains(t, view{t, response}.refs(), "Deployment/chat-decoder")
				return
			}
			require.NotNil(t, response.Hold)
			assert.Positive(t, response.RetryAfter)
			assert.Zero(t, response.RetryAfter%time.Second, "Retry-After is in whole seconds")
		})
	}
}

func neverApplied(object map[string]any) {
	delete(at(object, "metadata", "annotations"), "metacontroller.k8s.io/last-applied-configuration")
	meta(object)["managedFields"] = []any{map[string]any{"manager": "ome", "operation": "Update", "apiVersion": object["apiVersion"],
		"fieldsV1": map[string]any{"f:spec": map[string]any{"f:replicas": map[string]any{}}}}}
}

// TestAHoldHealsWhatOthersChanged: what was applied last is applied again.
func TestAHoldHealsWhatOthersChanged(t *testing.T) {
	c := served(t, clientSide)
	edit(t, c, kinds.Deployment, "chat-engine", func(o map[string]any) {
		at(o, "spec", "template", "spec")["containers"].([]any)[0].(map[string]any)["image"] = "evil:1"
		delete(at(o, "metadata", "labels"), "component")
	})
	c.related = nil
	assert.Equal(t, []string{
		`update Deployment/chat-engine: metadata.labels.component: null -> "engine"`,
		`update Deployment/chat-engine: spec.template.spec.containers[0].image: "evil:1" -> "sglang:1"`,
	}, writes(t, clientSide, c.children, c.sync(t).Children))
}

// TestOnlyTheBrokenPartIsHeld: the engine follows its specification while the
// decoder stays.
func TestOnlyTheBrokenPartIsHeld(t *testing.T) {
	for _, s := range strategies {
		c := served(t, s)
		delete(at(c.one("ClusterServingRuntime"), "spec"), "decoderConfig")
		spec(c, "engine", "runner")["image"] = "sglang:2"
		response := c.sync(t)
		view{t, response}.partly("decoder", "NoRunner")
		assert.Equal(t, []string{`update Deployment/chat-engine: ` + map[strategy]string{
			clientSide: `spec.template.spec.containers[0].image: "sglang:1" -> "sglang:2"`,
			serverSide: `spec.template.spec.containers[name="ome-container"].image: "sglang:1" -> "sglang:2"`,
		}[s]}, withoutAnnotation(writes(t, s, c.children, response.Children)))
	}
}

// withoutAnnotation leaves out the changes of the annotations that go with
// every other change.
func withoutAnnotation(lines []string) []string {
	var out []string
	for _, line := range lines {
		if !containsAll(line, []string{"last-applied-configuration"}) && !containsAll(line, []string{"isvc.io/input"}) {
			out = append(out, line)
		}
	}
	return out
}

// TestAPartIsHeldWhateverItsLabelsBecame: somebody removed or changed the label
// by which a component's objects are told apart.
func TestAPartIsHeldWhateverItsLabelsBecame(t *testing.T) {
	for _, s := range strategies {
		for sentence, change := range map[string]func(map[string]any){
			"removed": func(o map[string]any) { delete(at(o, "metadata", "labels"), "component") },
			"changed": func(o map[string]any) { at(o, "metadata", "labels")["component"] = "engine" },
		} {
			if s == serverSide && sentence == "changed" {
				continue // the managed fields hold the observed value
			}
			c := served(t, s)
			edit(t, c, kinds.Deployment, "chat-decoder", change)
			delete(at(c.one("ClusterServingRuntime"), "spec"), "decoderConfig")
			assert.NotContains(t, writes(t, s, c.children, c.sync(t).Children), "delete Deployment.apps/v1 team-a/chat-decoder", "%s, %s", s, sentence)
		}
	}
}

// TestRemovedComponentsGo: a component that the service no longer asks for is not in doubt. A router that took the
// requests stays until they go to the engine: TestAnotherEntryLosesNoRequest.
func TestRemovedComponentsGo(t *testing.T) {
	c := served(t, clientSide)
	delete(spec(c), "decoder")
	gone := writes(t, clientSide, c.children, c.sync(t).Children)
	assert.Contains(t, gone, "delete Deployment.apps/v1 team-a/chat-decoder")
	assert.Contains(t, gone, "delete Service.v1 team-a/chat-decoder")
	assert.NotContains(t, gone, "delete Deployment.apps/v1 team-a/chat-engine")
}

// TestALostRuntimeHoldsCompleteRunnersToo: a service whose runners are complete
// needs no runtime, but what was made with one is not made anew without it.
func TestALostRuntimeHoldsCompleteRunnersToo(t *testing.T) {
	complete := func(c *cluster) {
		delete(spec(c), "runtime")
		delete(spec(c), "decoder")
		delete(spec(c), "router")
		spec(c, "engine")["runner"] = map[string]any{"name": "ome-container", "image": "own:1"}
	}
	c := served(t, clientSide, complete)
	c.drop("ClusterServingRuntime")
	response := c.sync(t)
	view{t, response}.held("NoSupportingRuntime", "sglang", "delete the workloads")
	assert.Empty(t, writes(t, clientSide, c.children, response.Children))
	delete(c.children, kinds.Deployment)
	response = c.sync(t)
	assert.Nil(t, response.Hold, "without its workload it is made without a runtime")
	assert.Contains(t, view{t, response}.refs(), "Deployment/chat-engine")
}

// TestWhoseReplicasOfARestoredCopy: what was last applied says whose the number
// is even where it names another namespace, as on a copy out of a backup.
func TestWhoseReplicasOfARestoredCopy(t *testing.T) {
	for _, c := range []struct {
		name     string
		applied  map[string]any
		replicas any
	}{
		{"ours", map[string]any{"replicas": int64(2)}, int64(7)},
		{"the autoscaler's", map[string]any{}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			cluster := served(t, clientSide)
			at(cluster.parent, "spec")["engine"] = map[string]any{"minReplicas": int64(1), "maxReplicas": int64(9)}
			cluster.apply(t, clientSide, cluster.sync(t))
			edit(t, cluster, kinds.Deployment, "chat-engine", func(o map[string]any) {
				at(o, "spec")["replicas"] = int64(7)
				applied, err := json.Marshal(map[string]any{"apiVersion": "apps/v1", "kind": "Deployment",
					"metadata": map[string]any{"name": "chat-engine", "namespace": "elsewhere"}, "spec": c.applied})
				require.NoError(t, err)
				at(o, "metadata", "annotations")[child.LastAppliedAnnotation] = string(applied)
			})
			deployment := view{t, cluster.sync(t)}.raw("Deployment/chat-engine")
			assert.Equal(t, c.replicas, at(deployment.Object, "spec")["replicas"])
		})
	}
}
