package sync_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
	"github.com/isvc-io/isvc/sync/status"
)

// groupedService is a service whose engine has replicas of several pods, with an image that people change.
type groupedService struct {
	*cluster
	t        *testing.T
	strategy strategy
}

func newGroupedService(t *testing.T, s strategy, mode string, replicas int) *groupedService {
	t.Helper()
	g := &groupedService{cluster: switching(t, mode), t: t, strategy: s}
	g.engine()["minReplicas"], g.engine()["maxReplicas"] = int64(replicas), int64(replicas)
	g.edit("v1")
	g.config = map[string]string{"multinodeProber": `{"image":""}`}
	return g
}

func (g *groupedService) engine() map[string]any { return at(g.parent, "spec", "engine") }

// edit gives all pods of the engine an image.
func (g *groupedService) edit(image string) {
	at(g.engine(), "runner")["name"], at(g.engine(), "runner")["image"] = "ome-container", image
	if worker, ok := g.engine()["worker"].(map[string]any); ok {
		at(worker, "runner")["image"] = image
	}
}

func (g *groupedService) percent(percent any) {
	g.engine()["canaryTrafficPercent"] = percent
	if percent == nil {
		delete(g.engine(), "canaryTrafficPercent")
	}
}

// answer applies an answer, and checks that repeating it writes nothing.
func (g *groupedService) answer() *sync.Response {
	g.t.Helper()
	response := g.sync(g.t)
	require.Nil(g.t, response.Hold)
	require.Empty(g.t, response.Partial)
	status := map[string]any{}
	for kind, objects := range g.children {
		for key, child := range objects {
			status[string(kind)+key] = json.RawMessage(child.Member("status"))
		}
	}
	generations := g.generations(response)
	g.apply(g.t, g.strategy, response)
	for kind, objects := range g.children {
		for key, child := range objects {
			var object map[string]any
			require.NoError(g.t, utiljson.Unmarshal(child.Raw, &object))
			meta(object)["generation"] = generations[string(kind)+key]
			if before, ok := status[string(kind)+key].(json.RawMessage); ok && before != nil {
				object["status"] = before
			}
			text, err := json.Marshal(object)
			require.NoError(g.t, err)
			objects[key] = observed.Object{Raw: text}
		}
	}
	return response
}

// generations are those that the children get by an answer.
func (g *groupedService) generations(response *sync.Response) map[string]int64 {
	out := map[string]int64{}
	for _, child := range response.Children {
		kind := kinds.New(child.GetKind(), child.GetAPIVersion())
		key := observed.ObjectKey("default", child.GetName())
		out[string(kind)+key] = 1
		before := g.children[kind][key]
		if !before.Exists() {
			continue
		}
		var object map[string]any
		require.NoError(g.t, utiljson.Unmarshal(before.Raw, &object))
		seen := &unstructured.Unstructured{Object: object}
		out[string(kind)+key] = seen.GetGeneration()
		for _, change := range changes(g.t, g.strategy, seen, child) {
			if strings.HasPrefix(change, "spec") {
				out[string(kind)+key] = seen.GetGeneration() + 1
				break
			}
		}
	}
	return out
}

// report is what the controller of a workload reports, for the generation that there is.
func (g *groupedService) report(kind kinds.Kind, name, status string) {
	g.t.Helper()
	key := observed.ObjectKey("default", name)
	var object, report map[string]any
	require.NoError(g.t, utiljson.Unmarshal(g.children[kind][key].Raw, &object))
	require.NoError(g.t, utiljson.Unmarshal([]byte(status), &report))
	report["observedGeneration"] = meta(object)["generation"]
	object["status"] = report
	text, err := json.Marshal(object)
	require.NoError(g.t, err)
	g.children[kind][key] = observed.Object{Raw: text}
}

func (g *groupedService) is(response *sync.Response, status, reason string, texts ...string) {
	g.t.Helper()
	v := view{g.t, response}
	v.isCondition("CanaryReady", status, reason)
	_, _, message := v.condition("CanaryReady")
	for _, text := range texts {
		assert.Contains(g.t, message, text)
	}
	v.isCondition("UpdateAvailable", "absent", "")
}

// TestACanaryInGroups: the last groups get the new template, the others keep the former one, and go back to it
// when the canary is stopped.
func TestACanaryInGroups(t *testing.T) {
	for _, s := range strategiesOf(1) {
		t.Run(string(s), func(t *testing.T) {
			g := newGroupedService(t, s, "multinode", 4)
			groups := func(image string, partition int, hasFormer bool) *sync.Response {
				t.Helper()
				response := g.answer()
				set := view{t, response}.lws("lws-chat-engine")
				assert.Equal(t, image, set.Spec.LeaderWorkerTemplate.WorkerTemplate.Spec.Containers[0].Image)
				assert.Equal(t, image, set.Spec.LeaderWorkerTemplate.LeaderTemplate.Spec.Containers[0].Image)
				strategy := set.Spec.RolloutStrategy.RollingUpdateConfiguration
				surge := 1
				if partition > 0 {
					surge = 0 // LeaderWorkerSet keeps a group that it adds as long as some groups have another template
				}
				assert.Equal(t, []int{surge, 1}, []int{strategy.MaxSurge.IntValue(), strategy.MaxUnavailable.IntValue()}, "surge and unavailable")
				seen := 0
				if p := set.Spec.RolloutStrategy.RollingUpdateConfiguration.Partition; p != nil {
					seen = int(*p)
				}
				assert.Equal(t, partition, seen, "partition")
				assert.Equal(t, hasFormer, set.Annotations["isvc.io/former-template"] != "", "the former template is remembered")
				assert.Empty(t, writes(t, s, g.children, g.sync(t).Children), "an answer is repeated without a write")
				return response
			}
			updated := func(n int) {
				g.report(kinds.LeaderWorkerSet, "lws-chat-engine", fmt.Sprintf(
					`{"replicas":4,"readyReplicas":4,"updatedReplicas":%d,"conditions":[{"type":"Available","status":"True","reason":"AllGroupsReady"}]}`, n))
			}
			groups("v1", 0, false)
			g.percent(int64(25))
			g.edit("v2")
			g.is(groups("v1", 0, false), "False", "CanaryWaiting", "not rolled out")
			updated(4)
			g.is(groups("v2", 3, true), "False", "CanaryStarting", "1 of 4 groups")
			updated(1)
			g.is(groups("v2", 3, true), "True", "CanaryRunning", "1 of 4 groups", "about 25 %")
			g.percent(int64(50))
			groups("v2", 2, true)
			updated(2)
			g.percent(int64(10))
			g.is(groups("v2", 2, true), "True", "CanaryRunning", "2 of 4 groups") // it does not shrink
			g.edit("v3")
			groups("v3", 2, true)
			updated(2)
			g.edit("v1")
			g.is(groups("v1", 0, false), "absent", "")
			updated(4)
			g.edit("v3")
			groups("v3", 3, true)
			updated(1)
			g.percent(int64(0))
			g.is(groups("v1", 0, false), "False", "CanaryAborted", "undo the change")
			updated(4)
			g.is(groups("v1", 0, false), "False", "CanaryAborted")
			g.percent(int64(30))
			groups("v3", 2, true)
			updated(2)
			g.percent(nil)
			g.is(groups("v3", 0, false), "absent", "")
			updated(4)

			g.percent(int64(30))
			g.edit("v4")
			groups("v4", 2, true)
			runner := at(g.one("ClusterServingRuntime"), "spec", "engineConfig", "runner")
			runner["ports"] = []any{map[string]any{"name": "http", "containerPort": int64(9999), "protocol": "TCP"}}
			g.is(groups("v3", 0, false), "False", "CanaryImpossible", "another port")
		})
	}
	g := newGroupedService(t, clientSide, "multinode", 1)
	g.answer()
	g.percent(int64(50))
	g.edit("v2")
	response := g.answer()
	g.is(response, "False", "CanaryImpossible", "minReplicas")
	assert.Equal(t, "v1", view{t, response}.lws("lws-chat-engine").Spec.LeaderWorkerTemplate.WorkerTemplate.Spec.Containers[0].Image)
}

// TestACanaryInGroupsNeedsAGroupThatMayBeAway: it takes the place of one.
func TestACanaryInGroupsNeedsAGroupThatMayBeAway(t *testing.T) {
	for unavailable, reason := range map[any]string{
		int64(0): "CanaryImpossible", "0%": "CanaryImpossible", "24%": "CanaryImpossible",
		"25%": "CanaryStarting", int64(2): "CanaryStarting",
	} {
		t.Run(fmt.Sprint(unavailable), func(t *testing.T) {
			g := newGroupedService(t, clientSide, "multinode", 4)
			g.engine()["lifecycle"] = map[string]any{"updateStrategy": map[string]any{"rollingUpdate": map[string]any{"maxUnavailable": unavailable}}}
			g.answer()
			g.report(kinds.LeaderWorkerSet, "lws-chat-engine",
				`{"replicas":4,"readyReplicas":4,"updatedReplicas":4,"conditions":[{"type":"Available","status":"True","reason":"AllGroupsReady"}]}`)
			g.percent(int64(25))
			g.edit("v2")
			response := g.answer()
			text, image := "groups", "v2"
			if reason == "CanaryImpossible" {
				text, image = "maxUnavailable lets none of 4 groups be away", "v1"
			}
			g.is(response, "False", reason, text)
			set := view{t, response}.lws("lws-chat-engine").Spec
			assert.Equal(t, image, set.LeaderWorkerTemplate.WorkerTemplate.Spec.Containers[0].Image)
			if image == "v2" {
				assert.Equal(t, intstr.FromInt32(0), set.RolloutStrategy.RollingUpdateConfiguration.MaxSurge)
				assert.Equal(t, fmt.Sprint(unavailable), set.RolloutStrategy.RollingUpdateConfiguration.MaxUnavailable.String())
			}
		})
	}
}

// TestGroupsThatAreAddedBesideACanary: by a person, at once with the partition. Those of an autoscaler are there
// before isvc answers, and are the canary's.
func TestGroupsThatAreAddedBesideACanary(t *testing.T) {
	for _, s := range strategies {
		g := newGroupedService(t, s, "multinode", 2)
		partition := func() int32 {
			response := g.answer()
			assert.Empty(t, writes(t, s, g.children, g.sync(t).Children), "an answer is repeated without a write")
			return ptr.Deref(view{t, response}.lws("lws-chat-engine").Spec.RolloutStrategy.RollingUpdateConfiguration.Partition, 0)
		}
		report := func(replicas, updated int) {
			g.report(kinds.LeaderWorkerSet, "lws-chat-engine", fmt.Sprintf(
				`{"replicas":%[1]d,"readyReplicas":%[1]d,"updatedReplicas":%[2]d,"conditions":[{"type":"Available","status":"True","reason":"AllGroupsReady"}]}`, replicas, updated))
		}
		partition()
		report(2, 2)
		g.percent(int64(10))
		g.edit("v2")
		require.EqualValues(t, 1, partition(), s)
		report(2, 1)
		g.engine()["minReplicas"], g.engine()["maxReplicas"] = int64(20), int64(20)
		assert.EqualValues(t, 18, partition(), "%s: a tenth of 20", s)
		report(20, 2)
		g.engine()["minReplicas"], g.engine()["maxReplicas"] = int64(2), int64(2)
		assert.EqualValues(t, 1, partition(), "%s: one of 2", s)
	}
}

// TestAFormerTemplateThatIsLostPromotesNothing: somebody removes the annotation that remembers it.
func TestAFormerTemplateThatIsLostPromotesNothing(t *testing.T) {
	for _, s := range strategies {
		g := newGroupedService(t, s, "multinode", 4)
		g.answer()
		g.report(kinds.LeaderWorkerSet, "lws-chat-engine", `{"replicas":4,"readyReplicas":4,"updatedReplicas":4,"conditions":[{"type":"Available","status":"True","reason":"AllGroupsReady"}]}`)
		g.percent(int64(25))
		g.edit("v2")
		g.answer()
		key := observed.ObjectKey("default", "lws-chat-engine")
		var set map[string]any
		require.NoError(t, utiljson.Unmarshal(g.children[kinds.LeaderWorkerSet][key].Raw, &set))
		remembered := at(set, "metadata", "annotations")[v1beta1.AnnotationFormerTemplate]
		require.NotEmpty(t, remembered)
		delete(at(set, "metadata", "annotations"), v1beta1.AnnotationFormerTemplate)
		managed, _ := at(set, "metadata")["managedFields"].([]any)
		for _, entry := range managed {
			delete(at(entry.(map[string]any), "fieldsV1", "f:metadata", "f:annotations"), "f:"+v1beta1.AnnotationFormerTemplate)
		}
		text, err := json.Marshal(set)
		require.NoError(t, err)
		g.children[kinds.LeaderWorkerSet][key] = observed.Object{Raw: text}
		after := view{t, g.answer()}.lws("lws-chat-engine")
		assert.EqualValues(t, 3, ptr.Deref(after.Spec.RolloutStrategy.RollingUpdateConfiguration.Partition, 0), s)
		if s == clientSide {
			assert.Equal(t, remembered, after.Annotations[v1beta1.AnnotationFormerTemplate], "it is in what was applied last")
		}
		g.percent(nil)
		after = view{t, g.answer()}.lws("lws-chat-engine")
		assert.Nil(t, after.Spec.RolloutStrategy.RollingUpdateConfiguration.Partition, "%s: it is promoted", s)
	}
}

// TestAPartitionOfTheUserIsNoCanary: it goes with the edit that asks for a canary.
func TestAPartitionOfTheUserIsNoCanary(t *testing.T) {
	for _, s := range strategies {
		g := newGroupedService(t, s, "multinode", 4)
		g.engine()["lifecycle"] = map[string]any{"updateStrategy": map[string]any{"rollingUpdate": map[string]any{"partition": int64(2)}}}
		g.answer()
		g.report(kinds.LeaderWorkerSet, "lws-chat-engine", `{"replicas":4,"readyReplicas":4,"updatedReplicas":4,"conditions":[{"type":"Available","status":"True","reason":"AllGroupsReady"}]}`)
		g.answer()
		delete(g.engine(), "lifecycle")
		g.percent(int64(25))
		g.edit("v2")
		set := view{t, g.answer()}.lws("lws-chat-engine")
		assert.EqualValues(t, 3, ptr.Deref(set.Spec.RolloutStrategy.RollingUpdateConfiguration.Partition, 0), s)
		assert.NotEmpty(t, set.Annotations[v1beta1.AnnotationFormerTemplate], s)
	}
}

// rayClusters drives the Ray clusters of a service. KubeRay replaces all pods of a cluster whose template
// changes.
type rayClusters struct {
	*groupedService
	images []string
	down   []bool
}

// turn applies an answer and lets KubeRay work: what was down serves again, and what changed is down.
func (r *rayClusters) turn() *sync.Response {
	r.t.Helper()
	response := r.answer()
	assert.Empty(r.t, writes(r.t, r.strategy, r.children, response.Children), "an answer is repeated without a write")
	down := 0
	for i := range r.images {
		name := fmt.Sprintf("chat-engine-%d", i)
		cluster := view{r.t, response}.ray(name)
		image := cluster.Spec.HeadGroupSpec.Template.Spec.Containers[0].Image
		assert.Equal(r.t, image, cluster.Spec.WorkerGroupSpecs[0].Template.Spec.Containers[0].Image)
		ready := "True"
		if r.down[i] = image != r.images[i]; r.down[i] {
			ready = "False"
			down++
		}
		r.images[i] = image
		r.report(kinds.RayCluster, name, fmt.Sprintf(`{"state":"ready","desiredWorkerReplicas":1,"readyWorkerReplicas":1,`+
			`"conditions":[{"type":"HeadPodReady","status":%q,"reason":"r"},{"type":"RayClusterProvisioned","status":"True","reason":"r"}]}`, ready))
	}
	assert.LessOrEqual(r.t, down, 1, "at most one cluster is replaced at a time: %v", r.images)
	return response
}

// until turns until the clusters have images.
func (r *rayClusters) until(images string) *sync.Response {
	r.t.Helper()
	var response *sync.Response
	for range 12 {
		r.turn()
		response = r.sync(r.t)
		if strings.Join(r.images, " ") == images && len(writes(r.t, r.strategy, r.children, response.Children)) == 0 {
			r.turn()
			return r.sync(r.t)
		}
	}
	require.Equal(r.t, images, strings.Join(r.images, " "))
	return response
}

// TestRayClustersChangeOneAtATime: by an edit, for a canary, back, and on.
func TestRayClustersChangeOneAtATime(t *testing.T) {
	for _, s := range strategiesOf(0) {
		t.Run(string(s), func(t *testing.T) {
			r := &rayClusters{groupedService: newGroupedService(t, s, "ray", 3), images: []string{"v1", "v1", "v1"}, down: make([]bool, 3)}
			r.until("v1 v1 v1")
			r.edit("v2")
			first := r.turn()
			assert.Equal(t, []string{"v1", "v1", "v2"}, r.images)
			_, reason, message := view{t, first}.condition("EngineReady")
			assert.Equal(t, status.ReasonUpdateNotApplied, reason)
			assert.Contains(t, message, "RayCluster chat-engine-2 does not have", "it is the one that changes")
			r.is(first, "absent", "")
			waiting := r.sync(t)
			r.apply(t, s, waiting)
			assert.Equal(t, "v1", view{t, waiting}.ray("chat-engine-1").Spec.HeadGroupSpec.Template.Spec.Containers[0].Image, "it waits for the one before")
			r.until("v2 v2 v2")

			r.percent(int64(50))
			r.edit("v3")
			running := r.until("v2 v3 v3")
			r.is(running, "True", "CanaryRunning", "2 of 3 Ray clusters", "about 66 %")
			assert.Equal(t, []v1beta1.TrafficTarget{
				{LatestRevision: ptr.To(true), Percent: ptr.To(int64(66))},
				{LatestRevision: ptr.To(false), Percent: ptr.To(int64(34)), Tag: "prev"},
			}, running.Status.Components["engine"].Traffic)
			r.percent(int64(0))
			stopped := r.until("v2 v2 v2")
			r.is(stopped, "False", "CanaryAborted")
			assert.Empty(t, stopped.Status.Components["engine"].Traffic)
			r.percent(int64(10))
			r.is(r.until("v2 v2 v3"), "True", "CanaryRunning", "1 of 3")
			r.percent(nil)
			r.is(r.until("v3 v3 v3"), "absent", "")
			r.percent(int64(10))
			r.edit("v4")
			r.until("v3 v3 v4")
			r.edit("v3")
			r.is(r.until("v3 v3 v3"), "absent", "")
		})
	}
}
