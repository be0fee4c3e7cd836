package sync_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/plan"
	"github.com/isvc-io/isvc/internal/generate"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/effect"
	"github.com/isvc-io/isvc/sync/load"
)

// edited is the cluster after some random edits, with the same objects.
func (d dice) edited(c *cluster) *cluster {
	out := &cluster{parent: plainJSON(c.parent).(object), config: maps.Clone(c.config), kinds: c.kinds, children: c.children}
	for _, o := range c.related {
		out.related = append(out.related, plainJSON(o).(object))
	}
	for range 1 + d.IntN(2) {
		d.editSomething(out)
	}
	return out
}

func (d dice) editSomething(c *cluster) {
	switch d.IntN(6) {
	case 0:
		c.parent["spec"] = plainJSON(d.Service("x", c.related)["spec"])
	case 1:
		at(c.parent, "metadata", "labels")[oneOf(d, "team", "kueue.x-k8s.io/queue-name", "example.com/cost")] = oneOf[any](d, "y", "z")
	case 2:
		at(c.parent, "spec", "engine")["minReplicas"] = int64(d.IntN(4))
	case 3:
		c.config = d.Config()
	case 4:
		if i := d.IntN(len(c.related)); d.Chance(50) {
			c.related = slices.Delete(c.related, i, i+1)
		}
	default:
		d.editRelated(c.related[d.IntN(len(c.related))])
	}
}

func (d dice) editRelated(o object) {
	switch strings.TrimPrefix(o["kind"].(string), "Cluster") {
	case "BaseModel":
		o["spec"] = plainJSON(d.Model())
	case "ServingRuntime":
		if engine, ok := at(o, "spec")["engineConfig"].(object); ok && d.Chance(70) {
			if runner, ok := engine["runner"].(object); ok {
				runner["image"] = "server:next"
				return
			}
		}
		o["spec"] = plainJSON(d.Runtime())
	case "AcceleratorClass":
		o["spec"] = plainJSON(d.Class())
	}
}

// plainJSON is a value as JSON has it.
func plainJSON(value any) any {
	text, err := json.Marshal(map[string]any{"value": value})
	if err != nil {
		panic(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		panic(err)
	}
	return out["value"]
}

// files are the inputs of a cluster as files.
func (c *cluster) files(t testing.TB) []load.File {
	t.Helper()
	var files []load.File
	all := append([]object{c.parent}, c.related...)
	if c.config != nil {
		all = append(all, object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": config.MapName, "namespace": "ome"}, "data": c.config})
	}
	for _, o := range all {
		text, err := json.Marshal(o)
		require.NoError(t, err)
		files = append(files, load.File{Name: o["kind"].(string) + ".json", Data: text})
	}
	return files
}

// comeToRest applies answers until nothing is written any more, with everything ready in between. It
// is false where an answer must be ignored.
func (c *cluster) comeToRest(t testing.TB, s strategy) (last *sync.Response, ok bool) {
	t.Helper()
	var reported []string
	for range 24 {
		last = c.sync(t)
		if last.RetryAfter > 0 {
			return nil, false
		}
		c.parent = maps.Clone(c.parent)
		c.parent["status"] = plainJSON(last.Status)
		rests := slices.Equal(reported, last.Status.ReportedAddresses())
		reported = last.Status.ReportedAddresses()
		if rests && len(writes(t, s, c.children, last.Children)) == 0 {
			return last, true
		}
		var trees []map[string]any
		for _, child := range last.Children {
			trees = append(trees, live(t, s, child).Object)
		}
		c.children = objects(t, trees)
		c.ready(t)
	}
	require.Fail(t, "the cluster does not come to rest")
	return nil, false
}

// TestAPlanSaysNoneExactlyWhenNothingIsWritten: for every object of a service before or after an edit,
// isvc plan says none exactly if Metacontroller, by either strategy, writes nothing on the way from the
// cluster at rest before the edit to the one at rest after it.
func TestAPlanSaysNoneExactlyWhenNothingIsWritten(t *testing.T) {
	eachCase(t, func(t testing.TB, d dice) {
		before := d.world().clusters[0]
		after := d.edited(before)
		was, _ := load.Files(before.files(t), generate.Namespace)
		is, _ := load.Files(after.files(t), generate.Namespace)
		planner := plan.NewPlanner(plan.Options{Before: was, After: was.After(load.Edit{Apply: is, RemoveOthers: true}), Kinds: before.kinds})
		require.Len(t, planner.Pairs(), 1)
		service, err := planner.Compare(planner.Pairs()[0])
		require.NoError(t, err)
		s := oneOf(d, strategies...)
		if _, ok := before.comeToRest(t, s); !ok {
			return
		}
		after.children = maps.Clone(before.children)
		after.parent = maps.Clone(after.parent)
		after.parent["status"] = before.parent["status"]
		response, ok := after.comeToRest(t, s)
		if !ok {
			return
		}
		written := map[string]bool{}
		for _, line := range writes(t, s, before.children, response.Children) {
			_, rest, _ := strings.Cut(line, " ")
			name, _, _ := strings.Cut(rest, ": ")
			written[normalRef(name)] = true
		}
		for _, child := range service.Children {
			name := string(kinds.New(child.Kind, child.APIVersion)) + " " + child.Name
			assert.Equal(t, written[name], child.Effect > effect.None, "%s by %s apply; parent: %s\n after: %s", name, s, jsonText(before.parent), jsonText(after.parent))
			delete(written, name)
		}
		assert.Empty(t, written, "%s: the plan does not have these", s)
	})
}

// normalRef is an object as "Deployment.apps/v1 name", from either form in which writes names one.
func normalRef(text string) string {
	if kind, key, ok := strings.Cut(text, " "); ok { // a deletion: kind and key
		_, name, _ := strings.Cut(key, "/")
		return kind + " " + name
	}
	short, name, _ := strings.Cut(text, "/")
	for kind := range kinds.All() {
		if kindName, _ := kind.NameAndVersion(); kindName == short && kind != kinds.KnativeService || short == "KnativeService" && kind == kinds.KnativeService {
			return string(kind) + " " + name
		}
	}
	return text
}

// TestADiffOfWhatWasAppliedIsEmpty: isvc diff finds no difference where the cluster holds the answer,
// with all that the API server and Metacontroller add, by either strategy.
func TestADiffOfWhatWasAppliedIsEmpty(t *testing.T) {
	eachCase(t, func(t testing.TB, d dice) {
		s := oneOf(d, strategies...)
		c := d.world().clusters[0]
		if _, ok := c.comeToRest(t, s); !ok {
			return
		}
		diff, err := plan.DiffService(c.request(t), nil)
		require.NoError(t, err)
		assert.Empty(t, diff.Children, "%s; parent: %s", s, jsonText(c.parent))
	})
}
