package sync_test

import (
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// chatChildren are the children of a service "chat" that is a raw engine.
func chatChildren() []string {
	return refs(rawChildren("chat", "engine"), []string{"ConfigMap/modelconfig-chat", "Service/chat"})
}

// mergeIntents are about the service on top of the runtime.
var mergeIntents = map[string]intent{
	"merge-runner": one(func(v view) {
		pod := v.pod("chat-engine").Spec
		runner := v.runner("chat-engine")
		assert.Equal(v.t, []string{"$(MODEL_PATH)", "--port=9000", "--max-model-len=4096"}, runner.Args, "replaced, not merged")
		values := env(v.t, runner)
		assert.Equal(v.t, "debug", values["LOG_LEVEL"])
		assert.Equal(v.t, "1", values["HF_HUB_OFFLINE"])
		assert.NotContains(v.t, values, "API_TOKEN", "the secret takes the literal's place")
		assert.Equal(v.t, map[string]string{
			"/root/.cache": "cache", "/adapters": "adapters", "/var/models/qwen-7b": "qwen-7b",
		}, mounts(v.t, runner))
		cache := volume(v.t, pod, "cache")
		assert.NotNil(v.t, cache.PersistentVolumeClaim)
		assert.Nil(v.t, cache.EmptyDir, "a claim takes the place of the empty directory")
		assert.NotNil(v.t, runner.ReadinessProbe.TCPSocket)
		assert.Nil(v.t, runner.ReadinessProbe.HTTPGet)
		assert.EqualValues(v.t, 5, runner.ReadinessProbe.PeriodSeconds, "the runtime's")
		assert.Equal(v.t, "gpu", pod.NodeSelector["pool"])
		require.Len(v.t, pod.Tolerations, 1, "tolerations are replaced")
		assert.Equal(v.t, "dedicated", pod.Tolerations[0].Key)
		names := map[string]bool{}
		for _, port := range runner.Ports {
			assert.False(v.t, names[port.Name], "two ports are named %q", port.Name)
			names[port.Name] = true
		}
		names = map[string]bool{}
		for _, port := range v.service("chat-engine").Spec.Ports {
			assert.False(v.t, names[port.Name], "two ports of the Service are named %q", port.Name)
			names[port.Name] = true
		}
	}),
	"merge-sidecars": one(func(v view) {
		pod := v.pod("chat-engine").Spec
		assert.Equal(v.t, "log-shipper", pod.Containers[0].Name)
		assert.Equal(v.t, "warm-cache", pod.InitContainers[0].Name)
		assert.Equal(v.t, []string{"http:8080->8080"}, ports(v.service("chat-engine")))
		assert.Equal(v.t, []string{"http:8080->8080", "http-80:80->8080"}, ports(v.service("chat")))
		assert.EqualValues(v.t, 8080, v.runner("chat-engine").ReadinessProbe.TCPSocket.Port.IntVal)
		shipper := container(v.t, pod, "log-shipper")
		assert.Empty(v.t, shipper.Env, "the model is the runner's alone")
		assert.Empty(v.t, shipper.VolumeMounts)
		assert.Nil(v.t, shipper.ReadinessProbe)
	}),
	"merge-same-container": one(func(v view) {
		require.Len(v.t, v.pod("chat-engine").Spec.Containers, 1)
		runner := v.runner("chat-engine")
		assert.Equal(v.t, []string{"--enable-prefix-caching", "$(MODEL_PATH)", "--port=8080"}, runner.Args)
		assert.Equal(v.t, "WARN", env(v.t, runner)["NCCL_DEBUG"])
		assert.Equal(v.t, "/var/models/qwen-7b", env(v.t, runner)["MODEL_PATH"])
	}),
	"placeholders": one(func(v view) {
		runner := v.runner("chat-engine")
		assert.Equal(v.t, []string{
			"--served-model-name=chat", "--tier=gold", "--owner=<ml & platform>", "--absent=[]",
			"--chat-template={% for m in messages %}{{ m.role }}: {{m['content']}}{% endfor %}{{ .Unknown }}",
		}, runner.Args)
		assert.Equal(v.t, "http://chat.team-a.svc", env(v.t, runner)["ENDPOINT"])
		assert.Equal(v.t, []string{"drain", "chat"}, runner.Lifecycle.PreStop.Exec.Command)
		assert.Equal(v.t, []string{"--target=chat.team-a"}, container(v.t, v.pod("chat-engine").Spec, "watcher").Args, "in sidecars too")
	}),
	"resources-above-limit": one(func(v view) {
		resources := v.runner("chat-engine").Resources
		request, limit := resources.Requests[corev1.ResourceMemory], resources.Limits[corev1.ResourceMemory]
		assert.Equal(v.t, "64Gi", request.String())
		assert.LessOrEqual(v.t, request.Cmp(limit), 0, "a request above its limit is refused")
	}),
}

// fits checks the names and labels of all children against the limits of
// their kinds, and that what selects pods selects some.
func fits(v view) {
	templates := []map[string]string{}
	for _, child := range v.Children {
		limit := validation.DNS1123SubdomainMaxLength
		if child.GetKind() == "Service" {
			limit = validation.DNS1123LabelMaxLength
			assert.Empty(v.t, validation.IsDNS1035Label(child.GetName()), ref(child))
		}
		assert.LessOrEqual(v.t, len(child.GetName()), limit, ref(child))
		for key, value := range child.GetLabels() {
			assert.Empty(v.t, validation.IsValidLabelValue(value), "label %s of %s", key, ref(child))
		}
		if child.GetKind() == "Deployment" {
			pod := v.pod(child.GetName())
			templates = append(templates, pod.Labels)
			assert.True(v.t, labelSelects(v.deployment(child.GetName()).Spec.Selector.MatchLabels, pod.Labels))
		}
	}
	for _, child := range v.Children {
		if child.GetKind() != "Service" {
			continue
		}
		reached := 0
		for _, labels := range templates {
			if labelSelects(v.service(child.GetName()).Spec.Selector, labels) {
				reached++
			}
		}
		assert.Equal(v.t, 1, reached, "%s reaches the pods of one component", ref(child))
	}
}

// nameIntents are about names at the limits.
var nameIntents = map[string]intent{
	"name-57": one(fits),
	"name-63": one(fits),
	"name-64": one(func(v view) {
		v.held("InvalidSpec", "64 characters")
		v.has()
	}),
}

// referenceIntents are about models and runtimes.
var referenceIntents = map[string]intent{
	"scope-cluster": one(func(v view) {
		assert.Equal(v.t, "docker.io/vllm/vllm-openai:v0.9.1", v.runner("chat-engine").Image)
		assert.Equal(v.t, "/var/models/qwen-7b", env(v.t, v.runner("chat-engine"))["MODEL_PATH"])
		v.quiet()
	}),
	"scope-namespace": one(func(v view) {
		assert.Equal(v.t, "docker.io/vllm/vllm-openai:v0.9.1-team-a", v.runner("chat-engine").Image)
		assert.Equal(v.t, "/var/models/team-a/qwen-7b", env(v.t, v.runner("chat-engine"))["MODEL_PATH"])
		assert.Equal(v.t, map[string]string{"models.ome.io/team-a.basemodel.qwen-7b": "Ready"}, v.pod("chat-engine").Spec.NodeSelector)
		assert.Contains(v.t, configText(v, "modelconfig-chat"), "/var/models/team-a/qwen-7b", "the ConfigMap is of the model that is mounted")
		v.quiet()
	}),
	"scope-other": one(func(v view) {
		assert.Equal(v.t, "docker.io/vllm/vllm-openai:v0.9.1-team-a", v.runner("chat-engine").Image)
		assert.Equal(v.t, "/var/models/team-a/qwen-7b", env(v.t, v.runner("chat-engine"))["MODEL_PATH"])
		v.quiet()
	}),
	"runtime-selected": one(func(v view) {
		assert.Equal(v.t, "vllm-tuned", v.deployment("chat-engine").Labels[v1beta1.LabelServingRuntime])
		assert.Equal(v.t, "docker.io/vllm/vllm-openai:v0.9.1-tuned", v.runner("chat-engine").Image)
	}),
	"runtime-none": one(func(v view) {
		v.has(chatChildren()...)
		server := container(v.t, v.pod("chat-engine").Spec, "server")
		assert.Equal(v.t, "/var/models/qwen-7b", env(v.t, server)["MODEL_PATH"])
		assert.Equal(v.t, "qwen-7b", mounts(v.t, server)["/var/models/qwen-7b"])
		assert.NotContains(v.t, v.deployment("chat-engine").Labels, v1beta1.LabelServingRuntime)
		assert.Equal(v.t, []string{"http:9000->9000", "http-80:80->9000"}, ports(v.service("chat")))
		assert.Nil(v.t, v.Hold)
	}),
	"model-none": one(func(v view) {
		v.has(refs(rawChildren("embedder", "engine"), []string{"Service/embedder"})...)
		v.hasNo("ConfigMap")
		pod := v.pod("embedder-engine").Spec
		assert.Empty(v.t, pod.Volumes)
		assert.Empty(v.t, pod.NodeSelector)
		assert.NotContains(v.t, env(v.t, container(v.t, pod, "server")), "MODEL_PATH")
		assert.Nil(v.t, v.Hold)
	}),
	"runtime-missing": one(func(v view) {
		v.held("RuntimeNotFound", "vllm-gone")
		v.has()
		v.isCondition("Ready", "False", "RuntimeNotFound")
		assert.Equal(v.t, v1beta1.RuntimeNotRecognized, v.Status.ModelStatus.LastFailureInfo.Reason)
	}),
	"runtime-incompatible": one(func(v view) {
		v.held("RuntimeIncompatible", "h200-141gb")
		v.has()
	}),
	"runtime-mismatch": one(func(v view) {
		v.has(chatChildren()...)
		assert.Nil(v.t, v.Hold)
		v.isCondition("SpecHonored", "False", "RuntimeMismatch")
	}),
	"decoder-without-runner": one(func(v view) {
		v.has(chatChildren()...)
		v.partly("decoder", "NoRunner")
		v.isCondition("DecoderReady", "False", "NoRunner")
		v.isCondition("Ready", "False", "NoRunner")
	}),
}

func configText(v view, name string) string {
	v.t.Helper()
	var all strings.Builder
	for _, text := range decodeChild[corev1.ConfigMap](v, "ConfigMap/"+name).Data {
		all.WriteString(text)
	}
	return all.String()
}

// storageIntents are about where models are.
var storageIntents = map[string]intent{
	"storage-claim": one(func(v view) {
		pod := v.pod("chat-engine").Spec
		claim := volume(v.t, pod, "qwen-7b").PersistentVolumeClaim
		require.NotNil(v.t, claim)
		assert.Equal(v.t, "model-store", claim.ClaimName)
		assert.True(v.t, claim.ReadOnly)
		mount := v.runner("chat-engine").VolumeMounts[0]
		assert.Equal(v.t, "qwen/7b", mount.SubPath)
		assert.Equal(v.t, "/var/models/qwen-7b", mount.MountPath)
		assert.Empty(v.t, pod.NodeSelector, "no node holds a claim's model")
		v.quiet()
	}),
	"storage-claim-elsewhere": one(func(v view) {
		v.hasFinding("ClaimInOtherNamespace", "namespace platform", "namespace team-a")
		v.isCondition("SpecHonored", "False", "ClaimInOtherNamespace")
	}),
	"model-dotted-name": one(func(v view) {
		deployment := v.deployment("chat-engine")
		assert.Equal(v.t, "qwen2.5-7b.instruct", deployment.Labels[v1beta1.LabelBaseModelName])
		assert.Contains(v.t, deployment.Spec.Template.Spec.NodeSelector, "models.ome.io/clusterbasemodel.qwen2.5-7b.instruct")
		name := mounts(v.t, v.runner("chat-engine"))["/var/models/qwen-7b"]
		assert.Empty(v.t, validation.IsDNS1123Label(name))
		assert.NotNil(v.t, volume(v.t, deployment.Spec.Template.Spec, name).HostPath)
	}),
	"model-without-metadata": one(func(v view) {
		v.has(chatChildren()...)
		v.hasFinding("ModelMetadataMissing", "fresh")
		assert.Equal(v.t, "/var/models/fresh", env(v.t, v.runner("chat-engine"))["MODEL_PATH"])
	}),
}

// scalingIntents are about who scales a raw component.
var scalingIntents = map[string]intent{
	"hpa-annotation": one(func(v view) {
		metric := v.hpa("chat-engine").Spec.Metrics[0].Resource
		assert.EqualValues(v.t, 55, *metric.Target.AverageUtilization, "the annotation wins over scaleTarget")
	}),
	"hpa-memory": one(func(v view) {
		metric := v.hpa("chat-engine").Spec.Metrics[0].Resource
		assert.Equal(v.t, corev1.ResourceMemory, metric.Name)
		assert.EqualValues(v.t, 60, *metric.Target.AverageUtilization)
		v.quiet()
	}),
	"hpa-unusable-metric": one(func(v view) {
		metric := v.hpa("chat-engine").Spec.Metrics[0].Resource
		assert.Equal(v.t, corev1.ResourceCPU, metric.Name)
		assert.EqualValues(v.t, 80, *metric.Target.AverageUtilization, "150 requests are no percentage")
		v.hasFinding("MetricIgnored", "rps")
	}),
	"autoscaler-external": one(func(v view) {
		v.hasNo("HorizontalPodAutoscaler", "ScaledObject")
		assert.Nil(v.t, v.deployment("chat-engine").Spec.Replicas)
	}),
	"autoscaler-none": one(func(v view) {
		v.hasNo("HorizontalPodAutoscaler", "ScaledObject")
		assert.EqualValues(v.t, 2, *v.deployment("chat-engine").Spec.Replicas)
	}),
	"replicas-from-runtime": one(func(v view) {
		assert.EqualValues(v.t, 4, *v.hpa("chat-engine").Spec.MinReplicas, "the runtime's")
		assert.EqualValues(v.t, 8, v.hpa("chat-engine").Spec.MaxReplicas, "the service's")
	}),
	"replicas-crossed": one(func(v view) {
		assert.EqualValues(v.t, 5, *v.hpa("chat-engine").Spec.MinReplicas)
		assert.EqualValues(v.t, 5, v.hpa("chat-engine").Spec.MaxReplicas)
		v.hasFinding("ReplicasAdjusted", "minReplicas 5", "maxReplicas 2")
	}),
	"replicas-negative": one(func(v view) {
		assert.EqualValues(v.t, 1, *v.hpa("chat-engine").Spec.MinReplicas, "the default")
		v.hasFinding("ReplicasAdjusted", "spec.engine.minReplicas is -1", "default of 1")
	}),
	"replicas-fixed-to-autoscaled": one(func(v view) {
		assert.EqualValues(v.t, 3, *v.deployment("chat-engine").Spec.Replicas, "what runs, not what was asked for")
		v.hpa("chat-engine")
	}),
	"replicas-autoscaled-to-fixed": one(func(v view) {
		assert.EqualValues(v.t, 2, *v.deployment("chat-engine").Spec.Replicas)
		v.hasNo("HorizontalPodAutoscaler")
	}),
}

// objectIntents are about the objects beside the workload.
var objectIntents = map[string]intent{
	"pdb-min-available": one(func(v view) {
		budget := v.pdb("chat-engine").Spec
		assert.EqualValues(v.t, 2, budget.MinAvailable.IntVal)
		assert.Nil(v.t, budget.MaxUnavailable)
		assert.True(v.t, labelSelects(budget.Selector.MatchLabels, v.pod("chat-engine").Labels))
	}),
	"pdb-max-unavailable": one(func(v view) {
		assert.Equal(v.t, "25%", v.pdb("chat-engine").Spec.MaxUnavailable.StrVal)
		assert.Nil(v.t, v.pdb("chat-engine").Spec.MinAvailable)
	}),
	"pdb-replaces-runtime": one(func(v view) {
		assert.EqualValues(v.t, 2, v.pdb("chat-engine").Spec.MaxUnavailable.IntVal)
		assert.Nil(v.t, v.pdb("chat-engine").Spec.MinAvailable)
		v.quiet()
	}),
	"pdb-both": one(func(v view) {
		assert.EqualValues(v.t, 2, v.pdb("chat-engine").Spec.MinAvailable.IntVal)
		assert.Nil(v.t, v.pdb("chat-engine").Spec.MaxUnavailable)
		v.hasFinding("DisruptionBudgetIgnored", "maxUnavailable")
	}),
	"strategy-recreate": one(func(v view) {
		strategy := v.deployment("chat-engine").Spec.Strategy
		assert.Equal(v.t, appsv1.RecreateDeploymentStrategyType, strategy.Type)
		assert.Nil(v.t, strategy.RollingUpdate)
	}),
	"external-service-nodeport": one(func(v view) {
		const internal = "service.beta.kubernetes.io/oci-load-balancer-internal"
		assert.Equal(v.t, corev1.ServiceTypeNodePort, v.service("chat").Spec.Type)
		assert.Equal(v.t, corev1.ServiceTypeNodePort, v.service("chat-engine").Spec.Type)
		assert.Equal(v.t, map[string]string{internal: "true"}, v.service("chat").Annotations, "cloud annotations and no other")
		assert.Contains(v.t, v.service("chat-engine").Annotations, internal)
	}),
	"external-service-cluster-local": one(func(v view) {
		v.has(refs(rawChildren("chat", "engine"), []string{"ConfigMap/modelconfig-chat"})...)
		assert.Equal(v.t, "http://chat-engine.default.svc.cluster.local:8080", v.Status.Address.URL)
		assert.Equal(v.t, v.Status.Address.URL, v.Status.URL)
	}),
	"router-service-account": one(func(v view) {
		v.hasNo("ServiceAccount", "Role", "RoleBinding")
		assert.Equal(v.t, "gateway", v.pod("chat-router").Spec.ServiceAccountName)
	}),
	"router-unwanted": one(func(v view) { v.has(chatChildren()...) }),
	"metadata": one(func(v view) {
		deployment := v.deployment("chat-engine")
		pods := deployment.Spec.Template
		for _, labels := range []map[string]string{deployment.Labels, pods.Labels} {
			assert.Equal(v.t, "inference", labels["team"], "the component wins")
			assert.Equal(v.t, "serving", labels["kueue.x-k8s.io/queue-name"], "Kueue reads it on pods")
		}
		for _, annotations := range []map[string]string{deployment.Annotations, pods.Annotations} {
			assert.Equal(v.t, "false", annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"], "the cluster autoscaler reads it on pods")
			assert.Equal(v.t, "4711", annotations["example.com/cost-centre"], "the component's are for pods")
		}
		for _, label := range []string{
			"app.kubernetes.io/managed-by", "app.kubernetes.io/part-of", "argocd.argoproj.io/instance", "helm.sh/chart",
		} {
			assert.Contains(v.t, deployment.Labels, label)
			assert.NotContains(v.t, pods.Labels, label, "nobody reads it on pods")
		}
		for _, annotation := range []string{
			"example.com/contact", "nginx.ingress.kubernetes.io/proxy-body-size", "ome.io/deploymentMode", "autoscaling.keda.sh/paused",
		} {
			assert.Contains(v.t, deployment.Annotations, annotation)
			assert.NotContains(v.t, pods.Annotations, annotation, "nobody reads it on pods")
		}
		assert.NotContains(v.t, v.service("chat-engine").Annotations, "prometheus.io/scrape", "the pods are scraped, not the Service")
		assert.NotContains(v.t, deployment.Labels, v1beta1.LabelServingInferenceService, "a label of pods")
		for _, child := range v.Children {
			text := jsonText(child.Object)
			for _, tool := range []string{
				"kubectl.kubernetes.io/", "argocd.argoproj.io/sync-wave", "meta.helm.sh/", "toolkit.fluxcd.io/", "metacontroller.k8s.io/", "isvc.io/note",
			} {
				assert.NotContains(v.t, text, tool, "bookkeeping of a tool on %s", ref(child))
			}
		}
	}),
	"template-keys": one(func(v view) {
		deployment := v.deployment("chat-engine")
		pods := deployment.Spec.Template
		assert.Equal(v.t, "assistant", pods.Labels["app.kubernetes.io/part-of"], "matches a pattern")
		assert.Equal(v.t, "platform", deployment.Labels["team"])
		assert.NotContains(v.t, pods.Labels, "team", "matches no pattern")
		assert.Equal(v.t, "4711", pods.Annotations["billing.example.com/account"], "a star stands for a slash too")
		assert.Equal(v.t, "NodePort", pods.Annotations["ome.io/service-type"], "a setting that the configuration names")
		assert.NotContains(v.t, pods.Annotations, "example.com/contact", "another domain")
		assert.NotContains(v.t, pods.Annotations, "ome.io/deploymentMode")
	}),
	"fields-ignored": one(func(v view) {
		v.has(chatChildren()...)
		v.hasFinding("FieldIgnored", "canaryTrafficPercent")
		v.hasFinding("FieldIgnored", "containerConcurrency")
		v.isCondition("SpecHonored", "False", "FieldIgnored")
	}),
	"field-unknown": one(func(v view) {
		v.has(chatChildren()...)
		v.hasFinding("UnknownField", "spec.engine.minReplica", "spec.deployment")
		v.isCondition("SpecHonored", "False", "UnknownField")
	}),
	"predictor": one(func(v view) {
		v.has(chatChildren()...)
		assert.EqualValues(v.t, 2, *v.hpa("chat-engine").Spec.MinReplicas)
		assert.EqualValues(v.t, 4, v.hpa("chat-engine").Spec.MaxReplicas)
		assert.Equal(v.t, "gpu", v.pod("chat-engine").Spec.NodeSelector["pool"])
		assert.Equal(v.t, "vllm-small", v.deployment("chat-engine").Labels[v1beta1.LabelServingRuntime])
	}),
	"virtual": one(func(v view) {
		v.has()
		v.isCondition("Ready", "True", "VirtualDeployment")
		assert.Equal(v.t, "http://chat.default.svc.cluster.local", v.Status.URL)
	}),
}

// refusalIntents are about services that make no sense.
var refusalIntents = map[string]intent{
	"invalid-quantity": one(func(v view) {
		v.held("InvalidField", "engine.runner.resources.limits[nvidia.com/gpu]", `"many"`)
		assert.NotContains(v.t, v.Hold.Message, "spec.cannot", "the message is a sentence")
		v.has()
	}),
	"invalid-decoder-alone": one(func(v view) {
		v.held("InvalidSpec", "spec.decoder", "spec.engine")
		v.has()
	}),
}

// holdIntents are about services that run and can be computed no more.
var holdIntents = map[string]intent{
	"raw-ready": one(func(v view) {
		v.has(chatChildren()...)
		v.quiet()
		v.isCondition("Ready", "True", "")
		v.isCondition("EngineReady", "True", "MinimumReplicasAvailable")
		assert.Nil(v.t, v.deployment("chat-engine").Spec.Replicas)
		assert.Equal(v.t, v1beta1.UpToDate, v.Status.ModelStatus.TransitionStatus)
		assert.Equal(v.t, v1beta1.Loaded, v.Status.ModelStatus.ModelRevisionStates.ActiveModelState)
	}),
	"raw-crashing": one(func(v view) {
		v.has(chatChildren()...)
		v.isCondition("EngineReady", "False", "MinimumReplicasUnavailable")
		_, _, message := v.condition("Ready")
		assert.Contains(v.t, message, "model has no tokenizer", "the pod's own words")
		assert.Equal(v.t, v1beta1.ModelLoadFailed, v.Status.ModelStatus.LastFailureInfo.Reason)
		assert.Equal(v.t, v1beta1.BlockedByFailedLoad, v.Status.ModelStatus.TransitionStatus)
	}),
	"held": one(func(v view) {
		v.held("RuntimeNotFound", "vllm-small")
		v.has(chatChildren()...)
		assert.Zero(v.t, v.RetryAfter)
		assert.EqualValues(v.t, 2, *v.hpa("chat-engine").Spec.MinReplicas, "the change by hand is undone")
		asApplied(v, "held")
		v.isCondition("Ready", "False", "RuntimeNotFound")
		v.isCondition("EngineReady", "True", "MinimumReplicasAvailable")
		assert.Equal(v.t, "http://chat.default.svc.cluster.local", v.Status.URL, "its address is still true")
		assert.Equal(v.t, v1beta1.Loaded, v.Status.ModelStatus.ModelRevisionStates.ActiveModelState)
	}),
	"held-invalid": one(func(v view) {
		v.held("InvalidSpec", "scaleTarget")
		v.has(chatChildren()...)
		asApplied(v, "held-invalid")
	}),
	"held-unknown": one(func(v view) {
		v.held("RuntimeNotFound")
		assert.NotZero(v.t, v.RetryAfter, "the caller must leave everything as it is")
	}),
	"template-keys-invalid": one(func(v view) {
		v.held("InvalidDeployConfig", `templateLabels has "cost-centre=4711"`)
		v.has(chatChildren()...)
		asApplied(v, "template-keys-invalid")
		v.isCondition("Ready", "False", "InvalidDeployConfig")
		v.isCondition("EngineReady", "True", "MinimumReplicasAvailable")
		assert.Equal(v.t, v1beta1.Loaded, v.Status.ModelStatus.ModelRevisionStates.ActiveModelState)
	}),
	"held-pair": one(func(v view) {
		require.Len(v.t, v.Partial, 2)
		v.isCondition("DecoderReady", "False", "NoRunner")
		v.isCondition("EngineReady", "False", "PairIncomplete")
		assert.Equal(v.t, "docker.io/vllm/vllm-openai:v0.9.1", v.runner("chat-decoder").Image, "as last applied")
		assert.Equal(v.t, "docker.io/vllm/vllm-openai:v0.9.1", v.runner("chat-engine").Image, "as last applied")
	}),
	"held-decoder": one(func(v view) {
		v.partly("decoder", "NoRunner")
		v.has(refs(rawChildren("chat", "engine"), rawChildren("chat", "decoder"), []string{"ConfigMap/modelconfig-chat", "Service/chat"})...)
		assert.Equal(v.t, "docker.io/vllm/vllm-openai:v0.9.1", v.runner("chat-decoder").Image, "as last applied")
		assert.Equal(v.t, "docker.io/vllm/vllm-openai:v0.9.2", v.runner("chat-engine").Image, "follows the runtime")
		v.isCondition("EngineReady", "Unknown", "UpdateNotApplied")
	}),
}

// asApplied asserts that every observed child of a case is desired exactly as
// it was last applied.
func asApplied(v view, name string) {
	v.t.Helper()
	for _, object := range observedChildren(v.t, name) {
		last := lastApplied(v.t, object)
		metadata, _ := last["metadata"].(map[string]any)
		kind, _ := last["kind"].(string)
		called, _ := metadata["name"].(string)
		assert.JSONEq(v.t, jsonText(last), jsonText(v.raw(kind+"/"+called).Object))
	}
}
