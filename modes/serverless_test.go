package modes

import (
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"knative.dev/pkg/kmap"
	knativeconfig "knative.dev/serving/pkg/apis/config"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/internal/omecases"
)

func knativeService(t *testing.T, env *Env, c *Component) *servingv1.Service {
	t.Helper()
	service, _ := knativeServiceAndFindings(t, env, c)
	return service
}

func knativeServiceAndFindings(t *testing.T, env *Env, c *Component) (*servingv1.Service, []finding.Finding) {
	t.Helper()
	made, problem := BuildComponent(env, c)
	require.Nil(t, problem)
	require.Len(t, made.Objects, 1)
	return find[*servingv1.Service](t, made.Objects), made.Findings
}

func TestServerlessEqualsOMEExceptForThePortName(t *testing.T) {
	want := recordedObject(t, "020-serverless-rps-canary", omecases.Children, "Service", "chat-engine")
	at(t, want, "http1", "spec", "template", "spec", "containers", 0, "ports", 0, "name")
	at(t, want, "chat", "spec", "template", "metadata", "labels", "serving.ome.io/inferenceservice")
	injected(t, want, "spec", "template")

	c := sampleComponent(v1beta1.EngineComponent, v1beta1.Serverless, func(c *Component) {
		c.Pod = recordedPod(t, want, "spec", "template", "spec")
		c.Pod.Containers[0].Ports[0].Name = "http"
		c.Scaling = Scaling{Autoscaler: AutoscalerKnative, Min: 0, Max: 5, Metric: "rps", Target: ptr.To(int32(50))}
		c.Canary = Canary{Percent: ptr.To(int64(20)), Previous: "chat-engine-00007"}
	})
	assert.Equal(t, want, tree(knativeService(t, sampleEnv(), c)))
}

func TestServerlessAnnotations(t *testing.T) {
	type kv = map[string]string
	for name, test := range map[string]struct {
		scaling     Scaling
		annotations kv
		template    kv
		service     kv
		absent      []string
	}{
		"without settings Knative's pod autoscaler follows its own default": {
			scaling:  Scaling{Min: 1},
			template: kv{"autoscaling.knative.dev/class": "kpa.autoscaling.knative.dev", "autoscaling.knative.dev/min-scale": "1"},
			absent:   []string{"autoscaling.knative.dev/max-scale", "autoscaling.knative.dev/target", "autoscaling.knative.dev/metric"},
		},
		"cpu needs the class that can follow it": {
			scaling:  Scaling{Min: 1, Max: 3, Metric: "cpu", Target: ptr.To(int32(70))},
			template: kv{"autoscaling.knative.dev/class": "hpa.autoscaling.knative.dev", "autoscaling.knative.dev/target": "70", "autoscaling.knative.dev/metric": "cpu"},
		},
		"memory by annotation needs that class too": {
			scaling:     Scaling{Min: 1, Max: 3},
			annotations: kv{"autoscaling.knative.dev/metric": "memory"},
			template:    kv{"autoscaling.knative.dev/class": "hpa.autoscaling.knative.dev"},
		},
		"a class of the user's stays": {
			scaling:     Scaling{Min: 1, Metric: "cpu"},
			annotations: kv{"autoscaling.knative.dev/class": "keda.autoscaling.knative.dev"},
			template:    kv{"autoscaling.knative.dev/class": "keda.autoscaling.knative.dev"},
		},
		"fields win over annotations": {
			scaling:     Scaling{Min: 0, Max: 4, Metric: "rps"},
			annotations: kv{"autoscaling.knative.dev/metric": "concurrency", "autoscaling.knative.dev/max-scale": "9"},
			template:    kv{"autoscaling.knative.dev/metric": "rps", "autoscaling.knative.dev/max-scale": "4", "autoscaling.knative.dev/min-scale": "0"},
		},
		"a negative minimum is zero": {
			scaling:  Scaling{Min: -1, Max: 4},
			template: kv{"autoscaling.knative.dev/min-scale": "0"},
		},
		"what Knative reads on the Service moves there": {
			scaling:     Scaling{Min: 1},
			annotations: kv{"serving.knative.dev/rollout-duration": "380s", "serving.knative.openshift.io/enablePassthrough": "true"},
			service:     kv{"serving.knative.dev/rollout-duration": "380s", "serving.knative.openshift.io/enablePassthrough": "true"},
			absent:      []string{"serving.knative.dev/rollout-duration", "serving.knative.openshift.io/enablePassthrough"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := sampleComponent(v1beta1.EngineComponent, v1beta1.Serverless, func(c *Component) {
				c.Scaling, c.Annotations = test.scaling, test.annotations
			})
			service := knativeService(t, sampleEnv(), c)
			for key, value := range test.template {
				assert.Equal(t, value, service.Spec.Template.Annotations[key], key)
			}
			for _, key := range test.absent {
				assert.NotContains(t, service.Spec.Template.Annotations, key)
			}
			assert.Equal(t, kmap.Union(test.service), kmap.Union(service.Annotations))
		})
	}
}

func TestServerlessTraffic(t *testing.T) {
	all := []servingv1.TrafficTarget{{LatestRevision: ptr.To(true), Percent: ptr.To(int64(100))}}
	for name, test := range map[string]struct {
		canary Canary
		tags   bool
		want   []servingv1.TrafficTarget
	}{
		"without a canary all goes to the latest revision": {want: all},
		"the first revision has nothing to share with":     {canary: Canary{Percent: ptr.To(int64(20))}, want: all},
		"a finished canary leaves the previous revision":   {canary: Canary{Percent: ptr.To(int64(100)), Previous: "r1"}, want: all},
		"a share beyond 100 percent is all of it":          {canary: Canary{Percent: ptr.To(int64(140)), Previous: "r1"}, want: all},
		"a canary of nothing still has its revision": {
			canary: Canary{Percent: ptr.To(int64(0)), Previous: "r1"},
			want: []servingv1.TrafficTarget{
				{LatestRevision: ptr.To(true), Percent: ptr.To(int64(0))},
				{RevisionName: "r1", LatestRevision: ptr.To(false), Percent: ptr.To(int64(100)), Tag: "prev"},
			},
		},
		"tags give the latest revision a URL of its own": {
			canary: Canary{Percent: ptr.To(int64(20)), Previous: "r1"}, tags: true,
			want: []servingv1.TrafficTarget{
				{LatestRevision: ptr.To(true), Percent: ptr.To(int64(20)), Tag: "latest"},
				{RevisionName: "r1", LatestRevision: ptr.To(false), Percent: ptr.To(int64(80)), Tag: "prev"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := sampleComponent(v1beta1.EngineComponent, v1beta1.Serverless, func(c *Component) {
				c.Canary = test.canary
				if test.tags {
					c.Annotations[v1beta1.AnnotationEnableTagRouting] = "true"
				}
			})
			assert.Equal(t, test.want, knativeService(t, sampleEnv(), c).Spec.Traffic)
		})
	}
}

func TestServerlessPodIsOneThatKnativeTakes(t *testing.T) {
	sidecar := corev1.Container{Image: "metrics:1", Ports: []corev1.ContainerPort{{ContainerPort: 9100}}}
	httpProbe := func(port intstr.IntOrString) *corev1.Probe {
		return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/health", Port: port}}}
	}
	for name, test := range map[string]struct {
		change func(*Component)
		names  []string
		ports  [][]corev1.ContainerPort
		check  func(*testing.T, corev1.PodSpec)
	}{
		"the port name http becomes one of Knative's": {
			names: []string{"ome-container"},
			ports: [][]corev1.ContainerPort{{{Name: "http1", ContainerPort: 8080}}},
		},
		"a port for gRPC says so": {
			change: func(c *Component) { c.Pod.Containers[0].Ports[0].Name = "grpc" },
			names:  []string{"ome-container"},
			ports:  [][]corev1.ContainerPort{{{Name: "h2c", ContainerPort: 8080}}},
		},
		"a single container without a name gets Knative's": {
			change: func(c *Component) { c.Pod.Containers[0].Name, c.Runner = "", "" },
			names:  []string{"user-container"},
			ports:  [][]corev1.ContainerPort{{{Name: "http1", ContainerPort: 8080}}},
		},
		"a sidecar without a name is numbered, and its port is not declared": {
			change: func(c *Component) { c.Pod.Containers = append([]corev1.Container{sidecar}, c.Pod.Containers...) },
			names:  []string{"user-container-0", "ome-container"},
			ports:  [][]corev1.ContainerPort{nil, {{Name: "http1", ContainerPort: 8080}}},
		},
		"beside a sidecar the runner's port is declared": {
			change: func(c *Component) {
				c.Pod.Containers[0].Ports = nil
				c.Pod.Containers = append(c.Pod.Containers, corev1.Container{Name: "side", Image: "side:1"})
			},
			names: []string{"ome-container", "side"},
			ports: [][]corev1.ContainerPort{{{ContainerPort: 8080, Protocol: corev1.ProtocolTCP}}, nil},
		},
		"only the first port of the runner is kept, and probes find it by number": {
			change: func(c *Component) {
				c.Pod.Containers[0].Ports = []corev1.ContainerPort{{Name: "api", ContainerPort: 9000}, {Name: "metrics", ContainerPort: 9002}}
				c.Pod.Containers[0].ReadinessProbe = httpProbe(intstr.FromString("api"))
				c.Pod.Containers[0].LivenessProbe = httpProbe(intstr.FromInt32(9002))
			},
			names: []string{"ome-container"},
			ports: [][]corev1.ContainerPort{{{Name: "http1", ContainerPort: 9000}}},
			check: func(t *testing.T, pod corev1.PodSpec) {
				assert.Equal(t, intstr.FromInt32(9000), pod.Containers[0].ReadinessProbe.HTTPGet.Port)
				assert.Equal(t, intstr.FromInt32(9002), pod.Containers[0].LivenessProbe.HTTPGet.Port)
			},
		},
		"a port of the node is left out": {
			change: func(c *Component) {
				c.Pod.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: 9000, HostPort: 80, HostIP: "10.0.0.1"}}
			},
			names: []string{"ome-container"},
			ports: [][]corev1.ContainerPort{{{ContainerPort: 9000}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := sampleEnv()
			c := sampleComponent(v1beta1.EngineComponent, v1beta1.Serverless)
			if test.change != nil {
				test.change(c)
			}
			before := c.Pod.DeepCopy()
			service, _ := knativeServiceAndFindings(t, env, c)
			pod := service.Spec.Template.Spec.PodSpec
			for i, container := range pod.Containers {
				assert.Equal(t, test.names[i], container.Name)
				assert.Equal(t, test.ports[i], container.Ports)
			}
			if test.check != nil {
				test.check(t, pod)
			}
			assert.Equal(t, before, &c.Pod, "the component must stay as it is")
			assert.Empty(t, knativeComplaint(service))
		})
	}
}

func TestServerlessIsAtRestAfterKnativeDefaults(t *testing.T) {
	c := sampleComponent(v1beta1.EngineComponent, v1beta1.Serverless, func(c *Component) {
		c.Canary = Canary{Percent: ptr.To(int64(20)), Previous: "chat-engine-00007"}
		c.Pod.Containers = append(c.Pod.Containers, corev1.Container{Image: "side:1"})
		c.Pod.InitContainers = []corev1.Container{{Image: "init:1"}}
	})
	service := knativeService(t, sampleEnv(), c)
	stored := service.DeepCopy()
	stored.SetDefaults(t.Context())

	assert.Equal(t, stored.Spec.Traffic, service.Spec.Traffic)
	for i, container := range stored.Spec.Template.Spec.Containers {
		assert.Equal(t, container.Name, service.Spec.Template.Spec.Containers[i].Name)
	}
	assert.Equal(t, "init-container", service.Spec.Template.Spec.InitContainers[0].Name)
}

func TestServerlessNotesWhatKnativeNeeds(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Component)
		reason string
		says   []string
	}{
		"a model on the node needs host paths and node selectors": {
			reason: ReasonKnativeFeatureNeeded,
			says:   []string{"config-features", "kubernetes.podspec-nodeselector", "kubernetes.podspec-volumes-hostpath"},
		},
		"tolerations, affinity and init containers need features": {
			change: func(c *Component) {
				c.Pod.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
				c.Pod.Affinity = &corev1.Affinity{}
				c.Pod.InitContainers = []corev1.Container{{Name: "init", Image: "init:1"}}
			},
			reason: ReasonKnativeFeatureNeeded,
			says:   []string{"kubernetes.podspec-tolerations", "kubernetes.podspec-affinity", "kubernetes.podspec-init-containers"},
		},
		"a claim that is written to needs two features": {
			change: func(c *Component) {
				c.Pod.Volumes[0].VolumeSource = corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "x"}}
			},
			reason: ReasonKnativeFeatureNeeded,
			says:   []string{"kubernetes.podspec-persistent-volume-claim", "kubernetes.podspec-persistent-volume-write"},
		},
		"a field that Knative never takes is named": {
			change: func(c *Component) { c.Pod.TerminationGracePeriodSeconds = ptr.To(int64(60)) },
			reason: ReasonKnativeRefuses,
			says:   []string{"terminationGracePeriodSeconds"},
		},
		"a limit of Knative's is named": {
			change: func(c *Component) { c.Extension.TimeoutSeconds = ptr.To(int64(3600)) },
			reason: ReasonKnativeRefuses,
			says:   []string{"timeoutSeconds", "config-defaults"},
		},
		"scale to zero by cpu does not work": {
			change: func(c *Component) { c.Scaling = Scaling{Min: 0, Max: 3, Metric: "cpu"} },
			reason: ReasonFieldIgnored,
			says:   []string{"spec.engine.minReplicas", "concurrency or rps"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := sampleEnv()
			c := sampleComponent(v1beta1.EngineComponent, v1beta1.Serverless)
			if test.change != nil {
				test.change(c)
			}
			_, findings := knativeServiceAndFindings(t, env, c)
			for _, found := range findings {
				if found.Reason == test.reason {
					for _, text := range test.says {
						assert.Contains(t, found.Message, text)
					}
					return
				}
			}
			assert.Failf(t, "finding missing", "%s not in %v", test.reason, findings)
		})
	}
}

func TestServerlessPlainPodNeedsNoFeature(t *testing.T) {
	_, findings := knativeServiceAndFindings(t, sampleEnv(), sampleComponent(v1beta1.EngineComponent, v1beta1.Serverless, func(c *Component) {
		c.Pod.NodeSelector, c.Pod.Volumes, c.Pod.Containers[0].VolumeMounts = nil, nil, nil
	}))
	assert.Empty(t, findings)
}

func TestServerlessLabels(t *testing.T) {
	c := sampleComponent(v1beta1.EngineComponent, v1beta1.Serverless, func(c *Component) {
		c.Labels[v1beta1.LabelKnativeVisibility] = v1beta1.VisibilityClusterLocal
		c.QueueLabels = map[string]string{"kueue.x-k8s.io/queue-name": "q"}
	})
	service := knativeService(t, sampleEnv(), c)
	assert.Equal(t, "cluster-local", service.Labels[v1beta1.LabelKnativeVisibility])
	assert.NotContains(t, service.Spec.Template.Labels, v1beta1.LabelKnativeVisibility)
	assert.Equal(t, "q", service.Labels["kueue.x-k8s.io/queue-name"])
	assert.Equal(t, "q", service.Spec.Template.Labels["kueue.x-k8s.io/queue-name"])
}

func TestServerlessTakesAnyPod(t *testing.T) {
	for name, pod := range map[string]corev1.PodSpec{
		"no containers":                {},
		"a container without anything": {Containers: []corev1.Container{{}}},
		"probes without handlers": {Containers: []corev1.Container{{
			Name: "ome-container", ReadinessProbe: &corev1.Probe{}, LivenessProbe: &corev1.Probe{PeriodSeconds: -1}, StartupProbe: &corev1.Probe{},
		}}},
		"volumes and mounts that do not match": {
			Containers: []corev1.Container{{
				Name: "ome-container", Image: ":::", VolumeMounts: []corev1.VolumeMount{{}, {Name: "x", MountPath: "relative"}},
				Env: []corev1.EnvVar{{}, {Name: "A", ValueFrom: &corev1.EnvVarSource{}}}, EnvFrom: []corev1.EnvFromSource{{}},
				Ports:           []corev1.ContainerPort{{ContainerPort: -1, HostPort: 99999}},
				SecurityContext: &corev1.SecurityContext{Capabilities: &corev1.Capabilities{}},
			}},
			InitContainers: []corev1.Container{{}, {}},
			Volumes:        []corev1.Volume{{}, {Name: "y", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{{}}}}}},
		},
		"names of containers that all clash": {Containers: []corev1.Container{
			{Name: "user-container"}, {}, {Name: "user-container-0"}, {}, {Name: "user-container"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			env := sampleEnv()
			service := knativeService(t, env, sampleComponent(v1beta1.EngineComponent, v1beta1.Serverless, func(c *Component) { c.Pod = pod }))
			assert.Len(t, service.Spec.Template.Spec.Containers, len(pod.Containers))
			for _, container := range service.Spec.Template.Spec.Containers {
				assert.NotEmpty(t, container.Name)
			}
		})
	}
}

func TestServerlessNameFitsALabel(t *testing.T) {
	c := sampleComponent(v1beta1.EngineComponent, v1beta1.Serverless, named("a-service-with-a-name-of-sixty-characters-which-is-quite-long"))
	assert.LessOrEqual(t, len(knativeService(t, sampleEnv(), c).Name), 63)
}

func TestServerlessNeedsKnative(t *testing.T) {
	objects, problem := objectsOf(BuildComponent(sampleEnv(withoutKind(kinds.KnativeService)), sampleComponent(v1beta1.EngineComponent, v1beta1.Serverless)))
	require.NotNil(t, problem)
	assert.Empty(t, objects)
	assert.Equal(t, ReasonKindNotInstalled, problem.Reason)
	assert.Contains(t, problem.Message, "serving.knative.dev/v1")
}

// podsThatNeedFeatures are a change for each flag that a plain pod does not need and the changed one
// does.
func podsThatNeedFeatures() map[string]func(*corev1.PodSpec) {
	volume := func(source corev1.VolumeSource) func(*corev1.PodSpec) {
		return func(p *corev1.PodSpec) {
			p.Volumes = []corev1.Volume{{Name: "v", VolumeSource: source}}
			p.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "v", MountPath: "/v", ReadOnly: true}}
		}
	}
	return map[string]func(*corev1.PodSpec){
		"kubernetes.podspec-nodeselector": func(p *corev1.PodSpec) { p.NodeSelector = map[string]string{"a": "b"} },
		"kubernetes.podspec-affinity":     func(p *corev1.PodSpec) { p.Affinity = &corev1.Affinity{} },
		"kubernetes.podspec-tolerations": func(p *corev1.PodSpec) {
			p.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
		},
		"kubernetes.podspec-topologyspreadconstraints": func(p *corev1.PodSpec) {
			p.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{MaxSkew: 1}}
		},
		"kubernetes.podspec-init-containers": func(p *corev1.PodSpec) {
			p.InitContainers = []corev1.Container{{Name: "init", Image: "init:1"}}
		},
		"kubernetes.podspec-volumes-hostpath": volume(corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/models"}}),
		"kubernetes.podspec-persistent-volume-claim": volume(corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "c", ReadOnly: true}}),
		"kubernetes.podspec-persistent-volume-write": volume(corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "c"}}),
		"kubernetes.podspec-volumes-csi":       volume(corev1.VolumeSource{CSI: &corev1.CSIVolumeSource{Driver: "d"}}),
		"kubernetes.podspec-volumes-ephemeral": volume(corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{}}),
		"kubernetes.podspec-volumes-image":     volume(corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: "i:1"}}),
		"kubernetes.podspec-volumes-mount-propagation": func(p *corev1.PodSpec) {
			volume(corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}})(p)
			p.Containers[0].VolumeMounts[0].MountPropagation = ptr.To(corev1.MountPropagationHostToContainer)
		},
		"kubernetes.podspec-fieldref": func(p *corev1.PodSpec) {
			p.Containers[0].Env = []corev1.EnvVar{{Name: "A", ValueFrom: &corev1.EnvVarSource{
				FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}}}
		},
		"kubernetes.containerspec-addcapabilities": func(p *corev1.PodSpec) {
			p.Containers[0].SecurityContext = &corev1.SecurityContext{Capabilities: &corev1.Capabilities{Add: []corev1.Capability{"IPC_LOCK"}}}
		},
		"kubernetes.podspec-runtimeclassname":      func(p *corev1.PodSpec) { p.RuntimeClassName = ptr.To("nvidia") },
		"kubernetes.podspec-priorityclassname":     func(p *corev1.PodSpec) { p.PriorityClassName = "high" },
		"kubernetes.podspec-schedulername":         func(p *corev1.PodSpec) { p.SchedulerName = "volcano" },
		"kubernetes.podspec-securitycontext":       func(p *corev1.PodSpec) { p.SecurityContext = &corev1.PodSecurityContext{FSGroup: ptr.To[int64](1)} },
		"kubernetes.podspec-shareprocessnamespace": func(p *corev1.PodSpec) { p.ShareProcessNamespace = ptr.To(true) },
		"kubernetes.podspec-hostipc":               func(p *corev1.PodSpec) { p.HostIPC = true },
		"kubernetes.podspec-hostpid":               func(p *corev1.PodSpec) { p.HostPID = true },
		"kubernetes.podspec-hostnetwork":           func(p *corev1.PodSpec) { p.HostNetwork = true },
		"kubernetes.podspec-hostaliases":           func(p *corev1.PodSpec) { p.HostAliases = []corev1.HostAlias{{IP: "10.0.0.1"}} },
		"kubernetes.podspec-dnspolicy":             func(p *corev1.PodSpec) { p.DNSPolicy = corev1.DNSDefault },
		"kubernetes.podspec-dnsconfig":             func(p *corev1.PodSpec) { p.DNSConfig = &corev1.PodDNSConfig{Searches: []string{"x"}} },
		"multi-container-probing": func(p *corev1.PodSpec) {
			p.Containers = append(p.Containers, corev1.Container{Name: "side", Image: "side:1", ReadinessProbe: &corev1.Probe{
				ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(1)}}}})
		},
	}
}

// TestFeaturesAreThoseThatKnativeAsksFor compares the flags that we name with Knative's own admission:
// with them it takes the pod, and without any of them it does not.
func TestFeaturesAreThoseThatKnativeAsksFor(t *testing.T) {
	pods := podsThatNeedFeatures()
	for _, feature := range knativeFeatureFlags() {
		assert.Contains(t, pods, feature.flag)
	}
	for flag, change := range pods {
		t.Run(flag, func(t *testing.T) {
			c := sampleComponent(v1beta1.EngineComponent, v1beta1.Serverless, func(c *Component) {
				c.Pod.NodeSelector, c.Pod.Volumes, c.Pod.Containers[0].VolumeMounts = nil, nil, nil
				change(&c.Pod)
			})
			service, findings := knativeServiceAndFindings(t, sampleEnv(), c)
			needed := neededKnativeFeatures(&service.Spec.Template.Spec.PodSpec)
			require.Contains(t, needed, flag)
			assert.Equal(t, []string{ReasonKnativeFeatureNeeded}, reasonsOf(findings))
			assert.Empty(t, knativeRefusal(service, needed), "Knative takes the pod with these features")
			for i := range needed {
				assert.NotEmpty(t, knativeRefusal(service, slices.Delete(slices.Clone(needed), i, i+1)), "Knative takes the pod without %s", needed[i])
			}
		})
	}
}

// TestEveryFeatureOfKnativeIsKnown: a flag that Knative's package adds and that is off by default is
// either named to users or listed here.
func TestEveryFeatureOfKnativeIsKnown(t *testing.T) {
	letNoPodIn := []string{
		"QueueProxyMountPodInfo", "QueueProxyResourceDefaults", "TagHeaderBasedRouting", "AutoDetectHTTP2", // about Knative's own containers and routes
		"SecurePodDefaults", // changes what pods say; podspec-securitycontext lets in what it would
	}
	flags := map[string]string{}
	for _, feature := range knativeFeatureFlags() {
		flags[feature.flag] = string(knativeconfig.Enabled)
	}
	on, err := knativeconfig.NewFeaturesConfigFromMap(flags)
	require.NoError(t, err)
	var off []string
	for field, value := range reflect.ValueOf(*on).Fields() {
		if value.Interface() == knativeconfig.Disabled {
			off = append(off, field.Name)
		}
	}
	assert.ElementsMatch(t, letNoPodIn, off)
}

// TestKnativeTakesWhatIsInjected: what isvc adds by itself is never what Knative refuses, except for
// rights that RDMA cannot do without; then the finding says so.
func TestKnativeTakesWhatIsInjected(t *testing.T) {
	for name, test := range map[string]struct {
		annotation, value string
		refused           string
	}{
		"nothing":           {},
		"the model's agent": {annotation: v1beta1.AnnotationInjectModelInit, value: "true"},
		"the sidecar":       {annotation: v1beta1.AnnotationInjectServingSidecar, value: "true"},
		"the adapter":       {annotation: v1beta1.AnnotationInjectFineTunedAdapter, value: "ftw-1"},
		"RDMA":              {annotation: v1beta1.AnnotationRDMAAutoInject, value: "true", refused: "securityContext.privileged"},
	} {
		t.Run(name, func(t *testing.T) {
			env := sampleEnv(func(env *Env) {
				agent := config.Injector{Image: "agent:1", CompartmentID: "c", AuthType: "InstancePrincipal", VaultID: "v"}
				env.Config.ModelInit, env.Config.ServingSidecar, env.Config.FineTunedAdapter = agent, agent, agent
			})
			c := sampleComponent(v1beta1.EngineComponent, v1beta1.Serverless, func(c *Component) {
				if test.annotation != "" {
					c.Annotations[test.annotation] = test.value
				}
				c.Annotations[v1beta1.AnnotationFineTunedStrategy] = "lora"
				c.Injection.Weight = &v1beta1.FineTunedWeight{ObjectMeta: metav1.ObjectMeta{Name: "ftw-1"}}
				c.Injection.Weight.Spec.Storage = &v1beta1.StorageSpec{StorageURI: "oci://n/ns1/b/bucket/o/ftw-1"}
				c.PodAnnotations = c.Annotations
			})
			_, findings := knativeServiceAndFindings(t, env, c)
			var refusals []string
			for _, found := range findings {
				if found.Reason == ReasonKnativeRefuses {
					refusals = append(refusals, found.Message)
				}
			}
			if test.refused == "" {
				assert.Empty(t, refusals)
				return
			}
			require.Len(t, refusals, 1)
			assert.Contains(t, refusals[0], test.refused)
		})
	}
}

// TestKnativesRefusalsAreFound: what Knative refuses in any part of its Service is found, because its
// own admission says so.
func TestKnativesRefusalsAreFound(t *testing.T) {
	for field, change := range map[string]func(*Component){
		"containers[0].lifecycle": func(c *Component) { c.Pod.Containers[0].Lifecycle = &corev1.Lifecycle{} },
		"containers[0].stdin":     func(c *Component) { c.Pod.Containers[0].Stdin = true },
		"containers[0].env[0].name": func(c *Component) {
			c.Pod.Containers[0].Env = []corev1.EnvVar{{Name: "K_SERVICE", Value: "x"}}
		},
		"containers[0].volumeMounts[0].mountPath": func(c *Component) {
			c.Pod.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
				LocalObjectReference: corev1.LocalObjectReference{Name: "c"}}}}}
			c.Pod.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "v", MountPath: "/dev"}}
		},
		"terminationGracePeriodSeconds":  func(c *Component) { c.Pod.TerminationGracePeriodSeconds = ptr.To[int64](60) },
		"resourceClaims":                 func(c *Component) { c.Pod.ResourceClaims = []corev1.PodResourceClaim{{Name: "gpu"}} },
		"spec.timeoutSeconds":            func(c *Component) { c.Extension.TimeoutSeconds = ptr.To[int64](3600) },
		"spec.containerConcurrency":      func(c *Component) { c.Extension.ContainerConcurrency = ptr.To[int64](5000) },
		"autoscaling.knative.dev/window": func(c *Component) { c.PodAnnotations = map[string]string{"autoscaling.knative.dev/window": "1ms"} },
	} {
		t.Run(field, func(t *testing.T) {
			c := sampleComponent(v1beta1.EngineComponent, v1beta1.Serverless, change)
			_, findings := knativeServiceAndFindings(t, sampleEnv(), c)
			at := slices.IndexFunc(findings, func(f finding.Finding) bool { return f.Reason == ReasonKnativeRefuses })
			require.GreaterOrEqual(t, at, 0, "%v", findings)
			assert.Contains(t, findings[at].Message, field)
			assert.NotContains(t, findings[at].Message, "\n")
		})
	}
}

// knativeComplaint is what Knative's admission finds wrong with the Service when
// every feature is on.
func knativeComplaint(service *servingv1.Service) string {
	var flags []string
	for _, feature := range knativeFeatureFlags() {
		flags = append(flags, feature.flag)
	}
	return knativeRefusal(service, flags)
}
