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

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/e2e/operators"
)

// Labels of KubeRay.
const (
	labelOfRayCluster = "ray.io/cluster"
	labelOfRayNode    = "ray.io/node-type"
)

// TestKubeRayUnderTheDriver leads a service through its life in Ray clusters,
// with KubeRay's own operator and webhooks, and the driver in Metacontroller's
// place, under both ways of applying.
func TestKubeRayUnderTheDriver(t *testing.T) {
	runOperator(t, "KubeRay's operator and webhooks", operators.StartKubeRay)
	underTheDriver(t, "ray", nil, newRayClusters)
}

// TestKubeRayUnderMetacontroller does the same with the real Metacontroller.
func TestKubeRayUnderMetacontroller(t *testing.T) {
	program := metacontroller(t)
	runOperator(t, "KubeRay's operator and webhooks", operators.StartKubeRay)
	underMetacontroller(t, program, "ray-meta", nil, newRayClusters)
}

// rayClusters is a service whose groups are Ray clusters of a head and a worker.
type rayClusters struct{ *groups }

func newRayClusters(t *testing.T, name, user string) (*world, func(*testing.T)) {
	t.Helper()
	g := newGroups(t, "testdata/ray.yaml", name, user)
	g.podsOf = 2
	g.indexOf = func(pod *unstructured.Unstructured) (int, bool) {
		text, found := strings.CutPrefix(pod.GetLabels()[labelOfRayCluster], "chat-engine-")
		index, err := strconv.Atoi(text)
		return index, found && err == nil
	}
	return g.world, (&rayClusters{g}).life
}

// life is the whole story. Each step needs the ones before it.
func (r *rayClusters) life(t *testing.T) {
	leadThrough(t, []step{
		{"a service of Ray clusters becomes ready when KubeRay reports it", r.shows(r.becomesReady, in(v1beta1.MultiNodeRayVLLM, accepted, started, becomesReady)...)},
		{"nothing is written at rest", r.shows(r.restsFor(*longRest), in(v1beta1.MultiNodeRayVLLM, atRest)...)},
		{"the operator completes what was applied as is known", r.completes("ray.io/v1", "RayCluster", "RayCluster")},
		{"workers find the head of their cluster, and requests find heads", r.findEachOther},
		{"another image waits for nodes, and takes one cluster", r.shows(r.waitsForNodes, in(v1beta1.MultiNodeRayVLLM, failedRollout)...)},
		{"another image rolls cluster by cluster", r.shows(r.rollsOut, in(v1beta1.MultiNodeRayVLLM, rollout)...)},
		{"another toleration rolls cluster by cluster, too", r.tolerates},
		{"another image takes the cluster first whose prober is not ready", r.losesProber},
		{"clusters are added and taken away", r.resizes},
		{"a canary that finds no node takes one cluster, and goes back at 0 percent", r.shows(r.failsCanary, in(v1beta1.MultiNodeRayVLLM, canaryRuns)...)},
		{"an edit at 50 percent changes the last two of four clusters", r.shows(r.startsCanary, in(v1beta1.MultiNodeRayVLLM, canaryRuns)...)},
		{"nothing is written at rest during a canary", r.shows(r.rests, in(v1beta1.MultiNodeRayVLLM, atRest)...)},
		{"a head that fails during a canary comes back as it was", r.losesHead},
		{"another edit replaces the canary alone", r.shows(r.changesAgain, in(v1beta1.MultiNodeRayVLLM, canaryRuns)...)},
		{"at 0 percent the canary goes back", r.shows(r.stopsCanary, in(v1beta1.MultiNodeRayVLLM, canaryRuns)...)},
		{"nothing is written at rest after a canary", r.shows(r.rests, in(v1beta1.MultiNodeRayVLLM, atRest)...)},
		{"workers find the head of their own cluster after a canary", r.findEachOther},
		{"the template is rolled out when the percentage is removed", r.shows(r.promotesCanary, in(v1beta1.MultiNodeRayVLLM, canaryRuns)...)},
		{"a deleted runtime holds everything", r.shows(r.holdsWithoutRuntime, in(v1beta1.MultiNodeRayVLLM, runtimeDeleted)...)},
		{"Ray clusters serve until single pods are ready", r.shows(r.becomesSinglePods, in(v1beta1.MultiNodeRayVLLM, toRaw)...)},
		{"nothing is written at rest with single pods", r.rests},
		{"single pods serve until Ray clusters are ready", r.shows(r.becomesClusters, in(v1beta1.RawDeployment, toRay)...)},
		{"a service of Ray clusters that is deleted leaves nothing", r.shows(r.leavesNothing, in(v1beta1.MultiNodeRayVLLM, serviceDeleted)...)},
	})
}

func (r *rayClusters) cluster(i int) *unstructured.Unstructured {
	return r.object("ray.io/v1", "RayCluster", fmt.Sprint("chat-engine-", i))
}

// edit gives the engine an image and a percentage; none with a negative one.
func (r *rayClusters) edit(t *testing.T, image string, percent int) {
	t.Helper()
	share := "null"
	if percent >= 0 {
		share = fmt.Sprint(percent)
	}
	r.edits(t, fmt.Sprintf(
		`{"spec":{"engine":{"canaryTrafficPercent":%s,"runner":{"name":"ome-container","image":"registry.example/engine:%s"}}}}`, share, image))
}

// whileAllButOneServe does something during which so many clusters are always whole, and requests have a ready
// pod.
func (r *rayClusters) whileAllButOneServe(t *testing.T, all int, do func()) {
	t.Helper()
	throughout(t, func() error {
		now, err := r.running()
		if err != nil {
			return err
		}
		whole := 0
		for _, one := range now {
			if one.isWhole {
				whole++
			}
		}
		if whole < all-1 {
			return fmt.Errorf("%d of %d clusters are whole: %v", whole, all, now)
		}
		return r.serves()
	}, do)
}

// takesOneCluster waits until one cluster is not whole, and nothing is written any more.
func (r *rayClusters) takesOneCluster(t *testing.T, index, of int) {
	t.Helper()
	r.await(t, fmt.Sprintf("cluster %d without a node", index), func() error {
		now, err := r.running()
		if err == nil && (len(now) != of || now[index].isWhole) {
			err = fmt.Errorf("the clusters are %v", now)
		}
		return err
	})
	r.await(t, "rest", func() error { return r.quiet(t, 2*time.Second) })
	now, err := r.running()
	require.NoError(t, err)
	r.standStill(t, now)
	for i, one := range now {
		assert.Equal(t, i != index, one.isWhole, "cluster %d is %v", i, one)
	}
}

func (r *rayClusters) becomesReady(t *testing.T) {
	start := time.Now()
	r.apply(t, r.service)
	r.have(t, 3, "1.4", "1.4", "1.4")
	r.awaitReady(t)
	numbers.record("seconds to Ready clusters, "+r.user+" "+r.name, "%.1f", time.Since(start).Seconds())
	for i := range 3 {
		cluster := r.get(t, r.cluster(i))
		state, _, _ := unstructured.NestedString(cluster.Object, "status", "state")
		assert.Equal(t, "ready", state, "cluster %d", i)
		observed, _, _ := unstructured.NestedInt64(cluster.Object, "status", "observedGeneration")
		assert.Equal(t, cluster.GetGeneration(), observed, "cluster %d", i)
	}
}

// findEachOther looks at what KubeRay makes of the clusters for their workers, and at who gets requests.
func (r *rayClusters) findEachOther(t *testing.T) {
	pods, err := r.pods()
	require.NoError(t, err)
	serving := r.get(t, r.object("v1", "Service", "chat-engine"))
	selector, _, _ := unstructured.NestedStringMap(serving.Object, "spec", "selector")
	heads, workers := 0, 0
	for i := range pods {
		pod := &pods[i]
		index, inCluster := r.indexOf(pod)
		isHead := pod.GetLabels()[labelOfRayNode] == "head"
		assert.Equal(t, isHead, selected(pod.GetLabels(), selector), "requests reach heads alone, and %s", pod.GetName())
		if !inCluster {
			assert.True(t, isProber(pod), "%s is no pod of a cluster", pod.GetName())
			continue
		}
		service := r.get(t, r.object("v1", "Service", fmt.Sprint("chat-engine-", index)))
		ofHead, _, _ := unstructured.NestedStringMap(service.Object, "spec", "selector")
		assert.Equal(t, isHead, selected(pod.GetLabels(), ofHead), "the Service object of a head leads to it alone, and %s", pod.GetName())
		if isHead {
			heads++
			ip, _, _ := unstructured.NestedString(service.Object, "spec", "clusterIP")
			assert.Equal(t, "None", ip, service.GetName())
			unready, _, _ := unstructured.NestedBool(service.Object, "spec", "publishNotReadyAddresses")
			assert.True(t, unready, "workers find the head %s before it is ready", service.GetName())
			assert.Subset(t, portsOf(service), []int64{6379, 8080}, service.GetName())
			continue
		}
		workers++
		address := fmt.Sprintf("%s.%s.svc.cluster.local", service.GetName(), r.namespace)
		assert.Equal(t, address, variablesOf(pod)["FQ_RAY_IP"], pod.GetName())
		assert.Equal(t, address+":6379", variablesOf(pod)["RAY_ADDRESS"], pod.GetName())
	}
	clusters, _, _ := unstructured.NestedInt64(r.get(t, r.service).Object, "spec", "engine", "minReplicas")
	assert.Equal(t, []int{int(clusters), int(clusters)}, []int{heads, workers}, "heads and workers")
}

func portsOf(service *unstructured.Unstructured) []int64 {
	ports, _, _ := unstructured.NestedSlice(service.Object, "spec", "ports")
	var numbers []int64
	for _, item := range ports {
		number, _ := item.(map[string]any)["port"].(int64)
		numbers = append(numbers, number)
	}
	return numbers
}

// waitsForNodes begins an update when no node takes a pod: the last cluster goes, and all others serve.
func (r *rayClusters) waitsForNodes(t *testing.T) {
	r.keep(t, 0, 1)
	r.whileAllButOneServe(t, 3, func() {
		r.cordon(t, true)
		r.edit(t, "1.5", -1)
		r.takesOneCluster(t, 2, 3)
		r.oneOfSeveral(t, "chat-engine-2", "2 of 3 Ray clusters serve")
		r.stable = nil
		r.cordon(t, false)
		r.have(t, 3, "1.5", "1.5", "1.5")
	})
	r.awaitReady(t)
}

// oneOfSeveral waits until the service is Ready although one cluster does not serve, and the message says which.
func (r *rayClusters) oneOfSeveral(t *testing.T, words ...string) {
	t.Helper()
	r.await(t, "one cluster in the message of EngineReady", func() error {
		engine := conditionOf(r.get(t, r.service), "EngineReady")
		message, _ := engine["message"].(string)
		if engine["status"] != "True" || engine["reason"] != "MinimumClustersAvailable" ||
			slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(message, word) }) {
			return fmt.Errorf("EngineReady is %v", engine)
		}
		return nil
	})
	r.awaitReady(t)
}

func (r *rayClusters) rollsOut(t *testing.T) {
	start := time.Now()
	r.replacesAll(t, func() { r.edit(t, "1.6", -1) })
	r.have(t, 3, "1.6", "1.6", "1.6")
	numbers.record("seconds to roll three clusters, "+r.user+" "+r.name, "%.1f", time.Since(start).Seconds())
}

// tolerates changes what KubeRay leaves out of what it compares.
func (r *rayClusters) tolerates(t *testing.T) {
	r.replacesAll(t, func() {
		r.edits(t, `{"spec":{"engine":{"tolerations":[{"key":"example.com/later","operator":"Exists"}]}}}`)
	})
	pods, err := r.pods()
	require.NoError(t, err)
	for i := range pods {
		if _, inCluster := r.indexOf(&pods[i]); inCluster {
			text := fmt.Sprint(pods[i].Object["spec"].(map[string]any)["tolerations"])
			assert.Contains(t, text, "example.com/later", pods[i].GetName())
		}
	}
}

// replacesAll edits the service and waits until no pod of three clusters is one of before. All but one serve
// all the while.
func (r *rayClusters) replacesAll(t *testing.T, edit func()) {
	t.Helper()
	before, err := r.running()
	require.NoError(t, err)
	r.whileAllButOneServe(t, 3, func() {
		edit()
		r.await(t, "other pods in all clusters", func() error {
			now, err := r.running()
			if err != nil {
				return err
			}
			for i, one := range before {
				if !now[i].isWhole || slices.ContainsFunc(one.uids, func(uid string) bool { return slices.Contains(now[i].uids, uid) }) {
					return fmt.Errorf("cluster %d had the pods %v, and is %v", i, one.uids, now[i])
				}
			}
			r.isAsPlanned(t, now)
			return nil
		})
	})
	r.awaitReady(t)
}

// losesProber takes the pod away that probes a cluster: the cluster counts as one that does not serve.
func (r *rayClusters) losesProber(t *testing.T) {
	r.keep(t, 0, 2)
	r.whileAllButOneServe(t, 3, func() {
		r.cordon(t, true)
		pods, err := r.pods()
		require.NoError(t, err)
		at := slices.IndexFunc(pods, func(pod unstructured.Unstructured) bool {
			return strings.HasPrefix(pod.GetName(), "chat-engine-1-mnp-")
		})
		require.GreaterOrEqual(t, at, 0, "cluster 1 has no prober")
		r.delete(t, &pods[at])
		r.oneOfSeveral(t, "the prober of RayCluster chat-engine-1", "2 of 3 Ray clusters serve")
		r.edit(t, "1.7", -1)
		r.takesOneCluster(t, 1, 3)
		r.stable = nil
		r.cordon(t, false)
		r.have(t, 3, "1.7", "1.7", "1.7")
	})
	r.awaitReady(t)
}

// resize sets the number of clusters.
func (r *rayClusters) resize(t *testing.T, clusters int) {
	t.Helper()
	r.edits(t, fmt.Sprintf(`{"spec":{"engine":{"minReplicas":%d}}}`, clusters))
	r.have(t, 5, slices.Repeat([]string{"1.7"}, clusters)...)
	r.awaitReady(t)
	r.await(t, "the end of other clusters", func() error {
		return errors.Join(r.gone(r.cluster(clusters)), r.gone(r.object("apps/v1", "Deployment", fmt.Sprintf("chat-engine-%d-mnp", clusters))))
	})
}

func (r *rayClusters) resizes(t *testing.T) {
	r.keep(t, 0, 1)
	r.whileServing(t, func() {
		r.resize(t, 5)
		r.resize(t, 2)
		r.resize(t, 4)
	})
}

// failsCanary is a canary that never becomes ready. The message says so, and the
// other clusters serve.
func (r *rayClusters) failsCanary(t *testing.T) {
	r.keep(t, 0, 1, 2)
	r.whileAllButOneServe(t, 4, func() {
		r.cordon(t, true)
		r.edit(t, "1.8", 50)
		r.takesOneCluster(t, 3, 4)
		canary := conditionOf(r.get(t, r.service), "CanaryReady")
		assert.Equal(t, "CanaryStarting", canary["reason"])
		r.oneOfSeveral(t, "chat-engine-3", "3 of 4 Ray clusters serve")
		numbers.record("CanaryReady while a canary finds no node, "+r.user+" "+r.name, "%v", canary["message"])
		r.edit(t, "1.8", 0)
		r.await(t, "the former template", func() error {
			now, err := r.running()
			if err == nil && !slices.Equal(now[3].images, []string{"1.7"}) {
				err = fmt.Errorf("the clusters are %v", now)
			}
			return err
		})
		r.cordon(t, false)
		r.have(t, 4, "1.7", "1.7", "1.7", "1.7")
	})
	r.is(t, "CanaryAborted")
}

func (r *rayClusters) startsCanary(t *testing.T) {
	r.keep(t, 0, 1)
	r.whileAllButOneServe(t, 4, func() {
		r.edit(t, "1.8", 50)
		r.have(t, 4, "1.7", "1.7", "1.8", "1.8")
	})
	r.is(t, "CanaryRunning", "in 2 of 4 Ray clusters", "about 50 %")
}

// losesHead deletes the head of the first cluster, which comes back with the template of the others.
func (r *rayClusters) losesHead(t *testing.T) {
	r.keep(t, 1, 2, 3)
	pods, err := r.pods()
	require.NoError(t, err)
	at := slices.IndexFunc(pods, func(pod unstructured.Unstructured) bool {
		index, found := r.indexOf(&pod)
		return found && index == 0 && pod.GetLabels()[labelOfRayNode] == "head"
	})
	require.GreaterOrEqual(t, at, 0)
	head := string(pods[at].GetUID())
	r.whileAllButOneServe(t, 4, func() {
		r.delete(t, &pods[at])
		r.await(t, "a new head", func() error {
			now, err := r.running()
			if err == nil && slices.Contains(now[0].uids, head) {
				err = errors.New("the former head is there")
			}
			return err
		})
		r.have(t, 4, "1.7", "1.7", "1.8", "1.8")
	})
	r.is(t, "CanaryRunning")
}

func (r *rayClusters) changesAgain(t *testing.T) {
	r.keep(t, 0, 1)
	r.whileAllButOneServe(t, 4, func() {
		r.edit(t, "1.9", 50)
		r.have(t, 4, "1.7", "1.7", "1.9", "1.9")
	})
	r.is(t, "CanaryRunning", "in 2 of 4 Ray clusters", "about 50 %")
}

func (r *rayClusters) stopsCanary(t *testing.T) {
	r.keep(t, 0, 1)
	r.whileAllButOneServe(t, 4, func() {
		r.edit(t, "1.9", 0)
		r.have(t, 4, "1.7", "1.7", "1.7", "1.7")
	})
	r.is(t, "CanaryAborted")
}

func (r *rayClusters) promotesCanary(t *testing.T) {
	r.keep(t, 0, 1)
	r.whileAllButOneServe(t, 4, func() {
		r.edit(t, "2.0", 50)
		r.have(t, 4, "1.7", "1.7", "2.0", "2.0")
	})
	r.is(t, "CanaryRunning")
	r.keep(t, 2, 3)
	r.whileAllButOneServe(t, 4, func() {
		r.edit(t, "2.0", -1)
		r.have(t, 4, "2.0", "2.0", "2.0", "2.0")
	})
	r.await(t, "the end of CanaryReady", func() error {
		if conditionOf(r.get(t, r.service), "CanaryReady") != nil {
			return errors.New("it is still there")
		}
		return nil
	})
	r.awaitReady(t)
	r.stable = nil
}

func (r *rayClusters) becomesSinglePods(t *testing.T) {
	r.keep(t, 0, 1, 2, 3)
	r.whileServing(t, func() {
		r.cordon(t, true)
		r.patch(t, r.service, `{"spec":{"engine":{"annotations":{"ome.io/deploymentMode":"RawDeployment"}}}}`)
		r.await(t, "the Deployment", func() error { return r.exists(r.deployment()) })
		r.await(t, "rest", func() error { return r.quiet(t, 2*time.Second) })
		now, err := r.running()
		require.NoError(t, err)
		r.standStill(t, now)
		r.isChangingItsMode(t)
		r.stable = nil
		r.cordon(t, false)
		for i := range 4 {
			r.await(t, "the end of the Ray clusters", func() error { return r.gone(r.cluster(i)) })
		}
		r.awaitReady(t)
	})
	r.await(t, "single pods alone", func() error { return r.podsRun(4) })
	assert.NoError(t, r.ofKubeRay(t))
}

// ofKubeRay passes if nothing is left of what KubeRay makes.
func (w *world) ofKubeRay(t *testing.T) error {
	t.Helper()
	for _, kind := range []string{"Pod", "Service"} {
		resource, err := w.api.Kind("v1", kind, w.namespace)
		require.NoError(t, err)
		list, err := resource.List(context.Background(), metav1.ListOptions{LabelSelector: labelOfRayCluster})
		require.NoError(t, err)
		if len(list.Items) > 0 {
			return fmt.Errorf("there are still %d objects of kind %s", len(list.Items), kind)
		}
	}
	return nil
}

func (r *rayClusters) becomesClusters(t *testing.T) {
	r.whileServing(t, func() {
		r.cordon(t, true)
		r.patch(t, r.service, `{"spec":{"engine":{"annotations":{"ome.io/deploymentMode":"MultiNodeRayVLLM"}}}}`)
		r.await(t, "clusters without a node", func() error {
			now, err := r.running()
			if err == nil && len(now) != 4 {
				err = fmt.Errorf("the clusters are %v", now)
			}
			return err
		})
		r.await(t, "rest", func() error { return r.quiet(t, 2*time.Second) })
		require.NoError(t, r.field(r.deployment(), int64(4), "status", "readyReplicas"), "single pods serve until clusters are ready")
		r.isChangingItsMode(t)
		start := time.Now()
		r.cordon(t, false)
		r.await(t, "the end of the Deployment", func() error { return r.gone(r.deployment()) })
		r.have(t, 4, "2.0", "2.0", "2.0", "2.0")
		r.awaitReady(t)
		numbers.record("seconds from nodes to Ready clusters, "+r.user+" "+r.name, "%.1f", time.Since(start).Seconds())
	})
}

func (r *rayClusters) leavesNothing(t *testing.T) {
	r.world.leavesNothing(t)
	r.await(t, "the end of what KubeRay made", func() error { return r.ofKubeRay(t) })
}
