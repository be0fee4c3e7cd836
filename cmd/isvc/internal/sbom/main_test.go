package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheBillOfThisVeryProgram(t *testing.T) {
	program, err := os.Executable()
	require.NoError(t, err)
	var first, second bytes.Buffer
	require.NoError(t, printBill(program, "v9.9.9", &first))
	require.NoError(t, printBill(program, "v9.9.9", &second))
	assert.Equal(t, first.String(), second.String())

	var b bill
	require.NoError(t, json.Unmarshal(first.Bytes(), &b))
	assert.Equal(t, "CycloneDX", b.Format)
	assert.Equal(t, "v9.9.9", b.Metadata.Component.Version)
	versions := map[string]string{}
	for _, c := range b.Components {
		versions[c.Name] = c.Version
		assert.Equal(t, "pkg:golang/"+c.Name+"@"+c.Version, c.URL)
	}
	assert.Equal(t, strings.TrimPrefix(runtime.Version(), "go"), versions["std"])
}

func TestAReplacedModuleIsListedAsWhatReplacesIt(t *testing.T) {
	b := billOf(&debug.BuildInfo{
		GoVersion: "go1.26.0",
		Main:      debug.Module{Path: "example.org/program", Version: "v1.0.0"},
		Deps: []*debug.Module{
			{Path: "example.org/a", Version: "v1.0.0"},
			{Path: "example.org/b", Version: "v1.0.0", Replace: &debug.Module{Path: "example.org/fork", Version: "v1.0.1"}},
		},
	})
	assert.Equal(t, "example.org/program", b.Metadata.Component.Name)
	assert.Equal(t, []component{
		componentOf("library", "std", "1.26.0"),
		componentOf("library", "example.org/a", "v1.0.0"),
		componentOf("library", "example.org/fork", "v1.0.1"),
	}, b.Components)
}

func TestAFileThatIsNoProgram(t *testing.T) {
	file := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(file, []byte("no program"), 0o600))
	assert.ErrorContains(t, printBill(file, "", &bytes.Buffer{}), "cannot read what")
}
