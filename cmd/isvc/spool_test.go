package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestASpoolWritesTheSameFromMemoryAndFromAFile(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	written := func(size int) string {
		s := &spool{}
		for i := range 3000 {
			text := fmt.Sprintf("n: %d\n%s\n", i, strings.Repeat("x", size))
			s.addDocument(document{documentKey{kind: fmt.Sprint("K", i%3), namespace: "a", name: fmt.Sprint("n", i/6)}, []byte(text)})
		}
		files, err := os.ReadDir(folder)
		require.NoError(t, err)
		assert.Equal(t, 3000*size > spoolMemory, len(files) == 1)
		var out bytes.Buffer
		require.NoError(t, s.writeTo(&out, outputYAML))
		require.NoError(t, s.removeFile())
		return strings.ReplaceAll(out.String(), strings.Repeat("x", size), "")
	}
	inMemory := written(10)
	assert.True(t, strings.HasPrefix(inMemory, "n: 0\n\n---\nn: 3\n\n---\nn: 6\n"), "equal keys stay in order")
	assert.Equal(t, 2999, strings.Count(inMemory, "---\n"))
	assert.Equal(t, inMemory, written(20_000))
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestASpoolWithoutAFolderFails(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "absent"))
	s := &spool{}
	s.addDocument(document{text: make([]byte, spoolMemory+1)})
	s.addDocument(document{text: make([]byte, spoolMemory+1)})
	assert.ErrorContains(t, s.writeTo(&bytes.Buffer{}, outputYAML), "cannot keep the output in a temporary file: ")
	assert.NoError(t, s.removeFile())
}
