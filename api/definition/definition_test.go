package definition

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const described = `{"spec": {"names": {"kind": "Thing"}, "versions": [{"schema": {"openAPIV3Schema": {
	"description": "a thing", "type": "object", "properties": {
		"description": {"description": "a text", "type": "string"},
		"list": {"type": "array", "items": {"description": "a text", "type": "string"}},
		"map": {"description": "a map", "type": "object", "additionalProperties": {"type": "object", "properties": {"a": {"description": "deep"}}}},
		"open": {"type": "object", "additionalProperties": true}}}}}]}}`

func decoded(t *testing.T, text string) (crd map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &crd))
	return crd
}

func TestWalkVisitsSchemasInOneOrder(t *testing.T) {
	var names []string
	WalkSchemas(SchemasOf(decoded(t, described))[0], func(name string, _ map[string]any) { names = append(names, name) })
	assert.Equal(t, []string{"", "description", "list", "", "map", "", "a", "open"}, names)
}

func TestDefaultsAreSetWhereTheFieldIsLeftOut(t *testing.T) {
	schema := decoded(t, `{"type": "object", "properties": {
		"ports": {"type": "array", "items": {"type": "object", "properties": {"number": {"type": "integer"}, "protocol": {"default": "TCP"}}}},
		"byName": {"type": "object", "additionalProperties": {"type": "object", "properties": {"weight": {"default": 1}}}},
		"probe": {"type": "object", "properties": {"service": {"default": ""}}}}}`)
	for given, want := range map[string]string{
		`{}`: `{}`,
		`{"ports": [{"number": 1}, {"protocol": "UDP"}, {"protocol": null}]}`: `{"ports": [{"number": 1, "protocol": "TCP"}, {"protocol": "UDP"}, {"protocol": "TCP"}]}`,
		`{"byName": {"a": {}, "b": {"weight": 2}}}`:                           `{"byName": {"a": {"weight": 1}, "b": {"weight": 2}}}`,
		`{"probe": {}}`: `{"probe": {"service": ""}}`,
		`{"probe": "text", "ports": {}, "other": {"protocol": null}}`: `{"probe": "text", "ports": {}, "other": {"protocol": null}}`,
	} {
		value := decoded(t, given)
		SetDefaults(schema, value)
		assert.Equal(t, decoded(t, want), value, given)
	}
}

func TestDescriptionsGoAndComeBack(t *testing.T) {
	crd := decoded(t, described)
	d := &Descriptions{}
	assert.Equal(t, 5, d.TakeFrom(crd))
	assert.Equal(t, []string{"a thing", "a text", "a map", "deep"}, d.Texts, "each text once")
	assert.Equal(t, map[string][]int{"Thing": {0, 1, -1, 1, 2, -1, 3, -1}}, d.Schemas)
	plain, err := json.Marshal(crd)
	require.NoError(t, err)
	assert.Equal(t, decoded(t, `{"spec": {"names": {"kind": "Thing"}, "versions": [{"schema": {"openAPIV3Schema": {
		"type": "object", "properties": {
			"description": {"type": "string"}, "list": {"type": "array", "items": {"type": "string"}},
			"map": {"type": "object", "additionalProperties": {"type": "object", "properties": {"a": {}}}},
			"open": {"type": "object", "additionalProperties": true}}}}}]}}`), decoded(t, string(plain)),
		"a property that is called description is none")
	require.NoError(t, d.PutInto(crd))
	assert.Equal(t, decoded(t, described), crd)
}

func TestDescriptionsOfAnotherDefinitionAreRefused(t *testing.T) {
	d := &Descriptions{}
	d.TakeFrom(decoded(t, described))
	fewer := decoded(t, described)
	delete(Member(SchemasOf(fewer)[0], "properties"), "map")
	assert.EqualError(t, d.PutInto(fewer), "there are descriptions of 8 schemas of Thing, which has 5")
	assert.EqualError(t, d.PutInto(map[string]any{}), "there are descriptions of 0 schemas of , which has 0")
}
