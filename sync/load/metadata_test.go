package load

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	unreadModel = "apiVersion: ome.io/v1beta1\nkind: ClusterBaseModel\nmetadata: {name: m}\nspec: {storage: {storageUri: \"hf://a/b\"}, modelArchitecture: Own, quantization: \"\"}\n"
	readModel   = "apiVersion: ome.io/v1beta1\nkind: ClusterBaseModel\nmetadata: {name: m, labels: {a: b}, uid: u}\nspec: {storage: {storageUri: \"hf://other\"}, modelFormat: {name: safetensors}, modelArchitecture: Read, quantization: fp8, vendor: x}\nstatus: {state: Ready}\n"
)

func TestASnapshotCompletesModels(t *testing.T) {
	snapshot, problems := MetadataSnapshot(file(readModel+"---\n"+chat), "default")
	require.Empty(t, problems)
	assert.Equal(t, `apiVersion: v1
items:
- apiVersion: ome.io/v1beta1
  kind: ClusterBaseModel
  metadata:
    name: m
  spec:
    modelArchitecture: Read
    modelFormat:
      name: safetensors
    quantization: fp8
kind: List
`, string(snapshot), "facts alone: no storage, no vendor, no state")
	set, problems := Files(append(file(unreadModel), File{Name: "metadata.yaml", Data: snapshot, IsMetadata: true}), "default")
	require.Empty(t, problems)
	assert.Equal(t, map[string]any{
		"storage":     map[string]any{"storageUri": "hf://a/b"},
		"modelFormat": map[string]any{"name": "safetensors"}, "quantization": "fp8", "modelArchitecture": "Own",
	}, input(t, set, "ClusterBaseModel m")["spec"], "what the model says itself wins")
	assert.Len(t, set.Inputs(), 1)
}

func TestASnapshotHasModelsOnly(t *testing.T) {
	set, problems := Files([]File{{Name: "metadata.yaml", Data: []byte(chat), IsMetadata: true}}, "default")
	require.Len(t, problems, 1)
	assert.Equal(t, Unusable, problems[0].Severity)
	assert.Contains(t, problems[0].String(), "is of kind InferenceService: a snapshot of metadata has BaseModels and ClusterBaseModels")
	assert.Empty(t, set.Inputs())
	_, problems = Files([]File{{Name: "metadata.yaml", Data: []byte(strings.Repeat("a: [", 3)), IsMetadata: true}}, "default")
	assert.Len(t, problems, 1)
}
