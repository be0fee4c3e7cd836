package observed_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/isvc-io/isvc/sync/observed"
)

func TestTreeIsWhatUnstructuredObjectsHold(t *testing.T) {
	for _, text := range []string{
		`{}`,
		`{"a":{"b":[1,-2,1.5,1e3,9223372036854775807,18446744073709551615,true,false,null,"x\u00fc\n",[],{}]}}`,
		`{"a":1,"a":2}`,
		` { "spaces" : [ 1 , 2 ] } `,
	} {
		var want map[string]any
		require.NoError(t, utiljson.Unmarshal([]byte(text), &want))
		got, err := observed.Tree([]byte(text))
		require.NoError(t, err)
		assert.Equal(t, want, got, text)
	}
}

func TestTreeRefusesWhatIsNoObject(t *testing.T) {
	for _, text := range []string{``, `null`, `[]`, `1`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":[1`, `{} {}`, `{"a":01}`} {
		_, err := observed.Tree([]byte(text))
		assert.Error(t, err, text)
	}
}

func TestFieldsAreSlicesOfTheObject(t *testing.T) {
	fields, err := observed.Fields([]byte(` {"a": {"b":[1, 2]} ,"c":null, "a":3}`))
	require.NoError(t, err)
	assert.Equal(t, "3", string(fields["a"]))
	assert.Equal(t, "null", string(fields["c"]))
	for _, text := range []string{``, `[]`, `{"a":1`, `{"a"}`} {
		_, err := observed.Fields([]byte(text))
		assert.Error(t, err, text)
	}
}

func TestChildLeavesOutWhatNoDecisionLooksAt(t *testing.T) {
	const annotated = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","annotations":{"last":"{}"},"managedFields":[{}]},"spec":{"replicas":2,"selector":{"matchLabels":{"app":"a"}},"template":{}},"status":{"replicas":1}}`
	got, err := observed.Child([]byte(annotated), "last")
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{"name": "a", "annotations": map[string]any{"last": "{}"}},
		"spec":     map[string]any{"replicas": int64(2), "selector": map[string]any{"matchLabels": map[string]any{"app": "a"}}},
	}, got)

	whole, err := observed.Tree([]byte(annotated))
	require.NoError(t, err)
	got, err = observed.Child([]byte(annotated), "other")
	require.NoError(t, err)
	assert.Equal(t, whole, got, "without the annotation nothing is left out")

	_, err = observed.Child([]byte(`[]`), "last")
	assert.Error(t, err)
}

func FuzzTree(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":null}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := observed.Tree(raw)
		var want map[string]any
		if err == nil && utiljson.Unmarshal(raw, &want) == nil {
			assert.Equal(t, want, got)
		}
	})
}
