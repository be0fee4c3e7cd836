package sync_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// The objects of a world, by the name that the test gives them.
const (
	theService = "service"
	theModel   = "model"
	theRuntime = "runtime"
	theClass   = "class"
	theWeight  = "weight"
	theConfig  = "config"
)

// world is a service with what it refers to. Objects that are there to be chosen instead have the
// names of the others with another letter.
type world struct {
	name string
	// objects are the service and what it uses, by the names above; others are the rest.
	objects map[string]object
	others  []object
	// sections are the sections of the configuration, decoded; nil without a ConfigMap.
	sections map[string]object
	// deep is true where every field of pods is tried, too, and allMetadata where the labels and
	// annotations of all objects are.
	deep, allMetadata bool
}

const aModel = `{apiVersion: ome.io/v1beta1, kind: ClusterBaseModel, metadata: {name: model-a}, spec: {
	vendor: acme, modelFormat: {name: safetensors, version: "1.0"}, modelFramework: {name: transformers, version: "4.0"},
	modelArchitecture: Acme, modelParameterSize: 7B, storage: {storageUri: "hf://acme/a", path: /models/a}}}`

const aClass = `{apiVersion: ome.io/v1beta1, kind: AcceleratorClass, metadata: {name: class-a}, spec: {
	discovery: {nodeSelector: {gpu: a}}, capabilities: {memoryGB: "80"}, cost: {perHour: "2"},
	resources: [{name: nvidia.com/gpu, quantity: "1"}]}}`

const aWeight = `{apiVersion: ome.io/v1beta1, kind: FineTunedWeight, metadata: {name: weight-a}, spec: {
	baseModelRef: {name: model-a}, modelType: LoRA, hyperParameters: {strategy: lora}, configuration: {merged_weights: false},
	storage: {storageUri: "oci://n/n/b/b/o/a"}}}`

// aRuntime has two entries that match the model; the first one wins.
const aRuntime = `{apiVersion: ome.io/v1beta1, kind: ClusterServingRuntime, metadata: {name: runtime-a}, spec: {
	supportedModelFormats: [
		{name: safetensors, modelFormat: {name: safetensors, version: "1.0"}, modelFramework: {name: transformers, version: "4.0"},
			modelArchitecture: Acme, autoSelect: true, priority: 2, acceleratorConfig: {
				class-a: {runtimeArgsOverride: [--first], environmentOverride: {FIRST: "1"}, tensorParallelismOverride: {tensorParallelSize: 2}}}},
		{name: other, modelFormat: {name: safetensors, version: "1.0"}, modelFramework: {name: transformers, version: "4.0"},
			modelArchitecture: Acme, autoSelect: true, priority: 1, acceleratorConfig: {
				class-a: {runtimeArgsOverride: [--second], environmentOverride: {SECOND: "1"}}}}],
	acceleratorRequirements: {acceleratorClasses: [class-a, class-b]},
	nodeSelector: {old: a},
	containers: [{name: ome-container, image: old, resources: {limits: {example.com/old: "1"}}}]}}`

// aRunner is a container of a runtime.
const aRunner = `{name: ome-container, image: server, args: [--tp=1, --pp=1], ports: [{containerPort: 8080}],
	env: [{name: A, value: a}], resources: {limits: {cpu: "2", nvidia.com/gpu: "1"}}}`

// podShapes are what a runtime says of a component, by the pods that it describes.
var podShapes = map[string]string{
	"pod":               `{runner: ` + aRunner + `, nodeSelector: {pool: a}}`,
	"leader and worker": `{leader: {runner: ` + aRunner + `}, worker: {size: 2, runner: ` + aRunner + `}, nodeSelector: {pool: a}}`,
	"pod and worker":    `{runner: ` + aRunner + `, worker: {size: 2, runner: ` + aRunner + `}}`,
	"placeholders":      `{runner: {name: ome-container, image: server, args: ["{{.Labels.team}}", '{{index .Annotations "example.com/note"}}']}}`,
}

const aConfig = `{
	deploy: {defaultDeploymentMode: RawDeployment},
	ingress: {ingressGateway: g/g, ingressService: s, ingressDomain: example.com, disableIngressCreation: true},
	metricsAggregator: {enableMetricAggregation: "false", enablePrometheusScraping: "false"},
	modelInit: {image: i, compartmentId: c, authType: t, vaultId: v},
	fineTunedAdapter: {image: i, compartmentId: c, authType: t},
	servingSidecar: {image: i, compartmentId: c, authType: t},
	multinodeProber: {image: p}}`

// worldShape is what one world differs in.
type worldShape struct {
	// engine and decoder are the shapes of the runtime's pods.
	engine, decoder string
	// spec is that of the service.
	spec string
	// annotations are those of the service.
	annotations map[string]any
	// config is merged into the configuration.
	config            string
	deep, allMetadata bool
}

const namedReferences = `model: {name: model-a}, runtime: {name: runtime-a}, acceleratorSelector: {acceleratorClass: class-a}, `

var worldShapes = map[string]worldShape{
	"RawDeployment": {engine: "pod", decoder: "pod", deep: true, allMetadata: true, spec: `{` + namedReferences + `engine: {}, decoder: {}, router: {}}`},
	"MultiNode": {engine: "leader and worker", decoder: "pod and worker", deep: true,
		spec: `{` + namedReferences + `engine: {}, decoder: {}, router: {minReplicas: 0}}`},
	"Ray": {engine: "pod", decoder: "pod", deep: true,
		spec: `{` + namedReferences + `engine: {annotations: {ome.io/deploymentMode: MultiNodeRayVLLM}}, decoder: {}, router: {}}`},
	"Serverless": {engine: "pod", decoder: "pod", deep: true, spec: `{` + namedReferences + `engine: {minReplicas: 0}, router: {minReplicas: 0}}`},
	"a pair": {engine: "pod", decoder: "leader and worker", annotations: map[string]any{"isvc.io/pair-revision": "true"},
		spec: `{` + namedReferences + `engine: {}, decoder: {}, router: {}}`},
	"one runtime for all": {engine: "pod and worker", decoder: "leader and worker", spec: `{` + namedReferences + `engine: {}, decoder: {}, router: {}}`},
	"a weight": {engine: "pod", decoder: "pod", annotations: map[string]any{
		"ome.io/inject-model-init": "true", "ome.io/inject-serving-sidecar": "true"},
		spec: `{model: {name: model-a, fineTunedWeights: [weight-a]}, runtime: {name: runtime-a}, engine: {}, decoder: {}, router: {}}`},
	"a runtime and a class that are chosen": {engine: "pod", decoder: "pod",
		spec: `{model: {name: model-a}, acceleratorSelector: {policy: Cheapest}, engine: {}, decoder: {}, router: {}}`},
	"a predictor": {engine: "pod", decoder: "pod",
		spec: `{predictor: {model: {baseModel: model-a, runtime: runtime-a}, minReplicas: 1}, router: {}}`},
	"a predictor that has no effect": {engine: "pod", decoder: "pod",
		spec: `{predictor: {model: {baseModel: model-b, runtime: runtime-b}, minReplicas: 1}, ` + namedReferences + `engine: {}}`},
	"placeholders": {engine: "placeholders", decoder: "pod", allMetadata: true,
		spec: `{` + namedReferences + `engine: {}, decoder: {runner: {env: [{name: P, value: "{{.Labels.tier}}"}]}}, router: {}}`},
	"metadata that the configuration names": {engine: "pod", decoder: "pod", allMetadata: true,
		config: `{deploy: {defaultDeploymentMode: RawDeployment, templateLabels: ["*"], templateAnnotations: ["*"]}}`,
		spec:   `{` + namedReferences + `engine: {annotations: {ome.io/service-type: ClusterIP}}, decoder: {}, router: {}}`},
	"fields that do not count": {engine: "pod", decoder: "pod", spec: `{` + namedReferences + `kedaConfig: {scalingThreshold: "5"}, engine: {
		minReplicas: 1, maxReplicas: 2, scaleTarget: 50, scaleMetric: cpu, timeoutSeconds: 5, containerConcurrency: 5,
		minAvailable: 1, deploymentStrategy: {type: Recreate}, canaryTrafficPercent: 5, kedaConfig: {enableKeda: false},
		ephemeralContainers: [{name: e, image: e}], annotations: {ome.io/service-type: ClusterIP, autoscaling.keda.sh/paused: "x"},
		runner: {ports: [{containerPort: 8081, protocol: TCP}], livenessProbe: {grpc: {port: 8081, service: ""}},
			env: [{name: F, valueFrom: {fileKeyRef: {volumeName: v, path: p, key: k, optional: false}}}]}}}`},
	"neither a model nor a runtime": {engine: "pod", decoder: "pod",
		spec: `{engine: {runner: {name: server, image: own}}, router: {runner: {name: router, image: own}}}`},
}

func newWorld(t testing.TB, name string) *world {
	t.Helper()
	shape := worldShapes[name]
	w := &world{name: name, deep: shape.deep, allMetadata: shape.allMetadata, objects: map[string]object{}, sections: map[string]object{}}
	for subject, text := range map[string]string{theModel: aModel, theRuntime: aRuntime, theClass: aClass, theWeight: aWeight} {
		w.objects[subject] = tree(t, text)
	}
	runtime := at(w.objects[theRuntime], "spec")
	runtime["engineConfig"], runtime["decoderConfig"] = tree(t, podShapes[shape.engine]), tree(t, podShapes[shape.decoder])
	runtime["routerConfig"] = tree(t, podShapes["pod"])
	w.objects[theService] = object{
		"apiVersion": "ome.io/v1beta1", "kind": "InferenceService", "spec": tree(t, shape.spec),
		"metadata": object{"name": "chat", "namespace": "default", "uid": parentUID, "labels": object{"team": "x", "tier": "x"}, "annotations": object{"example.com/note": "x"}},
	}
	maps.Copy(at(w.objects[theService], "metadata", "annotations"), shape.annotations)
	for _, subject := range []string{theModel, theRuntime, theClass, theWeight} {
		w.others = append(w.others, alternativeTo(w.objects[subject]))
	}
	namespaced := tree(t, aModel)
	namespaced["kind"] = "BaseModel"
	meta(namespaced)["namespace"] = "default"
	w.others = append(w.others, namespaced)
	for _, text := range []string{aConfig, shape.config} {
		if text == "" {
			continue
		}
		for section, value := range tree(t, text) {
			w.sections[section] = value.(object)
		}
	}
	return w
}

// alternativeTo is a copy of an object under the name of another letter, with other values.
func alternativeTo(original object) object {
	text := jsonText(original)
	for _, replaced := range [][2]string{
		{"model-a", "model-b"}, {"runtime-a", "runtime-b"}, {`"name":"class-a"`, `"name":"class-b"`}, {"weight-a", "weight-b"},
		{`"image":"server"`, `"image":"other"`}, {"/models/a", "/models/b"}, {`"gpu":"a"`, `"gpu":"b"`}, {`"perHour":"2"`, `"perHour":"3"`},
		{`"priority":2`, `"priority":1`}, {`"strategy":"lora"`, `"strategy":"tfew"`},
	} {
		text = strings.ReplaceAll(text, replaced[0], replaced[1])
	}
	var out object
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		panic(err)
	}
	return out
}

// prepared is a world as requests of which one object differs.
type prepared struct {
	*world
	parent  json.RawMessage
	related observed.Objects
	config  *config.Config
}

func (w *world) prepare(t testing.TB) *prepared {
	t.Helper()
	p := &prepared{world: w, config: parseSections(w.sections)}
	var trees []map[string]any
	for subject, o := range w.objects {
		if subject == theService {
			p.parent = json.RawMessage(jsonText(o))
			continue
		}
		trees = append(trees, o)
	}
	p.related = objects(t, append(trees, w.others...))
	return p
}

// parseSections is the configuration of a ConfigMap with the sections; nil without one.
func parseSections(sections map[string]object) *config.Config {
	if sections == nil {
		return nil
	}
	data := map[string]string{}
	for name, section := range sections {
		data[name] = jsonText(section)
	}
	return config.Parse(data)
}

// requestWith is the request in which one object is another.
func (p *prepared) requestWith(subject string, changed object) *sync.Request {
	request := &sync.Request{
		Parent: p.parent, Related: p.related, Children: observed.Objects{}, Managed: kinds.All(), Config: p.config, Now: goldenNow,
	}
	if changed == nil {
		return request
	}
	raw := json.RawMessage(jsonText(changed))
	if subject == theService {
		request.Parent = raw
		return request
	}
	original := unstructured.Unstructured{Object: p.objects[subject]}
	kind := kinds.New(original.GetKind(), original.GetAPIVersion())
	request.Related = maps.Clone(p.related)
	request.Related[kind] = maps.Clone(p.related[kind])
	delete(request.Related[kind], observed.ObjectKey(original.GetNamespace(), original.GetName()))
	u := unstructured.Unstructured{Object: changed}
	request.Related.Add(kind, u.GetNamespace(), u.GetName(), raw)
	return request
}

// podsMade are what the pods of a component are made from, and what the workload says of it.
type podsMade struct {
	workload, template, input string
}

// proberOf begins the names of Deployments that watch a component.
const proberOf = "prober of "

// outcome is what a world becomes: the pods of each component that has a workload.
type outcome struct {
	components map[string]podsMade
	// refused says why a component or the whole service cannot be computed.
	refused string
}

func outcomeOf(t testing.TB, request *sync.Request) outcome {
	t.Helper()
	response, err := sync.Sync(request)
	require.NoError(t, err)
	out := outcome{components: map[string]podsMade{}}
	if response.Hold != nil {
		out.refused = response.Hold.Message
	}
	for _, part := range response.Partial {
		out.refused += part.Message
	}
	for _, child := range response.Children {
		mode, isWorkload := modes.OfWorkload(kinds.New(child.GetKind(), child.GetAPIVersion()))
		component := child.GetLabels()[v1beta1.LabelComponent]
		if strings.HasSuffix(child.GetName(), "-mnp") {
			component = proberOf + component
		}
		if _, known := out.components[component]; known || !isWorkload {
			continue
		}
		var parts []any
		for _, path := range mode.TemplatePaths {
			part, _, _ := unstructured.NestedFieldNoCopy(child.Object, strings.Split(path, ".")...)
			parts = append(parts, part)
		}
		out.components[component] = podsMade{child.GetKind(), jsonText(parts), child.GetAnnotations()[v1beta1.AnnotationInput]}
	}
	return out
}

// metadataKeys are keys of labels and annotations: all that the API names, all that pods have, those of
// tools, and any.
func metadataKeys(t testing.TB) []string {
	t.Helper()
	keys := []string{
		"team", "example.com/note", "app.kubernetes.io/managed-by", "helm.sh/chart", "argocd.argoproj.io/instance",
		"fluxcd.io/sync-checksum", "kubernetes.io/created-by", "cluster.x-k8s.io/cluster-name",
	}
	_, blocks := keyBlocks(t)
	for _, block := range blocks {
		for _, k := range block {
			keys = append(keys, withSuffix(k.name))
		}
	}
	for _, row := range modes.PodKeys() {
		keys = append(keys, withSuffix(row.Key))
		if strings.HasSuffix(row.Key, "/") {
			keys = append(keys, "below."+row.Key+"x")
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// withSuffix completes the beginning of a key.
func withSuffix(key string) string {
	if strings.HasSuffix(key, "/") || strings.HasSuffix(key, ".") {
		return key + "x"
	}
	return key
}
