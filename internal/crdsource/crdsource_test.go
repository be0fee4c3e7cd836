package crdsource

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func TestDescriptionsGoAndPropertiesOfThatNameStay(t *testing.T) {
	var schema map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(`
description: for people
properties:
  description: {type: string, description: for people}
  items: {anyOf: [{description: for people, type: integer}]}
`), &schema))
	stripDescriptions(schema)
	assert.Equal(t, map[string]any{"properties": map[string]any{
		"description": map[string]any{"type": "string"},
		"items":       map[string]any{"anyOf": []any{map[string]any{"type": "integer"}}},
	}}, schema)
}

func TestOnlyDefinitionsOfOptionalKindsAreKept(t *testing.T) {
	definition := func(group, kind string) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"spec": map[string]any{"group": group, "names": map[string]any{"kind": kind}},
		}}
	}
	scaled := definition("keda.sh", "ScaledObject")
	assert.Equal(t, []*unstructured.Unstructured{scaled},
		optional([]*unstructured.Unstructured{scaled, definition("keda.sh", "ScaledJob"), definition("apps", "Deployment")}))
}

func TestAFolderWithoutDefinitionsIsAnError(t *testing.T) {
	_, err := Read(t.TempDir() + "/*.yaml")
	assert.ErrorContains(t, err, "cannot find definitions")
}
