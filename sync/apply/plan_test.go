package apply

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const annotationPath = `metadata.annotations["metacontroller.k8s.io/last-applied-configuration"]`

// Each case is the second sync of a child: it was created as desired, the server added to it, and now it is synced.
func TestPlanOfTheSecondSync(t *testing.T) {
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
			verdict, err := Plan(observed, object(t, c.next))
			require.NoError(t, err)
			assert.ElementsMatch(t, c.want, verdict.Paths())
			assert.Equal(t, len(c.want) > 0, verdict.Changed)
			assert.Empty(t, verdict.Claims)
			scribble(verdict.Object.Object)
			assert.Equal(t, before, observed)
		})
	}
}

func TestPlanWritesTheRevertedAndAnnotatedObject(t *testing.T) {
	observed := created(t, `{"apiVersion":"v1","kind":"A","metadata":{"name":"a"},"spec":{"a":1,"gone":1}}`, `{"metadata":{"uid":"u"},"status":{"x":1},"spec":{"theirs":1}}`)
	verdict, err := Plan(observed, object(t, `{"apiVersion":"v1","kind":"A","metadata":{"name":"a","uid":"mine"},"spec":{"a":2},"status":{"x":7}}`))
	require.NoError(t, err)
	last, err := LastApplied(verdict.Object.Object)
	require.NoError(t, err)
	assert.Equal(t, tree(t, `{"apiVersion":"v1","kind":"A","metadata":{"name":"a","uid":"mine"},"spec":{"a":2},"status":{"x":7}}`), last)
	dropKeys(verdict.Object.Object, "metadata", "annotations")
	assert.Equal(t, tree(t, `{"apiVersion":"v1","kind":"A","metadata":{"name":"a","uid":"u"},"spec":{"a":2,"theirs":1},"status":{"x":1}}`), verdict.Object.Object)
}

func TestPlanHealsDrift(t *testing.T) {
	desired := `{"apiVersion":"v1","kind":"A","metadata":{"name":"a"},"spec":{"env":[{"name":"E","value":"1"}],"replicas":2}}`
	observed := created(t, desired, `{"spec":{"env":[{"name":"E","value":"hacked"}],"replicas":9}}`)
	verdict, err := Plan(observed, object(t, desired))
	require.NoError(t, err)
	assert.Equal(t, []Change{
		{Path: "spec.env[0].value", From: "hacked", To: "1"},
		{Path: "spec.replicas", From: int64(9), To: int64(2)},
	}, verdict.Changes)
	quiet, err := Plan(verdict.Object, object(t, desired))
	require.NoError(t, err)
	assert.False(t, quiet.Changed)
}

func TestPlanOfAMissingChildCreatesIt(t *testing.T) {
	verdict, err := Plan(nil, object(t, `{"apiVersion":"v1","kind":"A","metadata":{"name":"a"}}`))
	require.NoError(t, err)
	assert.True(t, verdict.Changed)
	assert.Equal(t, []string{"apiVersion", "kind", "metadata"}, verdict.Paths())
	last, err := LastApplied(verdict.Object.Object)
	require.NoError(t, err)
	assert.Equal(t, "A", last["kind"])
}

func TestPlanTakesAnUnreadableAnnotationForNone(t *testing.T) {
	observed := object(t, `{"kind":"A","metadata":{"name":"a","annotations":{"metacontroller.k8s.io/last-applied-configuration":"{"}},"spec":{"old":1}}`)
	verdict, err := Plan(observed, object(t, `{"kind":"A","metadata":{"name":"a"},"spec":{"new":1}}`))
	require.NoError(t, err)
	assert.Equal(t, tree(t, `{"old":1,"new":1}`), verdict.Object.Object["spec"])
}

func TestPlanRefusesWhatJSONCannotExpress(t *testing.T) {
	desired := &unstructured.Unstructured{Object: map[string]any{"kind": "A", "spec": math.NaN()}}
	_, err := Plan(nil, desired)
	assert.ErrorContains(t, err, "cannot write the annotation")
}

func TestLastApplied(t *testing.T) {
	for name, c := range map[string]struct{ observed, want, err string }{
		"no metadata":              {`{}`, ``, ``},
		"no annotation":            {`{"metadata":{"annotations":{"a":"b"}}}`, ``, ``},
		"an annotation of no text": {`{"metadata":{"annotations":{"metacontroller.k8s.io/last-applied-configuration":7}}}`, ``, ``},
		"an object":                {`{"metadata":{"annotations":{"metacontroller.k8s.io/last-applied-configuration":"{\"a\":1}"}}}`, `{"a":1}`, ``},
		"cut off":                  {`{"metadata":{"annotations":{"metacontroller.k8s.io/last-applied-configuration":"{\"a\":"}}}`, ``, "cannot read the annotation"},
		"null":                     {`{"metadata":{"annotations":{"metacontroller.k8s.io/last-applied-configuration":"null"}}}`, ``, "is not a JSON object"},
		"a list":                   {`{"metadata":{"annotations":{"metacontroller.k8s.io/last-applied-configuration":"[]"}}}`, ``, "cannot read the annotation"},
	} {
		t.Run(name, func(t *testing.T) {
			last, err := LastApplied(tree(t, c.observed))
			assert.Equal(t, tree(t, c.want), last)
			if c.err == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, c.err)
		})
	}
}

func TestAnnotateRecordsDesiredWithoutTheRecord(t *testing.T) {
	desired := object(t, `{"kind":"A","metadata":{"name":"a","annotations":{"metacontroller.k8s.io/last-applied-configuration":"old"}}}`)
	annotated, err := Annotate(desired)
	require.NoError(t, err)
	assert.Equal(t, tree(t, `{"kind":"A","metadata":{"name":"a","annotations":{
		"metacontroller.k8s.io/last-applied-configuration":"{\"kind\":\"A\",\"metadata\":{\"name\":\"a\"}}"}}}`), annotated.Object)
	assert.Equal(t, "old", desired.GetAnnotations()[LastAppliedAnnotation], "desired is left alone")
}
