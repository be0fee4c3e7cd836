package inject

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/modes/podspec"
)

// change is an option of a fixture.
type change func(*corev1.PodTemplateSpec, *Input)

// annotated sets annotations from keys and values in turn.
func annotated(pairs ...string) change {
	return func(t *corev1.PodTemplateSpec, _ *Input) {
		for i := 0; i < len(pairs); i += 2 {
			annotationsOfTemplate(t)[pairs[i]] = pairs[i+1]
		}
	}
}

// onContainer changes the first container.
func onContainer(f func(*corev1.Container)) change {
	return func(t *corev1.PodTemplateSpec, _ *Input) { f(&t.Spec.Containers[0]) }
}

// onPod changes the pod.
func onPod(f func(*corev1.PodSpec)) change {
	return func(t *corev1.PodTemplateSpec, _ *Input) { f(&t.Spec) }
}

// onInput changes the input.
func onInput(f func(*Input)) change {
	return func(_ *corev1.PodTemplateSpec, in *Input) { f(in) }
}

func named(name string) change {
	return onContainer(func(c *corev1.Container) { c.Name = name })
}

func weight(uri string) change {
	return onInput(func(in *Input) {
		in.Weight = &v1beta1.FineTunedWeight{}
		in.Weight.Name = "ftw-1"
		in.Weight.Spec.Storage = &v1beta1.StorageSpec{StorageURI: uri}
	})
}

// fixture is an engine's template of one container with the model "llama".
func fixture(changes ...change) (*corev1.PodTemplateSpec, Input) {
	section := config.Injector{
		Image: "agent:1", AuthType: "InstancePrincipal", CompartmentID: "c1", VaultID: "v1", Region: "r1",
		CPURequest: "1", CPULimit: "2", MemoryRequest: "1Gi", MemoryLimit: "2Gi",
	}
	cfg := config.Default()
	cfg.ModelInit, cfg.FineTunedAdapter, cfg.ServingSidecar = section, section, section
	in := Input{
		Subject: "engine of InferenceService team-a/chat", Config: cfg, Runners: []string{"server"},
		WithModel: true,
	}
	template := &corev1.PodTemplateSpec{Spec: corev1.PodSpec{
		Containers: []corev1.Container{{Name: names.MainContainer}},
		Volumes: []corev1.Volume{{Name: "llama", VolumeSource: corev1.VolumeSource{
			HostPath: &corev1.HostPathVolumeSource{Path: "/models/llama"},
		}}},
	}}
	annotated(v1beta1.AnnotationBaseModelName, "llama", v1beta1.AnnotationBaseModelFormat, "safetensors")(template, &in)
	for _, change := range changes {
		change(template, &in)
	}
	return template, in
}

// injected is the fixture after injection.
func injected(t *testing.T, changes ...change) *corev1.PodTemplateSpec {
	t.Helper()
	template, in := fixture(changes...)
	requireInjected(t, template, in)
	return template
}

func values(env []corev1.EnvVar) map[string]string {
	m := map[string]string{}
	for _, v := range env {
		m[v.Name] = v.Value
	}
	return m
}

var (
	askModelInit = annotated(v1beta1.AnnotationInjectModelInit, "true")
	askAdapter   = annotated(v1beta1.AnnotationInjectFineTunedAdapter, "ftw-1")
	askSidecar   = annotated(v1beta1.AnnotationInjectServingSidecar, "true")
	askRDMA      = annotated(v1beta1.AnnotationRDMAAutoInject, "true")
	stored       = weight("oci://n/ns1/b/bucket/o/weights/ftw-1")
	isStacked    = annotated(v1beta1.AnnotationBaseModelVendor, "cohere", v1beta1.AnnotationFineTunedStrategy, "tfew")
	isMerged     = annotated(v1beta1.AnnotationFineTunedMerged, "true")
	isLora       = annotated(v1beta1.AnnotationFineTunedStrategy, "lora")
	asWorkload   = onInput(func(in *Input) {
		for _, section := range []*config.Injector{&in.Config.ModelInit, &in.Config.FineTunedAdapter, &in.Config.ServingSidecar} {
			section.AuthType = workloadIdentity
		}
	})
	asRouter = onInput(func(in *Input) { in.WithModel = false })
)

func TestNothingIsInjectedUnasked(t *testing.T) {
	want, _ := fixture()
	assert.Equal(t, want.Spec, injected(t).Spec)
	assert.Equal(t, want.Spec, injected(t, asRouter, askModelInit, askAdapter, askSidecar).Spec, "a router loads no model")
}

func TestInjectingTwiceIsInjectingOnce(t *testing.T) {
	template, in := fixture(askModelInit, askAdapter, askSidecar, askRDMA, stored, isLora,
		annotated(v1beta1.AnnotationEnableMetricAggregation, "true", v1beta1.AnnotationEnablePrometheusScraping, "true"),
		onPod(func(pod *corev1.PodSpec) { pod.Containers = append(pod.Containers, corev1.Container{Name: queueProxy}) }))
	requireInjected(t, template, in)
	once := template.DeepCopy()
	requireInjected(t, template, in)
	assert.Equal(t, once, template)
}

func TestMistakesAreExplained(t *testing.T) {
	cases := map[string]struct {
		changes []change
		reason  string
		message string
	}{
		"model-init without its section": {
			[]change{askModelInit, onInput(func(in *Input) { in.Config.ModelInit = config.Injector{} })},
			ReasonConfigMissing, `ome.io/inject-model-init of the engine of InferenceService team-a/chat needs the key "modelInit"`},
		"adapter with a broken section": {
			[]change{askAdapter, stored, onInput(func(in *Input) {
				in.Config.FineTunedAdapter = config.Injector{}
				in.Config.Problems = map[string]string{config.SectionFineTunedAdapter: "required and missing: image"}
			})},
			ReasonConfigMissing, "required and missing: image"},
		"sidecar without its section": {
			[]change{askSidecar, isLora, onInput(func(in *Input) { in.Config.ServingSidecar = config.Injector{} })},
			ReasonConfigMissing, `"servingSidecar"`},
		"model-init without the model's volume": {
			[]change{askModelInit, onPod(func(pod *corev1.PodSpec) { pod.Volumes = nil })},
			ReasonInvalid, "storage.path"},
		"model-init without a main container": {
			[]change{askModelInit, named("other")}, ReasonInvalid, "no main container"},
		"adapter without the weight": {
			[]change{askAdapter}, ReasonInvalid, `FineTunedWeight "ftw-1"`},
		"adapter with a weight that is not in OCI object storage": {
			[]change{askAdapter, weight("hf://org/ftw")}, ReasonInvalid, `"hf://org/ftw"`},
		"adapter with an incomplete address": {
			[]change{askAdapter, weight("oci://n/ns1/b/bucket/o/")}, ReasonInvalid, "oci://n/<namespace>"},
		"adapter with a weight without storage": {
			[]change{askAdapter, weight(""), onInput(func(in *Input) { in.Weight.Spec.Storage = nil })},
			ReasonInvalid, "storageUri"},
		"sidecar without a strategy": {
			[]change{askSidecar}, ReasonInvalid, v1beta1.AnnotationFineTunedStrategy},
		"workload identity without a service account": {
			[]change{askModelInit, asWorkload}, ReasonInvalid, "serviceAccountName"},
		"an RDMA profile that does not exist": {
			[]change{askRDMA, annotated(v1beta1.AnnotationRDMAProfile, "nope")}, ReasonInvalid, `profile "nope" is unknown`},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			template, in := fixture(c.changes...)
			_, problem := IntoPodTemplate(template, in)
			require.NotNil(t, problem)
			assert.Equal(t, c.reason, problem.Reason)
			assert.Contains(t, problem.Message, c.message)
			assert.Contains(t, problem.Message, "team-a/chat")
		})
	}
}

func TestModelInit(t *testing.T) {
	template := injected(t, askModelInit, onContainer(func(c *corev1.Container) {
		user := int64(7)
		c.SecurityContext = &corev1.SecurityContext{RunAsUser: &user}
	}), annotated(v1beta1.AnnotationDecryptionKeyName, "key", v1beta1.AnnotationBaseModelFormat, "TensorRT-LLM",
		v1beta1.AnnotationBaseModelFormatVersion, "0.9"),
		onContainer(func(c *corev1.Container) {
			c.Resources.Limits = corev1.ResourceList{"nvidia.com/mig-3g.40gb": resource.MustParse("4"), "cpu": resource.MustParse("8")}
		}))
	require.Len(t, template.Spec.InitContainers, 1)
	init := template.Spec.InitContainers[0]
	assert.Equal(t, []string{"enigma", "--config", "/ome-agent.yaml", "--debug"}, init.Args)
	assert.Equal(t, int64(7), *init.SecurityContext.RunAsUser, "the agent has the rights of the main container")
	got := values(init.Env)
	assert.Equal(t, "key", got["OME_AGENT_KEY_NAME"])
	assert.Equal(t, "tensorrtllm", got["OME_AGENT_MODEL_FRAMEWORK"])
	assert.Equal(t, "0.9", got["OME_AGENT_TENSORRTLLM_VERSION"])
	assert.Equal(t, "4", got["OME_AGENT_NUM_OF_GPU"])
	assert.Equal(t, []corev1.VolumeMount{
		{Name: names.ModelEmptyDir, MountPath: modelPath}, {Name: "llama", MountPath: modelSourcePath},
	}, init.VolumeMounts)
	assert.True(t, podspec.HasVolume(&template.Spec, names.ModelEmptyDir), "the volume that is mounted must exist")
}

func TestModelInitOfAModelWhoseNameIsNoVolumeName(t *testing.T) {
	volume := names.VolumeName("llama-3.1")
	template := injected(t, askModelInit, annotated(v1beta1.AnnotationBaseModelName, "llama-3.1"),
		onPod(func(pod *corev1.PodSpec) { pod.Volumes[0].Name = volume }))
	assert.Equal(t, volume, template.Spec.InitContainers[0].VolumeMounts[1].Name)
	assert.Equal(t, "llama-3.1", values(template.Spec.InitContainers[0].Env)["OME_AGENT_MODEL_NAME"])
}

func TestModelInitTakesWhatTheSectionAdds(t *testing.T) {
	template := injected(t, askModelInit, onInput(func(in *Input) {
		in.Config.ModelInit.ExtraEnvVars = []corev1.EnvVar{{Name: "EXTRA", Value: "1"}}
		in.Config.ModelInit.ExtraVolumeMounts = []corev1.VolumeMount{{Name: "certs", MountPath: "/certs"}}
	}))
	assert.Equal(t, "1", values(template.Spec.InitContainers[0].Env)["EXTRA"])
	assert.Equal(t, "/certs", template.Spec.InitContainers[0].VolumeMounts[2].MountPath)
}

func TestWhatTheSectionAddsTakesThePlaceOfWhatIsThere(t *testing.T) {
	before := injected(t, askModelInit).Spec.InitContainers[0]
	container := injected(t, askModelInit, onInput(func(in *Input) {
		in.Config.ModelInit.ExtraEnvVars = []corev1.EnvVar{{Name: "OME_AGENT_REGION", Value: "mine"}}
		in.Config.ModelInit.ExtraVolumeMounts = []corev1.VolumeMount{{Name: "certs", MountPath: modelPath + "/"}}
	})).Spec.InitContainers[0]
	assert.Len(t, container.Env, len(before.Env), "no variable twice")
	assert.Equal(t, "mine", values(container.Env)["OME_AGENT_REGION"])
	assert.Equal(t, []corev1.VolumeMount{{Name: "certs", MountPath: modelPath + "/"}, before.VolumeMounts[1]}, container.VolumeMounts)
}

func TestAContainerOfTheNameIsEnoughWhereverItIs(t *testing.T) {
	for sentence, c := range map[string]struct {
		ask  change
		name string
	}{
		"model-init":      {askModelInit, modelInitName},
		"adapter":         {askAdapter, adapterName},
		"serving sidecar": {askSidecar, sidecarName},
	} {
		t.Run(sentence, func(t *testing.T) {
			for place, add := range map[string]func(*corev1.PodSpec){
				"init containers": func(pod *corev1.PodSpec) {
					pod.InitContainers = append(pod.InitContainers, corev1.Container{Name: c.name})
				},
				"containers": func(pod *corev1.PodSpec) { pod.Containers = append(pod.Containers, corev1.Container{Name: c.name}) },
			} {
				pod := injected(t, c.ask, stored, isLora, onPod(add)).Spec
				assert.Equal(t, 2, len(pod.InitContainers)+len(pod.Containers), place)
			}
		})
	}
}

func TestTensorRTWithoutGPULimitLeavesTheCountOut(t *testing.T) {
	template := injected(t, askModelInit, annotated(v1beta1.AnnotationBaseModelFormat, "tensorrt_llm"))
	assert.NotContains(t, values(template.Spec.InitContainers[0].Env), "OME_AGENT_NUM_OF_GPU")
}

func TestAdapter(t *testing.T) {
	cases := map[string]struct {
		changes []change
		mounts  []corev1.VolumeMount
		env     map[string]string
	}{
		"a weight beside the model": {
			nil,
			[]corev1.VolumeMount{mountOfModelEmptyDir(weightDownloadPath, ""), mountOfModelEmptyDir(modelPath, "")},
			map[string]string{"OME_AGENT_MODEL_NAMESPACE": "ns1", "OME_AGENT_MODEL_BUCKET_NAME": "bucket",
				"OME_AGENT_MODEL_OBJECT_NAME": "weights/ftw-1"}},
		"a merged weight has another object": {
			[]change{isMerged},
			[]corev1.VolumeMount{mountOfModelEmptyDir(weightDownloadPath, ""), mountOfModelEmptyDir(modelPath, "")},
			map[string]string{"OME_AGENT_MODEL_OBJECT_NAME": "weights/ftw-1-merged-weight"}},
		"a stacked weight has its own directory": {
			[]change{isStacked},
			[]corev1.VolumeMount{mountOfModelEmptyDir(weightDownloadPath, ""), mountOfModelEmptyDir(stackedWeightPath, finetunedSubPath)},
			map[string]string{"OME_AGENT_UNZIPPED_FINE_TUNED_WEIGHT_DIRECTORY": stackedWeightPath}},
		"a TensorRT-LLM weight has its own part of the volume": {
			[]change{annotated(v1beta1.AnnotationBaseModelFormat, "tensorrtllm")},
			[]corev1.VolumeMount{mountOfModelEmptyDir(weightDownloadPath, ""), mountOfModelEmptyDir(modelPath, tensorRTSubPath)},
			nil},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			template := injected(t, append(c.changes, askAdapter, stored)...)
			init := template.Spec.InitContainers[0]
			assert.Equal(t, c.mounts, init.VolumeMounts)
			assert.Subset(t, values(init.Env), c.env)
			assert.True(t, podspec.HasVolume(&template.Spec, names.ModelEmptyDir))
		})
	}
}

func TestModelInitRunsBeforeTheAdapter(t *testing.T) {
	order := func(changes ...change) (order []string) {
		for _, c := range injected(t, changes...).Spec.InitContainers {
			order = append(order, c.Name)
		}
		return order
	}
	own := func(list ...string) change {
		return onPod(func(pod *corev1.PodSpec) {
			for _, name := range list {
				pod.InitContainers = append(pod.InitContainers, corev1.Container{Name: name})
			}
		})
	}
	assert.Equal(t, []string{"a", modelInitName, adapterName}, order(own("a"), askModelInit, askAdapter, stored))
	assert.Equal(t, []string{"a", modelInitName, adapterName, "b"}, order(own("a", adapterName, "b"), askModelInit))
}

func TestSidecar(t *testing.T) {
	template := injected(t, askSidecar, isLora)
	require.Len(t, template.Spec.Containers, 2)
	got := template.Spec.Containers[1]
	assert.Equal(t, sidecarName, got.Name)
	assert.Equal(t, []corev1.VolumeMount{
		mountOfModelEmptyDir(weightDownloadPath, downloadSubPath), mountOfModelEmptyDir("/opt/ml/lora", finetunedSubPath),
	}, got.VolumeMounts)
	assert.True(t, podspec.HasVolume(&template.Spec, names.ModelEmptyDir), "the volume that is mounted must exist")
}

func TestWorkloadIdentityMountsTheToken(t *testing.T) {
	template := injected(t, askModelInit, asWorkload, onPod(func(pod *corev1.PodSpec) { pod.ServiceAccountName = "sa" }))
	require.NotNil(t, template.Spec.AutomountServiceAccountToken)
	assert.True(t, *template.Spec.AutomountServiceAccountToken)
}

func TestMetrics(t *testing.T) {
	cases := map[string]struct {
		changes []change
		want    map[string]string
		absent  string
	}{
		"the configuration's values are written": {
			nil, map[string]string{v1beta1.AnnotationEnableMetricAggregation: "false",
				v1beta1.AnnotationEnablePrometheusScraping: "false"}, v1beta1.AnnotationPrometheusPort},
		"scraping without aggregation asks the proxy": {
			[]change{annotated(v1beta1.AnnotationEnablePrometheusScraping, "true", v1beta1.AnnotationPrometheusPath, "/own")},
			map[string]string{v1beta1.AnnotationPrometheusPort: "9091", v1beta1.AnnotationPrometheusPath: "/metrics"},
			v1beta1.AnnotationPrometheusScrape},
		"scraping with aggregation asks for both": {
			[]change{annotated(v1beta1.AnnotationEnablePrometheusScraping, "true", v1beta1.AnnotationEnableMetricAggregation, "true")},
			map[string]string{v1beta1.AnnotationPrometheusPort: "9088"}, v1beta1.AnnotationPrometheusScrape},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			got := injected(t, c.changes...).Annotations
			assert.Subset(t, got, c.want)
			assert.NotContains(t, got, c.absent)
		})
	}
}

func TestTheProxyIsConfiguredWhereItIs(t *testing.T) {
	template := injected(t, named(queueProxy),
		annotated(v1beta1.AnnotationEnableMetricAggregation, "true", v1beta1.AnnotationMetricsPort, "9999"))
	proxy := template.Spec.Containers[0]
	assert.Equal(t, map[string]string{
		"CONTAINER_PROMETHEUS_METRICS_PORT": "9999",
		"CONTAINER_PROMETHEUS_METRICS_PATH": "/metrics",
		"AGGREGATE_PROMETHEUS_METRICS_PORT": "9088",
	}, values(proxy.Env))
	assert.Equal(t, []corev1.ContainerPort{{Name: "aggr-metric", ContainerPort: 9088, Protocol: corev1.ProtocolTCP}}, proxy.Ports)
}

func TestTheMainContainerMayHaveTheRunnersName(t *testing.T) {
	template := injected(t, named("server"), askModelInit, askRDMA)
	assert.Len(t, template.Spec.InitContainers, 1)
	assert.True(t, podspec.HasVolume(&template.Spec, infinibandVolume))
}

func TestRDMA(t *testing.T) {
	container := injected(t, askRDMA, onContainer(func(c *corev1.Container) {
		c.Env = []corev1.EnvVar{{Name: "NCCL_DEBUG", Value: "WARN"}}
		c.VolumeMounts = []corev1.VolumeMount{{Name: sharedMemoryVolume, MountPath: "/shm"}}
		c.SecurityContext = &corev1.SecurityContext{Capabilities: &corev1.Capabilities{Add: []corev1.Capability{"IPC_LOCK"}}}
	})).Spec.Containers[0]
	env := values(container.Env)
	assert.Len(t, container.Env, len(ociRoCEVariables()), "no variable twice")
	assert.Equal(t, "WARN", env["NCCL_DEBUG"], "the container's own value stays")
	assert.Equal(t, "eth0", env["UCX_NET_DEVICES"])
	assert.Equal(t, []corev1.VolumeMount{
		{Name: sharedMemoryVolume, MountPath: "/shm"}, {Name: sharedMemoryVolume, MountPath: sharedMemoryPath},
		{Name: infinibandVolume, MountPath: infinibandPath},
	}, container.VolumeMounts)
	assert.True(t, *container.SecurityContext.Privileged)
	assert.Equal(t, []corev1.Capability{"IPC_LOCK", "CAP_SYS_ADMIN"}, container.SecurityContext.Capabilities.Add)
}

// TestRDMAOfContainersThatSayTheirRights: runtimes of OME v1.3 say privileged themselves, and a runtime
// that says all of the profile of before is of before.
func TestRDMAOfContainersThatSayTheirRights(t *testing.T) {
	yes, no := true, false
	for sentence, test := range map[string]struct {
		rights *corev1.SecurityContext
		want   []corev1.Capability
		ucx    int
		told   string
	}{
		"nothing":            {nil, []corev1.Capability{"IPC_LOCK", "CAP_SYS_ADMIN"}, 2, "of before OME v1.3"},
		"a user":             {&corev1.SecurityContext{RunAsUser: new(int64)}, []corev1.Capability{"IPC_LOCK", "CAP_SYS_ADMIN"}, 2, "of before OME v1.3"},
		"privileged":         {&corev1.SecurityContext{Privileged: &yes}, []corev1.Capability{"IPC_LOCK"}, 0, "of OME v1.3, without privileges"},
		"not privileged":     {&corev1.SecurityContext{Privileged: &no}, []corev1.Capability{"IPC_LOCK"}, 0, "of OME v1.3, without privileges"},
		"all that it needed": {&corev1.SecurityContext{Privileged: &yes, Capabilities: &corev1.Capabilities{Add: []corev1.Capability{"IPC_LOCK", "CAP_SYS_ADMIN"}}}, []corev1.Capability{"IPC_LOCK", "CAP_SYS_ADMIN"}, 2, "of before OME v1.3"},
	} {
		t.Run(sentence, func(t *testing.T) {
			template, in := fixture(askRDMA, onContainer(func(c *corev1.Container) { c.SecurityContext = test.rights.DeepCopy() }))
			assert.Contains(t, DescribeRDMA(template.Annotations, &template.Spec, in), test.told)
			findings, problem := IntoPodTemplate(template, in)
			require.Nil(t, problem)
			assert.Empty(t, findings)
			container := template.Spec.Containers[0]
			assert.Equal(t, test.want, container.SecurityContext.Capabilities.Add)
			assert.Len(t, container.Env, len(ociRoCEVariables())-2+test.ucx)
			require.NotNil(t, container.SecurityContext.Privileged)
			said := test.rights == nil || test.rights.Privileged == nil || *test.rights.Privileged
			assert.Equal(t, said, *container.SecurityContext.Privileged)
			again := template.DeepCopy()
			requireInjected(t, again, in)
			assert.Equal(t, test.want, again.Spec.Containers[0].SecurityContext.Capabilities.Add, "twice is as once")
		})
	}
}

func TestRDMAProfilesOfCKS(t *testing.T) {
	template := injected(t, askRDMA, annotated(v1beta1.AnnotationRDMAProfile, "cks-gb-sglang"))
	container := template.Spec.Containers[0]
	assert.Equal(t, map[string]string{
		"MC_TE_METRIC": "true", "NCCL_MNNVL_ENABLE": "1", "NCCL_CUMEM_ENABLE": "1", "NCCL_IB_ADDR_FAMILY": "AF_INET6",
		"NCCL_SOCKET_IFNAME": "eth0", "NCCL_SOCKET_FAMILY": "AF_INET6",
	}, values(container.Env))
	assert.Equal(t, &corev1.SecurityContext{Capabilities: &corev1.Capabilities{Add: []corev1.Capability{"IPC_LOCK"}}}, container.SecurityContext)
	assert.True(t, podspec.HasVolume(&template.Spec, infinibandVolume))

	networks := annotated(v1beta1.AnnotationRDMAProfile, "cks-gb-rdma", "k8s.v1.cni.cncf.io/networks",
		`[{"name":"own","namespace":"a","ips":["10.0.0.1"]},{"name":"ibs1p2-macvlan","namespace":"cw-multus"}]`)
	want, _ := fixture(askRDMA, networks)
	template = injected(t, askRDMA, networks)
	assert.Equal(t, want.Spec, template.Spec, "the annotation alone")
	text := template.Annotations["k8s.v1.cni.cncf.io/networks"]
	assert.True(t, strings.HasPrefix(text, `[{"name":"own","namespace":"a","ips":["10.0.0.1"]},{"name":"ibs1p2-macvlan","namespace":"cw-multus"},{"name":"ibs0p0-macvlan","namespace":"cw-multus"},`), text)
	assert.Equal(t, 17, strings.Count(text, `"name"`), "sixteen networks, each once, and the pod's own")

	for _, malformed := range []string{"own, other", `{"name": "own"}`, `["own"]`} {
		template, in := fixture(askRDMA, annotated(v1beta1.AnnotationRDMAProfile, "cks-gb-rdma", "k8s.v1.cni.cncf.io/networks", malformed))
		_, problem := IntoPodTemplate(template, in)
		require.NotNil(t, problem, malformed)
		assert.Equal(t, ReasonInvalid, problem.Reason)
		assert.Contains(t, problem.Message, "k8s.v1.cni.cncf.io/networks")
	}
}

func TestRDMAGivesNoPrivilegesThatAreRefused(t *testing.T) {
	refused := false
	template, in := fixture(askRDMA, onContainer(func(c *corev1.Container) {
		c.SecurityContext = &corev1.SecurityContext{AllowPrivilegeEscalation: &refused}
	}))
	findings, problem := IntoPodTemplate(template, in)
	require.Nil(t, problem)
	rights := template.Spec.Containers[0].SecurityContext
	assert.Nil(t, rights.Privileged, "Kubernetes refuses it beside allowPrivilegeEscalation false")
	assert.Equal(t, []corev1.Capability{"IPC_LOCK"}, rights.Capabilities.Add, "so it does CAP_SYS_ADMIN")
	require.Len(t, findings, 1)
	assert.Equal(t, ReasonSkipped, findings[0].Reason)
	assert.Contains(t, findings[0].Message, "allowPrivilegeEscalation false")
}

func TestRDMALeavesWhatIsMountedAtItsPaths(t *testing.T) {
	for _, shm := range []string{"/dev/shm", "/dev/shm/"} {
		template := injected(t, askRDMA, onPod(func(pod *corev1.PodSpec) {
			pod.Volumes = append(pod.Volumes, podspec.VolumeInMemory("shm"))
			pod.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "shm", MountPath: shm}}
		}))
		assert.Equal(t, []corev1.VolumeMount{{Name: "shm", MountPath: shm}, {Name: infinibandVolume, MountPath: infinibandPath}},
			template.Spec.Containers[0].VolumeMounts)
		assert.False(t, podspec.HasVolume(&template.Spec, sharedMemoryVolume), "a volume that nothing mounts")
	}
}

// TestRDMAGivesTheVolumesThatMountsWaitFor: OME's catalogue mounts the volumes of the injection itself, and
// Kubernetes refuses a mount of a volume that the pod does not have.
func TestRDMAGivesTheVolumesThatMountsWaitFor(t *testing.T) {
	template := injected(t, askRDMA, onPod(func(pod *corev1.PodSpec) {
		pod.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: sharedMemoryVolume, MountPath: sharedMemoryPath}, {Name: "devices", MountPath: infinibandPath}}
	}))
	assert.Len(t, template.Spec.Containers[0].VolumeMounts, 2)
	volumes := map[string]corev1.VolumeSource{}
	for _, volume := range template.Spec.Volumes {
		volumes[volume.Name] = volume.VolumeSource
	}
	assert.NotNil(t, volumes[sharedMemoryVolume].EmptyDir)
	assert.False(t, podspec.HasVolume(&template.Spec, infinibandVolume), "a volume that nothing mounts")
	assert.NotNil(t, volumes["devices"].HostPath)
}

func TestRDMAWithoutItsContainerIsNoted(t *testing.T) {
	elsewhere := annotated(v1beta1.AnnotationRDMAContainerName, "elsewhere")
	cases := map[string]struct {
		changes  []change
		findings int
	}{
		"a pod with the model says so":                     {[]change{askRDMA, elsewhere}, 1},
		"a router is spared":                               {[]change{askRDMA, elsewhere, asRouter}, 0},
		"a router's runner of another name gets no rights": {[]change{askRDMA, named("server"), asRouter}, 0},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			want, _ := fixture(c.changes...)
			template, in := fixture(c.changes...)
			findings, problem := IntoPodTemplate(template, in)
			require.Nil(t, problem)
			assert.Equal(t, want.Spec, template.Spec)
			assert.Len(t, findings, c.findings)
		})
	}
}

func requireInjected(t *testing.T, template *corev1.PodTemplateSpec, in Input) {
	t.Helper()
	_, problem := IntoPodTemplate(template, in)
	require.Nil(t, problem)
}
