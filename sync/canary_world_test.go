package sync_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// rollingCluster is a cluster with one service, in which Deployments roll pod by pod: one more pod, and no
// pod less, than there should be.
type rollingCluster struct {
	*cluster
	strategy strategy
	// pods are those of the Deployments, the oldest first.
	pods map[string][]rollingPod
	// replicas are what autoscalers and people set, by Deployment.
	replicas map[string]int
	// generations count the specifications of Deployments, and seen those that the controller has read.
	generations, seen map[string]int64
	specs             map[string]string
	// noNewPods is true while a quota is full.
	noNewPods bool
	// broken are the images whose pods never serve.
	broken []string
	made   int
}

// rollingPod is a pod of a Deployment.
type rollingPod struct {
	id       int
	image    string
	port     int64
	labels   map[string]string
	template string
	serves   bool
}

// newRollingCluster is a cluster without children.
func newRollingCluster(t testing.TB, s strategy, ingress string, documents ...string) *rollingCluster {
	t.Helper()
	w := &rollingCluster{
		cluster: newCluster(t, documents...), strategy: s, pods: map[string][]rollingPod{}, replicas: map[string]int{},
		generations: map[string]int64{}, seen: map[string]int64{}, specs: map[string]string{},
	}
	w.config = map[string]string{"ingress": ingress}
	return w
}

// clone is a copy that shares nothing that changes.
func (w *rollingCluster) clone(t testing.TB) *rollingCluster {
	t.Helper()
	out := *w
	c := *w.cluster
	out.cluster = &c
	text, err := json.Marshal(w.parent)
	require.NoError(t, err)
	out.parent = nil
	require.NoError(t, utiljson.Unmarshal(text, &out.parent))
	out.children = observed.Objects{}
	for kind, objects := range w.children {
		out.children[kind] = maps.Clone(objects)
	}
	out.pods = map[string][]rollingPod{}
	for name, pods := range w.pods {
		out.pods[name] = slices.Clone(pods)
	}
	out.replicas, out.generations, out.seen, out.specs = maps.Clone(w.replicas), maps.Clone(w.generations), maps.Clone(w.seen), maps.Clone(w.specs)
	out.broken = slices.Clone(w.broken)
	return &out
}

// fingerprint is equal for states that go on in the same way.
func (w *rollingCluster) fingerprint(t testing.TB) string {
	t.Helper()
	var pods []string
	for _, name := range slices.Sorted(maps.Keys(w.pods)) {
		for _, pod := range w.pods[name] {
			pods = append(pods, fmt.Sprintf("%s %s %d %t", name, pod.image, pod.port, pod.serves))
		}
	}
	var objects []string
	for _, kind := range slices.Sorted(maps.Keys(w.children)) {
		for _, key := range w.children.KeysOf(kind) {
			objects = append(objects, string(w.children[kind][key].Raw))
		}
	}
	text, err := json.Marshal([]any{w.parent["spec"], pods, objects, w.replicas, w.noNewPods})
	require.NoError(t, err)
	return string(text)
}

// object is a child as a tree; nil without it.
func (w *rollingCluster) object(t testing.TB, kind kinds.Kind, name string) *unstructured.Unstructured {
	t.Helper()
	child := w.children.Get(kind, "default", name)
	if !child.Exists() {
		return nil
	}
	var object map[string]any
	require.NoError(t, utiljson.Unmarshal(child.Raw, &object))
	return &unstructured.Unstructured{Object: object}
}

// names are the names of the children of a kind.
func (w *rollingCluster) names(kind kinds.Kind) []string {
	var names []string
	for _, key := range w.children.KeysOf(kind) {
		_, name := observed.SplitKey(key)
		names = append(names, name)
	}
	return names
}

// applyAnswer applies what the hook answers, and lets the API server count generations.
func (w *rollingCluster) applyAnswer(t testing.TB) *sync.Response {
	t.Helper()
	response := w.sync(t)
	w.apply(t, w.strategy, response)
	for _, name := range w.names(kinds.Deployment) {
		object := w.object(t, kinds.Deployment, name)
		written, isWritten := desiredReplicas(response, name)
		if isWritten {
			w.replicas[name] = written
		} else if w.replicas[name] == 0 {
			w.replicas[name] = 1
		}
		at(object.Object, "spec")["replicas"] = int64(w.replicas[name])
		text, err := json.Marshal(object.Object["spec"])
		require.NoError(t, err)
		if w.specs[name] != string(text) {
			w.specs[name] = string(text)
			w.generations[name]++
		}
	}
	for name := range w.pods {
		if w.object(t, kinds.Deployment, name) == nil && w.object(t, kinds.LeaderWorkerSet, name) == nil {
			delete(w.pods, name)
			delete(w.replicas, name)
			delete(w.specs, name)
		}
	}
	w.report(t)
	return response
}

// desiredReplicas are the replicas that an answer writes into a Deployment.
func desiredReplicas(response *sync.Response, name string) (int, bool) {
	for _, child := range response.Children {
		if child.GetKind() == "Deployment" && child.GetName() == name {
			n, found, _ := unstructured.NestedInt64(child.Object, "spec", "replicas")
			return int(n), found
		}
	}
	return 0, false
}

// letControllersWork lets each Deployment take one step: pods that start serve, then one pod more is made
// or one less is kept.
func (w *rollingCluster) letControllersWork(t testing.TB) {
	t.Helper()
	for _, name := range w.names(kinds.Deployment) {
		object := w.object(t, kinds.Deployment, name)
		w.seen[name] = w.generations[name]
		wanted := w.podOf(t, object)
		pods := w.pods[name]
		for i := range pods {
			pods[i].serves = !slices.Contains(w.broken, pods[i].image)
		}
		replicas := w.replicas[name]
		isOld := func(p rollingPod) bool { return p.template != wanted.template }
		if kind, _, _ := unstructured.NestedString(object.Object, "spec", "strategy", "type"); kind == "Recreate" {
			pods = slices.DeleteFunc(pods, isOld)
		}
		missing := slices.ContainsFunc(pods, isOld) && len(pods) <= replicas || len(pods) < replicas
		serving := 0
		for _, p := range pods {
			if p.serves {
				serving++
			}
		}
		old := slices.IndexFunc(pods, func(p rollingPod) bool { return isOld(p) && !p.serves }) // these go first
		if old < 0 {
			old = slices.IndexFunc(pods, isOld)
		}
		switch {
		case len(pods) > replicas && old >= 0 && (serving > replicas || !pods[old].serves):
			pods = slices.Delete(pods, old, old+1)
		case len(pods) > replicas && old < 0:
			pods = pods[:len(pods)-1]
		case missing && !w.noNewPods:
			w.made++
			wanted.id = w.made
			pods = append(pods, wanted)
		}
		w.pods[name] = pods
	}
	w.letGroupsWork(t)
	w.report(t)
}

// letGroupsWork makes the leaders of a LeaderWorkerSet, all at once, and keeps former ones until these serve.
func (w *rollingCluster) letGroupsWork(t testing.TB) {
	t.Helper()
	for _, name := range w.names(kinds.LeaderWorkerSet) {
		object := w.object(t, kinds.LeaderWorkerSet, name)
		template, _, _ := unstructured.NestedMap(object.Object, "spec", "leaderWorkerTemplate", "leaderTemplate")
		replicas, _, _ := unstructured.NestedInt64(object.Object, "spec", "replicas")
		at(object.Object, "spec")["template"] = template
		wanted := w.podOf(t, object)
		unstructured.RemoveNestedField(object.Object, "spec", "template")
		ready, updated := int64(0), int64(0)
		for i, pod := range w.pods[name] {
			w.pods[name][i].serves = !slices.Contains(w.broken, pod.image)
			if pod.template == wanted.template {
				updated++
				if w.pods[name][i].serves {
					ready++
				}
			}
		}
		if ready >= replicas {
			w.pods[name] = slices.DeleteFunc(w.pods[name], func(p rollingPod) bool { return p.template != wanted.template })
		}
		for ; updated < replicas; updated++ {
			w.made++
			wanted.id = w.made
			w.pods[name] = append(w.pods[name], wanted)
		}
		isAvailable := "False"
		if ready == replicas {
			isAvailable = "True"
		}
		object.Object["status"] = map[string]any{
			"observedGeneration": int64(1), "replicas": replicas, "readyReplicas": ready, "updatedReplicas": updated,
			"conditions": []any{map[string]any{"type": "Available", "status": isAvailable, "reason": "R", "message": "m"}},
		}
		w.put(t, kinds.LeaderWorkerSet, object)
	}
}

// podOf is a pod that a Deployment would make.
func (w *rollingCluster) podOf(t testing.TB, deployment *unstructured.Unstructured) rollingPod {
	t.Helper()
	template, _, _ := unstructured.NestedMap(deployment.Object, "spec", "template")
	text, err := json.Marshal(template)
	require.NoError(t, err)
	containers, _, _ := unstructured.NestedSlice(template, "spec", "containers")
	container := containers[0].(map[string]any)
	labels, _, _ := unstructured.NestedStringMap(template, "metadata", "labels")
	pod := rollingPod{image: container["image"].(string), labels: labels, template: string(text)}
	if ports, _ := container["ports"].([]any); len(ports) > 0 {
		pod.port = ports[0].(map[string]any)["containerPort"].(int64)
	}
	return pod
}

// report writes what controllers report into the children.
func (w *rollingCluster) report(t testing.TB) {
	t.Helper()
	for _, name := range w.names(kinds.Deployment) {
		object := w.object(t, kinds.Deployment, name)
		at(object.Object, "spec")["replicas"] = int64(w.replicas[name])
		meta(object.Object)["generation"] = w.generations[name]
		at(object.Object, "metadata", "annotations")["deployment.kubernetes.io/revision"] = "1"
		wanted := w.podOf(t, object)
		updated, available := 0, 0
		for _, pod := range w.pods[name] {
			if pod.template == wanted.template {
				updated++
			}
			if pod.serves {
				available++
			}
		}
		isAvailable := "False"
		if available >= w.replicas[name] {
			isAvailable = "True"
		}
		object.Object["status"] = map[string]any{
			"observedGeneration": w.seen[name], "replicas": int64(len(w.pods[name])), "updatedReplicas": int64(updated),
			"readyReplicas": int64(available), "availableReplicas": int64(available),
			"conditions": []any{map[string]any{"type": "Available", "status": isAvailable, "reason": "R", "message": "m"}},
		}
		w.put(t, kinds.Deployment, object)
	}
	for _, name := range w.names(kinds.HTTPRoute) {
		object := w.object(t, kinds.HTTPRoute, name)
		var status map[string]any
		require.NoError(t, utiljson.Unmarshal([]byte(`{"parents":[{"parentRef":{"namespace":"gw","name":"public"},"conditions":[{"type":"Accepted","status":"True"},{"type":"ResolvedRefs","status":"True"}]}]}`), &status))
		object.Object["status"] = status
		w.put(t, kinds.HTTPRoute, object)
	}
}

func (w *rollingCluster) put(t testing.TB, kind kinds.Kind, object *unstructured.Unstructured) {
	t.Helper()
	text, err := json.Marshal(object.Object)
	require.NoError(t, err)
	w.children[kind][observed.ObjectKey("default", object.GetName())] = observed.Object{Raw: text}
}

// settle lets hook and controllers work until nothing changes.
func (w *rollingCluster) settle(t testing.TB, check func()) {
	t.Helper()
	before := ""
	for range 40 {
		w.applyAnswer(t)
		check()
		w.letControllersWork(t)
		now := w.fingerprint(t)
		if now == before {
			return
		}
		before = now
	}
	require.Fail(t, "the cluster never comes to rest")
}

// backend is a Service object to which requests to the service go, with its weight.
type backend struct {
	service string
	port    int64
	weight  int64
}

// backends are where requests to the service go.
func (w *rollingCluster) backends(t testing.TB) []backend {
	t.Helper()
	if route := w.object(t, kinds.HTTPRoute, "chat"); route != nil {
		rules, _, _ := unstructured.NestedSlice(route.Object, "spec", "rules")
		var out []backend
		refs, _, _ := unstructured.NestedSlice(rules[0].(map[string]any), "backendRefs")
		for _, item := range refs {
			ref := item.(map[string]any)
			out = append(out, backend{ref["name"].(string), ref["port"].(int64), ref["weight"].(int64)})
		}
		return out
	}
	if w.object(t, kinds.Service, "chat") == nil {
		return nil
	}
	return []backend{{"chat", 80, 1}}
}

// podsBehind are the pods that take requests to a backend, and those that would but listen on another port.
func (w *rollingCluster) podsBehind(t testing.TB, b backend) (serving, deaf []rollingPod) {
	t.Helper()
	service := w.object(t, kinds.Service, b.service)
	if service == nil {
		return nil, nil
	}
	selector, _, _ := unstructured.NestedStringMap(service.Object, "spec", "selector")
	ports, _, _ := unstructured.NestedSlice(service.Object, "spec", "ports")
	target := int64(0)
	for _, item := range ports {
		if port := item.(map[string]any); port["port"] == b.port {
			target, _ = port["targetPort"].(int64)
		}
	}
	for _, pods := range w.pods {
		for _, pod := range pods {
			switch {
			case !pod.serves || !labelSelects(selector, pod.labels):
			case pod.port != target:
				deaf = append(deaf, pod)
			default:
				serving = append(serving, pod)
			}
		}
	}
	return serving, deaf
}

// serving counts the pods that could take requests.
func (w *rollingCluster) serving() int {
	n := 0
	for _, pods := range w.pods {
		for _, pod := range pods {
			if pod.serves {
				n++
			}
		}
	}
	return n
}

// imagesOf are the images of the pods of a Deployment, without repetitions.
func (w *rollingCluster) imagesOf(deployment string) string {
	var images []string
	for _, pod := range w.pods[deployment] {
		images = append(images, pod.image)
	}
	slices.Sort(images)
	return strings.Join(slices.Compact(images), " ")
}
