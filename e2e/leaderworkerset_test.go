package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/e2e/operators"
)

// The groups of a LeaderWorkerSet in these tests: a leader and two workers.
const podsOfGroup = 3

// Labels of LeaderWorkerSet's controller.
const (
	labelOfGroup  = "leaderworkerset.sigs.k8s.io/group-index"
	labelOfWorker = "leaderworkerset.sigs.k8s.io/worker-index"
)

// TestLeaderWorkerSetUnderTheDriver leads a service through its life in groups,
// with LeaderWorkerSet's own controller and webhooks, and the driver in
// Metacontroller's place, under both ways of applying.
func TestLeaderWorkerSetUnderTheDriver(t *testing.T) {
	runOperator(t, "LeaderWorkerSet's controller and webhooks", operators.StartLeaderWorkerSet)
	underTheDriver(t, "groups", nil, newLeaderWorkerSet)
}

// TestLeaderWorkerSetUnderMetacontroller does the same with the real
// Metacontroller.
func TestLeaderWorkerSetUnderMetacontroller(t *testing.T) {
	program := metacontroller(t)
	runOperator(t, "LeaderWorkerSet's controller and webhooks", operators.StartLeaderWorkerSet)
	underMetacontroller(t, program, "groups-meta", nil, newLeaderWorkerSet)
}

// leaderWorkerSet is a service whose groups are those of a LeaderWorkerSet.
type leaderWorkerSet struct {
	*groups
	set *unstructured.Unstructured
}

func newLeaderWorkerSet(t *testing.T, name, user string) (*world, func(*testing.T)) {
	t.Helper()
	g := newGroups(t, "testdata/groups.yaml", name, user)
	g.podsOf = podsOfGroup
	g.indexOf = func(pod *unstructured.Unstructured) (int, bool) {
		index, err := strconv.Atoi(pod.GetLabels()[labelOfGroup])
		return index, err == nil
	}
	return g.world, (&leaderWorkerSet{g, g.object("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "lws-chat-engine")}).life
}

// life is the whole story. Each step needs the ones before it.
func (g *leaderWorkerSet) life(t *testing.T) {
	leadThrough(t, []step{
		{"a service of single pods serves until its groups are ready", g.shows(g.becomesGroups, slices.Concat(in(v1beta1.RawDeployment, toGroups), in(v1beta1.MultiNode, accepted, started, becomesReady))...)},
		{"nothing is written at rest", g.shows(g.restsFor(*longRest), in(v1beta1.MultiNode, atRest)...)},
		{"the operator completes what was applied as is known", g.completes("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "LeaderWorkerSet")},
		{"pods find each other by OME's variables", g.findEachOther},
		{"another image waits for nodes, and takes one group", g.shows(g.waitsForNodes, in(v1beta1.MultiNode, failedRollout)...)},
		{"another image rolls group by group", g.shows(g.rollsOut, in(v1beta1.MultiNode, rollout)...)},
		{"groups follow the use of processors", g.shows(g.scalesByProcessors, in(v1beta1.MultiNode, scaledByHPA)...)},
		{"groups that are added and taken away leave the others alone", g.scales},
		{"a canary that finds no node takes one group, and goes back at 0 percent", g.shows(g.failsCanary, in(v1beta1.MultiNode, canaryRuns)...)},
		{"an edit at 25 percent changes one of four groups", g.shows(g.startsCanary, in(v1beta1.MultiNode, canaryRuns)...)},
		{"nothing is written at rest during a canary", g.shows(g.rests, in(v1beta1.MultiNode, atRest)...)},
		{"a pod that fails during a canary comes back as it was", g.losesPod},
		{"groups that are added during a canary have the new template, and go first", g.scalesCanary},
		{"at 50 percent it is two groups", g.shows(g.growsCanary, in(v1beta1.MultiNode, canaryRuns)...)},
		{"another edit replaces the canary alone", g.shows(g.changesAgain, in(v1beta1.MultiNode, canaryRuns)...)},
		{"at 0 percent the canary goes back", g.shows(g.stopsCanary, in(v1beta1.MultiNode, canaryRuns)...)},
		{"nothing is written at rest after a canary", g.shows(g.rests, in(v1beta1.MultiNode, atRest)...)},
		{"the template is rolled out when the percentage is removed", g.shows(g.promotesCanary, in(v1beta1.MultiNode, canaryRuns)...)},
		{"a deleted runtime holds everything", g.shows(g.holdsWithoutRuntime, in(v1beta1.MultiNode, runtimeDeleted)...)},
		{"groups serve until single pods are ready", g.shows(g.becomesSinglePods, in(v1beta1.MultiNode, toRaw)...)},
		{"nothing is written at rest with single pods", g.rests},
		{"a service of groups that is deleted leaves nothing", g.shows(g.leavesNothing, in(v1beta1.MultiNode, serviceDeleted)...)},
	})
}

// edit gives leader and workers an image, and the engine a percentage; none with
// a negative one.
func (g *leaderWorkerSet) edit(t *testing.T, image string, percent int) {
	t.Helper()
	share := "null"
	if percent >= 0 {
		share = fmt.Sprint(percent)
	}
	runner := fmt.Sprintf(`{"runner":{"name":"ome-container","image":"registry.example/engine:%s"}}`, image)
	worker := strings.Replace(runner, `{`, fmt.Sprintf(`{"size":%d,`, podsOfGroup-1), 1)
	g.edits(t, fmt.Sprintf(`{"spec":{"engine":{"canaryTrafficPercent":%s,"leader":%s,"worker":%s}}}`, share, runner, worker))
}

func (g *leaderWorkerSet) becomesGroups(t *testing.T) {
	g.apply(t, g.service)
	g.awaitReady(t)
	g.await(t, "two running pods", func() error { return g.podsRun(2) })
	g.whileServing(t, func() {
		g.cordon(t, true)
		g.patch(t, g.service, `{"metadata":{"annotations":{"ome.io/deploymentMode":null}},`+
			`"spec":{"runtime":{"name":"several-`+g.name+`"},"engine":{"leader":{},"worker":{"size":2}}}}`)
		g.await(t, "groups without a node", func() error {
			now, err := g.running()
			if err == nil && len(now) == 0 {
				err = errors.New("there are none")
			}
			return err
		})
		g.await(t, "rest", func() error { return g.quiet(t, 2*time.Second) })
		require.NoError(t, g.field(g.deployment(), int64(2), "status", "readyReplicas"), "single pods serve until groups are ready")
		g.isChangingItsMode(t)
		start := time.Now()
		g.cordon(t, false)
		g.await(t, "the end of the Deployment", func() error { return g.gone(g.deployment()) })
		g.have(t, 2, "1.4", "1.4")
		g.awaitReady(t)
		numbers.record("seconds from nodes to Ready groups, "+g.user+" "+g.name, "%.1f", time.Since(start).Seconds())
	})
	g.await(t, "the end of single pods", func() error { return g.podsRun(2 * podsOfGroup) })
}

// findEachOther looks at what every pod is told of its group.
func (g *leaderWorkerSet) findEachOther(t *testing.T) {
	pods, err := g.pods()
	require.NoError(t, err)
	require.Len(t, pods, 2*podsOfGroup)
	headless := g.get(t, g.object("v1", "Service", "lws-chat-engine"))
	ip, _, _ := unstructured.NestedString(headless.Object, "spec", "clusterIP")
	assert.Equal(t, "None", ip)
	unready, _, _ := unstructured.NestedBool(headless.Object, "spec", "publishNotReadyAddresses")
	assert.True(t, unready, "pods find each other before they are ready")
	byName := map[string]*unstructured.Unstructured{}
	for i := range pods {
		byName[pods[i].GetName()] = &pods[i]
	}
	for name, pod := range byName {
		variables := variablesOf(pod)
		labels := pod.GetLabels()
		runner := "worker"
		if labels[labelOfWorker] == "0" {
			runner = "leader"
		}
		assert.Equal(t, runner, labels["ome.io/runner"], name)
		for variable, want := range map[string]string{
			"OME_RUNNER":                runner,
			"OME_INFERENCESERVICE_NAME": "chat",
			"OME_COMPONENT":             "engine",
			"OME_INSTANCE_INDEX":        labels[labelOfGroup],
			"OME_INSTANCE_POD_RANK":     variables["LWS_WORKER_INDEX"],
			"OME_INSTANCE_POD_COUNT":    variables["LWS_GROUP_SIZE"],
			"OME_LEADER_ADDRESS":        variables["LWS_LEADER_ADDRESS"],
		} {
			assert.NotEmpty(t, want, "%s: %s", name, variable)
			assert.Equal(t, want, variables[variable], "%s: %s", name, variable)
		}
		address := strings.Split(variables["OME_LEADER_ADDRESS"], ".")
		require.Len(t, address, 3, name)
		leader := byName[address[0]]
		require.NotNil(t, leader, "%s: no pod has the name in %v", name, address)
		assert.Equal(t, "0", leader.GetLabels()[labelOfWorker], name)
		assert.Equal(t, labels[labelOfGroup], leader.GetLabels()[labelOfGroup], name)
		hostname, _, _ := unstructured.NestedString(leader.Object, "spec", "hostname")
		subdomain, _, _ := unstructured.NestedString(leader.Object, "spec", "subdomain")
		assert.Equal(t, address, []string{hostname, subdomain, g.namespace}, name)
		assert.Equal(t, headless.GetName(), subdomain, name)
	}
	serving := g.get(t, g.object("v1", "Service", "chat-engine"))
	selector, _, _ := unstructured.NestedStringMap(serving.Object, "spec", "selector")
	for name, pod := range byName {
		assert.Equal(t, pod.GetLabels()[labelOfWorker] == "0", selected(pod.GetLabels(), selector), "requests reach leaders alone, and %s", name)
	}
	numbers.record("pods whose variables name their leader, "+g.user+" "+g.name, "%d of %d", len(byName), len(pods))
}

func selected(labels, selector map[string]string) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return len(selector) > 0
}

// variablesOf are those of the first container of a pod as the kubelet would set
// them: with labels of the pod, and with variables that come before.
func variablesOf(pod *unstructured.Unstructured) map[string]string {
	containers, _, _ := unstructured.NestedSlice(pod.Object, "spec", "containers")
	list, _ := containers[0].(map[string]any)["env"].([]any)
	values := map[string]string{}
	for _, item := range list {
		variable := item.(map[string]any)
		name, _ := variable["name"].(string)
		value, _ := variable["value"].(string)
		if path, isField, _ := unstructured.NestedString(variable, "valueFrom", "fieldRef", "fieldPath"); isField {
			label := strings.TrimSuffix(strings.TrimPrefix(path, "metadata.labels['"), "']")
			value = pod.GetLabels()[label]
			if path == "metadata.name" {
				value = pod.GetName()
			}
		}
		for earlier, known := range values {
			value = strings.ReplaceAll(value, "$("+earlier+")", known)
		}
		values[name] = value
	}
	return values
}

// waitsForNodes begins an update when no node takes a pod: a group is added, one
// goes, and all others serve.
func (g *leaderWorkerSet) waitsForNodes(t *testing.T) {
	g.keep(t, 0)
	g.whileServing(t, func() {
		g.cordon(t, true)
		g.edit(t, "1.5", -1)
		g.await(t, "two groups without a node", func() error {
			now, err := g.running()
			if err == nil && (len(now) != 3 || now[1].isWhole || now[2].isWhole) {
				err = fmt.Errorf("the groups are %v", now)
			}
			return err
		})
		g.await(t, "rest", func() error { return g.quiet(t, 2*time.Second) })
		now, err := g.running()
		require.NoError(t, err)
		g.standStill(t, now)
		g.awaitReady(t)
		g.await(t, "what the update waits for", func() error {
			engine := conditionOf(g.get(t, g.service), "EngineReady")
			message, _ := engine["message"].(string)
			if engine["status"] != "True" || engine["reason"] != "MinimumGroupsAvailable" ||
				!strings.HasPrefix(message, "1 of 2 groups are ready; the update waits for pod lws-chat-engine-") || !strings.Contains(message, "Unschedulable") {
				return fmt.Errorf("EngineReady is %v", engine)
			}
			return nil
		})
	})
	g.stable = nil
}

func (g *leaderWorkerSet) rollsOut(t *testing.T) {
	start := time.Now()
	g.whileServing(t, func() {
		g.cordon(t, false)
		g.have(t, 3, "1.5", "1.5")
	})
	g.awaitReady(t)
	numbers.record("seconds to roll two groups, "+g.user+" "+g.name, "%.1f", time.Since(start).Seconds())
}

func (g *leaderWorkerSet) scalesByProcessors(t *testing.T) {
	g.whileServing(t, func() { g.scalesByUse(t, 5*podsOfGroup, 2*podsOfGroup) })
}

// scales stands in for the autoscaler, which changes nothing without metrics.
func (g *leaderWorkerSet) scales(t *testing.T) {
	g.keep(t, 0, 1)
	g.resize(t, 3, "1.5", "1.5", "1.5")
	g.resize(t, 2, "1.5", "1.5")
	g.resize(t, 4, "1.5", "1.5", "1.5", "1.5")
	g.await(t, "rest", func() error { return g.quiet(t, 2*time.Second) })
	assert.NoError(t, g.field(g.set, int64(4), "spec", "replicas"), "the number of groups must stay")
	g.awaitReady(t)
}

// resize sets the number of groups as an autoscaler does.
func (g *leaderWorkerSet) resize(t *testing.T, groups int, images ...string) {
	t.Helper()
	resource, err := g.api.Of(g.set)
	require.NoError(t, err)
	_, err = resource.Patch(context.Background(), g.set.GetName(), types.MergePatchType,
		fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, groups), metav1.PatchOptions{FieldManager: "autoscaler"}, "scale")
	require.NoError(t, err)
	g.have(t, 5, images...)
	g.awaitReady(t)
}

// failsCanary is a canary that never becomes ready. The message says so, and the
// other groups serve.
func (g *leaderWorkerSet) failsCanary(t *testing.T) {
	g.keep(t, 0, 1, 2)
	g.whileServing(t, func() {
		g.cordon(t, true)
		g.edit(t, "1.6", 25)
		g.await(t, "a group without a node", func() error {
			now, err := g.running()
			if err == nil && (len(now) != 4 || now[3].isWhole || !slices.Equal(now[3].images, []string{"1.6"})) {
				err = fmt.Errorf("the groups are %v", now)
			}
			return err
		})
		g.await(t, "rest", func() error { return g.quiet(t, 2*time.Second) })
		now, err := g.running()
		require.NoError(t, err)
		g.standStill(t, now)
		require.Len(t, now, 4)
		service := g.get(t, g.service)
		canary := conditionOf(service, "CanaryReady")
		assert.Equal(t, "CanaryStarting", canary["reason"])
		r, err := g.readiness()
		require.NoError(t, err)
		numbers.record("Ready while a canary finds no node, "+g.user+" "+g.name, "%s %s: %.120s; CanaryReady %v", r.status, r.reason, r.message, canary["message"])
		g.edit(t, "1.6", 0)
		g.await(t, "the former template", func() error {
			now, err := g.running()
			if err == nil && !slices.Equal(now[3].images, []string{"1.5"}) {
				err = fmt.Errorf("the groups are %v", now)
			}
			return err
		})
		g.cordon(t, false)
		g.have(t, 5, "1.5", "1.5", "1.5", "1.5")
	})
	g.is(t, "CanaryAborted")
}

func (g *leaderWorkerSet) startsCanary(t *testing.T) {
	g.keep(t, 0, 1, 2)
	g.whileServing(t, func() {
		g.edit(t, "1.6", 25)
		g.have(t, 4, "1.5", "1.5", "1.5", "1.6")
	})
	g.is(t, "CanaryRunning", "in 1 of 4 groups", "about 25 %")
}

// losesPod deletes a worker of the first group, which then begins anew as a whole.
func (g *leaderWorkerSet) losesPod(t *testing.T) {
	g.keep(t, 1, 2, 3)
	before, err := g.running()
	require.NoError(t, err)
	g.whileServing(t, func() {
		g.delete(t, g.object("v1", "Pod", "lws-chat-engine-0-1"))
		g.await(t, "a new group", func() error {
			now, err := g.running()
			if err == nil && slices.ContainsFunc(before[0].uids, func(uid string) bool { return slices.Contains(now[0].uids, uid) }) {
				err = errors.New("the former pods are there")
			}
			return err
		})
		g.have(t, 4, "1.5", "1.5", "1.5", "1.6")
	})
	g.is(t, "CanaryRunning")
}

func (g *leaderWorkerSet) scalesCanary(t *testing.T) {
	g.keep(t, 0, 1, 2, 3)
	g.resize(t, 5, "1.5", "1.5", "1.5", "1.6", "1.6")
	g.is(t, "CanaryRunning", "in 2 of 5 groups", "about 40 %")
	g.resize(t, 4, "1.5", "1.5", "1.5", "1.6")
	g.is(t, "CanaryRunning", "in 1 of 4 groups", "about 25 %")
}

func (g *leaderWorkerSet) growsCanary(t *testing.T) {
	g.keep(t, 0, 1, 3)
	g.whileServing(t, func() {
		g.edit(t, "1.6", 50)
		g.have(t, 4, "1.5", "1.5", "1.6", "1.6")
	})
	g.is(t, "CanaryRunning", "in 2 of 4 groups", "about 50 %")
}

func (g *leaderWorkerSet) changesAgain(t *testing.T) {
	g.keep(t, 0, 1)
	g.whileServing(t, func() {
		g.edit(t, "1.7", 50)
		g.have(t, 4, "1.5", "1.5", "1.7", "1.7")
	})
	g.is(t, "CanaryRunning")
}

func (g *leaderWorkerSet) stopsCanary(t *testing.T) {
	g.keep(t, 0, 1)
	g.whileServing(t, func() {
		g.edit(t, "1.7", 0)
		g.have(t, 5, "1.5", "1.5", "1.5", "1.5")
	})
	g.is(t, "CanaryAborted")
}

func (g *leaderWorkerSet) promotesCanary(t *testing.T) {
	g.keep(t, 0, 1, 2)
	g.edit(t, "1.8", 25)
	g.have(t, 4, "1.5", "1.5", "1.5", "1.8")
	g.is(t, "CanaryRunning")
	g.keep(t, 3)
	g.whileServing(t, func() {
		g.edit(t, "1.8", -1)
		g.have(t, 5, "1.8", "1.8", "1.8", "1.8")
	})
	g.await(t, "the end of CanaryReady", func() error {
		service, err := g.read(g.service)
		if err == nil && conditionOf(service, "CanaryReady") != nil {
			err = errors.New("it is still there")
		}
		return err
	})
	g.awaitReady(t)
	g.stable = nil
}

func (g *leaderWorkerSet) holdsWithoutRuntime(t *testing.T) {
	several := g.runtime.DeepCopy()
	several.SetName("several-" + g.name)
	g.holdsWithout(t, several)
}

func (g *leaderWorkerSet) becomesSinglePods(t *testing.T) {
	g.whileServing(t, func() {
		g.cordon(t, true)
		g.patch(t, g.service, `{"metadata":{"annotations":{"ome.io/deploymentMode":"RawDeployment"}},`+
			`"spec":{"runtime":{"name":"single-`+g.name+`"},"engine":{"leader":null,"worker":null}}}`)
		g.await(t, "the Deployment", func() error { return g.exists(g.deployment()) })
		g.await(t, "rest", func() error { return g.quiet(t, 2*time.Second) })
		now, err := g.running()
		require.NoError(t, err)
		require.Len(t, now, 4, "groups serve until single pods are ready")
		g.isChangingItsMode(t)
		g.cordon(t, false)
		g.await(t, "the end of the LeaderWorkerSet", func() error { return g.gone(g.set) })
		g.awaitReady(t)
	})
	g.await(t, "single pods alone", func() error {
		now, err := g.running()
		if err == nil && len(now) > 0 {
			err = fmt.Errorf("there are still groups: %v", now)
		}
		return err
	})
	assert.NoError(t, g.ofController(t))
}

// ofController passes if nothing is left of what LeaderWorkerSet's controller
// makes.
func (g *leaderWorkerSet) ofController(t *testing.T) error {
	t.Helper()
	for _, kind := range [][2]string{{"apps/v1", "StatefulSet"}, {"apps/v1", "ControllerRevision"}} {
		resource, err := g.api.Kind(kind[0], kind[1], g.namespace)
		require.NoError(t, err)
		list, err := resource.List(context.Background(), metav1.ListOptions{})
		require.NoError(t, err)
		if len(list.Items) > 0 {
			return fmt.Errorf("there are still %d objects of kind %s", len(list.Items), kind[1])
		}
	}
	return g.gone(g.object("v1", "Service", "lws-chat-engine"))
}

// leavesNothing goes back to groups, so that there is something to leave.
func (g *leaderWorkerSet) leavesNothing(t *testing.T) {
	g.patch(t, g.service, `{"metadata":{"annotations":{"ome.io/deploymentMode":null}},`+
		`"spec":{"runtime":{"name":"several-`+g.name+`"},"engine":{"leader":{},"worker":{"size":2}}}}`)
	g.await(t, "groups alone", func() error { return g.gone(g.deployment()) })
	g.have(t, 4, "1.4", "1.4", "1.4", "1.4") // as many as there were single pods
	g.world.leavesNothing(t)
	g.await(t, "the end of what the controller made", func() error { return g.ofController(t) })
}
