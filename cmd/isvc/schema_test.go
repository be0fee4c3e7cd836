package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSchemaWritesAFileForEachKind(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "schemas")
	got := isvc("", "schema", "--to", folder)
	require.Zero(t, got.code, got.err)
	files, err := filepath.Glob(folder + "/ome.io/*_v1beta1.json")
	require.NoError(t, err)
	require.Len(t, files, 7)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var schema struct{ Title string }
		require.NoError(t, json.Unmarshal(text, &schema))
		assert.Equal(t, filepath.Base(file), strings.ToLower(schema.Title)+"_v1beta1.json")
	}
	one := isvc("", "schema", "inferenceservice")
	require.Zero(t, one.code, one.err)
	written, err := os.ReadFile(filepath.Join(folder, "ome.io", "inferenceservice_v1beta1.json"))
	require.NoError(t, err)
	assert.Equal(t, string(written), one.out)

	some := filepath.Join(t.TempDir(), "some")
	require.Zero(t, isvc("", "schema", "--to", some, "BaseModel").code)
	files, err = filepath.Glob(some + "/ome.io/*")
	require.NoError(t, err)
	assert.Len(t, files, 1)
}

func TestSchemaRefusesWhatItCannotDo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for sentence, c := range map[string]struct {
		args []string
		says string
	}{
		"no kind":          {nil, "name one kind, or the folder for the files of several with --to"},
		"two kinds":        {[]string{"BaseModel", "InferenceService"}, "name one kind"},
		"a misspelt kind":  {[]string{"InferenceServices"}, `there is no kind "InferenceServices" in ome.io: did you mean InferenceService?`},
		"another kind":     {[]string{"Deployment"}, `there is no kind "Deployment" in ome.io: use AcceleratorClass,`},
		"a file as folder": {[]string{"--to", file}, "cannot make the folder of the schemas"},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := isvc("", append([]string{"schema"}, c.args...)...)
			assert.Equal(t, 2, got.code)
			assert.Contains(t, got.err, c.says)
			assert.Empty(t, got.out)
		})
	}
}

func TestManifestsPrintDefinitionsAlone(t *testing.T) {
	plain := isvc("", "manifests", "--crds-only")
	described := isvc("", "manifests", "--crds-only", "--descriptions")
	require.Zero(t, plain.code, plain.err)
	require.Zero(t, described.code, described.err)
	assert.Equal(t, 7, strings.Count(plain.out, "kind: CustomResourceDefinition\n"))
	assert.NotContains(t, plain.out, "kind: Deployment\n")
	assert.NotContains(t, plain.out, "maxReplicas is the upper limit")
	assert.Contains(t, described.out, "maxReplicas is the upper limit")
	whole := isvc("", "manifests", "--descriptions")
	assert.Contains(t, whole.out, described.out)
	assert.Equal(t, 2, isvc("", "manifests", "--crds-only", "--kinds", "lws").code, "definitions are the same for all kinds")
}
