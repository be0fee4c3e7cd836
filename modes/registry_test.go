package modes

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// sampleOf is an engine with a leader, two workers and two replicas in the mode.
func sampleOf(mode v1beta1.DeploymentMode) *Component {
	return sampleComponent(v1beta1.EngineComponent, mode, func(c *Component) {
		worker := samplePod("work", "8")
		c.Worker, c.WorkerSize, c.WorkerRunner = &worker, 2, "ome-container"
		replicas := int32(2)
		c.Scaling = Scaling{Autoscaler: AutoscalerNone, Min: replicas, Max: replicas, Replicas: &replicas}
	})
}

// workloadsOf builds a sample component and returns its workloads.
func workloadsOf(t *testing.T, mode Mode) []*unstructured.Unstructured {
	t.Helper()
	objects, problem := objectsOf(BuildComponent(sampleEnv(), sampleOf(mode.Name)))
	require.Nil(t, problem)
	var workloads []*unstructured.Unstructured
	for _, object := range objects {
		tree, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
		require.NoError(t, err)
		u := &unstructured.Unstructured{Object: tree}
		if kinds.New(u.GetKind(), u.GetAPIVersion()) == mode.Workload {
			workloads = append(workloads, u)
		}
	}
	return workloads
}

func TestEveryModeIsComplete(t *testing.T) {
	names, workloads := map[v1beta1.DeploymentMode]bool{}, map[kinds.Kind]bool{}
	for _, mode := range All() {
		t.Run(string(mode.Name), func(t *testing.T) {
			assert.False(t, names[mode.Name], "its name is its own")
			assert.False(t, workloads[mode.Workload], "its kind of workload is its own")
			names[mode.Name], workloads[mode.Workload] = true, true
			assert.True(t, kinds.All()[mode.Workload], "its workload may be a child")
			assert.NotEmpty(t, mode.PodTemplates)
			assert.NotEmpty(t, mode.PodMarks.Workload)
			assert.NotNil(t, mode.UsableAutoscaler)
			if mode.ReplicasAreObjects {
				assert.Empty(t, mode.ReplicasPath)
				assert.Positive(t, mode.MaxReplicas)
			}
			found, is := Of(mode.Name)
			assert.True(t, is)
			assert.Equal(t, mode.Workload, found.Workload)
			found, is = OfWorkload(mode.Workload)
			assert.True(t, is)
			assert.Equal(t, mode.Name, found.Name)
			found, is = OfPod(map[string]string{mode.PodMarks.Workload[0]: "x", v1beta1.LabelApp: "chat-engine"})
			assert.True(t, is)
			assert.Equal(t, mode.Name, found.Name)
		})
	}
}

func TestWhatIsNoMode(t *testing.T) {
	for _, name := range []v1beta1.DeploymentMode{v1beta1.VirtualDeployment, v1beta1.PDDisaggregated, ""} {
		_, is := Of(name)
		assert.False(t, is, name)
	}
	_, is := OfWorkload(kinds.Service)
	assert.False(t, is)
	_, is = OfPod(map[string]string{v1beta1.LabelInferenceService: "chat"})
	assert.False(t, is)
}

// Kinds whose objects run pods but are no workload of a component do not exist in package kinds, so
// each kind with a pod template is in the registry.
func TestTheWorkloadKinds(t *testing.T) {
	assert.Equal(t, []kinds.Kind{kinds.Deployment, kinds.LeaderWorkerSet, kinds.RayCluster, kinds.KnativeService}, WorkloadKinds())
}

func TestAModeDescribesTheWorkloadThatItBuilds(t *testing.T) {
	for _, mode := range All() {
		t.Run(string(mode.Name), func(t *testing.T) {
			workloads := workloadsOf(t, mode)
			require.NotEmpty(t, workloads)
			assert.Equal(t, mode.WorkloadName("chat-engine"), workloads[0].GetName())
			assert.Len(t, workloads, map[bool]int{false: 1, true: 2}[mode.ReplicasAreObjects])
			templates := mode.FindPodTemplates(workloads[0].Object)
			require.Len(t, templates, len(mode.PodTemplates), "each path leads to a template")
			assert.Len(t, templates, len(podSpecsBelow(workloads[0].Object)), "no template is missed")
			for _, template := range templates {
				var decoded corev1.PodTemplateSpec
				require.NoError(t, runtime.DefaultUnstructuredConverter.FromUnstructured(template.Template, &decoded))
				assert.NotEmpty(t, decoded.Spec.Containers, template.Path)
			}
			if mode.ReplicasPath != "" {
				replicas, found, err := unstructured.NestedInt64(workloads[0].Object, "spec", "replicas")
				require.NoError(t, err)
				assert.True(t, found)
				assert.EqualValues(t, 2, replicas)
				assert.Equal(t, "spec.replicas", mode.ReplicasPath)
			}
		})
	}
}

// podSpecsBelow finds every object with a list of containers.
func podSpecsBelow(node any) []map[string]any {
	var found []map[string]any
	switch node := node.(type) {
	case map[string]any:
		if _, is := node["containers"].([]any); is {
			found = append(found, node)
		}
		for _, value := range node {
			found = append(found, podSpecsBelow(value)...)
		}
	case []any:
		for _, item := range node {
			found = append(found, podSpecsBelow(item)...)
		}
	}
	return found
}

func TestHowManyPodsATemplateMakes(t *testing.T) {
	for mode, want := range map[v1beta1.DeploymentMode][]FoundPodTemplate{
		v1beta1.RawDeployment:    {{Path: "spec.template", Pods: 1}},
		v1beta1.MultiNode:        {{Path: "spec.leaderWorkerTemplate.leaderTemplate", Pods: 1}, {Path: "spec.leaderWorkerTemplate.workerTemplate", Pods: 2}},
		v1beta1.MultiNodeRayVLLM: {{Path: "spec.headGroupSpec.template", Pods: 1}, {Path: "spec.workerGroupSpecs[0].template", Pods: 1}},
		v1beta1.Serverless:       {{Path: "spec.template", Pods: 1}},
	} {
		m, _ := Of(mode)
		found := m.FindPodTemplates(workloadsOf(t, m)[0].Object)
		for i := range found {
			found[i].Template = nil
		}
		assert.Equal(t, want, found, mode)
	}
}

func TestPodTemplatesOfUnusualObjects(t *testing.T) {
	groups, _ := Of(v1beta1.MultiNode)
	ray, _ := Of(v1beta1.MultiNodeRayVLLM)
	for sentence, test := range map[string]struct {
		mode     Mode
		workload map[string]any
		want     map[string]int64
	}{
		"a workload without a spec has none": {groups, map[string]any{}, nil},
		"a group without a size is a leader alone": {groups, map[string]any{"spec": map[string]any{"leaderWorkerTemplate": map[string]any{
			"leaderTemplate": map[string]any{}, "workerTemplate": map[string]any{}}}},
			map[string]int64{"spec.leaderWorkerTemplate.leaderTemplate": 1, "spec.leaderWorkerTemplate.workerTemplate": 0}},
		"items that are not objects are left out": {ray, map[string]any{"spec": map[string]any{"workerGroupSpecs": []any{
			"x", map[string]any{"template": "x"}, map[string]any{"replicas": int64(3), "template": map[string]any{}}}}},
			map[string]int64{"spec.workerGroupSpecs[2].template": 3}},
	} {
		t.Run(sentence, func(t *testing.T) {
			var got map[string]int64
			for _, template := range test.mode.FindPodTemplates(test.workload) {
				if got == nil {
					got = map[string]int64{}
				}
				got[template.Path] = template.Pods
			}
			assert.Equal(t, test.want, got)
		})
	}
	assert.Equal(t, "spec.workerGroupSpecs[].template", ray.PodTemplates[1].Pattern())
}

// The label must be one that the builder writes, or that Knative writes on the pods of the Service.
func TestTheLabelOfServingPods(t *testing.T) {
	for mode, want := range map[v1beta1.DeploymentMode][]string{
		v1beta1.RawDeployment:    {"app", "other"},
		v1beta1.Serverless:       {"serving.knative.dev/service", "other"},
		v1beta1.MultiNode:        {"ray.io/node-type", "head"},
		v1beta1.MultiNodeRayVLLM: {"ray.io/node-type", "head"},
	} {
		m, _ := Of(mode)
		key, value := m.ServingPodLabel("other")
		assert.Equal(t, want, []string{key, value}, mode)
	}
	for _, mode := range All() {
		assert.NotNil(t, mode.ServingPodLabel, mode.Name)
	}
}

func TestTheAutoscalerThatAModeHas(t *testing.T) {
	type asked struct {
		autoscaler   Autoscaler
		min, max     int32
		maxIsDefault bool
	}
	for sentence, test := range map[string]struct {
		mode  v1beta1.DeploymentMode
		asked asked
		want  Autoscaler
	}{
		"a raw deployment has what is asked for":             {v1beta1.RawDeployment, asked{AutoscalerHPA, 0, 0, true}, AutoscalerHPA},
		"Knative scales its own":                             {v1beta1.Serverless, asked{AutoscalerKEDA, 0, 3, false}, AutoscalerKnative},
		"Ray clusters are not scaled":                        {v1beta1.MultiNodeRayVLLM, asked{AutoscalerKEDA, 1, 3, false}, AutoscalerNone},
		"groups scale where the user gives a range":          {v1beta1.MultiNode, asked{AutoscalerHPA, 1, 3, false}, AutoscalerHPA},
		"groups do not scale to the default maximum":         {v1beta1.MultiNode, asked{AutoscalerHPA, 1, 3, true}, AutoscalerNone},
		"groups without a range do not scale":                {v1beta1.MultiNode, asked{AutoscalerKEDA, 3, 3, false}, AutoscalerNone},
		"KEDA scales groups from zero":                       {v1beta1.MultiNode, asked{AutoscalerKEDA, 0, 3, false}, AutoscalerKEDA},
		"a HorizontalPodAutoscaler does not scale from zero": {v1beta1.MultiNode, asked{AutoscalerHPA, 0, 3, false}, AutoscalerNone},
		"an external autoscaler of groups is left alone":     {v1beta1.MultiNode, asked{AutoscalerExternal, 1, 1, true}, AutoscalerExternal},
	} {
		t.Run(sentence, func(t *testing.T) {
			m, _ := Of(test.mode)
			assert.Equal(t, test.want, m.UsableAutoscaler(test.asked.autoscaler, test.asked.min, test.asked.max, test.asked.maxIsDefault))
		})
	}
}

func TestAModeUsesFieldsThatExist(t *testing.T) {
	fields := map[string]bool{}
	for field := range reflect.TypeFor[v1beta1.ComponentExtensionSpec]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		fields[name] = true
	}
	for _, mode := range All() {
		for _, field := range mode.Uses {
			assert.True(t, fields[field], "%s: %s", mode.Name, field)
			assert.True(t, slices.ContainsFunc(All(), func(other Mode) bool {
				return !slices.Contains(other.Uses, field)
			}), "every mode uses %s: it is not listed", field)
		}
	}
}
