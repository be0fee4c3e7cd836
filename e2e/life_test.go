package e2e

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// TestLifeOfAServiceUnderTheDriver leads a service through its life with the
// driver in Metacontroller's place, under both ways of applying.
func TestLifeOfAServiceUnderTheDriver(t *testing.T) {
	underTheDriver(t, "service", nil, newService)
}

func newService(t *testing.T, name, user string) (*world, func(*testing.T)) {
	w := newWorld(t, name, user)
	return w, w.life
}

// life is the whole story of one service. Each step needs the ones before it.
func (w *world) life(t *testing.T) {
	leadThrough(t, []step{
		{"a service becomes ready with running pods", w.shows(w.becomesReady, in(v1beta1.RawDeployment, accepted, started, becomesReady)...)},
		{"nothing is written at rest", w.shows(w.restsFor(*longRest), in(v1beta1.RawDeployment, atRest)...)},
		{"drift is repaired", w.repairsDrift},
		{"replicas follow the use of processors", w.shows(w.scales, in(v1beta1.RawDeployment, scaledByHPA)...)},
		{"another image is rolled out", w.shows(w.rollsOut, in(v1beta1.RawDeployment, rollout)...)},
		{"pods that never serve take no requests, and the former ones stay", w.shows(w.failsToRollOut, in(v1beta1.RawDeployment, failedRollout)...)},
		{"children follow an edited runtime", w.followsRuntime},
		{"a deleted runtime holds everything", w.shows(w.holdsWithoutRuntime, in(v1beta1.RawDeployment, runtimeDeleted)...)},
		{"an old mode goes when the new one is ready", w.switchesMode},
		{"nothing is written at rest in the new mode", w.rests},
		{"a deleted service leaves nothing", w.leavesNothing},
	})
}

func (w *world) becomesReady(t *testing.T) {
	start := time.Now()
	w.apply(t, w.service)
	w.awaitReady(t)
	numbers.record("seconds to Ready, "+w.user+" "+w.name, "%.1f", time.Since(start).Seconds())
	assert.Len(t, w.runningPods(t), 1)
	service := w.get(t, w.service)
	generation, _, _ := unstructured.NestedInt64(service.Object, "status", "observedGeneration")
	assert.Equal(t, service.GetGeneration(), generation)
	url, _, _ := unstructured.NestedString(service.Object, "status", "url")
	assert.NotEmpty(t, url)
}

// rests watches the audit log for as long as several passes take.
func (w *world) rests(t *testing.T) {
	w.await(t, "three seconds without a write", func() error { return w.quiet(t, 3*time.Second) })
	mark, err := plane.Mark()
	require.NoError(t, err)
	time.Sleep(3 * time.Second)
	writes := w.writes(t, mark)
	assert.Empty(t, writes)
	numbers.count("writes at rest in a life, "+w.user+" "+w.name, len(writes))
}

// longRest is how long a service of each mode rests when it has become ready. A write that a controller repeats
// every minute shows only in a rest of a minute.
var longRest = flag.Duration("rest", 10*time.Second, "how long nothing may be written when a service of a mode has become ready")

// restsFor is a step that rests for a time.
func (w *world) restsFor(length time.Duration) func(*testing.T) {
	return func(t *testing.T) {
		w.rests(t)
		require.NoError(t, w.quiet(t, length))
	}
}

func (w *world) repairsDrift(t *testing.T) {
	w.patch(t, w.deployment(), `{"spec":{"template":{"spec":{"containers":[{"name":"ome-container","image":"registry.example/other:0"}]}}}}`)
	w.patch(t, w.object("v1", "Service", "chat-engine"), `{"spec":{"selector":{"app":"other"}}}`)
	w.delete(t, w.object("v1", "ConfigMap", "modelconfig-chat"))
	w.await(t, "the image", func() error { return w.image("registry.example/engine:1.4") })
	w.await(t, "the selector", func() error {
		return w.field(w.object("v1", "Service", "chat-engine"), "chat-engine", "spec", "selector", "app")
	})
	w.await(t, "the ConfigMap", func() error { return w.exists(w.object("v1", "ConfigMap", "modelconfig-chat")) })
	w.awaitReady(t)
}

func (w *world) scales(t *testing.T) { w.scalesByUse(t, 3, 1) }

func (w *world) rollsOut(t *testing.T) {
	w.patch(t, w.service, `{"spec":{"engine":{"runner":{"name":"ome-container","image":"registry.example/engine:1.5"}}}}`)
	w.await(t, "the new image in the pods", func() error { return w.podsHave("registry.example/engine:1.5") })
	w.awaitReady(t)
}

// failsToRollOut asks for a node that is not there, beside another image.
func (w *world) failsToRollOut(t *testing.T) {
	place := func(image, node string) {
		w.patch(t, w.service, fmt.Sprintf(`{"spec":{"engine":{"nodeSelector":%s,`+
			`"runner":{"name":"ome-container","image":"registry.example/engine:%s"}}}}`, node, image))
	}
	before := w.runningPods(t)
	w.whileServing(t, func() {
		place("1.6", `{"example.com/none":"here"}`)
		w.await(t, "a pod without a node", func() error {
			pods, err := w.pods()
			if err == nil && len(pods) != len(before)+1 {
				err = fmt.Errorf("there are %d pods", len(pods))
			}
			return err
		})
		w.await(t, "rest", func() error { return w.quiet(t, 2*time.Second) })
		assert.Equal(t, before, w.runningPods(t))
		// The Deployment is available, and so the service is Ready; that the new template does not serve is said beside.
		w.awaitReady(t)
		assert.NoError(t, w.field(w.service, "InProgress", "status", "modelStatus", "transitionStatus"))
		place("1.5", "null")
		w.await(t, "the former pods alone", func() error { return w.podsRun(len(before)) })
	})
	assert.Equal(t, before, w.runningPods(t))
	w.awaitReady(t)
}

func (w *world) followsRuntime(t *testing.T) {
	w.patch(t, w.runtime, `{"spec":{"engineConfig":{"runner":{"env":[{"name":"LOG_LEVEL","value":"debug"}]}}}}`)
	w.await(t, "the runtime's new variable", func() error { return w.variable("LOG_LEVEL", "debug") })
	w.await(t, "rest", func() error { return w.quiet(t, 2*time.Second) })
	w.awaitReady(t)
}

func (w *world) holdsWithoutRuntime(t *testing.T) { w.holdsWithout(t, w.runtime) }

// holdsWithout deletes the runtime of the service, and creates it again.
func (w *world) holdsWithout(t *testing.T, runtime *unstructured.Unstructured) {
	t.Helper()
	before, pods := w.specs(t), w.runningPods(t)
	runtime = w.get(t, runtime)
	w.delete(t, runtime)
	w.await(t, "a condition that says why", func() error { return w.notReady("RuntimeNotFound") })
	w.await(t, "rest", func() error { return w.quiet(t, 2*time.Second) })
	assert.Equal(t, before, w.specs(t), "what runs must stay as it is")
	assert.Equal(t, pods, w.runningPods(t))
	w.apply(t, stripped(runtime))
	w.awaitReady(t)
	assert.Equal(t, before, w.specs(t))
	assert.Equal(t, pods, w.runningPods(t))
}

func (w *world) switchesMode(t *testing.T) {
	w.patch(t, w.service, `{"metadata":{"annotations":{"ome.io/deploymentMode":null}},`+
		`"spec":{"runtime":{"name":"several-`+w.name+`"},"engine":{"runner":null,"leader":{},"worker":{"size":1}}}}`)
	set := w.object("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "lws-chat-engine")
	w.await(t, "the LeaderWorkerSet", func() error { return w.exists(set) })
	w.await(t, "rest", func() error { return w.quiet(t, 2*time.Second) })
	require.NoError(t, w.podsRun(1), "the old mode serves until the new one is ready")
	w.reportGroups(t, set)
	w.await(t, "the end of the Deployment", func() error { return w.gone(w.deployment()) })
	w.awaitReady(t)
}

func (w *world) leavesNothing(t *testing.T) {
	children := w.children(t)
	require.NotEmpty(t, children)
	w.delete(t, w.service)
	w.await(t, "the end of every child", func() error { return w.none(t) })
}
