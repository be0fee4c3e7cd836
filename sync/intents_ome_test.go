package sync_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
)

// omeIntents are about what manifests of OME v1.3 say beside what those of before do.
var omeIntents = map[string]intent{
	"model-overlays": one(func(v view) {
		group := v.lws("lws-chat-engine").Spec.LeaderWorkerTemplate
		decoder := v.pod("chat-decoder").Spec
		for _, pod := range []corev1.PodSpec{group.LeaderTemplate.Spec, group.WorkerTemplate.Spec, decoder} {
			server := container(v.t, pod, "ome-container")
			mounted := mounts(v.t, server)
			style := volume(v.t, pod, mounted["/opt/ml/model-overlays/style-v1.5"])
			require.NotNil(v.t, style.HostPath)
			assert.Equal(v.t, "/var/models/style", style.HostPath.Path)
			draft := volume(v.t, pod, mounted["/opt/ml/model-overlays/draft"])
			require.NotNil(v.t, draft.PersistentVolumeClaim)
			assert.Equal(v.t, "models", draft.PersistentVolumeClaim.ClaimName)
			assert.NotContains(v.t, mounted, "/opt/ml/model-overlays/retired")
			for _, mount := range server.VolumeMounts {
				assert.True(v.t, mount.ReadOnly, mount.MountPath)
			}
			assert.Equal(v.t, "/opt/ml/model-overlays/style-v1.5", env(v.t, server)["OVERLAY_STYLE_V1_5_MODEL_PATH"])
			assert.Equal(v.t, "/var/models/qwen-7b", env(v.t, server)["MODEL_PATH"])
			assert.Equal(v.t, map[string]string{
				"models.ome.io/clusterbasemodel.qwen-7b": "Ready", "models.ome.io/clusterbasemodel.style-v1.5": "Ready",
			}, pod.NodeSelector, "a model on a claim is on no node")
		}
		assert.Equal(v.t, "/elsewhere", env(v.t, container(v.t, decoder, "ome-container"))["OVERLAY_DRAFT_MODEL_PATH"], "what the service says stays")
		router := v.pod("chat-router").Spec
		assert.Empty(v.t, router.Volumes)
		assert.Empty(v.t, router.NodeSelector)
		assert.Equal(v.t, []v1beta1.MountedOverlay{
			{Name: "style-v1.5", EnvVar: "OVERLAY_STYLE_V1_5_MODEL_PATH", MountPath: "/opt/ml/model-overlays/style-v1.5", Distribution: "PerNode"},
			{Name: "draft", EnvVar: "OVERLAY_DRAFT_MODEL_PATH", MountPath: "/opt/ml/model-overlays/draft", Distribution: "PerNode"},
		}, v.Status.MountedOverlays)
		v.isCondition("OverlaysReady", "False", "OverlaysSkipped")
		v.hasFinding("OverlaySkipped", "spec.model.overlays[retired] has no effect", "is disabled")
		require.Len(v.t, v.Findings, 1)
	}),
	"model-sharded": one(func(v view) {
		v.held("ModelSharded", "llama-sharded", "spec.distribution", "PerNode")
		v.has()
		assert.Equal(v.t, v1beta1.BaseModelNotReady, v.Status.ModelStatus.LastFailureInfo.Reason)
	}),
	"runtime-inherited": one(func(v view) {
		pod := v.pod("chat-engine")
		server := container(v.t, pod.Spec, "ome-container")
		assert.Equal(v.t, "docker.io/lmsysorg/sglang:v0.4.9", server.Image)
		assert.Equal(v.t, []string{"--model-path=$(MODEL_PATH)", "--context-length=32768"}, server.Args, "a plain list is replaced")
		assert.Equal(v.t, map[string]string{"HF_HOME": "/cache", "NCCL_DEBUG": "WARN", "MODEL_PATH": "/var/models/qwen-7b"}, env(v.t, server))
		assert.Equal(v.t, "cache", mounts(v.t, server)["/cache"])
		assert.NotNil(v.t, volume(v.t, pod.Spec, "cache").EmptyDir)
		assert.Len(v.t, pod.Spec.Tolerations, 1)
		assert.False(v.t, pod.Spec.HostNetwork, "a false of the child wins")
		assert.Equal(v.t, "east", pod.Annotations["example.com/site"])
		v.quiet()
	}),
	"runtime-profile-missing": func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		require.Len(t, responses, 5)
		circle, disabled, orphan, selected, unlabelled := view{t, responses[0]}, view{t, responses[1]}, view{t, responses[2]}, view{t, responses[3]}, view{t, responses[4]}
		orphan.held("RuntimeInheritance", "ClusterServingRuntime/orphan", "ome.io/inherit-from", "gone", "ome.io/runtime-profile")
		circle.held("RuntimeInheritance", "inherits from itself")
		disabled.held("RuntimeDisabled", "still-disabled")
		assert.Equal(t, "server:1", unlabelled.runner("unlabelled-engine").Image)
		unlabelled.hasFinding("RuntimeProfileUnlabelled", "ServingRuntime/own", "ClusterServingRuntime/profile", "ome.io/runtime-profile")
		assert.Equal(t, "own:1", selected.runner("selected-engine").Image)
		selected.hasFinding("AnnotationIgnored", "selectable metadata.annotations[ome.io/inherit-from] has no effect")
	},
	"pod-profiles": one(func(v view) {
		engine := v.pod("chat-engine")
		server := container(v.t, engine.Spec, "ome-container")
		assert.Equal(v.t, "dshm", mounts(v.t, server)["/dev/shm"])
		assert.Equal(v.t, corev1.StorageMediumMemory, volume(v.t, engine.Spec, "dshm").EmptyDir.Medium)
		require.NotNil(v.t, server.ReadinessProbe.HTTPGet, "the profile goes before the default of a connection")
		assert.Equal(v.t, "/health", server.ReadinessProbe.HTTPGet.Path)
		assert.Equal(v.t, int32(8080), server.ReadinessProbe.HTTPGet.Port.IntVal)
		assert.Equal(v.t, "/live", server.LivenessProbe.HTTPGet.Path, "what the pod has stays")
		assert.Equal(v.t, int32(60), server.StartupProbe.FailureThreshold)
		assert.Equal(v.t, "true", engine.Annotations["prometheus.io/scrape"])
		assert.Equal(v.t, "8080", engine.Annotations["prometheus.io/port"])
		group := v.lws("lws-chat-decoder").Spec.LeaderWorkerTemplate
		leader, worker := container(v.t, group.LeaderTemplate.Spec, "ome-container"), container(v.t, group.WorkerTemplate.Spec, "ome-container")
		assert.Equal(v.t, int32(30000), leader.LivenessProbe.HTTPGet.Port.IntVal)
		assert.Equal(v.t, "/own", group.LeaderTemplate.Annotations["prometheus.io/path"])
		assert.Equal(v.t, "dshm", mounts(v.t, worker)["/dev/shm"])
		assert.Nil(v.t, worker.ReadinessProbe)
		assert.Nil(v.t, worker.LivenessProbe)
		assert.NotContains(v.t, group.WorkerTemplate.Annotations, "prometheus.io/scrape")
		v.partly("router", "InjectionInvalid")
	}),
	"inject-rdma-versions": one(func(v view) {
		server := v.runner("chat-engine")
		assert.Equal(v.t, []corev1.Capability{"IPC_LOCK"}, server.SecurityContext.Capabilities.Add)
		assert.NotContains(v.t, env(v.t, server), "UCX_TLS")
		assert.Equal(v.t, "eth0", env(v.t, server)["NCCL_SOCKET_IFNAME"])
		assert.Equal(v.t, "devinf", mounts(v.t, server)["/dev/infiniband"])
		decoder := v.pod("chat-decoder")
		assert.Equal(v.t, 16, strings.Count(decoder.Annotations["k8s.v1.cni.cncf.io/networks"], "cw-multus"))
		assert.Empty(v.t, decoder.Spec.Volumes)
		v.quiet()
	}),
}
