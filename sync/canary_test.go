package sync_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync"
)

const canaryService = `{apiVersion: ome.io/v1beta1, kind: InferenceService, metadata: {name: chat, namespace: default, generation: 1},
	spec: {engine: {minReplicas: 2, maxReplicas: 8, runner: {name: main, image: "v1", ports: [{containerPort: 8080}]}}}}`

var operations = flag.Int("operations", 1, "how many operations follow each other at most, on a service and on one with a canary; CI tries 3")

// canaryWorld is a cluster with a service that is edited, and what a person expects of it.
type canaryWorld struct {
	*rollingCluster
	t testing.TB
	// home is the mode in which the service begins, and to which it comes back.
	home v1beta1.DeploymentMode
	// stable is the image that was rolled out, or is being rolled out, to all pods of the mode; stables are those of
	// each mode.
	stable  string
	stables map[v1beta1.DeploymentMode]string
	// portName is the name of the port in the templates of all images; empty without one.
	portName string
	// served is true where something served when the hook answered last.
	served bool
	// past are the operations, for messages.
	past []string
	// stablePods are the pods of a Deployment that must stay as they are.
	stablePods []rollingPod
	// groups are the pods of groups or Ray clusters before the last operation, and canarySize is how many of the
	// groups of a LeaderWorkerSet its canary had or was getting.
	groups     []rollingPod
	canarySize int
	// ends are the states of this world and its clones from which everything has come to rest; nil where that is
	// not noted.
	ends visited
}

func newCanaryWorld(t testing.TB, s strategy, ingress string) *canaryWorld {
	t.Helper()
	return newCanaryWorldIn(t, s, ingress, v1beta1.RawDeployment)
}

func newCanaryWorldIn(t testing.TB, s strategy, ingress string, mode v1beta1.DeploymentMode) *canaryWorld {
	t.Helper()
	return newCanaryWorldWithPort(t, s, ingress, mode, "")
}

// newCanaryWorldWithPort is a world in which the hook sees pods, where their port has a name.
func newCanaryWorldWithPort(t testing.TB, s strategy, ingress string, mode v1beta1.DeploymentMode, portName string) *canaryWorld {
	t.Helper()
	w := &canaryWorld{
		rollingCluster: newRollingCluster(t, s, ingress, canaryService), t: t, home: mode, stable: "v1",
		stables: map[v1beta1.DeploymentMode]string{mode: "v1"}, portName: portName,
	}
	w.showsPods = portName != ""
	w.edit("v1")
	w.config["multinodeProber"] = `{"image": ""}`
	w.setMode(mode)
	if mode != v1beta1.RawDeployment {
		w.engine()["minReplicas"] = int64(3)
	}
	w.settleChecked()
	return w
}

func (w *canaryWorld) clone() *canaryWorld {
	out := *w
	out.rollingCluster = w.rollingCluster.clone(w.t)
	out.stables = maps.Clone(w.stables)
	out.past, out.stablePods, out.groups = slices.Clone(w.past), slices.Clone(w.stablePods), slices.Clone(w.groups)
	return &out
}

// state is equal for worlds that go on in the same way.
func (w *canaryWorld) state() string {
	return fmt.Sprintf("%s %v %t", w.fingerprint(w.t), w.stables, len(w.stablePods) > 0)
}

func (w *canaryWorld) engine() map[string]any { return at(w.parent, "spec", "engine") }

func (w *canaryWorld) image() string { return at(w.engine(), "runner")["image"].(string) }

// percent is the percentage that is asked for; 100 without one.
func (w *canaryWorld) percent() int64 {
	if n, ok := w.engine()["canaryTrafficPercent"].(int64); ok {
		return n
	}
	return 100
}

type canaryOperation struct {
	name string
	do   func(w *canaryWorld)
}

// canaryOperations are what people, controllers and the cluster do to a service. The hook remembers nothing from
// one answer to the next, so that its restart is no operation.
var canaryOperations = []canaryOperation{
	{"edit", func(w *canaryWorld) { w.edit("v2") }},
	{"second edit", func(w *canaryWorld) { w.edit("v3") }},
	{"edit that never serves", func(w *canaryWorld) { w.edit("broken") }},
	{"revert", func(w *canaryWorld) { w.edit(w.stable) }},
	{"10 percent", func(w *canaryWorld) { w.engine()["canaryTrafficPercent"] = int64(10) }},
	{"60 percent", func(w *canaryWorld) { w.engine()["canaryTrafficPercent"] = int64(60) }},
	{"0 percent", func(w *canaryWorld) { w.engine()["canaryTrafficPercent"] = int64(0) }},
	{"100 percent", func(w *canaryWorld) { w.engine()["canaryTrafficPercent"] = int64(100) }},
	{"percent unset", func(w *canaryWorld) { delete(w.engine(), "canaryTrafficPercent") }},
	{"workload deleted", func(w *canaryWorld) { w.deleteWorkload() }},
	{"canary deleted", func(w *canaryWorld) { w.deleteCanary() }},
	{"Service objects deleted", func(w *canaryWorld) { clear(w.children[kinds.Service]) }},
	{"more load", func(w *canaryWorld) { w.scaleTo(4) }},
	{"less load", func(w *canaryWorld) { w.scaleTo(2) }},
	{"quota full", func(w *canaryWorld) { w.noNewPods = true }},
	{"quota free", func(w *canaryWorld) { w.noNewPods = false }},
	{"mode switched", func(w *canaryWorld) { w.switchMode() }},
	{"pod unready for a moment", func(w *canaryWorld) { w.losePodForAMoment() }},
	{"nothing for a while", func(w *canaryWorld) { w.settleChecked() }},
}

// mode is the mode that the engine should have.
func (w *canaryWorld) mode() v1beta1.DeploymentMode {
	mode, _ := at(w.engine(), "annotations")[v1beta1.AnnotationDeploymentMode].(string)
	return v1beta1.DeploymentMode(mode)
}

func (w *canaryWorld) setMode(mode v1beta1.DeploymentMode) {
	at(w.engine(), "annotations")[v1beta1.AnnotationDeploymentMode] = string(mode)
}

// switchMode makes the engine groups, or a Deployment again; Ray clusters become a Deployment, and back.
func (w *canaryWorld) switchMode() {
	switch {
	case w.mode() != v1beta1.RawDeployment:
		w.setMode(v1beta1.RawDeployment)
	case w.home == v1beta1.RawDeployment:
		w.setMode(v1beta1.MultiNode)
	default:
		w.setMode(w.home)
	}
}

// losePodForAMoment makes the first pod of the engine that serves unready until its controller works.
func (w *canaryWorld) losePodForAMoment() {
	for _, name := range w.workloads() {
		pods := w.pods[name]
		if i := slices.IndexFunc(pods, func(p rollingPod) bool { return p.serves }); i >= 0 {
			pods[i].serves = false
			w.report(w.t)
			return
		}
	}
}

// workloads are the names of the workloads of the engine that there are in its mode, without a canary beside.
func (w *canaryWorld) workloads() []string {
	switch w.mode() {
	case v1beta1.MultiNode:
		return w.names(kinds.LeaderWorkerSet)
	case v1beta1.MultiNodeRayVLLM:
		names := w.names(kinds.RayCluster)
		return names[:min(len(names), w.replicaCount())] // others go
	}
	return slices.DeleteFunc(w.names(kinds.Deployment), func(name string) bool { return name != "chat-engine" })
}

// replicaPods are the pods of those workloads, by index where they have one.
func (w *canaryWorld) replicaPods() []rollingPod {
	var pods []rollingPod
	if w.mode() == v1beta1.MultiNodeRayVLLM {
		pods = make([]rollingPod, w.replicaCount())
		for i := range pods {
			for _, pod := range w.pods[fmt.Sprintf("chat-engine-%d", i)] {
				pods[i] = pod
			}
		}
		return pods
	}
	for _, name := range w.workloads() {
		pods = append(pods, w.pods[name]...)
	}
	return pods
}

// edit gives the engine another image, and another port with it in some images.
func (w *canaryWorld) edit(image string) {
	at(w.engine(), "runner")["image"] = image
	port := map[string]any{"containerPort": portOfImage(image)}
	if w.portName != "" {
		port["name"] = w.portName
	}
	at(w.engine(), "runner")["ports"] = []any{port}
}

// portOfImage is the port on which the server of an image listens.
func portOfImage(image string) int64 {
	if image == "v3" {
		return 8081
	}
	return 8080
}

// deleteWorkload deletes the workload of the engine with its pods; of Ray clusters, the first one.
func (w *canaryWorld) deleteWorkload() {
	if names := w.workloads(); len(names) > 0 {
		w.delete(names[0])
	}
	w.stablePods, w.groups = nil, nil
}

// deleteCanary deletes the canary with its pods; of Ray clusters, the last one, and of groups, the leader of the
// last one.
func (w *canaryWorld) deleteCanary() {
	w.delete("chat-engine-canary")
	names := w.workloads()
	if len(names) == 0 || w.mode() == v1beta1.RawDeployment {
		return
	}
	last := names[len(names)-1]
	if pods := w.pods[last]; w.mode() == v1beta1.MultiNode && len(pods) > 0 {
		pods[len(pods)-1] = rollingPod{}
		w.report(w.t)
		return
	}
	w.delete(last)
}

// delete deletes a workload with its pods.
func (w *canaryWorld) delete(name string) {
	for _, kind := range rollingWorkloads {
		delete(w.children[kind], "default/"+name)
	}
	w.forget(name)
}

// scaleTo is what the autoscaler does for a load; Ray clusters have none, and a person does it.
func (w *canaryWorld) scaleTo(replicas int) {
	if w.mode() == v1beta1.MultiNodeRayVLLM {
		w.engine()["minReplicas"] = int64(replicas)
		return
	}
	hpa := w.object(w.t, kinds.HorizontalPodAutoscaler, "chat-engine")
	if hpa == nil {
		return
	}
	target, _, _ := unstructured.NestedString(hpa.Object, "spec", "scaleTargetRef", "name")
	least, _, _ := unstructured.NestedInt64(hpa.Object, "spec", "minReplicas")
	policy, _, _ := unstructured.NestedString(hpa.Object, "spec", "behavior", "scaleDown", "selectPolicy")
	replicas = max(replicas, int(least))
	if !slices.Contains(w.workloads(), target) || replicas < w.replicas[target] && policy == "Disabled" {
		return
	}
	w.replicas[target] = replicas
	w.report(w.t)
}

// step does something, lets the hook answer and controllers take a few steps, and checks what must always
// hold.
func (w *canaryWorld) step(name string, do func(w *canaryWorld)) {
	w.begin(name, do)
	w.goOn()
}

// begin does what begins a step, and goOn is the rest of it.
func (w *canaryWorld) begin(name string, do func(w *canaryWorld)) {
	w.past = append(w.past, name)
	do(w)
}

func (w *canaryWorld) goOn() {
	w.expectOf()
	w.answer()
	w.letControllersWork(w.t)
	w.check()
	w.answer()
	w.letControllersWork(w.t)
	w.check()
}

// expectOf notes what a person expects after an operation.
func (w *canaryWorld) expectOf() {
	exists := len(w.workloads()) > 0
	switch {
	case w.percent() == 100 || !exists:
		w.stable = w.image()
	case w.mode() == v1beta1.MultiNodeRayVLLM:
		w.stable = w.podOf(w.t, w.object(w.t, kinds.RayCluster, w.workloads()[0])).image // it changes last
	default:
		w.stable = w.stables[w.mode()]
	}
	w.stables[w.mode()] = w.stable
	w.stablePods, w.groups = nil, nil
	switch {
	case w.mode() != v1beta1.RawDeployment:
		w.groups, w.canarySize = w.replicaPods(), 0
		if set := w.object(w.t, kinds.LeaderWorkerSet, "lws-chat-engine"); set != nil {
			if partition, _, _ := unstructured.NestedInt64(set.Object, "spec", "rolloutStrategy", "rollingUpdateConfiguration", "partition"); partition > 0 {
				w.canarySize = w.replicaCount() - int(partition)
			}
		}
	case w.percent() < 100 && exists && w.image() != w.stable:
		w.stablePods = slices.Clone(w.pods["chat-engine"])
	}
}

// answer applies the answer of the hook. No object goes to which requests go, and requests go to nothing
// that does not serve already.
func (w *canaryWorld) answer() {
	before := slices.DeleteFunc(w.backends(w.t), func(b backend) bool { return w.object(w.t, kinds.Service, b.service) == nil })
	servedBefore, canaryHasPods := w.serving() > 0, len(w.pods["chat-engine-canary"]) > 0
	w.served = servedBefore
	w.applyAnswer(w.t)
	for _, b := range before {
		if b.weight == 0 || !servedBefore || b.service == "chat-engine-canary" && !canaryHasPods {
			continue
		}
		assert.NotNil(w.t, w.object(w.t, kinds.Service, b.service), "%v: Service %s goes while requests go to it", w.past, b.service)
		if deployment := w.object(w.t, kinds.Deployment, b.service); deployment != nil && b.service == "chat-engine-canary" {
			assert.Equal(w.t, w.podOf(w.t, deployment).image, w.imagesOf(b.service), "%v: the canary changes while requests go to it", w.past)
			_, deaf := w.podsBehind(w.t, b)
			assert.Empty(w.t, deaf, "%v: requests that are on their way to the canary find another port", w.past)
		}
	}
	if servedBefore {
		w.checkBackends()
	}
}

// check asserts what must hold at each moment.
func (w *canaryWorld) check() {
	if w.served {
		w.checkBackends()
	}
	if w.mode() != v1beta1.RawDeployment {
		w.checkGroups()
		return
	}
	now := w.pods["chat-engine"]
	for _, pod := range w.stablePods {
		if pod.image != w.stable {
			continue // it is replaced by a roll-out that began before
		}
		kept := slices.ContainsFunc(now, func(p rollingPod) bool { return p.id == pod.id })
		assert.True(w.t, kept || len(now) >= w.replicas["chat-engine"] && w.replicas["chat-engine"] < len(w.stablePods),
			"%v: a pod with the former template was replaced", w.past)
	}
	for _, pod := range now {
		if w.stablePods != nil && !slices.ContainsFunc(w.stablePods, func(p rollingPod) bool { return p.template == pod.template }) {
			assert.Equal(w.t, w.stable, pod.image, "%v: a pod beside the canary has the new template", w.past)
		}
	}
}

// checkGroups: of groups and Ray clusters, one is away for an update at most, and those with the former template
// are replaced as far as the canary's share needs it alone.
func (w *canaryWorld) checkGroups() {
	now, before := w.replicaPods(), w.groups
	for _, name := range w.names(kinds.RayCluster) {
		object := w.object(w.t, kinds.RayCluster, name)
		service, _, _ := unstructured.NestedString(object.Object, "spec", "headGroupSpec", "headService", "metadata", "name")
		assert.Equal(w.t, name, service, "%v: the Service object of the head of a cluster", w.past)
	}
	serving := func(pods []rollingPod) (n int) {
		for _, pod := range pods {
			if pod.serves {
				n++
			}
		}
		return n
	}
	replicas := w.replicaCount()
	least := min(serving(before), replicas-1)
	if slices.ContainsFunc(before, func(p rollingPod) bool { return p.image == "broken" }) {
		least = min(serving(before), replicas) - 1 // LeaderWorkerSet does not wait for groups with a former template
	}
	assert.GreaterOrEqual(w.t, serving(now), least, "%v: more than one of %d is away: %v", w.past, replicas, w.describe())
	if w.percent() == 100 {
		return
	}
	others, othersBefore := 0, 0
	for i := range min(len(now), len(before), replicas) {
		if before[i].image != w.stable {
			othersBefore++
		}
		switch {
		case now[i].image == "" && before[i].image != w.stable: // it finds no room
		case now[i].image != w.stable:
			others++
		case before[i].image == w.stable:
			assert.Equal(w.t, before[i].id, now[i].id, "%v: a pod with the former template was replaced: %v", w.past, w.describe())
		}
	}
	assert.LessOrEqual(w.t, others, max(othersBefore, w.canaryGroups(), w.canarySize), "%v: the canary takes more than its share: %v", w.past, w.describe())
}

// replicaCount is how many groups or Ray clusters there should be.
func (w *canaryWorld) replicaCount() int {
	if w.mode() == v1beta1.MultiNode {
		return w.replicas["lws-chat-engine"]
	}
	return int(w.engine()["minReplicas"].(int64))
}

// canaryGroups is how many of the groups or Ray clusters a canary takes.
func (w *canaryWorld) canaryGroups() int {
	if portOfImage(w.image()) != portOfImage(w.stable) || w.image() == w.stable || w.percent() == 100 {
		return 0 // one Service object leads to all
	}
	return int(modes.CanaryGroups(w.percent(), int32(w.replicaCount())))
}

// checkBackends: each share of the requests goes to pods that serve, as long as any does.
func (w *canaryWorld) checkBackends() {
	otherPort := func(p rollingPod) bool { return p.image == "v3" }
	// Without weights, a canary on another port takes no requests, and says so: CanaryUnreachable.
	_, byWeight := w.children[kinds.HTTPRoute]["default/chat"]
	canaryPods, beside := w.pods["chat-engine-canary"], w.object(w.t, kinds.Deployment, "chat-engine")
	isOnAnother := w.image() == "v3" || slices.ContainsFunc(canaryPods, otherPort) || len(canaryPods) > 0 && beside != nil && otherPort(w.podOf(w.t, beside))
	unreachable := !byWeight && isOnAnother
	changesPort := w.stable == "v3" || slices.ContainsFunc(w.podsBesideCanary(), otherPort)
	if w.serving() == 0 || w.t.Failed() || unreachable || changesPort && w.portName == "" {
		return // without a name, a Service object leads to one port during a roll-out or a change of the mode
	}
	for _, b := range w.backends(w.t) {
		serving, deaf := w.podsBehind(w.t, b)
		if b.weight > 0 {
			assert.NotEmpty(w.t, serving, "%v: requests go to Service %s, behind which nothing serves: %v", w.past, b.service, w.describe())
		}
		if b.weight > 0 {
			assert.Empty(w.t, deaf, "%v: requests go to pods that listen on another port", w.past)
		}
	}
}

// podsBesideCanary are the pods of all workloads but a canary of its own, with those that they would make.
func (w *canaryWorld) podsBesideCanary() []rollingPod {
	var pods []rollingPod
	for _, kind := range rollingWorkloads {
		for _, name := range w.names(kind) {
			if name != "chat-engine-canary" {
				pods = append(append(pods, w.pods[name]...), w.podOf(w.t, w.object(w.t, kind, name)))
			}
		}
	}
	return pods
}

func (w *canaryWorld) describe() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(w.pods)) {
		for _, pod := range w.pods[name] {
			out = append(out, fmt.Sprintf("%s %s serves=%t", name, pod.image, pod.serves))
		}
	}
	return out
}

func (w *canaryWorld) settleChecked() { w.settle(w.t, w.checkAsServed) }

func (w *canaryWorld) checkAsServed() {
	w.check()
	w.served = w.serving() > 0
}

// visited are states by their digests.
type visited map[[sha256.Size]byte]bool

// addIsKnown adds a state, and reports whether it was there.
func (v visited) addIsKnown(state string) bool {
	if v == nil {
		return false
	}
	digest := sha256.Sum256([]byte(state))
	known := v[digest]
	v[digest] = true
	return known
}

// checkEnd: what a person expects when everything has come to rest.
func (w *canaryWorld) checkEnd() {
	w.noNewPods = false
	w.expectOf()
	isKnown := func(fingerprint string) bool {
		return w.ends.addIsKnown(fmt.Sprintf("%s %v", fingerprint, w.stables))
	}
	if !w.settleUnless(w.t, w.checkAsServed, isKnown) {
		return // from there on, it was checked
	}
	w.expectOf() // a workload that was deleted is there again
	w.settleChecked()
	t, engine, beside := w.t, w.imagesOf("chat-engine"), w.imagesOf("chat-engine-canary")
	image, percent := w.image(), w.percent()
	hasCanary := w.object(t, kinds.Deployment, "chat-engine-canary") != nil
	weights := map[string]int64{}
	for _, b := range w.backends(t) {
		weights[b.service] = b.weight
	}
	if image == "broken" && w.stable != "broken" && percent == 100 {
		return // it rolls and never ends
	}
	if w.stable == "broken" {
		return // what runs never serves: whatever comes next waits for a person
	}
	if w.mode() != v1beta1.RawDeployment {
		w.checkEndOfGroups()
		return
	}
	assert.Equal(t, w.stable, engine, "%v: the pods", w.past)
	runs := percent > 0 && percent < 100 && image != w.stable
	if !assert.Equal(t, runs, hasCanary, "%v: a canary, %s beside %s", w.past, image, w.stable) {
		return
	}
	if !runs {
		assert.NotContains(t, weights, "chat-engine-canary", "%v", w.past)
		for _, kind := range []kinds.Kind{kinds.Service, kinds.PodDisruptionBudget} {
			for _, name := range w.names(kind) {
				assert.NotContains(t, name, "canary", "%v: left over", w.past)
			}
		}
		return
	}
	assert.Equal(t, image, beside, "%v: the canary", w.past)
	least := modes.CanaryReplicas(&modes.Component{Scaling: modes.Scaling{Max: 8}}, percent, int32(w.replicas["chat-engine"]), 0)
	assert.GreaterOrEqual(t, int32(w.replicas["chat-engine-canary"]), least, "%v: replicas of the canary", w.past)
	if _, byWeight := weights["chat-engine"]; byWeight && image != "broken" {
		assert.Equal(t, map[string]int64{"chat-engine": 100 - percent, "chat-engine-canary": percent}, weights, "%v", w.past)
	}
	if image == "broken" {
		assert.NotContains(t, weights, "chat-engine-canary", "%v: requests go to pods that never serve", w.past)
	}
}

// checkEndOfGroups: those of the canary have the new template, all others the former one, and nothing else is left.
func (w *canaryWorld) checkEndOfGroups() {
	canaries := 0
	for _, pod := range w.replicaPods() {
		if pod.image == w.image() && w.image() != w.stable {
			canaries++
			continue
		}
		waits := w.image() == "broken" && w.canaryGroups() > 0 // it has an earlier change, and waits for one that never serves
		assert.True(w.t, pod.image == w.stable || waits, "%v: %v", w.past, w.describe())
	}
	assert.Len(w.t, w.replicaPods(), w.replicaCount(), "%v: %v", w.past, w.describe())
	wanted := w.canaryGroups()
	if w.image() == "broken" {
		wanted = min(wanted, 1) // the next one waits for it
	}
	assert.GreaterOrEqual(w.t, canaries, wanted, "%v: the canary: %v", w.past, w.describe())
	if wanted == 0 {
		assert.Zero(w.t, canaries, "%v: the canary is over: %v", w.past, w.describe())
	}
	if set := w.object(w.t, kinds.LeaderWorkerSet, "lws-chat-engine"); set != nil {
		assert.Equal(w.t, wanted > 0, set.GetAnnotations()[v1beta1.AnnotationFormerTemplate] != "", "%v: a former template is remembered for a canary alone", w.past)
	}
	for _, kind := range rollingWorkloads {
		if names := w.names(kind); !slices.Equal(names, w.workloads()) {
			assert.Empty(w.t, names, "%v: left over", w.past)
		}
	}
}

// portNameOf is the name of the ports of images in a case: with one, the hook sees pods, too. Each strategy is tried
// with and without.
func portNameOf(oneOfSeveral int, s strategy) string {
	if (oneOfSeveral/2+slices.Index(strategies, s))%2 == 0 {
		return ""
	}
	return "http"
}

// TestEveryOrderOfACanarysLife: whatever happens in whatever order, requests reach pods that serve, pods
// with the former template stay until they are promoted, and the end is what a person expects.
func TestEveryOrderOfACanarysLife(t *testing.T) {
	for i, way := range []struct {
		name, ingress string
		mode          v1beta1.DeploymentMode
	}{
		{"by weights", byGateway, v1beta1.RawDeployment},
		{"by pods", routesOff, v1beta1.RawDeployment},
		{"in groups", routesOff, v1beta1.MultiNode},
		{"in Ray clusters", byGateway, v1beta1.MultiNodeRayVLLM},
	} {
		for _, s := range strategiesOf(i) {
			t.Run(way.name+"/"+string(s), func(t *testing.T) {
				followEveryOrder(t, newCanaryWorldWithPort(t, s, way.ingress, way.mode, portNameOf(i, s)))
			})
		}
	}
}

// TestOrdersThatWentWrong are orders that TestEveryOrderOfACanarysLife found, longer than it tries by default.
func TestOrdersThatWentWrong(t *testing.T) {
	const sixtyPercent = "60 percent of an edit"
	for i, orders := range []struct {
		mode    v1beta1.DeploymentMode
		ingress string
		orders  [][]string
	}{
		{v1beta1.RawDeployment, byGateway, [][]string{
			{sixtyPercent, "quota full", "mode switched", "canary deleted"},
			{sixtyPercent, "quota full", "workload deleted", "mode switched", "mode switched"},
			{sixtyPercent, "edit that never serves", "workload deleted", "mode switched", "edit", "mode switched"},
			{sixtyPercent, "edit that never serves", "workload deleted", "mode switched", "second edit", "mode switched"},
			{sixtyPercent, "100 percent", "workload deleted", "edit that never serves", "mode switched", "canary deleted"},
			{sixtyPercent, "quota full", "workload deleted", "mode switched", "second edit", "mode switched"},
			{sixtyPercent, "quota full", "mode switched", "Service objects deleted"},
			{sixtyPercent, "quota full", "workload deleted", "mode switched", "Service objects deleted"},
			{"quota full", "mode switched", "second edit", "Service objects deleted", "edit"},
		}},
		{v1beta1.RawDeployment, routesOff, [][]string{
			{sixtyPercent, "edit that never serves", "workload deleted", "mode switched", "edit", "mode switched"},
			{sixtyPercent, "quota full", "workload deleted", "mode switched", "mode switched"},
			{"edit that never serves", "more load", "mode switched", "edit", "second edit"},
			{sixtyPercent, "mode switched", "second edit", "mode switched", "edit", "workload deleted"},
			{"quota full", "second edit", "mode switched", "edit", "mode switched"},
			{sixtyPercent, "quota full", "workload deleted", "second edit", "workload deleted", "edit"},
		}},
		{v1beta1.MultiNode, routesOff, [][]string{
			{sixtyPercent, "mode switched", "mode switched"},
			{"edit that never serves", "workload deleted", "mode switched", "edit"},
			{"60 percent", "edit that never serves", "10 percent", "edit"},
			{sixtyPercent, "edit that never serves", "more load", "mode switched", "mode switched"},
			{sixtyPercent, "second edit", "mode switched", "edit", "pod unready for a moment", "workload deleted"},
			{"mode switched", "edit", "pod unready for a moment", "second edit", "edit"},
		}},
		{v1beta1.MultiNodeRayVLLM, byGateway, [][]string{
			{sixtyPercent, "second edit", "canary deleted"},
			{sixtyPercent, "10 percent", "revert"},
			{sixtyPercent, "0 percent", "10 percent"},
			{"less load", "mode switched", "edit", "workload deleted"},
			{sixtyPercent, "edit that never serves", "more load", "mode switched", "mode switched"},
			{"edit that never serves", "quota full", "workload deleted", "60 percent", "edit"},
			{"mode switched", "quota full", "second edit", "Service objects deleted", "edit"},
			{"second edit", "workload deleted", "mode switched", "Service objects deleted"},
			{"edit that never serves", "workload deleted", "mode switched", "second edit", "mode switched"},
			{sixtyPercent, "second edit", "mode switched", "edit", "edit", "workload deleted"},
		}},
	} {
		for _, s := range strategiesOf(i) {
			for j, order := range orders.orders {
				portName := portNameOf(j, s)
				t.Run(fmt.Sprint(orders.mode, "/", s, "/", order), func(t *testing.T) {
					w := newCanaryWorldWithPort(t, s, orders.ingress, orders.mode, portName)
					w.broken = []string{"broken"}
					for _, name := range order {
						if name == sixtyPercent {
							w = w.withCanary()
							continue
						}
						at := slices.IndexFunc(canaryOperations, func(o canaryOperation) bool { return o.name == name })
						require.GreaterOrEqual(t, at, 0, name)
						w.step(name, canaryOperations[at].do)
					}
					w.checkEnd()
				})
			}
		}
	}
}

// withCanary is the world with a canary of 60 percent that serves.
func (w *canaryWorld) withCanary() *canaryWorld {
	out := w.clone()
	out.step("60 percent of an edit", func(w *canaryWorld) {
		w.engine()["canaryTrafficPercent"] = int64(60)
		w.edit("v2")
	})
	out.settleChecked()
	return out
}

// followEveryOrder does operations in every order, to a service and to one with a canary. What was reached in
// fewer operations is followed first, and each state once.
func followEveryOrder(t *testing.T, plain *canaryWorld) {
	t.Helper()
	plain.broken, plain.ends = []string{"broken"}, visited{}
	seen, begun := visited{}, visited{}
	var reached []*canaryWorld
	reach := func(w *canaryWorld, left int) {
		if !seen.addIsKnown(w.state()) {
			w.clone().checkEnd()
			if left > 0 {
				reached = append(reached, w)
			}
		}
	}
	reach(plain, *operations)
	reach(plain.withCanary(), *operations)
	for left := *operations - 1; left >= 0; left-- {
		before := reached
		reached = nil
		for _, w := range before {
			for _, operation := range canaryOperations {
				next := w.clone()
				next.begin(operation.name, operation.do)
				if begun.addIsKnown(next.state()) {
					continue // several operations come to the same
				}
				next.goOn()
				reach(next, left)
				if t.Failed() {
					return
				}
			}
		}
		t.Logf("%d states after up to %d operations", len(seen), *operations-left)
	}
}

// TestACanaryStepByStep: what the service says at each step.
func TestACanaryStepByStep(t *testing.T) {
	w := newCanaryWorld(t, clientSide, byGateway)
	is := func(status, reason string, texts ...string) {
		t.Helper()
		response := w.sync(t)
		v := view{t, response}
		v.isCondition("CanaryReady", status, reason)
		_, _, message := v.condition("CanaryReady")
		for _, text := range texts {
			assert.Contains(t, message, text)
		}
		ready, why, text := v.condition("Ready")
		assert.Equal(t, "True", ready, "%s %s", why, text)
	}
	v := view{t, w.sync(t)}
	v.isCondition("CanaryReady", "absent", "")

	w.engine()["canaryTrafficPercent"] = int64(10)
	v = view{t, w.sync(t)}
	v.isCondition("CanaryReady", "absent", "")

	w.edit("v2")
	is("False", "CanaryStarting", "Deployment chat-engine-canary")
	w.settleChecked()
	is("True", "CanaryRunning", "takes 10 % of the requests", "spec.engine.canaryTrafficPercent")
	status := w.sync(t).Status.Components["engine"]
	require.Len(t, status.Traffic, 2)
	assert.Equal(t, "chat-engine-canary-00001", status.Traffic[0].RevisionName)
	assert.EqualValues(t, 10, *status.Traffic[0].Percent)
	assert.Equal(t, "chat-engine-00001", status.Traffic[1].RevisionName)
	assert.EqualValues(t, 90, *status.Traffic[1].Percent)
	assert.Equal(t, "prev", status.Traffic[1].Tag)
	assert.Equal(t, "chat-engine-00001", status.LatestRolledoutRevision)

	w.engine()["canaryTrafficPercent"] = int64(0)
	w.settleChecked()
	is("False", "CanaryAborted", "undo the change")

	w.engine()["canaryTrafficPercent"] = int64(60)
	w.scaleTo(4)
	w.settleChecked()
	is("True", "CanaryRunning", "takes 60 %")
	delete(w.engine(), "canaryTrafficPercent")
	w.applyAnswer(t)
	w.letControllersWork(t)
	is("True", "CanaryPromoting", "keeps its share")
	for range 3 {
		w.applyAnswer(t)
		assert.Equal(t, []backend{{"chat-engine", 8080, 40}, {"chat-engine-canary", 8080, 60}}, w.backends(t), "while pods are replaced")
		w.letControllersWork(t)
	}
	w.settleChecked()
	v = view{t, w.sync(t)}
	v.isCondition("CanaryReady", "absent", "")
	assert.Equal(t, "v2", w.imagesOf("chat-engine"))
	assert.NotContains(t, strings.Join(w.names(kinds.Deployment), " "), "canary")
}

// TestALargerShareWaitsForPods: one pod would take the load of five that still load the model.
func TestALargerShareWaitsForPods(t *testing.T) {
	for _, s := range strategies {
		w := newCanaryWorld(t, s, byGateway)
		w.scaleTo(8)
		w.engine()["canaryTrafficPercent"] = int64(10)
		w.edit("v2")
		w.settleChecked()
		weights := func() []backend { return w.backends(t) }
		ten, sixty := []backend{{"chat-engine", 8080, 90}, {"chat-engine-canary", 8080, 10}}, []backend{{"chat-engine", 8080, 40}, {"chat-engine-canary", 8080, 60}}
		require.Equal(t, ten, weights())
		w.noNewPods = true
		w.engine()["canaryTrafficPercent"] = int64(60)
		w.settleChecked()
		require.Greater(t, w.replicas["chat-engine-canary"], len(w.pods["chat-engine-canary"]))
		assert.Equal(t, ten, weights())
		v := view{t, w.sync(t)}
		v.isCondition("CanaryReady", "True", "CanaryRunning")
		_, _, message := v.condition("CanaryReady")
		assert.Contains(t, message, "takes 10 % of the requests, and 60 % when all its pods serve")
		w.noNewPods = false
		w.settleChecked()
		assert.Equal(t, sixty, weights())
		w.noNewPods = true
		w.engine()["canaryTrafficPercent"] = int64(10)
		w.applyAnswer(t)
		assert.Equal(t, ten, weights(), "a smaller share waits for nothing")
	}
}

// TestADeploymentWithAForeignSelectorHasACanary: what somebody else made keeps its selector, and its labels with that.
func TestADeploymentWithAForeignSelectorHasACanary(t *testing.T) {
	for _, s := range strategies {
		w := newCanaryWorld(t, s, routesOff)
		foreign := w.object(t, kinds.Deployment, "chat-engine")
		at(foreign.Object, "spec", "selector", "matchLabels")["app"] = "old"
		at(foreign.Object, "spec", "template", "metadata", "labels")["app"] = "old"
		w.put(t, kinds.Deployment, foreign)
		w.settle(t, func() {})
		require.Equal(t, "old", w.pods["chat-engine"][0].labels["app"])
		w.engine()["canaryTrafficPercent"] = int64(10)
		w.edit("v2")
		w.settle(t, func() {})
		response := w.sync(t)
		view{t, response}.isCondition("CanaryReady", "True", "CanaryRunning")
		assert.Empty(t, response.Held, s)
		assert.Equal(t, "v1 v2", w.imagesOf("chat-engine")+" "+w.imagesOf("chat-engine-canary"), s)
		delete(w.engine(), "canaryTrafficPercent")
		w.settle(t, func() {})
		assert.Equal(t, "v2", w.imagesOf("chat-engine"), s)
		assert.Nil(t, w.object(t, kinds.Deployment, "chat-engine-canary"), s)
	}
}

// TestACanaryOfAnotherVersionStaysUntilItsPromotionIsDone: with what an upgrade of isvc rolls out, the digests of both
// templates are the same.
func TestACanaryOfAnotherVersionStaysUntilItsPromotionIsDone(t *testing.T) {
	for _, s := range strategies {
		w := newCanaryWorld(t, s, byGateway)
		at(w.parent, "metadata", "annotations")[v1beta1.AnnotationOnUpgrade] = "Roll"
		w.applyAnswer(t)
		for _, name := range w.names(kinds.Deployment) { // as another version of isvc made it
			w.remake(t, kinds.Deployment, name, setImage("v0"))
		}
		w.settle(t, func() {})
		require.Equal(t, "v1", w.imagesOf("chat-engine"), "%s: an upgrade rolls", s)
		w.remake(t, kinds.Deployment, "chat-engine", setImage("v0"))
		w.letControllersWork(t)
		for range 8 {
			w.letControllersWork(t)
		}
		require.Equal(t, "v0", w.imagesOf("chat-engine"))
		w.engine()["canaryTrafficPercent"] = int64(60)
		w.settle(t, func() {})
		shared := []backend{{"chat-engine", 8080, 40}, {"chat-engine-canary", 8080, 60}}
		require.Equal(t, shared, w.backends(t), s)
		delete(w.engine(), "canaryTrafficPercent")
		w.applyAnswer(t)
		assert.Equal(t, shared, w.backends(t), "%s: the pods beside it have the former template", s)
		w.letControllersWork(t)
		w.applyAnswer(t)
		assert.Equal(t, shared, w.backends(t), s)
		w.settle(t, func() {})
		assert.Equal(t, "v1", w.imagesOf("chat-engine"), s)
		assert.Nil(t, w.object(t, kinds.Deployment, "chat-engine-canary"), s)
	}
}

// TestACanaryThatStaysIsShown: while its component cannot be built, and all of it stays as it is.
func TestACanaryThatStaysIsShown(t *testing.T) {
	for _, s := range strategies {
		for what, ingress := range map[string]string{"about": byGateway, "available pods": routesOff} {
			w := newCanaryWorld(t, s, ingress).withCanary()
			w.applyAnswer(t)
			before := w.sync(t)
			at(w.engine(), "annotations")[v1beta1.AnnotationAutoscalerClass] = "nothing"
			w.settle(t, func() {})
			after := w.sync(t)
			require.NotEmpty(t, after.Partial)
			view{t, after}.isCondition("CanaryReady", "True", "CanaryRunning")
			_, _, message := view{t, after}.condition("CanaryReady")
			assert.Contains(t, message, "stays as it is while the engine cannot change", what)
			assert.Equal(t, before.Status.Components["engine"].Traffic, after.Status.Components["engine"].Traffic, "%s %s", s, what)
		}
	}
}

// TestWhatWasTriedIsPromoted: isvc is upgraded while a canary runs. The canary keeps its template, and all pods get
// that one, until the new version's is released.
func TestWhatWasTriedIsPromoted(t *testing.T) {
	for _, s := range strategies {
		for _, ingress := range []string{byGateway, routesOff} {
			w := newCanaryWorld(t, s, ingress).withCanary()
			w.applyAnswer(t)
			w.remake(t, kinds.Deployment, "chat-engine-canary", setImage("v2-before"))
			w.settle(t, func() {})
			require.Equal(t, "v1 v2-before", w.imagesOf("chat-engine")+" "+w.imagesOf("chat-engine-canary"), s)
			delete(w.engine(), "canaryTrafficPercent")
			w.settle(t, func() {})
			require.Equal(t, "v2-before", w.imagesOf("chat-engine"), s)
			assert.Nil(t, w.object(t, kinds.Deployment, "chat-engine-canary"), s)
			response := w.sync(t)
			require.Len(t, response.Held, 1, s)
			assert.Equal(t, sync.ReasonUpgradeHeld, response.Held[0].Reason)
			w.annotate(v1beta1.AnnotationRelease, "x")
			w.settle(t, func() {})
			assert.Equal(t, "v2", w.imagesOf("chat-engine"), s)
			assert.Empty(t, w.sync(t).Held, s)
		}
	}
}

// TestACanaryThatNothingReachesSaysSo: beside nothing that serves too, a canary on another port takes no
// requests where routes have no weights.
func TestACanaryThatNothingReachesSaysSo(t *testing.T) {
	w := newCanaryWorld(t, clientSide, routesOff)
	w.engine()["canaryTrafficPercent"] = int64(60)
	w.edit("v3")
	w.settleChecked()
	view{t, w.sync(t)}.isCondition("CanaryReady", "False", "CanaryUnreachable")
	w.edit("v2")
	w.delete("chat-engine")
	v := view{t, w.sync(t)}
	v.isCondition("CanaryReady", "False", "CanaryUnreachable")
	_, _, message := v.condition("CanaryReady")
	assert.Contains(t, message, "nothing serves beside the canary")
	assert.Contains(t, message, "port 8081")
}

// TestRequestsLeaveAWorkloadThatServesNothing: for what a workload of another mode has, before all of that is ready.
func TestRequestsLeaveAWorkloadThatServesNothing(t *testing.T) {
	w := newCanaryWorldIn(t, clientSide, routesOff, v1beta1.MultiNode)
	w.broken = []string{"broken"}
	w.edit("broken")
	w.deleteWorkload()
	w.settleChecked()
	w.switchMode()
	w.applyAnswer(t)
	w.edit("v2")
	for w.serving() == 0 {
		w.applyAnswer(t)
		w.letControllersWork(t)
	}
	require.Less(t, w.serving(), 3)
	w.applyAnswer(t)
	serving, _ := w.podsBehind(t, w.backends(t)[0])
	assert.NotEmpty(t, serving, "requests go to the pods that serve: %v", w.describe())
	assert.NotNil(t, w.object(t, kinds.LeaderWorkerSet, "lws-chat-engine"), "the former workload stays until the new one is ready")
	v := view{t, w.sync(t)}
	_, _, message := v.condition("SpecHonored")
	assert.Contains(t, message, "nothing of what ran before serves, so that requests go to the new workload")
	w.settleChecked()
	assert.Nil(t, w.object(t, kinds.LeaderWorkerSet, "lws-chat-engine"))
}

// TestRequestsComeBackToTheFormerWorkload: when the new one goes after requests were led to it, and before the former
// one has gone.
func TestRequestsComeBackToTheFormerWorkload(t *testing.T) {
	for _, mode := range []v1beta1.DeploymentMode{v1beta1.RawDeployment, v1beta1.MultiNode, v1beta1.MultiNodeRayVLLM} {
		t.Run(string(mode), func(t *testing.T) {
			w := newCanaryWorldIn(t, clientSide, routesOff, mode)
			led := func() any { return at(w.object(t, kinds.Service, "chat").Object, "spec")["selector"] }
			before := led()
			w.switchMode()
			for range 20 {
				if !assert.ObjectsAreEqual(before, led()) {
					break
				}
				w.letControllersWork(t)
				w.applyAnswer(t)
			}
			require.NotEqual(t, before, led(), "requests go to the new workload")
			w.deleteWorkload()
			require.Positive(t, w.serving(), "the former workload is there")
			w.applyAnswer(t)
			serving, _ := w.podsBehind(t, w.backends(t)[0])
			assert.NotEmpty(t, serving, "requests go to %v", led())
			w.settleChecked()
			assert.NotEmpty(t, w.replicaPods())
		})
	}
}

// TestPrefillAndDecodeHaveTheirCanariesTogether: a canary of one role is refused, and nothing changes until
// both ask for the same.
func TestPrefillAndDecodeHaveTheirCanariesTogether(t *testing.T) {
	w := newCanaryWorld(t, clientSide, byGateway)
	decoder := at(w.parent, "spec", "decoder")
	decoder["runner"] = map[string]any{"name": "main", "image": "v1", "ports": []any{map[string]any{"containerPort": int64(8080)}}}
	w.settleChecked()
	edit := func(role, image string) { at(w.parent, "spec", role, "runner")["image"] = image }
	percent := func(role string, percent any) {
		at(w.parent, "spec", role)["canaryTrafficPercent"] = percent
		if percent == nil {
			delete(at(w.parent, "spec", role), "canaryTrafficPercent")
		}
	}
	is := func(status, reason, engine, decoder, canaries string) {
		t.Helper()
		w.settleChecked()
		view{t, w.sync(t)}.isCondition("CanaryReady", status, reason)
		assert.Equal(t, engine, w.imagesOf("chat-engine"))
		assert.Equal(t, decoder, w.imagesOf("chat-decoder"))
		assert.Equal(t, canaries, w.imagesOf("chat-engine-canary")+"/"+w.imagesOf("chat-decoder-canary"))
	}
	w.stable = "v1"
	percent("engine", int64(10))
	edit("engine", "v2")
	is("False", "CanaryOfOneRole", "v1", "v1", "/")
	edit("decoder", "v2")
	is("False", "CanaryOfOneRole", "v1", "v1", "/")
	percent("decoder", int64(0))
	is("False", "CanaryOfOneRole", "v1", "v1", "/")
	percent("decoder", int64(20))
	is("True", "CanaryRunning", "v1", "v1", "v2/v2")
	edit("decoder", "v1")
	is("False", "CanaryOfOneRole", "v1", "v1", "/")
	edit("decoder", "v2")
	is("True", "CanaryRunning", "v1", "v1", "v2/v2")
	percent("engine", int64(0))
	percent("decoder", int64(0))
	is("False", "CanaryAborted", "v1", "v1", "/")
	percent("engine", nil)
	percent("decoder", nil)
	w.stable = "v2"
	is("absent", "", "v2", "v2", "/")
}

// TestACanaryOfWhatOthersChanged: what is held goes into no canary until it is released, and then it does; a
// change of the runtime goes into one like the service's own.
func TestACanaryOfWhatOthersChanged(t *testing.T) {
	for _, s := range strategies {
		u := &upgraded{cluster: switching(t, "raw"), strategy: s, mode: "raw"}
		u.madeBefore(t, setImage(oldImage))
		u.ready(t)
		at(u.parent, "spec", "engine")["canaryTrafficPercent"] = int64(10)
		response := u.sync(t)
		view{t, response}.isCondition("UpdateAvailable", "True", "UpgradeHeld")
		view{t, response}.isCondition("CanaryReady", "absent", "")
		u.annotate("isvc.io/release", "now")
		response = u.sync(t)
		view{t, response}.isCondition("UpdateAvailable", "absent", "")
		view{t, response}.isCondition("CanaryReady", "False", "CanaryStarting")
		assert.Equal(t, oldImage, view{t, response}.runner("chat-engine").Image)
		assert.NotEqual(t, oldImage, view{t, response}.runner("chat-engine-canary").Image)
		u.apply(t, s, response)
		again := u.sync(t)
		assert.Empty(t, writes(t, s, u.children, again.Children), "a canary is written once")
	}
}

// TestACanaryKeepsItsOwnTemplateAtAnUpgrade: its pods are running pods too.
func TestACanaryKeepsItsOwnTemplateAtAnUpgrade(t *testing.T) {
	for _, s := range strategies {
		w := newCanaryWorld(t, s, byGateway)
		w.engine()["canaryTrafficPercent"] = int64(50)
		w.edit("v2")
		w.settleChecked()
		response := w.sync(t)
		for _, child := range response.Children {
			for _, template := range podTemplatesOf(child) {
				at(template, "spec")["hostname"] = "of-another-version"
			}
		}
		w.apply(t, s, response)
		w.report(t)
		again := w.sync(t)
		for _, name := range []string{"chat-engine", "chat-engine-canary"} {
			assert.Equal(t, "of-another-version", view{t, again}.pod(name).Spec.Hostname, name)
		}
	}
}

// TestTheServiceObjectOfACanaryLeadsToItsPods: also where these keep a template with another port, and where somebody
// deletes the object while the canary runs, is promoted or is alone.
func TestTheServiceObjectOfACanaryLeadsToItsPods(t *testing.T) {
	setPort := func(port int64) func(map[string]any) {
		return func(template map[string]any) {
			each(at(template, "spec"), "containers", func(c map[string]any) { c["ports"] = []any{map[string]any{"containerPort": port, "protocol": "TCP"}} })
		}
	}
	leads := func(t *testing.T, w *canaryWorld, when string) {
		t.Helper()
		for _, b := range w.backends(t) {
			serving, deaf := w.podsBehind(t, b)
			assert.Equal(t, b.weight > 0, len(serving) > 0, "%s: %v %v", when, b, w.describe())
			assert.Empty(t, deaf, "%s: %v", when, b)
		}
	}
	for i, s := range strategies {
		held := newCanaryWorld(t, s, byGateway).withCanary()
		held.applyAnswer(t)
		held.remake(t, kinds.Deployment, "chat-engine-canary", setPort(8090))
		held.settle(t, func() {})
		require.EqualValues(t, 8090, held.pods["chat-engine-canary"][0].port, s)
		assert.EqualValues(t, 8090, held.backends(t)[1].port, s)
		leads(t, held, "another version made the canary")

		for when, next := range map[string]func(w *canaryWorld){
			"it runs":     func(*canaryWorld) {},
			"is promoted": func(w *canaryWorld) { delete(w.engine(), "canaryTrafficPercent"); w.noNewPods = true },
			"is alone":    func(w *canaryWorld) { w.deleteWorkload(); w.noNewPods = true },
		} {
			w := newCanaryWorld(t, strategies[i], byGateway).withCanary()
			next(w)
			w.applyAnswer(t)
			delete(w.children[kinds.Service], "default/chat-engine-canary")
			w.applyAnswer(t)
			leads(t, w, when)
			require.NotNil(t, w.object(t, kinds.Service, "chat-engine-canary"), when)
		}
	}
}

// TestAChangeOfTheModeKeepsTheCapacity: while an autoscaled service changes its mode in either direction, as
// many replicas serve as the autoscaler had asked for.
func TestAChangeOfTheModeKeepsTheCapacity(t *testing.T) {
	for _, s := range strategies {
		w := newCanaryWorld(t, s, byGateway)
		w.scaleTo(5)
		w.settleChecked()
		for _, to := range []string{"lws-chat-engine", "chat-engine"} {
			w.switchMode()
			w.settle(t, func() { assert.GreaterOrEqual(t, w.serving(), 5, w.describe()) })
			assert.Len(t, w.pods, 1, w.describe())
			assert.Len(t, w.pods[to], 5, w.describe())
		}
	}
}
