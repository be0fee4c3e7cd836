package child

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestManagedFieldsPassesOverWhatIsMalformed(t *testing.T) {
	fields := FieldsManagedBy(tree(t, `{"metadata":{"managedFields":[7,null,{"fieldsV1":"x"},
		{"fieldsV1":{"f:a":7,"f:b":{"k:{":{},"k:{}":{},"v:{":{},"i:x":{},"i:-1":{},"i:2":{"f:c":{}},"x:y":{},"bare":{}}}}]}}`),
		func(Manager) bool { return true })
	require.NotNil(t, fields)
	assert.Equal(t, &Fields{Names: map[string]*Fields{
		"a": {}, "b": {Indexes: map[int]*Fields{2: {Names: map[string]*Fields{"c": {}}}}},
	}}, fields)
	assert.Nil(t, FieldsManagedBy(tree(t, `{"metadata":{"managedFields":{}}}`), func(Manager) bool { return true }))
}

func TestFieldsOfTooManyKindsOfKeysAreBounded(t *testing.T) {
	fields := FieldsManagedBy(tree(t, `{"metadata":{"managedFields":[{"fieldsV1":{"f:a":{
		"k:{\"a\":1}":{},"k:{\"b\":1}":{},"k:{\"c\":1}":{},"k:{\"d\":1}":{},"k:{\"e\":1}":{},"k:{\"a\":2}":{}}}}]}}`), func(Manager) bool { return true })
	assert.Len(t, fields.Name("a").Items, 5)
	item, ok := fields.Name("a").ItemOf(map[string]any{"a": 2.0, "x": "y"})
	require.True(t, ok)
	assert.Equal(t, map[string]any{"a": int64(2)}, item.Keys)
	_, ok = fields.Name("a").ItemOf(map[string]any{"e": int64(1)})
	assert.False(t, ok)
}
