package sync_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
)

// controllerIntents are about what other controllers expect of the objects that they act on.
var controllerIntents = map[string]intent{
	"ray-first-container": one(func(v view) {
		cluster := v.ray("chat-engine-0")
		assert.Equal(v.t, "true", cluster.Annotations[v1beta1.AnnotationRayOverwriteCommand], "the command ends with a line break")
		head, worker := cluster.Spec.HeadGroupSpec, cluster.Spec.WorkerGroupSpecs[0]
		for _, pod := range []*corev1.PodTemplateSpec{&head.Template, &worker.Template} {
			require.Len(v.t, pod.Spec.Containers, 2)
			assert.Equal(v.t, "ome-container", pod.Spec.Containers[0].Name, "KubeRay runs Ray in the first container")
			sidecar := pod.Spec.Containers[1]
			assert.Equal(v.t, []string{"/fluent-bit/bin/fluent-bit"}, sidecar.Command)
			assert.Equal(v.t, []string{"-c", "/etc/fluent-bit.conf"}, sidecar.Args)
			assert.Nil(v.t, sidecar.Lifecycle)
		}
		assert.Equal(v.t, "7999", head.RayStartParams["metrics-export-port"], "the server listens on 8000")
		assert.Equal(v.t, "None", head.HeadService.Spec.ClusterIP)
		assert.True(v.t, head.HeadService.Spec.PublishNotReadyAddresses, "workers come before the server is ready")
		numbers := map[string]int32{}
		for _, port := range head.Template.Spec.Containers[0].Ports {
			numbers[port.Name] = port.ContainerPort
		}
		assert.Equal(v.t, map[string]int32{"http": 8000, "gcs-server": 6379, "dashboard": 8265, "client": 10001, "metrics": 7999}, numbers)
		assert.Equal(v.t, []string{"http:8000->8000", "dashboard:8265->8265", "metrics:7999->7999", "redis:6379->6379"}, ports(v.service("chat-engine")))
		assert.Contains(v.t, container(v.t, v.pod("chat-engine-0-mnp").Spec, "multinode-prober").Args, "http://chat-engine-0.default.svc.cluster.local:8000")
		v.quiet()
	}),
	"multinode-budget": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		fixed, scaled := view{t, responses[0]}, view{t, responses[1]}
		for _, v := range []struct {
			view
			name string
		}{{fixed, "chat-engine"}, {scaled, "scaled-engine"}} {
			group := v.lws("lws-" + v.name).Spec.LeaderWorkerTemplate
			selector := v.pdb(v.name).Spec.Selector.MatchLabels
			assert.True(t, labelSelects(selector, group.LeaderTemplate.Labels))
			assert.True(t, labelSelects(selector, group.WorkerTemplate.Labels))
		}
		bounds := fixed.pdb("chat-engine").Spec
		assert.Nil(t, bounds.MinAvailable)
		assert.Equal(t, "2", bounds.MaxUnavailable.String(), "two of three groups may go, so two pods may")
		bounds = scaled.pdb("scaled-engine").Spec
		assert.Nil(t, bounds.MaxUnavailable)
		assert.Equal(t, "5", bounds.MinAvailable.String(), "one group must stay; of two groups of three pods one pod may go")
	},
	"multinode-strategy": one(func(v view) {
		rollout := v.lws("lws-chat-engine").Spec.RolloutStrategy.RollingUpdateConfiguration
		assert.Equal(v.t, "0 1", rollout.MaxSurge.String()+" "+rollout.MaxUnavailable.String())
		v.quiet()
	}),
	"inject-rdma-own-memory": one(func(v view) {
		runner := v.runner("chat-engine")
		assert.Equal(v.t, "shm", mounts(v.t, runner)["/dev/shm"])
		assert.Equal(v.t, "devinf", mounts(v.t, runner)["/dev/infiniband"])
		assert.Equal(v.t, "64Gi", volume(v.t, v.pod("chat-engine").Spec, "shm").EmptyDir.SizeLimit.String())
		for _, volume := range v.pod("chat-engine").Spec.Volumes {
			assert.NotEqual(v.t, "dshm", volume.Name)
		}
	}),
	"keda-refused": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		for i, want := range []string{
			`"prometheus.monitoring:9090" (kedaConfig.promServerAddress)`,
			`"Above" (annotation autoscaling.keda.sh/operator)`,
			`"0.0004" (kedaConfig.scalingThreshold): KEDA counts thousandths`,
		} {
			v := view{t, responses[i]}
			v.partly("engine", "InvalidAutoscaling")
			assert.Contains(t, v.Partial[0].Message, want)
			v.hasNo("ScaledObject", "HorizontalPodAutoscaler", "Deployment")
			v.isCondition("Ready", "False", "InvalidAutoscaling")
		}
		view{t, responses[0]}.hasFinding("FieldIgnored", "authModes", "authenticationRef")
	},
	"keda-not-taken": one(func(v view) {
		trigger := v.trigger("scaledobject-chat-engine")
		assert.Equal(v.t, "0.0125001", trigger.Metadata["threshold"])
		assert.NotContains(v.t, trigger.Metadata, "authModes")
		v.hasFinding("FieldIgnored", "authModes", "authenticationRef")
		v.hasFinding("ThresholdRounded", "use 0.012,")
	}),
	"keda-long-name": one(func(v view) {
		const service = "qwen-7b-for-customer-support-in-europe"
		scaler := v.scaledObject("scaledobject-" + service + "-engine")
		assert.Greater(v.t, len("keda-hpa-"+scaler.Name), 63, "KEDA's own name")
		assert.Equal(v.t, "keda-hpa-"+service+"-engine", scaler.Spec.Advanced["horizontalPodAutoscalerConfig"].(map[string]any)["name"])
		v.quiet()
	}),
	"keda-paused": one(func(v view) {
		const key = "autoscaling.keda.sh/paused-replicas"
		assert.Equal(v.t, "2", v.scaledObject("scaledobject-chat-engine").Annotations[key])
		pod := v.pod("chat-engine")
		assert.NotContains(v.t, pod.Annotations, key)
		assert.NotContains(v.t, pod.Annotations, v1beta1.AnnotationAutoscalerClass)
	}),
}
