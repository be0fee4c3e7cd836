package child

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func anyManager(Manager) bool { return true }

func TestMalformedManagedFieldsCountAsAbsent(t *testing.T) {
	for name, c := range map[string]struct{ entries, want string }{
		"entries that are not objects": {`7,null,[]`, ``},
		"fields of another type":       {`{"fieldsV1":"x"},{"fieldsV1":null}`, ``},
		"a field of another type":      {`{"fieldsV1":{"f:a":7}}`, ``},
		"a key without a type":         {`{"fieldsV1":{"bare":{}}}`, ``},
		"broken keys of items":         {`{"fieldsV1":{"f:a":{"k:{":{}}}},{"fieldsV1":{"f:a":{"v:{":{}}}},{"fieldsV1":{"f:a":{"i:x":{}}}}`, ``},
		"a type that is not known":     {`{"fieldsV1":{"x:y":{},"f:a":{}}}`, `{"f:a":{}}`},
		"a malformed entry and another": {
			`{"fieldsV1":{"f:a":7}},{"fieldsV1":{"f:b":{}}},{"fieldsV1":{"f:c":{"f:d":{}}}}`, `{"f:b":{},"f:c":{"f:d":{}}}`},
		"an empty entry": {`{"fieldsV1":{}}`, ``},
	} {
		t.Run(name, func(t *testing.T) {
			fields := FieldsOwnedBy(tree(t, `{"metadata":{"managedFields":[`+c.entries+`]}}`), anyManager)
			if c.want == "" {
				assert.Nil(t, fields)
				return
			}
			got, err := fields.ToJSON()
			require.NoError(t, err)
			assert.JSONEq(t, c.want, string(got))
		})
	}
	assert.Nil(t, FieldsOwnedBy(tree(t, `{"metadata":{"managedFields":{}}}`), anyManager))
}

func TestOwnsField(t *testing.T) {
	object := tree(t, `{"metadata":{"managedFields":[
		{"manager":"a","operation":"Apply","apiVersion":"v1","fieldsV1":{"f:spec":{"f:replicas":{}}}},
		{"manager":"b","operation":"Update","apiVersion":"v1","subresource":"scale","fieldsV1":{"f:spec":{"f:replicas":{}}}},
		{"manager":"c","fieldsV1":{"f:spec":{"f:paused":{}}}}]}}`)
	for name, c := range map[string]struct {
		by   Manager
		want bool
	}{
		"an entry of apply":         {Manager{"a", "Apply", "v1", ""}, true},
		"an entry of a subresource": {Manager{"b", "Update", "v1", "scale"}, true},
		"an entry of other fields":  {Manager{Name: "c"}, false},
		"no entry":                  {Manager{Name: "a"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			by := func(m Manager) bool { return m == c.by }
			assert.Equal(t, c.want, OwnsField(object, []string{"spec", "replicas"}, by))
			assert.False(t, OwnsField(object, []string{"replicas"}, by))
		})
	}
}

func TestItemsAreFoundByTheFirstFewSetsOfKeys(t *testing.T) {
	fields := FieldsOwnedBy(tree(t, `{"metadata":{"managedFields":[{"fieldsV1":{"f:a":{
		"k:{\"a\":1}":{},"k:{\"b\":1}":{},"k:{\"c\":1}":{},"k:{\"d\":1}":{},"k:{\"e\":1}":{},"k:{\"a\":2}":{},"k:{}":{}}}}]}}`), anyManager)
	object := map[string]any{"a": []any{
		map[string]any{"a": 2.0, "x": "y"}, map[string]any{"d": int64(1)}, map[string]any{"e": int64(1)}, map[string]any{}, "x",
	}}
	assert.Equal(t, map[string]any{"a": []any{map[string]any{"a": 2.0}, map[string]any{"d": int64(1)}}}, extractMap(object, fields, nil))
}

// A decoder lets 10,000 levels through.
func TestDeepTreesAreHarmless(t *testing.T) {
	const depth = 9_900
	nested := func(open, inner, end string) string {
		return strings.Repeat(open, depth) + inner + strings.Repeat(end, depth)
	}
	object := tree(t, fmt.Sprintf(`{"apiVersion":"v1","kind":"A","metadata":{"name":"a","managedFields":[
		{"manager":"metacontroller","operation":"Apply","apiVersion":"v1","fieldsV1":%s}]},"a":%s}`,
		nested(`{"f:a":`, `{}`, `}`), nested(`{"a":`, `[{"name":"x"},{"name":"x"}]`, `}`)))
	last, source, ok := LastApplied(&unstructured.Unstructured{Object: object})
	require.True(t, ok)
	assert.Equal(t, FromManagedFields, source)
	assert.True(t, Equal(object["a"], last.Object["a"]))
	assert.ErrorContains(t, CheckAppliable(last.Object), "two items of a.a.a.")
	assert.True(t, Equal(last.Object, Canonical(last).Object))
}

func TestThousandsOfManagersAreHarmless(t *testing.T) {
	var entries []string
	for i := range 5_000 {
		entries = append(entries, fmt.Sprintf(`{"fieldsV1":{"f:%d":{}}}`, i))
	}
	object := tree(t, `{"metadata":{"managedFields":[`+strings.Join(entries, ",")+`]}}`)
	assert.Equal(t, 5_000, FieldsOwnedBy(object, anyManager).Size())
}
