package lint_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/lint"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// clean is a service without findings, with what it refers to.
const clean = `
apiVersion: ome.io/v1beta1
kind: InferenceService
metadata: {name: chat, namespace: team-a}
spec:
  model: {name: llama}
  runtime: {name: server}
  kedaConfig: {enableKeda: true, promServerAddress: "http://prometheus:9090", scalingThreshold: "5"}
  engine:
    minReplicas: 1
    maxReplicas: 2
    runner:
      name: ome-container
      image: registry.example/server:1.0
      imagePullPolicy: IfNotPresent
      command: [serve]
      args: [--tp-size, $(PARALLELISM_SIZE), --port, "8080"]
      env: [{name: LOG, value: info}]
      ports: [{containerPort: 8080}]
      startupProbe: {httpGet: {path: /health, port: 8080}, periodSeconds: 10, failureThreshold: 60}
      livenessProbe: {httpGet: {path: /health, port: 8080}}
      readinessProbe: {httpGet: {path: /health, port: 8080}}
      resources:
        requests: {cpu: "8", memory: 40Gi, nvidia.com/gpu: "2"}
        limits: {memory: 80Gi, nvidia.com/gpu: "2"}
      volumeMounts: [{name: shm, mountPath: /dev/shm}]
    volumes: [{name: shm, emptyDir: {medium: Memory}}]
---
apiVersion: ome.io/v1beta1
kind: ClusterBaseModel
metadata: {name: llama}
spec:
  modelFormat: {name: safetensors}
  modelParameterSize: 8B
  storage: {storageUri: "hf://acme/llama", path: /models/llama}
status: {state: Ready}
---
apiVersion: ome.io/v1beta1
kind: ClusterServingRuntime
metadata: {name: server}
spec:
  supportedModelFormats: [{modelFormat: {name: safetensors}}]
  engineConfig: {}
---
apiVersion: ome.io/v1beta1
kind: AcceleratorClass
metadata: {name: h100}
spec:
  discovery: {}
  capabilities: {memoryGB: "80"}
  resources: [{name: nvidia.com/gpu}]
status: {totalAccelerators: 16}
`

// edited is the clean input with texts replaced: pairs of old and new.
func edited(t *testing.T, edits []string) string {
	t.Helper()
	text := clean
	for i := 0; i < len(edits); i += 2 {
		require.Contains(t, text, edits[i], "the edit does not apply")
		text = strings.Replace(text, edits[i], edits[i+1], 1)
	}
	return text
}

// check lints the services of a text.
func check(t *testing.T, text string) []lint.Finding {
	t.Helper()
	set, _ := load.Files([]load.File{{Name: "in.yaml", Data: []byte(text)}}, "default")
	var all []lint.Finding
	for _, request := range set.Requests(load.Options{Kinds: kinds.All(), Explain: true}) {
		response, err := sync.Sync(request)
		require.NoError(t, err)
		all = append(all, lint.Check(request, response)...)
	}
	return all
}

func ids(findings []lint.Finding) []string {
	found := map[string]bool{}
	for _, f := range findings {
		found[f.ID] = true
	}
	return slices.Sorted(maps.Keys(found))
}

func TestACleanServiceHasNoFindings(t *testing.T) {
	assert.Empty(t, check(t, clean))
}

const (
	keda      = `kedaConfig: {enableKeda: true, promServerAddress: "http://prometheus:9090", scalingThreshold: "5"}`
	requests  = `requests: {cpu: "8", memory: 40Gi, nvidia.com/gpu: "2"}`
	limits    = `limits: {memory: 80Gi, nvidia.com/gpu: "2"}`
	startup   = `startupProbe: {httpGet: {path: /health, port: 8080}, periodSeconds: 10, failureThreshold: 60}`
	liveness  = `livenessProbe: {httpGet: {path: /health, port: 8080}}`
	mounts    = `volumeMounts: [{name: shm, mountPath: /dev/shm}]`
	arguments = `args: [--tp-size, $(PARALLELISM_SIZE), --port, "8080"]`
	eight     = `requests: {cpu: "8", memory: 40Gi, nvidia.com/gpu: "8"}`
	eightMax  = `limits: {memory: 80Gi, nvidia.com/gpu: "8"}`
)

// ruleCases are edits of the clean service by rule: some that it finds, and
// some that are nearly the same and that it does not.
var ruleCases = map[string]struct {
	edits []string
	want  []string
	says  string
}{
	"ISVC001: a request without a limit": {
		[]string{limits, "limits: {memory: 80Gi}"}, []string{"ISVC001"}, "has the request 2 and the limit none"},
	"ISVC001: a limit alone is a request too": {
		[]string{requests, `requests: {cpu: "8", memory: 40Gi}`}, nil, ""},
	"ISVC001: another resource may differ": {
		[]string{limits, `limits: {memory: 80Gi, cpu: "16", nvidia.com/gpu: "2"}`}, nil, ""},

	"ISVC002: a model without an accelerator": {
		[]string{requests, `requests: {cpu: "8", memory: 40Gi}`, limits, "limits: {memory: 80Gi}"}, []string{"ISVC002"}, "no container asks for an accelerator"},
	"ISVC002: the resource of a class is an accelerator": {
		[]string{requests, `requests: {cpu: "8", memory: 40Gi, acme.com/chip: "2"}`, limits, `limits: {memory: 80Gi, acme.com/chip: "2"}`,
			"resources: [{name: nvidia.com/gpu}]", "resources: [{name: acme.com/chip}]"}, nil, ""},

	"ISVC003: weights that do not fit": {
		[]string{"memoryGB: \"80\"", "memoryGB: \"7\""}, []string{"ISVC003"}, "ask for at least 3"},
	"ISVC003: weights that just fit": {
		[]string{"memoryGB: \"80\"", "memoryGB: \"8\""}, nil, ""},
	"ISVC003: half the size with fp8": {
		[]string{"memoryGB: \"80\"", "memoryGB: \"4\"", "modelParameterSize: 8B", "modelParameterSize: 8B\n  quantization: fp8",
			"supportedModelFormats: [{modelFormat: {name: safetensors}}]", "supportedModelFormats: [{modelFormat: {name: safetensors}, quantization: fp8}]"}, nil, ""},

	"ISVC004: more than the cluster has": {
		[]string{"totalAccelerators: 16", "totalAccelerators: 1"}, []string{"ISVC004"}, "asks for 2 of nvidia.com/gpu, but the cluster has 1"},
	"ISVC004: a resource that no class has": {
		[]string{requests, `requests: {cpu: "8", memory: 40Gi, amd.com/gpu: "2"}`, limits, `limits: {memory: 80Gi, amd.com/gpu: "2"}`},
		[]string{"ISVC004"}, "amd.com/gpu, which no AcceleratorClass has"},
	"ISVC004: a class that does not count": {
		[]string{"status: {totalAccelerators: 16}", "status: {}"}, nil, ""},

	"ISVC005: no shared memory": {
		[]string{mounts, "volumeMounts: []"}, []string{"ISVC005"}, "split over 2 accelerators"},
	"ISVC005: shared memory on a disk": {
		[]string{"emptyDir: {medium: Memory}", "emptyDir: {}"}, []string{"ISVC005"}, ""},
	"ISVC005: one accelerator shares nothing": {
		[]string{mounts, "volumeMounts: []", requests, `requests: {cpu: "8", memory: 40Gi, nvidia.com/gpu: "1"}`,
			limits, `limits: {memory: 80Gi, nvidia.com/gpu: "1"}`}, nil, ""},

	"ISVC006: little memory": {
		[]string{"memory: 40Gi", "memory: 20Gi"}, []string{"ISVC006"}, "request 32 to 64 GB"},
	"ISVC006: no memory": {
		[]string{requests, `requests: {cpu: "8", nvidia.com/gpu: "2"}`, limits, `limits: {nvidia.com/gpu: "2"}`}, []string{"ISVC006"}, "no memory is requested"},
	"ISVC006: a model of unknown size": {
		[]string{"memory: 40Gi", "memory: 2Gi", "modelParameterSize: 8B", "modelType: llama"}, nil, ""},

	"ISVC007: a limit below the model": {
		[]string{requests, `requests: {cpu: "8", memory: 10Gi, nvidia.com/gpu: "2"}`, limits, `limits: {memory: 10Gi, nvidia.com/gpu: "2"}`},
		[]string{"ISVC006", "ISVC007"}, "limited to 11 GB"},
	"ISVC007: no limit": {
		[]string{limits, `limits: {nvidia.com/gpu: "2"}`}, nil, ""},

	"ISVC008: few CPUs": {
		[]string{`cpu: "8"`, `cpu: 3500m`}, []string{"ISVC008"}, "3500m CPUs"},
	"ISVC008: enough CPUs": {
		[]string{`cpu: "8"`, `cpu: "4"`}, nil, ""},

	"ISVC009: no startup probe": {
		[]string{startup, "stdin: false", liveness, "tty: false"}, []string{"ISVC009"}, "allows 120 s"},
	"ISVC009: nothing to start without accelerators": {
		[]string{startup, "stdin: false", liveness, "tty: false", requests, `requests: {cpu: "8", memory: 40Gi}`, limits, "limits: {memory: 80Gi}"},
		[]string{"ISVC002"}, ""},

	"ISVC010: liveness without startup": {
		[]string{startup, "stdin: false"}, []string{"ISVC009", "ISVC010"}, "30 s after its start"},
	"ISVC010: liveness that waits": {
		[]string{startup, "stdin: false", liveness, "livenessProbe: {initialDelaySeconds: 300, httpGet: {path: /health, port: 8080}}"},
		[]string{"ISVC009"}, ""},

	"ISVC011: a startup probe that gives up": {
		[]string{"failureThreshold: 60", "failureThreshold: 11"}, []string{"ISVC011"}, "110 s after its start"},
	"ISVC011: a startup probe that just waits": {
		[]string{"failureThreshold: 60", "failureThreshold: 12"}, nil, ""},
	"ISVC011: a large model takes longer": {
		[]string{"failureThreshold: 60", "failureThreshold: 12", "modelParameterSize: 8B", "modelParameterSize: 30B", "memory: 40Gi", "memory: 200Gi",
			"memory: 80Gi", "memory: 200Gi"}, []string{"ISVC011"}, "loading is allowed 300 s"},

	"ISVC012: a flag twice": {
		[]string{`"8080"]`, `"8080", --port=8080]`}, []string{"ISVC012"}, "--port is given 2 times"},
	"ISVC012: two spellings of a flag": {
		[]string{`"8080"]`, `"8080", --tp=2]`}, []string{"ISVC012"}, "--tp-size and --tp say the same"},
	"ISVC012: a flag that may be repeated": {
		[]string{`"8080"]`, `"8080", --lora-paths, a, --lora-paths, b]`}, nil, ""},

	"ISVC013: more parallel than accelerators": {
		[]string{arguments, "args: [--tp-size=2, --pp-size=2]"}, []string{"ISVC013"}, "4 accelerators (tensor 2 x pipeline 2), but one replica asks for 2"},
	"ISVC013: as parallel as accelerators": {
		[]string{arguments, "args: [--tp-size=1, --pp-size=2]"}, nil, ""},
	"ISVC013: in a script": {
		[]string{arguments, `args: ["serve \\\n --tp-size 4 \\\n --x"]`}, []string{"ISVC013"}, "tensor 4"},

	"ISVC014: another port": {
		[]string{`--port, "8080"`, `--port, "8000"`}, []string{"ISVC014"}, "port 8000"},
	"ISVC014: no port in the arguments": {
		[]string{`, --port, "8080"`, ""}, nil, ""},

	"ISVC015: as many as there are": {
		[]string{"maxReplicas: 2", "maxReplicas: 2\n    minAvailable: 1"}, []string{"ISVC015"}, "minAvailable 1 of 1 replicas"},
	"ISVC015: all of them": {
		[]string{"minReplicas: 1", "minReplicas: 2\n    minAvailable: 100%"}, []string{"ISVC015"}, "minAvailable 100%"},
	"ISVC015: none may go": {
		[]string{"maxReplicas: 2", "maxReplicas: 2\n    maxUnavailable: 0"}, []string{"ISVC015"}, "maxUnavailable 0"},
	"ISVC015: one of two may go": {
		[]string{"minReplicas: 1", "minReplicas: 2\n    minAvailable: 1"}, nil, ""},
	"ISVC015: a share may go": {
		[]string{"minReplicas: 1", "minReplicas: 2\n    maxUnavailable: 10%"}, nil, ""},

	"ISVC016: no greatest number": {
		[]string{"    maxReplicas: 2\n", ""}, []string{"ISVC016"}, "ScaledObject/scaledobject-chat-engine"},
	"ISVC016: nothing scales": {
		[]string{"    maxReplicas: 2\n", "", "namespace: team-a}", "namespace: team-a, annotations: {ome.io/autoscalerClass: none}}"}, nil, ""},

	"ISVC017: a large model from zero": {
		[]string{"minReplicas: 1", "minReplicas: 0", "modelParameterSize: 8B", "modelParameterSize: 12B", "memory: 40Gi", "memory: 48Gi", keda, ""},
		[]string{"ISVC017", "ISVC026"}, "until 24 GB are loaded"},
	"ISVC017: a small model from zero": {
		[]string{"minReplicas: 1", "minReplicas: 0", keda, ""}, []string{"ISVC026"}, "KnativeFeatureNeeded"},

	"ISVC018: zero and a HorizontalPodAutoscaler": {
		[]string{"minReplicas: 1", "minReplicas: 0\n    annotations: {ome.io/deploymentMode: RawDeployment}", keda, ""},
		[]string{"ISVC018", "ISVC019"}, "HorizontalPodAutoscaler/chat-engine keeps at least one"},
	"ISVC018: zero and KEDA": {
		[]string{"minReplicas: 1", "minReplicas: 0\n    annotations: {ome.io/deploymentMode: RawDeployment}"}, nil, ""},

	"ISVC019: scaling by the CPU": {
		[]string{keda, ""}, []string{"ISVC019"}, "Deployment/chat-engine uses accelerators"},
	"ISVC019: scaling by memory": {
		[]string{keda, "", "minReplicas: 1", "minReplicas: 1\n    scaleMetric: memory"}, nil, ""},

	"ISVC020: a surge of whole nodes": {
		[]string{requests, eight, limits, eightMax}, []string{"ISVC020"}, "8 free accelerators"},
	"ISVC020: one goes first": {
		[]string{requests, eight, limits, eightMax, "minReplicas: 1",
			"minReplicas: 1\n    deploymentStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}"}, nil, ""},
	"ISVC020: all go first": {
		[]string{requests, eight, limits, eightMax, "minReplicas: 1", "minReplicas: 1\n    deploymentStrategy: {type: Recreate}"}, nil, ""},

	"ISVC021: latest": {
		[]string{"server:1.0", "server:latest"}, []string{"ISVC021"}, "the tag latest, and nodes keep what they pulled first"},
	"ISVC021: no tag, and a port in the registry": {
		[]string{"registry.example/server:1.0", "registry.example:5000/server", "imagePullPolicy: IfNotPresent", "imagePullPolicy: Always"},
		[]string{"ISVC021"}, "no tag, and it is pulled at every start"},
	"ISVC021: a digest": {
		[]string{"server:1.0", "server@sha256:" + strings.Repeat("0", 64)}, nil, ""},

	"ISVC022: a fixed version pulled always": {
		[]string{"imagePullPolicy: IfNotPresent", "imagePullPolicy: Always"}, []string{"ISVC022"}, "server:1.0"},
	"ISVC022: the default": {
		[]string{"imagePullPolicy: IfNotPresent", "tty: false"}, nil, ""},

	"ISVC023: a secret": {
		[]string{"{name: LOG, value: info}", "{name: HF_TOKEN, value: hf_secret}"}, []string{"ISVC023"}, "HF_TOKEN"},
	"ISVC023: a reference": {
		[]string{"{name: LOG, value: info}", "{name: HF_TOKEN, valueFrom: {secretKeyRef: {name: hf, key: token}}}"}, nil, ""},
	"ISVC023: names that only sound like secrets": {
		[]string{"{name: LOG, value: info}", `{name: MAX_TOKENS, value: "5"}, {name: TOKENIZERS_PARALLELISM, value: "1"}, {name: KEY_FILE, value: /x}, {name: A_TOKEN, value: ""}`}, nil, ""},

	"ISVC024: a field of another mode": {
		[]string{"minReplicas: 1", "minReplicas: 1\n    canaryTrafficPercent: 10"}, []string{"ISVC024"}, "canaryTrafficPercent has no effect"},
	"ISVC024: a field of this mode": {
		[]string{"minReplicas: 1", "minReplicas: 1\n    deploymentStrategy: {type: Recreate}"}, nil, ""},

	"ISVC025: a field that does not exist": {
		[]string{"minReplicas: 1", "minReplicas: 1\n    minReplica: 2"}, []string{"ISVC025"}, "spec.engine.minReplica"},
	"ISVC025: a field that exists": {
		[]string{"minReplicas: 1", "minReplicas: 1\n    timeoutSeconds: 60"}, nil, ""},

	"ISVC026: replicas the wrong way round": {
		[]string{"minReplicas: 1", "minReplicas: 3"}, []string{"ISVC026"}, "minReplicas 3 exceeds maxReplicas 2"},
	"ISVC026: replicas the right way round": {
		[]string{"minReplicas: 1", "minReplicas: 2"}, nil, ""},

	"ISVC027: a model that does not exist": {
		[]string{"model: {name: llama}", "model: {name: lama}"}, []string{"ISVC027"}, "ModelNotFound"},
	"ISVC027: a component that cannot be composed": {
		[]string{"  engine:\n", "  router: {}\n  engine:\n"}, []string{"ISVC027"}, "NoRunner"},
	"ISVC027: a component that can": {
		[]string{"  engine:\n", "  router: {runner: {name: router, image: \"registry.example/router:1\"}, maxReplicas: 2}\n  engine:\n"}, nil, ""},
}

// TestRules wants each rule to find what it is for and nothing else, and to stay
// silent on what is nearly the same.
func TestRules(t *testing.T) {
	for sentence, c := range ruleCases {
		t.Run(sentence, func(t *testing.T) {
			findings := check(t, edited(t, c.edits))
			require.Equal(t, c.want, ids(findings), "%v", findings)
			var said []string
			for _, f := range findings {
				said = append(said, f.Message)
			}
			assert.Contains(t, strings.Join(said, "\n"), c.says)
		})
	}
	everyRuleIsTested(t, slices.Collect(maps.Keys(ruleCases)))
}

// everyRuleIsTested wants a case that finds and one that does not for each rule.
func everyRuleIsTested(t *testing.T, sentences []string) {
	t.Helper()
	count := map[string]int{}
	for _, sentence := range sentences {
		count[sentence[:len("ISVC000")]]++
	}
	for _, rule := range lint.Rules() {
		assert.GreaterOrEqual(t, count[rule.ID], 2, "%s %s", rule.ID, rule.Name)
	}
}

func TestASecretIsNeverPrinted(t *testing.T) {
	for _, f := range check(t, edited(t, []string{"{name: LOG, value: info}", "{name: DB_PASSWORD, value: open-sesame}"})) {
		assert.NotContains(t, f.String(), "open-sesame")
	}
}

// TestRulesOfGroups looks into the templates of kinds that have several.
func TestRulesOfGroups(t *testing.T) {
	multi := []string{"    runner:\n", "    worker: {size: 1, runner: {name: ome-container, image: \"registry.example/server:1.0\", " +
		"resources: {requests: {cpu: \"1\", nvidia.com/gpu: \"2\"}, limits: {nvidia.com/gpu: \"2\"}}}}\n    runner:\n"}
	findings := check(t, edited(t, multi))
	assert.Equal(t, []string{"ISVC005", "ISVC008"}, ids(findings), "%v", findings)
	for _, f := range findings {
		assert.Contains(t, f.Field, "workerTemplate")
	}
}

func TestRulesOfRayClusters(t *testing.T) {
	findings := check(t, edited(t, []string{
		"minReplicas: 1", "minReplicas: 1\n    annotations: {ome.io/deploymentMode: MultiNodeRayVLLM}",
		keda, "", `cpu: "8"`, `cpu: "1"`,
	}))
	assert.Equal(t, []string{"ISVC008"}, ids(findings), "%v", findings)
	require.Len(t, findings, 2)
	assert.Contains(t, findings[0].Field, "spec.headGroupSpec.template.spec.")
	assert.Contains(t, findings[1].Field, "spec.workerGroupSpecs[0].template.spec.")
}

func TestAnUndecodableServiceHasAFindingWithItsName(t *testing.T) {
	findings := check(t, edited(t, []string{"minReplicas: 1", "minReplicas: many"}))
	require.Equal(t, []string{"ISVC027"}, ids(findings))
	assert.Equal(t, "team-a", findings[0].Namespace)
	assert.Equal(t, "chat", findings[0].Name)
}

func TestFindingsDoNotDependOnTheOrderOfTheInput(t *testing.T) {
	documents := strings.Split(edited(t, []string{requests, `requests: {nvidia.com/gpu: "2"}`, startup, "stdin: false"}), "\n---\n")
	want := check(t, strings.Join(documents, "\n---\n"))
	slices.Reverse(documents)
	assert.Equal(t, want, check(t, strings.Join(documents, "\n---\n")))
	assert.Greater(t, len(want), 2)
}

func TestTheTableOfRulesIsComplete(t *testing.T) {
	seen := map[string]bool{}
	last := ""
	for _, rule := range lint.Rules() {
		assert.Regexp(t, regexp.MustCompile(`^ISVC\d{3}$`), rule.ID)
		assert.Greater(t, rule.ID, last, "rules are sorted")
		last = rule.ID
		assert.False(t, seen[rule.Name], rule.Name)
		seen[rule.Name] = true
		for _, text := range []string{rule.Title, rule.Why, rule.Fix} {
			assert.True(t, strings.HasSuffix(text, "."), "%s: %q", rule.ID, text)
		}
		assert.Contains(t, lint.Severities(), rule.Severity)
	}
}

func TestSeverities(t *testing.T) {
	assert.True(t, lint.Error.AtLeast(lint.Warning))
	assert.True(t, lint.Warning.AtLeast(lint.Warning))
	assert.False(t, lint.Info.AtLeast(lint.Warning))
}

func TestAQuantityThatTakesMinutesIsNotParsed(t *testing.T) {
	child := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": "chat-engine", "namespace": "n"},
		"spec": map[string]any{"template": map[string]any{"spec": map[string]any{"containers": []any{map[string]any{
			"name": "a", "resources": map[string]any{"limits": map[string]any{"nvidia.com/gpu": "1e-2147483647"}},
		}}}}},
	}}
	request := &sync.Request{Parent: []byte(`{"metadata":{"name":"chat","namespace":"n"},"spec":{"engine":{"runner":{"resources":{"limits":{"cpu":1e-2147483647}}}}}}`)}
	start := time.Now()
	lint.Check(request, &sync.Response{Children: []*unstructured.Unstructured{child}})
	assert.Less(t, time.Since(start), time.Second)
}
