package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/e2e/cluster"
	"github.com/isvc-io/isvc/e2e/driver"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/child"
)

// patience is how long a test waits for what must come.
const patience = 60 * time.Second

// world is a namespace with a node, a model and runtimes for one service.
type world struct {
	name, namespace string
	// applier is who applies what the hooks answer. Its writes are counted.
	applier
	api              *cluster.Client
	service, runtime *unstructured.Unstructured
}

// newWorld creates everything but the service.
func newWorld(t *testing.T, name, user string) *world {
	t.Helper()
	return newWorldOf(t, "testdata/world.yaml", name, user)
}

// newWorldOf does so with the objects of a file.
func newWorldOf(t *testing.T, file, name, user string) *world {
	t.Helper()
	w := &world{name: name, namespace: "life-" + name, applier: applier{user: user}, api: connect(t, "tester")}
	ensureNamespace(t, w.api, w.namespace)
	addModelNode(t, w.api, "gpu-"+name, "model-"+name)
	for _, object := range readObjects(t, file, "WORLD", name) {
		switch {
		case object.GetKind() == "InferenceService":
			w.service = object
			continue
		case object.GetName() == "single-"+name:
			w.runtime = object
		}
		w.apply(t, object)
	}
	return w
}

// addModelNode adds a node that has a model, with the label of the model agent.
func addModelNode(t testing.TB, api *cluster.Client, node, model string) {
	t.Helper()
	require.NoError(t, api.AddNode(context.Background(), node, map[string]string{names.ClusterModelLabel(model): "Ready"}))
}

// readObjects reads a file in which a placeholder stands for a name.
func readObjects(t testing.TB, file, placeholder, name string) []*unstructured.Unstructured {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	data = bytes.ReplaceAll(data, []byte(placeholder), []byte(name))
	objects, err := cluster.DecodeObjects(data)
	require.NoError(t, err)
	return objects
}

// object names an object of the world's namespace.
func (w *world) object(apiVersion, kind, name string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetAPIVersion(apiVersion)
	object.SetKind(kind)
	object.SetNamespace(w.namespace)
	object.SetName(name)
	return object
}

func (w *world) deployment() *unstructured.Unstructured {
	return w.object("apps/v1", "Deployment", "chat-engine")
}

// stripped is an object as a user would write it again.
func stripped(object *unstructured.Unstructured) *unstructured.Unstructured {
	again := object.DeepCopy()
	for _, field := range []string{"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"} {
		unstructured.RemoveNestedField(again.Object, "metadata", field)
	}
	delete(again.Object, "status")
	return again
}

func (w *world) apply(t *testing.T, object *unstructured.Unstructured) {
	t.Helper()
	_, err := create(w.api, object.DeepCopy(), metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	require.NoError(t, err)
}

func (w *world) read(object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	resource, err := w.api.Of(object)
	if err != nil {
		return nil, err
	}
	return resource.Get(context.Background(), object.GetName(), metav1.GetOptions{})
}

func (w *world) get(t *testing.T, object *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	found, err := w.read(object)
	require.NoError(t, err)
	return found
}

// patch merges into an object as kubectl does: strategically where the kind is
// built in, else as JSON.
func (w *world) patch(t *testing.T, object *unstructured.Unstructured, patch string) {
	t.Helper()
	resource, err := w.api.Of(object)
	require.NoError(t, err)
	kind := types.StrategicMergePatchType
	if strings.HasPrefix(object.GetAPIVersion(), "ome.io/") {
		kind = types.MergePatchType
	}
	_, err = resource.Patch(context.Background(), object.GetName(), kind, []byte(patch), metav1.PatchOptions{FieldManager: "tester"})
	require.NoError(t, err)
}

func (w *world) delete(t *testing.T, object *unstructured.Unstructured) {
	t.Helper()
	deleteObject(t, w.api, object)
}

// scale sets replicas as an autoscaler does.
func (w *world) scale(t *testing.T, object *unstructured.Unstructured, replicas int) {
	t.Helper()
	resource, err := w.api.Of(object)
	require.NoError(t, err)
	_, err = resource.Patch(context.Background(), object.GetName(), types.MergePatchType,
		fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, replicas), metav1.PatchOptions{FieldManager: "autoscaler"}, "scale")
	require.NoError(t, err)
}

// reportGroups writes the status that the LeaderWorkerSet's own controller would
// when all groups are ready.
func (w *world) reportGroups(t *testing.T, set *unstructured.Unstructured) {
	t.Helper()
	stored := w.get(t, set)
	resource, err := w.api.Of(set)
	require.NoError(t, err)
	stored.Object["status"] = map[string]any{
		"observedGeneration": stored.GetGeneration(),
		"replicas":           int64(1), "readyReplicas": int64(1), "updatedReplicas": int64(1),
		"conditions": []any{map[string]any{
			"type": "Available", "status": "True", "reason": "AllGroupsReady", "message": "All replicas are ready",
			"lastTransitionTime": time.Now().UTC().Format(time.RFC3339),
		}},
	}
	_, err = resource.UpdateStatus(context.Background(), stored, metav1.UpdateOptions{})
	require.NoError(t, err)
}

// await repeats a check until it passes, a program ends or patience does.
func (w *world) await(t *testing.T, what string, check func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	err := check()
	for err != nil && time.Now().Before(deadline) {
		require.NoError(t, plane.Failed())
		time.Sleep(50 * time.Millisecond)
		err = check()
	}
	if err != nil {
		t.Fatalf("waited %s for %s: %v\n%s", patience, what, err, w.describe())
	}
}

// describe is the service's status for a failed test.
func (w *world) describe() string {
	service, err := w.read(w.service)
	if err != nil {
		return err.Error()
	}
	text, _ := json.MarshalIndent(service.Object["status"], "", "  ")
	return string(text)
}

// quiet passes if the user under audit wrote nothing for a time.
func (w *world) quiet(t *testing.T, length time.Duration) error {
	t.Helper()
	mark, err := plane.Mark()
	require.NoError(t, err)
	time.Sleep(length)
	if writes := w.writes(t, mark); len(writes) > 0 {
		return fmt.Errorf("there were writes: %v", writes)
	}
	return nil
}

// writes are those of the user under audit in the namespace of this world. The
// same Metacontroller may still work on what another test left behind.
func (w *world) writes(t *testing.T, since cluster.Mark) []cluster.Write {
	t.Helper()
	all, err := plane.Writes(since, w.user)
	require.NoError(t, err)
	return slices.DeleteFunc(all, func(write cluster.Write) bool { return write.Namespace != w.namespace })
}

// children are all objects that the service controls.
func (w *world) children(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	var children []*unstructured.Unstructured
	for _, kind := range kinds.All().Sorted() {
		name, apiVersion := kind.NameAndVersion()
		resource, err := w.api.Kind(apiVersion, name, w.namespace)
		require.NoError(t, err)
		list, err := resource.List(context.Background(), metav1.ListOptions{LabelSelector: child.ControllerLabel})
		require.NoError(t, err)
		for i := range list.Items {
			children = append(children, &list.Items[i])
		}
	}
	return children
}

// none passes if the service and all its children are gone.
func (w *world) none(t *testing.T) error {
	if err := w.gone(w.service); err != nil {
		return err
	}
	var left []string
	for _, child := range w.children(t) {
		left = append(left, child.GetKind()+"/"+child.GetName())
	}
	if len(left) > 0 {
		return fmt.Errorf("still there: %v", left)
	}
	return w.podsRun(0)
}

// specs are the children's generations and contents, by kind and name.
func (w *world) specs(t *testing.T) map[string]any {
	t.Helper()
	specs := map[string]any{}
	for _, child := range w.children(t) {
		specs[child.GetKind()+"/"+child.GetName()] = []any{child.GetGeneration(), child.Object["spec"], child.Object["data"]}
	}
	return specs
}

func (w *world) exists(object *unstructured.Unstructured) error {
	_, err := w.read(object)
	return err
}

func (w *world) gone(object *unstructured.Unstructured) error {
	_, err := w.read(object)
	if apierrors.IsNotFound(err) {
		return nil
	}
	return fmt.Errorf("%s/%s is still there: %w", object.GetKind(), object.GetName(), err)
}

// step is a part of a story, of which each part needs the ones before it.
type step struct {
	name string
	run  func(*testing.T)
}

// leadThrough runs the steps of a story, and ends with the first one that fails.
func leadThrough(t *testing.T, story []step) {
	t.Helper()
	for _, step := range story {
		start := time.Now()
		passed := t.Run(step.name, step.run)
		t.Logf("%.1f s: %s", time.Since(start).Seconds(), step.name)
		if !passed {
			t.Fatalf("%s: failed, and the rest of the story depends on it", step.name)
		}
	}
}

// drive lets the driver apply what hooks answer.
func (w *world) drive(t *testing.T, hooks string, strategy driver.Strategy) {
	t.Helper()
	w.driveKinds(t, hooks, strategy, kinds.All())
}

// driveKinds does so where only some kinds of children are installed.
func (w *world) driveKinds(t *testing.T, hooks string, strategy driver.Strategy, installed kinds.Set) {
	t.Helper()
	w.strategy = strategy
	d := &driver.Driver{API: connect(t, w.user), Hooks: hooks, Strategy: strategy, Kinds: installed}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.Run(ctx, []string{w.namespace}, func(err error) { t.Log("driver:", err) })
	}()
	t.Cleanup(func() { stop(); <-done })
}

// driveWithMetacontroller lets the real program apply what hooks answer.
func (w *world) driveWithMetacontroller(t *testing.T, program, hooks string, strategy driver.Strategy) {
	t.Helper()
	w.strategy = strategy
	controller := compositeController(t, hooks)
	_, err := create(w.api, controller, metav1.CreateOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { w.delete(t, controller) })
	runMetacontroller(t, program, strategy)
}

// beginning makes a world of a name, whose writes are those of a user, and returns the story that it is led
// through.
type beginning func(t *testing.T, name, user string) (*world, func(t *testing.T))

// namesByStrategy are the ends of the names of worlds, one for each way of applying.
var namesByStrategy = []struct {
	strategy driver.Strategy
	end      string
}{{driver.DynamicApply, ""}, {driver.ServerSideApply, "-serverside"}}

// underTheDriver leads worlds through a story with the driver in Metacontroller's place, one for each way of
// applying, under a configuration; nil means the default.
func underTheDriver(t *testing.T, name string, conf *config.Config, begin beginning) {
	t.Helper()
	for _, of := range namesByStrategy {
		t.Run(string(of.strategy), func(t *testing.T) {
			w, story := begin(t, name+of.end, "driver")
			w.drive(t, serveHooksWith(t, conf), of.strategy)
			story(t)
		})
	}
}

// underMetacontroller does the same with the real Metacontroller.
func underMetacontroller(t *testing.T, program, name string, conf *config.Config, begin beginning) {
	t.Helper()
	installMetacontroller(t)
	for _, of := range namesByStrategy {
		t.Run(string(of.strategy), func(t *testing.T) {
			w, story := begin(t, name+of.end, "metacontroller")
			w.driveWithMetacontroller(t, program, serveHooksWith(t, conf), of.strategy)
			story(t)
		})
	}
}

// runOperator runs an operator of others until the end of a test. Other tests stand in for it.
func runOperator(
	t *testing.T, title string,
	start func(ctx context.Context, c *cluster.Cluster, folder string, log io.Writer) (stop func() error, err error),
) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), coldBuild)
	defer cancel()
	began := time.Now()
	stop, err := start(ctx, plane, "operators", os.Stdout)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, stop()) })
	numbers.record(title+" up", "%.1f s", time.Since(began).Seconds())
}
