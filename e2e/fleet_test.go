package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/e2e/cluster"
	"github.com/isvc-io/isvc/e2e/driver"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/child"
)

// sorts are the sorts of services in testdata/fleet.yaml, with how many of a
// hundred services are of each.
var sorts = map[string]int{"fixed": 46, "scaled": 16, "routed": 8, "pair": 6, "groups": 8, "knative": 8, "ray": 8}

// fleetNamespaces is over how many namespaces a fleet is spread.
const fleetNamespaces = 4

// fleet is many services of all sorts, and the user who applies what the hooks
// answer.
type fleet struct {
	name, user string
	namespaces []string
	api        *cluster.Client
	server     *hookServer
	versions   versions
	// callHooks lets every service be computed again, where that does not happen
	// by itself.
	callHooks func(testing.TB)

	services []*unstructured.Unstructured
	runtimes []*unstructured.Unstructured
}

// newFleet creates what the services refer to, and starts the present version of
// the program. The services are not created yet.
func newFleet(t testing.TB, name, user string, size int) *fleet {
	t.Helper()
	f := &fleet{name: name, user: user, api: connect(t, "tester"), versions: buildVersions(t), server: newHookServer(t)}
	for i := range fleetNamespaces {
		f.namespaces = append(f.namespaces, fmt.Sprintf("fleet-%s-%d", name, i))
		ensureNamespace(t, f.api, f.namespaces[i])
	}
	for i := range 1 + size*2/8 {
		addModelNode(t, f.api, fmt.Sprintf("fleet-%s-%d", name, i), "model-"+name)
	}
	for _, object := range readObjects(t, "testdata/fleet.yaml", "FLEET", name) {
		switch object.GetKind() {
		case "InferenceService":
			f.addServices(object, sorts[object.GetName()]*size/100)
			continue
		case "ClusterServingRuntime":
			f.runtimes = append(f.runtimes, object)
		}
		f.create(t, object)
	}
	f.server.replace(t, f.versions.present)
	t.Cleanup(func() { f.deleteServices(t) })
	return f
}

// addServices copies a service.
func (f *fleet) addServices(like *unstructured.Unstructured, copies int) {
	for i := range copies {
		service := like.DeepCopy()
		service.SetName(fmt.Sprintf("%s-%02d", like.GetName(), i))
		service.SetNamespace(f.namespaces[len(f.services)%len(f.namespaces)])
		f.services = append(f.services, service)
	}
}

func (f *fleet) create(t testing.TB, object *unstructured.Unstructured) {
	t.Helper()
	_, err := create(f.api, object.DeepCopy(), metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	require.NoError(t, err)
}

// deleteServices deletes the services and their namespaces, so that nobody works
// on them any more.
func (f *fleet) deleteServices(t testing.TB) {
	t.Helper()
	background := metav1.DeletePropagationBackground
	options := metav1.DeleteOptions{PropagationPolicy: &background}
	for _, namespace := range f.namespaces {
		services, err := f.api.Kind(v1beta1.APIVersion, "InferenceService", namespace)
		require.NoError(t, err)
		require.NoError(t, services.DeleteCollection(context.Background(), options, metav1.ListOptions{}))
		namespaces, err := f.api.Kind("v1", "Namespace", "")
		require.NoError(t, err)
		require.NoError(t, namespaces.Delete(context.Background(), namespace, options))
	}
}

// list returns the objects of a kind in the namespaces of the fleet.
func (f *fleet) list(t testing.TB, apiVersion, kind string) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for _, namespace := range f.namespaces {
		resource, err := f.api.Kind(apiVersion, kind, namespace)
		require.NoError(t, err)
		list, err := resource.List(context.Background(), metav1.ListOptions{})
		require.NoError(t, err)
		for i := range list.Items {
			all = append(all, &list.Items[i])
		}
	}
	return all
}

// children are the objects that services of the fleet control.
func (f *fleet) children(t testing.TB) []*unstructured.Unstructured {
	t.Helper()
	var children []*unstructured.Unstructured
	for _, kind := range kinds.All().Sorted() {
		name, apiVersion := kind.NameAndVersion()
		children = append(children, slices.DeleteFunc(f.list(t, apiVersion, name), func(object *unstructured.Unstructured) bool {
			return object.GetLabels()[child.ControllerLabel] == ""
		})...)
	}
	return children
}

// childVersions are the versions of the children. They show every write. Autoscalers report all the time what they
// see, so that what is in them stands for their version.
func (f *fleet) childVersions(t testing.TB) map[string]string {
	t.Helper()
	versions := map[string]string{}
	for _, object := range f.children(t) {
		version := object.GetResourceVersion()
		if object.GetKind() == "HorizontalPodAutoscaler" {
			version = fmt.Sprint(stripped(object).Object)
		}
		versions[object.GetKind()+" "+keyOf(object)] = version
	}
	return versions
}

// instances are what the services run, by service: the UIDs of pods, and of a
// workload whose controller does not run here its UID and its pod template, for
// that controller replaces pods when the template changes. The pods that probe Ray
// clusters run no model and have a template of their own.
type instances map[string][]string

// instances look at what runs now.
func (f *fleet) instances(t testing.TB) instances {
	t.Helper()
	running := instances{}
	for _, pod := range f.pods(t) {
		kind := "Pod"
		if isProber(pod) {
			kind = proberPod
		}
		running[serviceOf(pod)] = append(running[serviceOf(pod)], kind+" "+string(pod.GetUID()))
	}
	for _, workload := range f.workloadsWithoutController(t) {
		mode, _ := modes.OfWorkload(kinds.New(workload.GetKind(), workload.GetAPIVersion()))
		sum := fnv.New64a()
		for _, path := range mode.TemplatePaths {
			part, _, _ := unstructured.NestedFieldNoCopy(workload.Object, strings.Split(path, ".")...)
			text, err := json.Marshal(part)
			require.NoError(t, err)
			_, _ = sum.Write(text) // a hash takes everything
		}
		key := serviceOf(workload)
		running[key] = append(running[key], fmt.Sprintf("%s %s with the template %x", workload.GetKind(), workload.GetUID(), sum.Sum64()))
	}
	return running
}

// proberPod is what instances calls the pods that probe.
const proberPod = "Prober"

// isProber tells the Deployment that probes a Ray cluster, and its pods.
func isProber(object *unstructured.Unstructured) bool {
	return strings.HasSuffix(object.GetLabels()["app"], "-mnp")
}

// isWorkload tells what runs a component of a service.
func isWorkload(object *unstructured.Unstructured) bool {
	_, is := modes.OfWorkload(kinds.New(object.GetKind(), object.GetAPIVersion()))
	return is && !isProber(object)
}

// pods are those that are not on their way out.
func (f *fleet) pods(t testing.TB) []*unstructured.Unstructured {
	t.Helper()
	return slices.DeleteFunc(f.list(t, "v1", "Pod"), func(pod *unstructured.Unstructured) bool { return pod.GetDeletionTimestamp() != nil })
}

func (f *fleet) podsOf(t testing.TB, service string) []*unstructured.Unstructured {
	t.Helper()
	return slices.DeleteFunc(f.pods(t), func(pod *unstructured.Unstructured) bool { return serviceOf(pod) != service })
}

// workloadsWithoutController are those of kinds whose controllers do not run
// here.
func (f *fleet) workloadsWithoutController(t testing.TB) []*unstructured.Unstructured {
	t.Helper()
	var workloads []*unstructured.Unstructured
	for _, kind := range modes.WorkloadKinds() {
		if kind != kinds.Deployment {
			name, apiVersion := kind.NameAndVersion()
			workloads = append(workloads, f.list(t, apiVersion, name)...)
		}
	}
	return workloads
}

func serviceOf(object *unstructured.Unstructured) string {
	return object.GetNamespace() + "/" + object.GetLabels()[v1beta1.LabelInferenceService]
}

func keyOf(object *unstructured.Unstructured) string {
	return object.GetNamespace() + "/" + object.GetName()
}

// count is how many instances all services have together.
func (i instances) count() int {
	sum := 0
	for _, running := range i {
		sum += len(running)
	}
	return sum
}

// lostIn lists the services that had an instance which they do not have later.
func (i instances) lostIn(later instances) []string {
	lost := []string{}
	for service, had := range i {
		if slices.ContainsFunc(had, func(instance string) bool { return !slices.Contains(later[service], instance) }) {
			lost = append(lost, service)
		}
	}
	sort.Strings(lost)
	return lost
}

// countLost is how many instances are not there later.
func (i instances) countLost(later instances) int {
	lost := 0
	for service, had := range i {
		for _, instance := range had {
			if !slices.Contains(later[service], instance) {
				lost++
			}
		}
	}
	return lost
}

// allLostIn passes if a service has none of its instances any more.
func (i instances) allLostIn(later instances, service string) error {
	for _, instance := range i[service] {
		if slices.Contains(later[service], instance) && !strings.HasPrefix(instance, proberPod) {
			return fmt.Errorf("%s still has the %s", service, instance)
		}
	}
	return nil
}

// reportForControllers writes the status that the controllers of LeaderWorkerSet,
// Knative and KubeRay would when everything runs.
func (f *fleet) reportForControllers(t testing.TB) {
	t.Helper()
	for _, workload := range f.workloadsWithoutController(t) {
		observed, _, _ := unstructured.NestedInt64(workload.Object, "status", "observedGeneration")
		if observed == workload.GetGeneration() {
			continue
		}
		status := statusWhenReady(workload)
		status["observedGeneration"] = workload.GetGeneration()
		workload.Object["status"] = status
		resource, err := f.api.Of(workload)
		require.NoError(t, err)
		// A conflict or a workload that is gone is looked at again by the next call.
		_, _ = resource.UpdateStatus(context.Background(), workload, metav1.UpdateOptions{})
	}
}

func statusWhenReady(workload *unstructured.Unstructured) map[string]any {
	condition := func(kind string) any {
		return map[string]any{
			"type": kind, "status": "True", "reason": "Ready", "message": "", "lastTransitionTime": time.Now().UTC().Format(time.RFC3339),
		}
	}
	switch workload.GetKind() {
	case "LeaderWorkerSet":
		replicas, _, _ := unstructured.NestedInt64(workload.Object, "spec", "replicas")
		return map[string]any{
			"replicas": replicas, "readyReplicas": replicas, "updatedReplicas": replicas,
			"conditions": []any{condition("Available")},
		}
	case "RayCluster":
		return map[string]any{"state": "ready"}
	}
	revision := fmt.Sprintf("%s-%05d", workload.GetName(), workload.GetGeneration())
	return map[string]any{
		"latestCreatedRevisionName": revision, "latestReadyRevisionName": revision, "url": "http://" + workload.GetName() + ".example",
		"conditions": []any{condition("Ready"), condition("RoutesReady"), condition("ConfigurationsReady")},
		"traffic":    []any{map[string]any{"revisionName": revision, "latestRevision": true, "percent": int64(100)}},
	}
}

// await repeats a check, with the controllers that do not run here in between.
func (f *fleet) await(t testing.TB, what string, check func() error) {
	t.Helper()
	f.awaitWithin(t, patience, 200*time.Millisecond, what, check)
}

// awaitWithin does so for another time than usual, with a pause between the looks.
func (f *fleet) awaitWithin(t testing.TB, limit, pause time.Duration, what string, check func() error) {
	t.Helper()
	deadline := time.Now().Add(limit)
	err := check()
	for err != nil && time.Now().Before(deadline) {
		require.NoError(t, plane.Failed())
		f.reportForControllers(t)
		time.Sleep(pause)
		err = check()
	}
	require.NoError(t, err, "waited %s for %s", limit, what)
}

// every passes if a check passes for every service, and else tells of some for
// which it does not.
func (f *fleet) every(t testing.TB, check func(service *unstructured.Unstructured) error) error {
	t.Helper()
	var failures []error
	services := f.list(t, v1beta1.APIVersion, "InferenceService")
	for _, service := range services {
		if err := check(service); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", keyOf(service), err))
		}
	}
	if more := len(failures) - 3; more > 0 {
		failures = append(failures[:3], fmt.Errorf("and %d more of %d", more, len(services)))
	}
	return errors.Join(failures...)
}

// lookedAt waits until the hook has answered for every service with the present
// configuration, and what it answered is applied.
func (f *fleet) lookedAt(t testing.TB) {
	t.Helper()
	place := f.server.end(t)
	f.callHooks(t)
	f.await(t, "an answer for every service", func() error {
		answered := f.server.answers(t, place)
		return f.every(t, func(service *unstructured.Unstructured) error {
			if answered[keyOf(service)] == 0 {
				return errors.New("there is none")
			}
			return nil
		})
	})
	f.await(t, "rest", func() error { return f.quiet(t) })
}

// quiet passes if the user wrote nothing for a second.
func (f *fleet) quiet(t testing.TB) error {
	t.Helper()
	mark, err := plane.Mark()
	require.NoError(t, err)
	time.Sleep(time.Second)
	writes, err := plane.Writes(mark, f.user)
	require.NoError(t, err)
	writes = slices.DeleteFunc(writes, func(write cluster.Write) bool { return !slices.Contains(f.namespaces, write.Namespace) })
	if len(writes) > 0 {
		return fmt.Errorf("there were %d writes, such as %s", len(writes), writes[0])
	}
	return nil
}

// patch merges into one service.
func (f *fleet) patch(t testing.TB, service, patch string) {
	t.Helper()
	f.patchObject(t, v1beta1.APIVersion, "InferenceService", service, types.MergePatchType, patch)
}

func (f *fleet) patchObject(t testing.TB, apiVersion, kind, key string, how types.PatchType, patch string) {
	t.Helper()
	namespace, name, _ := strings.Cut(key, "/")
	resource, err := f.api.Kind(apiVersion, kind, namespace)
	require.NoError(t, err)
	_, err = resource.Patch(context.Background(), name, how, []byte(patch), metav1.PatchOptions{FieldManager: "tester"})
	require.NoError(t, err)
}

// ofSort lists the services of a sort, sorted.
func ofSort(services []string, name string) []string {
	return slices.DeleteFunc(slices.Sorted(slices.Values(services)), func(key string) bool {
		return !strings.Contains(key, "/"+name+"-")
	})
}

// drive applies what the hooks answer with the driver in Metacontroller's place.
func (f *fleet) drive(t testing.TB, strategy driver.Strategy) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	d := &driver.Driver{API: connect(t, f.user), Hooks: f.server.url(), Strategy: strategy, Kinds: kinds.All()}
	go func() {
		defer close(done)
		d.Run(ctx, f.namespaces, func(err error) { t.Logf("driver: %.200s", err) })
	}()
	t.Cleanup(func() { stop(); <-done })
	f.callHooks = func(testing.TB) { d.CallAgain() }
}

// driveWithMetacontroller applies what the hooks answer with the real program,
// installed as our manifests say. Like our manifests, it puts another revision
// into the URLs of the hooks to let every service be computed again.
func (f *fleet) driveWithMetacontroller(t testing.TB, program string, strategy driver.Strategy) {
	t.Helper()
	controller := compositeController(t, f.server.url())
	f.create(t, controller)
	t.Cleanup(func() { f.delete(t, controller) })
	runMetacontroller(t, program, strategy)
	revision := 0
	f.callHooks = func(t testing.TB) {
		t.Helper()
		revision++
		f.patchObject(t, controller.GetAPIVersion(), controller.GetKind(), "/"+controller.GetName(), types.MergePatchType, fmt.Sprintf(
			`{"spec":{"hooks":{"sync":{"webhook":{"url":"%[1]s/sync?revision=%[2]d"}},"customize":{"webhook":{"url":"%[1]s/customize?revision=%[2]d"}}}}}`,
			f.server.url(), revision))
	}
}

// conditionOf is a condition of a service; nil without it.
func conditionOf(service *unstructured.Unstructured, kind v1beta1.ConditionType) map[string]any {
	conditions, _, _ := unstructured.NestedSlice(service.Object, "status", "conditions")
	for _, condition := range conditions {
		if c, _ := condition.(map[string]any); c["type"] == string(kind) {
			return c
		}
	}
	return nil
}

// isReady passes if a service is Ready with its present generation.
func isReady(service *unstructured.Unstructured) error {
	generation, _, _ := unstructured.NestedInt64(service.Object, "status", "observedGeneration")
	ready := conditionOf(service, v1beta1.Ready)
	if ready["status"] != "True" || generation != service.GetGeneration() {
		return fmt.Errorf("Ready is %v at generation %d of %d", ready, generation, service.GetGeneration())
	}
	return nil
}

// holds passes if a service holds an update back for a reason, and with words.
func holds(service *unstructured.Unstructured, reason string, words ...string) error {
	update := conditionOf(service, v1beta1.UpdateAvailable)
	if update["status"] != "True" || update["reason"] != reason {
		return fmt.Errorf("UpdateAvailable is %v", update)
	}
	message, _ := update["message"].(string)
	for _, word := range words {
		if !strings.Contains(message, word) {
			return fmt.Errorf("the message of UpdateAvailable lacks %q: %s", word, message)
		}
	}
	return nil
}

// holding lists the services that hold an update back.
func (f *fleet) holding(t testing.TB) []string {
	t.Helper()
	var held []string
	for _, service := range f.list(t, v1beta1.APIVersion, "InferenceService") {
		if conditionOf(service, v1beta1.UpdateAvailable) != nil {
			held = append(held, keyOf(service))
		}
	}
	sort.Strings(held)
	return held
}

// readySince says since when each service is Ready, so that a moment in which it
// was not is seen later.
func (f *fleet) readySince(t testing.TB) map[string]any {
	t.Helper()
	return f.conditionSince(t, v1beta1.Ready)
}

// conditionSince says since when each service has its present status of a condition.
func (f *fleet) conditionSince(t testing.TB, kind v1beta1.ConditionType) map[string]any {
	t.Helper()
	since := map[string]any{}
	for _, service := range f.list(t, v1beta1.APIVersion, "InferenceService") {
		found := conditionOf(service, kind)
		since[keyOf(service)] = fmt.Sprint(found["status"], " since ", found["lastTransitionTime"])
	}
	return since
}

// changed lists the keys whose values differ.
func changed[V comparable](before, after map[string]V) []string {
	all := maps.Clone(before)
	maps.Copy(all, after)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(key string) bool { return before[key] == after[key] })
}

func (f *fleet) delete(t testing.TB, object *unstructured.Unstructured) {
	t.Helper()
	deleteObject(t, f.api, object)
}
