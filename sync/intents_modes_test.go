package sync_test

import (
	"strconv"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// serverlessIntents are about Knative Services.
var serverlessIntents = map[string]intent{
	"serverless-concurrency": one(func(v view) {
		v.hasNo("Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget")
		spec := v.knative("chat-engine").Spec
		assert.Equal(v.t, "concurrency", spec.Template.Annotations[v1beta1.AnnotationKnativeMetric])
		assert.Equal(v.t, "8", spec.Template.Annotations[v1beta1.AnnotationKnativeTarget])
		assert.EqualValues(v.t, 16, *spec.Template.Spec.ContainerConcurrency)
		assert.EqualValues(v.t, 300, *spec.Template.Spec.TimeoutSeconds)
		runner := container(v.t, spec.Template.Spec.PodSpec, "ome-container")
		require.Len(v.t, runner.Ports, 1)
		assert.Equal(v.t, "http1", runner.Ports[0].Name, "a name that Knative takes")
	}),
	"serverless-canary-first": one(func(v view) {
		traffic := v.knative("chat-engine").Spec.Traffic
		require.Len(v.t, traffic, 1)
		assert.EqualValues(v.t, 100, *traffic[0].Percent)
		assert.Empty(v.t, traffic[0].RevisionName)
	}),
	"serverless-cpu": one(func(v view) {
		annotations := v.knative("chat-engine").Spec.Template.Annotations
		assert.Equal(v.t, "hpa.autoscaling.knative.dev", annotations[v1beta1.AnnotationKnativeClass])
		assert.Equal(v.t, "cpu", annotations[v1beta1.AnnotationKnativeMetric])
		assert.Equal(v.t, "70", annotations[v1beta1.AnnotationKnativeTarget])
		v.hasFinding("FieldIgnored", "minReplicas", "one replica")
		v.hasFinding("KnativeAutoscalerNeeded", "cpu", "installed separately")
	}),
	"serverless-refused": one(func(v view) {
		v.hasFinding("KnativeRefuses", "containers[1].lifecycle", "timeoutSeconds", "config-defaults")
		v.hasFinding("KnativeFeatureNeeded", "multi-container-probing")
	}),
	"serverless-tags": one(func(v view) {
		service := v.knative("chat-engine")
		assert.Equal(v.t, "latest", service.Spec.Traffic[0].Tag)
		assert.Equal(v.t, "120s", service.Annotations[v1beta1.AnnotationKnativeRolloutDuration])
		assert.NotContains(v.t, service.Spec.Template.Annotations, v1beta1.AnnotationKnativeRolloutDuration)
		assert.Equal(v.t, "cluster-local", service.Labels[v1beta1.LabelKnativeVisibility])
		assert.NotContains(v.t, service.Spec.Template.Labels, v1beta1.LabelKnativeVisibility)
		v.has("ConfigMap/modelconfig-chat", "KnativeService/chat-engine")
	}),
	"serverless-absent": one(func(v view) {
		v.partly("engine", "KindNotInstalled")
		assert.Contains(v.t, v.Partial[0].Message, "serving.knative.dev/v1")
		v.hasNo("KnativeService", "Deployment", "Service")
		v.isCondition("Ready", "False", "KindNotInstalled")
	}),
}

// multiNodeIntents are about groups of pods.
var multiNodeIntents = map[string]intent{
	"multinode-fields-beside-leader": one(func(v view) {
		group := v.lws("lws-chat-engine").Spec.LeaderWorkerTemplate
		for _, pod := range []corev1.PodSpec{group.LeaderTemplate.Spec, group.WorkerTemplate.Spec} {
			assert.Equal(v.t, "nvidia.com/gpu", pod.Tolerations[0].Key)
			assert.Equal(v.t, "weights-reader", pod.ServiceAccountName)
			assert.Equal(v.t, "volcano", pod.SchedulerName)
			assert.Equal(v.t, []corev1.LocalObjectReference{{Name: "registry"}}, pod.ImagePullSecrets)
			runner := container(v.t, pod, "ome-container")
			assert.Equal(v.t, "WARN", env(v.t, runner)["NCCL_DEBUG"])
			assert.Equal(v.t, "scratch", mounts(v.t, runner)["/scratch"])
			assert.Equal(v.t, "docker.io/lmsysorg/sglang:v0.4.9-cu126", runner.Image, "both have one of their own")
		}
		assert.NotNil(v.t, container(v.t, group.LeaderTemplate.Spec, "ome-container").ReadinessProbe)
		assert.Nil(v.t, container(v.t, group.WorkerTemplate.Spec, "ome-container").ReadinessProbe, "workers take no requests")
		v.hasFinding("FieldIgnored", "spec.engine.runner.image has no effect", "spec.engine.leader")
	}),
	"multinode-leader-worker": one(func(v view) {
		v.has("ConfigMap/modelconfig-chat", "LeaderWorkerSet/lws-chat-engine", "PodDisruptionBudget/chat-engine", "Service/chat", "Service/chat-engine")
		v.quiet()
		set := v.lws("lws-chat-engine")
		group := set.Spec.LeaderWorkerTemplate
		assert.EqualValues(v.t, 1, *set.Spec.Replicas, "no maxReplicas is given: nothing scales the groups")
		assert.EqualValues(v.t, 3, *group.Size)
		for _, pod := range []corev1.PodSpec{group.LeaderTemplate.Spec, group.WorkerTemplate.Spec} {
			runner := container(v.t, pod, "ome-container")
			assert.Equal(v.t, "24", env(v.t, runner)["PARALLELISM_SIZE"], "the accelerators of the whole group")
			assert.Equal(v.t, map[string]string{"nvidia.com/gpu": "8"}, quantities(runner.Resources.Limits))
			assert.Equal(v.t, "qwen-7b", mounts(v.t, runner)["/var/models/qwen-7b"])
		}
		budget := v.pdb("chat-engine").Spec
		assert.True(v.t, labelSelects(budget.Selector.MatchLabels, group.LeaderTemplate.Labels))
		assert.True(v.t, labelSelects(budget.Selector.MatchLabels, group.WorkerTemplate.Labels), "a worker that goes takes its group with it")
		assert.Equal(v.t, "1", budget.MaxUnavailable.String())
	}),
	"multinode-worker-only": one(func(v view) {
		group := v.lws("lws-chat-engine").Spec.LeaderWorkerTemplate
		assert.EqualValues(v.t, 4, *group.Size)
		assert.Equal(v.t, []string{"$(MODEL_PATH)", "--port=8080"}, container(v.t, group.LeaderTemplate.Spec, "ome-container").Args)
		assert.Equal(v.t, []string{"--worker"}, container(v.t, group.WorkerTemplate.Spec, "ome-container").Args)
		assert.Equal(v.t, "4", env(v.t, container(v.t, group.WorkerTemplate.Spec, "ome-container"))["PARALLELISM_SIZE"])
	}),
	"multinode-worker-size-alone": one(func(v view) {
		v.partly("engine", "NoRunner")
		assert.Contains(v.t, v.Partial[0].Message, "spec.engine.worker.runner")
		v.hasNo("LeaderWorkerSet", "Deployment")
	}),
	"multinode-leader-only": one(func(v view) {
		group := v.lws("lws-chat-engine").Spec.LeaderWorkerTemplate
		assert.EqualValues(v.t, 1, *group.Size)
		assert.Equal(v.t, "8", env(v.t, container(v.t, group.LeaderTemplate.Spec, "ome-container"))["PARALLELISM_SIZE"])
	}),
	"multinode-fixed": one(func(v view) {
		assert.EqualValues(v.t, 2, *v.lws("lws-chat-engine").Spec.Replicas)
		v.hasNo("HorizontalPodAutoscaler", "ScaledObject")
	}),
	"multinode-keda": one(func(v view) {
		v.hasNo("HorizontalPodAutoscaler")
		target := v.scaledObject("scaledobject-chat-engine").Spec.ScaleTargetRef
		assert.Equal(v.t, "LeaderWorkerSet lws-chat-engine", target.Kind+" "+target.Name)
		assert.Equal(v.t, "leaderworkerset.x-k8s.io/v1", target.APIVersion)
		assert.Nil(v.t, v.lws("lws-chat-engine").Spec.Replicas)
	}),
	"multinode-istio": one(func(v view) {
		selector := v.raw("Sidecar/chat-engine").Object["spec"].(map[string]any)["workloadSelector"]
		assert.Equal(v.t, map[string]any{"labels": map[string]any{"component": "engine", "ome.io/inferenceservice": "chat"}}, selector)
		group := v.lws("lws-chat-engine").Spec.LeaderWorkerTemplate
		assert.Equal(v.t, "true", group.LeaderTemplate.Annotations[v1beta1.AnnotationPrometheusScrape])
		assert.NotContains(v.t, group.WorkerTemplate.Annotations, v1beta1.AnnotationPrometheusScrape, "workers have no metrics")
	}),
	"ray": one(func(v view) {
		v.has("ConfigMap/modelconfig-chat", "Deployment/chat-engine-0-mnp", "Deployment/chat-engine-1-mnp",
			"RayCluster/chat-engine-0", "RayCluster/chat-engine-1", "Service/chat", "Service/chat-engine")
		for _, name := range []string{"chat-engine-0", "chat-engine-1"} {
			cluster := v.ray(name)
			assert.Equal(v.t, name, cluster.Spec.HeadGroupSpec.HeadService.Name)
			prober := container(v.t, v.pod(name+"-mnp").Spec, "multinode-prober")
			assert.Contains(v.t, prober.Args, "http://"+name+".default.svc.cluster.local:8080")
			worker := container(v.t, cluster.Spec.WorkerGroupSpecs[0].Template.Spec, "ome-container")
			assert.Contains(v.t, worker.Args[0], "$KUBERAY_GEN_RAY_START_CMD")
			assert.NotContains(v.t, worker.Args[0], "vllm serve", "the head serves")
			head := cluster.Spec.HeadGroupSpec.Template.Labels
			for _, service := range []string{"chat", "chat-engine"} {
				selector := v.service(service).Spec.Selector
				assert.Equal(v.t, "head", selector[v1beta1.LabelRayNodeType], "KubeRay's own label")
				delete(selector, v1beta1.LabelRayNodeType)
				assert.True(v.t, labelSelects(selector, head))
				assert.False(v.t, labelSelects(v.service(service).Spec.Selector, v.pod(name+"-mnp").Labels), "probers do not serve")
			}
		}
		v.quiet()
	}),
}

// disaggregatedIntents are about engines beside decoders.
var disaggregatedIntents = map[string]intent{
	"pd-raw-raw": one(func(v view) {
		v.has(refs(rawChildren("chat", "engine"), rawChildren("chat", "decoder"), []string{"ConfigMap/modelconfig-chat", "Service/chat"})...)
		assert.Contains(v.t, v.runner("chat-decoder").Args, "--role=decode")
		assert.True(v.t, labelSelects(v.service("chat").Spec.Selector, v.pod("chat-engine").Labels))
		assert.False(v.t, labelSelects(v.service("chat").Spec.Selector, v.pod("chat-decoder").Labels))
		assert.EqualValues(v.t, 4, v.hpa("chat-decoder").Spec.MaxReplicas)
	}),
	"pd-raw-multinode": one(func(v view) {
		leader := v.lws("lws-chat-decoder").Spec.LeaderWorkerTemplate.LeaderTemplate.Labels
		engine := v.pod("chat-engine").Labels
		for service, reached := range map[string][2]bool{"chat": {true, false}, "chat-engine": {true, false}, "chat-decoder": {false, true}} {
			selector := v.service(service).Spec.Selector
			assert.Equal(v.t, reached, [2]bool{labelSelects(selector, engine), labelSelects(selector, leader)}, service)
		}
	}),
	"pd-pair-revision": one(func(v view) {
		group := v.lws("lws-chat-decoder").Spec.LeaderWorkerTemplate
		revision := v.pod("chat-engine").Labels["isvc.io/pair-revision"]
		assert.Len(v.t, revision, 16)
		assert.Equal(v.t, revision, group.LeaderTemplate.Labels["isvc.io/pair-revision"])
		assert.Equal(v.t, revision, group.WorkerTemplate.Labels["isvc.io/pair-revision"])
		assert.NotContains(v.t, v.pod("chat-router").Labels, "isvc.io/pair-revision", "a router is no worker")
		for _, pod := range []corev1.PodSpec{v.pod("chat-engine").Spec, group.LeaderTemplate.Spec, group.WorkerTemplate.Spec, v.pod("chat-router").Spec} {
			assert.Equal(v.t, revision, env(v.t, pod.Containers[0])["ISVC_PAIR_REVISION"])
		}
		for _, service := range []string{"chat-engine", "chat-decoder"} {
			assert.NotContains(v.t, v.service(service).Spec.Selector, "isvc.io/pair-revision")
		}
		v.quiet()
	}),
	"multinode-ome-variables": one(func(v view) {
		group := v.lws("lws-chat-engine").Spec.LeaderWorkerTemplate
		assert.Equal(v.t, "leader", group.LeaderTemplate.Labels["ome.io/runner"])
		assert.Equal(v.t, "worker", group.WorkerTemplate.Labels["ome.io/runner"])
		for _, pod := range []corev1.PodSpec{group.LeaderTemplate.Spec, group.WorkerTemplate.Spec} {
			assert.Equal(v.t, "lws-chat-engine-$(OME_INSTANCE_INDEX).lws-chat-engine.default", env(v.t, container(v.t, pod, "ome-container"))["OME_LEADER_ADDRESS"])
			assert.Equal(v.t, strconv.Itoa(int(*group.Size)), env(v.t, container(v.t, pod, "ome-container"))["OME_INSTANCE_POD_COUNT"])
		}
	}),
	"multinode-ome-lifecycle": one(func(v view) {
		spec := v.lws("lws-chat-engine").Spec
		assert.EqualValues(v.t, "None", spec.LeaderWorkerTemplate.RestartPolicy)
		update := spec.RolloutStrategy.RollingUpdateConfiguration
		assert.Equal(v.t, []any{0, 2, int32(1)}, []any{update.MaxSurge.IntValue(), update.MaxUnavailable.IntValue(), *update.Partition})
		assert.Equal(v.t, "nvidia.com/gpu.clique", spec.LeaderWorkerTemplate.LeaderTemplate.Spec.TopologySpreadConstraints[0].TopologyKey)
		assert.NotNil(v.t, spec.LeaderWorkerTemplate.WorkerTemplate.Spec.Affinity.PodAffinity)
		for _, field := range []string{"spec.rollout", "spec.engine.lifecycle.instanceReadyTimeout"} {
			assert.Contains(v.t, jsonText(v.Status.Conditions), field)
		}
	}),
	"mode-omenative": one(func(v view) {
		v.lws("lws-chat-decoder")
		v.deployment("chat-engine")
		v.isCondition("SpecHonored", "False", "OMENativeReplaced")
	}),
	"mode-field-raw": one(func(v view) {
		v.hasNo("KnativeService")
		v.deployment("chat-engine")
	}),
	"pd-never-serverless": one(func(v view) {
		v.hasNo("KnativeService")
		assert.EqualValues(v.t, 1, *v.hpa("chat-engine").Spec.MinReplicas, "an autoscaler of pods needs one")
	}),
}

// kedaIntents are about scaling on queries.
var kedaIntents = map[string]intent{
	"keda-less-than": one(func(v view) {
		trigger := v.trigger("scaledobject-chat-engine")
		query := strings.Join(strings.Fields(trigger.Metadata["query"]), " ")
		assert.Equal(v.t, `4 * 4 / (( avg(free_slots{service="chat-engine"}) ) + 4 / 1000)`, query)
		assert.Equal(v.t, "Value", trigger.MetricType)
		assert.Equal(v.t, "4", trigger.Metadata["threshold"])
	}),
	"keda-component": one(func(v view) {
		metadata := v.trigger("scaledobject-chat-engine").Metadata
		assert.Equal(v.t, "25", metadata["threshold"], "the component's")
		assert.Equal(v.t, "http://thanos.monitoring:9090", metadata["serverAddress"], "the service's")
		assert.Equal(v.t, `sum(rate(requests_total{service="chat-engine"}[1m]))`, metadata["query"])
		v.hasNo("HorizontalPodAutoscaler")
	}),
	"keda-component-off": one(func(v view) {
		v.scaledObject("scaledobject-chat-engine")
		v.hpa("chat-router")
		assert.NotContains(v.t, v.refs(), "ScaledObject/scaledobject-chat-router")
		assert.NotContains(v.t, v.refs(), "HorizontalPodAutoscaler/chat-engine")
	}),
	"keda-auth": one(func(v view) {
		trigger := v.trigger("scaledobject-chat-engine")
		assert.Equal(v.t, "prometheus-token", trigger.AuthenticationRef.Name)
		assert.Equal(v.t, "ClusterTriggerAuthentication", trigger.AuthenticationRef.Kind)
		assert.Equal(v.t, "bearer", trigger.Metadata["authModes"])
		assert.Equal(v.t, "100 * avg(gpu_busy) % 101", trigger.Metadata["query"], "as it is")
	}),
	"keda-absent": one(func(v view) {
		v.partly("engine", "KindNotInstalled")
		assert.Contains(v.t, v.Partial[0].Message, "keda.sh/v1alpha1")
		v.hasNo("ScaledObject", "HorizontalPodAutoscaler")
	}),
}

// acceleratorIntents are about accelerator classes.
var acceleratorIntents = map[string]intent{
	"accelerator-named": one(func(v view) {
		runner := v.runner("chat-engine")
		assert.Equal(v.t, "4", quantities(runner.Resources.Limits)["nvidia.com/gpu"], "the class says which, the runtime how many")
		assert.Equal(v.t, []string{
			"$(MODEL_PATH)", "--port=8080", "--max-model-len=131072", "--tensor-parallel-size=2", "--enable-chunked-prefill",
		}, runner.Args)
		assert.Equal(v.t, "1", env(v.t, runner)["NCCL_NVLS_ENABLE"])
		assert.Equal(v.t, "4", env(v.t, runner)["PARALLELISM_SIZE"])
		assert.Equal(v.t, "h200-141gb", v.pod("chat-engine").Spec.NodeSelector["accelerator.example.com/model"])
		assert.Equal(v.t, "h200-141gb", selected(v))
	}),
	"accelerator-best-fit": one(func(v view) {
		assert.Equal(v.t, "h100-80gb", selected(v), "40 GB are too few, 141 GB more than needed")
		assert.Contains(v.t, v.runner("chat-engine").Args, "--max-model-len=8192", "the overrides of another class do not apply")
	}),
	"accelerator-cheapest": one(func(v view) { assert.Equal(v.t, "a100-40gb", selected(v)) }),
	"accelerator-other-resource": one(func(v view) {
		limits := quantities(v.runner("chat-engine").Resources.Limits)
		assert.Equal(v.t, "4", limits["amd.com/gpu"])
		assert.NotContains(v.t, limits, "nvidia.com/gpu")
		assert.Equal(v.t, "4", env(v.t, v.runner("chat-engine"))["PARALLELISM_SIZE"])
	}),
	"accelerator-user-count": one(func(v view) {
		runner := v.runner("chat-engine")
		assert.Equal(v.t, "2", quantities(runner.Resources.Limits)["nvidia.com/gpu"])
		assert.Equal(v.t, "2", quantities(runner.Resources.Requests)["nvidia.com/gpu"], "no request that differs from the limit")
		assert.Equal(v.t, "2", env(v.t, runner)["PARALLELISM_SIZE"])
	}),
	"accelerator-script": one(func(v view) {
		runner := v.runner("chat-engine")
		require.Len(v.t, runner.Args, 1)
		script := strings.Join(strings.Fields(strings.ReplaceAll(runner.Args[0], "\\\n", " ")), " ")
		assert.Equal(v.t, "vllm serve $MODEL_PATH --port 8080 --max-model-len=131072 --tensor-parallel-size=2 --enable-chunked-prefill", script)
	}),
	"accelerator-missing": one(func(v view) {
		v.held("AcceleratorClassNotFound", "b300")
		v.has()
	}),
}

func selected(v view) string {
	v.t.Helper()
	chosen := v.Status.Components[v1beta1.EngineComponent].SelectedAccelerator
	require.NotNil(v.t, chosen)
	assert.NotEmpty(v.t, chosen.Reason)
	return chosen.AcceleratorClass
}

// weightIntents are about fine-tuned weights.
var weightIntents = map[string]intent{
	"weight-adapter": one(func(v view) {
		pod := v.pod("chat-engine").Spec
		adapter := container(v.t, pod, "fine-tuned-adapter")
		assert.Equal(v.t, "support-tone", env(v.t, adapter)["OME_AGENT_MODEL_OBJECT_NAME"])
		assert.Equal(v.t, map[string]string{
			"/var/models/qwen-7b": "qwen-7b", "/opt/ml/model": "model-empty-dir",
		}, mounts(v.t, v.runner("chat-engine")))
		assert.NotEmpty(v.t, pod.NodeSelector, "the base model is needed")
		assert.Equal(v.t, "true", v.deployment("chat-engine").Labels[v1beta1.LabelFineTunedServing])
	}),
	"weight-merged": one(func(v view) {
		pod := v.pod("chat-engine").Spec
		assert.Equal(v.t, map[string]string{"/opt/ml/model": "model-empty-dir"}, mounts(v.t, v.runner("chat-engine")))
		assert.Empty(v.t, pod.NodeSelector)
		assert.Equal(v.t, "support-tone-merged-weight", env(v.t, container(v.t, pod, "fine-tuned-adapter"))["OME_AGENT_MODEL_OBJECT_NAME"])
	}),
	"weight-two": one(func(v view) {
		v.held("FineTunedWeightsUnsupported", "support-tone", "legal-tone")
		v.has()
	}),
}

// injectIntents are about what annotations add to pods.
var injectIntents = map[string]intent{
	"inject-model-init": one(func(v view) {
		pod := v.pod("chat-engine").Spec
		init := container(v.t, pod, "model-init")
		assert.Equal(v.t, "qwen-7b", mounts(v.t, init)["/mnt/model"])
		assert.Equal(v.t, "model-empty-dir", mounts(v.t, init)["/opt/ml/model"])
		assert.Equal(v.t, "key-1", env(v.t, init)["OME_AGENT_KEY_NAME"])
		runner := v.runner("chat-engine")
		assert.Equal(v.t, map[string]string{"/opt/ml/model": "model-empty-dir"}, mounts(v.t, runner), "the result, not the encrypted model")
		assert.Equal(v.t, corev1.StorageMediumMemory, volume(v.t, pod, "model-empty-dir").EmptyDir.Medium)
	}),
	"inject-rdma": one(func(v view) {
		runner := v.runner("chat-engine")
		assert.True(v.t, *runner.SecurityContext.Privileged)
		assert.Equal(v.t, "devinf", mounts(v.t, runner)["/dev/infiniband"])
		assert.Equal(v.t, "/var/models/qwen-7b", env(v.t, runner)["MODEL_PATH"])
		assert.NotEmpty(v.t, env(v.t, runner)["NCCL_IB_HCA"])
		assert.NotContains(v.t, v.service("chat-engine").Annotations, v1beta1.AnnotationRDMAAutoInject)
	}),
	"inject-metrics": one(func(v view) {
		annotations := v.knative("chat-engine").Spec.Template.Annotations
		assert.Equal(v.t, "9400", annotations[v1beta1.AnnotationMetricsPort])
		assert.Equal(v.t, "/stats", annotations[v1beta1.AnnotationMetricsPath])
		assert.Equal(v.t, "9088", annotations[v1beta1.AnnotationPrometheusPort], "where the proxy aggregates")
		assert.NotContains(v.t, v.knative("chat-engine").Annotations, v1beta1.AnnotationPrometheusPort)
	}),
	"inject-sidecar": one(func(v view) {
		pod := v.pod("chat-engine").Spec
		sidecar := container(v.t, pod, "serving-sidecar")
		assert.Equal(v.t, "registry.example.com/ome-sidecar:0.1.5", sidecar.Image)
		shared := mounts(v.t, v.runner("chat-engine"))["/opt/ml/model"]
		assert.Equal(v.t, shared, mounts(v.t, sidecar)["/mnt/finetuned/download"])
		assert.Equal(v.t, []string{"http:8080->8080"}, ports(v.service("chat-engine")), "the sidecar does not serve")
	}),
	"queue-volcano": one(func(v view) {
		for _, labels := range []map[string]string{v.deployment("chat-engine").Labels, v.pod("chat-engine").Labels} {
			assert.Equal(v.t, "cluster-7", labels[v1beta1.LabelVolcanoQueue])
			assert.NotContains(v.t, labels, v1beta1.LabelKueueQueue)
		}
	}),
	"queue-kueue": one(func(v view) {
		for _, labels := range []map[string]string{v.deployment("chat-engine").Labels, v.pod("chat-engine").Labels} {
			assert.Equal(v.t, "cluster-7", labels[v1beta1.LabelKueueQueue])
			assert.Equal(v.t, v1beta1.KueuePriorityHigh, labels[v1beta1.LabelKueuePriorityClass])
			assert.NotContains(v.t, labels, v1beta1.LabelVolcanoQueue)
		}
	}),
}
