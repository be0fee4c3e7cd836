package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// groups is a service that runs in groups of pods, numbered from zero.
type groups struct {
	*world
	// podsOf is how many pods a group has.
	podsOf int
	// indexOf is the number of the group of a pod; false for pods of no group.
	indexOf func(pod *unstructured.Unstructured) (index int, found bool)
	// stable are the uids of the pods of groups that must stay.
	stable map[int][]string
	// fewest is how few whole groups there were in each step.
	fewest []string
	// change is what isvc plan says about the last edit; nil where that was compared, or some group was not whole.
	change *plannedChange
}

// edits patches the service, after isvc plan has said what that does where all groups are whole.
func (g *groups) edits(t *testing.T, patch string) {
	t.Helper()
	now, err := g.running()
	require.NoError(t, err)
	g.change = nil
	if !slices.ContainsFunc(slices.Collect(maps.Values(now)), func(one group) bool { return !one.isWhole }) {
		g.change = g.plans(t, patch, uidsOf(now))
	}
	g.patch(t, g.service, patch)
}

// isAsPlanned compares what isvc plan said about the last edit with the pods of groups that there are now.
func (g *groups) isAsPlanned(t *testing.T, now map[int]group) {
	t.Helper()
	if g.change != nil {
		assert.NoError(t, g.change.isWhatHappened(uidsOf(now)))
		numbers.count("edits of groups whose pods were replaced as isvc plan says", 1)
	}
	g.change = nil
}

func uidsOf(groups map[int]group) []string {
	var uids []string
	for _, one := range groups {
		uids = append(uids, one.uids...)
	}
	return uids
}

// newGroups creates everything but the service, with a second node.
func newGroups(t *testing.T, file, name, user string) *groups {
	t.Helper()
	w := newWorldOf(t, file, name, user)
	addModelNode(t, w.api, w.secondNode(), "model-"+name)
	return &groups{world: w}
}

func (w *world) secondNode() string { return "gpu-" + w.name + "-2" }

// group is what runs of one group of pods.
type group struct {
	// uids are those of its pods, of which images are the images.
	uids, images []string
	// isWhole is true if every pod of the group is ready.
	isWhole bool
}

// running are the groups that have a pod, by index. Pods that are being deleted
// are not among them.
func (g *groups) running() (map[int]group, error) {
	pods, err := g.pods()
	if err != nil {
		return nil, err
	}
	out := map[int]group{}
	ready := map[int]int{}
	for _, pod := range pods {
		index, found := g.indexOf(&pod)
		if !found || pod.GetDeletionTimestamp() != nil {
			continue
		}
		one := out[index]
		one.uids = append(one.uids, string(pod.GetUID()))
		if image := imageOf(&pod); !slices.Contains(one.images, image) {
			one.images = append(one.images, image)
		}
		if podIsReady(&pod) {
			ready[index]++
		}
		one.isWhole = ready[index] == g.podsOf && len(one.images) == 1
		out[index] = one
	}
	for _, one := range out {
		slices.Sort(one.uids)
	}
	return out, nil
}

// have waits until the groups have exactly these images, by index, with every
// pod ready. Groups that must stay are watched all the while, as is the number of
// groups that serve; at most so many ever run at once.
func (g *groups) have(t *testing.T, most int, images ...string) {
	t.Helper()
	fewest := len(images)
	defer func() { g.note(t, fewest, images) }()
	g.await(t, fmt.Sprintf("groups with the images %v", images), func() error {
		now, err := g.running()
		if err != nil {
			return err
		}
		g.standStill(t, now)
		whole := 0
		for _, one := range now {
			if one.isWhole {
				whole++
			}
		}
		fewest = min(fewest, whole)
		if len(now) > most {
			t.Errorf("%d groups run, more than %d: %v", len(now), most, slices.Sorted(maps.Keys(now)))
			most = len(now) // say it once
		}
		if len(now) != len(images) {
			return fmt.Errorf("there are %d groups: %v", len(now), now)
		}
		for i, image := range images {
			if !now[i].isWhole || now[i].images[0] != image {
				return fmt.Errorf("group %d is %v", i, now[i])
			}
		}
		g.isAsPlanned(t, now)
		return nil
	})
}

// note keeps how few whole groups there were while groups came to have images.
func (g *groups) note(t *testing.T, fewest int, images []string) {
	t.Helper()
	g.fewest = append(g.fewest, fmt.Sprintf("%d on the way to %s", fewest, strings.Join(images, " ")))
	numbers.record("fewest whole groups, "+g.user+" "+g.name, "%s", strings.Join(g.fewest, "; "))
}

// standStill passes if the groups that must stay have their pods.
func (g *groups) standStill(t *testing.T, now map[int]group) {
	t.Helper()
	for index, uids := range g.stable {
		if !slices.Equal(uids, now[index].uids) {
			t.Errorf("group %d has the pods %v, and had %v", index, now[index].uids, uids)
			delete(g.stable, index) // say it once
		}
	}
}

// keep notes the groups that must stay from now on.
func (g *groups) keep(t *testing.T, indexes ...int) {
	t.Helper()
	now, err := g.running()
	require.NoError(t, err)
	g.stable = map[int][]string{}
	for _, index := range indexes {
		require.True(t, now[index].isWhole, "group %d", index)
		g.stable[index] = now[index].uids
	}
}

// cordon keeps new pods from all nodes, or lets them come. Probers run on those of other worlds, too.
func (w *world) cordon(t *testing.T, closed bool) {
	t.Helper()
	nodes, err := w.api.Kind("v1", "Node", "")
	require.NoError(t, err)
	list, err := nodes.List(context.Background(), metav1.ListOptions{})
	require.NoError(t, err)
	for i := range list.Items {
		w.patch(t, &list.Items[i], fmt.Sprintf(`{"spec":{"unschedulable":%t}}`, closed))
	}
}

// serves passes if the Service object of the engine leads to a ready pod.
func (w *world) serves() error { return w.hasReadyPod("chat-engine") }

// hasReadyPod passes if a Service object leads to a ready pod.
func (w *world) hasReadyPod(service string) error {
	slices, err := w.api.Kind("discovery.k8s.io/v1", "EndpointSlice", w.namespace)
	if err != nil {
		return err
	}
	list, err := slices.List(context.Background(), metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=" + service})
	if err != nil {
		return err
	}
	for _, slice := range list.Items {
		endpoints, _, _ := unstructured.NestedSlice(slice.Object, "endpoints")
		for _, endpoint := range endpoints {
			if ready, _, _ := unstructured.NestedBool(endpoint.(map[string]any), "conditions", "ready"); ready {
				return nil
			}
		}
	}
	return fmt.Errorf("the Service object %s leads to no ready pod", service)
}

// whileServing does something during which requests always have a ready pod.
func (w *world) whileServing(t *testing.T, do func()) {
	t.Helper()
	throughout(t, w.serves, do)
}

// throughout does something during which a check always passes.
func throughout(t *testing.T, check func() error, do func()) {
	t.Helper()
	require.NoError(t, check())
	stop, looks := make(chan struct{}), 0
	var looking sync.WaitGroup
	looking.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
			looks++
			if err := check(); err != nil {
				t.Errorf("at look %d: %v", looks, err)
				return
			}
		}
	})
	defer func() { close(stop); looking.Wait() }()
	do()
}

// is waits for a reason of CanaryReady and words of its message, with Ready.
func (w *world) is(t *testing.T, reason string, words ...string) {
	t.Helper()
	w.await(t, "CanaryReady "+reason, func() error {
		service, err := w.read(w.service)
		if err != nil {
			return err
		}
		seen := conditionOf(service, "CanaryReady")
		message, _ := seen["message"].(string)
		if seen["reason"] != reason || slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(message, word) }) {
			return fmt.Errorf("CanaryReady is %v", seen)
		}
		return nil
	})
	w.awaitReady(t)
}

func podIsReady(pod *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(pod.Object, "status", "conditions")
	return slices.ContainsFunc(conditions, func(item any) bool {
		condition, _ := item.(map[string]any)
		return condition["type"] == "Ready" && condition["status"] == "True"
	})
}

func imageOf(pod *unstructured.Unstructured) string {
	containers, _, _ := unstructured.NestedSlice(pod.Object, "spec", "containers")
	image, _ := containers[0].(map[string]any)["image"].(string)
	return strings.TrimPrefix(image, "registry.example/engine:")
}
