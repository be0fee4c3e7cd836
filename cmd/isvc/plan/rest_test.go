package plan

import (
	"encoding/json"
	"flag"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/internal/generate"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
	"github.com/isvc-io/isvc/sync/observed"
)

var properties = flag.Int("properties", 60, "how many generated edits are tried")

// TestWhatIsNotComputedAgainIsAtRest edits generated services: where comeToRest does not compute a state
// again, computing it again changes nothing.
func TestWhatIsNotComputedAgainIsAtRest(t *testing.T) {
	spared := 0
	for number := range *properties {
		d := generate.NewDice(7, uint64(number))
		world := d.World()
		before, after := requestOf(t, world), requestOf(t, edited(d, world))
		was, err := stateAtRest(before)
		require.NoError(t, err)
		next, rests, err := was.afterAnswer(after)
		require.NoError(t, err)
		if rests || !was.leadsOnlyTo(next) {
			continue
		}
		spared++
		again, _, err := next.afterAnswer(after)
		require.NoError(t, err)
		assert.True(t, sameState(next, again), "case %d", number)
	}
	assert.Greater(t, spared, *properties/12)
}

// TestACanaryIsFollowedToItsEnd: the last requests go to a canary while the new template rolls out, and
// then it goes.
func TestACanaryIsFollowedToItsEnd(t *testing.T) {
	request := func(image string, percent any) *sync.Request {
		return requestOf(t, &generate.World{Kinds: kinds.All(), Services: []map[string]any{{
			"apiVersion": "ome.io/v1beta1", "kind": "InferenceService", "metadata": map[string]any{"name": "chat", "namespace": generate.Namespace},
			"spec": map[string]any{"engine": map[string]any{
				"canaryTrafficPercent": percent, "minReplicas": 4, "runner": map[string]any{"name": "ome-container", "image": image},
			}},
		}}})
	}
	was, err := stateAtRest(request("server:1", 25))
	require.NoError(t, err)
	running, err := comeToRest(request("server:2", 25), was)
	require.NoError(t, err)
	require.Greater(t, len(running.objects), len(was.objects), "the canary runs")
	ended, err := comeToRest(request("server:2", 100), running)
	require.NoError(t, err)
	assert.Len(t, ended.objects, len(was.objects), "the canary is gone")
	again, _, err := ended.afterAnswer(request("server:2", 100))
	require.NoError(t, err)
	assert.True(t, sameState(ended, again))
}

// TestGroupsOfACanaryAreThoseThatChange: six groups run, of which an autoscaler made five.
func TestGroupsOfACanaryAreThoseThatChange(t *testing.T) {
	request := func(image string, percent any) *sync.Request {
		pod := func() map[string]any {
			return map[string]any{"runner": map[string]any{"name": "ome-container", "image": image}}
		}
		worker := pod()
		worker["size"] = 1
		return requestOf(t, &generate.World{Kinds: kinds.All(), Services: []map[string]any{{
			"apiVersion": "ome.io/v1beta1", "kind": "InferenceService", "metadata": map[string]any{"name": "chat", "namespace": generate.Namespace},
			"spec": map[string]any{"engine": map[string]any{
				"canaryTrafficPercent": percent, "minReplicas": 1, "maxReplicas": 8, "leader": pod(), "worker": worker,
			}},
		}}})
	}
	was, err := stateAtRest(request("server:1", nil))
	require.NoError(t, err)
	shown, err := was.asShown(request("server:1", nil))
	require.NoError(t, err)
	key := objectKey{kinds.LeaderWorkerSet, "lws-chat-engine"}
	groups := shown.Get(key.kind, generate.Namespace, key.name)
	require.Contains(t, string(groups.Raw), `"replicas":1,`)
	groups.Raw = []byte(strings.Replace(string(groups.Raw), `"replicas":1,`, `"replicas":6,`, 1))
	shown[key.kind][observed.ObjectKey(generate.Namespace, key.name)] = observed.NewIndexedObject(groups.Raw)
	after := func(from state, image string, percent any) state {
		edited := request(image, percent)
		edited.Children = shown
		next, err := comeToRest(edited, from)
		require.NoError(t, err)
		return next
	}
	mode, _ := modes.Of(v1beta1.MultiNode)
	changed := func(from, to state) int64 { return groupsThatChange(from.objects[key], to.objects[key], mode, 6) }
	assert.Equal(t, int64(6), changed(was, after(was, "server:2", nil)), "without a canary")
	canary := after(was, "server:2", 50)
	assert.Equal(t, int64(3), changed(was, canary))
	for name, test := range map[string]struct {
		image   string
		percent any
		want    int64
	}{
		"abort": {"server:2", 0, 3}, "undo": {"server:1", 50, 3}, "another image": {"server:3", 50, 3},
		"more": {"server:2", 80, 2}, "less": {"server:2", 20, 0}, "promoted": {"server:2", nil, 3}, "another image for all": {"server:3", nil, 6},
	} {
		assert.Equal(t, test.want, changed(canary, after(canary, test.image, test.percent)), name)
	}
}

// edited is a world after some edits.
func edited(d generate.Dice, w *generate.World) *generate.World {
	out := *w
	text, _ := json.Marshal([]any{w.Services, w.Related}) // they come from JSON
	_ = json.Unmarshal(text, &[]any{&out.Services, &out.Related})
	for range 1 + d.IntN(2) {
		one := out.Related[d.IntN(len(out.Related))]
		switch kind := strings.TrimPrefix(one["kind"].(string), "Cluster"); {
		case d.Chance(25):
			out.Services[0]["spec"] = d.Service("x", out.Related)["spec"]
		case d.Chance(15):
			out.Config = d.Config()
		case kind == "BaseModel":
			one["spec"] = d.Model()
		case kind == "AcceleratorClass":
			one["spec"] = d.Class()
		case kind == "ServingRuntime" && d.Chance(30):
			one["spec"] = d.Runtime()
		default: // the most usual edit
			text, _ := json.Marshal(out.Related)
			_ = json.Unmarshal([]byte(strings.ReplaceAll(string(text), `"image":"`, `"image":"next/`)), &out.Related)
		}
	}
	return &out
}

// requestOf is the request of the first service of a world.
func requestOf(t *testing.T, w *generate.World) *sync.Request {
	t.Helper()
	objects := append([]map[string]any{w.Services[0]}, w.Related...)
	if w.Config != nil {
		objects = append(objects, map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": config.MapName, "namespace": "ome"}, "data": w.Config})
	}
	var files []load.File
	for _, object := range objects {
		text, err := json.Marshal(object)
		require.NoError(t, err)
		files = append(files, load.File{Name: "x.json", Data: text})
	}
	set, _ := load.Files(files, generate.Namespace)
	requests := set.Requests(load.Options{Kinds: w.Kinds})
	require.Len(t, requests, 1)
	return requests[0]
}
