package sync_test

import (
	"cmp"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/observed"
)

// knativeSays writes what Knative reports into a Knative Service of the cluster.
func (c *cluster) knativeSays(t testing.TB, name string, status map[string]any) {
	t.Helper()
	namespace, _ := meta(c.parent)["namespace"].(string)
	key := observed.ObjectKey(namespace, name)
	var service map[string]any
	require.NoError(t, json.Unmarshal(c.children[kinds.KnativeService][key].Raw, &service))
	service["status"] = status
	text, err := json.Marshal(service)
	require.NoError(t, err)
	c.children[kinds.KnativeService][key] = observed.Object{Raw: text}
}

// TestKnativeIsAskedForRevisionsThatItHas: the status may name a revision of a Deployment, or one of a Knative
// Service that was deleted. Knative would have no route.
func TestKnativeIsAskedForRevisionsThatItHas(t *testing.T) {
	const service = `{apiVersion: ome.io/v1beta1, kind: InferenceService, metadata: {name: chat, namespace: default, generation: 1},
		spec: {engine: {minReplicas: 0, canaryTrafficPercent: 10, runner: {name: main, image: "v2", ports: [{containerPort: 8080}]}}}}`
	traffic := func(c *cluster) []servingv1.TrafficTarget {
		return view{t, c.sync(t)}.knative("chat-engine").Spec.Traffic
	}
	for _, s := range strategies {
		c := newCluster(t, service)
		rolledOut := func(name string) { at(c.parent, "status", "components", "engine")["latestRolledoutRevision"] = name }
		rolledOut("chat-engine-00007")
		assert.Len(t, traffic(c), 1, "%s: there is no Knative Service", s)
		c.apply(t, s, c.sync(t))
		rolledOut("chat-engine-00007")
		assert.Len(t, traffic(c), 1, "%s: it has no revision yet", s)
		c.knativeSays(t, "chat-engine", map[string]any{"latestCreatedRevisionName": "chat-engine-00001", "latestReadyRevisionName": "chat-engine-00001"})
		assert.Len(t, traffic(c), 1, "%s: it has another one", s)
		rolledOut("chat-engine-00001")
		targets := traffic(c)
		require.Len(t, targets, 2, s)
		assert.Equal(t, "chat-engine-00001", targets[1].RevisionName)
		c.apply(t, s, c.sync(t))
		rolledOut("chat-engine-00001")
		c.knativeSays(t, "chat-engine", map[string]any{"latestCreatedRevisionName": "chat-engine-00002", "latestReadyRevisionName": "chat-engine-00002"})
		assert.Len(t, traffic(c), 2, "%s: it was told to lead requests there", s)
	}
}

// TestADeploymentsRevisionIsNotKnatives: a service of single pods with a canary becomes serverless.
func TestADeploymentsRevisionIsNotKnatives(t *testing.T) {
	w := newCanaryWorld(t, clientSide, routesOff).withCanary()
	require.Equal(t, "chat-engine-00001", w.sync(t).Status.Components["engine"].LatestRolledoutRevision)
	w.applyAnswer(t)
	w.setMode(v1beta1.Serverless)
	targets := view{t, w.sync(t)}.knative("chat-engine").Spec.Traffic
	require.Len(t, targets, 1)
	assert.EqualValues(t, 100, *targets[0].Percent)
}

// TestAPercentageOfTheSameRevisionComesToRest: by OME's rule, a canary between a revision and itself is measured
// against the revision before, where Knative has that; and each answer is the one before.
func TestAPercentageOfTheSameRevisionComesToRest(t *testing.T) {
	const service = `{apiVersion: ome.io/v1beta1, kind: InferenceService, metadata: {name: chat, namespace: default, generation: 1},
		spec: {engine: {minReplicas: 0, canaryTrafficPercent: 10, runner: {name: main, image: "v2", ports: [{containerPort: 8080}]}}}}`
	for previous, want := range map[string]string{"chat-engine-00001": "chat-engine-00001", "chat-engine-00007": "chat-engine-00002"} {
		c := newCluster(t, service)
		c.apply(t, clientSide, c.sync(t))
		engine := at(c.parent, "status", "components", "engine")
		engine["latestRolledoutRevision"], engine["previousRolledoutRevision"] = "chat-engine-00002", previous
		var others []string
		for range 6 {
			var traffic []any
			other := ""
			for _, target := range (view{t, c.sync(t)}).knative("chat-engine").Spec.Traffic {
				other = target.RevisionName
				traffic = append(traffic, map[string]any{
					"revisionName": cmp.Or(target.RevisionName, "chat-engine-00002"), "latestRevision": *target.LatestRevision, "percent": *target.Percent})
			}
			others = append(others, other)
			c.apply(t, clientSide, c.sync(t))
			c.knativeSays(t, "chat-engine", map[string]any{
				"observedGeneration": 1, "latestCreatedRevisionName": "chat-engine-00002", "latestReadyRevisionName": "chat-engine-00002", "traffic": traffic,
				"conditions": []any{map[string]any{"type": "Ready", "status": "True"}, map[string]any{"type": "ConfigurationsReady", "status": "True"}},
			})
		}
		assert.Equal(t, []string{want, want, want}, others[3:], "%s: %v", previous, others)
	}
}
