package sync_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/kinds"
)

// dice makes random objects. Everything it makes is JSON.
type dice struct{ *rand.Rand }

type object = map[string]any

func newDice(seed, number uint64) dice { return dice{rand.New(rand.NewPCG(seed, number))} }

// chance is true in so many percent of all cases.
func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

func oneOf[T any](d dice, values ...T) T { return values[d.IntN(len(values))] }

// some sets a field in so many percent of all cases.
func (d dice) some(percent int, into object, field string, value func() any) {
	if d.chance(percent) {
		into[field] = value()
	}
}

func always(value any) func() any { return func() any { return value } }

// generated is a namespace with services and what they refer to.
type generated struct {
	clusters []*cluster
}

// world makes a namespace with two services that share everything else.
func (d dice) world() *generated {
	related := d.catalog()
	conf, kinds := d.config(), d.kinds()
	first := oneOf(d, "chat", "a", "llama-3-3-70b-instruct", strings.Repeat("n", 57)+"-x1234", "svc-"+strings.Repeat("long-", 11)+"x", "x9", "chat-engine")
	second := oneOf(d, first+"x", strings.TrimSuffix(first, "x")+"2", "chat-engine-decoder", "b", first[:1]+"-router")
	if second == first || len(second) > 63 {
		second = "other"
	}
	g := &generated{}
	for _, name := range []string{first, second} {
		g.clusters = append(g.clusters, &cluster{parent: d.service(name, related), related: related, config: conf, kinds: kinds})
	}
	return g
}

func (d dice) kinds() kinds.Set {
	managed := kinds.All()
	if d.chance(15) {
		delete(managed, oneOf(d, kinds.Optional()...))
	}
	if d.chance(3) {
		delete(managed, oneOf(d, kinds.Core()...))
	}
	return managed
}

func (d dice) config() map[string]string {
	if d.chance(40) {
		return nil
	}
	const full = `"ingressGateway":"g/g","ingressService":"s","localGateway":"k/l","localGatewayService":"l.svc","knativeLocalGatewayService":"l.svc","omeIngressGateway":"gw/main","ingressDomain":"example.com"`
	conf := map[string]string{"ingress": "{" + full + oneOf(d, "",
		`,"enableGatewayAPI":true`, `,"disableIngressCreation":true`, `,"disableIstioVirtualHost":true`,
		`,"enableGatewayAPI":true,"pathTemplate":"/{{ .Namespace }}/{{ .Name }}"`,
		`,"additionalIngressDomains":["a.example.org","b.example.org"],"enableGatewayAPI":true`,
		`,"domainTemplate":"{{ .Name }}.{{ .IngressDomain }}"`, `,"domainTemplate":"same.{{ .IngressDomain }}"`, `,"domainTemplate":"{{ .Nothing }}"`) + "}"}
	if d.chance(50) {
		conf["multinodeProber"] = `{"image":"prober:1","cpuRequest":"100m","startupFailureThreshold":10}`
	}
	if d.chance(50) {
		conf["fineTunedAdapter"] = `{"image":"agent:1","compartmentId":"c","authType":"a"}`
		conf["modelInit"] = `{"image":"agent:1","compartmentId":"c","authType":"a","vaultId":"v"}`
		conf["servingSidecar"] = `{"image":"agent:1","compartmentId":"c","authType":"a"}`
	}
	if d.chance(5) {
		conf[oneOf(d, "ingress", "deploy", "kedaConfig")] = oneOf(d, "{", `{"defaultDeploymentMode":"x"}`, `[]`)
	}
	return conf
}

const generatedNamespace = "team-a"

func named(apiVersion, kind, namespace, name string, spec object) object {
	metadata := object{"name": name}
	if namespace != "" {
		metadata["namespace"] = namespace
	}
	return object{"apiVersion": apiVersion, "kind": kind, "metadata": metadata, "spec": spec}
}

func (d dice) catalog() []object {
	var out []object
	for i := range 1 + d.IntN(3) {
		name := oneOf(d, "llama", "qwen2.5-7b", strings.Repeat("m", 70)) + oneOf(d, "", fmt.Sprint(i))
		out = append(out, named("ome.io/v1beta1", "ClusterBaseModel", "", name, d.model()))
		if d.chance(30) {
			out = append(out, named("ome.io/v1beta1", "BaseModel", generatedNamespace, name, d.model()))
		}
	}
	for i := range 1 + d.IntN(3) {
		name := fmt.Sprintf("runtime-%d", i)
		out = append(out, named("ome.io/v1beta1", "ClusterServingRuntime", "", name, d.runtime()))
		if d.chance(20) {
			out = append(out, named("ome.io/v1beta1", "ServingRuntime", generatedNamespace, name, d.runtime()))
		}
	}
	for i := range d.IntN(3) {
		out = append(out, named("ome.io/v1beta1", "AcceleratorClass", "", fmt.Sprintf("class-%d", i), d.class()))
	}
	if d.chance(40) {
		out = append(out, named("ome.io/v1beta1", "FineTunedWeight", "", "tuned", object{
			"baseModelRef": object{"name": "llama"}, "modelType": oneOf(d, "LoRA", "Adapter"),
			"hyperParameters": object{"strategy": oneOf(d, "lora", "tfew", "")}, "storage": object{"storageUri": "oci://n/a/b/c/o/tuned"},
			"configuration": object{"merged_weights": d.chance(50)}, "trainingJobRef": object{"name": "job"},
		}))
	}
	return out
}

func (d dice) model() object {
	spec := object{
		"modelFormat": object{"name": oneOf(d, "safetensors", "safetensors", "safetensors", "safetensors", "safetensors", "safetensors", "safetensors", "safetensors", "onnx")}, "modelFramework": object{"name": "transformers"},
		"modelParameterSize": oneOf(d, "8B", "70B", "x"),
		"storage":            object{"storageUri": oneOf(d, "hf://meta/llama", "pvc://claim/models/llama", "pvc://other:claim/x", "oci://n/a/b/c/o/x", "s3://b/x")},
	}
	d.some(80, spec["storage"].(object), "path", always("/models/m"))
	d.some(20, spec["storage"].(object), "nodeSelector", always(object{"disk": "fast"}))
	d.some(5, spec, "disabled", always(d.chance(50)))
	d.some(50, spec, "vendor", always(oneOf(d, "meta", "Acme Inc.", "cohere", "größe")))
	d.some(8, spec, "modelArchitecture", always("LlamaForCausalLM"))
	return spec
}

func (d dice) runtime() object {
	format := object{"modelFormat": object{"name": "safetensors"}, "modelFramework": object{"name": "transformers"}, "autoSelect": d.chance(80), "priority": d.IntN(3)}
	d.some(20, format, "acceleratorConfig", always(object{"class-0": object{
		"runtimeArgsOverride": []any{"--fast"}, "environmentOverride": object{"Z": "1", "A": "2"}, "tensorParallelismOverride": object{"tensorParallelSize": 2},
	}}))
	spec := object{"supportedModelFormats": []any{format}}
	d.some(90, spec, "engineConfig", func() any { return d.component(true) })
	d.some(70, spec, "decoderConfig", func() any { return d.component(true) })
	d.some(60, spec, "routerConfig", func() any { return d.routerComponent(true) })
	d.some(50, spec, "acceleratorRequirements", always(object{"acceleratorClasses": []any{"class-0", "class-1"}}))
	d.some(5, spec, "disabled", always(true))
	d.some(20, spec, "containers", always([]any{object{"name": "ome-container", "image": "top:1"}}))
	return spec
}

func (d dice) class() object {
	spec := object{
		"discovery": object{"nodeSelector": object{"gpu": oneOf(d, "a100", "h100")}}, "capabilities": object{"memoryGB": oneOf(d, "40", "80")},
		"resources": []any{object{"name": oneOf(d, "nvidia.com/gpu", "amd.com/gpu", "acme.com/npu"), "quantity": "1"}},
	}
	d.some(30, spec, "cost", always(object{"perHour": "2500m"}))
	return spec
}

func (d dice) container(name string) object {
	c := object{"image": oneOf(d, "server:1", "server:2", "registry.example.com/a/b@sha256:0123")}
	if name != "" {
		c["name"] = name
	}
	d.some(40, c, "args", always([]any{"--model={{.Name}}", "--tp=$(PARALLELISM_SIZE)", "--template={% if x %}{{ y }}"}))
	d.some(20, c, "command", always([]any{"serve"}))
	d.some(50, c, "ports", func() any {
		ports := []any{object{"containerPort": oneOf(d, 8080, 8000, 80), "name": oneOf(d, "http", "http1")}}
		if d.chance(30) {
			ports = append(ports, object{"containerPort": 9090, "name": "metrics"})
		}
		return ports
	})
	d.some(40, c, "env", always([]any{
		object{"name": "B", "value": oneOf(d, "1", "{{index .Labels \"team\"}}", "")}, object{"name": "A", "value": "x"},
		object{"name": "NODE", "valueFrom": object{"fieldRef": object{"fieldPath": "spec.nodeName"}}},
	}))
	d.some(50, c, "resources", func() any { return d.resources() })
	d.some(20, c, "volumeMounts", always([]any{object{"name": "shm", "mountPath": "/dev/shm"}}))
	d.some(30, c, "readinessProbe", always(object{"httpGet": object{"path": "/health", "port": 8080}, "periodSeconds": 5}))
	d.some(10, c, "startupProbe", always(object{"exec": object{"command": []any{"true"}}}))
	d.some(10, c, "lifecycle", always(object{"preStop": object{"exec": object{"command": []any{"sleep", "5"}}}}))
	d.some(10, c, "securityContext", always(object{"privileged": false, "capabilities": object{"add": []any{"IPC_LOCK"}}}))
	return c
}

func (d dice) resources() object {
	out := object{}
	d.some(80, out, "limits", func() any {
		limits := object{"cpu": oneOf(d, "1", "1000m", "2"), "memory": oneOf(d, "1Gi", "1024Mi")}
		d.some(70, limits, oneOf(d, "nvidia.com/gpu", "amd.com/gpu", "acme.com/npu"), always(oneOf(d, "1", "8")))
		return limits
	})
	d.some(50, out, "requests", always(object{"cpu": oneOf(d, "500m", "0.5"), "memory": "512Mi"}))
	return out
}

// podFields sets fields of a pod.
func (d dice) podFields(out object) {
	d.some(20, out, "volumes", always([]any{object{"name": "shm", "emptyDir": object{"medium": "Memory"}}, object{"name": "conf", "configMap": object{"name": "c"}}}))
	d.some(15, out, "tolerations", always([]any{object{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}}))
	d.some(15, out, "nodeSelector", always(object{"pool": oneOf(d, "a", "b")}))
	d.some(10, out, "serviceAccountName", always("account"))
	d.some(10, out, "containers", func() any { return []any{d.container(oneOf(d, "sidecar", "ome-container"))} })
	d.some(10, out, "initContainers", func() any { return []any{d.container("init")} })
	d.some(10, out, "hostNetwork", always(true))
	d.some(10, out, "imagePullSecrets", always([]any{object{"name": "pull"}}))
	d.some(10, out, "affinity", always(object{"nodeAffinity": object{"requiredDuringSchedulingIgnoredDuringExecution": object{
		"nodeSelectorTerms": []any{object{"matchExpressions": []any{object{"key": "zone", "operator": "In", "values": []any{"a"}}}}},
	}}}))
	d.some(5, out, "topologySpreadConstraints", always([]any{object{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}}))
}

// extension sets replicas, scaling, traffic and metadata of a component.
func (d dice) extension(out object) {
	d.some(60, out, "minReplicas", always(oneOf(d, 0, 1, 1, 2, 5)))
	d.some(60, out, "maxReplicas", always(oneOf(d, 0, 1, 3, 9)))
	d.some(15, out, "scaleMetric", always(oneOf(d, "cpu", "memory", "concurrency", "rps", "tps")))
	d.some(15, out, "scaleTarget", always(oneOf(d, 1, 50, 90)))
	d.some(10, out, "containerConcurrency", always(oneOf(d, 0, 10)))
	d.some(10, out, "timeoutSeconds", always(oneOf(d, 0, 30, 600)))
	d.some(10, out, "canaryTrafficPercent", always(oneOf(d, 0, 10, 100)))
	d.some(15, out, "minAvailable", always(oneOf[any](d, 1, "50%")))
	d.some(15, out, "maxUnavailable", always(oneOf[any](d, 1, "25%")))
	d.some(10, out, "deploymentStrategy", always(oneOf(d, object{"type": "Recreate"}, object{"type": "RollingUpdate", "rollingUpdate": object{"maxSurge": "10%"}})))
	d.some(15, out, "kedaConfig", func() any { return d.keda() })
	d.some(20, out, "labels", always(object{"team": oneOf(d, "x", "y"), "tier": "Not A Label"}))
	d.some(20, out, "annotations", func() any {
		a := object{"note": "n"}
		d.some(60, a, "ome.io/deploymentMode", always(oneOf(d, "MultiNode", "MultiNodeRayVLLM", "RawDeployment", "Serverless", "Nothing")))
		d.some(10, a, "ome.io/service-type", always(oneOf(d, "LoadBalancer", "NodePort")))
		return a
	})
}

func (d dice) keda() object {
	out := object{}
	d.some(80, out, "enableKeda", always(d.chance(80)))
	d.some(30, out, "customPromQuery", always(oneOf(d, `sum(rate(x{service="%s"}[1m])) % 7`, "up", `a{b="%d"}`)))
	d.some(30, out, "scalingThreshold", always(oneOf(d, "5", "0.5", "0")))
	d.some(30, out, "scalingOperator", always(oneOf(d, "GreaterThan", "LessThan", "LessThanOrEqual")))
	d.some(20, out, "authenticationRef", always(object{"name": "auth", "kind": "TriggerAuthentication"}))
	d.some(20, out, "authModes", always("bearer"))
	return out
}

// component makes an engine or decoder; that of a runtime is complete.
func (d dice) component(complete bool) object {
	out := object{}
	d.podFields(out)
	d.extension(out)
	if !complete {
		d.some(30, out, "runner", func() any { return d.container(oneOf(d, "ome-container", "")) })
		d.some(10, out, "worker", func() any { return object{"size": oneOf(d, 0, 1, 3)} })
		d.some(15, out, "resources", func() any { return d.resources() })
		d.some(15, out, "acceleratorOverride", always(oneOf(d, object{"acceleratorClass": "class-0"}, object{"policy": "Cheapest"}, object{"policy": "BestFit", "constraints": object{"minMemory": 50}})))
		return out
	}
	if d.chance(30) {
		leader := object{"runner": d.container("ome-container")}
		d.podFields(leader)
		out["leader"] = leader
		d.some(90, out, "worker", func() any {
			worker := object{"runner": d.container("ome-container"), "size": oneOf(d, 1, 2)}
			d.podFields(worker)
			return worker
		})
		return out
	}
	out["runner"] = d.container("ome-container")
	return out
}

func (d dice) routerComponent(complete bool) object {
	out := object{}
	d.podFields(out)
	d.extension(out)
	if complete || d.chance(30) {
		out["runner"] = d.container("router")
	}
	d.some(20, out, "config", always(object{"policy": "cache_aware", "A": "b"}))
	return out
}

// nameOf is the name of one of the related objects of the kinds, as a rule.
func (d dice) nameOf(related []object, kinds ...string) string {
	names := []string{"absent"}
	for _, o := range related {
		if slices.Contains(kinds, o["kind"].(string)) {
			names = append(names, meta(o)["name"].(string))
		}
	}
	if len(names) > 1 && d.chance(97) {
		names = names[1:]
	}
	return oneOf(d, names...)
}

func (d dice) service(name string, related []object) object {
	metadata := object{"name": name, "namespace": generatedNamespace, "uid": parentUID, "generation": 1 + d.IntN(5), "resourceVersion": "1"}
	d.some(60, metadata, "annotations", func() any { return d.serviceAnnotations() })
	d.some(50, metadata, "labels", func() any {
		labels := object{"team": "x"}
		d.some(10, labels, "networking.knative.dev/visibility", always("cluster-local"))
		d.some(20, labels, "sidecar.istio.io/inject", always("true"))
		d.some(10, labels, "app", always("mine"))
		d.some(10, labels, "component", always("mine"))
		return labels
	})
	spec := object{}
	d.some(95, spec, "model", func() any {
		ref := object{"name": d.nameOf(related, "ClusterBaseModel", "BaseModel")}
		d.some(20, ref, "kind", always(oneOf(d, "BaseModel", "ClusterBaseModel")))
		d.some(7, ref, "fineTunedWeights", always([]any{d.nameOf(related, "FineTunedWeight")}))
		return ref
	})
	d.some(60, spec, "runtime", always(object{"name": d.nameOf(related, "ClusterServingRuntime", "ServingRuntime")}))
	d.some(98, spec, "engine", func() any { return d.component(d.chance(25)) })
	d.some(40, spec, "decoder", func() any { return d.component(d.chance(25)) })
	d.some(40, spec, "router", func() any { return d.routerComponent(false) })
	d.some(10, spec, "kedaConfig", func() any { return d.keda() })
	d.some(10, spec, "acceleratorSelector", always(object{"policy": oneOf(d, "MostCapable", "FirstAvailable")}))
	d.some(2, spec, "nothing", always("unknown"))
	return object{"apiVersion": "ome.io/v1beta1", "kind": "InferenceService", "metadata": metadata, "spec": spec}
}

func (d dice) serviceAnnotations() object {
	a := object{"owner": "team"}
	d.some(30, a, "ome.io/autoscalerClass", always(oneOf(d, "hpa", "keda", "external", "none")))
	d.some(10, a, "ome.io/targetUtilizationPercentage", always("70"))
	d.some(5, a, "ome.io/metrics", always(oneOf(d, "cpu", "memory")))
	d.some(10, a, "ome.io/service-type", always(oneOf(d, "LoadBalancer", "NodePort", "ClusterIP")))
	d.some(10, a, "ome.io/inject-model-init", always("true"))
	d.some(10, a, "ome.io/inject-serving-sidecar", always("true"))
	d.some(10, a, "rdma.ome.io/auto-inject", always("true"))
	d.some(10, a, "ome.io/enable-metric-aggregation", always("true"))
	d.some(10, a, "prometheus.io/scrape", always("true"))
	d.some(10, a, "ome.io/volcano-queue", always("q"))
	d.some(10, a, "ome.io/dedicated-ai-cluster", always("c"))
	d.some(10, a, "kubectl.kubernetes.io/last-applied-configuration", always("{}"))
	d.some(10, a, "ome.io/ingress-disable-creation", always(oneOf(d, "true", "false")))
	d.some(10, a, "ome.io/ingress-path-template", always("/{{ .Name }}"))
	d.some(10, a, "ome.io/ingress-additional-domains", always("c.example.net, d.example.net"))
	return a
}
