package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/e2e/driver"
	"github.com/isvc-io/isvc/sync/child"
)

// completedByOperators are what definitions, webhooks and controllers of operators make of the objects that are
// applied for the services of these tests, by kind: fields that they add, with values where these are always the
// same, and fields that they change.
var completedByOperators = map[string][]string{
	"LeaderWorkerSet": {"spec.rolloutStrategy.rollingUpdateConfiguration.partition = 0"},
	"RayCluster":      nil,
	"Knative Service": {
		"metadata.annotations[serving.knative.dev/creator]", "metadata.annotations[serving.knative.dev/lastModifier]",
		"spec.template.spec.containerConcurrency = 0",
		`spec.template.spec.containers[ome-container].readinessProbe = {"successThreshold":1,"tcpSocket":{"port":0}}`,
		"spec.template.spec.timeoutSeconds = 300",
	},
	"ScaledObject": {"metadata.finalizers", "metadata.labels[scaledobject.keda.sh/name]"},
}

// completes is a step: its operator makes of the objects of a kind what is known here, and nothing else.
func (w *world) completes(apiVersion, kind, called string) func(*testing.T) {
	return func(t *testing.T) {
		if w.strategy == driver.ServerSideApply {
			t.Skip("the API server takes what webhooks write for fields of the one who applies")
		}
		var completed []string
		found := 0
		for _, object := range w.children(t) {
			if object.GetKind() != kind || object.GetAPIVersion() != apiVersion {
				continue
			}
			found++
			completed = append(completed, completionOf(t, object)...)
		}
		require.Positive(t, found, "objects of kind %s", called)
		slices.Sort(completed)
		completed = slices.Compact(completed)
		assert.Equal(t, completedByOperators[called], completed, called)
		numbers.record(called+": what its operator completes", "%s", strings.Join(completed, "; "))
	}
}

// completionOf lists the fields in which an object differs from what was applied last.
func completionOf(t *testing.T, object *unstructured.Unstructured) []string {
	t.Helper()
	applied, _, known := child.LastApplied(object)
	require.True(t, known, "what was applied last to %s", keyOf(object))
	live := stripped(object)
	live.SetOwnerReferences(nil)
	labels, annotations := live.GetLabels(), live.GetAnnotations()
	delete(labels, child.ControllerLabel)
	delete(annotations, child.LastAppliedAnnotation)
	live.SetLabels(labels)
	live.SetAnnotations(annotations)
	var completed []string
	for _, change := range child.Changes("", applied.Object, live.Object) {
		path := strings.TrimPrefix(change.Path, ".")
		text, err := json.Marshal(change.After)
		require.NoError(t, err)
		switch {
		case change.Before != nil:
			before, err := json.Marshal(change.Before)
			require.NoError(t, err)
			completed = append(completed, fmt.Sprintf("%s: %s becomes %s", path, before, text))
		case strings.HasPrefix(path, "metadata."):
			completed = append(completed, path) // who and when
		default:
			completed = append(completed, path+" = "+string(text))
		}
	}
	return completed
}
