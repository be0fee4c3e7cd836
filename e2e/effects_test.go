package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
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
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/isvc-io/isvc/e2e/cluster"
	"github.com/isvc-io/isvc/sync/effect"
)

// effectCase is a change of one object, with what it does to the pods.
type effectCase struct {
	name string
	// kind is the object of testdata/effects.yaml that changes, with are others that are there.
	kind string
	with []string
	// start changes the object before it is made, then when it runs, and edit is the change in question.
	// Each is a path, "=" and a JSON value.
	start, then, edit []string
	// want is what the classifier must say, and what must be seen.
	want effect.Effect
	// unnoticed is true where the classifier must say that running pods stay as they are, and renewed
	// where a pod that is made anew must have the change.
	unnoticed, renewed bool
}

const (
	nextImage     = `spec.template.spec.containers=[{"name":"a","image":"a:2"}]`
	labelOfObject = `metadata.labels={"team":"x"}`
)

// effectCases are rows of the table of sync/effect that a control plane can show.
var effectCases = []effectCase{
	{name: "another image of a Deployment", kind: "Deployment", with: []string{"Service"},
		edit: []string{nextImage}, want: effect.Rolling},
	{name: "a label of the pods of a Deployment", kind: "Deployment", with: []string{"Service"},
		edit: []string{`spec.template.metadata.labels.team="x"`}, want: effect.Rolling},
	{name: "an annotation of the pods of a Deployment", kind: "Deployment", edit: []string{`spec.template.metadata.annotations.team="x"`}, want: effect.Rolling},
	{name: "resources of a Deployment", kind: "Deployment",
		edit: []string{`spec.template.spec.containers=[{"name":"a","image":"a:1","resources":{"requests":{"cpu":"2"}}}]`}, want: effect.Rolling},
	{name: "another image of a Deployment that recreates its pods", kind: "Deployment", with: []string{"Service"},
		start: []string{`spec.strategy={"type":"Recreate"}`},
		edit:  []string{nextImage}, want: effect.Recreate},
	{name: "more replicas of a Deployment", kind: "Deployment", edit: []string{`spec.replicas=3`}, want: effect.Scale},
	{name: "fewer replicas of a Deployment", kind: "Deployment", edit: []string{`spec.replicas=1`}, want: effect.Scale},
	{name: "another surge of a Deployment", kind: "Deployment", with: []string{"Service"},
		edit: []string{`spec.strategy={"type":"RollingUpdate","rollingUpdate":{"maxSurge":2,"maxUnavailable":1}}`}, want: effect.Metadata},
	{name: "another strategy of a Deployment", kind: "Deployment",
		start: []string{`spec.strategy={"type":"RollingUpdate","rollingUpdate":{"maxSurge":1,"maxUnavailable":0}}`}, edit: []string{`spec.strategy={"type":"Recreate"}`}, want: effect.Metadata},
	{name: "another time until pods of a Deployment are available", kind: "Deployment", edit: []string{`spec.minReadySeconds=1`}, want: effect.Metadata},
	{name: "another deadline of a Deployment", kind: "Deployment", edit: []string{`spec.progressDeadlineSeconds=30`}, want: effect.Metadata},
	{name: "another number of former revisions of a Deployment", kind: "Deployment", edit: []string{`spec.revisionHistoryLimit=1`}, want: effect.Metadata},
	{name: "a label of a Deployment", kind: "Deployment", with: []string{"Service"}, edit: []string{labelOfObject}, want: effect.Metadata},
	{name: "a Deployment that pauses", kind: "Deployment", edit: []string{`spec.paused=true`}, want: effect.Metadata},
	{name: "another image of a Deployment that pauses", kind: "Deployment", then: []string{`spec.paused=true`}, edit: []string{nextImage},
		want: effect.Metadata, unnoticed: true},
	{name: "a Deployment that goes on with another image", kind: "Deployment", then: []string{`spec.paused=true`, nextImage}, edit: []string{`spec.paused=false`},
		want: effect.Rolling},
	{name: "another selector of a Deployment", kind: "Deployment",
		edit: []string{`spec.selector.matchLabels.app="other"`, `spec.template.metadata.labels.app="other"`}, want: effect.Recreate},

	{name: "another image of a StatefulSet", kind: "StatefulSet", edit: []string{nextImage}, want: effect.Rolling},
	{name: "another image of a StatefulSet that waits for its pods to end", kind: "StatefulSet", start: []string{`spec.updateStrategy={"type":"OnDelete"}`},
		edit: []string{nextImage}, want: effect.Metadata, unnoticed: true, renewed: true},
	{name: "more replicas of a StatefulSet", kind: "StatefulSet", edit: []string{`spec.replicas=3`}, want: effect.Scale},
	{name: "a partition of a StatefulSet", kind: "StatefulSet", edit: []string{`spec.updateStrategy.rollingUpdate.partition=1`}, want: effect.Metadata},
	{name: "a lower partition of a StatefulSet", kind: "StatefulSet", then: []string{`spec.updateStrategy.rollingUpdate.partition=2`, nextImage},
		edit: []string{`spec.updateStrategy.rollingUpdate.partition=1`}, want: effect.Rolling},
	{name: "a label of a StatefulSet", kind: "StatefulSet", edit: []string{labelOfObject}, want: effect.Metadata},
	{name: "another Service of a StatefulSet", kind: "StatefulSet", edit: []string{`spec.serviceName="other"`}, want: effect.Recreate},
	{name: "another policy of a StatefulSet", kind: "StatefulSet", edit: []string{`spec.podManagementPolicy="OrderedReady"`}, want: effect.Recreate},

	{name: "another selector of a Service", kind: "Service", with: []string{"Deployment", "Other"}, edit: []string{`spec.selector.app="other"`}, want: effect.Traffic},
	{name: "another target port of a Service", kind: "Service", with: []string{"Deployment"},
		edit: []string{`spec.ports=[{"name":"http","port":80,"targetPort":8081,"protocol":"TCP"}]`}, want: effect.Traffic},
	{name: "another port of a Service", kind: "Service", with: []string{"Deployment"},
		edit: []string{`spec.ports=[{"name":"http","port":81,"targetPort":8080,"protocol":"TCP"}]`}, want: effect.Traffic},
	{name: "another type of a Service", kind: "Service", with: []string{"Deployment"}, edit: []string{`spec.type="NodePort"`}, want: effect.Traffic},
	{name: "a Service without an address gets one", kind: "Service", with: []string{"Deployment"}, start: []string{`spec.clusterIP="None"`},
		edit: []string{`spec.clusterIP="10.96.77.77"`}, want: effect.Recreate},
	{name: "a label of a Service", kind: "Service", with: []string{"Deployment"}, edit: []string{labelOfObject}, want: effect.Metadata},

	{name: "a higher minimum of an autoscaler", kind: "HorizontalPodAutoscaler", with: []string{"Scaled"}, edit: []string{`spec.minReplicas=3`}, want: effect.Scale},
	{name: "a lower maximum of an autoscaler", kind: "HorizontalPodAutoscaler", with: []string{"Deployment"},
		start: []string{`spec.minReplicas=1`, `spec.scaleTargetRef.name="web"`}, edit: []string{`spec.maxReplicas=1`}, want: effect.Scale},
	{name: "another workload of an autoscaler", kind: "HorizontalPodAutoscaler", with: []string{"Scaled", "Other"},
		edit: []string{`spec.scaleTargetRef.name="other"`}, want: effect.Scale},
	{name: "a label of an autoscaler", kind: "HorizontalPodAutoscaler", with: []string{"Scaled"}, edit: []string{labelOfObject}, want: effect.Metadata},

	{name: "a disruption budget allows more", kind: "PodDisruptionBudget", with: []string{"Deployment"}, edit: []string{`spec.maxUnavailable=1`}, want: effect.Eviction},
	{name: "a label of a disruption budget", kind: "PodDisruptionBudget", with: []string{"Deployment"}, edit: []string{labelOfObject}, want: effect.Metadata},

	{name: "pull secrets of a service account", kind: "ServiceAccount", with: []string{"Deployment"}, edit: []string{`imagePullSecrets=[{"name":"pull"}]`},
		want: effect.Metadata, unnoticed: true, renewed: true},
	{name: "rules of a role", kind: "Role", with: []string{"Deployment", "RoleBinding"},
		edit: []string{`rules=[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]`}, want: effect.InPlace},
	{name: "another subject of a binding", kind: "RoleBinding", with: []string{"Deployment", "Role"},
		edit: []string{`subjects=[{"kind":"ServiceAccount","name":"other","namespace":"NAMESPACE"}]`}, want: effect.InPlace},
	{name: "another role of a binding", kind: "RoleBinding", with: []string{"Deployment"}, edit: []string{`roleRef.name="other"`}, want: effect.Recreate},
}

// TestEffectsAreWhatControllersDo makes every change of effectCases on the control plane, and compares what
// the classifier says with what happens: to pods, which are told apart by UID, to what Service objects lead
// to, to evictions and to rights.
//
// The controller of LeaderWorkerSet does not run here. What it leaves to Kubernetes, a StatefulSet of the
// shape that it makes for the leaders, stands in for it.
func TestEffectsAreWhatControllersDo(t *testing.T) {
	start := time.Now()
	e := newEffects(t)
	e.await(t, "pods that are ready", e.ready)
	for _, c := range e.changes {
		e.change(t, c, c.then)
	}
	e.await(t, "rest", e.quiet)
	for _, c := range e.changes {
		c.was, c.before = c.object, e.look(t, c)
	}
	for _, c := range e.changes {
		e.change(t, c, c.edit)
	}
	e.await(t, "rest", e.quiet)
	for _, c := range e.changes {
		t.Run(c.name, func(t *testing.T) {
			says := effect.Of(c.was, c.object)
			assert.Equal(t, c.want.String(), says.Effect.String(), "what the classifier says")
			assert.Equal(t, c.unnoticed, says.Unnoticed, "what the classifier says about running pods")
			assert.Equal(t, c.want.String(), e.seen(t, c).String(), "what is seen")
			countPass(t, "changes whose effect is what the classifier says")
		})
	}
	e.renewPods(t)
	numbers.record("changes of objects and their effects", "%d in %.0f s", len(e.changes), time.Since(start).Seconds())
}

// effects are the cases in a cluster.
type effects struct {
	api     *cluster.Client
	changes []*change
	pods    *podWatch
}

// change is a case in its namespace.
type change struct {
	effectCase
	namespace string
	// was is the object before the change, and object as it is sent now.
	was, object *unstructured.Unstructured
	// before is what was there before the change, and refused why it was not taken.
	before  sight
	refused error
}

// newEffects makes the objects of all cases.
func newEffects(t *testing.T) *effects {
	t.Helper()
	e := &effects{api: connect(t, "tester")}
	require.NoError(t, e.api.AddNode(context.Background(), "effects", nil))
	e.pods = watchPods(t, e.api, "effects-")
	for i, c := range effectCases {
		namespace := fmt.Sprintf("effects-%02d", i)
		ensureNamespace(t, e.api, namespace)
		t.Cleanup(func() { e.deleteNamespace(t, namespace) })
		made := &change{effectCase: c, namespace: namespace}
		for _, object := range readObjects(t, "testdata/effects.yaml", "NAMESPACE", namespace) {
			object.SetNamespace(namespace)
			as := object.GetAnnotations()["as"]
			if as == "" {
				as = object.GetKind()
			}
			switch {
			case as == c.kind:
				made.object = withFields(t, object, c.start)
				object = made.object
			case as != "ServiceAccount" && !slices.Contains(c.with, as):
				continue
			}
			require.NoError(t, e.send(object), c.name)
		}
		require.NotNil(t, made.object, c.name)
		e.changes = append(e.changes, made)
	}
	return e
}

func (e *effects) deleteNamespace(t *testing.T, name string) {
	t.Helper()
	namespaces, err := e.api.Kind("v1", "Namespace", "")
	require.NoError(t, err)
	require.NoError(t, namespaces.Delete(context.Background(), name, metav1.DeleteOptions{}))
}

// withFields is an object with other fields.
func withFields(t *testing.T, object *unstructured.Unstructured, fields []string) *unstructured.Unstructured {
	t.Helper()
	out := object.DeepCopy()
	for _, field := range fields {
		path, text, _ := strings.Cut(field, "=")
		var value any
		require.NoError(t, utiljson.Unmarshal([]byte(strings.ReplaceAll(text, "NAMESPACE", object.GetNamespace())), &value))
		require.NoError(t, unstructured.SetNestedField(out.Object, value, strings.Split(path, ".")...))
	}
	return out
}

// send applies an object.
func (e *effects) send(object *unstructured.Unstructured) error {
	resource, err := e.api.Of(object)
	if err != nil {
		return err
	}
	_, err = resource.Apply(context.Background(), object.GetName(), object, metav1.ApplyOptions{FieldManager: "tester", Force: true})
	return err
}

// change sends the object of a case with other fields.
func (e *effects) change(t *testing.T, c *change, fields []string) {
	t.Helper()
	if len(fields) == 0 {
		return
	}
	c.object = withFields(t, c.object, fields)
	if err := e.send(c.object); apierrors.IsInvalid(err) {
		c.refused = err
	} else {
		require.NoError(t, err, c.name)
	}
}

// ready passes if every workload has its pods.
func (e *effects) ready() error {
	for _, kind := range []string{"Deployment", "StatefulSet"} {
		resource, _, err := e.api.ResourceOf("apps/v1", kind)
		if err != nil {
			return err
		}
		list, err := e.api.Resource(resource).List(context.Background(), metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, workload := range list.Items {
			if !strings.HasPrefix(workload.GetNamespace(), "effects-") {
				continue
			}
			wanted, _, _ := unstructured.NestedInt64(workload.Object, "spec", "replicas")
			if ready, _, _ := unstructured.NestedInt64(workload.Object, "status", "readyReplicas"); ready < wanted {
				return fmt.Errorf("%s of %s has %d pods of %d", kind, workload.GetNamespace(), ready, wanted)
			}
		}
	}
	return e.quiet()
}

// quietTime is longer than the interval of the autoscalers.
const quietTime = 5 * time.Second

// quiet passes if nothing happened to a pod for a while.
func (e *effects) quiet() error {
	if since := e.pods.quietFor(); since < quietTime {
		return fmt.Errorf("a pod changed %.1f s ago", since.Seconds())
	}
	return nil
}

func (e *effects) await(t *testing.T, what string, check func() error) {
	t.Helper()
	e.pods.touch()
	deadline := time.Now().Add(patience)
	err := check()
	for err != nil && time.Now().Before(deadline) {
		require.NoError(t, plane.Failed())
		time.Sleep(100 * time.Millisecond)
		err = check()
	}
	require.NoError(t, err, "waited %s for %s", patience, what)
}

// sight is what can be seen of a case.
type sight struct {
	// pods are the UIDs of those that are not on their way out.
	pods []types.UID
	// routes are where Service objects lead to, and how they are reached.
	routes []string
	// evictable tells whether a pod may be evicted, access whether its account may list pods.
	evictable, access bool
}

// look sees what is there now.
func (e *effects) look(t *testing.T, c *change) sight {
	t.Helper()
	s := sight{pods: e.pods.present(c.namespace), routes: e.routes(t, c.namespace)}
	s.evictable = e.canEvict(t, c.namespace)
	s.access = e.mayList(t, c.namespace)
	return s
}

// seen is the worst effect that can be seen of a change.
func (e *effects) seen(t *testing.T, c *change) effect.Effect {
	t.Helper()
	if c.refused != nil {
		return effect.Recreate
	}
	now := e.look(t, c)
	lost := without(c.before.pods, now.pods)
	gained := without(now.pods, c.before.pods)
	switch {
	case len(lost) > 0 && len(lost) == len(c.before.pods) && len(gained) > 0 && e.pods.allEndedBefore(lost, gained):
		return effect.Recreate
	case len(lost) > 0 && len(gained) > 0:
		return effect.Rolling
	case len(lost) > 0 || len(gained) > 0:
		return effect.Scale
	case !slices.Equal(c.before.routes, now.routes):
		return effect.Traffic
	case c.before.evictable != now.evictable:
		return effect.Eviction
	case c.before.access != now.access:
		return effect.InPlace
	}
	return effect.Metadata
}

// without lists the UIDs of one list that another one does not have.
func without(all, others []types.UID) []types.UID {
	return slices.DeleteFunc(slices.Clone(all), func(uid types.UID) bool { return slices.Contains(others, uid) })
}

// routes are the pods and ports to which the Service objects of a namespace lead, and their own ports,
// addresses and types.
func (e *effects) routes(t *testing.T, namespace string) []string {
	t.Helper()
	routes := []string{}
	for _, kind := range [][2]string{{"discovery.k8s.io/v1", "EndpointSlice"}, {"v1", "Service"}} {
		resource, err := e.api.Kind(kind[0], kind[1], namespace)
		require.NoError(t, err)
		list, err := resource.List(context.Background(), metav1.ListOptions{})
		require.NoError(t, err)
		for _, object := range list.Items {
			if kind[1] == "Service" {
				text, err := json.Marshal([]any{object.Object["spec"]})
				require.NoError(t, err)
				routes = append(routes, object.GetName()+" "+string(text))
				continue
			}
			text, err := json.Marshal(object.Object["ports"])
			require.NoError(t, err)
			endpoints, _, _ := unstructured.NestedSlice(object.Object, "endpoints")
			for _, endpoint := range endpoints {
				uid, _, _ := unstructured.NestedString(endpoint.(map[string]any), "targetRef", "uid")
				routes = append(routes, uid+" "+string(text))
			}
		}
	}
	sort.Strings(routes)
	return routes
}

// canEvict reports whether a pod of a namespace may be evicted, which is only tried.
func (e *effects) canEvict(t *testing.T, namespace string) bool {
	t.Helper()
	pods, err := e.api.Kind("v1", "Pod", namespace)
	require.NoError(t, err)
	list, err := pods.List(context.Background(), metav1.ListOptions{LabelSelector: "app=web"})
	require.NoError(t, err)
	if len(list.Items) == 0 {
		return true
	}
	_, err = pods.Create(context.Background(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "policy/v1", "kind": "Eviction", "metadata": map[string]any{"name": list.Items[0].GetName(), "namespace": namespace},
	}}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}, "eviction")
	if apierrors.IsTooManyRequests(err) {
		return false
	}
	require.NoError(t, err)
	return true
}

// mayList reports whether the account of the pods of a namespace may list pods.
func (e *effects) mayList(t *testing.T, namespace string) bool {
	t.Helper()
	review, err := create(e.api, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
		"spec": map[string]any{
			"user":               "system:serviceaccount:" + namespace + ":web",
			"resourceAttributes": map[string]any{"namespace": namespace, "verb": "list", "resource": "pods"},
		},
	}}, metav1.CreateOptions{})
	require.NoError(t, err)
	allowed, _, _ := unstructured.NestedBool(review.Object, "status", "allowed")
	return allowed
}

// renewPods deletes a pod of each case in which only pods that are made anew have the change.
func (e *effects) renewPods(t *testing.T) {
	deleted := map[*change]types.UID{}
	for _, c := range e.changes {
		if c.renewed {
			deleted[c] = e.pods.delete(t, e.api, c.namespace)
		}
	}
	e.await(t, "rest", e.quiet)
	for c := range deleted {
		t.Run("a pod made anew after: "+c.name, func(t *testing.T) {
			pods, err := e.api.Kind("v1", "Pod", c.namespace)
			require.NoError(t, err)
			list, err := pods.List(context.Background(), metav1.ListOptions{})
			require.NoError(t, err)
			var renewed []string
			for _, pod := range list.Items {
				containers, _, _ := unstructured.NestedSlice(pod.Object, "spec", "containers")
				image := containers[0].(map[string]any)["image"]
				secrets, _, _ := unstructured.NestedSlice(pod.Object, "spec", "imagePullSecrets")
				if image == "a:2" || len(secrets) > 0 {
					renewed = append(renewed, string(pod.GetUID()))
				}
			}
			assert.Len(t, renewed, 1, "pods with the change")
			assert.NotContains(t, renewed, string(deleted[c]))
		})
	}
}

// podWatch keeps what happens to the pods of some namespaces, in its order.
type podWatch struct {
	mutex  sync.Mutex
	events int
	last   time.Time
	pods   map[types.UID]*podLife
}

// podLife is when a pod was made and when it began to end, as numbers of events; 0 where that is still to
// come.
type podLife struct {
	namespace, name, service string
	made, ended              int
}

// watchPods follows the pods of the namespaces with a prefix until the test ends.
func watchPods(t *testing.T, api *cluster.Client, prefix string) *podWatch {
	t.Helper()
	resource, _, err := api.ResourceOf("v1", "Pod")
	require.NoError(t, err)
	list, err := api.Resource(resource).List(context.Background(), metav1.ListOptions{})
	require.NoError(t, err)
	watching, err := api.Resource(resource).Watch(context.Background(), metav1.ListOptions{ResourceVersion: list.GetResourceVersion()})
	require.NoError(t, err)
	w := &podWatch{pods: map[types.UID]*podLife{}, last: time.Now()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for event := range watching.ResultChan() {
			if pod, ok := event.Object.(*unstructured.Unstructured); ok && strings.HasPrefix(pod.GetNamespace(), prefix) {
				w.take(event.Type, pod)
			}
		}
	}()
	t.Cleanup(func() { watching.Stop(); <-done })
	return w
}

func (w *podWatch) take(kind watch.EventType, pod *unstructured.Unstructured) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.events++
	w.last = time.Now()
	life := w.pods[pod.GetUID()]
	if life == nil {
		life = &podLife{namespace: pod.GetNamespace(), name: pod.GetName(), service: serviceOf(pod), made: w.events}
		w.pods[pod.GetUID()] = life
	}
	if life.ended == 0 && (kind == watch.Deleted || pod.GetDeletionTimestamp() != nil) {
		life.ended = w.events
	}
}

// touch lets the time without events begin now.
func (w *podWatch) touch() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.last = time.Now()
}

func (w *podWatch) quietFor() time.Duration {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return time.Since(w.last)
}

// present are the pods of a namespace that do not end.
func (w *podWatch) present(namespace string) []types.UID {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	uids := []types.UID{}
	for uid, life := range w.pods {
		if life.namespace == namespace && life.ended == 0 {
			uids = append(uids, uid)
		}
	}
	slices.Sort(uids)
	return uids
}

// allEndedBefore reports whether the last of some pods began to end before the first of others was made.
func (w *podWatch) allEndedBefore(lost, gained []types.UID) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, old := range lost {
		for _, fresh := range gained {
			if w.pods[old].ended > w.pods[fresh].made {
				return false
			}
		}
	}
	return true
}

// now is the number of events so far.
func (w *podWatch) now() int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.events
}

// mostSince is the largest number of pods that a service had at once since an event.
func (w *podWatch) mostSince(event int, service string) (most int64) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for at := event; at <= w.events; at++ {
		count := int64(0)
		for _, life := range w.pods {
			if life.service == service && life.made <= at && (life.ended == 0 || life.ended > at) {
				count++
			}
		}
		most = max(most, count)
	}
	return most
}

// delete ends a pod of a namespace.
func (w *podWatch) delete(t *testing.T, api *cluster.Client, namespace string) types.UID {
	t.Helper()
	pods, err := api.Kind("v1", "Pod", namespace)
	require.NoError(t, err)
	uid := w.present(namespace)[0]
	w.mutex.Lock()
	name := w.pods[uid].name
	w.mutex.Unlock()
	require.NoError(t, pods.Delete(context.Background(), name, metav1.DeleteOptions{}))
	return uid
}
