package sync_test

import (
	"encoding/json"
	"flag"
	"hash/fnv"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/ignored"
	"github.com/isvc-io/isvc/sync/observed"
)

var fieldSample = flag.Uint("field-sample", 1440, "change one of so many fields of Kubernetes' types; with 20 or less every field of the project's own, with 1 every field of every input")

// setting is a service in one mode with what it refers to.
type setting struct {
	name string
	// spec is that of the service.
	spec string
	// engine, decoder and router are the runtime's templates.
	engine, decoder, router string
	// config is the configuration; none where it is empty.
	config string
	// status is that of the service, children an object that it has already.
	status, children string
	// isMode is true for the four that show one mode each.
	isMode bool
	// onlyService leaves out the runtime's fields: what it says itself is in the way of them.
	onlyService bool
}

const (
	// ownRunner is complete, and has a flag for each size of parallelism.
	ownRunner = `{name: ome-container, image: server, args: [--tp-size=1, --pp-size=1, --dp-size=1], ports: [{containerPort: 8080}],
		resources: {limits: {cpu: "2", nvidia.com/gpu: "1"}}}`
	ownPod    = `{runner: ` + ownRunner + `}`
	ownGroup  = `{runner: ` + ownRunner + `, leader: {}, worker: {size: 2}}`
	fullGroup = `{leader: {runner: ` + ownRunner + `}, worker: {size: 2, runner: ` + ownRunner + `}}`
	zeroPod   = `{minReplicas: 0, runner: ` + ownRunner + `}`

	podsMetric  = `{type: Pods, pods: {metric: {name: waiting}, target: {type: AverageValue, averageValue: "5"}}}`
	cronTrigger = `{type: cron, metadata: {timezone: UTC, start: 0 6 * * *, end: 0 20 * * *, desiredReplicas: "4"}}`

	bothNamed = `model: {name: model-a}, runtime: {name: runtime-a}, `

	gatewayConfig = `{ingress: {ingressGateway: g/g, ingressService: s, omeIngressGateway: g/g, enableGatewayAPI: true, ingressDomain: example.com}}`
	istioConfig   = `{ingress: {ingressGateway: g/g, ingressService: s, ingressDomain: example.com, localGateway: g/l, localGatewayService: l, knativeLocalGatewayService: k}}`
)

var spokenSettings = []setting{
	{name: "RawDeployment", isMode: true, spec: `{` + bothNamed + `engine: {}, decoder: {}, router: {}}`, engine: ownPod, decoder: ownPod, router: ownPod},
	{name: "MultiNode", isMode: true, spec: `{` + bothNamed + `engine: {}, decoder: {}, router: {}}`, engine: ownGroup, decoder: ownGroup, router: ownPod},
	{name: "MultiNode, leaders and workers complete", spec: `{` + bothNamed + `engine: {}, decoder: {}}`, engine: fullGroup, decoder: fullGroup, onlyService: true},
	{name: "MultiNode, a worker beside the runner", spec: `{` + bothNamed + `engine: {worker: {size: 2}}}`,
		engine: `{runner: ` + ownRunner + `, worker: {runner: ` + ownRunner + `}}`, onlyService: true},
	{name: "MultiNodeRayVLLM", isMode: true, spec: `{` + bothNamed + `engine: {annotations: {ome.io/deploymentMode: MultiNodeRayVLLM}}, router: {}}`, engine: ownPod, router: ownPod},
	{name: "MultiNodeRayVLLM over a group", spec: `{` + bothNamed + `engine: {annotations: {ome.io/deploymentMode: MultiNodeRayVLLM}}}`, engine: ownGroup},
	{name: "Serverless", isMode: true, spec: `{` + bothNamed + `engine: {}, router: {}}`, engine: zeroPod, router: zeroPod,
		status: `{components: {engine: {latestRolledoutRevision: r-1}, router: {latestRolledoutRevision: r-1}}}`},
	{name: "Serverless, the first revision", spec: `{` + bothNamed + `engine: {}}`, engine: zeroPod},
	{name: "RawDeployment over a group", spec: `{` + bothNamed + `engine: {annotations: {ome.io/deploymentMode: RawDeployment}}}`, engine: ownGroup},
	{name: "a predictor", spec: `{predictor: {model: {baseModel: model-a, runtime: runtime-a}}}`, engine: ownPod},
	{name: "KEDA", spec: `{` + bothNamed + `kedaConfig: {enableKeda: true, authenticationRef: {name: a}}, engine: {}, decoder: {maxReplicas: 5}}`,
		engine: ownPod, decoder: ownGroup, onlyService: true},
	{name: "KEDA by the runtime", spec: `{` + bothNamed + `engine: {}}`,
		engine: `{kedaConfig: {enableKeda: true, authenticationRef: {name: a}}, runner: ` + ownRunner + `}`},
	{name: "an autoscaler block", spec: `{` + bothNamed + `engine: {autoscaler: {class: HPA, hpa: {metrics: [` + podsMetric + `]}}},
		decoder: {autoscaler: {class: KEDA, keda: {triggers: [` + cronTrigger + `]}}}, router: {autoscaler: {class: External}}}`, engine: ownPod, decoder: ownGroup, router: ownPod, onlyService: true},
	{name: "an autoscaler block of the runtime", spec: `{` + bothNamed + `engine: {}, decoder: {}}`,
		engine:  `{autoscaler: {class: KEDA, keda: {triggers: [` + cronTrigger + `]}}, runner: ` + ownRunner + `}`,
		decoder: `{autoscaler: {class: HPA}, runner: ` + ownRunner + `}`},
	{name: "a block that scales to zero", spec: `{` + bothNamed + `engine: {minReplicas: 0, autoscaler: {class: KEDA, keda: {triggers: [` + cronTrigger + `]}}}}`, engine: ownPod, onlyService: true},
	{name: "a class", spec: `{` + bothNamed + `acceleratorSelector: {acceleratorClass: class-a}, engine: {}, decoder: {}}`, engine: ownPod, decoder: ownGroup},
	{name: "a policy", spec: `{` + bothNamed + `acceleratorSelector: {policy: BestFit}, engine: {}, decoder: {}}`, engine: ownPod, decoder: ownGroup},
	{name: "a runtime that is selected", spec: `{model: {name: model-a}, engine: {}}`, engine: ownPod},
	{name: "replicas of others", spec: `{` + bothNamed + `engine: {annotations: {ome.io/autoscalerClass: external}}, decoder: {annotations: {ome.io/autoscalerClass: none}}}`, engine: ownPod, decoder: ownPod},
	{name: "HTTPRoutes", spec: `{` + bothNamed + `engine: {}, router: {}}`, engine: ownPod, router: ownPod, config: gatewayConfig},
}

const (
	settingModel = `{apiVersion: ome.io/v1beta1, kind: ClusterBaseModel, metadata: {name: model-a}, spec: {
		modelFormat: {name: safetensors, version: "1.0"}, modelFramework: {name: transformers, version: "4.0"},
		modelArchitecture: Acme, modelParameterSize: 7B, storage: {storageUri: "hf://acme/a", path: /models/a}}}`
	settingClass = `{apiVersion: ome.io/v1beta1, kind: AcceleratorClass, metadata: {name: class-a}, spec: {vendor: a, family: a,
		discovery: {nodeSelector: {gpu: a}}, capabilities: {memoryGB: "80", features: [a], computeCapability: "9.0", performance: {fp16Tflops: 100}}, cost: {perHour: "2"},
		resources: [{name: nvidia.com/gpu, quantity: "1"}]}}`
	settingWeight = `{apiVersion: ome.io/v1beta1, kind: FineTunedWeight, metadata: {name: weight-a}, spec: {
		baseModelRef: {name: model-a}, modelType: LoRA, hyperParameters: {strategy: lora}, storage: {storageUri: "oci://n/n/b/b/o/a"}}}`
	settingRuntime = `{apiVersion: ome.io/v1beta1, kind: ClusterServingRuntime, metadata: {name: runtime-a}, spec: {
		acceleratorRequirements: {acceleratorClasses: [class-a, class-b]},
		supportedModelFormats: [{modelFormat: {name: safetensors, version: "1.0"}, modelFramework: {name: transformers, version: "4.0"},
			modelArchitecture: Acme, autoSelect: true, priority: 3, acceleratorConfig: {class-a: {}}}]}}`
)

// scene is a setting as requests of which one object differs.
type scene struct {
	setting
	service, runtime object
	related, owned   observed.Objects
	config           *config.Config
	base             spoken
	// others are the fields of the runtime that are for other services as a whole.
	others map[string]bool
}

func newScene(t testing.TB, s setting) *scene {
	t.Helper()
	out := &scene{setting: s, runtime: tree(t, settingRuntime), owned: observed.Objects{}}
	if s.children != "" {
		out.owned = objects(t, []object{tree(t, s.children)})
	}
	out.service = object{
		"apiVersion": "ome.io/v1beta1", "kind": "InferenceService", "metadata": object{"name": "chat", "namespace": "default", "uid": parentUID},
		"spec": tree(t, s.spec),
	}
	if s.status != "" {
		out.service["status"] = tree(t, s.status)
	}
	for field, text := range map[string]string{"engineConfig": s.engine, "decoderConfig": s.decoder, "routerConfig": s.router} {
		if text != "" {
			at(out.runtime, "spec")[field] = tree(t, text)
		}
	}
	otherRuntime := tree(t, strings.NewReplacer("runtime-a", "runtime-b", "priority: 3", "priority: 2").Replace(settingRuntime))
	at(otherRuntime, "spec")["engineConfig"] = tree(t, strings.Replace(ownPod, "image: server", "image: other", 1))
	ownRuntime := tree(t, settingRuntime)
	ownRuntime["kind"], meta(ownRuntime)["namespace"] = "ServingRuntime", "default"
	at(ownRuntime, "spec")["engineConfig"] = tree(t, strings.Replace(ownPod, "image: server", "image: own", 1))
	at(ownRuntime, "spec")["disabled"] = true
	ownModel := tree(t, settingModel)
	ownModel["kind"], meta(ownModel)["namespace"] = "BaseModel", "default"
	out.related = objects(t, []object{
		otherRuntime, ownRuntime, ownModel, tree(t, settingModel), tree(t, strings.ReplaceAll(settingModel, "model-a", "model-b")), tree(t, settingWeight),
		tree(t, settingClass), tree(t, strings.NewReplacer("name: class-a", "name: class-b", `"80"`, `"90"`, "gpu: a", "gpu: b",
			"fp16Tflops: 100", "fp16Tflops: 10, int8Tops: 1000", `perHour: "2"`, `perHour: "3"`).Replace(settingClass)),
	})
	if s.config != "" {
		sections := map[string]string{}
		for name, section := range tree(t, s.config) {
			sections[name] = jsonText(section)
		}
		out.config = config.Parse(sections)
		require.Empty(t, out.config.Problems)
	}
	out.base, out.others = newSpoken(out.sync(t, out.service, out.runtime, false)), map[string]bool{}
	require.NotEmpty(t, out.base.objects)
	return out
}

// spoken is what a scene becomes: it says something, or not.
type spoken struct {
	// objects are the children, without what isvc writes down about their input, and the addresses.
	objects string
	// said are the findings, problems and notes about what only describes.
	said []string
}

// sync answers a request in which one or both objects are others.
func (s *scene) sync(t testing.TB, service, runtime object, explain bool) *sync.Response {
	t.Helper()
	related := maps.Clone(s.related)
	related[kinds.ClusterServingRuntime] = maps.Clone(related[kinds.ClusterServingRuntime])
	related.Add(kinds.ClusterServingRuntime, "", "runtime-a", json.RawMessage(jsonText(runtime)))
	response, err := sync.Sync(&sync.Request{
		Parent: json.RawMessage(jsonText(service)), Related: related, Children: s.owned, Managed: kinds.All(),
		Config: s.config, Now: goldenNow, Explain: explain,
	})
	require.NoError(t, err)
	return response
}

func newSpoken(response *sync.Response) spoken {
	out := spoken{objects: jsonText([]any{response.Status.URL, response.Status.Address, response.Status.Components})}
	for _, child := range response.Children {
		unstructured.RemoveNestedField(child.Object, "metadata", "annotations", v1beta1.AnnotationInput)
		out.objects += "\n" + jsonText(child.Object)
	}
	for _, f := range slices.Concat(response.Findings, response.Partial) {
		out.said = append(out.said, f.Message)
	}
	if response.Hold != nil {
		out.said = append(out.said, response.Hold.Message)
	}
	return out
}

var (
	pathInText = regexp.MustCompile(`(spec|metadata)(\.[A-Za-z]+(\[[^\]]*\])?)+`)
	inBrackets = regexp.MustCompile(`\[[^\]]*\]|\{\}`)
)

// names reports whether an answer says that a field, or what holds it, has no effect, or says something else
// about it that another answer does not.
func (a spoken) names(before spoken, place string) bool {
	return slices.ContainsFunc(a.said, func(text string) bool {
		return (strings.Contains(text, "no effect") || !slices.Contains(before.said, text)) && leadsTo(text, place)
	})
}

// leadsTo reports whether a path in a text leads to a field, or to what holds it below a component.
func leadsTo(text, place string) bool {
	place = inBrackets.ReplaceAllString(place, "")
	// An older container of a runtime that has nothing but its name is nothing.
	container, isName := strings.CutSuffix(place, "ontainers.name")
	return slices.ContainsFunc(pathInText.FindAllString(text, -1), func(path string) bool {
		path = inBrackets.ReplaceAllString(path, "")
		return (strings.HasPrefix(place+".", path+".") || isName && strings.HasPrefix(path, container+"ontainers.")) && (!isComponent(path) || strings.Contains(text, ignored.DecidesNothing))
	})
}

// isComponent reports whether a path names no more than a component.
func isComponent(path string) bool {
	return slices.Contains([]string{"spec.engine", "spec.decoder", "spec.router", "spec.engineConfig", "spec.decoderConfig", "spec.routerConfig"}, path)
}

// valuesOfFields are the values of fields that need others than any.
var valuesOfFields = []struct {
	at     *regexp.Regexp
	values [2]any
}{
	{regexp.MustCompile(`^service\.spec\.model\.name$|baseModel$`), [2]any{"model-b", "model-a"}},
	{regexp.MustCompile(`^service\.spec\.model\.kind$`), [2]any{"BaseModel", "ClusterBaseModel"}},
	{regexp.MustCompile(`^service\.spec\.deploymentMode$`), [2]any{"RawDeployment", "OMENative"}},
	{regexp.MustCompile(`lifecycle\.restartPolicy$`), [2]any{"None", "RecreateInstanceOnPodRestart"}},
	{regexp.MustCompile(`lifecycle\.updateStrategy\.type$`), [2]any{"RecreatePod", "InPlaceOnly"}},
	{regexp.MustCompile(`\.topologySpread$`), [2]any{"Required", "Preferred"}},
	{regexp.MustCompile(`^service\.spec\.model\.overlays\[\]\.name$`), [2]any{"model-b", "model-a"}},
	{regexp.MustCompile(`fineTunedWeights\[\]$`), [2]any{"weight-b", "weight-a"}},
	{regexp.MustCompile(`^service\.spec\.runtime\.name$|^service\.spec\.predictor\.model\.runtime$`), [2]any{"runtime-b", "runtime-a"}},
	{regexp.MustCompile(`^service\.spec\.runtime\.kind$`), [2]any{"ServingRuntime", "ClusterServingRuntime"}},
	{regexp.MustCompile(`\.acceleratorClass$|excludedClasses\[\]$|acceleratorClasses\[\]$`), [2]any{"class-b", "class-a"}},
	{regexp.MustCompile(`\.policy$`), [2]any{"MostCapable", "FirstAvailable"}},
	{regexp.MustCompile(`minMemory$`), [2]any{int64(85), int64(100)}},
	{regexp.MustCompile(`minComputePerformanceTFLOPS$`), [2]any{int64(10000), int64(100)}},
	{regexp.MustCompile(`preferredPrecisions\[\]$`), [2]any{"int8", "fp16"}},
	{regexp.MustCompile(`minArchitectureVersion$`), [2]any{"10.0", "8.0"}},
	{regexp.MustCompile(`autoscaler\.class$`), [2]any{"None", "HPA"}},
	{regexp.MustCompile(`scaleMetric$`), [2]any{"cpu", "memory"}},
	{regexp.MustCompile(`scalingOperator$`), [2]any{"GreaterThan", "LessThan"}},
	{regexp.MustCompile(`authModes$`), [2]any{"basic", "tls"}},
	{regexp.MustCompile(`promServerAddress$`), [2]any{"http://a", "http://b"}},
	{regexp.MustCompile(`scalingThreshold$`), [2]any{"1", "2"}},
	{regexp.MustCompile(`canaryTrafficPercent$`), [2]any{int64(10), int64(20)}},
	{regexp.MustCompile(`priority$`), [2]any{int64(1), int64(4)}},
	{regexp.MustCompile(`(modelFormat|modelFramework)\.weight$`), [2]any{int64(-1), int64(4)}},
	{regexp.MustCompile(`(modelFormat|modelFramework)\.operator$`), [2]any{"GreaterThan", "Equal"}},
	{regexp.MustCompile(`modelSizeRange`), [2]any{"80B", "x"}},
}

// actsLater are fields that act on pods that run, of which the settings have none, and the tests of that.
var actsLater = map[string]string{
	"service.spec.runtime.autoSync": "TestKeptTemplate",
}

// silenceCounts collects the fields that say and do nothing.
type silenceCounts struct{ tried, acts, said atomic.Int64 }

// TestNoFieldIsSilent changes every field of a service and of its runtime in every mode: the change changes
// an object or an address, or makes a finding that names the field.
func TestNoFieldIsSilent(t *testing.T) {
	var counts silenceCounts
	t.Run("settings", func(t *testing.T) {
		for _, s := range spokenSettings {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				scene := newScene(t, s)
				scene.tryFields(t, &counts, "service", reflect.TypeFor[v1beta1.InferenceServiceSpec]())
				if !s.onlyService {
					scene.tryFields(t, &counts, "runtime", reflect.TypeFor[v1beta1.ServingRuntimeSpec]())
				}
			})
		}
	})
	t.Logf("%d fields in %d settings: %d acted, %d were named in a finding", counts.tried.Load(), len(spokenSettings), counts.acts.Load(), counts.said.Load())
}

func (s *scene) tryFields(t *testing.T, counts *silenceCounts, subject string, of reflect.Type) {
	t.Helper()
	for _, l := range leavesOf(of) {
		l = l.insideSpec()
		place := subject + "." + l.String()
		if !s.isTried(place, l.depth) || actsLater[place] != "" {
			continue
		}
		for _, row := range valuesOfFields {
			if row.at.MatchString(place) {
				l.values = row.values
			}
		}
		counts.tried.Add(1)
		switch acts, said := s.tryField(t, subject, l); {
		case acts:
			counts.acts.Add(1)
		case said:
			counts.said.Add(1)
		default:
			assert.Fail(t, "a silent field", "%s: %s changes nothing and is not named in a finding", s.name, place)
		}
	}
}

// isDescription reports whether a field of the runtime is noted as one that only describes it, or is for
// other services.
func (s *scene) isDescription(t *testing.T, l leaf) bool {
	t.Helper()
	for _, take := range []int{0, added} {
		runtime, _ := l.set(s.runtime, take, l.values[0])
		for _, e := range s.sync(t, s.service, runtime, true).Trace {
			if e.Reason == ignored.OnlyDescribes && leadsTo(e.Message, l.String()) {
				s.others[l.path[1]] = strings.Contains(e.Message, "spec."+l.path[1]+",") || strings.Contains(e.Message, "spec."+l.path[1]+":")
				return true
			}
		}
	}
	return false
}

// insideSpec is a leaf below the member spec.
func (l leaf) insideSpec() leaf {
	l.path = append([]string{"spec"}, l.path...)
	items := map[int]object{}
	for length, item := range l.items {
		items[length+1] = item
	}
	l.items = items
	return l
}

// isTried reports whether a field is in the sample. Settings that are no mode of their own are sampled more
// sparsely.
func (s *scene) isTried(place string, depth int) bool {
	oneOf := *fieldSample
	if depth == 0 {
		oneOf /= 20
	}
	if !s.isMode && oneOf > 1 {
		oneOf *= 4
	}
	return isSampled(s.name+place, oneOf)
}

// isSampled reports whether something is one of so many.
func isSampled(name string, oneOf uint) bool {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(name))
	return uint(hash.Sum32())%max(1, oneOf) == 0
}

// tryField gives a field two values, in what is there and in what is added.
func (s *scene) tryField(t *testing.T, subject string, l leaf) (acts, said bool) {
	t.Helper()
	if subject == "runtime" && s.others[l.path[1]] {
		return false, true
	}
	for _, take := range []int{added, 0} {
		seen := []spoken{s.base}
		for _, value := range l.values {
			service, runtime, possible := s.service, s.runtime, false
			if subject == "service" {
				service, possible = l.set(service, take, value)
			} else {
				runtime, possible = l.set(runtime, take, value)
			}
			if !possible {
				break
			}
			seen = append(seen, newSpoken(s.sync(t, service, runtime, false)))
		}
		for _, a := range seen[1:] {
			acts = acts || a.objects != seen[0].objects || a.objects != seen[1].objects
			said = said || a.names(s.base, l.String())
		}
		if acts || said {
			return acts, said
		}
	}
	return false, subject == "runtime" && s.isDescription(t, l)
}
