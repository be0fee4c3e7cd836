package sync_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/podspec"
	"github.com/isvc-io/isvc/sync"
)

// podIntents are about what the pods of every component need.
var podIntents = map[string]intent{
	"pods-service-links": one(func(v view) {
		assert.Equal(v.t, "vllm", v.service("vllm").Name, "the Service object that would set VLLM_PORT")
		require.NotNil(v.t, v.pod("vllm-engine").Spec.EnableServiceLinks)
		assert.False(v.t, *v.pod("vllm-engine").Spec.EnableServiceLinks)
		assert.True(v.t, *v.pod("vllm-router").Spec.EnableServiceLinks, "a component that asks for them gets them")
		v.quiet()
	}),
	"pods-host-network": one(func(v view) {
		group := v.lws("lws-chat-engine").Spec.LeaderWorkerTemplate
		assert.Equal(v.t, corev1.DNSClusterFirstWithHostNet, group.LeaderTemplate.Spec.DNSPolicy)
		assert.Equal(v.t, corev1.DNSClusterFirstWithHostNet, group.WorkerTemplate.Spec.DNSPolicy)
		assert.Equal(v.t, corev1.DNSDefault, v.pod("chat-decoder").Spec.DNSPolicy)
		v.quiet()
	}),
}

// routerAccountIntents are about the service account of a router.
var routerAccountIntents = map[string]intent{
	"router-pull-secrets": eachOf(map[string]func(view){
		"chat":  hasPullSecrets("chat-router", "company-registry"),
		"named": hasPullSecrets("named-router", "own-registry", "company-registry"),
		"account": func(v view) {
			v.hasNo("ServiceAccount", "Role", "RoleBinding")
			assert.Equal(v.t, "reader", v.pod("account-router").Spec.ServiceAccountName)
			v.quiet()
		},
		"alias": func(v view) {
			v.hasNo("ServiceAccount", "Role", "RoleBinding")
			assert.Equal(v.t, "reader", v.pod("alias-router").Spec.ServiceAccountName)
		},
	}),
}

// hasPullSecrets asserts the pull secrets of a service account.
func hasPullSecrets(account string, names ...string) func(v view) {
	return func(v view) {
		v.t.Helper()
		var got []string
		for _, secret := range decodeChild[corev1.ServiceAccount](v, "ServiceAccount/"+account).ImagePullSecrets {
			got = append(got, secret.Name)
		}
		assert.Equal(v.t, names, got)
		assert.Equal(v.t, account, v.pod(account).Spec.ServiceAccountName)
		v.quiet()
	}
}

// orderIntents are about lists in which the order means something.
var orderIntents = map[string]intent{
	"order-variables": one(func(v view) {
		pod := v.pod("chat-engine").Spec
		inOrder(v.t, container(v.t, pod, "ome-container"), "HF_HOME", "TOKENIZER", "SHAPE", "SCRATCH", "CUDA_CACHE_PATH")
		inOrder(v.t, container(v.t, pod, "prepare"), "TARGET")
		v.quiet()
	}),
}

// inOrder asserts that variables of a container refer to variables, and only to earlier ones.
func inOrder(t testing.TB, c corev1.Container, names ...string) {
	t.Helper()
	for _, name := range names {
		at := podspec.IndexOfVariable(c.Env, name)
		require.GreaterOrEqual(t, at, 0, name)
		references := podspec.References(c.Env[at].Value)
		require.NotEmpty(t, references, name)
		for _, reference := range references {
			assert.Contains(t, c.Env[:at], corev1.EnvVar{Name: reference, Value: env(t, c)[reference]}, "%s refers to %s", name, reference)
		}
	}
}

// eachOf is the intent of a case with several services, by their names.
func eachOf(show map[string]func(v view)) intent {
	return func(t *testing.T, responses []*sync.Response) {
		t.Helper()
		require.Len(t, responses, len(show))
		for _, response := range responses {
			name := response.Children[0].GetLabels()[v1beta1.LabelInferenceService]
			require.Contains(t, show, name)
			show[name](view{t, response})
		}
	}
}

// hasAccelerators asserts the devices to which an engine is limited, and PARALLELISM_SIZE; empty for
// none. What is requested beside the limits is the same.
func hasAccelerators(deployment, want, parallelism string) func(v view) {
	return func(v view) {
		v.t.Helper()
		runner := v.runner(deployment)
		limits := quantities(runner.Resources.Limits)
		var got []string
		for name, quantity := range limits {
			if strings.Contains(name, "/") {
				got = append(got, name+"="+quantity)
			}
		}
		slices.Sort(got)
		assert.Equal(v.t, want, strings.Join(got, " "))
		for name, quantity := range quantities(runner.Resources.Requests) {
			if strings.Contains(name, "/") {
				assert.Equal(v.t, limits[name], quantity, name)
			}
		}
		assert.Equal(v.t, parallelism, env(v.t, runner)["PARALLELISM_SIZE"])
	}
}

// acceleratorKindIntents are about the kind of accelerators that a component asks for.
var acceleratorKindIntents = map[string]intent{
	"accelerators-one-kind": eachOf(map[string]func(view){
		"mig":    hasAccelerators("mig-engine", "nvidia.com/mig-3g.40gb=2", "2"),
		"amd":    hasAccelerators("amd-engine", "amd.com/gpu=4", "4"),
		"intel":  hasAccelerators("intel-engine", "gpu.intel.com/i915=1 gpu.intel.com/millicores=500", "1"),
		"gaudi":  hasAccelerators("gaudi-engine", "habana.ai/gaudi=8", "8"),
		"tpu":    hasAccelerators("tpu-engine", "google.com/tpu=4", "4"),
		"neuron": hasAccelerators("neuron-engine", "aws.amazon.com/neuron=2 vpc.amazonaws.com/efa=1", "2"),
		"ascend": hasAccelerators("ascend-engine", "huawei.com/Ascend910=8", "8"),
		"shared": hasAccelerators("shared-engine", "nvidia.com/gpu.shared=2", "2"),
		"memory": hasAccelerators("memory-engine", "nvidia.com/gpu=1 nvidia.com/gpumem=20k", "1"),
		"none":   hasAccelerators("none-engine", "nvidia.com/gpu=0", ""),
	}),
	"accelerators-configured": one(func(v view) {
		hasAccelerators("chat-engine", "example.com/npu-large=2", "2")(v)
		v.quiet()
	}),
	"accelerators-class-decides": eachOf(map[string]func(view){
		"other": func(v view) {
			hasAccelerators("other-engine", "example.com/npu=2", "2")(v)
			v.hasFinding("AcceleratorReplaced", "spec.engine asks for nvidia.com/gpu", "AcceleratorClass/npu is example.com/npu")
		},
		"one-of-several": func(v view) {
			hasAccelerators("one-of-several-engine", "nvidia.com/mig-3g.40gb=2", "2")(v)
			v.quiet()
		},
		"claim": func(v view) {
			hasAccelerators("claim-engine", "nvidia.com/gpu=0", "2")(v)
			assert.Len(v.t, v.runner("claim-engine").Resources.Claims, 1)
			v.quiet()
		},
	}),
	"accelerators-claims": eachOf(map[string]func(view){
		"claim": func(v view) {
			hasAccelerators("claim-engine", "", "")(v)
			assert.Equal(v.t, []corev1.ResourceClaim{{Name: "gpus"}}, v.runner("claim-engine").Resources.Claims)
			v.hasFinding("AcceleratorReplaced", "claims gpus", "nvidia.com/gpu of ClusterServingRuntime/server")
			v.hasFinding("AcceleratorsNotCounted", "$(PARALLELISM_SIZE)", "claims gpus", "env of spec.engine.runner")
		},
		"said": func(v view) {
			hasAccelerators("said-engine", "nvidia.com/gpu=0", "2")(v)
			v.quiet()
		},
		"adapter": func(v view) {
			hasAccelerators("adapter-engine", "nvidia.com/gpu=8", "8")(v)
			assert.Equal(v.t, []corev1.ResourceClaim{{Name: "network"}}, v.runner("adapter-engine").Resources.Claims)
			v.quiet()
		},
		"share": func(v view) {
			hasAccelerators("share-engine", "aliyun.com/gpu-mem=8", "")(v)
			v.hasFinding("AcceleratorsNotCounted", "shares aliyun.com/gpu-mem")
		},
	}),
	"accelerators-over-claims": eachOf(map[string]func(view){
		"counted": func(v view) {
			hasAccelerators("counted-engine", "nvidia.com/gpu=2", "2")(v)
			assert.Empty(v.t, v.runner("counted-engine").Resources.Claims)
			assert.Empty(v.t, v.pod("counted-engine").Spec.ResourceClaims, "what nothing uses is not allocated")
			v.hasFinding("AcceleratorReplaced", "asks for nvidia.com/gpu", "claims gpus")
		},
		"source": func(v view) {
			claims := v.pod("source-engine").Spec.ResourceClaims
			require.Len(v.t, claims, 1)
			assert.Nil(v.t, claims[0].ResourceClaimTemplateName)
			assert.Equal(v.t, "reserved", *claims[0].ResourceClaimName)
			v.quiet()
		},
	}),
	"accelerators-parallel-sizes": eachOf(map[string]func(view){
		"flags": func(v view) {
			assert.Equal(v.t, []string{"--model-path=$(MODEL_PATH)", "--tp_size=2", "--dp-size=4", "--port=8080"}, v.runner("flags-engine").Args)
			v.quiet()
		},
		"no-flag": func(v view) {
			assert.Equal(v.t, []string{"--model-path=$(MODEL_PATH)", "-tp", "2", "--port=8080"}, v.runner("no-flag-engine").Args)
			v.hasFinding("AcceleratorOverrideIgnored", "dataParallelSize", "AcceleratorClass/h200", "--dp-size")
			assert.Len(v.t, v.Findings, 1, "a pipeline of 1 needs no flag")
		},
	}),
}

// mergedPodIntents are about pods that service, runtime and class describe together.
var mergedPodIntents = map[string]intent{
	"order-lists": eachOf(map[string]func(view){
		"added": func(v view) {
			assert.Equal(v.t, []string{"prepare", "warm", "check"}, containerNames(v.pod("added-engine").Spec.InitContainers))
			assert.Equal(v.t, []string{"http:8080->8080", "metrics:9090->9090", "debug:7070->7070"}, ports(v.service("added-engine")))
			assert.Equal(v.t, []string{"http:8080->8080", "http-80:80->8080"}, ports(v.service("added")), "requests go where they went")
			v.quiet()
		},
		"renamed": func(v view) {
			assert.Equal(v.t, []string{"http:8000->8000", "metrics:9090->9090", "debug:7070->7070"}, ports(v.service("renamed-engine")))
			v.quiet()
		},
	}),
	"merge-zeros": eachOf(map[string]func(view){
		"chat": func(v view) {
			pod, runner := v.pod("chat-engine").Spec, v.runner("chat-engine")
			assert.False(v.t, pod.HostNetwork)
			assert.Equal(v.t, corev1.DNSClusterFirst, pod.DNSPolicy, "the default of a pod in a network of its own")
			assert.Empty(v.t, pod.PriorityClassName)
			assert.EqualValues(v.t, 3, v.hpa("chat-engine").Spec.MaxReplicas, "0 is the default")
			assert.False(v.t, runner.TTY)
			assert.True(v.t, runner.Stdin, "nothing is said of it")
			assert.Contains(v.t, runner.Env, corev1.EnvVar{Name: "VLLM_CONFIGURE_LOGGING"})
			assert.Contains(v.t, runner.Env, corev1.EnvVar{Name: "HF_TOKEN"}, "no value and no source")
			assert.Zero(v.t, runner.StartupProbe.InitialDelaySeconds)
			assert.EqualValues(v.t, 60, runner.StartupProbe.FailureThreshold)
			assert.Contains(v.t, runner.VolumeMounts, corev1.VolumeMount{Name: "cache", MountPath: "/cache/"})
			v.quiet()
		},
		"predictor": func(v view) {
			pod, runner := v.pod("predictor-engine").Spec, v.runner("predictor-engine")
			assert.False(v.t, pod.HostNetwork)
			assert.Equal(v.t, corev1.DNSClusterFirst, pod.DNSPolicy)
			assert.False(v.t, runner.TTY)
			assert.Contains(v.t, runner.Env, corev1.EnvVar{Name: "HF_TOKEN"})
		},
	}),
	"merge-affinity": one(func(v view) {
		affinity := v.pod("chat-engine").Spec.Affinity
		terms := affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
		require.Len(v.t, terms, 2, "the zones of the service, each with what the class needs")
		for i, zone := range []string{"a", "b"} {
			assert.Equal(v.t, zone, terms[i].MatchExpressions[0].Values[0])
			assert.Equal(v.t, "accelerator.example.com/model", terms[i].MatchExpressions[1].Key)
		}
		assert.Len(v.t, affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution, 1, "the runtime's")
		assert.Len(v.t, affinity.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution, 1, "the class's")
		v.quiet()
	}),
	"field-misplaced": one(func(v view) {
		v.hasFinding("UnknownField", "spec.engine.volumeMounts (write spec.engine.runner.volumeMounts)",
			"spec.engine.runner.tolerations (write spec.engine.tolerations)")
	}),
	"merge-mounts": one(func(v view) {
		assert.ElementsMatch(v.t, []corev1.VolumeMount{
			{Name: "shm", MountPath: "/dev/shm/"}, {Name: "own", MountPath: "/cache"}, {Name: "own", MountPath: "/var/models/qwen-7b/"},
		}, v.runner("chat-engine").VolumeMounts)
		v.quiet()
	}),
	"accepted-rollout": eachOf(map[string]func(view){
		"no-surge": rolls("no-surge-engine", "0", "1"),
		"percent":  rolls("percent-engine", "0%", "1"),
		"both": func(v view) {
			rolls("both-engine", "1", "0%")(v)
			v.hasFinding("RolloutAdjusted", "spec.engine.deploymentStrategy", "maxSurge 1 is used")
		},
	}),
	"accepted-resources": one(func(v view) {
		pod := v.pod("chat-engine").Spec
		prepare, proxy, runner := container(v.t, pod, "prepare").Resources, container(v.t, pod, "proxy").Resources, v.runner("chat-engine").Resources
		assert.Equal(v.t, "4Gi 4Gi", quantities(prepare.Requests)["memory"]+" "+quantities(prepare.Limits)["memory"], "the service's request")
		assert.Equal(v.t, "512Mi 512Mi", quantities(proxy.Requests)["memory"]+" "+quantities(proxy.Limits)["memory"], "the service's limit")
		assert.Equal(v.t, "1 1", quantities(proxy.Requests)["vpc.amazonaws.com/efa"]+" "+quantities(proxy.Limits)["vpc.amazonaws.com/efa"])
		assert.Equal(v.t, "5Gi 5Gi", quantities(runner.Requests)["hugepages-2Mi"]+" "+quantities(runner.Limits)["hugepages-2Mi"])
		v.quiet()
	}),
	"resources-contradict": one(func(v view) {
		pod := v.pod("chat-engine").Spec
		prepare, proxy, runner := container(v.t, pod, "prepare").Resources, container(v.t, pod, "proxy").Resources, v.runner("chat-engine").Resources
		assert.Equal(v.t, "32Gi 4Gi", quantities(runner.Requests)["memory"]+" "+quantities(runner.Requests)["hugepages-2Mi"])
		assert.Equal(v.t, "1", quantities(proxy.Requests)["cpu"])
		assert.Equal(v.t, "512Mi", quantities(prepare.Requests)["memory"])
		v.hasFinding("RequestAdjusted", "ome-container of the engine requests 96Gi of memory, and its limit is 32Gi")
		v.hasFinding("RequestAdjusted", "ome-container of the engine requests 2Gi of hugepages-2Mi, and its limit is 4Gi")
		v.hasFinding("RequestAdjusted", "container proxy of the engine requests 2 of cpu, and its limit is 1")
		for _, found := range v.Findings {
			assert.NotContains(v.t, found.Message, "prepare", "the service's limit is less than the runtime's request: it is what counts")
		}
	}),
	"accepted-selectors": one(func(v view) {
		pod := v.pod("chat-engine")
		spread, apart := pod.Spec.TopologySpreadConstraints, pod.Spec.Affinity.PodAntiAffinity
		for _, selector := range []*metav1.LabelSelector{
			spread[0].LabelSelector, apart.RequiredDuringSchedulingIgnoredDuringExecution[0].LabelSelector,
			apart.PreferredDuringSchedulingIgnoredDuringExecution[0].PodAffinityTerm.LabelSelector,
		} {
			require.NotNil(v.t, selector)
			assert.Equal(v.t, componentLabels("chat", v1beta1.EngineComponent), selector.MatchLabels)
			assert.True(v.t, labelSelects(selector.MatchLabels, pod.Labels), "the pod is one of them")
		}
		assert.Equal(v.t, map[string]string{"tier": "serving"}, spread[1].LabelSelector.MatchLabels, "a selector that is given stays")
		assert.Nil(v.t, apart.PreferredDuringSchedulingIgnoredDuringExecution[1].PodAffinityTerm.LabelSelector, "other namespaces have other pods")
		v.quiet()
	}),
	"accepted-fields": one(func(v view) {
		pod, runner := v.pod("chat-engine").Spec, v.runner("chat-engine")
		assert.True(v.t, pod.HostNetwork)
		assert.Nil(v.t, pod.HostUsers)
		assert.Equal(v.t, "writer", pod.ServiceAccountName)
		assert.Equal(v.t, "low", pod.PriorityClassName)
		assert.Nil(v.t, pod.Priority)
		assert.Nil(v.t, pod.SecurityContext.SeccompProfile.LocalhostProfile)
		assert.Nil(v.t, pod.TopologySpreadConstraints[0].MinDomains)
		assert.Nil(v.t, runner.SecurityContext.AllowPrivilegeEscalation)
		assert.Equal(v.t, runner.Ports[0].ContainerPort, runner.Ports[0].HostPort)
		assert.Empty(v.t, runner.VolumeMounts[0].SubPath)
		v.quiet()
	}),
	"placeholders-keys": one(func(v view) {
		assert.Equal(v.t, []string{"--served-model-name=qwen", "--tier=gold", "--desk=", "--chat-template={{ messages[0].content }}"}, v.runner("chat-engine").Args)
		v.hasFinding("PlaceholderEmpty", `{{index .Labels "desk"}}`, "container ome-container", "metadata.labels")
		assert.Len(v.t, v.Findings, 1)
	}),
}

func containerNames(containers []corev1.Container) []string {
	names := []string{}
	for _, c := range containers {
		names = append(names, c.Name)
	}
	return names
}

// rolls asserts the parameters of a rolling update.
func rolls(deployment, surge, unavailable string) func(v view) {
	return func(v view) {
		v.t.Helper()
		update := v.deployment(deployment).Spec.Strategy.RollingUpdate
		assert.Equal(v.t, surge+" "+unavailable, update.MaxSurge.String()+" "+update.MaxUnavailable.String())
	}
}
