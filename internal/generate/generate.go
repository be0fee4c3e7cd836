// Package generate makes services with what they refer to, for tests that hold for every service.
package generate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/kinds"
)

// Dice makes random objects. Everything it makes is JSON.
type Dice struct{ *rand.Rand }

type object = map[string]any

// NewDice returns the dice of one case: the same for the same seed and number.
func NewDice(seed, number uint64) Dice { return Dice{rand.New(rand.NewPCG(seed, number))} }

// Chance is true in so many percent of all cases.
func (d Dice) Chance(percent int) bool { return d.IntN(100) < percent }

// OneOf returns one of the values.
func OneOf[T any](d Dice, values ...T) T { return values[d.IntN(len(values))] }

// Some sets a field in so many percent of all cases.
func (d Dice) Some(percent int, into object, field string, value func() any) {
	if d.Chance(percent) {
		into[field] = value()
	}
}

// Always returns a function that returns the value, for Some.
func Always(value any) func() any { return func() any { return value } }

// World is a namespace with services and what they refer to.
type World struct {
	// Services are InferenceServices.
	Services []map[string]any
	// Related are the objects that services refer to.
	Related []map[string]any
	// Config has the sections of the configuration; nil without one.
	Config map[string]string
	// Kinds are the child kinds of the cluster.
	Kinds kinds.Set
}

// World makes a namespace with two services that share everything else.
func (d Dice) World() *World {
	w := &World{Related: d.catalog(), Config: d.Config(), Kinds: d.kinds()}
	first := OneOf(d, "chat", "a", "llama-3-3-70b-instruct", strings.Repeat("n", 57)+"-x1234", "svc-"+strings.Repeat("long-", 11)+"x", "x9", "chat-engine")
	second := OneOf(d, first+"x", strings.TrimSuffix(first, "x")+"2", "chat-engine-decoder", "b", first[:1]+"-router")
	if second == first || len(second) > 63 {
		second = "other"
	}
	for _, name := range []string{first, second} {
		w.Services = append(w.Services, d.Service(name, w.Related))
	}
	return w
}

func (d Dice) kinds() kinds.Set {
	managed := kinds.All()
	if d.Chance(15) {
		delete(managed, OneOf(d, kinds.Optional()...))
	}
	if d.Chance(3) {
		delete(managed, OneOf(d, kinds.Core()...))
	}
	return managed
}

// Config makes the sections of a configuration; nil in many cases.
func (d Dice) Config() map[string]string {
	if d.Chance(40) {
		return nil
	}
	const full = `"ingressGateway":"g/g","ingressService":"s","localGateway":"k/l","localGatewayService":"l.svc","knativeLocalGatewayService":"l.svc","omeIngressGateway":"gw/main","ingressDomain":"example.com"`
	conf := map[string]string{"ingress": "{" + full + OneOf(d, "",
		`,"enableGatewayAPI":true`, `,"disableIngressCreation":true`, `,"disableIstioVirtualHost":true`,
		`,"enableGatewayAPI":true,"pathTemplate":"/{{ .Namespace }}/{{ .Name }}"`,
		`,"additionalIngressDomains":["a.example.org","b.example.org"],"enableGatewayAPI":true`,
		`,"domainTemplate":"{{ .Name }}.{{ .IngressDomain }}"`, `,"domainTemplate":"same.{{ .IngressDomain }}"`, `,"domainTemplate":"{{ .Nothing }}"`) + "}"}
	if d.Chance(50) {
		conf["multinodeProber"] = `{"image":"prober:1","cpuRequest":"100m","startupFailureThreshold":10}`
	}
	if d.Chance(50) {
		conf["fineTunedAdapter"] = `{"image":"agent:1","compartmentId":"c","authType":"a"}`
		conf["modelInit"] = `{"image":"agent:1","compartmentId":"c","authType":"a","vaultId":"v"}`
		conf["servingSidecar"] = `{"image":"agent:1","compartmentId":"c","authType":"a"}`
	}
	if d.Chance(5) {
		conf[OneOf(d, "ingress", "deploy", "kedaConfig")] = OneOf(d, "{", `{"defaultDeploymentMode":"x"}`, `[]`)
	}
	return conf
}

// UID is the uid of every service.
const UID = "5f4e1a2b-0000-4000-8000-000000000001"

// Namespace is the namespace of every service.
const Namespace = "team-a"

func named(kind, namespace, name string, spec object) object {
	metadata := object{"name": name}
	if namespace != "" {
		metadata["namespace"] = namespace
	}
	return object{"apiVersion": "ome.io/v1beta1", "kind": kind, "metadata": metadata, "spec": spec}
}

func (d Dice) catalog() []object {
	var out []object
	for i := range 1 + d.IntN(3) {
		name := OneOf(d, "llama", "qwen2.5-7b", strings.Repeat("m", 70)) + OneOf(d, "", fmt.Sprint(i))
		out = append(out, named("ClusterBaseModel", "", name, d.Model()))
		if d.Chance(30) {
			out = append(out, named("BaseModel", Namespace, name, d.Model()))
		}
	}
	for i := range 1 + d.IntN(3) {
		name := fmt.Sprintf("runtime-%d", i)
		out = append(out, named("ClusterServingRuntime", "", name, d.Runtime()))
		if d.Chance(20) {
			out = append(out, named("ServingRuntime", Namespace, name, d.Runtime()))
		}
	}
	for i := range d.IntN(3) {
		out = append(out, named("AcceleratorClass", "", fmt.Sprintf("class-%d", i), d.Class()))
	}
	if d.Chance(40) {
		out = append(out, named("FineTunedWeight", "", "tuned", object{
			"baseModelRef": object{"name": "llama"}, "modelType": OneOf(d, "LoRA", "Adapter"),
			"hyperParameters": object{"strategy": OneOf(d, "lora", "tfew", "")}, "storage": object{"storageUri": "oci://n/a/b/c/o/tuned"},
			"configuration": object{"merged_weights": d.Chance(50)}, "trainingJobRef": object{"name": "job"},
		}))
	}
	return out
}

// Model makes the specification of a model.
func (d Dice) Model() map[string]any {
	spec := object{
		"modelFormat": object{"name": OneOf(d, "safetensors", "safetensors", "safetensors", "safetensors", "safetensors", "safetensors", "safetensors", "safetensors", "onnx")}, "modelFramework": object{"name": "transformers"},
		"modelParameterSize": OneOf(d, "8B", "70B", "x"),
		"storage":            object{"storageUri": OneOf(d, "hf://meta/llama", "pvc://claim/models/llama", "pvc://other:claim/x", "oci://n/a/b/c/o/x", "s3://b/x")},
	}
	d.Some(80, spec["storage"].(object), "path", Always("/models/m"))
	d.Some(20, spec["storage"].(object), "nodeSelector", Always(object{"disk": "fast"}))
	d.Some(5, spec, "disabled", Always(d.Chance(50)))
	d.Some(50, spec, "vendor", Always(OneOf(d, "meta", "Acme Inc.", "cohere", "größe")))
	d.Some(8, spec, "modelArchitecture", Always("LlamaForCausalLM"))
	return spec
}

// Runtime makes the specification of a runtime.
func (d Dice) Runtime() map[string]any {
	format := object{"modelFormat": object{"name": "safetensors"}, "modelFramework": object{"name": "transformers"}, "autoSelect": d.Chance(80), "priority": d.IntN(3)}
	d.Some(20, format, "acceleratorConfig", Always(object{"class-0": object{
		"runtimeArgsOverride": []any{"--fast"}, "environmentOverride": object{"Z": "1", "A": "2"}, "tensorParallelismOverride": object{"tensorParallelSize": 2},
	}}))
	spec := object{"supportedModelFormats": []any{format}}
	d.Some(90, spec, "engineConfig", func() any { return d.Component(true) })
	d.Some(70, spec, "decoderConfig", func() any { return d.Component(true) })
	d.Some(60, spec, "routerConfig", func() any { return d.routerComponent(true) })
	d.Some(50, spec, "acceleratorRequirements", Always(object{"acceleratorClasses": []any{"class-0", "class-1"}}))
	d.Some(5, spec, "disabled", Always(true))
	d.Some(20, spec, "containers", Always([]any{object{"name": "ome-container", "image": "top:1"}}))
	return spec
}

// Class makes the specification of an accelerator class.
func (d Dice) Class() map[string]any {
	spec := object{
		"discovery": object{"nodeSelector": object{"gpu": OneOf(d, "a100", "h100")}}, "capabilities": object{"memoryGB": OneOf(d, "40", "80")},
		"resources": []any{object{"name": OneOf(d, "nvidia.com/gpu", "amd.com/gpu", "acme.com/npu"), "quantity": "1"}},
	}
	d.Some(30, spec, "cost", Always(object{"perHour": "2500m"}))
	return spec
}

func (d Dice) container(name string) object {
	c := object{"image": OneOf(d, "server:1", "server:2", "registry.example.com/a/b@sha256:0123")}
	if name != "" {
		c["name"] = name
	}
	d.Some(40, c, "args", Always([]any{"--model={{.Name}}", "--tp=$(PARALLELISM_SIZE)", "--template={% if x %}{{ y }}"}))
	d.Some(20, c, "command", Always([]any{"serve"}))
	d.Some(50, c, "ports", func() any {
		ports := []any{object{"containerPort": OneOf(d, 8080, 8000, 80), "name": OneOf(d, "http", "http1")}}
		if d.Chance(30) {
			ports = append(ports, object{"containerPort": 9090, "name": "metrics"})
		}
		return ports
	})
	d.Some(40, c, "env", Always([]any{
		object{"name": "B", "value": OneOf(d, "1", "{{index .Labels \"team\"}}", "")}, object{"name": "A", "value": "x"},
		object{"name": "NODE", "valueFrom": object{"fieldRef": object{"fieldPath": "spec.nodeName"}}},
	}))
	d.Some(50, c, "resources", func() any { return d.resources() })
	d.Some(20, c, "volumeMounts", Always([]any{object{"name": "shm", "mountPath": "/dev/shm"}}))
	d.Some(30, c, "readinessProbe", Always(object{"httpGet": object{"path": "/health", "port": 8080}, "periodSeconds": 5}))
	d.Some(10, c, "startupProbe", Always(object{"exec": object{"command": []any{"true"}}}))
	d.Some(10, c, "lifecycle", Always(object{"preStop": object{"exec": object{"command": []any{"sleep", "5"}}}}))
	d.Some(10, c, "securityContext", Always(object{"privileged": false, "capabilities": object{"add": []any{"IPC_LOCK"}}}))
	return c
}

func (d Dice) resources() object {
	out := object{}
	d.Some(80, out, "limits", func() any {
		limits := object{"cpu": OneOf(d, "1", "1000m", "2"), "memory": OneOf(d, "1Gi", "1024Mi")}
		d.Some(70, limits, OneOf(d, "nvidia.com/gpu", "amd.com/gpu", "acme.com/npu"), Always(OneOf(d, "1", "8")))
		return limits
	})
	d.Some(50, out, "requests", Always(object{"cpu": OneOf(d, "500m", "0.5"), "memory": "512Mi"}))
	return out
}

// podFields sets fields of a pod.
func (d Dice) podFields(out object) {
	d.Some(20, out, "volumes", Always([]any{object{"name": "shm", "emptyDir": object{"medium": "Memory"}}, object{"name": "conf", "configMap": object{"name": "c"}}}))
	d.Some(15, out, "tolerations", Always([]any{object{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}}))
	d.Some(15, out, "nodeSelector", Always(object{"pool": OneOf(d, "a", "b")}))
	d.Some(10, out, "serviceAccountName", Always("account"))
	d.Some(10, out, "containers", func() any { return []any{d.container(OneOf(d, "sidecar", "ome-container"))} })
	d.Some(10, out, "initContainers", func() any { return []any{d.container("init")} })
	d.Some(10, out, "hostNetwork", Always(true))
	d.Some(10, out, "imagePullSecrets", Always([]any{object{"name": "pull"}}))
	d.Some(10, out, "affinity", Always(object{"nodeAffinity": object{"requiredDuringSchedulingIgnoredDuringExecution": object{
		"nodeSelectorTerms": []any{object{"matchExpressions": []any{object{"key": "zone", "operator": "In", "values": []any{"a"}}}}},
	}}}))
	d.Some(5, out, "topologySpreadConstraints", Always([]any{object{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}}))
}

// extension sets replicas, scaling, traffic and metadata of a component.
func (d Dice) extension(out object) {
	d.Some(60, out, "minReplicas", Always(OneOf(d, 0, 1, 1, 2, 5)))
	d.Some(60, out, "maxReplicas", Always(OneOf(d, 0, 1, 3, 9)))
	d.Some(15, out, "scaleMetric", Always(OneOf(d, "cpu", "memory", "concurrency", "rps", "tps")))
	d.Some(15, out, "scaleTarget", Always(OneOf(d, 1, 50, 90)))
	d.Some(10, out, "containerConcurrency", Always(OneOf(d, 0, 10)))
	d.Some(10, out, "timeoutSeconds", Always(OneOf(d, 0, 30, 600)))
	d.Some(10, out, "canaryTrafficPercent", Always(OneOf(d, 0, 10, 100)))
	d.Some(15, out, "minAvailable", Always(OneOf[any](d, 1, "50%")))
	d.Some(15, out, "maxUnavailable", Always(OneOf[any](d, 1, "25%")))
	d.Some(10, out, "deploymentStrategy", Always(OneOf(d, object{"type": "Recreate"}, object{"type": "RollingUpdate", "rollingUpdate": object{"maxSurge": "10%"}})))
	d.Some(15, out, "kedaConfig", func() any { return d.keda() })
	d.Some(10, out, "autoscaler", func() any { return d.autoscaler() })
	d.Some(20, out, "labels", Always(object{"team": OneOf(d, "x", "y"), "tier": "Not A Label"}))
	d.Some(20, out, "annotations", func() any {
		a := object{"note": "n"}
		d.Some(60, a, "ome.io/deploymentMode", Always(OneOf(d, "MultiNode", "MultiNodeRayVLLM", "RawDeployment", "Serverless", "Nothing")))
		d.Some(10, a, "ome.io/service-type", Always(OneOf(d, "LoadBalancer", "NodePort")))
		return a
	})
}

func (d Dice) autoscaler() object {
	out := object{}
	d.Some(95, out, "class", Always(OneOf(d, "HPA", "HPA", "KEDA", "KEDA", "External", "None", "hpa")))
	d.Some(40, out, "hpa", func() any {
		return object{"metrics": []any{OneOf(d,
			object{"type": "Resource", "resource": object{"name": "memory", "target": object{"type": "Utilization", "averageUtilization": 50}}},
			object{"type": "Pods", "pods": object{"metric": object{"name": "waiting"}, "target": object{"type": "AverageValue", "averageValue": "2048Mi"}}},
			object{"type": "External"})}}
	})
	d.Some(70, out, "keda", func() any {
		keda := object{"triggers": []any{OneOf(d,
			object{"type": "cron", "metadata": object{"timezone": "UTC"}},
			object{"type": "prometheus", "metadata": object{"query": "q", "empty": ""}, "authenticationRef": object{"name": "a"}},
			object{"type": "cpu"})}}
		d.Some(20, keda, "idleReplicaCount", Always(OneOf(d, 0, 1)))
		d.Some(20, keda, "advanced", Always(object{"horizontalPodAutoscalerConfig": object{"behavior": object{}}}))
		return keda
	})
	return out
}

func (d Dice) keda() object {
	out := object{}
	d.Some(80, out, "enableKeda", Always(d.Chance(80)))
	d.Some(30, out, "customPromQuery", Always(OneOf(d, `sum(rate(x{service="%s"}[1m])) % 7`, "up", `a{b="%d"}`)))
	d.Some(30, out, "scalingThreshold", Always(OneOf(d, "5", "0.5", "0")))
	d.Some(30, out, "scalingOperator", Always(OneOf(d, "GreaterThan", "LessThan", "LessThanOrEqual")))
	d.Some(20, out, "authenticationRef", Always(object{"name": "auth", "kind": "TriggerAuthentication"}))
	d.Some(20, out, "authModes", Always("bearer"))
	return out
}

// Component makes an engine or decoder; that of a runtime is complete.
func (d Dice) Component(complete bool) map[string]any {
	out := object{}
	d.podFields(out)
	d.extension(out)
	if !complete {
		d.Some(30, out, "runner", func() any { return d.container(OneOf(d, "ome-container", "")) })
		d.Some(10, out, "worker", func() any { return object{"size": OneOf(d, 0, 1, 3)} })
		d.Some(15, out, "resources", func() any { return d.resources() })
		d.Some(15, out, "acceleratorOverride", Always(OneOf(d, object{"acceleratorClass": "class-0"}, object{"policy": "Cheapest"}, object{"policy": "BestFit", "constraints": object{"minMemory": 50}})))
		return out
	}
	if d.Chance(30) {
		leader := object{"runner": d.container("ome-container")}
		d.podFields(leader)
		out["leader"] = leader
		d.Some(90, out, "worker", func() any {
			worker := object{"runner": d.container("ome-container"), "size": OneOf(d, 1, 2)}
			d.podFields(worker)
			return worker
		})
		return out
	}
	out["runner"] = d.container("ome-container")
	return out
}

func (d Dice) routerComponent(complete bool) object {
	out := object{}
	d.podFields(out)
	d.extension(out)
	if complete || d.Chance(30) {
		out["runner"] = d.container("router")
	}
	d.Some(20, out, "config", Always(object{"policy": "cache_aware", "A": "b"}))
	return out
}

// nameOf is the name of one of the related objects of the kinds, as a rule.
func (d Dice) nameOf(related []object, ofKinds ...string) string {
	names := []string{"absent"}
	for _, o := range related {
		if slices.Contains(ofKinds, o["kind"].(string)) {
			metadata, _ := o["metadata"].(object)
			names = append(names, metadata["name"].(string))
		}
	}
	if len(names) > 1 && d.Chance(97) {
		names = names[1:]
	}
	return OneOf(d, names...)
}

// Service makes an InferenceService that refers to some of the objects.
func (d Dice) Service(name string, related []map[string]any) map[string]any {
	metadata := object{"name": name, "namespace": Namespace, "uid": UID, "generation": 1 + d.IntN(5), "resourceVersion": "1"}
	d.Some(60, metadata, "annotations", func() any { return d.serviceAnnotations() })
	d.Some(50, metadata, "labels", func() any {
		labels := object{"team": "x"}
		d.Some(10, labels, "networking.knative.dev/visibility", Always("cluster-local"))
		d.Some(20, labels, "sidecar.istio.io/inject", Always("true"))
		d.Some(10, labels, "app", Always("mine"))
		d.Some(10, labels, "component", Always("mine"))
		return labels
	})
	spec := object{}
	d.Some(95, spec, "model", func() any {
		ref := object{"name": d.nameOf(related, "ClusterBaseModel", "BaseModel")}
		d.Some(20, ref, "kind", Always(OneOf(d, "BaseModel", "ClusterBaseModel")))
		d.Some(7, ref, "fineTunedWeights", Always([]any{d.nameOf(related, "FineTunedWeight")}))
		return ref
	})
	d.Some(60, spec, "runtime", Always(object{"name": d.nameOf(related, "ClusterServingRuntime", "ServingRuntime")}))
	d.Some(98, spec, "engine", func() any { return d.Component(d.Chance(25)) })
	d.Some(40, spec, "decoder", func() any { return d.Component(d.Chance(25)) })
	d.Some(40, spec, "router", func() any { return d.routerComponent(false) })
	d.Some(10, spec, "kedaConfig", func() any { return d.keda() })
	d.Some(10, spec, "acceleratorSelector", Always(object{"policy": OneOf(d, "MostCapable", "FirstAvailable")}))
	d.Some(2, spec, "nothing", Always("unknown"))
	return object{"apiVersion": "ome.io/v1beta1", "kind": "InferenceService", "metadata": metadata, "spec": spec}
}

func (d Dice) serviceAnnotations() object {
	a := object{"owner": "team"}
	d.Some(30, a, "ome.io/autoscalerClass", Always(OneOf(d, "hpa", "keda", "external", "none")))
	d.Some(10, a, "ome.io/targetUtilizationPercentage", Always("70"))
	d.Some(5, a, "ome.io/metrics", Always(OneOf(d, "cpu", "memory")))
	d.Some(10, a, "ome.io/service-type", Always(OneOf(d, "LoadBalancer", "NodePort", "ClusterIP")))
	d.Some(10, a, "ome.io/inject-model-init", Always("true"))
	d.Some(10, a, "ome.io/inject-serving-sidecar", Always("true"))
	d.Some(10, a, "rdma.ome.io/auto-inject", Always("true"))
	d.Some(10, a, "ome.io/enable-metric-aggregation", Always("true"))
	d.Some(10, a, "prometheus.io/scrape", Always("true"))
	d.Some(10, a, "ome.io/volcano-queue", Always("q"))
	d.Some(10, a, "ome.io/dedicated-ai-cluster", Always("c"))
	d.Some(10, a, "kubectl.kubernetes.io/last-applied-configuration", Always("{}"))
	d.Some(10, a, "ome.io/ingress-disable-creation", Always(OneOf(d, "true", "false")))
	d.Some(10, a, "ome.io/ingress-path-template", Always("/{{ .Name }}"))
	d.Some(10, a, "ome.io/ingress-additional-domains", Always("c.example.net, d.example.net"))
	return a
}
