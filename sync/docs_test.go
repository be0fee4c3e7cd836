package sync_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/internal/omecases"
)

const compatibilityHead = `# Compatibility with OME

isvc reads the objects of OME's API group ` + "`ome.io/v1beta1`" + ` and promises: every
manifest that OME accepts works unchanged, and where OME produces working
objects, isvc produces the same ones. Names, selectors, labels, environment,
mounts and arguments are compared with those that OME's own controller makes
from the same input (commit 17b77eda of May 2026), object by object, and so is the
status. Input and results are in ` + "`testdata/ome`" + `.

The lists below name every place in which the result differs, and why. They are
made from ` + "`testdata/ome-differences.yaml`" + ` and ` + "`testdata/ome-status-differences.yaml`" + `,
and the comparison fails on a difference that is not in them.

## Objects

`

// TestCompatibilityPageIsCurrent keeps docs/compatibility.md in step with the
// table of differences; -update writes it.
func TestCompatibilityPageIsCurrent(t *testing.T) {
	var page bytes.Buffer
	page.WriteString(compatibilityHead)
	for _, row := range loadDifferences(t, childDifferences) {
		fmt.Fprintf(&page, "* **%s.** %s\n", row.Title, row.Why)
	}
	page.WriteString("\n## Status\n\n")
	for _, row := range loadDifferences(t, statusDifferences) {
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

// TestMigrationPageListsWhatRestartsPods compares the list of docs/migration.md
// with the differences of the table that change a pod template.
func TestMigrationPageListsWhatRestartsPods(t *testing.T) {
	page, err := os.ReadFile("../docs/migration.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "<!-- The list is checked by TestMigrationPageListsWhatRestartsPods. -->")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	var listed []string
	for _, item := range regexp.MustCompile(`(?m)^\* \*\*(.*)\.\*\*`).FindAllStringSubmatch(section, -1) {
		listed = append(listed, item[1])
	}
	rows := loadDifferences(t, childDifferences)
	for _, title := range listed {
		assert.True(t, slices.ContainsFunc(rows, func(d difference) bool { return d.Title == title }), "%s is no difference", title)
	}
	changing := changingTemplates(t, rows)
	var want []string
	for _, row := range rows {
		if changing[row.ID] {
			want = append(want, row.Title)
		}
	}
	assert.Equal(t, want, listed)
}

// changingTemplates are the differences that the pod templates of the cases of
// testdata/ome show.
func changingTemplates(t *testing.T, rows []difference) map[string]bool {
	t.Helper()
	template := regexp.MustCompile(`: \.spec\.(template|leaderWorkerTemplate|headGroupSpec\.template|workerGroupSpecs)`)
	changing := map[string]bool{}
	for _, c := range omecases.All(t) {
		if c.Data(omecases.Children) == nil {
			continue
		}
		for _, place := range compare(omeChildren(t, c), ourChildren(t, c)) {
			if template.MatchString(place) {
				changing[explained(rows, c.Name, place)] = true
			}
		}
	}
	return changing
}
