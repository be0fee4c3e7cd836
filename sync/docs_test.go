package sync_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const compatibilityHead = `# Compatibility with OME

isvc reads the objects of OME's API group ` + "`ome.io/v1beta1`" + ` and promises: every
manifest that OME accepts works unchanged, and where OME produces working
objects, isvc produces the same ones. Names, selectors, labels, environment,
mounts and arguments are compared with those that OME's own controller makes
from the same input (commit 17b77eda of May 2026), object by object.

The list below names every place in which the result differs, and why. It is
made from ` + "`testdata/ome-differences.yaml`" + `, and the comparison fails on a difference
that is not in it.

`

// TestCompatibilityPageIsCurrent keeps docs/compatibility.md in step with the
// table of differences; -update writes it.
func TestCompatibilityPageIsCurrent(t *testing.T) {
	var page bytes.Buffer
	page.WriteString(compatibilityHead)
	for _, row := range loadDifferences(t) {
		fmt.Fprintf(&page, "* **%s.** %s\n", row.Title, row.Why)
	}
	requirePage(t, "../docs/compatibility.md", page.Bytes())
}

func requirePage(t *testing.T, path string, want []byte) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(path, want, 0o644))
		return
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update")
	assert.Equal(t, string(want), string(got), "run the test with -update")
}
