package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
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
	"github.com/isvc-io/isvc/internal/generate"
	isvc "github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/hooktest"
	"github.com/isvc-io/isvc/sync/observed"
)

// forecastServices is how many generated services are edited, with forecasts of what becomes of each object.
const forecastServices = 40

// TestForecastsAreWhatTheAPIServerDoes: hooktest forecasts which fields of which objects change by an answer,
// with either way of applying, for generated services whose objects others have edited, too.
func TestForecastsAreWhatTheAPIServerDoes(t *testing.T) {
	for _, of := range namesByStrategy {
		t.Run(string(of.strategy), func(t *testing.T) {
			forecastAll(t, "forecast"+of.end, of.strategy, func(t *testing.T, parent *unstructured.Unstructured) applyChildren {
				d := &driver.Driver{API: connect(t, "driver"), Strategy: of.strategy, Kinds: kinds.All()}
				return func(t *testing.T, children []*unstructured.Unstructured) {
					var trees []map[string]any
					for _, child := range children {
						trees = append(trees, child.DeepCopy().Object)
					}
					for isLate := true; isLate; { // a controller has written a status
						observed, err := d.Observe(context.Background(), parent)
						require.NoError(t, err)
						result := &driver.Result{}
						// An object that the API server refuses is none of a forecast.
						_ = d.Manage(context.Background(), result, parent, observed, trees)
						isLate = slices.ContainsFunc(result.Writes, func(write driver.Write) bool { return write.Late })
					}
				}
			})
		})
	}
}

// TestForecastsAreWhatHappensUnderMetacontroller is the same with the real Metacontroller.
func TestForecastsAreWhatHappensUnderMetacontroller(t *testing.T) {
	program := metacontroller(t)
	installMetacontroller(t)
	for _, of := range namesByStrategy {
		t.Run(string(of.strategy), func(t *testing.T) {
			api := connect(t, "metacontroller")
			hooks := newFixedHooks(t)
			controller := compositeController(t, hooks.url)
			_, err := create(api, controller, metav1.CreateOptions{})
			require.NoError(t, err)
			t.Cleanup(func() { deleteObject(t, api, controller) })
			runMetacontroller(t, program, of.strategy)
			forecastAll(t, "forecast-meta"+of.end, of.strategy, func(_ *testing.T, parent *unstructured.Unstructured) applyChildren {
				return func(t *testing.T, children []*unstructured.Unstructured) { hooks.apply(t, api, parent, children) }
			})
		})
	}
}

// applyChildren applies the children of a service and returns when that is done.
type applyChildren func(t *testing.T, children []*unstructured.Unstructured)

// forecastAll tries all services, each in a namespace of its own.
func forecastAll(t *testing.T, prefix string, strategy driver.Strategy, applyFor func(t *testing.T, parent *unstructured.Unstructured) applyChildren) {
	t.Helper()
	t.Run("services", func(t *testing.T) {
		for number := range forecastServices {
			t.Run(fmt.Sprint(number), func(t *testing.T) {
				t.Parallel()
				namespace := fmt.Sprintf("%s-%d", prefix, number)
				api := connect(t, "tester")
				ensureNamespace(t, api, namespace)
				parent, err := create(api, service(namespace, "parent", nil), metav1.CreateOptions{})
				require.NoError(t, err)
				t.Cleanup(func() { deleteObject(t, api, parent) })
				before, after := editedChildren(t, number)
				f := forecasts{
					accepted: map[string]*unstructured.Unstructured{},
					api:      api, namespace: namespace, strategy: strategy, apply: applyFor(t, parent),
					scales: slices.ContainsFunc(append(before, after...), func(child *unstructured.Unstructured) bool {
						return child.GetKind() == "HorizontalPodAutoscaler"
					}),
				}
				f.begin(t, inNamespaceOf(namespace, before))
				for _, children := range [][]*unstructured.Unstructured{after, before} {
					f.meddle(t, before)
					f.try(t, inNamespaceOf(namespace, children))
				}
			})
		}
	})
}

// editedChildren are the children of a generated service before and after an edit.
func editedChildren(t *testing.T, number int) (before, after []*unstructured.Unstructured) {
	t.Helper()
	dice := generate.NewDice(11, uint64(number))
	world := dice.World()
	related := observed.Objects{}
	for _, item := range world.Related {
		object := decoded(t, item)
		raw, err := object.MarshalJSON()
		require.NoError(t, err)
		related.Add(kinds.New(object.GetKind(), object.GetAPIVersion()), object.GetNamespace(), object.GetName(), raw)
	}
	name := world.Services[0]["metadata"].(map[string]any)["name"].(string)
	of := func(service map[string]any) []*unstructured.Unstructured {
		raw, err := json.Marshal(service)
		require.NoError(t, err)
		request := &isvc.Request{Parent: raw, Related: related, Children: observed.Objects{}, Managed: world.Kinds}
		if world.Config != nil {
			request.Config = config.Parse(world.Config)
		}
		response, err := isvc.Sync(request)
		require.NoError(t, err)
		return response.Children
	}
	return of(world.Services[0]), of(dice.Service(name, world.Related))
}

func inNamespaceOf(namespace string, children []*unstructured.Unstructured) []*unstructured.Unstructured {
	out := []*unstructured.Unstructured{}
	for _, child := range children {
		child = child.DeepCopy()
		child.SetNamespace(namespace)
		out = append(out, child)
	}
	return out
}

// forecasts compares forecasts for a service with what happens.
type forecasts struct {
	api       *cluster.Client
	namespace string
	strategy  driver.Strategy
	apply     applyChildren
	// scales is true where an autoscaler sets numbers of replicas.
	scales bool
	// accepted are the children that were applied last, by labelOf, without those that the API server refused.
	accepted map[string]*unstructured.Unstructured
}

// begin applies the first children.
func (f *forecasts) begin(t *testing.T, children []*unstructured.Unstructured) {
	t.Helper()
	f.apply(t, children)
	for key := range f.restingObjects(t, children) {
		f.accepted[key] = children[slices.IndexFunc(children, func(child *unstructured.Unstructured) bool { return labelOf(child) == key })]
	}
}

// meddle edits the objects as others do: with labels and numbers of replicas.
func (f *forecasts) meddle(t *testing.T, children []*unstructured.Unstructured) {
	t.Helper()
	for i, child := range children {
		resource, err := f.api.Kind(child.GetAPIVersion(), child.GetKind(), f.namespace)
		require.NoError(t, err)
		patch := []string{
			`{"metadata":{"labels":{"of-others":"x"}}}`,
			`{"metadata":{"annotations":{"of-others":"x"},"labels":{"team":"of-others"}}}`,
			`{"spec":{"replicas":2}}`,
		}[i%3]
		// Not every kind has replicas.
		_, _ = resource.Patch(context.Background(), child.GetName(), types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: "others"})
	}
}

// try forecasts what applying children does to the objects that are there, applies them, and compares.
func (f *forecasts) try(t *testing.T, children []*unstructured.Unstructured) {
	t.Helper()
	before := f.restingObjects(t, children)
	type forecast struct {
		paths    []string
		expected *unstructured.Unstructured // nil under server-side apply
		// mayWait is true where Metacontroller may send nothing: what the API server took last is the same, and others
		// have changed nothing that raises the generation.
		mayWait bool
	}
	forecastOf := map[string]forecast{}
	for _, child := range children {
		key := labelOf(child)
		live, exists := before[key]
		if exists && f.refuses(t, live, child) {
			continue
		}
		last := f.accepted[key]
		f.accepted[key] = child
		if !exists {
			continue
		}
		if f.strategy == driver.ServerSideApply {
			paths := hooktest.ForecastServerSideApply(live, child, driver.Manager).ChangedPaths()
			forecastOf[key] = forecast{
				paths:   slices.DeleteFunc(paths, func(path string) bool { return f.scales && path == "spec.replicas" }),
				mayWait: reflect.DeepEqual(last, child),
			}
			continue
		}
		of, err := hooktest.ForecastClientSideApply(live, child)
		require.NoError(t, err)
		expected, err := f.updated(of.Object, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}})
		require.NoError(t, err)
		forecastOf[key] = forecast{expected: expected}
	}
	f.apply(t, children)
	for key, of := range forecastOf {
		if of.expected != nil {
			f.await(t, key, before[key], func(after *unstructured.Unstructured) string {
				return strings.Join(differences(f.contentOf(of.expected), f.contentOf(after)), ", ")
			})
		} else {
			f.await(t, key, before[key], func(after *unstructured.Unstructured) string {
				did := differences(f.contentOf(before[key]), f.contentOf(after))
				if samePaths(of.paths, did) || of.mayWait && len(did) == 0 {
					return ""
				}
				return fmt.Sprintf("forecast %v, happened %v", of.paths, did)
			})
		}
		numbers.count("objects that became what was forecast, "+string(f.strategy), 1)
		if len(of.paths) > 0 || of.expected != nil && len(differences(f.contentOf(before[key]), f.contentOf(of.expected))) > 0 {
			numbers.count("of these changed, "+string(f.strategy), 1)
		}
	}
}

// refuses reports whether the API server refuses a child, which the forecast does not know: the object stays.
func (f *forecasts) refuses(t *testing.T, live, child *unstructured.Unstructured) bool {
	t.Helper()
	var err error
	if f.strategy == driver.ServerSideApply {
		sent := child.DeepCopy()
		sent.SetLabels(withController(sent.GetLabels(), live))
		sent.SetOwnerReferences(live.GetOwnerReferences())
		resource, kindErr := f.api.Of(child)
		require.NoError(t, kindErr)
		_, err = resource.Apply(context.Background(), child.GetName(), sent, metav1.ApplyOptions{FieldManager: driver.Manager, Force: true, DryRun: []string{metav1.DryRunAll}})
	} else {
		forecast, forecastErr := hooktest.ForecastClientSideApply(live, child)
		require.NoError(t, forecastErr)
		_, err = f.updated(forecast.Object, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}})
	}
	if err != nil {
		require.True(t, apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) || apierrors.IsForbidden(err), "%s: %v", labelOf(child), err)
		numbers.count("objects whose change the API server refuses", 1)
	}
	return err != nil
}

// updated is an object as an update makes it. What controllers report meanwhile is no conflict.
func (f *forecasts) updated(object *unstructured.Unstructured, options metav1.UpdateOptions) (*unstructured.Unstructured, error) {
	resource, err := f.api.Of(object)
	if err != nil {
		return nil, err
	}
	for range 20 {
		after, err := resource.Update(context.Background(), object, options)
		if !apierrors.IsConflict(err) {
			return after, err
		}
		now, err := resource.Get(context.Background(), object.GetName(), metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		object.SetResourceVersion(now.GetResourceVersion())
	}
	return nil, errors.New("somebody writes the object all the time")
}

// restingObjects are the objects of children as they are when controllers have completed them.
func (f *forecasts) restingObjects(t *testing.T, children []*unstructured.Unstructured) map[string]*unstructured.Unstructured {
	t.Helper()
	var last map[string]*unstructured.Unstructured
	for range 60 {
		now := map[string]*unstructured.Unstructured{}
		for _, child := range children {
			resource, err := f.api.Of(child)
			require.NoError(t, err)
			switch live, err := resource.Get(context.Background(), child.GetName(), metav1.GetOptions{}); {
			case err == nil:
				now[labelOf(child)] = live
			default:
				require.True(t, apierrors.IsNotFound(err), "%v", err)
			}
		}
		if last != nil && maps.EqualFunc(last, now, func(a, b *unstructured.Unstructured) bool { return reflect.DeepEqual(a, b) }) {
			return now
		}
		last = now
		time.Sleep(500 * time.Millisecond)
	}
	t.Fatal("controllers write the objects again and again")
	return nil
}

// await waits until nothing is missing in an object that was there before.
func (f *forecasts) await(t *testing.T, key string, before *unstructured.Unstructured, missing func(after *unstructured.Unstructured) string) {
	t.Helper()
	what := ""
	for range 20 {
		resource, err := f.api.Of(before)
		require.NoError(t, err)
		after, err := resource.Get(context.Background(), before.GetName(), metav1.GetOptions{})
		require.NoError(t, err)
		if what = missing(after); what == "" {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	assert.Fail(t, "not as forecast", "%s in %s: %s", key, f.namespace, what)
}

func labelOf(object *unstructured.Unstructured) string {
	return object.GetKind() + "/" + object.GetName()
}

func withController(labels map[string]string, live *unstructured.Unstructured) map[string]string {
	out := maps.Clone(labels)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, map[string]string{child.ControllerLabel: live.GetLabels()[child.ControllerLabel]})
	return out
}

// contentOf is an object without what the API server and controllers keep about it.
func (f *forecasts) contentOf(object *unstructured.Unstructured) map[string]any {
	content := stripped(object)
	annotations := content.GetAnnotations()
	delete(annotations, "deployment.kubernetes.io/revision")
	content.SetAnnotations(annotations)
	if f.scales {
		unstructured.RemoveNestedField(content.Object, "spec", "replicas")
	}
	if object.GetKind() == "Service" { // the API server allocates ports of nodes, and says how they are reached
		unstructured.RemoveNestedField(content.Object, "spec", "externalTrafficPolicy")
		unstructured.RemoveNestedField(content.Object, "spec", "allocateLoadBalancerNodePorts")
		ports, _, _ := unstructured.NestedSlice(content.Object, "spec", "ports")
		for _, port := range ports {
			delete(port.(map[string]any), "nodePort")
		}
		if len(ports) > 0 {
			_ = unstructured.SetNestedSlice(content.Object, ports, "spec", "ports") // they were just read there
		}
	}
	return content.Object
}

// differences are the paths of the fields in which two trees differ, in the form of a forecast.
func differences(from, to map[string]any) []string {
	paths := child.ChangedPaths("", from, to)
	for i, path := range paths {
		paths[i] = strings.TrimPrefix(path, ".")
	}
	return paths
}

// samePaths reports whether all paths of a forecast and of what happened have one among the others that is equal, or
// above or below.
func samePaths(forecast, happened []string) bool {
	isCovered := func(path string, others []string) bool {
		return slices.ContainsFunc(others, func(other string) bool {
			path, _, _ := strings.Cut(path, "[")
			other, _, _ = strings.Cut(other, "[")
			return path == other || strings.HasPrefix(path, other+".") || strings.HasPrefix(other, path+".")
		})
	}
	areCovered := func(paths, others []string) bool {
		return !slices.ContainsFunc(paths, func(path string) bool { return !isCovered(path, others) })
	}
	return areCovered(forecast, happened) && areCovered(happened, forecast)
}

// fixedHooks answers Metacontroller with fixed children for each parent, and not at all between two applications, so
// that it does not undo what others edit there.
type fixedHooks struct {
	url string

	mutex    sync.Mutex
	children map[string][]*unstructured.Unstructured // nil between two applications
	calls    map[string]int
}

func newFixedHooks(t *testing.T) *fixedHooks {
	t.Helper()
	h := &fixedHooks{children: map[string][]*unstructured.Unstructured{}, calls: map[string]int{}}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

func (h *fixedHooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Parent *unstructured.Unstructured `json:"parent"`
	}
	answer := map[string]any{"relatedResources": []any{}}
	if strings.HasSuffix(r.URL.Path, "/sync") {
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		key := keyOf(request.Parent)
		h.mutex.Lock()
		h.calls[key]++
		fixed := h.children[key]
		h.mutex.Unlock()
		if fixed == nil {
			http.Error(w, "later", http.StatusServiceUnavailable)
			return
		}
		children := []any{}
		for _, child := range fixed {
			children = append(children, child.Object)
		}
		answer = map[string]any{"status": map[string]any{}, "children": children}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // the caller has gone
}

// apply lets Metacontroller apply children, and waits until it is done: when it calls again, the answer before has been
// applied.
func (h *fixedHooks) apply(t *testing.T, api *cluster.Client, parent *unstructured.Unstructured, children []*unstructured.Unstructured) {
	t.Helper()
	for _, answer := range [][]*unstructured.Unstructured{children, children, nil} {
		h.mutex.Lock()
		h.children[keyOf(parent)] = answer
		h.mutex.Unlock()
		h.isCalled(t, api, parent)
	}
}

// isCalled touches a parent and waits for a call.
func (h *fixedHooks) isCalled(t *testing.T, api *cluster.Client, parent *unstructured.Unstructured) {
	t.Helper()
	calls := func() int {
		h.mutex.Lock()
		defer h.mutex.Unlock()
		return h.calls[keyOf(parent)]
	}
	seen := calls()
	resource, err := api.Of(parent)
	require.NoError(t, err)
	touch := fmt.Sprintf(`{"metadata":{"annotations":{"touched":%q}}}`, time.Now())
	_, err = resource.Patch(context.Background(), parent.GetName(), types.MergePatchType, []byte(touch), metav1.PatchOptions{})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return calls() > seen }, time.Minute, 20*time.Millisecond, "Metacontroller does not call")
}
