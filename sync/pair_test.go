package sync_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// pairedModes are the modes of engine and decoder in which they share a revision.
var pairedModes = [][2]string{{"raw", "raw"}, {"multinode", "multinode"}, {"multinode", "raw"}, {"raw", "multinode"}, {"ray", "raw"}}

// paired is a service with prefill and decode that share a revision.
type paired struct {
	*cluster
	t        *testing.T
	strategy strategy
}

// eachPair runs a test for the modes of both roles under strategiesOf them.
func eachPair(t *testing.T, test func(p *paired)) {
	t.Helper()
	for i, pair := range pairedModes {
		for _, s := range strategiesOf(i) {
			t.Run(string(s)+"/"+strings.Join(pair[:], "-"), func(t *testing.T) { test(newPair(t, s, pair[0], pair[1])) })
		}
	}
}

func newPair(t *testing.T, s strategy, engine, decoder string) *paired {
	t.Helper()
	p := &paired{cluster: switching(t, engine), t: t, strategy: s}
	var spec map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(engineModes[decoder]), &spec))
	at(p.parent, "spec")["decoder"] = spec
	p.annotate(v1beta1.AnnotationPairRevision, "true")
	p.config = map[string]string{"multinodeProber": `{"image":""}`}
	return p
}

func (p *paired) role(role string) map[string]any { return at(p.parent, "spec", role) }

// edit gives the runner of a role an image.
func (p *paired) edit(role, image string) {
	runner := at(p.role(role), "runner")
	runner["name"], runner["image"] = "ome-container", image
}

// revisionsIn are the revisions in the templates of a workload, those of labels and of variables.
func revisionsIn(workload *unstructured.Unstructured) []string {
	var out []string
	for _, template := range podTemplatesOf(workload) {
		label, _ := at(template, "metadata", "labels")[v1beta1.LabelPairRevision].(string)
		variable := ""
		each(at(template, "spec"), "containers", func(c map[string]any) {
			each(c, "env", func(v map[string]any) {
				if v["name"] == modes.PairRevisionVariable {
					variable += v["value"].(string)
				}
			})
		})
		out = append(out, label, variable)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// revisionsOf are the revisions of the workloads of a response by component; a canary has its own name.
func revisionsOf(response *sync.Response) map[string]string {
	out := map[string][]string{}
	for _, child := range response.Children {
		if len(podTemplatesOf(child)) == 0 {
			continue
		}
		name := child.GetLabels()[v1beta1.LabelComponent]
		if strings.HasSuffix(child.GetName(), "-canary") {
			name += "-canary"
		}
		out[name] = append(out[name], revisionsIn(child)...)
	}
	joined := map[string]string{}
	for name, revisions := range out {
		slices.Sort(revisions)
		joined[name] = strings.Join(slices.Compact(revisions), ",")
	}
	return joined
}

// turn applies an answer, checks that repeating it writes nothing, and returns the revision of all pods.
func (p *paired) turn() string {
	p.t.Helper()
	response := p.sync(p.t)
	require.Nil(p.t, response.Hold)
	require.Empty(p.t, response.Partial)
	require.Empty(p.t, response.Held)
	p.apply(p.t, p.strategy, response)
	p.ready(p.t)
	assert.Empty(p.t, writes(p.t, p.strategy, p.children, p.sync(p.t).Children), "an answer is repeated without a write")
	revisions := revisionsOf(response)
	require.Equal(p.t, revisions["engine"], revisions["decoder"])
	require.Len(p.t, revisions["engine"], 16)
	return revisions["engine"]
}

// TestPrefillAndDecodeShareARevision: in every mode that has pods of its own for a role, whatever is scaled,
// and another one for an edit of either.
func TestPrefillAndDecodeShareARevision(t *testing.T) {
	eachPair(t, func(p *paired) {
		first := p.turn()
		for _, role := range []string{"engine", "decoder"} {
			for _, bounds := range [][2]int64{{3, 5}, {2, 2}, {1, 9}} {
				p.role(role)["minReplicas"], p.role(role)["maxReplicas"] = bounds[0], bounds[1]
				assert.Equal(p.t, first, p.turn(), "%s with %v replicas", role, bounds)
			}
			p.role(role)["minReplicas"], p.role(role)["maxReplicas"] = int64(1), int64(3)
			p.role(role)["deploymentStrategy"] = map[string]any{"type": "Recreate"}
			assert.Equal(p.t, first, p.turn())
		}
		if strings.Contains(p.t.Name(), "ray") {
			p.role("engine")["minReplicas"] = int64(0)
			without := p.sync(p.t)
			assert.Empty(p.t, without.Partial)
			assert.Equal(p.t, map[string]string{"decoder": first}, revisionsOf(without), "without any Ray cluster")
			p.role("engine")["minReplicas"] = int64(1)
		}
		seen := []string{first}
		for _, role := range []string{"engine", "decoder"} {
			p.edit(role, "v2")
			for range 3 { // Ray clusters follow one after another
				p.apply(p.t, p.strategy, p.sync(p.t))
				p.ready(p.t)
			}
			revision := p.turn()
			assert.NotContains(p.t, seen, revision, "an edit of the "+role)
			seen = append(seen, revision)
		}
	})
}

// TestARevisionIsForThoseWhoAskForIt: without the annotation and the configuration, and for services without
// both roles, templates are what they were.
func TestARevisionIsForThoseWhoAskForIt(t *testing.T) {
	off := func(p *paired) {
		assert.Equal(p.t, map[string]string{"engine": "", "decoder": ""}, revisionsOf(p.sync(p.t)))
	}
	p := newPair(t, clientSide, "raw", "raw")
	delete(at(meta(p.parent), "annotations"), v1beta1.AnnotationPairRevision)
	off(p)
	p.annotate(v1beta1.AnnotationPairRevision, "yes")
	off(p)
	view{t, p.sync(t)}.hasFinding("AnnotationIgnored", v1beta1.AnnotationPairRevision)
	p.config["rollout"] = `{"pairRevision": true}`
	assert.Len(t, p.turn(), 16)
	p.annotate(v1beta1.AnnotationPairRevision, "false")
	off(p)
	delete(at(p.parent, "spec"), "decoder")
	p.annotate(v1beta1.AnnotationPairRevision, "true")
	assert.Equal(t, map[string]string{"engine": ""}, revisionsOf(p.sync(t)))
	view{t, p.sync(t)}.hasFinding("AnnotationIgnored", v1beta1.AnnotationPairRevision, "an engine and a decoder")
}

// TestWhoChangesASharedRevision: what others change is held for both roles or for none, and the annotation is the
// service's own change.
func TestWhoChangesASharedRevision(t *testing.T) {
	eachPair(t, func(p *paired) {
		p.config["rollout"] = `{"onCatalogueChange": "Hold"}`
		delete(at(meta(p.parent), "annotations"), v1beta1.AnnotationPairRevision)
		p.apply(p.t, p.strategy, p.sync(p.t))
		p.ready(p.t)
		p.annotate(v1beta1.AnnotationPairRevision, "true")
		first := p.turn()

		before := p.sync(p.t)
		held := func(reason string) {
			p.t.Helper()
			response := p.sync(p.t)
			require.Len(p.t, response.Held, 2, "both roles or none")
			for _, finding := range response.Held {
				assert.Equal(p.t, reason, finding.Reason)
			}
			assert.Equal(p.t, revisionsOf(before), revisionsOf(response))
		}
		runtime := at(p.one("ClusterServingRuntime"), "spec", "decoderConfig", "runner")
		image := runtime["image"]
		runtime["image"] = "another"
		held("CatalogueHeld")
		p.annotate("isvc.io/release", "1")
		second := p.turn()
		assert.NotEqual(p.t, first, second)
		runtime["image"] = image
		before = p.sync(p.t)
		held("CatalogueHeld")
		p.edit("engine", "v2")
		assert.NotContains(p.t, []string{first, second}, p.turn(), "the service's own change takes along what is pending")
	})
	t.Run("the configuration", func(t *testing.T) {
		p := newPair(t, clientSide, "raw", "multinode")
		delete(at(meta(p.parent), "annotations"), v1beta1.AnnotationPairRevision)
		p.apply(t, p.strategy, p.sync(t))
		p.ready(t)
		p.config["rollout"] = `{"onCatalogueChange": "Hold", "pairRevision": true}`
		response := p.sync(t)
		require.Len(t, response.Held, 2)
		assert.Equal(t, "CatalogueHeld", response.Held[0].Reason)
		assert.Equal(t, map[string]string{"engine": "", "decoder": ""}, revisionsOf(response))
		p.annotate("isvc.io/release", "1")
		p.turn()
		p.annotate(v1beta1.AnnotationPairRevision, "false")
		response = p.sync(t)
		assert.Empty(t, response.Held, "the annotation is the service's own change")
		assert.Equal(t, map[string]string{"engine": "", "decoder": ""}, revisionsOf(response))
	})
	t.Run("another version of isvc", func(t *testing.T) {
		p := newPair(t, serverSide, "raw", "raw")
		response := p.sync(t)
		for _, child := range response.Children {
			if child.GetName() == "chat-decoder" {
				for _, template := range podTemplatesOf(child) {
					setImage(oldImage)(template)
				}
			}
		}
		p.apply(t, p.strategy, response)
		held := p.sync(t)
		require.Len(t, held.Held, 1, "the engine has what both versions make")
		assert.Equal(t, revisionsOf(response), revisionsOf(held))
	})
}

// TestARoleThatCannotBeComputedKeepsTheOther: a revision is of templates that both roles get.
func TestARoleThatCannotBeComputedKeepsTheOther(t *testing.T) {
	for name, spoil := range map[string]func(decoder map[string]any){
		"what cannot be composed": func(decoder map[string]any) {
			decoder["autoscaler"] = map[string]any{"class": "HPA", "hpa": map[string]any{"metrics": []any{map[string]any{"type": "Resource"}}}}
		},
		"what cannot be built": func(decoder map[string]any) {
			decoder["annotations"] = map[string]any{"ome.io/inject-serving-sidecar": "true"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, clientSide, "raw", "raw")
			p.turn()
			before := p.sync(t)
			p.edit("engine", "v2")
			spoil(p.role("decoder"))
			response := p.sync(t)
			v := view{t, response}
			require.Len(t, response.Partial, 2, "%v", response.Partial)
			v.isCondition("EngineReady", "False", "PairIncomplete")
			_, _, message := v.condition("EngineReady")
			assert.Contains(t, message, "those of the decoder")
			assert.Equal(t, revisionsOf(before), revisionsOf(response))
			assert.Empty(t, writes(t, p.strategy, p.children, response.Children))
		})
	}
}

// TestARouterReadsTheRevision: a router that names the variable has it, and changes with the workers.
func TestARouterReadsTheRevision(t *testing.T) {
	p := newPair(t, clientSide, "raw", "raw")
	router := map[string]any{"minReplicas": int64(1)}
	at(p.parent, "spec")["router"] = router
	first := p.turn()
	assert.Empty(t, revisionsOf(p.sync(t))["router"], "it does not ask for it")
	router["runner"] = map[string]any{"name": "router", "image": "router:1", "args": []any{"--prefill-selector", "isvc.io/pair-revision=$(ISVC_PAIR_REVISION)"}}
	assert.Equal(t, first, p.turn(), "a router is none of the templates")
	variable := func() string {
		return strings.TrimPrefix(revisionsOf(p.sync(t))["router"], ",") // it has no label
	}
	assert.Equal(t, first, variable())
	p.edit("decoder", "v2")
	second := p.turn()
	assert.NotEqual(t, first, second)
	assert.Equal(t, second, variable())

	for _, role := range []string{"engine", "decoder"} {
		p.role(role)["canaryTrafficPercent"] = int64(20)
	}
	p.edit("decoder", "v3")
	response := p.sync(t)
	view{t, response}.isCondition("CanaryReady", "False", "CanaryOfOneRole")
	assert.Equal(t, map[string]string{"engine": second, "decoder": second, "router": "," + second}, revisionsOf(response))
	router["canaryTrafficPercent"] = int64(20)
	response = p.sync(t)
	view{t, response}.isCondition("CanaryReady", "False", "CanaryStarting")
	canary := revisionsOf(response)
	assert.NotEqual(t, second, canary["engine-canary"])
	assert.Equal(t, map[string]string{
		"engine": second, "decoder": second, "router": "," + second,
		"engine-canary": canary["engine-canary"], "decoder-canary": canary["engine-canary"], "router-canary": "," + canary["engine-canary"],
	}, canary)
}

// TestACanaryHasARevisionOfItsOwn: the pods that stay keep theirs.
func TestACanaryHasARevisionOfItsOwn(t *testing.T) {
	for _, s := range strategies {
		p := newPair(t, s, "raw", "multinode")
		p.role("decoder")["minReplicas"], p.role("decoder")["maxReplicas"] = int64(2), int64(2)
		first := p.turn()
		p.children = withReport(t, p.children, "LeaderWorkerSet", `{"replicas":2,"readyReplicas":2,"updatedReplicas":2,"conditions":[{"type":"Available","status":"True"}]}`)
		for _, role := range []string{"engine", "decoder"} {
			p.role(role)["canaryTrafficPercent"] = int64(50)
		}
		p.edit("engine", "v2")
		response := p.sync(t)
		revisions := revisionsOf(response)
		assert.Equal(t, first, revisions["engine"])
		assert.NotEqual(t, first, revisions["engine-canary"])
		set := view{t, response}.lws("lws-chat-decoder")
		assert.EqualValues(t, 1, *set.Spec.RolloutStrategy.RollingUpdateConfiguration.Partition)
		assert.Equal(t, revisions["engine-canary"], revisions["decoder"], "the last group gets it")
		assert.Contains(t, set.Annotations[v1beta1.AnnotationFormerTemplate], first, "the others keep theirs")
		p.apply(t, s, response)
		assert.Empty(t, writes(t, s, p.children, p.sync(t).Children))
		for _, role := range []string{"engine", "decoder"} {
			p.role(role)["canaryTrafficPercent"] = int64(0)
		}
		stopped := revisionsOf(p.sync(t))
		assert.Equal(t, first, stopped["engine"])
		assert.Equal(t, first, stopped["decoder"])
		assert.Subset(t, []string{"engine", "decoder", "engine-canary"}, slices.Collect(maps.Keys(stopped)))
	}
}

// withReport gives the children of a kind a status.
func withReport(t *testing.T, children observed.Objects, kind, status string) observed.Objects {
	t.Helper()
	for _, objects := range children {
		for key, child := range objects {
			var object, report map[string]any
			require.NoError(t, utiljson.Unmarshal(child.Raw, &object))
			if object["kind"] != kind {
				continue
			}
			require.NoError(t, utiljson.Unmarshal([]byte(status), &report))
			object["status"] = report
			text, err := json.Marshal(object)
			require.NoError(t, err)
			objects[key] = observed.Object{Raw: text}
		}
	}
	return children
}
