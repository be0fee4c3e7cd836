package sync_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	lwsv1 "sigs.k8s.io/lws/api/leaderworkerset/v1"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync"
)

// view looks into the response of one service.
type view struct {
	t testing.TB
	*sync.Response
}

// only is the view of the single service of a case.
func only(t testing.TB, responses []*sync.Response) view {
	t.Helper()
	require.Len(t, responses, 1, "the case has one service")
	return view{t, responses[0]}
}

// ref names a child: "Deployment/chat-engine". The Service of Knative, whose
// kind is that of the core group too, is "KnativeService/chat-engine".
func ref(child *unstructured.Unstructured) string {
	if kinds.New(child.GetKind(), child.GetAPIVersion()) == kinds.KnativeService {
		return "KnativeService/" + child.GetName()
	}
	return child.GetKind() + "/" + child.GetName()
}

func (v view) refs() []string {
	refs := []string{}
	for _, child := range v.Children {
		refs = append(refs, ref(child))
	}
	sort.Strings(refs)
	return refs
}

// has asserts the complete list of children: those that are named and no other.
func (v view) has(refs ...string) {
	v.t.Helper()
	want := append([]string{}, refs...)
	sort.Strings(want)
	assert.Equal(v.t, want, v.refs(), "the complete list of children")
}

// hasNo asserts that no child is of one of the kinds.
func (v view) hasNo(kinds ...string) {
	v.t.Helper()
	for _, r := range v.refs() {
		for _, kind := range kinds {
			assert.False(v.t, strings.HasPrefix(r, kind+"/"), "there must be no %s, found %s", kind, r)
		}
	}
}

func (v view) raw(name string) *unstructured.Unstructured {
	v.t.Helper()
	for _, child := range v.Children {
		if ref(child) == name {
			return child
		}
	}
	require.Fail(v.t, "no "+name, "children: %v", v.refs())
	return nil
}

// decodeChild decodes a child strictly into its type.
func decodeChild[T any](v view, name string) *T {
	v.t.Helper()
	text, err := json.Marshal(v.raw(name).Object)
	require.NoError(v.t, err)
	out := new(T)
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	require.NoError(v.t, decoder.Decode(out), name)
	return out
}

func (v view) deployment(name string) *appsv1.Deployment {
	v.t.Helper()
	return decodeChild[appsv1.Deployment](v, "Deployment/"+name)
}

func (v view) service(name string) *corev1.Service {
	v.t.Helper()
	return decodeChild[corev1.Service](v, "Service/"+name)
}

func (v view) hpa(name string) *autoscalingv2.HorizontalPodAutoscaler {
	v.t.Helper()
	return decodeChild[autoscalingv2.HorizontalPodAutoscaler](v, "HorizontalPodAutoscaler/"+name)
}

func (v view) pdb(name string) *policyv1.PodDisruptionBudget {
	v.t.Helper()
	return decodeChild[policyv1.PodDisruptionBudget](v, "PodDisruptionBudget/"+name)
}

func (v view) knative(name string) *servingv1.Service {
	v.t.Helper()
	return decodeChild[servingv1.Service](v, "KnativeService/"+name)
}

func (v view) lws(name string) *lwsv1.LeaderWorkerSet {
	v.t.Helper()
	return decodeChild[lwsv1.LeaderWorkerSet](v, "LeaderWorkerSet/"+name)
}

func (v view) ray(name string) *modes.RayCluster {
	v.t.Helper()
	return decodeChild[modes.RayCluster](v, "RayCluster/"+name)
}

func (v view) scaledObject(name string) *modes.ScaledObject {
	v.t.Helper()
	return decodeChild[modes.ScaledObject](v, "ScaledObject/"+name)
}

// triggers are the triggers of a ScaledObject.
func (v view) triggers(name string) []modes.ScaleTrigger {
	v.t.Helper()
	var triggers []modes.ScaleTrigger
	require.NoError(v.t, json.Unmarshal([]byte(jsonText(v.scaledObject(name).Spec.Triggers)), &triggers))
	return triggers
}

// trigger is the only trigger of a ScaledObject.
func (v view) trigger(name string) modes.ScaleTrigger {
	v.t.Helper()
	triggers := v.triggers(name)
	require.Len(v.t, triggers, 1)
	return triggers[0]
}

func (v view) ingress(name string) *networkingv1.Ingress {
	v.t.Helper()
	return decodeChild[networkingv1.Ingress](v, "Ingress/"+name)
}

func (v view) role(name string) *rbacv1.Role {
	v.t.Helper()
	return decodeChild[rbacv1.Role](v, "Role/"+name)
}

// pod is the pod template of a Deployment.
func (v view) pod(deployment string) *corev1.PodTemplateSpec {
	v.t.Helper()
	return &v.deployment(deployment).Spec.Template
}

// container finds a container, or an init container, of a pod.
func container(t testing.TB, pod corev1.PodSpec, name string) corev1.Container {
	t.Helper()
	names := []string{}
	for _, c := range append(append([]corev1.Container(nil), pod.Containers...), pod.InitContainers...) {
		if c.Name == name {
			return c
		}
		names = append(names, c.Name)
	}
	require.Fail(t, "no container "+name, "containers: %v", names)
	return corev1.Container{}
}

// runner is the container ome-container of a Deployment's pods.
func (v view) runner(deployment string) corev1.Container {
	v.t.Helper()
	return container(v.t, v.pod(deployment).Spec, "ome-container")
}

// env is the literal environment of a container. It fails where a name occurs
// twice, and leaves out what has no literal value.
func env(t testing.TB, c corev1.Container) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, e := range c.Env {
		_, twice := values[e.Name]
		assert.False(t, twice, "%s is set twice", e.Name)
		if e.ValueFrom == nil {
			values[e.Name] = e.Value
		}
	}
	return values
}

// quantities writes a list of resources as texts.
func quantities(list corev1.ResourceList) map[string]string {
	texts := map[string]string{}
	for name, quantity := range list {
		texts[string(name)] = quantity.String()
	}
	return texts
}

// ports writes the ports of a Service as "name:port->target".
func ports(s *corev1.Service) []string {
	texts := []string{}
	for _, p := range s.Spec.Ports {
		texts = append(texts, fmt.Sprintf("%s:%d->%s", p.Name, p.Port, p.TargetPort.String()))
	}
	return texts
}

func jsonText(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// mounts maps the paths of a container's mounts to their volumes. It fails
// where two are at one path.
func mounts(t testing.TB, c corev1.Container) map[string]string {
	t.Helper()
	paths := map[string]string{}
	for _, m := range c.VolumeMounts {
		_, twice := paths[m.MountPath]
		assert.False(t, twice, "two mounts at %s", m.MountPath)
		paths[m.MountPath] = m.Name
	}
	return paths
}

// volume finds a volume of a pod.
func volume(t testing.TB, pod corev1.PodSpec, name string) corev1.Volume {
	t.Helper()
	for _, volume := range pod.Volumes {
		if volume.Name == name {
			return volume
		}
	}
	require.Fail(t, "no volume "+name)
	return corev1.Volume{}
}

// hasFinding asserts that a finding with the reason exists and that its message
// contains each of the texts.
func (v view) hasFinding(reason string, texts ...string) {
	v.t.Helper()
	reasons := []string{}
	for _, found := range v.Findings {
		if found.Reason == reason && containsAll(found.Message, texts) {
			return
		}
		reasons = append(reasons, found.Reason+": "+found.Message)
	}
	assert.Fail(v.t, "no finding "+reason+" about "+strings.Join(texts, ", "), "findings: %v", reasons)
}

// quiet asserts that nothing was found that a user should know.
func (v view) quiet() {
	v.t.Helper()
	assert.Empty(v.t, v.Findings, "findings")
	assert.Nil(v.t, v.Hold)
	assert.Empty(v.t, v.Partial)
	assert.Zero(v.t, v.RetryAfter)
}

// held asserts that the service is held for a reason.
func (v view) held(reason string, texts ...string) {
	v.t.Helper()
	require.NotNil(v.t, v.Hold, "the service is held")
	assert.Equal(v.t, reason, v.Hold.Reason)
	for _, text := range texts {
		assert.Contains(v.t, v.Hold.Message, text)
	}
}

// partly asserts that one part of the service, and no other, is kept.
func (v view) partly(part, reason string) {
	v.t.Helper()
	assert.Nil(v.t, v.Hold, "the service as a whole is computed")
	require.Len(v.t, v.Partial, 1)
	assert.Equal(v.t, part, v.Partial[0].Subject)
	assert.Equal(v.t, reason, v.Partial[0].Reason)
}

// condition is the status, the reason and the message of a condition.
func (v view) condition(kind string) (status, reason, message string) {
	for _, c := range v.Status.Conditions {
		if string(c.Type) == kind {
			return string(c.Status), c.Reason, c.Message
		}
	}
	return "absent", "", ""
}

// isCondition asserts the status and the reason of a condition.
func (v view) isCondition(kind, status, reason string) {
	v.t.Helper()
	gotStatus, gotReason, message := v.condition(kind)
	assert.Equal(v.t, status+" "+reason, gotStatus+" "+gotReason, "%s: %s", kind, message)
}

func containsAll(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// labelSelects reports whether a selector selects labels.
func labelSelects(selector, labels map[string]string) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return len(selector) > 0
}

// componentLabels are the labels by which the pods of a component are known.
func componentLabels(service string, component v1beta1.ComponentType) map[string]string {
	return map[string]string{v1beta1.LabelInferenceService: service, v1beta1.LabelComponent: string(component)}
}

// observedChildren are the objects of a case that belong to its service.
func observedChildren(t testing.TB, name string) []map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(goldenFolder, name, "in", "observed.yaml"))
	require.NoError(t, err)
	var objects []map[string]any
	for _, document := range strings.Split(string(data), "\n---\n") {
		var object map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(document), &object))
		objects = append(objects, object)
	}
	require.NotEmpty(t, objects)
	return objects
}
