package modes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/internal/omecases"
)

// ofRay is an engine of so many Ray clusters.
func ofRay(replicas int32, change ...func(*Component)) *Component {
	base := func(c *Component) {
		c.Annotations["ome.io/deploymentMode"] = "MultiNodeRayVLLM"
		c.Scaling = Scaling{Autoscaler: AutoscalerNone, Min: replicas, Max: replicas, Replicas: ptr.To(replicas)}
	}
	return sampleComponent(v1beta1.EngineComponent, v1beta1.MultiNodeRayVLLM, append([]func(*Component){base}, change...)...)
}

func withProber(env *Env) {
	env.Config.Prober.Image = "ghcr.io/moirai-internal/multinode-prober:v0.1.5"
}

func TestRayEqualsOME(t *testing.T) {
	const name, file = "037-ray-vllm", omecases.Children
	cluster := recordedObject(t, name, file, "RayCluster", "chat-engine-0")
	var runs corev1.PodSpec
	t.Run("the cluster, with the defaults of the worker group spelled", func(t *testing.T) {
		group := []any{"spec", "workerGroupSpecs", 0}
		runs = recordedPod(t, cluster, "spec", "headGroupSpec", "template", "spec")
		runs.Containers[0].Lifecycle = nil
		for _, path := range [][]any{{"spec", "headGroupSpec", "template"}, append(group, "template")} {
			injected(t, cluster, path...)
			at(t, cluster, "chat", append(path, "metadata", "labels", "serving.ome.io/inferenceservice")...)
			at(t, cluster, "TCP", append(path, "spec", "containers", 0, "ports", 0, "protocol")...)
		}
		at(t, cluster, int64(0), append(group, "minReplicas")...)
		at(t, cluster, int64(2147483647), append(group, "maxReplicas")...)
		at(t, cluster, int64(1), append(group, "numOfHosts")...)
		if head := cluster["spec"].(map[string]any)["headGroupSpec"].(map[string]any)["headService"].(map[string]any); head["status"] != nil {
			delete(head, "status")
		}
		objects := built(t, sampleEnv(withProber), ofRay(2, func(c *Component) { c.Pod = runs }))
		assert.Equal(t, cluster, tree(find[*RayCluster](t, objects)))
	})
	t.Run("the prober, with a selector of its own", func(t *testing.T) {
		prober := recordedObject(t, name, file, "Deployment", "chat-engine-0-mnp")
		own := "chat-engine-0-mnp"
		at(t, prober, own, "metadata", "labels", "app")
		at(t, prober, own, "spec", "selector", "matchLabels", "app")
		at(t, prober, own, "spec", "template", "metadata", "labels", "app")
		at(t, prober, "TCP", "spec", "template", "spec", "containers", 0, "ports", 0, "protocol")
		objects := built(t, sampleEnv(withProber), ofRay(2))
		assert.Equal(t, prober, tree(find[*appsv1.Deployment](t, objects)))
	})
	t.Run("the Service, with a selector that finds heads", func(t *testing.T) {
		service := recordedObject(t, name, file, "Service", "chat-engine")
		at(t, service, map[string]any{"ome.io/inferenceservice": "chat", "component": "engine", "ray.io/node-type": "head"}, "spec", "selector")
		for i := 1; i < 4; i++ {
			at(t, service, "TCP", "spec", "ports", i, "protocol")
		}
		objects := built(t, sampleEnv(withProber), ofRay(2))
		assert.Equal(t, service, tree(find[*corev1.Service](t, objects)))
	})
}

func TestRayReplicas(t *testing.T) {
	for name, test := range map[string]struct {
		replicas int32
		want     int
	}{
		"each replica is a cluster and its prober": {3, 3},
		"none":                             {0, 0},
		"a negative number counts as zero": {-1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			objects := built(t, sampleEnv(withProber), ofRay(test.replicas))
			assert.Equal(t, test.want, count[*RayCluster](objects))
			assert.Equal(t, test.want, count[*appsv1.Deployment](objects))
			assert.Equal(t, 1, count[*corev1.Service](objects))
		})
	}
}

func TestRayProbersDoNotShareSelectors(t *testing.T) {
	seen := map[string]bool{}
	for _, object := range built(t, sampleEnv(withProber), ofRay(3)) {
		if prober, is := object.(*appsv1.Deployment); is {
			app := prober.Spec.Selector.MatchLabels["app"]
			assert.False(t, seen[app], app)
			assert.True(t, selects(prober.Spec.Selector.MatchLabels, prober.Spec.Template.Labels))
			seen[app] = true
		}
	}
	assert.Len(t, seen, 3)
}

func TestRayServicePassesByProbersAndWorkers(t *testing.T) {
	objects := built(t, sampleEnv(withProber), ofRay(1))
	selector := find[*corev1.Service](t, objects).Spec.Selector
	assert.False(t, selects(selector, find[*appsv1.Deployment](t, objects).Spec.Template.Labels))
	group := find[*RayCluster](t, objects).Spec.WorkerGroupSpecs[0]
	assert.False(t, selects(selector, group.Template.Labels), "KubeRay adds the node type of a worker itself")
}

func TestRayWithoutAProberImage(t *testing.T) {
	env := sampleEnv(func(env *Env) { env.Config.Prober.Image = "" })
	made, problem := BuildComponent(env, ofRay(2))
	require.Nil(t, problem)
	objects := made.Objects
	assert.Zero(t, count[*appsv1.Deployment](objects))
	assert.Equal(t, 2, count[*RayCluster](objects))
	require.Equal(t, []string{ReasonProberNotConfigured}, reasonsOf(made.Findings))
	assert.Contains(t, made.Findings[0].Message, "multinodeProber")
}

func TestRayPodsStopRayUnlessTheyStopThemselves(t *testing.T) {
	own := &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Exec: &corev1.ExecAction{Command: []string{"mine"}}}}
	c := ofRay(1, func(c *Component) {
		c.Pod.Containers = append(c.Pod.Containers, corev1.Container{Name: "side", Image: "side:1", Lifecycle: own})
	})
	cluster := find[*RayCluster](t, built(t, sampleEnv(), c))
	for _, template := range []corev1.PodTemplateSpec{cluster.Spec.HeadGroupSpec.Template, cluster.Spec.WorkerGroupSpecs[0].Template} {
		assert.Equal(t, []string{"/bin/bash", "-lc", "ray stop"}, template.Spec.Containers[0].Lifecycle.PreStop.Exec.Command)
		assert.Equal(t, own, template.Spec.Containers[1].Lifecycle)
	}
	assert.Equal(t, []string{"serve"}, cluster.Spec.HeadGroupSpec.Template.Spec.Containers[0].Command)
	assert.Nil(t, c.Pod.Containers[0].Lifecycle, "the component must stay as it is")
}

func TestRayServicePorts(t *testing.T) {
	for name, test := range map[string]struct {
		ports []corev1.ContainerPort
		want  map[string]int32
	}{
		"those of the runner and of Ray": {
			[]corev1.ContainerPort{{Name: "http", ContainerPort: 8080}},
			map[string]int32{"http": 8080, "dashboard": 8265, "metrics": 8000, "redis": 6379},
		},
		"the runner's win by number": {
			[]corev1.ContainerPort{{Name: "http", ContainerPort: 8000}},
			map[string]int32{"http": 8000, "dashboard": 8265, "redis": 6379},
		},
		"the runner's win by name": {
			[]corev1.ContainerPort{{Name: "metrics", ContainerPort: 9000}},
			map[string]int32{"metrics": 9000, "dashboard": 8265, "redis": 6379},
		},
		"a port without a name gets one": {
			[]corev1.ContainerPort{{ContainerPort: 8080}},
			map[string]int32{"port-8080": 8080, "dashboard": 8265, "metrics": 8000, "redis": 6379},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := ofRay(1, func(c *Component) { c.Pod.Containers[0].Ports = test.ports })
			got := map[string]int32{}
			for _, port := range find[*corev1.Service](t, built(t, sampleEnv(), c)).Spec.Ports {
				got[port.Name] = port.Port
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestRayProberWatchesTheRunnersPort(t *testing.T) {
	objects := built(t, sampleEnv(withProber), ofRay(1, onPort(9000)))
	args := find[*appsv1.Deployment](t, objects).Spec.Template.Spec.Containers[0].Args
	assert.Contains(t, args, "http://chat-engine-0.team-a.svc.cluster.local:9000")
}

func TestRayNamesOfALongServiceAreLegal(t *testing.T) {
	c := ofRay(1, named("a-service-with-a-name-of-sixty-characters-which-is-quite-long"))
	objects := built(t, sampleEnv(withProber), c)
	cluster, prober := find[*RayCluster](t, objects), find[*appsv1.Deployment](t, objects)
	assert.LessOrEqual(t, len(cluster.Name), 53)
	assert.LessOrEqual(t, len(cluster.Spec.HeadGroupSpec.HeadService.Name), 50)
	assert.LessOrEqual(t, len(prober.Name), 63)
	assert.Contains(t, prober.Spec.Template.Spec.Containers[0].Args[1], "http://"+cluster.Spec.HeadGroupSpec.HeadService.Name+".team-a")
}

func TestRayNeedsKubeRay(t *testing.T) {
	_, problem := BuildComponent(sampleEnv(withoutKind(kinds.RayCluster)), ofRay(1))
	require.NotNil(t, problem)
	assert.Equal(t, ReasonKindNotInstalled, problem.Reason)
}
