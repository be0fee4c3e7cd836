package hooktest

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/sync/child"
)

const annotationPath = `metadata.annotations["metacontroller.k8s.io/last-applied-configuration"]`

// Each case is the second sync of a child: it was created as desired, the server added to it, and
// now it is synced.
func TestForecastClientSideApplyOfTheSecondSync(t *testing.T) {
	const head = `"apiVersion":"v1","kind":"A","metadata":{"name":"a","namespace":"n"}`
	for name, c := range map[string]struct {
		desired, added, next string // next: desired now, when it is not the same
		want                 []string
	}{
		"defaults in maps and keyed lists are quiet": {
			desired: `{` + head + `,"spec":{"containers":[{"name":"c"}]}}`,
			added:   `{"metadata":{"uid":"u","resourceVersion":"1"},"spec":{"dnsPolicy":"ClusterFirst","containers":[{"name":"c","resources":{}}]},"status":{"ready":true}}`,
		},
		"two ports of one number are rewritten": {
			desired: `{` + head + `,"spec":{"ports":[{"port":53,"protocol":"TCP"},{"port":53,"protocol":"UDP"}]}}`,
			want:    []string{"spec.ports[0].protocol"},
		},
		"a default in an atomic list is never equal": {
			desired: `{` + head + `,"spec":{"rules":[{"backendRefs":[{"name":"a"}]}]}}`,
			added:   `{"spec":{"rules":[{"backendRefs":[{"name":"a","weight":1}]}]}}`,
			want:    []string{"spec.rules[0].backendRefs[0].weight"},
		},
		"an empty map or null that the server drops is never equal": {
			desired: `{` + head + `,"spec":{"kept":1}}`,
			next:    `{` + head + `,"spec":{"kept":1,"nodeSelector":{},"args":[],"at":null}}`,
			want:    []string{annotationPath, "spec.args", "spec.at", "spec.nodeSelector"},
		},
		"a quantity that is not canonical is never equal": {
			desired: `{` + head + `,"spec":{"cpu":"1000m","n":1}}`,
			added:   `{"spec":{"cpu":"1","n":"1"}}`,
			want:    []string{"spec.cpu", "spec.n"},
		},
		"stringData is never equal": {
			desired: `{` + head + `,"data":{"a":"eA=="}}`,
			next:    `{` + head + `,"stringData":{"a":"x"}}`,
			want:    []string{"data", annotationPath, "stringData"},
		},
		"status is never written but its change rewrites the annotation": {
			desired: `{` + head + `,"status":{"x":1}}`,
			added:   `{"status":{"x":5,"y":2}}`,
			next:    `{` + head + `,"status":{"x":2}}`,
			want:    []string{annotationPath},
		},
		"read-only metadata of desired is reverted": {
			desired: `{` + head + `,"spec":{"a":1}}`,
			added:   `{"metadata":{"uid":"u","generation":3,"creationTimestamp":"t"}}`,
			next:    `{"apiVersion":"v1","kind":"A","metadata":{"name":"a","namespace":"n","uid":"other","generation":9,"resourceVersion":"8"},"spec":{"a":1}}`,
			want:    []string{annotationPath},
		},
		"what Metacontroller adds itself is expected": {
			desired: `{"apiVersion":"v1","kind":"A","metadata":{"name":"a","namespace":"n","labels":{"controller-uid":"u"}},"spec":{"a":1}}`,
			added:   `{"metadata":{"ownerReferences":[{"uid":"u"}]}}`,
			next:    `{"apiVersion":"v1","kind":"A","metadata":{"name":"a"},"spec":{"a":1}}`,
		},
		"a new value changes the field and the annotation": {
			desired: `{` + head + `,"spec":{"replicas":2}}`,
			next:    `{` + head + `,"spec":{"replicas":3}}`,
			want:    []string{annotationPath, "spec.replicas"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			observed := created(t, c.desired, c.added)
			if c.next == "" {
				c.next = c.desired
			}
			before := observed.DeepCopy()
			forecast, err := ForecastClientSideApply(observed, object(t, c.next))
			require.NoError(t, err)
			assert.ElementsMatch(t, c.want, forecast.ChangedPaths())
			assert.Equal(t, len(c.want) > 0, forecast.Changed)
			assert.Empty(t, forecast.Claims)
			scribble(forecast.Object.Object)
			assert.Equal(t, before, observed)
		})
	}
}

func TestForecastClientSideApplyWritesTheRevertedAndAnnotatedObject(t *testing.T) {
	observed := created(t, `{"apiVersion":"v1","kind":"A","metadata":{"name":"a"},"spec":{"a":1,"gone":1}}`, `{"metadata":{"uid":"u"},"status":{"x":1},"spec":{"theirs":1}}`)
	forecast, err := ForecastClientSideApply(observed, object(t, `{"apiVersion":"v1","kind":"A","metadata":{"name":"a","uid":"mine"},"spec":{"a":2},"status":{"x":7}}`))
	require.NoError(t, err)
	last, err := child.DecodeLastAppliedAnnotation(forecast.Object.Object)
	require.NoError(t, err)
	assert.Equal(t, tree(t, `{"apiVersion":"v1","kind":"A","metadata":{"name":"a","uid":"mine"},"spec":{"a":2},"status":{"x":7}}`), last)
	forecast.Object.SetAnnotations(nil)
	assert.Equal(t, tree(t, `{"apiVersion":"v1","kind":"A","metadata":{"name":"a","uid":"u"},"spec":{"a":2,"theirs":1},"status":{"x":1}}`), forecast.Object.Object)
}

func TestForecastClientSideApplyHealsDrift(t *testing.T) {
	desired := `{"apiVersion":"v1","kind":"A","metadata":{"name":"a"},"spec":{"env":[{"name":"E","value":"1"}],"replicas":2}}`
	observed := created(t, desired, `{"spec":{"env":[{"name":"E","value":"hacked"}],"replicas":9}}`)
	forecast, err := ForecastClientSideApply(observed, object(t, desired))
	require.NoError(t, err)
	assert.Equal(t, []Change{
		{Path: "spec.env[0].value", From: "hacked", To: "1"},
		{Path: "spec.replicas", From: int64(9), To: int64(2)},
	}, forecast.Changes)
	quiet, err := ForecastClientSideApply(forecast.Object, object(t, desired))
	require.NoError(t, err)
	assert.False(t, quiet.Changed)
}

func TestForecastClientSideApplyOfAMissingChildCreatesIt(t *testing.T) {
	forecast, err := ForecastClientSideApply(nil, object(t, `{"apiVersion":"v1","kind":"A","metadata":{"name":"a"}}`))
	require.NoError(t, err)
	assert.True(t, forecast.Changed)
	assert.Equal(t, []string{"apiVersion", "kind", "metadata"}, forecast.ChangedPaths())
	last, err := child.DecodeLastAppliedAnnotation(forecast.Object.Object)
	require.NoError(t, err)
	assert.Equal(t, "A", last["kind"])
}

func TestForecastClientSideApplyTakesAnUnreadableAnnotationForNone(t *testing.T) {
	observed := object(t, `{"kind":"A","metadata":{"name":"a","annotations":{"metacontroller.k8s.io/last-applied-configuration":"{"}},"spec":{"old":1}}`)
	forecast, err := ForecastClientSideApply(observed, object(t, `{"kind":"A","metadata":{"name":"a"},"spec":{"new":1}}`))
	require.NoError(t, err)
	assert.Equal(t, tree(t, `{"old":1,"new":1}`), forecast.Object.Object["spec"])
}

func TestForecastClientSideApplyRefusesWhatJSONCannotExpress(t *testing.T) {
	desired := &unstructured.Unstructured{Object: map[string]any{"kind": "A", "spec": math.NaN()}}
	_, err := ForecastClientSideApply(nil, desired)
	assert.ErrorContains(t, err, "cannot write the annotation")
}

func TestAnnotateRecordsDesiredWithoutTheRecord(t *testing.T) {
	desired := object(t, `{"kind":"A","metadata":{"name":"a","annotations":{"metacontroller.k8s.io/last-applied-configuration":"old"}}}`)
	annotated, err := AnnotateLastApplied(desired)
	require.NoError(t, err)
	assert.Equal(t, tree(t, `{"kind":"A","metadata":{"name":"a","annotations":{
		"metacontroller.k8s.io/last-applied-configuration":"{\"kind\":\"A\",\"metadata\":{\"name\":\"a\"}}"}}}`), annotated.Object)
	assert.Equal(t, "old", desired.GetAnnotations()[child.LastAppliedAnnotation], "desired is left alone")
}
