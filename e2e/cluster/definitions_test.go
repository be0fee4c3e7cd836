package cluster

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
	kept := optional([]Definition{
		Define("keda.sh", "v1alpha1", "ScaledObject", "scaledobjects", "Namespaced"),
		Define("keda.sh", "v1alpha1", "ScaledJob", "scaledjobs", "Namespaced"),
		Define("apps", "v1", "Deployment", "deployments", "Namespaced"),
	})
	require.Len(t, kept, 1)
	assert.Equal(t, "scaledobjects.keda.sh", kept[0].GetName())
}

func TestAFolderWithoutDefinitionsIsAnError(t *testing.T) {
	_, err := read(t.TempDir() + "/*.yaml")
	assert.ErrorContains(t, err, "cannot find definitions")
}
