package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// programText is a program that renders every input to a Deployment and a Service object: a script, because
// it is built often.
const programText = `#!/bin/sh
cat <<'END'
{"apiVersion": "v1", "kind": "List", "items": [
	{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "chat", "namespace": "default"}, "spec": {
		"replicas": REPLICAS, "template": {"spec": {"containers": [{"name": "c", "image": "IMAGE"}]}}}},
	{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "chat", "namespace": "default"}}]}
END
`

// programFile is where a scratch repository has its program.
const programFile = "cmd/isvc/isvc.sh"

// copyProgram is the builder for a scratch repository.
func copyProgram(_ context.Context, folder, program string) error {
	text, err := os.ReadFile(filepath.Join(folder, programFile))
	if err != nil {
		return err
	}
	return os.WriteFile(program, text, 0o700)
}

const changelog = `# Changelog

## Unreleased

### Held until released

HELD

### Added

- A field.

## 1.0.0

### Held until released

- What was held then.
`

// scratch is a throw-away repository with a program and one input.
type scratch struct {
	t    *testing.T
	root string
}

func newScratch(t *testing.T) scratch {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	s := scratch{t, t.TempDir()}
	s.git("init", "-q", "-b", "main")
	s.write("testdata/raw/in/service.yaml", "kind: InferenceService\n")
	s.write("testdata/ome/001-raw.txtar", "a case\n-- in/service.yaml --\nkind: InferenceService\n-- out/x.yaml --\n")
	s.program("1", "one")
	s.changelog("")
	s.commit()
	return s
}

func (s scratch) git(arguments ...string) {
	s.t.Helper()
	command := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"}, arguments...)...)
	command.Dir = s.root
	output, err := command.CombinedOutput()
	require.NoError(s.t, err, "%s", output)
}

func (s scratch) write(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.root, name)
	require.NoError(s.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(s.t, os.WriteFile(path, []byte(text), 0o600))
}

func (s scratch) program(replicas, image string) {
	s.t.Helper()
	s.write(programFile, strings.NewReplacer("REPLICAS", replicas, "IMAGE", image).Replace(programText))
}

func (s scratch) changelog(held string) {
	s.t.Helper()
	s.write("CHANGELOG.md", strings.ReplaceAll(changelog, "HELD", held))
}

func (s scratch) commit() {
	s.t.Helper()
	s.git("add", "-A")
	s.git("commit", "-q", "--allow-empty", "-m", "x")
}

// check runs the command in the repository.
func (s scratch) check() (announced bool, output string) {
	s.t.Helper()
	var out bytes.Buffer
	announced, err := checkRepository(context.Background(), s.root, "", copyProgram, &out)
	require.NoError(s.t, err)
	return announced, out.String()
}

func TestATemplateOfUnchangedInputThatDiffersMustBeAnnounced(t *testing.T) {
	s := newScratch(t)
	s.program("1", "two")
	s.commit()
	announced, output := s.check()
	assert.False(t, announced)
	assert.Contains(t, output, "(the first parent): 2 inputs, 2 workloads with other pod templates")
	assert.Contains(t, output, "spec.template.spec.containers[c].image of testdata/raw: Deployment default/chat and 1 more")
	assert.Contains(t, output, `CHANGELOG.md does not say so: write under Unreleased, in the section "Held until released"`)

	s.changelog("- Another image.")
	s.git("add", "-A")
	s.git("commit", "-q", "--amend", "-m", "x")
	announced, output = s.check()
	assert.True(t, announced, output)
	assert.Contains(t, output, "CHANGELOG.md says so")
}

func TestAnEntryOfAnEarlierRevisionAnnouncesNothingMore(t *testing.T) {
	s := newScratch(t)
	s.changelog("- Another image.")
	s.commit()
	s.program("1", "two")
	s.commit()
	announced, output := s.check()
	assert.False(t, announced, output)
}

func TestWhatIsNoTemplateOfUnchangedInputNeedsNoEntry(t *testing.T) {
	for sentence, change := range map[string]func(s scratch){
		"nothing differs":           func(scratch) {},
		"replicas are not for pods": func(s scratch) { s.program("2", "one") },
		"the inputs are others": func(s scratch) {
			s.program("1", "two")
			s.write("testdata/raw/in/service.yaml", "kind: InferenceService\nspec: {}\n")
			s.write("testdata/new/in/service.yaml", "kind: InferenceService\n")
			s.write("testdata/ome/001-raw.txtar", "a case\n-- in/service.yaml --\nspec: {}\n-- out/x.yaml --\n")
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			s := newScratch(t)
			change(s)
			s.commit()
			announced, output := s.check()
			assert.True(t, announced, output)
			assert.Contains(t, output, "0 workloads with other pod templates")
		})
	}
}

func TestTheProgramOfAFolderIsBuiltByGo(t *testing.T) {
	s := scratch{t, t.TempDir()}
	program := filepath.Join(t.TempDir(), "isvc")
	s.write("go.mod", "module example.org/scratch\n\ngo 1.26\n")
	s.write("cmd/isvc/main.go", "package main\n\nfunc main() { print(\"it runs\") }\n")
	require.NoError(t, buildProgram(context.Background(), s.root, program))
	output, err := exec.Command(program).CombinedOutput()
	require.NoError(t, err)
	assert.Equal(t, "it runs", string(output))

	s.write("cmd/isvc/main.go", "package main\n")
	require.ErrorContains(t, buildProgram(context.Background(), s.root, program), "cannot build the program: ")
}

func TestTheRevisionsToCompareWith(t *testing.T) {
	relations := func(s scratch) (relations []string) {
		revisions, err := repository{context.Background(), s.root}.revisionsToCompare("")
		require.NoError(t, err)
		for _, r := range revisions {
			relations = append(relations, r.relation)
		}
		return relations
	}
	s := newScratch(t)
	_, err := repository{context.Background(), s.root}.revisionsToCompare("")
	require.ErrorContains(t, err, "there is no earlier revision to compare with, as in a shallow clone")
	s.program("1", "two")
	assert.Equal(t, []string{"without the changes that are not committed"}, relations(s))
	s.commit()
	assert.Equal(t, []string{"the first parent"}, relations(s))
	s.git("tag", "v1.0.0")
	s.commit()
	assert.Equal(t, []string{"the first parent"}, relations(s), "which is the release")
	s.commit()
	assert.Equal(t, []string{"the first parent", "the last release, v1.0.0"}, relations(s))
	s.git("checkout", "-q", "-b", "branch")
	s.commit()
	s.commit()
	assert.Equal(t, []string{"where this branch leaves main", "the last release, v1.0.0"}, relations(s))
}

func TestEveryRevisionMustBeAnnounced(t *testing.T) {
	s := newScratch(t)
	s.git("tag", "v1.0.0")
	s.program("1", "two")
	s.commit()
	s.commit()
	announced, output := s.check()
	assert.False(t, announced, "the last commit changes nothing, but an earlier one did after the release: %s", output)
	s.changelog("- Another image.")
	s.commit()
	announced, output = s.check()
	assert.True(t, announced, output)
}

func TestTheSectionOfTheChangelog(t *testing.T) {
	assert.Equal(t, "HELD", heldSection(changelog))
	assert.Empty(t, heldSection(strings.ReplaceAll(changelog, "HELD", "")))
	assert.Empty(t, heldSection("# Changelog\n\n## Unreleased\n\n### Added\n\n## 1.0.0\n\n### Held until released\n\n- Then.\n"))
	assert.Empty(t, heldSection(""))
	own, err := os.ReadFile("../../../../CHANGELOG.md")
	require.NoError(t, err)
	_, unreleased, _ := strings.Cut(string(own), "## Unreleased")
	assert.Equal(t, strings.Contains(unreleased, "### "+heldTitle), heldSection(string(own)) != "", "the changelog has the form that is read here")
}
