package child

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"knative.dev/pkg/apis"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	lwsv1 "sigs.k8s.io/lws/api/leaderworkerset/v1"
)

func ptr[T any](v T) *T { return &v }

// tree reads the JSON of an object; "" is nil.
func tree(t testing.TB, text string) map[string]any {
	t.Helper()
	if text == "" {
		return nil
	}
	var object map[string]any
	require.NoError(t, utiljson.Unmarshal([]byte(text), &object))
	return object
}

func TestCanonicalIsTheMinimalTreeOfATypedObject(t *testing.T) {
	meta := metav1.ObjectMeta{Name: "a"}
	podWith := func(spec corev1.PodSpec) *corev1.Pod {
		return &corev1.Pod{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: meta, Spec: spec}
	}
	for name, c := range map[string]struct {
		object any
		want   string
	}{
		"an empty Deployment has no status, strategy, selector, template or timestamp": {
			&appsv1.Deployment{TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}, ObjectMeta: meta},
			`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"}}`,
		},
		"what the server writes into metadata is left out": {
			&corev1.ConfigMap{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}, ObjectMeta: metav1.ObjectMeta{
				Name: "a", UID: "u", ResourceVersion: "7", Generation: 3, CreationTimestamp: metav1.Unix(1, 0),
				ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "m"}}, Labels: map[string]string{}, Annotations: map[string]string{"k": ""},
			}, Data: map[string]string{}},
			`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","annotations":{"k":""}}}`,
		},
		"binary data is base64 and an empty string is kept": {
			&corev1.Secret{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}, ObjectMeta: meta,
				Data: map[string][]byte{"a": []byte("hi"), "b": {}}},
			`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"data":{"a":"aGk=","b":""}}`,
		},
		"empty volume sources and pointers to false and zero stay": {
			podWith(corev1.PodSpec{
				SecurityContext: &corev1.PodSecurityContext{}, Affinity: &corev1.Affinity{}, NodeSelector: map[string]string{},
				AutomountServiceAccountToken: ptr(false), TerminationGracePeriodSeconds: ptr(int64(0)),
				Volumes: []corev1.Volume{
					{Name: "e", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
					{Name: "d", VolumeSource: corev1.VolumeSource{DownwardAPI: &corev1.DownwardAPIVolumeSource{}}},
				},
				Containers: []corev1.Container{{Name: "c", Args: []string{}, Ports: []corev1.ContainerPort{},
					SecurityContext: &corev1.SecurityContext{AllowPrivilegeEscalation: ptr(false)}}},
			}),
			`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"automountServiceAccountToken":false,
			  "terminationGracePeriodSeconds":0,"volumes":[{"name":"e","emptyDir":{}},{"name":"d","downwardAPI":{}}],
			  "containers":[{"name":"c","securityContext":{"allowPrivilegeEscalation":false}}]}}`,
		},
		"quantities are canonical, env without a value is just a name": {
			podWith(corev1.PodSpec{Containers: []corev1.Container{{Name: "c",
				Env: []corev1.EnvVar{{Name: "E"}, {Name: "F", ValueFrom: &corev1.EnvVarSource{
					ResourceFieldRef: &corev1.ResourceFieldSelector{Resource: "limits.cpu"}}}},
				Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{
					"cpu": resource.MustParse("1000m"), "memory": resource.MustParse("1024Mi"), "nvidia.com/gpu": resource.MustParse("0")}},
			}}}),
			`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"c",
			  "env":[{"name":"E"},{"name":"F","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu"}}}],
			  "resources":{"limits":{"cpu":"1","memory":"1Gi","nvidia.com/gpu":"0"}}}]}}`,
		},
		"probe ports are numbers or names": {
			podWith(corev1.PodSpec{Containers: []corev1.Container{{Name: "c",
				ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Port: intstr.FromString("http")}}},
				LivenessProbe:  &corev1.Probe{ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(80)}}, PeriodSeconds: 5},
			}}}),
			`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"c",
			  "readinessProbe":{"httpGet":{"port":"http"}},"livenessProbe":{"tcpSocket":{"port":80},"periodSeconds":5}}]}}`,
		},
		"empty selectors of terms select everything and stay": {
			podWith(corev1.PodSpec{
				TopologySpreadConstraints: []corev1.TopologySpreadConstraint{{MaxSkew: 1, TopologyKey: "z", WhenUnsatisfiable: "DoNotSchedule", LabelSelector: &metav1.LabelSelector{}}},
				Affinity: &corev1.Affinity{PodAffinity: &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{
					{TopologyKey: "z", NamespaceSelector: &metav1.LabelSelector{}}}}},
			}),
			`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{
			  "topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"z","whenUnsatisfiable":"DoNotSchedule","labelSelector":{}}],
			  "affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"z","namespaceSelector":{}}]}}}}`,
		},
		"a NetworkPolicy keeps its pod selector, an empty rule and empty peer selectors": {
			&networkingv1.NetworkPolicy{TypeMeta: metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"}, ObjectMeta: meta,
				Spec: networkingv1.NetworkPolicySpec{Ingress: []networkingv1.NetworkPolicyIngressRule{{},
					{From: []networkingv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{}}}}}}},
			`{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"a"},
			  "spec":{"podSelector":{},"ingress":[{},{"from":[{"namespaceSelector":{}}]}]}}`,
		},
		"an autoscaler keeps zero replicas and drops an empty behavior": {
			&autoscalingv2.HorizontalPodAutoscaler{TypeMeta: metav1.TypeMeta{APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler"}, ObjectMeta: meta,
				Spec: autoscalingv2.HorizontalPodAutoscalerSpec{MinReplicas: ptr(int32(0)), MaxReplicas: 3, Behavior: &autoscalingv2.HorizontalPodAutoscalerBehavior{},
					ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{Kind: "Deployment", Name: "a", APIVersion: "apps/v1"},
					Metrics: []autoscalingv2.MetricSpec{{Type: "Resource", Resource: &autoscalingv2.ResourceMetricSource{Name: "memory",
						Target: autoscalingv2.MetricTarget{Type: "AverageValue", AverageValue: ptr(resource.MustParse("2048Mi"))}}}}}},
			`{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"a"},"spec":{"minReplicas":0,"maxReplicas":3,
			  "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"a"},
			  "metrics":[{"type":"Resource","resource":{"name":"memory","target":{"type":"AverageValue","averageValue":"2Gi"}}}]}}`,
		},
		"a disruption budget keeps a zero and an empty selector": {
			&policyv1.PodDisruptionBudget{TypeMeta: metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"}, ObjectMeta: meta,
				Spec: policyv1.PodDisruptionBudgetSpec{MaxUnavailable: ptr(intstr.FromInt32(0)), Selector: &metav1.LabelSelector{}}},
			`{"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"a"},"spec":{"maxUnavailable":0,"selector":{}}}`,
		},
		"a Service without a selector has none": {
			&corev1.Service{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Service"}, ObjectMeta: meta,
				Spec: corev1.ServiceSpec{Selector: map[string]string{}, ClusterIP: "None", Ports: []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(8080)}}}},
			`{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"clusterIP":"None","ports":[{"port":80,"targetPort":8080,"protocol":"TCP"}]}}`,
		},
		"the core API group of a Role stays": {
			&rbacv1.Role{TypeMeta: metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "Role"}, ObjectMeta: meta,
				Rules: []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get"}}}},
			`{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"a"},
			  "rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]}`,
		},
		"a Knative Service is inlined": {
			&servingv1.Service{TypeMeta: metav1.TypeMeta{APIVersion: "serving.knative.dev/v1", Kind: "Service"}, ObjectMeta: meta,
				Spec: servingv1.ServiceSpec{
					ConfigurationSpec: servingv1.ConfigurationSpec{Template: servingv1.RevisionTemplateSpec{Spec: servingv1.RevisionSpec{
						ContainerConcurrency: ptr(int64(0)), PodSpec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}}}}},
					RouteSpec: servingv1.RouteSpec{Traffic: []servingv1.TrafficTarget{{LatestRevision: ptr(false), RevisionName: "a-1", Percent: ptr(int64(0)), URL: &apis.URL{Scheme: "http", Host: "h"}}}}}},
			`{"apiVersion":"serving.knative.dev/v1","kind":"Service","metadata":{"name":"a"},"spec":{
			  "template":{"spec":{"containerConcurrency":0,"containers":[{"name":"c","image":"i"}]}},
			  "traffic":[{"latestRevision":false,"revisionName":"a-1","percent":0,"url":"http://h"}]}}`,
		},
		"a LeaderWorkerSet keeps an explicit zero of maxUnavailable": {
			&lwsv1.LeaderWorkerSet{TypeMeta: metav1.TypeMeta{APIVersion: "leaderworkerset.x-k8s.io/v1", Kind: "LeaderWorkerSet"}, ObjectMeta: meta,
				Spec: lwsv1.LeaderWorkerSetSpec{StartupPolicy: lwsv1.LeaderCreatedStartupPolicy, RolloutStrategy: lwsv1.RolloutStrategy{Type: lwsv1.RollingUpdateStrategyType,
					RollingUpdateConfiguration: &lwsv1.RollingUpdateConfiguration{MaxSurge: intstr.FromInt32(1)}}}},
			`{"apiVersion":"leaderworkerset.x-k8s.io/v1","kind":"LeaderWorkerSet","metadata":{"name":"a"},"spec":{"startupPolicy":"LeaderCreated",
			  "rolloutStrategy":{"type":"RollingUpdate","rollingUpdateConfiguration":{"maxSurge":1,"maxUnavailable":0}}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tree(t, c.want), Canonical(c.object).Object)
		})
	}
}

func TestCanonicalPrunesAnUntypedTree(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"nulls, empties, status and server-owned metadata go": {
			`{"kind":"A","metadata":{"name":"a","uid":"u","creationTimestamp":null,"labels":{}},"spec":{"a":null,"b":{},"c":[],"d":{"e":{"f":[]}}},"status":{"x":1}}`,
			`{"kind":"A","metadata":{"name":"a"}}`,
		},
		"empties that mean something stay": {
			`{"kind":"A","spec":{"volumes":[{"name":"v","emptyDir":{}}],"podSelector":{},"from":[{"namespaceSelector":{},"podSelector":{"matchLabels":{}}}],
			  "selector":{},"rayStartParams":{},"triggers":[{"type":"cpu","metadata":{}}]}}`,
			`{"kind":"A","spec":{"volumes":[{"name":"v","emptyDir":{}}],"podSelector":{},"from":[{"namespaceSelector":{},"podSelector":{}}],
			  "selector":{},"rayStartParams":{},"triggers":[{"type":"cpu","metadata":{}}]}}`,
		},
		"the empty selector of a Service goes": {
			`{"kind":"Service","spec":{"selector":{},"type":"ClusterIP"}}`, `{"kind":"Service","spec":{"type":"ClusterIP"}}`,
		},
		"items of lists stay even when empty, except nulls": {
			`{"kind":"A","spec":{"ingress":[{},null,{"from":[]}],"nested":[[],["x"]]}}`,
			`{"kind":"A","spec":{"ingress":[{},{}],"nested":[[],["x"]]}}`,
		},
		"an empty env value goes, other empty strings stay": {
			`{"kind":"A","spec":{"env":[{"name":"E","value":""}],"group":""}}`, `{"kind":"A","spec":{"env":[{"name":"E"}],"group":""}}`,
		},
		"integral numbers are integers": {`{"kind":"A","spec":{"a":3.0,"b":0.5,"c":1e3}}`, `{"kind":"A","spec":{"a":3,"b":0.5,"c":1000}}`},
		"quantities are canonical strings": {
			`{"kind":"A","spec":{"containers":[{"resources":{"limits":{"cpu":2,"memory":"1024Mi","x":"bad one"},"requests":{"cpu":0.5}}}],
			  "overhead":{"cpu":"1000m"},"volumes":[{"emptyDir":{"sizeLimit":"2048Mi"}}],"limits":{"cpu":2}}}`,
			`{"kind":"A","spec":{"containers":[{"resources":{"limits":{"cpu":"2","memory":"1Gi","x":"bad one"},"requests":{"cpu":"500m"}}}],
			  "overhead":{"cpu":"1"},"volumes":[{"emptyDir":{"sizeLimit":"2Gi"}}],"limits":{"cpu":2}}}`,
		},
		"a quantity with a huge exponent is not parsed": {
			`{"kind":"A","spec":{"resources":{"limits":{"cpu":"0.1e-999999999"}}}}`, `{"kind":"A","spec":{"resources":{"limits":{"cpu":"0.1e-999999999"}}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tree(t, c.want), Canonical(tree(t, c.in)).Object)
			u := &unstructured.Unstructured{Object: tree(t, c.in)}
			assert.Equal(t, tree(t, c.want), Canonical(u).Object, "wrapped")
			assert.Equal(t, tree(t, c.in), u.Object, "the input is left alone")
		})
	}
}

func TestCanonicalSharesNothingWithItsInput(t *testing.T) {
	quantity := resource.MustParse("1024Mi")
	pod := &corev1.Pod{Spec: corev1.PodSpec{Overhead: corev1.ResourceList{"memory": quantity}, Tolerations: []corev1.Toleration{{Key: "k"}}}}
	before := pod.DeepCopy()
	first := Canonical(pod)
	assert.Equal(t, before, pod, "not even a quantity's remembered string is written")

	in := tree(t, `{"kind":"A","spec":{"list":[{"a":"b"}]}}`)
	out := Canonical(in)
	out.Object["spec"].(map[string]any)["list"].([]any)[0].(map[string]any)["a"] = "changed"
	assert.Equal(t, tree(t, `{"kind":"A","spec":{"list":[{"a":"b"}]}}`), in)
	assert.Equal(t, first, Canonical(pod))
}
