package sync_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isvc-io/isvc/sync"
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

// reasonsOfFindings are the reasons of what was found.
func reasonsOfFindings(response *sync.Response) []string {
	reasons := []string{}
	for _, found := range response.Findings {
		reasons = append(reasons, found.Reason)
	}
	return reasons
}
