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

func TestSchemaPrintsDefinitions(t *testing.T) {
	all := isvc("", "schema", "--definitions")
	require.Zero(t, all.code, all.err)
	assert.Equal(t, 7, strings.Count(all.out, "kind: CustomResourceDefinition\n"))
	assert.Equal(t, 6, strings.Count(all.out, "\n---\n"))
	assert.Contains(t, all.out, "maxReplicas is the upper limit")
	one := isvc("", "schema", "--definitions", "BaseModel")
	require.Zero(t, one.code, one.err)
	assert.Contains(t, all.out, one.out)
	assert.Equal(t, 1, strings.Count(one.out, "kind: CustomResourceDefinition\n"))
	assert.Equal(t, 2, isvc("", "schema", "--definitions", "--to", t.TempDir()).code, "one or the other")
}
