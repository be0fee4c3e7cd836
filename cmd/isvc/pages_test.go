package main

import (
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// readPages reads all pages of the repository, by their paths.
func readPages(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}
	require.NoError(t, fs.WalkDir(os.DirFS("../.."), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (path == ".git" || path == "bin" || path == "dist" || entry.Name() == "published"):
			return fs.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(filepath.Join("../..", path))
		pages[path] = string(text)
		return err
	}))
	require.Greater(t, len(pages), 40)
	return pages
}

var (
	fencedBlock = regexp.MustCompile("(?ms)^ *```([a-z]*)\n(.*?)^ *```$")
	inlineCode  = regexp.MustCompile("`[^`\n]*`")
	pageLink    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	pageHeading = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// TestLinksLeadSomewhere follows every relative link of every page, to a file and to a heading in it.
func TestLinksLeadSomewhere(t *testing.T) {
	pages, followed := readPages(t), 0
	anchors := map[string][]string{}
	for path, text := range pages {
		anchors[path] = anchorsOf(text)
	}
	for path, text := range pages {
		text = inlineCode.ReplaceAllString(fencedBlock.ReplaceAllString(text, ""), "code")
		for _, link := range pageLink.FindAllStringSubmatch(text, -1) {
			if strings.Contains(link[1], "://") || strings.HasPrefix(link[1], "mailto:") {
				continue
			}
			followed++
			file, anchor, _ := strings.Cut(link[1], "#")
			target := path
			if file != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(path), file))
			}
			_, err := os.Stat(filepath.Join("../..", target))
			if !assert.NoError(t, err, "%s: link to %s", path, link[1]) || anchor == "" {
				continue
			}
			assert.Contains(t, anchors[target], anchor, "%s: link to %s", path, link[1])
		}
	}
	assert.Greater(t, followed, 200)
}

// anchorsOf are the anchors that GitHub gives to the headings of a page.
func anchorsOf(page string) (anchors []string) {
	for _, heading := range pageHeading.FindAllStringSubmatch(page, -1) {
		text := pageLink.ReplaceAllString(strings.ToLower(heading[1]), "]")
		text = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(text, "")
		anchors = append(anchors, strings.ReplaceAll(text, " ", "-"))
	}
	for _, name := range regexp.MustCompile(`<a (?:id|name)="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		anchors = append(anchors, name[1])
	}
	return anchors
}

// TestTheIndexNamesEveryPage keeps docs/README.md and examples/README.md complete.
func TestTheIndexNamesEveryPage(t *testing.T) {
	for index, pages := range map[string]string{"docs/README.md": "docs/*.md", "examples/README.md": "examples/*/README.md"} {
		text, err := os.ReadFile(filepath.Join("../..", index))
		require.NoError(t, err)
		names, err := filepath.Glob(filepath.Join("../..", pages))
		require.NoError(t, err)
		for _, name := range names {
			relative, err := filepath.Rel(filepath.Join("../..", filepath.Dir(index)), name)
			require.NoError(t, err)
			if relative != "README.md" {
				assert.Contains(t, string(text), "("+filepath.ToSlash(relative)+")", index)
			}
		}
	}
}

// shellBlocks are the blocks of a page that users type.
func shellBlocks(page string) (blocks []string) {
	for _, block := range fencedBlock.FindAllStringSubmatch(page, -1) {
		if block[1] == "sh" {
			blocks = append(blocks, block[2])
		}
	}
	return blocks
}

// TestCommandsWorkInBashAndZsh has both shells parse what users type, and refuses what zsh does with it in
// another way: it looks for files where a ? or [ is not quoted, knows no comment on a command line, and takes the
// value of a variable for one word.
func TestCommandsWorkInBashAndZsh(t *testing.T) {
	pages := readPages(t)
	maps.DeleteFunc(pages, func(path, _ string) bool { return !strings.HasPrefix(path, "docs/") && path != "README.md" })
	for _, shell := range []string{"bash", "zsh"} {
		t.Run(shell, func(t *testing.T) {
			if _, err := exec.LookPath(shell); err != nil {
				t.Skip(shell, "is not there")
			}
			for path, page := range pages {
				for _, block := range shellBlocks(page) {
					command := exec.Command(shell, "-n")
					command.Stdin = strings.NewReader(block)
					output, err := command.CombinedOutput()
					assert.NoError(t, err, "%s: refused\n%s%s", path, block, output)
				}
			}
		})
	}
	quoted := regexp.MustCompile(`(?s)'[^']*'|"(?:\\.|[^"\\])*"`)
	checked := 0
	for path, page := range pages {
		for _, block := range shellBlocks(page) {
			checked++
			bare := quoted.ReplaceAllString(block, "text")
			assert.NotRegexp(t, `[?\[]`, strings.ReplaceAll(bare, "[ ", ""), "%s: not quoted in\n%s", path, block)
			assert.NotRegexp(t, `(?m)(^| )#`, bare, "%s: a comment in\n%s", path, block)
			assert.NotRegexp(t, `\bin [^\n;]*\$[\w{]`, block, "%s: words of a variable in\n%s", path, block)
		}
	}
	assert.Greater(t, checked, 40)
}

// TestBlocksSayWhatTheyAre: a block says whether it has commands (sh), commands with what is seen (console), or
// another text, so that tests know what to type.
func TestBlocksSayWhatTheyAre(t *testing.T) {
	for path, page := range readPages(t) {
		isOpen := false
		for number, line := range strings.Split(page, "\n") {
			fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
			if isFence && !isOpen {
				assert.NotEmpty(t, fence, "%s:%d: what is this block?", path, number+1)
			}
			isOpen = isOpen != isFence
		}
	}
}

// TestCommandsOfPagesExist compares verbs and flags of isvc in the pages with those of the program.
func TestCommandsOfPagesExist(t *testing.T) {
	verbs := map[string]*cobra.Command{}
	for _, verb := range newRoot("isvc", streams{}).Commands() {
		verbs[verb.Name()] = verb
	}
	checked := 0
	for path, page := range readPages(t) {
		if strings.HasPrefix(path, "testdata/") || path == "CHANGELOG.md" {
			continue
		}
		for _, block := range fencedBlock.FindAllStringSubmatch(page, -1) {
			if block[1] != "sh" && block[1] != "console" {
				continue
			}
			text := strings.ReplaceAll(block[2], "\\\n", " ")
			for _, line := range regexp.MustCompile(`(?m)(?:^ *\$ |^ *|\| |kubectl |\./cmd/)isvc ([a-z]+)([^|;&>\n]*)`).FindAllStringSubmatch(text, -1) {
				checked++
				verb, known := verbs[line[1]]
				if !assert.True(t, known, "%s: there is no verb in %q", path, line[0]) {
					continue
				}
				for _, flag := range regexp.MustCompile(` --([a-z-]+)`).FindAllStringSubmatch(line[2], -1) {
					assert.NotNil(t, verb.Flags().Lookup(flag[1]), "%s: there is no flag --%s in %q", path, flag[1], line[0])
				}
			}
		}
	}
	assert.Greater(t, checked, 50)
}

// TestTheActionChecks runs the steps of the GitHub Action against a release in a folder: first with files
// that pass, then with one that a cluster would refuse.
func TestTheActionChecks(t *testing.T) {
	for _, program := range []string{"bash", "curl", "tar", "sha256sum", "grep"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program + " is not here")
		}
	}
	install, action := readAction(t, "install"), readAction(t, "check")
	require.Len(t, install.Runs.Steps, 1)
	require.Len(t, action.Runs.Steps, 2)
	assert.ElementsMatch(t, []string{"version"}, sortedKeys(install.Inputs))
	assert.ElementsMatch(t, []string{"paths", "version", "fail-on", "metadata"}, sortedKeys(action.Inputs))

	root, releases := t.TempDir(), t.TempDir()
	program, err := os.Executable()
	require.NoError(t, err)
	run := func(script string, env ...string) (string, error) {
		command := exec.Command("bash", "-eo", "pipefail", "-c", script)
		command.Dir = root
		command.Env = append(os.Environ(), append(env, "RUNNER_TEMP="+root, "RUNNER_ARCH=X64", "GITHUB_PATH="+filepath.Join(root, "path"),
			"ISVC_RELEASES=file://"+releases, "VERSION=v9.9.9", "FAIL_ON="+action.Inputs["fail-on"].Default)...)
		output, err := command.CombinedOutput()
		return string(output), err
	}
	require.NoError(t, os.Mkdir(filepath.Join(releases, "v9.9.9"), 0o700))
	packed, err := run("cd '" + releases + "/v9.9.9' && ln -s '" + program + "' isvc && ln -s '" + program + "' isvc-check && tar -czf isvc-linux-amd64.tar.gz isvc isvc-check && sha256sum *.tar.gz > SHA256SUMS")
	require.NoError(t, err, packed)

	out, err := run(action.Runs.Steps[0].Run, "GITHUB_ACTION_PATH="+actionFolder(t, "check"))
	require.NoError(t, err, out)
	added, err := os.ReadFile(filepath.Join(root, "path"))
	require.NoError(t, err)
	path := "PATH=" + strings.TrimSpace(string(added)) + ":" + os.Getenv("PATH")
	require.NoError(t, os.WriteFile(filepath.Join(root, "all.yaml"), []byte(model+"---\n"+servingRuntime+"---\n"+chat), 0o600))
	out, err = run(action.Runs.Steps[1].Run, path, "PATHS=.", "METADATA=")
	require.NoError(t, err, out)
	require.NoError(t, os.WriteFile(filepath.Join(root, "bad.yaml"), []byte("apiVersion: ome.io/v1beta1\nkind: InferenceService\nmetadata: {name: bad}\nspec: {model: {name: none}, engine: {}}\n"), 0o600))
	out, err = run(action.Runs.Steps[1].Run, path, "PATHS=all.yaml bad.yaml", "METADATA=")
	require.Error(t, err, out)
	assert.Contains(t, out, "::error file=bad.yaml,line=")

	require.NoError(t, os.WriteFile(filepath.Join(releases, "v9.9.9", "SHA256SUMS"), []byte(strings.Repeat("0", 64)+"  isvc-linux-amd64.tar.gz\n"), 0o600))
	out, err = run(install.Runs.Steps[0].Run, "GITHUB_ACTION_PATH="+actionFolder(t, "install"))
	require.Error(t, err, "an archive with another checksum is not unpacked")
	assert.Contains(t, out, "isvc-linux-amd64.tar.gz: FAILED")
}

// gitHubAction is what the tests read of a composite action.
type gitHubAction struct {
	Inputs map[string]struct{ Default string }
	Runs   struct{ Steps []struct{ Name, Run string } }
}

func readAction(t *testing.T, name string) (action gitHubAction) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(actionFolder(t, name), "action.yml"))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &action))
	return action
}

// actionFolder is where GitHub finds an action, with the rest of the repository around it.
func actionFolder(t *testing.T, name string) string {
	t.Helper()
	folder, err := filepath.Abs("../../.github/actions/" + name)
	require.NoError(t, err)
	return folder
}

func sortedKeys[V any](of map[string]V) (keys []string) {
	for key := range maps.Keys(of) {
		keys = append(keys, key)
	}
	return keys
}

// TestThePreCommitHooksRun runs each hook as pre-commit does, over an example and the hidden files of a repository, which
// are no manifests.
func TestThePreCommitHooksRun(t *testing.T) {
	text, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	require.NoError(t, err)
	var hooks []struct {
		ID, Entry, Language string
		Args                []string
		PassFilenames       *bool `json:"pass_filenames"`
	}
	require.NoError(t, yaml.Unmarshal(text, &hooks))
	require.Len(t, hooks, 2)
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS("../../examples/quickstart")))
	require.NoError(t, os.Mkdir(filepath.Join(folder, "team"), 0o700))
	for _, hidden := range []string{".pre-commit-config.yaml", ".releaserc.json", "team/.values.yaml"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, hidden), []byte("kind: [not a manifest\n"), 0o600))
	}
	t.Chdir(folder)
	for _, hook := range hooks {
		require.Equal(t, "system", hook.Language, hook.ID)
		require.False(t, *hook.PassFilenames, "%s reads all files", hook.ID)
		command := strings.Fields(hook.Entry)
		require.Equal(t, "isvc", command[0])
		got := isvc("", append(command[1:], hook.Args...)...)
		assert.Zero(t, got.code, "%s: %s%s", hook.ID, got.out, got.err)
	}
}
