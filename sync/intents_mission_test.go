package sync_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// The children of a service with one raw component.
func rawChildren(service, component string) []string {
	name := service + "-" + component
	return []string{
		"Deployment/" + name, "HorizontalPodAutoscaler/" + name, "PodDisruptionBudget/" + name, "Service/" + name,
	}
}

// The children of a router beside its workload.
func routerAccess(service string) []string {
	return []string{"Role/" + service + "-router", "RoleBinding/" + service + "-router", "ServiceAccount/" + service + "-router"}
}

func refs(groups ...[]string) []string {
	var all []string
	for _, group := range groups {
		all = append(all, group...)
	}
	return all
}

// missionIntents are the examples of the documentation.
var missionIntents = map[string]intent{
	"mission-raw": one(func(v view) {
		v.has(refs(rawChildren("llama-chat", "engine"), []string{"ConfigMap/modelconfig-llama-chat", "Service/llama-chat"})...)
		v.quiet()
		hpa, deployment := v.hpa("llama-chat-engine"), v.deployment("llama-chat-engine")
		assert.EqualValues(v.t, 2, *hpa.Spec.MinReplicas)
		assert.EqualValues(v.t, 10, hpa.Spec.MaxReplicas)
		assert.Equal(v.t, deployment.Name, hpa.Spec.ScaleTargetRef.Name)
		assert.Nil(v.t, deployment.Spec.Replicas, "the autoscaler has owned them from birth")
		assert.Equal(v.t, "vllm-text-generation", deployment.Labels[v1beta1.LabelServingRuntime], "found for the model")
		runner := v.runner("llama-chat-engine")
		assert.Equal(v.t, "/var/models/llama-3-70b-instruct", env(v.t, runner)["MODEL_PATH"])
		assert.Equal(v.t, "4", env(v.t, runner)["PARALLELISM_SIZE"])
		assert.Equal(v.t, "llama-3-70b-instruct", mounts(v.t, runner)["/var/models/llama-3-70b-instruct"])
		pod := deployment.Spec.Template
		assert.Equal(v.t, "llama-chat", pod.Labels[v1beta1.LabelServingInferenceService], "as kubectl logs -l selects")
		assert.Equal(v.t, map[string]string{"models.ome.io/clusterbasemodel.llama-3-70b-instruct": "Ready"}, pod.Spec.NodeSelector)
		for _, service := range []string{"llama-chat", "llama-chat-engine"} {
			assert.True(v.t, labelSelects(v.service(service).Spec.Selector, pod.Labels), "Service %s reaches the pods", service)
		}
		assert.Equal(v.t, []string{"http:8080->8080", "http-80:80->8080"}, ports(v.service("llama-chat")))
		assert.Equal(v.t, "http://llama-chat.default.svc.cluster.local", v.Status.Address.URL)
		v.isCondition("Ready", "Unknown", "WorkloadNotCreated")
	}),
	"mission-architecture": one(func(v view) {
		resources := v.runner("llama-chat-engine").Resources
		assert.Equal(v.t, map[string]string{"cpu": "16", "memory": "160Gi", "nvidia.com/gpu": "1"}, quantities(resources.Requests))
		assert.Equal(v.t, quantities(resources.Requests), quantities(resources.Limits), "no limit for GPUs that differs from the request")
		assert.Equal(v.t, "1", env(v.t, v.runner("llama-chat-engine"))["PARALLELISM_SIZE"])
		v.quiet()
	}),
	"mission-engine": one(func(v view) {
		pod := v.pod("llama-chat-engine").Spec
		require.Len(v.t, pod.Containers, 1, "the runner without a name is the runtime's")
		runner := v.runner("llama-chat-engine")
		assert.Equal(v.t, "custom-vllm:latest", runner.Image)
		assert.Equal(v.t, []string{"vllm", "serve"}, runner.Command, "the runtime's, as the service says nothing")
		assert.Equal(v.t, "0,1", env(v.t, runner)["CUDA_VISIBLE_DEVICES"])
		assert.Equal(v.t, "INFO", env(v.t, runner)["VLLM_LOGGING_LEVEL"])
		assert.Equal(v.t, "2", env(v.t, runner)["PARALLELISM_SIZE"])
		assert.Equal(v.t, "2", quantities(runner.Resources.Limits)["nvidia.com/gpu"])
		assert.Equal(v.t, "custom-sa", pod.ServiceAccountName)
		assert.Equal(v.t, "nvidia-a100", pod.NodeSelector["accelerator"])
		v.hasNo("ServiceAccount", "Role", "RoleBinding")
		hpa := v.hpa("llama-chat-engine").Spec
		assert.Equal(v.t, corev1.ResourceCPU, hpa.Metrics[0].Resource.Name)
		assert.EqualValues(v.t, 70, *hpa.Metrics[0].Resource.Target.AverageUtilization)
	}),
	"mission-decoder": one(func(v view) {
		v.has(refs(rawChildren("llama-chat", "engine"), rawChildren("llama-chat", "decoder"),
			[]string{"ConfigMap/modelconfig-llama-chat", "Service/llama-chat"})...)
		v.quiet()
		runner := v.runner("llama-chat-decoder")
		assert.Equal(v.t, map[string]string{"cpu": "4", "memory": "8Gi", "nvidia.com/gpu": "4"}, quantities(runner.Resources.Requests))
		assert.EqualValues(v.t, 2, *v.hpa("llama-chat-decoder").Spec.MinReplicas)
		assert.EqualValues(v.t, 8, v.hpa("llama-chat-decoder").Spec.MaxReplicas)
		selector := v.service("llama-chat").Spec.Selector
		assert.False(v.t, labelSelects(selector, v.pod("llama-chat-decoder").Labels), "requests do not go past the engine")
		assert.True(v.t, labelSelects(selector, v.pod("llama-chat-engine").Labels))
	}),
	"mission-router": one(func(v view) {
		v.has(refs(rawChildren("llama-chat", "engine"), rawChildren("llama-chat", "router"), routerAccess("llama-chat"),
			[]string{"ConfigMap/modelconfig-llama-chat", "Service/llama-chat"})...)
		v.quiet()
		pod := v.pod("llama-chat-router").Spec
		router := container(v.t, pod, "router")
		assert.Equal(v.t, []corev1.EnvVar{
			{Name: "health_check_interval", Value: "30s"}, {Name: "routing_strategy", Value: "round_robin"},
		}, router.Env, "sorted, and nothing of the model")
		assert.Equal(v.t, map[string]string{"cpu": "1", "memory": "2Gi"}, quantities(router.Resources.Requests))
		assert.Empty(v.t, pod.Volumes, "a router does not load the model")
		assert.Empty(v.t, pod.NodeSelector)
		assert.Equal(v.t, "llama-chat-router", pod.ServiceAccountName)
		assert.Equal(v.t, []string{"get", "list", "watch"}, v.role("llama-chat-router").Rules[0].Verbs)
		assert.Contains(v.t, router.Args, "ome.io/inferenceservice=llama-chat")
		assert.True(v.t, labelSelects(v.service("llama-chat").Spec.Selector, v.pod("llama-chat-router").Labels))
		assert.False(v.t, labelSelects(v.service("llama-chat").Spec.Selector, v.pod("llama-chat-engine").Labels))
		assert.Equal(v.t, []string{"http:8000->8000", "http-80:80->8000"}, ports(v.service("llama-chat")))
	}),
	"mission-serverless": one(func(v view) {
		v.hasNo("Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget")
		annotations := v.knative("llama-chat-engine").Spec.Template.Annotations
		assert.Equal(v.t, "0", annotations[v1beta1.AnnotationKnativeMinScale])
		assert.Equal(v.t, "10", annotations[v1beta1.AnnotationKnativeMaxScale])
		assert.Equal(v.t, "10", annotations[v1beta1.AnnotationKnativeTarget])
		assert.Equal(v.t, "kpa.autoscaling.knative.dev", annotations[v1beta1.AnnotationKnativeClass])
		v.hasFinding("KnativeFeatureNeeded", "podspec-volumes-hostpath", "podspec-nodeselector", "podspec-tolerations")
		assert.Equal(v.t, "http://llama-chat-engine.default.svc.cluster.local", v.Status.Address.URL, "the address that wakes it")
	}),
	"mission-canary": one(func(v view) {
		service := v.knative("llama-chat-engine")
		require.Len(v.t, service.Spec.Traffic, 2)
		latest, previous := service.Spec.Traffic[0], service.Spec.Traffic[1]
		assert.EqualValues(v.t, 10, *latest.Percent)
		assert.True(v.t, *latest.LatestRevision)
		assert.EqualValues(v.t, 90, *previous.Percent)
		assert.Equal(v.t, "llama-chat-engine-00001", previous.RevisionName)
		assert.Equal(v.t, "prev", previous.Tag)
		assert.Equal(v.t, "rps", service.Spec.Template.Annotations[v1beta1.AnnotationKnativeMetric])
	}),
	"mission-multinode": one(func(v view) {
		v.has("ConfigMap/modelconfig-deepseek-chat", "HorizontalPodAutoscaler/deepseek-chat-engine",
			"LeaderWorkerSet/lws-deepseek-chat-engine", "PodDisruptionBudget/deepseek-chat-engine",
			"Service/deepseek-chat", "Service/deepseek-chat-engine")
		v.quiet()
		set := v.lws("lws-deepseek-chat-engine")
		assert.EqualValues(v.t, 2, *set.Spec.LeaderWorkerTemplate.Size, "a leader and one worker")
		assert.Nil(v.t, set.Spec.Replicas, "the autoscaler has owned them from birth")
		leader := set.Spec.LeaderWorkerTemplate.LeaderTemplate
		assert.Equal(v.t, "16", env(v.t, container(v.t, leader.Spec, "ome-container"))["PARALLELISM_SIZE"])
		for _, service := range []string{"deepseek-chat", "deepseek-chat-engine"} {
			selector := v.service(service).Spec.Selector
			assert.True(v.t, labelSelects(selector, leader.Labels), "%s reaches leaders", service)
			assert.False(v.t, labelSelects(selector, set.Spec.LeaderWorkerTemplate.WorkerTemplate.Labels), "%s reaches no workers", service)
		}
		hpa := v.hpa("deepseek-chat-engine").Spec
		assert.Equal(v.t, "LeaderWorkerSet", hpa.ScaleTargetRef.Kind)
		assert.Equal(v.t, set.Name, hpa.ScaleTargetRef.Name)
		assert.EqualValues(v.t, 2, hpa.MaxReplicas)
	}),
	"mission-prefill-decode": one(func(v view) {
		const service = "deepseek-ep-disaggregated"
		v.quiet()
		v.has(refs(rawChildren(service, "router"), routerAccess(service), []string{
			"ConfigMap/modelconfig-15f8a4a6-eek-ep-disaggregated", "Service/" + service,
			"LeaderWorkerSet/lws-" + service + "-engine", "HorizontalPodAutoscaler/" + service + "-engine",
			"PodDisruptionBudget/" + service + "-engine", "Service/" + service + "-engine",
			"LeaderWorkerSet/lws-" + service + "-decoder", "HorizontalPodAutoscaler/" + service + "-decoder",
			"PodDisruptionBudget/" + service + "-decoder", "Service/" + service + "-decoder",
		})...)
		router := container(v.t, v.pod(service+"-router").Spec, "router")
		assert.Contains(v.t, router.Args, "--service-discovery-namespace=default")
		for _, component := range []v1beta1.ComponentType{v1beta1.EngineComponent, v1beta1.DecoderComponent} {
			leader := v.lws("lws-" + service + "-" + string(component)).Spec.LeaderWorkerTemplate.LeaderTemplate
			assert.True(v.t, labelSelects(componentLabels(service, component), leader.Labels), "the router finds the %s", component)
			assert.Contains(v.t, router.Args, "component="+string(component))
			assert.Contains(v.t, router.Args, "ome.io/inferenceservice="+service)
		}
		assert.EqualValues(v.t, 8, v.hpa(service+"-decoder").Spec.MaxReplicas)
		assert.True(v.t, labelSelects(v.service(service).Spec.Selector, v.pod(service+"-router").Labels))
	}),
	"mission-gpu": one(func(v view) {
		resources := v.runner("llama-chat-engine").Resources
		assert.Equal(v.t, map[string]string{"cpu": "16", "memory": "160Gi", "nvidia.com/gpu": "1"}, quantities(resources.Limits))
		assert.Equal(v.t, "1", env(v.t, v.runner("llama-chat-engine"))["PARALLELISM_SIZE"])
	}),
	"mission-memory": one(func(v view) {
		resources := v.runner("llama-chat-engine").Resources
		assert.Equal(v.t, map[string]string{"cpu": "16", "memory": "32Gi", "nvidia.com/gpu": "4"}, quantities(resources.Requests))
		assert.Equal(v.t, map[string]string{"cpu": "16", "memory": "160Gi", "nvidia.com/gpu": "4"}, quantities(resources.Limits))
	}),
	"mission-cpu": one(func(v view) {
		resources := v.runner("llama-chat-engine").Resources
		assert.Equal(v.t, map[string]string{"cpu": "4", "memory": "160Gi", "nvidia.com/gpu": "4"}, quantities(resources.Requests))
		assert.Equal(v.t, "4", quantities(resources.Limits)["nvidia.com/gpu"])
	}),
	"mission-scaling-limits": one(func(v view) {
		hpa := v.hpa("llama-chat-engine").Spec
		assert.EqualValues(v.t, 1, *hpa.MinReplicas)
		assert.EqualValues(v.t, 10, hpa.MaxReplicas)
		assert.Equal(v.t, corev1.ResourceCPU, hpa.Metrics[0].Resource.Name)
		assert.EqualValues(v.t, 70, *hpa.Metrics[0].Resource.Target.AverageUtilization)
	}),
	"mission-keda": one(func(v view) {
		v.hasNo("HorizontalPodAutoscaler")
		v.quiet()
		scaler := v.scaledObject("scaledobject-llama-chat-engine").Spec
		trigger := v.trigger("scaledobject-llama-chat-engine")
		assert.Equal(v.t, "llama-chat-engine", scaler.ScaleTargetRef.Name)
		assert.Equal(v.t, "avg_over_time(vllm:request_latency_seconds{service='llama-chat-engine'}[5m])", trigger.Metadata["query"])
		assert.Equal(v.t, "0.5", trigger.Metadata["threshold"])
		assert.Empty(v.t, trigger.MetricType, "latency above the threshold scales out")
		assert.Nil(v.t, v.deployment("llama-chat-engine").Spec.Replicas)
	}),
	"mission-status": one(func(v view) {
		status := v.Status
		assert.Equal(v.t, "http://llama-chat.default.example.com", status.URL)
		assert.Equal(v.t, "http://llama-chat.default.svc.cluster.local", status.Address.URL)
		v.isCondition("Ready", "True", "")
		v.isCondition("IngressReady", "True", "")
		engine, router := status.Components[v1beta1.EngineComponent], status.Components[v1beta1.RouterComponent]
		assert.Equal(v.t, "http://llama-chat-engine.default.example.com", engine.URL)
		assert.Equal(v.t, "llama-chat-engine-00001", engine.LatestReadyRevision)
		assert.Equal(v.t, "llama-chat-engine-00001", engine.LatestCreatedRevision)
		require.Len(v.t, engine.Traffic, 1)
		assert.Equal(v.t, "llama-chat-engine-00001", engine.Traffic[0].RevisionName)
		assert.EqualValues(v.t, 100, *engine.Traffic[0].Percent)
		assert.Equal(v.t, "http://llama-chat-router.default.example.com", router.URL)
		assert.Equal(v.t, "llama-chat-router-00001", router.LatestReadyRevision)
		assert.Equal(v.t, v1beta1.UpToDate, status.ModelStatus.TransitionStatus)
		assert.Equal(v.t, v1beta1.Loaded, status.ModelStatus.ModelRevisionStates.ActiveModelState)
		assert.Equal(v.t, v1beta1.Loaded, status.ModelStatus.ModelRevisionStates.TargetModelState)
	}),
}

// TestQuickstart keeps the folder that readers render first equal to its case:
// it holds nothing but the input, so that the whole folder can be rendered.
func TestQuickstart(t *testing.T) {
	folder := filepath.Join(goldenFolder, "quickstart")
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	for _, file := range []string{"service.yaml", "catalogue.yaml"} {
		got, err := os.ReadFile(filepath.Join(folder, file))
		require.NoError(t, err)
		want, err := os.ReadFile(filepath.Join(goldenFolder, "mission-raw", "in", file))
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got))
	}
	set, problems := load.Files(readFolder(t, folder), "default")
	require.Empty(t, problems)
	requests := set.Requests(load.Options{Kinds: kinds.All(), Now: goldenNow})
	require.Len(t, requests, 1)
	response, err := sync.Sync(requests[0])
	require.NoError(t, err)
	want, err := os.ReadFile(filepath.Join(goldenFolder, "mission-raw", "out", "children.yaml"))
	require.NoError(t, err)
	assert.Equal(t, string(want), string(childrenText(t, []*sync.Response{response})))
}

// lastApplied is what the annotation of an observed child of a case records.
func lastApplied(t testing.TB, object map[string]any) map[string]any {
	t.Helper()
	metadata, _ := object["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	text, _ := annotations["metacontroller.k8s.io/last-applied-configuration"].(string)
	require.NotEmpty(t, text)
	var last map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &last))
	return last
}
