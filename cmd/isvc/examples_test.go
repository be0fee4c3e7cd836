package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheExamplesAreDocumented keeps the outputs in the examples those of the program.
func TestTheExamplesAreDocumented(t *testing.T) {
	t.Chdir("../..")
	pages, err := filepath.Glob("examples/*/README.md")
	require.NoError(t, err)
	count := 0
	for _, name := range pages {
		page, err := os.ReadFile(name)
		require.NoError(t, err)
		made := runConsoleBlocks(t, string(page), func(string) { count++ })
		if *update {
			require.NoError(t, os.WriteFile(name, []byte(made), 0o644))
			continue
		}
		assert.Equal(t, made, string(page), "%s: run go test ./cmd/isvc -run TestTheExamplesAreDocumented -update", name)
	}
	assert.GreaterOrEqual(t, count, 9)
}

// TestTheExamplesPassLint lints every example with a service and its catalogue.
func TestTheExamplesPassLint(t *testing.T) {
	t.Chdir("../..")
	catalogues, err := filepath.Glob("examples/*/catalogue.yaml")
	require.NoError(t, err)
	inputs := [][]string{{"-f", "examples/canary/is"}, {"-f", "examples/laptop"}}
	for _, catalogue := range catalogues {
		inputs = append(inputs, []string{"-f", filepath.Dir(catalogue)})
	}
	assert.GreaterOrEqual(t, len(inputs), 8)
	for _, input := range inputs {
		got := isvc("", append([]string{"lint", "--fail-on", "warning"}, input...)...)
		assert.Zero(t, got.code, "%s: %s%s", input, got.out, got.err)
		got = isvc("", append([]string{"validate", "--check", "off"}, input...)...)
		assert.Zero(t, got.code, "%s: %s%s", input, got.out, got.err)
	}
}
