package sync_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"runtime"
	"slices"
	"strings"
	gosync "sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/internal/generate"
	"github.com/isvc-io/isvc/manifests/statusschema"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/hook"
	"github.com/isvc-io/isvc/sync/observed"
	"github.com/isvc-io/isvc/sync/status"
)

var (
	properties = flag.Int("properties", 100, "how many cases every property is tried on; with more than 100 all combinations of modes, strategies and cases are tried, too; CI tries 1000")
	seed       = flag.Uint64("seed", 1, "the seed of the generated cases")
	onlyCase   = flag.Int("case", -1, "the one generated case to try")
)

// triesAllCombinations reports whether tests of many combinations try all of them, as in CI. Else each tries
// some, in which every mode, strategy or case occurs.
func triesAllCombinations() bool { return *properties > 100 }

// eachCase tries a property on generated cases, on all processors. A case that fails
// is tried again alone with -case.
func eachCase(t *testing.T, holds func(t testing.TB, d dice)) {
	t.Helper()
	t.Parallel()
	var group gosync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := range next {
				tryCase(t, i, holds)
			}
		})
	}
	for i := range max(*properties, *onlyCase+1) {
		if (*onlyCase < 0 || i == *onlyCase) && !t.Failed() {
			next <- i
		}
	}
	close(next)
	group.Wait()
}

// tryCase reports the number of a case that fails.
func tryCase(t *testing.T, number int, holds func(t testing.TB, d dice)) {
	c := &caseT{T: t, number: number}
	defer func() {
		if cause := recover(); cause != nil && cause != any(caseStopped{}) {
			t.Errorf("case %d: panic: %v", number, cause)
		}
	}()
	holds(c, newDice(*seed, uint64(number)))
}

// caseT is the test of one generated case: it can stop without stopping others.
type caseT struct {
	*testing.T
	number int
}

// caseStopped is what FailNow panics with: the case is over, the test is not.
type caseStopped struct{}

func (c *caseT) Errorf(format string, args ...any) {
	c.T.Errorf("case %d (try it alone with -case %d): %s", c.number, c.number, fmt.Sprintf(format, args...))
}

func (c *caseT) FailNow() {
	c.Fail()
	panic(caseStopped{})
}

// answer is a response as bytes.
func answer(t testing.TB, request *sync.Request) []byte {
	t.Helper()
	response, err := sync.Sync(request)
	require.NoError(t, err)
	text, err := json.Marshal(response)
	require.NoError(t, err)
	return text
}

// TestGeneratedCasesAreOfUse keeps the generator from making services that are
// mostly refused.
func TestGeneratedCasesAreOfUse(t *testing.T) {
	made, computed, held, partial := map[string]int{}, 0, map[string]int{}, map[string]int{}
	n := max(150, *properties)
	for i := range n {
		for _, c := range newDice(*seed, uint64(i)).world().clusters {
			response := c.sync(t)
			switch {
			case response.Hold != nil:
				held[response.Hold.Reason]++
				continue
			case len(response.Partial) > 0:
				partial[response.Partial[0].Reason]++
			}
			computed++
			for _, child := range response.Children {
				made[string(kinds.New(child.GetKind(), child.GetAPIVersion()))]++
			}
		}
	}
	t.Logf("%d of %d services computed; held: %v; in part: %v; kinds: %v", computed, 2*n, held, partial, made)
	assert.Greater(t, computed, n, "more than half of the services can be computed")
	for kind := range kinds.All() {
		assert.GreaterOrEqual(t, made[string(kind)], 3, "%s", kind)
	}
}

// TestAnAnswerDependsOnTheRequestAlone: the same request gives the same bytes,
// and so does one whose maps are in another order.
func TestAnAnswerDependsOnTheRequestAlone(t *testing.T) {
	eachCase(t, func(t testing.TB, d dice) {
		c := d.world().clusters[0]
		if d.Chance(50) {
			c.apply(t, oneOf(d, strategies...), c.sync(t))
		}
		first := answer(t, c.request(t))
		assert.Equal(t, string(first), string(answer(t, c.request(t))))
		request := c.request(t)
		request.Parent = shuffled(t, d.Rand, request.Parent)
		for _, objects := range []observed.Objects{request.Related, request.Children} {
			for kind, byKey := range objects {
				if byKey == nil {
					continue // nil means that nobody asked for the kind
				}
				again := map[string]observed.Object{}
				for key, object := range byKey {
					again[key] = observed.Object{Raw: shuffled(t, d.Rand, object.Raw)}
				}
				objects[kind] = again
			}
		}
		assert.Equal(t, string(first), string(answer(t, request)), "with the fields of all objects in another order")
		request.Explain = true
		explained, err := sync.Sync(request)
		require.NoError(t, err)
		explained.Trace = nil
		text, err := json.Marshal(explained)
		require.NoError(t, err)
		assert.Equal(t, string(first), string(text), "explaining changes nothing")
	})
}

// shuffled writes JSON with the fields of every object in a random order.
func shuffled(t testing.TB, r *rand.Rand, raw json.RawMessage) json.RawMessage {
	t.Helper()
	var value any
	require.NoError(t, utiljson.Unmarshal(raw, &value))
	var out bytes.Buffer
	writeShuffled(r, &out, value)
	return out.Bytes()
}

func writeShuffled(r *rand.Rand, out *bytes.Buffer, value any) {
	switch v := value.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		out.WriteByte('{')
		for i, key := range keys {
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteString(jsonText(key) + ":")
			writeShuffled(r, out, v[key])
		}
		out.WriteByte('}')
	case []any:
		out.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			writeShuffled(r, out, item)
		}
		out.WriteByte(']')
	default:
		out.WriteString(jsonText(v))
	}
}

// TestAnAppliedAnswerIsAtRest: fed back as the cluster holds them, the children
// are not written again, by either strategy, and the status settles.
func TestAnAppliedAnswerIsAtRest(t *testing.T) {
	eachCase(t, func(t testing.TB, d dice) {
		s := oneOf(d, strategies...)
		c := d.world().clusters[0]
		c.apply(t, s, c.sync(t))
		second := c.sync(t)
		assert.Empty(t, writes(t, s, c.children, second.Children), "%s\nparent: %s", s, jsonText(c.parent))
		c.apply(t, s, second)
		third := c.sync(t)
		assert.Equal(t, jsonText(second.Status), jsonText(third.Status))
		for _, condition := range third.Status.Conditions {
			assert.NotContains(t, []string{status.ReasonUpdateNotApplied, status.ReasonIngressNotCreated},
				condition.Reason, "%s waits for what was applied: %s", condition.Type, condition.Message)
		}
	})
}

// TestLosingARelatedObjectLosesNoChild: whatever goes from the catalogue, what
// runs stays.
func TestLosingARelatedObjectLosesNoChild(t *testing.T) {
	eachCase(t, func(t testing.TB, d dice) {
		s := oneOf(d, strategies...)
		c := d.world().clusters[0]
		before := c.sync(t)
		c.apply(t, s, before)
		all := c.related
		for _, i := range d.Perm(len(all))[:min(3, len(all))] {
			lost := all[i]
			c.related = slices.Concat(all[:i], all[i+1:])
			response := c.sync(t)
			assert.Zero(t, response.RetryAfter)
			note := fmt.Sprintf("%s %s was removed; parent: %s", lost["kind"], meta(lost)["name"], jsonText(c.parent))
			if reselects(c, lost) {
				for _, component := range []string{"engine", "decoder", "router"} {
					gone := workloads(response, component) == "" && workloads(before, component) != ""
					assert.True(t, !gone || noClusters(response, component), "the %s has no workload any more: %s", component, note)
				}
				continue
			}
			for _, line := range deletions(c.children, response.Children) {
				assert.Fail(t, line, note)
			}
		}
	})
}

// noClusters reports whether a component runs as Ray clusters of which none is
// asked for.
func noClusters(response *sync.Response, component string) bool {
	return slices.ContainsFunc(response.Children, func(o *unstructured.Unstructured) bool {
		return o.GetKind() == "Service" && o.GetLabels()["component"] == component && selectorOf(o)["ray.io/node-type"] == "head"
	})
}

// reselects reports whether another object of its kind can take the place of one
// that is lost: then the service is computed anew, and may have other objects.
func reselects(c *cluster, lost object) bool {
	switch lost["kind"] {
	case "ServingRuntime", "ClusterServingRuntime", "BaseModel", "ClusterBaseModel":
		named := spec(c, map[string]string{"S": "runtime", "C": "runtime", "B": "model"}[lost["kind"].(string)[:1]])["name"]
		if lost["kind"] == "ClusterBaseModel" {
			named = spec(c, "model")["name"]
		}
		others := slices.ContainsFunc(c.related, func(o object) bool {
			return strings.HasSuffix(lost["kind"].(string), strings.TrimPrefix(o["kind"].(string), "Cluster")) && (named == nil || meta(o)["name"] == named)
		})
		return others
	}
	return lost["kind"] == "AcceleratorClass"
}

// deletions are the observed children that are not desired.
func deletions(children observed.Objects, desired []*unstructured.Unstructured) (lines []string) {
	wanted := map[string]bool{}
	for _, child := range desired {
		wanted[child.GetKind()+"."+child.GetAPIVersion()+" "+child.GetName()] = true
	}
	for kind := range children {
		for _, key := range children.KeysOf(kind) {
			if _, name := observed.SplitKey(key); !wanted[string(kind)+" "+name] {
				lines = append(lines, "delete "+string(kind)+" "+name)
			}
		}
	}
	return lines
}

// TestAComponentDependsOnItselfAlone: what the decoder says changes no pod of
// engine or router.
func TestAComponentDependsOnItselfAlone(t *testing.T) {
	eachCase(t, func(t testing.TB, d dice) {
		c := d.world().clusters[0]
		spec(c)["decoder"] = d.Component(d.Chance(50))
		before := c.explained(t)
		spec(c)["decoder"] = d.Component(d.Chance(50))
		after := c.explained(t)
		if before.Hold != nil || after.Hold != nil || runtimeOf(before) != runtimeOf(after) {
			return // the runtime is chosen for the service as a whole
		}
		for _, component := range []string{"engine", "router"} {
			was, is := workloads(before, component), workloads(after, component)
			if _, named := spec(c)["runtime"]; !named { // which runtime is chosen depends on the accelerators of all
				was, is = withoutDigests(was), withoutDigests(is)
			}
			assert.Equal(t, was, is, component)
		}
	})
}

// withoutDigests empties the annotations of what pod templates were made from.
func withoutDigests(text string) string {
	return regexp.MustCompile(`"isvc.io/input":"[^"]*"`).ReplaceAllString(text, `"isvc.io/input":""`)
}

// runtimeOf is the runtime that was chosen for a service, by its kind and name. The response explains.
func runtimeOf(response *sync.Response) string {
	for _, e := range response.Trace {
		if e.Verdict == trace.Chosen && strings.HasPrefix(e.Subject, "runtime/") {
			return e.Source + " " + e.Subject
		}
	}
	return ""
}

// explained is the answer with the decisions that led to it.
func (c *cluster) explained(t testing.TB) *sync.Response {
	t.Helper()
	request := c.request(t)
	request.Explain = true
	response, err := sync.Sync(request)
	require.NoError(t, err)
	return response
}

// workloads are the workloads of a component, as text.
func workloads(response *sync.Response, component string) string {
	var out []string
	for _, child := range response.Children {
		if child.GetLabels()["component"] == component && len(podLabels(child)) > 0 {
			out = append(out, jsonText(child.Object))
		}
	}
	return strings.Join(out, "\n")
}

// podLabels are the labels of the pods that a child runs, one set a template.
func podLabels(child *unstructured.Unstructured) []map[string]string {
	var paths [][]string
	switch kinds.New(child.GetKind(), child.GetAPIVersion()) {
	case kinds.Deployment, kinds.KnativeService:
		paths = [][]string{{"spec", "template"}}
	case kinds.LeaderWorkerSet:
		paths = [][]string{{"spec", "leaderWorkerTemplate", "leaderTemplate"}, {"spec", "leaderWorkerTemplate", "workerTemplate"}}
	case kinds.RayCluster:
		paths = [][]string{{"spec", "headGroupSpec", "template"}}
	default:
		return nil
	}
	var out []map[string]string
	for _, path := range paths {
		labels, _, _ := unstructured.NestedStringMap(child.Object, append(path, "metadata", "labels")...)
		if path[1] == "headGroupSpec" {
			labels["ray.io/node-type"] = "head" // KubeRay adds it
		}
		out = append(out, labels)
	}
	return out
}

// selectorOf is what a child selects pods by; nil for one that selects none.
func selectorOf(child *unstructured.Unstructured) map[string]string {
	path := map[kinds.Kind][]string{
		kinds.Service:             {"spec", "selector"},
		kinds.Deployment:          {"spec", "selector", "matchLabels"},
		kinds.PodDisruptionBudget: {"spec", "selector", "matchLabels"},
		kinds.Sidecar:             {"spec", "workloadSelector", "labels"},
	}[kinds.New(child.GetKind(), child.GetAPIVersion())]
	if path == nil {
		return nil
	}
	selector, _, _ := unstructured.NestedStringMap(child.Object, path...)
	return selector
}

// TestServicesDoNotMeet: no object of one service selects a pod of another, or
// has the name of one of its objects; each selects a pod of its own, and every
// autoscaler has its target.
func TestServicesDoNotMeet(t *testing.T) {
	eachCase(t, func(t testing.TB, d dice) {
		g := d.world()
		first, second := g.clusters[0].sync(t).Children, g.clusters[1].sync(t).Children
		for _, pair := range [][2][]*unstructured.Unstructured{{first, second}, {second, first}} {
			for _, child := range pair[0] {
				selector := selectorOf(child)
				assert.False(t, selectsAny(selector, pair[1]), "%s selects pods of the other service by %v", ref(child), selector)
				if len(selector) > 0 && !idle(child, pair[0]) {
					assert.True(t, selectsAny(selector, pair[0]), "%s selects nothing by %v", ref(child), selector)
				}
				if target, found, _ := unstructured.NestedStringMap(child.Object, "spec", "scaleTargetRef"); found {
					assert.True(t, slices.ContainsFunc(pair[0], func(o *unstructured.Unstructured) bool {
						return o.GetKind() == target["kind"] && o.GetName() == target["name"] && o.GetAPIVersion() == target["apiVersion"]
					}), "%s scales %v, which is not there", ref(child), target)
				}
			}
		}
	})
}

// idle reports whether a Service or Sidecar is for a component that has no pods: one
// of Ray clusters of which none is asked for.
func idle(child *unstructured.Unstructured, all []*unstructured.Unstructured) bool {
	component := child.GetLabels()["component"]
	if component == "external-service" {
		component = selectorOf(child)["component"]
	}
	return (child.GetKind() == "Service" || child.GetKind() == "Sidecar") && !slices.ContainsFunc(all, func(o *unstructured.Unstructured) bool {
		return len(podLabels(o)) > 0 && o.GetLabels()["component"] == component
	})
}

func selectsAny(selector map[string]string, children []*unstructured.Unstructured) bool {
	for _, child := range children {
		for _, labels := range podLabels(child) {
			if labelSelects(selector, labels) {
				return true
			}
		}
	}
	return false
}

// TestEveryAnswerCanBeSent: names and labels are legal and not too long, each
// child once, of a managed kind, in the namespace and of a size that fits; the
// hook's own check passes; and the API server takes the status as it is.
func TestEveryAnswerCanBeSent(t *testing.T) {
	eachCase(t, func(t testing.TB, d dice) {
		c := d.world().clusters[0]
		d.spoil(c)
		if d.Chance(50) {
			c.apply(t, oneOf(d, strategies...), c.sync(t))
			d.spoil(c)
		}
		request := c.request(t)
		response, err := sync.Sync(request)
		require.NoError(t, err)
		confined(t, request, response)
		for _, child := range response.Children {
			legal(t, child)
		}
		virtual := at(c.parent, "metadata", "annotations")["ome.io/deploymentMode"] == "VirtualDeployment"
		if response.RetryAfter == 0 {
			assert.NoError(t, hook.CheckChildren(request, hook.Parent{Namespace: generate.Namespace, Virtual: virtual}, response.Children))
		}
		assert.Empty(t, statusViolations(t, jsonText(response.Status)))
	})
}

// spoil spoils something of a cluster in many cases.
func (d dice) spoil(c *cluster) {
	if len(c.related) > 0 && d.Chance(30) {
		i := d.IntN(len(c.related))
		c.related = slices.Concat(c.related[:i], c.related[i+1:])
	}
	d.Some(5, at(c.parent, "spec"), oneOf(d, "engine", "model", "decoder"), generate.Always(oneOf[any](d, "x", 1, []any{}, object{"minReplicas": -1})))
	if d.Chance(5) {
		meta(c.parent)["annotations"] = oneOf[any](d, object{"ome.io/autoscalerClass": "x"}, object{"ome.io/ingress-domain-template": "{{"}, object{"ome.io/deploymentMode": "VirtualDeployment"})
	}
}

func legal(t testing.TB, object *unstructured.Unstructured) {
	t.Helper()
	if kinds.New(object.GetKind(), object.GetAPIVersion()) == kinds.Service {
		assert.Empty(t, validation.IsDNS1035Label(object.GetName()), ref(object))
	}
	assert.Empty(t, validation.IsDNS1123Subdomain(object.GetName()), ref(object))
	assert.NoError(t, child.CheckAppliable(object.Object), ref(object))
	sets := append(podLabels(object), object.GetLabels(), selectorOf(object))
	for _, labels := range sets {
		for key, value := range labels {
			assert.Empty(t, validation.IsQualifiedName(key), "%s: %s", ref(object), key)
			assert.Empty(t, validation.IsValidLabelValue(value), "%s: %s=%s", ref(object), key, value)
		}
	}
	assert.Less(t, len(jsonText(object.Object)), 200_000, ref(object))
	assert.NotContains(t, jsonText(object.Object), ":null", ref(object))
}

// statusViolations lists what the API server would refuse, prune or add.
func statusViolations(t testing.TB, text string) []string {
	t.Helper()
	found, err := statusschema.Violations([]byte(text))
	require.NoError(t, err)
	return found
}
