package sync_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
)

// byService are the views of the services of a case, by their names. Responses come in the order of names.
func byService(t *testing.T, responses []*sync.Response, names ...string) map[string]view {
	t.Helper()
	slices.Sort(names)
	require.Len(t, responses, len(names))
	views := map[string]view{}
	for i, name := range names {
		views[name] = view{t, responses[i]}
	}
	return views
}

// scalesBy asserts what the status says of the autoscaler of a component.
func (v view) scalesBy(component v1beta1.ComponentType, class v1beta1.ComponentAutoscalerClass, manager, source, target string) {
	v.t.Helper()
	status := v.Status.Components[component]
	require.NotNil(v.t, status.Autoscaler)
	assert.Equal(v.t, []string{string(class), manager, source}, []string{string(status.Autoscaler.Class), status.Autoscaler.ManagedBy, status.Autoscaler.SpecSource})
	assert.Equal(v.t, target, status.ScaleTargetRef.Kind+"/"+status.ScaleTargetRef.Name)
}

// autoscalerIntents are about autoscaler blocks, and about zero replicas.
var autoscalerIntents = map[string]intent{
	"autoscaler-block-hpa": one(func(v view) {
		scaler := v.hpa("chat-engine").Spec
		assert.EqualValues(v.t, 2, *scaler.MinReplicas)
		assert.EqualValues(v.t, 16, scaler.MaxReplicas)
		require.Len(v.t, scaler.Metrics, 2)
		assert.Equal(v.t, "vllm_num_requests_waiting", scaler.Metrics[0].Pods.Metric.Name)
		assert.Equal(v.t, "ome-container", scaler.Metrics[1].ContainerResource.Container)
		assert.EqualValues(v.t, 300, *scaler.Behavior.ScaleDown.StabilizationWindowSeconds)
		assert.Equal(v.t, "50m", scaler.Behavior.ScaleDown.Tolerance.String())
		v.hasNo("ScaledObject")
		v.scalesBy("engine", v1beta1.ClassHPA, "ome", "isvc", "Deployment/chat-engine")
		v.hasFinding("FieldIgnored", "spec.engine.scaleMetric", "spec.engine.scaleTarget", "spec.engine.autoscaler decides")
		v.hasFinding("FieldIgnored", "spec.kedaConfig", "spec.engine.autoscaler decides")
		v.hasFinding("AnnotationIgnored", "ome.io/autoscalerClass", "ome.io/targetUtilizationPercentage", "autoscaling.keda.sh/threshold", "spec.engine.autoscaler decides")
	}),
	"autoscaler-block-whole": one(func(v view) {
		scaler := v.hpa("chat-engine").Spec
		require.Len(v.t, scaler.Metrics, 1)
		assert.Equal(v.t, corev1.ResourceCPU, scaler.Metrics[0].Resource.Name)
		assert.EqualValues(v.t, 80, *scaler.Metrics[0].Resource.Target.AverageUtilization)
		assert.EqualValues(v.t, 9, scaler.MaxReplicas, "bounds are no part of the block")
		v.scalesBy("engine", v1beta1.ClassHPA, "ome", "isvc", "Deployment/chat-engine")
		v.quiet()
	}),
	"autoscaler-block-runtime": one(func(v view) {
		scaler := v.hpa("chat-engine").Spec
		assert.Equal(v.t, corev1.ResourceMemory, scaler.Metrics[0].Resource.Name)
		assert.EqualValues(v.t, 2, *scaler.MinReplicas)
		v.scalesBy("engine", v1beta1.ClassHPA, "ome", "runtime", "Deployment/chat-engine")
		v.hasFinding("AnnotationIgnored", "ome.io/autoscalerClass", "ClusterServingRuntime/vllm-small spec.engineConfig.autoscaler decides")
	}),
	"autoscaler-block-keda": one(func(v view) {
		scaler := v.scaledObject("scaledobject-chat-engine").Spec
		assert.Equal(v.t, "chat-engine", scaler.ScaleTargetRef.Name)
		assert.Equal(v.t, []int32{2, 8, 15, 300, 0}, []int32{scaler.MinReplicaCount, scaler.MaxReplicaCount, *scaler.PollingInterval, *scaler.CooldownPeriod, *scaler.IdleReplicaCount})
		assert.JSONEq(v.t, `{"failureThreshold": 3, "replicas": 4, "behavior": "currentReplicas"}`, jsonText(scaler.Fallback))
		assert.JSONEq(v.t, `{"restoreToOriginalReplicaCount": true, "horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 600}}}}`, jsonText(scaler.Advanced))
		require.Len(v.t, scaler.Triggers, 2)
		assert.JSONEq(v.t, `{"type": "cron", "metadata": {"timezone": "UTC", "start": "0 6 * * *", "end": "0 20 * * *", "desiredReplicas": "4"}}`, jsonText(scaler.Triggers[0]))
		assert.JSONEq(v.t, `{"type": "prometheus", "name": "queue", "metricType": "AverageValue", "useCachedMetrics": true,
			"metadata": {"serverAddress": "http://prometheus.monitoring.svc:9090", "query": "sum(vllm:num_requests_waiting)", "threshold": "5"},
			"authenticationRef": {"name": "prometheus", "kind": "ClusterTriggerAuthentication"}}`, jsonText(scaler.Triggers[1]))
		v.hasNo("HorizontalPodAutoscaler")
		v.scalesBy("engine", v1beta1.ClassKEDA, "ome", "isvc", "Deployment/chat-engine")
		v.quiet()
	}),
	"autoscaler-block-keda-zero": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		views := byService(t, responses, "chat", "own-query", "built-in")
		for name, least := range map[string]int32{"chat": 0, "own-query": 0, "built-in": 1} {
			v := views[name]
			v.deployment(name + "-engine")
			v.hasNo("KnativeService", "HorizontalPodAutoscaler")
			assert.Equal(t, least, v.scaledObject("scaledobject-"+name+"-engine").Spec.MinReplicaCount, name)
		}
		views["chat"].quiet()
		views["own-query"].quiet()
		views["built-in"].hasFinding("ScaleToZeroUnavailable", "spec.engine.minReplicas is 0", "nothing to measure")
	},
	"keda-servers": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		views := byService(t, responses, "on-vllm", "on-sglang", "on-sglang-blind", "on-trtllm", "on-other", "slow", "asks-blind", "routed")
		for name, metrics := range map[string][]string{
			"on-vllm":         {"vllm:num_requests_waiting", "vllm:kv_cache_usage_perc"},
			"on-sglang":       {"sglang:num_queue_reqs", "sglang:token_usage"},
			"on-sglang-blind": {"sglang:num_queue_reqs", "sglang:token_usage"},
			"on-trtllm":       {"trtllm_num_requests_waiting", "trtllm_kv_cache_utilization"},
			"on-other":        {"vllm:num_requests_waiting", "sglang:token_usage"},
		} {
			triggers := views[name].triggers("scaledobject-" + name + "-engine")
			require.Len(t, triggers, 2)
			for i, metric := range metrics {
				assert.Contains(t, triggers[i].Metadata["query"], metric, name)
				assert.Contains(t, triggers[i].Metadata["query"], `namespace="default", pod=~"`+name+`-engine-`)
				assert.Equal(t, "AverageValue", triggers[i].MetricType)
			}
			assert.Equal(t, name != "on-sglang-blind", slices.Contains(views[name].refs(), "PodMonitor/"+name+"-engine"), "%s: what is served is scraped", name)
		}
		slow := views["slow"].trigger("scaledobject-slow-engine")
		assert.Contains(t, slow.Metadata["query"], "rate(sglang:generation_tokens_total{")
		assert.Equal(t, "50", slow.Metadata["threshold"])
		for _, name := range []string{"on-sglang-blind", "asks-blind"} {
			views[name].hasFinding("MetricsNotServed", "engine", "--enable-metrics")
		}
		views["on-other"].hasFinding("MetricsUnknown", "spec.engine.autoscaler", "registry.example/engine:1.4")
		views["routed"].hasFinding("MetricsUnknown", "spec.router.kedaConfig.enableKeda")
		for _, name := range []string{"on-vllm", "on-sglang", "on-trtllm", "slow"} {
			views[name].quiet()
		}
	},
	"config-keda": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		v := byService(t, responses, "chat", "own")["chat"]
		triggers := v.triggers("scaledobject-chat-engine")
		require.Len(t, triggers, 2)
		for i, threshold := range []string{"4", "0.85"} {
			assert.Equal(t, threshold, triggers[i].Metadata["threshold"])
			assert.Equal(t, "http://prometheus:9090", triggers[i].Metadata["serverAddress"])
			assert.Contains(t, triggers[i].Metadata["query"], `{namespace="default", ome_io_inferenceservice="chat", component="engine", app="chat-engine"}`)
		}
		v.quiet()
	},
	"config-keda-broken": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		views := byService(t, responses, "chat", "own")
		views["chat"].partly("engine", "InvalidAutoscaling")
		assert.Contains(t, views["chat"].Partial[0].Message, "kvCacheUsage is 85")
		assert.Equal(t, "sum(up)", views["own"].trigger("scaledobject-own-engine").Metadata["query"])
		views["own"].quiet()
	},
	"autoscaler-block-others": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		views := byService(t, responses, "external", "none")
		for _, v := range views {
			v.hasNo("HorizontalPodAutoscaler", "ScaledObject")
		}
		assert.Nil(t, views["external"].deployment("external-engine").Spec.Replicas)
		views["external"].scalesBy("engine", v1beta1.ClassExternal, "external", "isvc", "Deployment/external-engine")
		views["external"].quiet()
		assert.EqualValues(t, 2, *views["none"].deployment("none-engine").Spec.Replicas)
		views["none"].scalesBy("engine", v1beta1.ClassNone, "none", "isvc", "Deployment/none-engine")
		views["none"].hasFinding("FieldIgnored", "spec.engine.maxReplicas")
	},
	"autoscaler-block-groups": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		views := byService(t, responses, "chat", "idle", "fixed")
		scaler := views["chat"].scaledObject("scaledobject-chat-engine").Spec
		assert.Equal(t, "LeaderWorkerSet/lws-chat-engine", scaler.ScaleTargetRef.Kind+"/"+scaler.ScaleTargetRef.Name)
		assert.Equal(t, []int32{1, 3}, []int32{scaler.MinReplicaCount, scaler.MaxReplicaCount})
		assert.Nil(t, views["chat"].lws("lws-chat-engine").Spec.Replicas)
		views["chat"].scalesBy("engine", v1beta1.ClassKEDA, "ome", "isvc", "LeaderWorkerSet/lws-chat-engine")
		views["chat"].quiet()
		assert.EqualValues(t, 0, *views["idle"].scaledObject("scaledobject-idle-engine").Spec.IdleReplicaCount)
		views["fixed"].hasNo("HorizontalPodAutoscaler")
		assert.EqualValues(t, 2, *views["fixed"].lws("lws-fixed-engine").Spec.Replicas)
		assert.Nil(t, views["fixed"].Status.Components["engine"].Autoscaler)
		views["fixed"].hasFinding("FieldIgnored", "spec.engine.autoscaler", "maxReplicas above minReplicas")
	},
	"autoscaler-block-decoder": one(func(v view) {
		assert.Equal(v.t, corev1.ResourceMemory, v.hpa("chat-engine").Spec.Metrics[0].Resource.Name)
		assert.EqualValues(v.t, 0, v.scaledObject("scaledobject-chat-decoder").Spec.MinReplicaCount)
		assert.Equal(v.t, corev1.ResourceCPU, v.hpa("chat-router").Spec.Metrics[0].Resource.Name)
		v.scalesBy("engine", v1beta1.ClassHPA, "ome", "runtime", "Deployment/chat-engine")
		v.scalesBy("decoder", v1beta1.ClassKEDA, "ome", "isvc", "Deployment/chat-decoder")
		assert.Nil(v.t, v.Status.Components["router"].Autoscaler)
		v.hasFinding("RolesAtZeroApart", "last replica of the decoder", "spec.engine.minReplicas")
		assert.Len(v.t, v.Findings, 1)
	}),
	"autoscaler-block-refused": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		views := byService(t, responses, "class-absent", "class-unknown", "triggers-absent", "triggers-empty", "trigger-type", "trigger-number", "idle", "metric", "target")
		for name, texts := range map[string][]string{
			"class-absent":    {"InvalidAutoscalerClass", "spec.engine.autoscaler of the engine has no class"},
			"class-unknown":   {"InvalidAutoscalerClass", `spec.engine.autoscaler.class of the engine is "keda"`, "KEDA"},
			"triggers-absent": {"InvalidAutoscaling", "spec.engine.autoscaler.keda.triggers", "at least one trigger"},
			"triggers-empty":  {"InvalidAutoscaling", "spec.engine.autoscaler.keda.triggers", "at least one trigger"},
			"trigger-type":    {"InvalidAutoscaling", "spec.engine.autoscaler.keda.triggers[0]", "it has no type"},
			"trigger-number":  {"InvalidAutoscaling", "spec.engine.autoscaler.keda.triggers[0]", "metadata.threshold is not a string"},
			"idle":            {"InvalidAutoscaling", "spec.engine.autoscaler.keda.idleReplicaCount", "it is 2", "minReplicas, which is 2"},
			"metric":          {"InvalidAutoscaling", "spec.engine.autoscaler.hpa.metrics[0]", "its type is Pods, and it has no pods"},
			"target":          {"InvalidAutoscaling", "spec.engine.autoscaler.hpa.metrics[0].external.target.type", `"Utilization"`, "use Value or AverageValue"},
		} {
			v := views[name]
			v.partly("engine", texts[0])
			for _, text := range texts[1:] {
				assert.Contains(t, v.Partial[0].Message, text)
			}
			v.hasNo("Deployment", "ScaledObject", "HorizontalPodAutoscaler", "KnativeService")
		}
	},
	"autoscaler-block-ignored": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		views := byService(t, responses, "chat", "other", "ray")
		assert.Contains(t, views["chat"].refs(), "KnativeService/chat-engine")
		assert.Nil(t, views["chat"].Status.Components["engine"].Autoscaler)
		views["chat"].hasFinding("FieldIgnored", "spec.engine.autoscaler has no effect in mode Serverless", "class KEDA scales a Deployment")
		views["other"].hasFinding("FieldIgnored", "spec.engine.autoscaler.hpa", "the class is None")
		views["other"].hasFinding("FieldIgnored", "spec.engine.autoscalerPolicyRef", "AutoscalerPolicy")
		views["ray"].hasFinding("FieldIgnored", "spec.engine.autoscaler has no effect in mode MultiNodeRayVLLM", "RawDeployment, MultiNode")
	},
	"zero-without-knative": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		views := byService(t, responses, "chat", "fixed")
		chat, fixed := views["chat"], views["fixed"]
		assert.EqualValues(t, 1, *chat.hpa("chat-engine").Spec.MinReplicas)
		assert.EqualValues(t, 4, chat.hpa("chat-engine").Spec.MaxReplicas)
		chat.hpa("chat-router")
		chat.hasFinding("ScaleToZeroUnavailable", "spec.engine.minReplicas is 0", "serving.knative.dev/v1", "class KEDA")
		chat.hasFinding("ScaleToZeroUnavailable", "spec.router.minReplicas is 0")
		assert.Nil(t, chat.Partial)
		assert.EqualValues(t, 1, *fixed.deployment("fixed-engine").Spec.Replicas)
	},
	"zero-raw-asked": one(func(v view) {
		v.hasNo("KnativeService")
		for _, component := range []string{"engine", "router"} {
			v.deployment("chat-" + component)
			assert.EqualValues(v.t, 1, *v.hpa("chat-" + component).Spec.MinReplicas)
			v.hasFinding("ScaleToZeroUnavailable", "spec."+component+".minReplicas is 0", "one replica stays")
		}
		assert.Len(v.t, v.Findings, 2)
	}),
}
