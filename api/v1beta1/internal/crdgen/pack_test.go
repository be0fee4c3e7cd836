package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/definition"
)

func TestPack(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "crds")
	require.NoError(t, os.Mkdir(folder, 0o755))
	put := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644))
	}
	descriptions := &definition.Descriptions{Texts: []string{"a text"}, Schemas: map[string][]int{"Thing": {0}}}
	const packed = `{"texts":["a text"],"schemas":{"Thing":[0]}}`
	archive := func() []byte {
		require.NoError(t, packFolder(folder, descriptions))
		data, err := os.ReadFile(folder + ".zip")
		require.NoError(t, err)
		return data
	}
	put("b.yaml", "b: 1")
	put("a.yaml", "a: 1")
	put("c.txt", "not a definition")
	first := archive()
	assert.True(t, archiveHolds(folder+".zip", map[string][]byte{"crds/descriptions.json": []byte(packed), "crds/a.yaml": []byte("a: 1"), "crds/b.yaml": []byte("b: 1")}))
	require.NoError(t, os.Remove(folder+".zip"))
	assert.Equal(t, first, archive(), "the same files give the same archive")

	put("a.yaml", "a: 2")
	assert.NotEqual(t, first, archive(), "a file changed")
	require.NoError(t, os.Remove(filepath.Join(folder, "a.yaml")))
	archive()
	assert.True(t, archiveHolds(folder+".zip", map[string][]byte{"crds/descriptions.json": []byte(packed), "crds/b.yaml": []byte("b: 1")}), "a file went")
	assert.False(t, archiveHolds("missing", nil))
}
