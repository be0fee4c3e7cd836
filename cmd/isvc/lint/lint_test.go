package lint_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/finding"
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
    minReplicas: 2
    maxReplicas: 3
    deploymentStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}
    runner:
      name: ome-container
      image: registry.example/server:1.0
      imagePullPolicy: IfNotPresent
      command: [vllm, serve]
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

// wakenBy lets the engine go to zero, and come back by a query.
func wakenBy(query string) string {
	return `minReplicas: 0
    autoscaler: {class: KEDA, keda: {triggers: [{type: prometheus, metadata: {serverAddress: "http://prometheus:9090", query: "` + query + `", threshold: "5"}}]}}`
}

// inGroups is the edit by which pods form groups, of one pod each.
var inGroups = append([]string{strategy, ""}, inGroupsThatRoll...)

// inGroupsThatRoll is the same with the strategy that is there.
var inGroupsThatRoll = []string{"    runner:\n", `    worker: {size: 0, runner: {name: ome-container, image: "registry.example/server:1.0"}}` + "\n    runner:\n"}

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
	strategy  = `    deploymentStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}
`
	eight    = `requests: {cpu: "8", memory: 40Gi, nvidia.com/gpu: "8"}`
	eightMax = `limits: {memory: 80Gi, nvidia.com/gpu: "8"}`
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
		[]string{requests, `requests: {cpu: "8", memory: 40Gi}`, limits, "limits: {memory: 80Gi}"}, []string{"ISVC002", "ISVC041"}, "no container asks for an accelerator"},
	"ISVC002: the resource of a class is an accelerator": {
		[]string{requests, `requests: {cpu: "8", memory: 40Gi, acme.com/chip: "2"}`, limits, `limits: {memory: 80Gi, acme.com/chip: "2"}`,
			"resources: [{name: nvidia.com/gpu}]", "resources: [{name: acme.com/chip}]"}, []string{"ISVC041"}, "PARALLELISM_SIZE"},

	"ISVC002: accelerators of other vendors and slices": {
		[]string{requests, `requests: {cpu: "8", memory: 40Gi, huawei.com/Ascend910-4c: "2"}`, limits, `limits: {memory: 80Gi, huawei.com/Ascend910-4c: "2"}`,
			"resources: [{name: nvidia.com/gpu}]", "resources: [{name: huawei.com/Ascend910-4c}]"}, nil, ""},
	"ISVC002: a claim is an accelerator": {
		[]string{requests, `requests: {cpu: "8", memory: 40Gi}`, limits, "limits: {memory: 80Gi}\n        claims: [{name: gpus}]",
			"volumes: [", "resourceClaims: [{name: gpus, resourceClaimTemplateName: two}]\n    volumes: [", "env: [", `env: [{name: PARALLELISM_SIZE, value: "2"}, `}, nil, ""},
	"ISVC002: a part of a device is an accelerator": {
		[]string{requests, `requests: {cpu: "8", memory: 40Gi, aliyun.com/gpu-mem: "8"}`, limits, `limits: {memory: 80Gi, aliyun.com/gpu-mem: "8"}`,
			"env: [", `env: [{name: PARALLELISM_SIZE, value: "1"}, `}, nil, ""},

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
	"ISVC004: parts of a device are no devices": {
		[]string{requests, `requests: {cpu: "8", memory: 40Gi, nvidia.com/gpu: "2", nvidia.com/gpumem: "20000"}`,
			limits, `limits: {memory: 80Gi, nvidia.com/gpu: "2", nvidia.com/gpumem: "20000"}`}, nil, ""},
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
		[]string{"ISVC002", "ISVC041"}, ""},

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
	"ISVC012: two spellings of the data parallel size": {
		[]string{`"8080"]`, `"8080", --dp-size=2, --data-parallel-size=2]`}, []string{"ISVC012"}, "--dp-size and --data-parallel-size say the same"},
	"ISVC012: a flag that may be repeated": {
		[]string{`"8080"]`, `"8080", --lora-paths, a, --lora-paths, b]`}, nil, ""},

	"ISVC013: more parallel than accelerators": {
		[]string{arguments, "args: [--tp-size=2, --pp-size=2]"}, []string{"ISVC013"}, "4 accelerators (tensor 2 x pipeline 2), but one replica asks for 2"},
	"ISVC013: as parallel as accelerators": {
		[]string{arguments, "args: [--tp-size=1, --pp-size=2]"}, nil, ""},
	"ISVC013: a claim does not say how many": {
		[]string{requests, `requests: {cpu: "8", memory: 40Gi}`, limits, "limits: {memory: 80Gi}\n        claims: [{name: gpus}]",
			"volumes: [", "resourceClaims: [{name: gpus, resourceClaimTemplateName: two}]\n    volumes: [", arguments, "args: [--tp-size=8]"}, nil, ""},
	"ISVC013: in a script": {
		[]string{arguments, `args: ["serve \\\n --tp-size 4 \\\n --x"]`}, []string{"ISVC013"}, "tensor 4"},

	"ISVC014: another port": {
		[]string{`--port, "8080"`, `--port, "8000"`}, []string{"ISVC014"}, "port 8000"},
	"ISVC014: no port in the arguments": {
		[]string{`, --port, "8080"`, ""}, nil, ""},

	"ISVC015: as many as there are": {
		[]string{"minReplicas: 2", "minReplicas: 2\n    minAvailable: 2"}, []string{"ISVC015"}, "minAvailable 2 of 2 pods"},
	"ISVC015: all of them": {
		[]string{"minReplicas: 2", "minReplicas: 2\n    minAvailable: 100%"}, []string{"ISVC015"}, "minAvailable 100%"},
	"ISVC015: none may go": {
		[]string{"minReplicas: 2", "minReplicas: 2\n    maxUnavailable: 0"}, []string{"ISVC015"}, "maxUnavailable 0"},
	"ISVC015: one of two may go": {
		[]string{"minReplicas: 2", "minReplicas: 2\n    minAvailable: 1"}, nil, ""},
	"ISVC015: a share may go": {
		[]string{"minReplicas: 2", "minReplicas: 2\n    maxUnavailable: 10%"}, nil, ""},

	"ISVC016: no greatest number": {
		[]string{"    maxReplicas: 3\n", ""}, []string{"ISVC016"}, "ScaledObject/scaledobject-chat-engine"},
	"ISVC016: nothing scales": {
		[]string{"    maxReplicas: 3\n", "", "namespace: team-a}", "namespace: team-a, annotations: {ome.io/autoscalerClass: none}}"}, []string{"ISVC024"}, "KEDA scales no component"},

	"ISVC017: a large model from zero": {
		[]string{"minReplicas: 2", "minReplicas: 0", "modelParameterSize: 8B", "modelParameterSize: 12B", "memory: 40Gi", "memory: 48Gi", keda, ""},
		[]string{"ISVC017", "ISVC020", "ISVC024", "ISVC034"}, "until 24 GB are loaded"},
	"ISVC017: a small model from zero": {
		[]string{"minReplicas: 2", "minReplicas: 0", keda, "", strategy, ""}, []string{"ISVC020", "ISVC034"}, "KnativeFeatureNeeded"},

	"ISVC018: zero and a HorizontalPodAutoscaler": {
		[]string{"minReplicas: 2", "minReplicas: 0\n    annotations: {ome.io/deploymentMode: RawDeployment}", keda, ""},
		[]string{"ISVC018", "ISVC019", "ISVC047"}, "one replica stays, because without pods the autoscaler has nothing to measure"},
	"ISVC018: zero and KEDA": {
		[]string{"minReplicas: 2", "minReplicas: 0\n    annotations: {ome.io/deploymentMode: RawDeployment}"},
		[]string{"ISVC018", "ISVC047"}, "one replica stays, because without pods the autoscaler has nothing to measure: set it to 1, or scale by class KEDA"},
	"ISVC018: zero and KEDA with triggers": {
		[]string{"minReplicas: 2", "minReplicas: 0\n    autoscaler: {class: KEDA, keda: {triggers: [{type: cron, metadata: {timezone: UTC}}]}}"}, []string{"ISVC024"}, "spec.kedaConfig"},
	"ISVC018: zero groups": {
		append([]string{"minReplicas: 2", "minReplicas: 0", keda, ""}, inGroups...), []string{"ISVC018", "ISVC024"}, "nothing scales groups from zero"},
	"ISVC018: zero groups and KEDA": {
		append([]string{"minReplicas: 2", "minReplicas: 0"}, inGroups...), []string{"ISVC018", "ISVC047"}, "has nothing to measure: set it to 1"},
	"ISVC018: groups that are fixed at zero": {
		append([]string{"minReplicas: 2", "minReplicas: 0", "    maxReplicas: 3\n", ""}, inGroups...), []string{"ISVC024"}, "KEDA scales no component"},

	"ISVC019: scaling by the CPU": {
		[]string{keda, ""}, []string{"ISVC019"}, "Deployment/chat-engine uses accelerators"},
	"ISVC019: a block that scales by the CPU of the server": {
		[]string{keda, "", "minReplicas: 2", "minReplicas: 2\n    autoscaler: {class: HPA, hpa: {metrics: [{type: ContainerResource, containerResource: {name: cpu, container: ome-container, target: {type: Utilization, averageUtilization: 70}}}]}}"},
		[]string{"ISVC019"}, "spec.engine.autoscaler"},
	"ISVC019: a block that scales by the CPU and by requests": {
		[]string{keda, "", "minReplicas: 2", "minReplicas: 2\n    autoscaler: {class: HPA, hpa: {metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}, " +
			"{type: Pods, pods: {metric: {name: waiting}, target: {type: AverageValue, averageValue: 5}}}]}}"}, nil, ""},
	"ISVC019: scaling by memory": {
		[]string{keda, "", "minReplicas: 2", "minReplicas: 2\n    scaleMetric: memory"}, nil, ""},

	"ISVC048: a metric that is gone": {
		[]string{`scalingThreshold: "5"`, `scalingThreshold: "5", customPromQuery: 'avg(vllm:avg_generation_throughput_toks_per_s{service="%s"})'`},
		[]string{"ISVC048"}, "vLLM has no metric vllm:avg_generation_throughput_toks_per_s since January 2025: ask rate(vllm:generation_tokens_total[5m])"},
	"ISVC048: a metric that never was": {
		[]string{`scalingThreshold: "5"`, `scalingThreshold: "0.5", customPromQuery: "avg_over_time(vllm:request_latency_seconds{service='%s'}[5m])"`},
		[]string{"ISVC048"}, "vLLM has no metric vllm:request_latency_seconds: ask histogram_quantile"},
	"ISVC048: the series of a histogram, in a block": {
		[]string{keda, "", "minReplicas: 2", `minReplicas: 2
    autoscaler: {class: KEDA, keda: {triggers: [{type: cron, metadata: {}}, {type: prometheus, metadata: {query: "rate(vllm:time_in_queue_requests_sum[1m])"}}]}}`},
		[]string{"ISVC048"}, "vllm:request_queue_time_seconds"},
	"ISVC048: a metric that nothing replaces": {
		[]string{`scalingThreshold: "5"`, `customPromQuery: "max(vllm:cpu_prefix_cache_hit_rate)"`}, []string{"ISVC048"}, "ask another metric"},
	"ISVC048: for old and new versions": {
		[]string{`scalingThreshold: "5"`, `customPromQuery: "avg(vllm:kv_cache_usage_perc or vllm:gpu_cache_usage_perc)"`}, nil, ""},
	"ISVC048: a metric of a longer name": {
		[]string{`scalingThreshold: "5"`, `customPromQuery: "sum(vllm:num_requests_swapped_by_us)"`}, nil, ""},
	"ISVC048: the queries of isvc": {
		[]string{`, scalingThreshold: "5"`, ""}, nil, ""},

	"ISVC049: SGLang without metrics": {
		[]string{"command: [vllm, serve]", "command: [sglang, serve]"}, []string{"ISVC049"}, "the engine serves none, so that it does not scale: add --enable-metrics"},
	"ISVC049: SGLang with metrics": {
		[]string{"command: [vllm, serve]", "command: [sglang, serve, --enable-metrics]"}, nil, ""},
	"ISVC049: a program that is not known": {
		[]string{"command: [vllm, serve]", "command: [serve]"}, []string{"ISVC049"}, "registry.example/server:1.0"},
	"ISVC049: a program that is not known, and a query": {
		[]string{"command: [vllm, serve]", "command: [serve]", `scalingThreshold: "5"`, `customPromQuery: "sum(own_queue)"`}, nil, ""},

	"ISVC067: a port that Prometheus cannot find": {
		[]string{"      ports: [{containerPort: 8080}]\n", ""}, []string{"ISVC067"}, "declare the port of the metrics"},
	"ISVC067: a port that is not declared, and an annotation": {
		[]string{"      ports: [{containerPort: 8080}]\n", "", "{name: chat, namespace: team-a}", `{name: chat, namespace: team-a, annotations: {prometheus.io/scrape: "true"}}`}, nil, ""},
	"ISVC068: triggers that need pods": {
		[]string{keda, "", "minReplicas: 2", wakenBy("sum(vllm:num_requests_waiting)")}, []string{"ISVC068"}, "none of its triggers brings one back"},
	"ISVC068: a trigger that needs none": {
		[]string{keda, "", "minReplicas: 2", wakenBy("sum(gateway_waiting)")}, nil, ""},

	"ISVC020: a surge of whole nodes": {
		[]string{requests, eight, limits, eightMax, strategy, ""}, []string{"ISVC020"}, "8 free accelerators"},
	"ISVC020: one accelerator is enough": {
		[]string{requests, `requests: {cpu: "8", memory: 40Gi, nvidia.com/gpu: "1"}`, limits, `limits: {memory: 80Gi, nvidia.com/gpu: "1"}`, strategy, ""},
		[]string{"ISVC020"}, "1 free accelerator on one node"},
	"ISVC020: a group": {
		append([]string{"maxSurge: 0, maxUnavailable: 1", "maxSurge: 1, maxUnavailable: 0"}, inGroupsThatRoll...),
		[]string{"ISVC020"}, "an update needs 2 free accelerators on 1 node before a group goes: keep them free, or set maxSurge 0 and maxUnavailable 1 in spec.engine.deploymentStrategy"},
	"ISVC020: a group goes while another one starts": {inGroups, nil, ""},
	"ISVC020: a revision of Knative": {
		[]string{strategy, "", "minReplicas: 2", "minReplicas: 0", keda, ""}, []string{"ISVC020", "ISVC034"}, "an update starts the pods of a new revision first"},
	"ISVC020: one goes first": {
		[]string{requests, eight, limits, eightMax}, nil, ""},
	"ISVC047: all go first": {
		[]string{strategy, "    deploymentStrategy: {type: Recreate}\n"}, []string{"ISVC047"}, "takes all 2 replicas away at once"},
	"ISVC047: the only one goes first": {
		[]string{"minReplicas: 2", "minReplicas: 1"}, []string{"ISVC047"}, "takes the only replica away at once, and nothing serves until a new one does: set maxSurge 1 and maxUnavailable 0 in spec.engine.deploymentStrategy"},
	"ISVC047: one is added, and the only one goes": {
		[]string{"minReplicas: 2", "minReplicas: 1", "maxSurge: 0", "maxSurge: 1"}, []string{"ISVC047"}, "takes the only replica away"},
	"ISVC047: one is added first": {
		[]string{"minReplicas: 2", "minReplicas: 1", "maxSurge: 0, maxUnavailable: 1", "maxSurge: 1, maxUnavailable: 0"}, []string{"ISVC020"}, ""},
	"ISVC047: the only group, as by default": {
		append([]string{"minReplicas: 2", "minReplicas: 1"}, inGroups...), []string{"ISVC047"}, "an update takes the only replica away"},
	"ISVC047: all groups": {
		append([]string{"{type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}", "{type: Recreate}"}, inGroupsThatRoll...), []string{"ISVC047"}, "set maxUnavailable 1 in"},
	"ISVC047: a strategy of the configuration": {
		[]string{"minReplicas: 2", "minReplicas: 1", strategy, "", "status: {totalAccelerators: 16}\n", "status: {totalAccelerators: 16}\n---\n" +
			`{apiVersion: v1, kind: ConfigMap, metadata: {name: inferenceservice-config, namespace: isvc-system}, data: {deploy: '{"defaultDeploymentMode": "RawDeployment", "acceleratorStrategy": {"maxSurge": 0, "maxUnavailable": 1}}'}}` + "\n"},
		[]string{"ISVC047"}, "takes the only replica away"},

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
		[]string{"minReplicas: 2", "minReplicas: 2\n    canaryTrafficPercent: 10"}, []string{"ISVC024"}, "canaryTrafficPercent has no effect"},
	"ISVC024: a field of this mode": {
		[]string{"maxUnavailable: 1", "maxUnavailable: 50%"}, nil, ""},

	"ISVC025: a field that does not exist": {
		[]string{"minReplicas: 2", "minReplicas: 2\n    minReplica: 2"}, []string{"ISVC025"}, "spec.engine.minReplica"},
	"ISVC025: a field that exists": {
		[]string{"minReplicas: 2", "minReplicas: 2\n    maxUnavailable: 1"}, nil, ""},

	"ISVC029: a misspelt annotation": {
		[]string{"namespace: team-a}", "namespace: team-a, annotations: {ome.io/deployment-mode: RawDeployment}}"}, []string{"ISVC029"}, "did you mean ome.io/deploymentMode?"},
	"ISVC029: an annotation of others": {
		[]string{"namespace: team-a}", "namespace: team-a, annotations: {example.com/mode: RawDeployment}}"}, nil, ""},

	"ISVC030: the older pod template of a runtime": {
		[]string{"  engineConfig: {}", "  engineConfig: {}\n  tolerations: [{operator: Exists}]"}, []string{"ISVC030"}, "ClusterServingRuntime/server spec.tolerations has no effect"},
	"ISVC030: its node selector": {
		[]string{"  engineConfig: {}", "  engineConfig: {}\n  nodeSelector: {a: b}"}, nil, ""},

	"ISVC031: a policy over no class": {
		[]string{"  engine:\n", "  acceleratorSelector: {policy: Cheapest}\n  engine:\n"}, []string{"ISVC031"}, "lists no acceleratorRequirements.acceleratorClasses"},
	"ISVC031: no policy": {nil, nil, ""},

	"ISVC032: replicas the wrong way round": {
		[]string{"minReplicas: 2", "minReplicas: 4"}, []string{"ISVC032"}, "minReplicas 4 exceeds maxReplicas 3"},
	"ISVC032: replicas the right way round": {
		[]string{"minReplicas: 2", "minReplicas: 3"}, nil, ""},

	"ISVC033: a model of an unknown size": {
		[]string{"modelParameterSize: 8B", "modelParameterSize: eight"}, []string{"ISVC033"}, "counts as 0"},
	"ISVC033: a model of a known size": {
		[]string{"modelParameterSize: 8B", "modelParameterSize: 9B"}, nil, ""},

	"ISVC034: a class of Knative's autoscaler": {
		[]string{"minReplicas: 2", "minReplicas: 0\n    scaleMetric: cpu", keda, "", strategy, ""}, []string{"ISVC020", "ISVC024", "ISVC034"}, "KnativeAutoscalerNeeded"},
	"ISVC034: no Knative": {nil, nil, ""},
	"ISVC060: a hook that Knative refuses": {
		[]string{"minReplicas: 2", "minReplicas: 0", keda, "", strategy, "", liveness, "lifecycle: {preStop: {sleep: {seconds: 5}}}"},
		[]string{"ISVC020", "ISVC034", "ISVC060"}, "must not set the field(s): spec.template.spec.containers[0].lifecycle"},
	"ISVC060: no Knative": {nil, nil, ""},
	"ISVC066: a model that no agent has read": {
		[]string{"  modelFormat: {name: safetensors}\n", ""}, []string{"ISVC066"}, "has no spec.modelFormat.name, so the named runtime"},
	"ISVC066: a model that says its format": {nil, nil, ""},

	"ISVC035: a claim of another namespace": {
		[]string{"hf://acme/llama", "pvc://other:claim/x"}, []string{"ISVC035"}, "ClaimInOtherNamespace"},
	"ISVC035: a claim": {
		[]string{"hf://acme/llama", "pvc://claim/x"}, nil, ""},

	"ISVC036: a label that the service does not have": {
		[]string{`"8080"]`, `"8080", "--team={{.Labels.team}}"]`}, []string{"ISVC036"}, "PlaceholderEmpty"},
	"ISVC036: the name, which it has": {
		[]string{`"8080"]`, `"8080", "--team={{.Name}}"]`}, nil, ""},

	"ISVC041: a variable that nothing defines": {
		[]string{`"8080"]`, `"8080", --name, $(SERVED_NAME)]`}, []string{"ISVC041"}, "$(SERVED_NAME) is not defined in env"},
	"ISVC041: in a variable": {
		[]string{"{name: LOG, value: info}", "{name: LOG, value: $(LEVEL)}"}, []string{"ISVC041"}, "$(LEVEL) is not defined"},
	"ISVC041: of OME's own mode": {
		[]string{`"8080"]`, `"8080", --dist, $(OME_LEADER_ADDRESS)]`}, []string{"ISVC041"}, "OME_LEADER_ADDRESS"},
	"ISVC041: of a LeaderWorkerSet, outside of one": {
		[]string{`"8080"]`, `"8080", --dist, $(LWS_LEADER_ADDRESS)]`}, []string{"ISVC041"}, "LWS_LEADER_ADDRESS"},
	"ISVC041: of a LeaderWorkerSet": {
		append([]string{`"8080"]`, `"8080", --dist, $(LWS_LEADER_ADDRESS)]`}, inGroups...), nil, ""},
	"ISVC041: the letters themselves": {
		[]string{`"8080"]`, `"8080", $$(SERVED_NAME)]`}, nil, ""},
	"ISVC041: a command of a shell": {
		[]string{`"8080"]`, `"8080", "x=$(nproc)"]`}, nil, ""},
	"ISVC041: after a dollar that is escaped": {
		[]string{`"8080"]`, `"8080", "$$$(SERVED_NAME)"]`}, []string{"ISVC041"}, "$(SERVED_NAME) is not defined"},
	"ISVC041: of the API server": {
		[]string{`"8080"]`, `"8080", $(KUBERNETES_SERVICE_HOST), $(KUBERNETES_PORT)]`}, nil, ""},
	"ISVC041: of a Service object, without service links": {
		[]string{`"8080"]`, `"8080", $(STORE_SERVICE_HOST)]`}, []string{"ISVC041"}, "$(STORE_SERVICE_HOST) is not defined"},
	"ISVC041: of a Service object, with service links": {
		[]string{`"8080"]`, `"8080", $(STORE_SERVICE_HOST), $(STORE_PORT_80_TCP_ADDR)]`, "    volumes:", "    enableServiceLinks: true\n    volumes:"}, nil, ""},
	"ISVC041: what a ConfigMap may define": {
		[]string{`"8080"]`, `"8080", --name, $(SERVED_NAME)]`, "env: [", "envFrom: [{configMapRef: {name: c}}]\n      env: ["}, nil, ""},

	"ISVC042: a volume that is not there": {
		[]string{"[{name: shm, mountPath: /dev/shm}]", "[{name: shm, mountPath: /dev/shm}, {name: cache, mountPath: /cache}]"}, []string{"ISVC042"}, "cache is mounted at /cache"},
	"ISVC042: a volume that is there": {
		[]string{"[{name: shm, mountPath: /dev/shm}]", "[{name: shm, mountPath: /dev/shm}, {name: shm, subPath: x, mountPath: /cache}]"}, nil, ""},

	"ISVC043: no request": {
		[]string{keda, "", requests, "requests: {memory: 40Gi, nvidia.com/gpu: \"2\"}"}, []string{"ISVC008", "ISVC019", "ISVC043"}, "HorizontalPodAutoscaler/chat-engine follows the use of cpu"},
	"ISVC043: a sidecar without": {
		[]string{keda, "", "  engine:\n", "  engine:\n    containers: [{name: side, image: \"registry.example/side:1\"}]\n"}, []string{"ISVC019", "ISVC043"}, "container side has none"},
	"ISVC043: an init container that keeps running without": {
		[]string{keda, "", "  engine:\n", "  engine:\n    initContainers: [{name: side, image: \"registry.example/side:1\", restartPolicy: Always}, {name: fetch, image: \"registry.example/fetch:1\"}]\n"},
		[]string{"ISVC019", "ISVC043"}, "container side has none"},
	"ISVC043: a number that stays": {
		[]string{keda, "", "maxReplicas: 3", "maxReplicas: 2", requests, "requests: {memory: 40Gi, nvidia.com/gpu: \"2\"}"}, []string{"ISVC008"}, ""},
	"ISVC043: Knative's autoscaler": {
		[]string{keda, "", strategy, "    scaleMetric: cpu\n", "minReplicas: 2", "minReplicas: 0", requests, "requests: {memory: 40Gi, nvidia.com/gpu: \"2\"}"},
		[]string{"ISVC008", "ISVC020", "ISVC024", "ISVC034", "ISVC043"}, "Knative's autoscaler of class hpa follows the use of cpu"},
	"ISVC043: Knative's autoscaler compares memory with a number": {
		[]string{keda, "", strategy, "    scaleMetric: memory\n", "minReplicas: 2", "minReplicas: 0", requests, "requests: {nvidia.com/gpu: \"2\"}", limits, `limits: {nvidia.com/gpu: "2"}`},
		[]string{"ISVC006", "ISVC008", "ISVC020", "ISVC024", "ISVC034"}, ""},
	"ISVC043: a sidecar that is not measured": {
		[]string{keda, "", "  engine:\n", "  engine:\n    containers: [{name: side, image: \"registry.example/side:1\"}]\n" +
			"    autoscaler: {class: HPA, hpa: {metrics: [{type: ContainerResource, containerResource: {name: memory, container: ome-container, target: {type: Utilization, averageUtilization: 70}}}]}}\n"}, nil, ""},
	"ISVC043: a container that is measured": {
		[]string{keda, "", "  engine:\n", "  engine:\n    containers: [{name: side, image: \"registry.example/side:1\"}]\n" +
			"    autoscaler: {class: HPA, hpa: {metrics: [{type: ContainerResource, containerResource: {name: memory, container: side, target: {type: Utilization, averageUtilization: 70}}}]}}\n"}, []string{"ISVC043"}, "container side has none"},
	"ISVC043: a limit is a request": {
		[]string{keda, "", requests, "requests: {memory: 40Gi, nvidia.com/gpu: \"2\"}", limits, `limits: {memory: 80Gi, cpu: "8", nvidia.com/gpu: "2"}`}, []string{"ISVC008", "ISVC019"}, ""},
	"ISVC043: KEDA needs none": {
		[]string{requests, "requests: {memory: 40Gi, nvidia.com/gpu: \"2\"}"}, []string{"ISVC008"}, ""},

	"ISVC044: no reason": {
		[]string{"namespace: team-a}", `namespace: team-a, annotations: {isvc.io/lint-ignore.ISVC016: ""}}`}, []string{"ISVC044"}, "it gives no reason"},
	"ISVC044: no rule": {
		[]string{"namespace: team-a}", `namespace: team-a, annotations: {isvc.io/lint-ignore.ISVC999: x}}`}, []string{"ISVC044"}, "there is no rule ISVC999"},
	"ISVC044: a reason": {
		[]string{"namespace: team-a}", `namespace: team-a, annotations: {isvc.io/lint-ignore.MaxReplicasUnset: bounded by a quota}}`}, nil, ""},

	"ISVC045: a sidecar with another kind": {
		[]string{"  engine:\n", "  engine:\n    containers: [{name: side, image: \"registry.example/side:1\", resources: {requests: {cpu: 4}, limits: {amd.com/gpu: 1}}}]\n"},
		[]string{"ISVC004", "ISVC009", "ISVC045"}, "ask for amd.com/gpu and nvidia.com/gpu"},
	"ISVC045: a sidecar with the same kind": {
		[]string{"  engine:\n", "  engine:\n    containers: [{name: side, image: \"registry.example/side:1\", resources: {requests: {cpu: 4}, limits: {nvidia.com/gpu: 1}}}]\n"}, []string{"ISVC009"}, ""},
	"ISVC045: a part of the same devices": {
		[]string{limits, `limits: {memory: 80Gi, nvidia.com/gpu: "2", nvidia.com/gpumem: 3000}`}, nil, ""},

	"ISVC046: a router with an account of the user's": {
		[]string{"  engine:\n", "  router: {serviceAccountName: mine, annotations: {ome.io/autoscalerClass: none}, runner: {name: router, image: \"registry.example/router:1\"}}\n  engine:\n"},
		[]string{"ISVC046"}, "isvc gives no rights to the account mine"},
	"ISVC046: an engine with an account of the user's": {
		[]string{"    volumes:", "    serviceAccountName: mine\n    volumes:"}, nil, ""},
	"ISVC046: a router with the account that isvc makes": {
		[]string{"  engine:\n", "  router: {serviceAccountName: chat-router, annotations: {ome.io/autoscalerClass: none}, runner: {name: router, image: \"registry.example/router:1\"}}\n  engine:\n"}, nil, ""},

	"ISVC027: a model that does not exist": {
		[]string{"model: {name: llama}", "model: {name: lama}"}, []string{"ISVC027"}, "ModelNotFound"},
	"ISVC027: a component that cannot be composed": {
		[]string{"  engine:\n", "  router: {}\n  engine:\n"}, []string{"ISVC027"}, "NoRunner"},
	"ISVC027: a component that can": {
		[]string{"  engine:\n", "  router: {annotations: {ome.io/autoscalerClass: none}, runner: {name: router, image: \"registry.example/router:1\"}}\n  engine:\n"}, nil, ""},
	"ISVC049: a router, which KEDA has nothing to ask": {
		[]string{"  engine:\n", "  router: {runner: {name: router, image: \"registry.example/router:1\"}, maxReplicas: 2}\n  engine:\n"},
		[]string{"ISVC049"}, "set spec.router.kedaConfig.enableKeda to false"},
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
	everyRuleIsTested(t, slices.Concat(slices.Collect(maps.Keys(ruleCases)), slices.Collect(maps.Keys(heldCases)), slices.Collect(maps.Keys(pendingCases)), slices.Collect(maps.Keys(conflictCases))))
}

// conflictCases are what a service has in common with another service of the input, which the program
// finds.
var conflictCases = map[string]struct {
	conflicts []finding.Finding
	want      []string
}{
	"ISVC040: a name that another service needs": {[]finding.Finding{{Reason: "NameTaken", Message: "InferenceService team-a/chat needs the same Service"}}, []string{"ISVC040"}},
	"ISVC040: no other service":                  {nil, nil},
}

func TestConflictsAreErrors(t *testing.T) {
	for sentence, c := range conflictCases {
		t.Run(sentence, func(t *testing.T) {
			findings := lint.CheckConflicts("team-a", "search", nil, c.conflicts)
			assert.Equal(t, c.want, ids(findings))
			for i, f := range findings {
				assert.Equal(t, lint.Error, f.Severity)
				assert.Equal(t, "search", f.Name)
				assert.Equal(t, c.conflicts[i].Message, f.Message)
			}
		})
	}
}

// heldCases are answers about running services, which no edit of a manifest gives.
var heldCases = map[string]struct {
	held []finding.Finding
	want []string
}{
	"ISVC028: a component keeps its template": {
		[]finding.Finding{{Subject: "engine", Reason: "UpgradeHeld", Message: "the image would change"}}, []string{"ISVC028"}},
	"ISVC028: the templates follow the specification": {nil, nil},
}

func TestRulesOfRunningServices(t *testing.T) {
	for sentence, c := range heldCases {
		t.Run(sentence, func(t *testing.T) {
			request := &sync.Request{Parent: []byte(`{"metadata":{"name":"chat","namespace":"team-a"}}`)}
			findings := lint.Check(request, &sync.Response{Held: c.held})
			require.Equal(t, c.want, ids(findings))
			for i, f := range findings {
				assert.Equal(t, c.held[i].Subject, f.Field)
				assert.Equal(t, "UpgradeHeld: the image would change", f.Message)
			}
		})
	}
}

// pendingCases are findings about services that change, which no edit of a manifest gives.
var pendingCases = map[string]struct {
	findings []finding.Finding
	want     []string
}{
	"ISVC037: a field that cannot change":   {[]finding.Finding{{Reason: "ImmutableFieldKept", Message: "m"}}, []string{"ISVC037"}},
	"ISVC037: two modes at a time":          {[]finding.Finding{{Reason: "ModeChanging", Message: "m"}}, []string{"ISVC037"}},
	"ISVC037: an autoscaler without values": {[]finding.Finding{{Reason: "AutoscalerFails", Message: "m"}}, []string{"ISVC037"}},
	"ISVC037: nothing":                      {nil, nil},
}

func TestRulesOfChangingServices(t *testing.T) {
	for sentence, c := range pendingCases {
		t.Run(sentence, func(t *testing.T) {
			request := &sync.Request{Parent: []byte(`{"metadata":{"name":"chat","namespace":"team-a"}}`)}
			assert.Equal(t, c.want, ids(lint.Check(request, &sync.Response{Findings: c.findings})))
		})
	}
}

// TestEveryFindingBelongsToOneRule: each reason that the condition SpecHonored can have has a rule with a
// name of its own, and none has two.
func TestEveryFindingBelongsToOneRule(t *testing.T) {
	page, err := os.ReadFile("../../../docs/conditions.md")
	require.NoError(t, err)
	request := &sync.Request{Parent: []byte(`{"metadata":{"name":"chat","namespace":"team-a"}}`)}
	seen := 0
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| [^|]*SpecHonored").FindAllStringSubmatch(string(page), -1) {
		if row[1] == "SeveralFindings" { // stands for several others
			continue
		}
		seen++
		found := lint.Check(request, &sync.Response{Findings: []finding.Finding{{Reason: row[1], Message: "m"}}})
		assert.Len(t, found, 1, "reason %s: give it a rule in rules_findings.go", row[1])
	}
	assert.Greater(t, seen, 30)
}

// everyRuleIsTested wants a case that finds and one that does not for each rule.
func everyRuleIsTested(t *testing.T, sentences []string) {
	t.Helper()
	count := map[string]int{}
	for _, sentence := range sentences {
		count[sentence[:len("ISVC000")]]++
	}
	for _, rule := range lint.Rules() {
		if rule.IsOfValidate() {
			continue // the tests of isvc validate
		}
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
	multi := []string{"maxSurge: 0, maxUnavailable: 1", "maxSurge: 1, maxUnavailable: 0", "    runner:\n", "    worker: {size: 1, runner: {name: ome-container, image: \"registry.example/server:1.0\", " +
		"resources: {requests: {cpu: \"1\", nvidia.com/gpu: \"2\"}, limits: {nvidia.com/gpu: \"2\"}}}}\n    runner:\n"}
	findings := check(t, edited(t, multi))
	assert.Equal(t, []string{"ISVC005", "ISVC008", "ISVC020"}, ids(findings), "%v", findings)
	for _, f := range findings[:2] {
		assert.Contains(t, f.Field, "workerTemplate")
	}
	assert.Contains(t, findings[2].Message, "4 free accelerators on 2 nodes")
}

func TestRulesOfRayClusters(t *testing.T) {
	ray := func(replicas string) []string {
		return []string{
			"minReplicas: 2", "minReplicas: " + replicas + "\n    annotations: {ome.io/deploymentMode: MultiNodeRayVLLM}",
			keda, "", `cpu: "8"`, `cpu: "1"`, strategy, "",
		}
	}
	findings := check(t, edited(t, ray("1")))
	assert.Equal(t, []string{"ISVC008", "ISVC024", "ISVC047"}, ids(findings), "%v", findings)
	require.Len(t, findings, 4)
	assert.Contains(t, findings[0].Field, "spec.headGroupSpec.template.spec.")
	assert.Contains(t, findings[1].Field, "spec.workerGroupSpecs[0].template.spec.")
	assert.Contains(t, findings[3].Message, "an update replaces the only Ray cluster of the engine")
	assert.Equal(t, []string{"ISVC008", "ISVC024"}, ids(check(t, edited(t, ray("2")))))
}

func TestAnUndecodableServiceHasAFindingWithItsName(t *testing.T) {
	findings := check(t, edited(t, []string{"minReplicas: 2", "minReplicas: many"}))
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
