package modes

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/internal/omecases"
	"github.com/isvc-io/isvc/modes/inject"
)

// webhookPod applies the patch that OME's webhook makes to a component's pod.
func webhookPod(t *testing.T, name string, c *Component) map[string]any {
	t.Helper()
	before, err := json.Marshal(asTree(t, corev1.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: c.Annotations}, Spec: c.Pod}))
	require.NoError(t, err)
	after, err := omecases.Get(t, name).PodPatches(t)[0].Apply(before)
	require.NoError(t, err)
	var pod map[string]any
	require.NoError(t, json.Unmarshal(after, &pod))
	return pod
}

// asTree is an object as it is sent, without empty values.
func asTree(t *testing.T, object any) map[string]any {
	t.Helper()
	text, err := json.Marshal(object)
	require.NoError(t, err)
	tree := map[string]any{}
	require.NoError(t, json.Unmarshal(text, &tree))
	return tree
}

// recordedWeight is the fine-tuned weight of a case; nil without.
func recordedWeight(t *testing.T, name string) *v1beta1.FineTunedWeight {
	t.Helper()
	text := omecases.Get(t, name).Data(omecases.Weights)
	if text == nil {
		return nil
	}
	weight := &v1beta1.FineTunedWeight{}
	require.NoError(t, yaml.Unmarshal(text, weight))
	return weight
}

func TestTemplateEqualsThePodThatOMEsWebhookMakes(t *testing.T) {
	for sentence, folder := range map[string]string{
		"nothing asked for":               "001-raw-minimal",
		"an adapter":                      "188-ftw-adapter",
		"merged weights":                  "190-ftw-merged",
		"an adapter in front of a router": "193-ftw-with-router",
		"RDMA":                            "218-rdma",
		"model-init":                      "221-model-init",
		"a serving sidecar":               "223-serving-sidecar",
	} {
		t.Run(sentence, func(t *testing.T) {
			c := recordedEngine(t, folder, v1beta1.EngineComponent)
			c.Injection.Weight = recordedWeight(t, folder)
			env := sampleEnv(recordedConfig(t, folder))
			template, _, problem := makePodTemplate(env, c, c.Pod.DeepCopy(), c.Labels, c.Annotations)
			require.Nil(t, problem)
			got := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: template.Annotations}, Spec: template.Spec}
			want := webhookPod(t, folder, c)
			at(t, want, false, "spec", "enableServiceLinks")
			assert.Equal(t, tree(want), tree(got))
		})
	}
}

// podsIn are the pods of the templates of a component's workloads, without its prober.
func podsIn(t *testing.T, objects Objects) []corev1.PodSpec {
	t.Helper()
	var pods []corev1.PodSpec
	for _, object := range objects {
		tree := asTree(t, object)
		mode, isWorkload := OfWorkload(kinds.New(tree["kind"].(string), tree["apiVersion"].(string)))
		if !isWorkload {
			continue
		}
		for _, found := range mode.FindPodTemplates(tree) {
			text, err := json.Marshal(found.Template["spec"])
			require.NoError(t, err)
			var pod corev1.PodSpec
			require.NoError(t, json.Unmarshal(text, &pod))
			if pod.Containers[0].Name != "multinode-prober" {
				pods = append(pods, pod)
			}
		}
	}
	require.NotEmpty(t, pods)
	return pods
}

func TestPodsOfEveryModeHaveTheNetworkDefaults(t *testing.T) {
	on := true
	for sentence, test := range map[string]struct {
		given corev1.PodSpec
		links bool
		dns   corev1.DNSPolicy // empty for the default of the mode
	}{
		"no service links":                           {corev1.PodSpec{}, false, ""},
		"service links that are asked for":           {corev1.PodSpec{EnableServiceLinks: &on}, true, ""},
		"names of the cluster in the node's network": {corev1.PodSpec{HostNetwork: true}, false, corev1.DNSClusterFirstWithHostNet},
		"another policy in the node's network":       {corev1.PodSpec{HostNetwork: true, DNSPolicy: corev1.DNSClusterFirst}, false, corev1.DNSClusterFirst},
		"another policy in the network of the pod":   {corev1.PodSpec{DNSPolicy: corev1.DNSDefault}, false, corev1.DNSDefault},
	} {
		for _, mode := range All() {
			t.Run(sentence+"/"+string(mode.Name), func(t *testing.T) {
				c := sampleComponent(v1beta1.EngineComponent, mode.Name, func(c *Component) {
					c.Pod.EnableServiceLinks, c.Pod.HostNetwork, c.Pod.DNSPolicy = test.given.EnableServiceLinks, test.given.HostNetwork, test.given.DNSPolicy
					c.Worker = c.Pod.DeepCopy()
				})
				for _, pod := range podsIn(t, built(t, sampleEnv(withProber), c)) {
					assert.Equal(t, &test.links, pod.EnableServiceLinks)
					if test.dns != "" {
						assert.Equal(t, test.dns, pod.DNSPolicy)
					}
				}
			})
		}
	}
}

func TestVariablesOfEveryModeStandAfterWhatTheyReferTo(t *testing.T) {
	for _, mode := range All() {
		t.Run(string(mode.Name), func(t *testing.T) {
			c := sampleComponent(v1beta1.EngineComponent, mode.Name, func(c *Component) {
				for _, list := range []*[]corev1.Container{&c.Pod.Containers, &c.Pod.InitContainers} {
					*list = append(*list, corev1.Container{Env: []corev1.EnvVar{{Name: "A", Value: "$(B)"}, {Name: "B"}}})
				}
				c.Worker = c.Pod.DeepCopy()
			})
			for _, pod := range podsIn(t, built(t, sampleEnv(withProber), c)) {
				for _, list := range [][]corev1.Container{pod.Containers, pod.InitContainers} {
					assert.Equal(t, "B", list[len(list)-1].Env[0].Name)
				}
			}
		})
	}
}

func TestTemplateMetadata(t *testing.T) {
	c := sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment)
	labels := map[string]string{"app": "chat-engine", "team": "Team A"}
	template, _, problem := makePodTemplate(sampleEnv(), c, c.Pod.DeepCopy(), labels, c.Annotations)
	require.Nil(t, problem)
	assert.Empty(t, template.Name)
	assert.Empty(t, template.Namespace)
	assert.Equal(t, "chat", template.Labels["serving.ome.io/inferenceservice"])
	assert.Regexp(t, "^[a-z0-9]{8}-Team-A$", template.Labels["team"], "a value that is not legal is made legal")
	assert.NotContains(t, labels, "serving.ome.io/inferenceservice", "the argument stays as it is")
}

func TestTemplateLeavesTheComponentAlone(t *testing.T) {
	c := sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment, func(c *Component) {
		c.Annotations[v1beta1.AnnotationRDMAAutoInject] = "true"
	})
	before := sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment, func(c *Component) {
		c.Annotations[v1beta1.AnnotationRDMAAutoInject] = "true"
	})
	template, _, problem := makePodTemplate(sampleEnv(), c, c.Pod.DeepCopy(), c.Labels, c.Annotations)
	require.Nil(t, problem)
	assert.NotEqual(t, before.Pod, template.Spec)
	assert.Equal(t, before, c)
}

func TestTemplateProblemsNameTheService(t *testing.T) {
	c := sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment, func(c *Component) {
		c.Annotations[v1beta1.AnnotationInjectModelInit] = "true"
	})
	objects, problem := objectsOf(BuildComponent(sampleEnv(func(env *Env) { env.Config.ModelInit.Image = "" }), c))
	require.NotNil(t, problem)
	assert.Empty(t, objects)
	assert.Equal(t, inject.ReasonConfigMissing, problem.Reason)
	assert.Contains(t, problem.Message, "engine of InferenceService team-a/chat")
}

func TestDefaultPodKeepsWhatIsGiven(t *testing.T) {
	pod := corev1.PodSpec{
		DNSPolicy:     corev1.DNSDefault,
		RestartPolicy: corev1.RestartPolicyNever, ActiveDeadlineSeconds: ptr.To[int64](600),
		InitContainers: []corev1.Container{{Name: "init"}},
		Containers:     []corev1.Container{{Name: "runner", ImagePullPolicy: corev1.PullAlways}},
	}
	applyPodDefaults(&pod)
	assert.Equal(t, corev1.DNSDefault, pod.DNSPolicy)
	assert.Equal(t, corev1.RestartPolicyAlways, pod.RestartPolicy, "Kubernetes refuses anything else in a Deployment")
	assert.Nil(t, pod.ActiveDeadlineSeconds, "Kubernetes refuses it in a Deployment")
	assert.Equal(t, corev1.PullAlways, pod.Containers[0].ImagePullPolicy)
	assert.Equal(t, "/dev/termination-log", pod.Containers[0].TerminationMessagePath)
	assert.Equal(t, corev1.Container{Name: "init"}, pod.InitContainers[0], "init containers get no defaults")
}

func TestDefaultReadiness(t *testing.T) {
	own := &corev1.Probe{PeriodSeconds: 7}
	cases := map[string]struct {
		container corev1.Container
		port      int
	}{
		"the main container is asked on its port": {corev1.Container{Name: "ome-container", Ports: []corev1.ContainerPort{{ContainerPort: 9000}}}, 9000},
		"without a port it is 8080":               {corev1.Container{Name: "ome-container"}, 8080},
		"another container is not asked":          {corev1.Container{Name: "server"}, 0},
		"a probe of its own stays":                {corev1.Container{Name: "ome-container", ReadinessProbe: own}, 0},
		"a UDP port is not one to connect to":     {corev1.Container{Name: "ome-container", Ports: []corev1.ContainerPort{{ContainerPort: 53, Protocol: corev1.ProtocolUDP}, {ContainerPort: 9000}}}, 9000},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			pod := corev1.PodSpec{Containers: []corev1.Container{c.container}}
			addDefaultReadinessProbe(&pod)
			probe := pod.Containers[0].ReadinessProbe
			if c.port == 0 {
				assert.Equal(t, c.container.ReadinessProbe, probe)
				return
			}
			require.NotNil(t, probe)
			assert.Equal(t, c.port, probe.TCPSocket.Port.IntValue())
		})
	}
}
