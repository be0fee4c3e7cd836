package modes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	lwsv1 "sigs.k8s.io/lws/api/leaderworkerset/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/internal/omecases"
)

// ofGroups is a multi-node engine of two groups of a leader and a worker.
func ofGroups(change ...func(*Component)) *Component {
	base := func(c *Component) {
		c.Pod, c.Worker = samplePod("serve-leader", "8"), ptr.To(samplePod("serve-worker", "8"))
		c.Worker.Containers[0].Ports = nil
		c.WorkerSize = 1
		c.Scaling = Scaling{Autoscaler: AutoscalerNone, Min: 2, Max: 2, Replicas: ptr.To(int32(2))}
	}
	return sampleComponent(v1beta1.EngineComponent, v1beta1.MultiNode, append([]func(*Component){base}, change...)...)
}

func built(t *testing.T, env *Env, c *Component) Objects {
	t.Helper()
	objects, problem := objectsOf(BuildComponent(env, c))
	require.Nil(t, problem)
	return objects
}

func TestMultiNodeEqualsOME(t *testing.T) {
	const file = omecases.Children
	want := recordedObject(t, "028-multinode-runtime", file, "LeaderWorkerSet", "lws-chat-engine")
	template := []any{"spec", "leaderWorkerTemplate"}
	for _, pod := range []string{"leaderTemplate", "workerTemplate"} {
		injected(t, want, append(template, pod)...)
		at(t, want, "chat", append(template, pod, "metadata", "labels", "serving.ome.io/inferenceservice")...)
	}
	c := ofGroups(func(c *Component) {
		c.Pod = recordedPod(t, want, "spec", "leaderWorkerTemplate", "leaderTemplate", "spec")
		c.Worker = ptr.To(recordedPod(t, want, "spec", "leaderWorkerTemplate", "workerTemplate", "spec"))
	})
	objects := built(t, sampleEnv(), c)
	assert.Equal(t, want, tree(find[*lwsv1.LeaderWorkerSet](t, objects)))

	service := recordedObject(t, "028-multinode-runtime", file, "Service", "chat-engine")
	at(t, service, map[string]any{"ome.io/inferenceservice": "chat", "component": "engine", "ray.io/node-type": "head"}, "spec", "selector")
	assert.Equal(t, service, tree(find[*corev1.Service](t, objects)))
}

func TestMultiNodeSelectorsFindPodsOfOneComponent(t *testing.T) {
	objects := built(t, sampleEnv(), ofGroups())
	set := find[*lwsv1.LeaderWorkerSet](t, objects)
	leader, worker := set.Spec.LeaderWorkerTemplate.LeaderTemplate.Labels, set.Spec.LeaderWorkerTemplate.WorkerTemplate.Labels
	for name, test := range map[string]struct {
		selector map[string]string
		workers  bool
	}{
		"Service":             {find[*corev1.Service](t, objects).Spec.Selector, false},
		"PodDisruptionBudget": {find[*policyv1.PodDisruptionBudget](t, objects).Spec.Selector.MatchLabels, true},
	} {
		assert.True(t, selects(test.selector, leader), "%s finds the leader", name)
		assert.Equal(t, test.workers, selects(test.selector, worker), "%s and the worker", name)
		other := built(t, sampleEnv(), ofGroups(named("other")))
		otherLeader := find[*lwsv1.LeaderWorkerSet](t, other).Spec.LeaderWorkerTemplate.LeaderTemplate.Labels
		otherLeader["ome.io/inferenceservice"] = "other"
		assert.False(t, selects(test.selector, otherLeader), "%s passes by the leaders of other services", name)
	}
}

func selects(selector, labels map[string]string) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return len(selector) > 0
}

func TestMultiNodeGroups(t *testing.T) {
	for name, test := range map[string]struct {
		change   func(*Component)
		size     int32
		replicas *int32
		worker   string
	}{
		"a leader and its workers":               {func(c *Component) { c.WorkerSize = 3 }, 4, ptr.To(int32(2)), "serve-worker"},
		"a leader alone":                         {func(c *Component) { c.Worker, c.WorkerSize = nil, 3 }, 1, ptr.To(int32(2)), "serve-leader"},
		"workers of no size":                     {func(c *Component) { c.WorkerSize = 0 }, 1, ptr.To(int32(2)), "serve-worker"},
		"workers of negative size":               {func(c *Component) { c.WorkerSize = -2 }, 1, ptr.To(int32(2)), "serve-worker"},
		"no replicas at all":                     {func(c *Component) { c.Scaling.Replicas = ptr.To(int32(0)) }, 2, ptr.To(int32(0)), "serve-worker"},
		"negative replicas are none":             {func(c *Component) { c.Scaling.Replicas = ptr.To(int32(-1)) }, 2, ptr.To(int32(0)), "serve-worker"},
		"replicas that belong to the autoscaler": {func(c *Component) { c.Scaling.Replicas = nil }, 2, nil, "serve-worker"},
	} {
		t.Run(name, func(t *testing.T) {
			set := find[*lwsv1.LeaderWorkerSet](t, built(t, sampleEnv(), ofGroups(test.change)))
			template := set.Spec.LeaderWorkerTemplate
			assert.Equal(t, test.size, *template.Size)
			assert.Equal(t, test.replicas, set.Spec.Replicas)
			assert.Equal(t, []string{test.worker}, template.WorkerTemplate.Spec.Containers[0].Command)
			assert.NotContains(t, template.WorkerTemplate.Labels, v1beta1.LabelRayNodeType)
			assert.Equal(t, lwsv1.RecreateGroupOnPodRestart, template.RestartPolicy, "the webhook rewrites Default")
			assert.Nil(t, template.LeaderTemplate.Spec.Containers[0].ReadinessProbe)
		})
	}
}

func TestMultiNodeAutoscaling(t *testing.T) {
	for name, test := range map[string]struct {
		scaling Scaling
		hpa     int
		keda    int
	}{
		"a range scales by cpu":                    {Scaling{Autoscaler: AutoscalerHPA, Min: 1, Max: 4}, 1, 0},
		"a range scales by query":                  {Scaling{Autoscaler: AutoscalerKEDA, Min: 1, Max: 4}, 0, 1},
		"an external autoscaler is not made":       {Scaling{Autoscaler: AutoscalerExternal, Min: 1, Max: 4}, 0, 0},
		"replicas that are fixed need no decision": {Scaling{Autoscaler: AutoscalerNone, Min: 1, Max: 4}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			objects := built(t, sampleEnv(), ofGroups(func(c *Component) { c.Scaling = test.scaling }))
			assert.Equal(t, test.hpa, count[*autoscalingv2.HorizontalPodAutoscaler](objects))
			assert.Equal(t, test.keda, count[*ScaledObject](objects))
			if test.hpa > 0 {
				assert.Equal(t, autoscalingv2.CrossVersionObjectReference{
					APIVersion: "leaderworkerset.x-k8s.io/v1", Kind: "LeaderWorkerSet", Name: "lws-chat-engine",
				}, find[*autoscalingv2.HorizontalPodAutoscaler](t, objects).Spec.ScaleTargetRef)
			}
		})
	}
}

func TestMultiNodeMetadata(t *testing.T) {
	c := ofGroups(func(c *Component) {
		c.QueueLabels = map[string]string{"volcano.sh/queue-name": "q"}
		c.Annotations["prometheus.io/scrape"] = "true"
	})
	set := find[*lwsv1.LeaderWorkerSet](t, built(t, sampleEnv(), c))
	leader, worker := set.Spec.LeaderWorkerTemplate.LeaderTemplate, set.Spec.LeaderWorkerTemplate.WorkerTemplate
	assert.NotContains(t, set.Labels, "volcano.sh/queue-name")
	assert.Equal(t, "q", leader.Labels["volcano.sh/queue-name"])
	assert.Equal(t, "q", worker.Labels["volcano.sh/queue-name"])
	assert.Equal(t, "true", leader.Annotations["prometheus.io/scrape"])
	assert.NotContains(t, worker.Annotations, "prometheus.io/scrape")
}

func TestMultiNodeLabelsOfALongNameAreLegal(t *testing.T) {
	c := ofGroups(named("a-service-with-a-name-of-sixty-characters-which-is-quite-long"))
	set := find[*lwsv1.LeaderWorkerSet](t, built(t, sampleEnv(), c))
	assert.LessOrEqual(t, len(set.Name), 63)
	assert.LessOrEqual(t, len(set.Spec.LeaderWorkerTemplate.LeaderTemplate.Labels["app"]), 63)
}

func TestMultiNodeNeedsLeaderWorkerSets(t *testing.T) {
	_, problem := BuildComponent(sampleEnv(withoutKind(kinds.LeaderWorkerSet)), ofGroups())
	require.NotNil(t, problem)
	assert.Equal(t, ReasonKindNotInstalled, problem.Reason)
}

func TestIstioSidecar(t *testing.T) {
	inject := func(value string) func(*Component) {
		return func(c *Component) { c.Labels[v1beta1.LabelIstioInject] = value }
	}
	t.Run("it equals OME's, except that it selects the pods of the component", func(t *testing.T) {
		want := recordedObject(t, "034-multinode-prometheus-istio", omecases.Children, "Sidecar", "chat-engine")
		identity := map[string]any{"ome.io/inferenceservice": "chat", "component": "engine"}
		at(t, want, identity, "spec", "workloadSelector", "labels")
		at(t, want, identity, "metadata", "labels")
		objects := built(t, sampleEnv(), ofGroups(inject("true")))
		assert.Equal(t, want, tree(find[*Sidecar](t, objects)))
		set := find[*lwsv1.LeaderWorkerSet](t, objects).Spec.LeaderWorkerTemplate
		selector := find[*Sidecar](t, objects).Spec.WorkloadSelector.Labels
		assert.True(t, selects(selector, set.LeaderTemplate.Labels) && selects(selector, set.WorkerTemplate.Labels))
	})
	t.Run("it listens where the runner does", func(t *testing.T) {
		sidecar := find[*Sidecar](t, built(t, sampleEnv(), ofGroups(inject("true"), onPort(9000))))
		assert.Equal(t, int32(9000), sidecar.Spec.Ingress[0].Port.Number)
	})
	t.Run("it speaks the protocol of the runner", func(t *testing.T) {
		for name, want := range map[string]string{"http": "HTTP", "grpc-api": "GRPC", "h2c": "HTTP2"} {
			sidecar := find[*Sidecar](t, built(t, sampleEnv(), ofGroups(inject("true"), func(c *Component) { c.Pod.Containers[0].Ports[0].Name = name })))
			assert.Equal(t, want, sidecar.Spec.Ingress[0].Port.Protocol)
			assert.Equal(t, want, sidecar.Spec.Egress[0].Port.Protocol)
		}
	})
	for name, change := range map[string]func(*Component){
		"there is none without the label":                   func(*Component) {},
		"there is none where the label says something else": inject("false"),
	} {
		t.Run(name, func(t *testing.T) {
			assert.Zero(t, count[*Sidecar](built(t, sampleEnv(), ofGroups(change))))
		})
	}
	t.Run("it needs Istio", func(t *testing.T) {
		_, problem := BuildComponent(sampleEnv(withoutKind(kinds.Sidecar)), ofGroups(inject("true")))
		require.NotNil(t, problem)
		assert.Contains(t, problem.Message, "Sidecar")
	})
	t.Run("a Deployment has none", func(t *testing.T) {
		objects := built(t, sampleEnv(), sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment, inject("true")))
		assert.Zero(t, count[*Sidecar](objects))
		assert.Equal(t, 1, count[*appsv1.Deployment](objects))
	})
}

// withBudget gives a component bounds of its disruption budget; an empty one is not given.
func withBudget(minAvailable, maxUnavailable string) func(*Component) {
	bound := func(text string) *intstr.IntOrString {
		if text == "" {
			return nil
		}
		return ptr.To(intstr.Parse(text))
	}
	return func(c *Component) {
		c.Extension.MinAvailable, c.Extension.MaxUnavailable = bound(minAvailable), bound(maxUnavailable)
	}
}

func TestBudgetOfGroups(t *testing.T) {
	fixed := func(groups int32) func(*Component) {
		return func(c *Component) {
			c.Scaling = Scaling{Autoscaler: AutoscalerNone, Min: groups, Max: groups, Replicas: &groups}
		}
	}
	scaled := func(least, most int32) func(*Component) {
		return func(c *Component) { c.Scaling = Scaling{Autoscaler: AutoscalerHPA, Min: least, Max: most} }
	}
	for name, test := range map[string]struct {
		groups                       func(*Component)
		size                         int32
		minAvailable, maxUnavailable string
		wantLeast, wantMost          string
	}{
		"one group may go by default":             {fixed(3), 4, "", "", "", "1"},
		"as many pods may go as groups":           {fixed(3), 4, "", "2", "", "2"},
		"a percentage is one of groups":           {fixed(4), 4, "", "50%", "", "2"},
		"a percentage is rounded up, as for pods": {fixed(3), 4, "", "50%", "", "2"},
		"none may go": {fixed(3), 4, "", "0", "", "0"},
		"groups that must stay leave the others to go":           {fixed(3), 4, "1", "", "", "2"},
		"a percentage that must stay is rounded up":              {fixed(3), 4, "50%", "", "", "1"},
		"all groups must stay":                                   {fixed(2), 4, "2", "", "", "0"},
		"more must stay than there are":                          {fixed(2), 4, "5", "", "", "0"},
		"the fewest groups count where their number varies":      {scaled(2, 8), 4, "1", "", "", "1"},
		"the fewest count for a percentage, too":                 {scaled(2, 8), 4, "", "50%", "", "1"},
		"where the fewest must stay, one of the next may go":     {scaled(1, 8), 4, "1", "", "7", ""},
		"so it is with a percentage":                             {scaled(1, 8), 4, "50%", "", "7", ""},
		"where even the most must stay, none may go":             {scaled(1, 4), 4, "4", "", "", "0"},
		"all of any number must stay":                            {scaled(1, 4), 4, "100%", "", "", "0"},
		"the number of pods that must stay is too large":         {scaled(1, 1<<31-1), 4, "2000000000", "", "", "0"},
		"the largest number must stay":                           {scaled(1, 1<<31-1), 4, "2147483647", "", "", "0"},
		"groups of one pod are pods":                             {scaled(1, 8), 1, "50%", "", "50%", ""},
		"what is no number stays, and the API server refuses it": {fixed(3), 4, "many", "", "many", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := ofGroups(test.groups, withBudget(test.minAvailable, test.maxUnavailable), func(c *Component) { c.WorkerSize = test.size - 1 })
			spec := find[*policyv1.PodDisruptionBudget](t, built(t, sampleEnv(), c)).Spec
			text := func(v *intstr.IntOrString) string {
				if v == nil {
					return ""
				}
				return v.String()
			}
			assert.Equal(t, test.wantLeast, text(spec.MinAvailable), "minAvailable")
			assert.Equal(t, test.wantMost, text(spec.MaxUnavailable), "maxUnavailable")
		})
	}
}

func TestWhatLeaderWorkerSetRefusesIsLeftOutAndSaid(t *testing.T) {
	c := ofGroups(func(c *Component) {
		c.Annotations["leaderworkerset.sigs.k8s.io/subgroup-exclusive-topology"] = "rack"
		c.Annotations["leaderworkerset.sigs.k8s.io/exclusive-topology"] = "block"
	})
	made, problem := BuildComponent(sampleEnv(), c)
	require.Nil(t, problem)
	annotations := find[*lwsv1.LeaderWorkerSet](t, made.Objects).Annotations
	assert.NotContains(t, annotations, "leaderworkerset.sigs.k8s.io/subgroup-exclusive-topology")
	assert.Equal(t, "block", annotations["leaderworkerset.sigs.k8s.io/exclusive-topology"])
	require.Equal(t, []string{ReasonFieldIgnored}, reasonsOf(made.Findings))
	assert.Contains(t, made.Findings[0].Message, "subgroup-exclusive-topology")
}
