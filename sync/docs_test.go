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
manifest that OME accepted in May 2026 works unchanged, what later versions added is
served or named field by field, and where OME produces working
objects, isvc produces the same ones. Names, selectors, labels, environment,
mounts and arguments are compared with those that OME's own controller makes
from the same input (commit 17b77eda of May 2026), object by object, and so is the
status. Input and results are in ` + "`testdata/ome`" + `.

The lists of [objects](#objects) and [status](#status) name every place in which the result
differs, and why. They are made from ` + "`testdata/ome-differences.yaml`" + ` and
` + "`testdata/ome-status-differences.yaml`" + `, and the comparison fails on a difference that is not
in them.

## By version of OME

Manifests of May 2026 and of every version up to v1.3 can be given to isvc: nothing in them is
dropped in silence. Not every version has the same fields. The tables list what later versions
added and removed, and what isvc does with it; all else that a service says is served, with the
differences below. A test tries every row of ` + "`testdata/ome-versions.yaml`" + `, from which they
are made.

* **served**: it has the effect that it has in OME.
* **in part**: it has an effect, and the condition ` + "`SpecHonored`" + ` says what is different.
* **noted**: it has no effect, and ` + "`SpecHonored`" + ` says so.
* **refused**: the service is held, and the condition Ready says why.
* **passed over**: an object that isvc does not read.

What is known of v1.2.2 is its release; v1.3 was not released when this was written, and stands for
OME's main branch of September 2026.

`

// TestCompatibilityPageIsCurrent keeps docs/compatibility.md in step with the
// table of differences; -update writes it.
func TestCompatibilityPageIsCurrent(t *testing.T) {
	var page bytes.Buffer
	page.WriteString(compatibilityHead)
	page.WriteString(versionsOfPage(t))
	page.WriteString("\n## Objects\n\n")
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
		for _, place := range childrenThatDiffer(t, c) {
			if template.MatchString(place) {
				changing[explained(rows, c.Name, place)] = true
			}
		}
	}
	return changing
}

// TestMigrationPageSaysWhatToDo requires that the page names everything of newer versions of OME that has
// not the whole effect that it has in OME.
func TestMigrationPageSaysWhatToDo(t *testing.T) {
	text, err := os.ReadFile("../docs/migration.md")
	require.NoError(t, err)
	page := strings.Join(strings.Fields(string(text)), " ")
	for _, row := range loadVersionRows(t) {
		if row.Isvc == isServed || row.Since == "" {
			continue
		}
		names := regexp.MustCompile("`[^`]+`").FindAllString(row.What, -1)
		if row.Isvc == isPassedOver {
			names = regexp.MustCompile(`\b[A-Z]\w+[A-Z]\w+`).FindAllString(row.What, -1)
		}
		for _, name := range names {
			assert.Contains(t, page, strings.Trim(name, "`…"), row.What)
		}
	}
}
