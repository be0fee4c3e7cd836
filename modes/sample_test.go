package modes

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/internal/omecases"
)

// sampleEnv is the surroundings of service team-a/chat on a cluster that has
// every kind. Its ingress is enabled.
func sampleEnv(change ...func(*Env)) *Env {
	cfg := config.Default()
	cfg.Ingress.DisableIngressCreation = false
	cfg.Ingress.IngressDomain = "apps.example.org"
	cfg.Ingress.IngressClassName = ptr.To("nginx")
	env := &Env{
		Parent: &v1beta1.InferenceService{ObjectMeta: metav1.ObjectMeta{Name: "chat", Namespace: "team-a"}},
		Config: cfg,
		Kinds:  kinds.All(),
	}
	for _, f := range change {
		f(env)
	}
	return env
}

// sampleComponent is a component of team-a/chat as it is composed for most of
// the recorded cases. Its pods have all of its metadata unless a change says
// which part they have.
func sampleComponent(kind v1beta1.ComponentType, mode v1beta1.DeploymentMode, change ...func(*Component)) *Component {
	c := &Component{
		Type: kind, Mode: mode, Service: "chat", Namespace: "team-a", Name: "chat-" + string(kind),
		Labels: map[string]string{
			"base-model-name": "mistral-7b", "base-model-size": "SMALL", "base-model-type": "Serving",
			"base-model-vendor": "acme", "component": string(kind), "fine-tuned-serving": "false",
			"ome.io/inferenceservice": "chat", "serving-runtime": "rt-mistral",
		},
		Annotations: map[string]string{
			"ome.io/base-model-format": "safetensors", "ome.io/base-model-format-version": "1.0.0",
			"ome.io/base-model-name": "mistral-7b", "ome.io/base-model-vendor": "acme",
			"ome.io/deploymentMode": "RawDeployment", "ome.io/serving-runtime": "rt-mistral",
		},
		Pod:     samplePod("serve", "8"),
		Runner:  "ome-container",
		Scaling: Scaling{Autoscaler: AutoscalerHPA, Min: 1, Max: 3},
	}
	for _, f := range change {
		f(c)
	}
	if c.PodLabels == nil && c.PodAnnotations == nil {
		c.PodLabels, c.PodAnnotations = c.Labels, c.Annotations
	}
	return c
}

// samplePod is a pod with one container that serves the model.
func samplePod(command, gpus string) corev1.PodSpec {
	devices := corev1.ResourceList{"nvidia.com/gpu": resource.MustParse(gpus)}
	return corev1.PodSpec{
		Containers: []corev1.Container{{
			Name:         "ome-container",
			Image:        "registry.example/engine:1.4",
			Command:      []string{command},
			Env:          []corev1.EnvVar{{Name: "MODEL_PATH", Value: "/models/acme/mistral-7b"}},
			Ports:        []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}},
			Resources:    corev1.ResourceRequirements{Requests: devices, Limits: devices},
			VolumeMounts: []corev1.VolumeMount{{Name: "mistral-7b", MountPath: "/models/acme/mistral-7b", ReadOnly: true}},
		}},
		NodeSelector: map[string]string{"models.ome.io/clusterbasemodel.mistral-7b": "Ready"},
		Volumes: []corev1.Volume{{
			Name:         "mistral-7b",
			VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/models/acme/mistral-7b"}},
		}},
	}
}

// onPort lets the runner listen on a port.
func onPort(port int32) func(*Component) {
	return func(c *Component) { c.Pod.Containers[0].Ports[0].ContainerPort = port }
}

// named gives the component's service another name.
func named(service string) func(*Component) {
	return func(c *Component) { c.Service, c.Name = service, service+"-"+string(c.Type) }
}

// recordedObject is an object that OME made in a case of testdata/ome, without what
// never concerns us: empty values and the metadata of pod templates that has no effect.
func recordedObject(t *testing.T, name, file, kind, object string) map[string]any {
	t.Helper()
	for _, recorded := range omecases.Get(t, name).Objects(t, file) {
		u := &unstructured.Unstructured{Object: recorded}
		if u.GetKind() == kind && u.GetName() == object {
			dropTemplateNames(recorded["spec"])
			return tree(u.Object)
		}
	}
	require.Failf(t, "object not recorded", "%s %s in %s of %s", kind, object, file, name)
	return nil
}

// dropTemplateNames removes name and namespace of the metadata of every
// template below the root.
func dropTemplateNames(node any) {
	switch node := node.(type) {
	case map[string]any:
		for key, value := range node {
			if template, is := value.(map[string]any); is && (key == "template" || strings.HasSuffix(key, "Template")) {
				if metadata, has := template["metadata"].(map[string]any); has {
					delete(metadata, "name")
					delete(metadata, "namespace")
				}
			}
			dropTemplateNames(value)
		}
	case []any:
		for _, value := range node {
			dropTemplateNames(value)
		}
	}
}

// tree is an object as JSON, without the status, the nulls and the empty maps by which a typed object
// and a recorded one differ.
func tree(object any) map[string]any {
	text, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	tree := map[string]any{}
	if err := json.Unmarshal(text, &tree); err != nil {
		panic(err)
	}
	delete(tree, "status")
	return withoutEmpty(tree).(map[string]any)
}

// withoutEmpty removes nulls and maps without entries, except where an empty map chooses the kind of
// a volume or is required.
func withoutEmpty(node any) any {
	switch node := node.(type) {
	case map[string]any:
		for key, value := range node {
			value = withoutEmpty(value)
			entries, isMap := value.(map[string]any)
			if value == nil || isMap && len(entries) == 0 && key != "emptyDir" && key != "rayStartParams" {
				delete(node, key)
			}
		}
	case []any:
		for _, item := range node {
			withoutEmpty(item)
		}
	}
	return node
}

// at sets or, with a nil value, removes a field of a tree. Numbers in the path
// are positions of lists.
func at(t *testing.T, root map[string]any, value any, path ...any) {
	t.Helper()
	var node any = root
	for _, step := range path[:len(path)-1] {
		switch step := step.(type) {
		case string:
			node = node.(map[string]any)[step]
		case int:
			node = node.([]any)[step]
		}
	}
	key := path[len(path)-1].(string)
	require.IsType(t, map[string]any{}, node, "path %v", path)
	if value == nil {
		require.Contains(t, node, key)
		delete(node.(map[string]any), key)
		return
	}
	node.(map[string]any)[key] = value
}

// find returns the first object of a type.
func find[T any](t *testing.T, objects Objects) T {
	t.Helper()
	for _, object := range objects {
		if found, is := object.(T); is {
			return found
		}
	}
	var none T
	require.Failf(t, "object not built", "no %T among %d objects", none, len(objects))
	return none
}

// count counts the objects of a type.
func count[T any](objects Objects) int {
	n := 0
	for _, object := range objects {
		if _, is := object.(T); is {
			n++
		}
	}
	return n
}

// objectsOf leaves out the findings of what was built.
func objectsOf(built Built, problem *finding.Finding) (Objects, *finding.Finding) {
	return built.Objects, problem
}

// reasonsOf lists the reasons of findings.
func reasonsOf(findings []finding.Finding) []string {
	var reasons []string
	for _, f := range findings {
		reasons = append(reasons, f.Reason)
	}
	return reasons
}

// withoutKind removes a kind from the cluster.
func withoutKind(kind kinds.Kind) func(*Env) {
	return func(env *Env) { delete(env.Kinds, kind) }
}

// recordedPod is the pod spec at a path of a recorded object.
func recordedPod(t *testing.T, root map[string]any, path ...string) corev1.PodSpec {
	t.Helper()
	spec, found, err := unstructured.NestedMap(root, path...)
	require.NoError(t, err)
	require.True(t, found)
	var pod corev1.PodSpec
	text, err := yaml.Marshal(spec)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &pod))
	return pod
}

// injected adds to a recorded pod template what OME's webhook adds to its pods, and that pods get no
// service links.
func injected(t *testing.T, root map[string]any, template ...any) {
	t.Helper()
	for _, key := range []string{"ome.io/enable-metric-aggregation", "ome.io/enable-prometheus-scraping"} {
		at(t, root, "false", append(append([]any{}, template...), "metadata", "annotations", key)...)
	}
	at(t, root, false, append(append([]any{}, template...), "spec", "enableServiceLinks")...)
}
