package sync_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
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
// pod less, than there should be. LeaderWorkerSets roll group by group, the last one first, and all pods of a
// Ray cluster are replaced at once.
type rollingCluster struct {
	*cluster
	strategy strategy
	// pods are those of the Deployments, the oldest first, and the leaders and heads of groups and Ray clusters,
	// by index: one that is lost, and not made again, has no image.
	pods map[string][]rollingPod
	// replicas are what autoscalers and people set, by Deployment and LeaderWorkerSet.
	replicas map[string]int
	// former is what LeaderWorkerSets make of a group that an update does not reach yet: the template that all
	// groups had before.
	former map[string]rollingPod
	// generations count the specifications of workloads, and seen those that the controller has read.
	generations, seen map[string]int64
	specs             map[string]string
	// noNewPods is true while a quota is full.
	noNewPods bool
	// broken are the images whose pods never serve.
	broken []string
	made   int
	// showsPods is true where the hook sees pods.
	showsPods bool
}

// rollingWorkloads are the kinds of workloads whose controllers the cluster has.
var rollingWorkloads = []kinds.Kind{kinds.Deployment, kinds.LeaderWorkerSet, kinds.RayCluster}

// rollingPod is a pod that takes requests.
type rollingPod struct {
	id       int
	image    string
	port     int64
	portName string
	labels   map[string]string
	template string
	serves   bool
}

// newRollingCluster is a cluster without children.
func newRollingCluster(t testing.TB, s strategy, ingress string, documents ...string) *rollingCluster {
	t.Helper()
	w := &rollingCluster{
		cluster: newCluster(t, documents...), strategy: s, pods: map[string][]rollingPod{}, replicas: map[string]int{}, former: map[string]rollingPod{},
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
	out.replicas, out.former = maps.Clone(w.replicas), maps.Clone(w.former)
	out.generations, out.seen, out.specs = maps.Clone(w.generations), maps.Clone(w.seen), maps.Clone(w.specs)
	out.broken = slices.Clone(w.broken)
	return &out
}

// numbersOfGenerations only grow: what counts is whether a controller has seen the last one.
var numbersOfGenerations = regexp.MustCompile(`"(observedG|g)eneration":\d+,?`)

// fingerprint is equal for states that go on in the same way.
func (w *rollingCluster) fingerprint(t testing.TB) string {
	t.Helper()
	var pods []string
	for _, name := range slices.Sorted(maps.Keys(w.pods)) {
		for _, pod := range w.pods[name] {
			pods = append(pods, fmt.Sprintf("%s %s %t", name, pod.template, pod.serves))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.former)) {
		pods = append(pods, fmt.Sprintf("%s was %s", name, w.former[name].template))
	}
	unseen := map[string]bool{}
	for name := range w.specs {
		unseen[name] = w.seen[name] != w.generations[name]
	}
	var objects []string
	for _, kind := range slices.Sorted(maps.Keys(w.children)) {
		for _, key := range w.children.KeysOf(kind) {
			objects = append(objects, numbersOfGenerations.ReplaceAllString(string(w.children[kind][key].Raw), ""))
		}
	}
	text, err := json.Marshal([]any{w.parent["spec"], w.parent["metadata"], pods, objects, w.replicas, unseen, w.noNewPods})
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
	remaining := map[string]bool{}
	for _, kind := range rollingWorkloads {
		for _, name := range w.names(kind) {
			remaining[name] = true
			object := w.object(t, kind, name)
			if kind != kinds.RayCluster {
				written, isWritten := desiredReplicas(response, kind, name)
				if isWritten {
					w.replicas[name] = written
				} else if w.replicas[name] == 0 {
					w.replicas[name] = 1
				}
				at(object.Object, "spec")["replicas"] = int64(w.replicas[name])
			}
			text, err := json.Marshal(object.Object["spec"])
			require.NoError(t, err)
			if w.specs[name] != string(text) {
				w.specs[name] = string(text)
				w.generations[name]++
			}
		}
	}
	for name := range w.specs {
		if !remaining[name] {
			w.forget(name)
		}
	}
	w.report(t)
	return response
}

// sync is the answer of the hook, to which pods are shown or not.
func (w *rollingCluster) sync(t testing.TB) *sync.Response {
	t.Helper()
	if !w.showsPods {
		return w.cluster.sync(t)
	}
	shown := *w.cluster
	shown.related = slices.Clone(w.related)
	for _, workload := range slices.Sorted(maps.Keys(w.pods)) {
		for i, pod := range w.pods[workload] {
			if pod.image != "" {
				shown.related = append(shown.related, pod.object(t, workload, i))
			}
		}
	}
	return shown.sync(t)
}

// object is the pod as a cluster shows it.
func (p rollingPod) object(t testing.TB, workload string, index int) map[string]any {
	t.Helper()
	var object map[string]any
	require.NoError(t, utiljson.Unmarshal([]byte(p.template), &object))
	object["apiVersion"], object["kind"] = "v1", "Pod"
	metadata := at(object, "metadata")
	metadata["name"], metadata["namespace"] = fmt.Sprintf("%s-%d", workload, index), "default"
	labels := at(metadata, "labels")
	for key, value := range p.labels {
		labels[key] = value
	}
	object["status"] = map[string]any{"phase": "Running", "conditions": []any{
		map[string]any{"type": "Ready", "status": map[bool]string{true: "True", false: "False"}[p.serves]},
	}}
	return object
}

// forget is what a cluster does with the pods of a workload that is gone.
func (w *rollingCluster) forget(name string) {
	delete(w.pods, name)
	delete(w.replicas, name)
	delete(w.former, name)
	delete(w.specs, name)
}

// desiredReplicas are the replicas that an answer writes into a workload.
func desiredReplicas(response *sync.Response, kind kinds.Kind, name string) (int, bool) {
	for _, child := range response.Children {
		if kinds.New(child.GetKind(), child.GetAPIVersion()) == kind && child.GetName() == name {
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
	w.letAutoscalersWork(t)
	for _, name := range w.names(kinds.Deployment) {
		object := w.object(t, kinds.Deployment, name)
		w.seen[name] = w.generations[name]
		wanted := w.podOf(t, object)
		pods := w.pods[name]
		w.letPodsServe(pods)
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
			pods = append(pods, w.newPod(wanted))
		}
		w.pods[name] = pods
	}
	w.letGroupsWork(t)
	w.letRayClustersWork(t)
	w.report(t)
}

// letAutoscalersWork raises replicas to the minimum of their autoscaler.
func (w *rollingCluster) letAutoscalersWork(t testing.TB) {
	t.Helper()
	for _, name := range w.names(kinds.HorizontalPodAutoscaler) {
		spec := at(w.object(t, kinds.HorizontalPodAutoscaler, name).Object, "spec")
		target, _ := at(spec, "scaleTargetRef")["name"].(string)
		if replicas, exists := w.replicas[target]; exists {
			least, _ := spec["minReplicas"].(int64)
			w.replicas[target] = max(replicas, int(least))
		}
	}
}

// letGroupsWork lets each LeaderWorkerSet take one step: groups that start serve, missing ones are made, and
// the last group with a former template is replaced, unless its index is below the partition or as many updated
// groups are away as may be. Groups that are added for the time of an update go at its end.
func (w *rollingCluster) letGroupsWork(t testing.TB) {
	t.Helper()
	for _, name := range w.names(kinds.LeaderWorkerSet) {
		object := w.object(t, kinds.LeaderWorkerSet, name)
		w.seen[name] = w.generations[name]
		wanted, replicas := w.podOf(t, object), w.replicas[name]
		update := at(object.Object, "spec", "rolloutStrategy", "rollingUpdateConfiguration")
		count := func(field string) int { n, _ := update[field].(int64); return int(n) }
		partition, surge, unavailable := count("partition"), count("maxSurge"), count("maxUnavailable")
		if _, isKnown := w.former[name]; !isKnown {
			w.former[name] = wanted
		}
		groups := w.pods[name]
		w.letPodsServe(groups)
		isOld := func(p rollingPod) bool { return p.image != "" && p.template != wanted.template }
		made := func(index int) rollingPod {
			if index < partition {
				return w.newPod(w.former[name])
			}
			return w.newPod(wanted)
		}
		updated := groups[min(partition, len(groups)):]
		size := replicas
		if slices.ContainsFunc(updated, isOld) || len(groups) > replicas && slices.ContainsFunc(updated, func(p rollingPod) bool { return !p.serves }) {
			size += surge
		}
		groups = groups[:min(size, len(groups))]
		for len(groups) < size {
			groups = append(groups, rollingPod{})
		}
		away := 0
		for i := range groups {
			if groups[i].image == "" {
				groups[i] = made(i)
			}
			if !groups[i].serves && !isOld(groups[i]) {
				away++
			}
		}
		for i := len(groups) - 1; i >= partition; i-- {
			if isOld(groups[i]) {
				if !groups[i].serves || away < unavailable {
					groups[i] = made(i)
				}
				break
			}
		}
		if !slices.ContainsFunc(groups, func(p rollingPod) bool { return isOld(p) || !p.serves }) {
			w.former[name] = wanted
		}
		w.pods[name] = groups
	}
}

// letRayClustersWork lets each Ray cluster take one step: all its pods have the template, or are replaced.
func (w *rollingCluster) letRayClustersWork(t testing.TB) {
	t.Helper()
	for _, name := range w.names(kinds.RayCluster) {
		w.seen[name] = w.generations[name]
		wanted := w.podOf(t, w.object(t, kinds.RayCluster, name))
		w.letPodsServe(w.pods[name])
		if pods := w.pods[name]; len(pods) == 0 || pods[0].template != wanted.template {
			w.pods[name] = []rollingPod{w.newPod(wanted)}
		}
	}
}

// letPodsServe lets pods that started serve, unless they never do.
func (w *rollingCluster) letPodsServe(pods []rollingPod) {
	for i := range pods {
		pods[i].serves = pods[i].image != "" && !slices.Contains(w.broken, pods[i].image)
	}
}

// newPod is a pod that starts, or none while a quota is full.
func (w *rollingCluster) newPod(wanted rollingPod) rollingPod {
	if w.noNewPods {
		return rollingPod{}
	}
	w.made++
	wanted.id, wanted.serves = w.made, false
	return wanted
}

// templatesOfServingPods are where workloads have the template of the pods that take requests.
var templatesOfServingPods = map[kinds.Kind][]string{
	kinds.Deployment:      {"spec", "template"},
	kinds.LeaderWorkerSet: {"spec", "leaderWorkerTemplate", "leaderTemplate"},
	kinds.RayCluster:      {"spec", "headGroupSpec", "template"},
}

// podOf is a pod that takes requests, as the controller of a workload would make it.
func (w *rollingCluster) podOf(t testing.TB, workload *unstructured.Unstructured) rollingPod {
	t.Helper()
	kind := kinds.New(workload.GetKind(), workload.GetAPIVersion())
	template, found, _ := unstructured.NestedMap(workload.Object, templatesOfServingPods[kind]...)
	require.True(t, found, "%s %s has no template", workload.GetKind(), workload.GetName())
	text, err := json.Marshal(template)
	require.NoError(t, err)
	containers, _, _ := unstructured.NestedSlice(template, "spec", "containers")
	container := containers[0].(map[string]any)
	labels, _, _ := unstructured.NestedStringMap(template, "metadata", "labels")
	switch kind { // what controllers add
	case kinds.RayCluster:
		labels["ray.io/node-type"], labels["ray.io/cluster"] = "head", workload.GetName()
	case kinds.LeaderWorkerSet:
		labels["leaderworkerset.sigs.k8s.io/name"], labels["leaderworkerset.sigs.k8s.io/worker-index"] = workload.GetName(), "0"
	}
	pod := rollingPod{image: container["image"].(string), labels: labels, template: string(text)}
	ports, _ := container["ports"].([]any)
	for _, item := range ports {
		if port := item.(map[string]any); port["protocol"] == "TCP" && (pod.port == 0 || port["name"] == "http") {
			pod.port = port["containerPort"].(int64)
			pod.portName, _ = port["name"].(string)
		}
	}
	return pod
}

// report writes what controllers report into the children.
func (w *rollingCluster) report(t testing.TB) {
	t.Helper()
	for _, kind := range rollingWorkloads {
		for _, name := range w.names(kind) {
			object := w.object(t, kind, name)
			meta(object.Object)["generation"] = w.generations[name]
			wanted := w.podOf(t, object)
			updated, serving := 0, 0
			for _, pod := range w.pods[name] {
				if pod.template == wanted.template {
					updated++
				}
				if pod.serves {
					serving++
				}
			}
			isCondition := func(conditionType string, is bool) map[string]any {
				return map[string]any{"type": conditionType, "status": map[bool]string{true: "True", false: "False"}[is], "reason": "R", "message": "m"}
			}
			status := map[string]any{"observedGeneration": w.seen[name]}
			switch kind {
			case kinds.RayCluster:
				status["state"], status["desiredWorkerReplicas"], status["readyWorkerReplicas"] = "ready", int64(1), int64(1)
				status["conditions"] = []any{isCondition("HeadPodReady", serving > 0), isCondition("RayClusterProvisioned", true)}
			default:
				at(object.Object, "spec")["replicas"] = int64(w.replicas[name])
				at(object.Object, "metadata", "annotations")["deployment.kubernetes.io/revision"] = "1"
				status["replicas"], status["updatedReplicas"] = int64(len(w.pods[name])), int64(updated)
				status["readyReplicas"], status["availableReplicas"] = int64(serving), int64(serving)
				status["conditions"] = []any{isCondition("Available", serving >= w.replicas[name])}
			}
			object.Object["status"] = status
			w.put(t, kind, object)
		}
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

// remake applies a workload with another template, as another version of isvc would have computed it.
func (w *rollingCluster) remake(t testing.TB, kind kinds.Kind, name string, change func(template map[string]any)) {
	t.Helper()
	response := w.sync(t)
	for _, child := range response.Children {
		if child.GetName() == name && kinds.New(child.GetKind(), child.GetAPIVersion()) == kind {
			for _, template := range podTemplatesOf(child) {
				change(template)
			}
			made := live(t, w.strategy, child)
			made.Object["status"] = at(w.object(t, kind, name).Object, "status")
			at(made.Object, "spec")["replicas"] = int64(w.replicas[name])
			w.put(t, kind, made)
		}
	}
}

// settle lets hook and controllers work until nothing changes.
func (w *rollingCluster) settle(t testing.TB, check func()) {
	t.Helper()
	w.settleUnless(t, check, func(string) bool { return false })
}

// settleUnless does so until nothing changes, or a fingerprint is known; then it returns false.
func (w *rollingCluster) settleUnless(t testing.TB, check func(), isKnown func(fingerprint string) bool) bool {
	t.Helper()
	before := ""
	for range 40 {
		w.applyAnswer(t)
		check()
		w.letControllersWork(t)
		now := w.fingerprint(t)
		if now == before {
			return true
		}
		if isKnown(now) {
			return false
		}
		before = now
	}
	require.Fail(t, "the cluster never comes to rest")
	return true
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
	if route := w.object(t, kinds.Ingress, "chat"); route != nil {
		rules, _, _ := unstructured.NestedSlice(route.Object, "spec", "rules")
		paths, _, _ := unstructured.NestedSlice(rules[0].(map[string]any), "http", "paths")
		service := at(paths[0].(map[string]any), "backend", "service")
		return []backend{{service["name"].(string), at(service, "port")["number"].(int64), 1}}
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
	var target any
	for _, item := range ports {
		if port := item.(map[string]any); port["port"] == b.port {
			target = port["targetPort"]
		}
	}
	for _, pods := range w.pods {
		for _, pod := range pods {
			switch {
			case !pod.serves || !labelSelects(selector, pod.labels):
			case pod.port != target && (pod.portName == "" || pod.portName != target):
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

// imagesOf are the images of the pods of a workload, without repetitions.
func (w *rollingCluster) imagesOf(workload string) string {
	var images []string
	for _, pod := range w.pods[workload] {
		images = append(images, pod.image)
	}
	slices.Sort(images)
	return strings.Join(slices.Compact(images), " ")
}
