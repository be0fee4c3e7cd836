package sync_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// TestFindingsAboutKnativeEndWithWhatKnativeTakes: what Knative may refuse is said until the cluster
// shows that it does not, and again for the next pod template.
func TestFindingsAboutKnativeEndWithWhatKnativeTakes(t *testing.T) {
	for _, s := range strategies {
		t.Run(string(s), func(t *testing.T) {
			c := switching(t, "serverless")
			engine := at(c.parent, "spec", "engine")
			engine["timeoutSeconds"] = int64(3600)
			first := c.sync(t)
			assert.Subset(t, reasonsOfFindings(first), []string{"KnativeFeatureNeeded", "KnativeRefuses"})

			c.apply(t, s, first)
			taken := c.sync(t)
			assert.Empty(t, reasonsOfFindings(taken))

			engine["scaleMetric"] = "cpu"
			changed := c.sync(t)
			assert.Subset(t, reasonsOfFindings(changed), []string{"KnativeFeatureNeeded", "KnativeRefuses", "KnativeAutoscalerNeeded"})

			c.apply(t, s, changed)
			unready := c.sync(t)
			assert.Contains(t, reasonsOfFindings(unready), "KnativeAutoscalerNeeded", "Knative takes the Service and waits for the autoscaler")
			assert.NotContains(t, reasonsOfFindings(unready), "KnativeFeatureNeeded")

			c.ready(t)
			assert.NotContains(t, reasonsOfFindings(c.sync(t)), "KnativeAutoscalerNeeded")
		})
	}
}

// TestWhatKnativeCompletesIsNoChange: under server-side apply the containers of a Knative Service are one field,
// so that what Knative's webhook completes in them looks as if it had been applied. Findings end nevertheless,
// and another version of isvc that makes the same template holds nothing back.
func TestWhatKnativeCompletesIsNoChange(t *testing.T) {
	c := switching(t, "serverless")
	c.apply(t, serverSide, c.sync(t))
	name := "default/chat-engine"
	var object map[string]any
	require.NoError(t, json.Unmarshal(c.children[kinds.KnativeService][name].Raw, &object))
	container := at(object, "spec", "template", "spec")["containers"].([]any)[0].(map[string]any)
	require.NotContains(t, container, "readinessProbe")
	container["readinessProbe"] = map[string]any{"successThreshold": int64(1), "tcpSocket": map[string]any{"port": int64(0)}}
	for _, entry := range at(object, "metadata")["managedFields"].([]any) {
		at(entry.(map[string]any), "fieldsV1", "f:spec", "f:template", "f:spec")["f:containers"] = map[string]any{}
	}
	text, err := json.Marshal(object)
	require.NoError(t, err)
	c.children[kinds.KnativeService][name] = observed.Object{Raw: text}
	assert.Empty(t, reasonsOfFindings(c.sync(t)), "Knative has the template")

	at(c.parent, "spec", "engine")["timeoutSeconds"] = int64(300)
	assert.NotEmpty(t, reasonsOfFindings(c.sync(t)), "another template may be refused")
}

// TestTheFindingThatNothingScrapesEndsWithMetrics: without the kind PodMonitor it is said until KEDA has its
// metrics, and again when it has none.
func TestTheFindingThatNothingScrapesEndsWithMetrics(t *testing.T) {
	for _, s := range strategies {
		t.Run(string(s), func(t *testing.T) {
			c := switching(t, "raw")
			at(c.parent, "spec", "engine")["kedaConfig"] = map[string]any{"enableKeda": true}
			with := c.sync(t)
			assert.Contains(t, view{t, with}.refs(), "PodMonitor/chat-engine")
			assert.NotContains(t, reasonsOfFindings(with), "MetricsNotScraped")

			delete(c.kinds, kinds.PodMonitor)
			first := c.sync(t)
			assert.NotContains(t, view{t, first}.refs(), "PodMonitor/chat-engine")
			assert.Contains(t, reasonsOfFindings(first), "MetricsNotScraped")

			c.apply(t, s, first)
			c.ready(t)
			assert.Contains(t, reasonsOfFindings(c.sync(t)), "MetricsNotScraped", "KEDA has not looked yet")
			c.scaledObjectSays(t, "True")
			assert.NotContains(t, reasonsOfFindings(c.sync(t)), "MetricsNotScraped")
			c.scaledObjectSays(t, "False")
			assert.Contains(t, reasonsOfFindings(c.sync(t)), "MetricsNotScraped")
		})
	}
}

// TestKEDAAtItsMaximum: as many replicas as there may be, while there is something to do.
func TestKEDAAtItsMaximum(t *testing.T) {
	c := switching(t, "raw")
	engine := at(c.parent, "spec", "engine")
	engine["kedaConfig"] = map[string]any{"enableKeda": true}
	engine["minReplicas"], engine["maxReplicas"] = int64(1), int64(4)
	c.apply(t, strategies[0], c.sync(t))
	c.ready(t)
	c.scaledObjectSays(t, "True")
	for replicas, reason := range map[int64]string{3: "AutoscalersScale", 4: "AtMaxReplicas"} {
		c.editChild(t, "Deployment/chat-engine", func(object map[string]any) { at(object, "spec")["replicas"] = replicas })
		status, got, message := view{t, c.sync(t)}.condition("AutoscalerReady")
		assert.Equal(t, []string{"True", reason}, []string{status, got}, message)
	}
}

// scaledObjectSays lets KEDA say whether it has the metrics of the engine, which has something to do.
func (c *cluster) scaledObjectSays(t *testing.T, ready string) {
	t.Helper()
	c.editChild(t, "ScaledObject/scaledobject-chat-engine", func(scaler map[string]any) {
		condition := func(kind, status string) any {
			return map[string]any{"type": kind, "status": status, "reason": "R", "message": "m"}
		}
		scaler["status"] = map[string]any{"conditions": []any{condition("Ready", ready), condition("Active", "True")}}
	})
}

// editChild changes a child that exists, by its reference.
func (c *cluster) editChild(t *testing.T, reference string, edit func(map[string]any)) {
	t.Helper()
	for _, objects := range c.children {
		for key, child := range objects {
			var object map[string]any
			require.NoError(t, json.Unmarshal(child.Raw, &object))
			if ref(&unstructured.Unstructured{Object: object}) != reference {
				continue
			}
			edit(object)
			text, err := json.Marshal(object)
			require.NoError(t, err)
			objects[key] = observed.Object{Raw: text}
			return
		}
	}
	t.Fatalf("there is no %s", reference)
}

// reasonsOfFindings are the reasons of what was found.
func reasonsOfFindings(response *sync.Response) []string {
	reasons := []string{}
	for _, found := range response.Findings {
		reasons = append(reasons, found.Reason)
	}
	return reasons
}
