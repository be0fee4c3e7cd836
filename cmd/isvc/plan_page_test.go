package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/plan"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/hooktest"
	"github.com/isvc-io/isvc/sync/load"
)

const (
	reviewingPage  = "../../docs/reviewing-a-change.md"
	planExamples   = "../../examples/plan"
	updateTheirRun = "run go test ./cmd/isvc -run TestReviewingAChangeIsDocumented -update"
)

// consoleBlock is a block of the page with a command and its output.
var consoleBlock = regexp.MustCompile("(?s)```console\n\\$ isvc ([^\n]*)\n(.*?)```\n")

// TestReviewingAChangeIsDocumented keeps the outputs on the page those of the program.
func TestReviewingAChangeIsDocumented(t *testing.T) {
	page, err := os.ReadFile(reviewingPage)
	require.NoError(t, err)
	path, err := filepath.Abs(reviewingPage)
	require.NoError(t, err)
	t.Chdir(planExamples)
	checkLiveObjects(t)
	count := 0
	made := runConsoleBlocks(t, string(page), func(string) { count++ })
	assert.Equal(t, 3, count)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(made), 0o644))
		return
	}
	assert.Equal(t, made, string(page), updateTheirRun)
}

// runConsoleBlocks returns a page with the outputs of its commands made anew. Each command goes to heard.
func runConsoleBlocks(t *testing.T, page string, heard func(command string)) string {
	t.Helper()
	return consoleBlock.ReplaceAllStringFunc(page, func(block string) string {
		command := consoleBlock.FindStringSubmatch(block)[1]
		heard(command)
		got := isvc("", strings.Fields(command)...)
		assert.Contains(t, []int{exitOK, exitUnresolved}, got.code, "%s: %s", command, got.err)
		assert.Empty(t, got.err, command)
		return "```console\n$ isvc " + command + "\n" + got.out + "```\n"
	})
}

// TestTheFormsOfAPlanAreDocumented keeps the files in examples/plan that show what isvc plan writes.
func TestTheFormsOfAPlanAreDocumented(t *testing.T) {
	t.Chdir(planExamples)
	for form, name := range map[string]string{outputJSON: "plan.json", outputMarkdown: "plan.md"} {
		got := isvc("", "plan", "-f", "is", "--with", "edit", "-o", form)
		require.Equal(t, exitUnresolved, got.code, got.err)
		if *update {
			require.NoError(t, os.WriteFile(name, []byte(got.out), 0o644))
		}
		written, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.Equal(t, string(written), got.out, "run go test ./cmd/isvc -run TestTheFormsOfAPlanAreDocumented -update")
	}
}

// checkLiveObjects compares live.yaml: the objects of the service team-a/chat as Metacontroller has applied them, after
// somebody has set another image.
func checkLiveObjects(t *testing.T) {
	t.Helper()
	var files []load.File
	for _, name := range []string{"is/catalogue.yaml", "is/services.yaml"} {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		files = append(files, load.File{Name: name, Data: data})
	}
	set, _ := load.Files(files, "default")
	response, err := sync.Sync(set.Requests(load.Options{Kinds: kinds.All(), Names: []string{"team-a/chat"}})[0])
	require.NoError(t, err)
	var documents []string
	for _, desired := range response.Children {
		live, err := hooktest.AnnotateLastApplied(desired)
		require.NoError(t, err)
		if live.GetKind() == "Deployment" {
			containers, _, _ := unstructured.NestedFieldNoCopy(live.Object, "spec", "template", "spec", "containers")
			containers.([]any)[0].(map[string]any)["image"] = "docker.io/vllm/vllm-openai:hotfix"
			live.SetManagedFields([]metav1.ManagedFieldsEntry{{
				Manager: "kubectl-set", Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: "apps/v1", FieldsType: "FieldsV1",
				FieldsV1: metav1.NewFieldsV1(`{"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"ome-container\"}":{"f:image":{}}}}}}}`),
			}})
		}
		text, err := yaml.Marshal(live.Object)
		require.NoError(t, err)
		documents = append(documents, string(text))
	}
	made := strings.Join(documents, "---\n")
	if *update {
		require.NoError(t, os.WriteFile("live.yaml", []byte(made), 0o644))
	}
	written, err := os.ReadFile("live.yaml")
	require.NoError(t, err)
	assert.Equal(t, made, string(written), updateTheirRun)
}

// TestTheWorkflowComments runs the steps of the example with a program in the place of GitHub's: the first
// run of a pull request makes a comment, the next one writes it anew, and the last step fails as the plan
// says.
func TestTheWorkflowComments(t *testing.T) {
	for _, program := range []string{"bash", "git"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program + " is not here")
		}
	}
	steps := workflowSteps(t)
	root, bin := t.TempDir(), t.TempDir()
	program, err := os.Executable()
	require.NoError(t, err)
	require.NoError(t, os.Symlink(program, filepath.Join(bin, presentIsvc)))
	require.NoError(t, os.WriteFile(filepath.Join(bin, "gh"), []byte("#!/bin/sh\necho \"$@\" >> calls\ncase \"$2\" in --paginate) cat made 2>/dev/null || true;; esac\n"), 0o700))
	run := func(script string, env ...string) error {
		command := exec.Command("bash", "-eo", "pipefail", "-c", script)
		command.Dir = root
		command.Env = append(os.Environ(), append(env, "PATH="+bin+":"+os.Getenv("PATH"), "GITHUB_OUTPUT=output", "GITHUB_STEP_SUMMARY=summary",
			"COMMENTS=repos/acme/models/issues/7/comments", "GITHUB_REPOSITORY=acme/models", "GIT_CONFIG_GLOBAL=/dev/null",
			"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")...)
		output, err := command.CombinedOutput()
		t.Logf("%s\n%s", script, output)
		return err
	}
	write := func(name, text string) {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		return string(text)
	}
	write("catalogue/all.yaml", model+"---\n"+servingRuntime)
	write("services/chat.yaml", chat)
	require.NoError(t, run("git init -q . && git add catalogue services && git commit -qm is"))
	write("catalogue/all.yaml", model+"---\n"+nextImage)
	require.NoError(t, run("git commit -qam would"))

	require.NoError(t, run(steps["Check out what is"]))
	require.NoError(t, run(steps["Plan"]))
	assert.Equal(t, "status=0\n", read("output"))
	assert.Regexp(t, "\n\\| `ClusterServingRuntime rt` \\| `spec.engineConfig.runner.image` \\(catalogue/all.yaml:[0-9]+\\) \\| 1 rolling \\|\n", read("summary"))
	require.NoError(t, run(steps["Comment"]))
	assert.True(t, strings.HasPrefix(read("comment.md"), "<!-- isvc plan -->\n**1 of 1 service changes: 1 rolling."))
	write("made", "99\n")
	require.NoError(t, run(steps["Comment"]))
	assert.Equal(t, []string{
		"--method POST repos/acme/models/issues/7/comments", "--method PATCH repos/acme/models/issues/comments/99",
	}, regexp.MustCompile(`--method \S+ \S+`).FindAllString(read("calls"), -1))
	require.NoError(t, run(steps["Fail where the plan is worse than allowed"], "STATUS=0"))
	require.Error(t, run(steps["Fail where the plan is worse than allowed"], "STATUS=3"))
}

// workflowSteps are the scripts of the example workflow by the names of their steps.
func workflowSteps(t *testing.T) map[string]string {
	t.Helper()
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct{ Name, Run string }
		}
	}
	text, err := os.ReadFile(filepath.Join(planExamples, "github-workflow.yaml"))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &workflow))
	scripts := map[string]string{}
	for _, step := range workflow.Jobs["plan"].Steps {
		scripts[step.Name] = step.Run
	}
	return scripts
}

// TestTheCommandsOfReviewingAChangeExist: flags and verbs on the page and in the workflow are those of
// the program.
func TestTheCommandsOfReviewingAChangeExist(t *testing.T) {
	workflow, err := os.ReadFile(filepath.Join(planExamples, "github-workflow.yaml"))
	require.NoError(t, err)
	var parsed map[string]any
	require.NoError(t, yaml.UnmarshalStrict(workflow, &parsed))
	page, err := os.ReadFile(reviewingPage)
	require.NoError(t, err)
	root := newRoot("isvc", streams{})
	for _, line := range regexp.MustCompile(`(?m)isvc(?:-next)? (plan|diff) (.*)$`).FindAllStringSubmatch(string(page)+string(workflow), -1) {
		at := slices.IndexFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == line[1] })
		require.GreaterOrEqual(t, at, 0, line[0])
		for _, flag := range regexp.MustCompile(` --([a-z-]+)`).FindAllStringSubmatch(" "+line[2], -1) {
			assert.NotNil(t, root.Commands()[at].Flags().Lookup(flag[1]), "%s has no flag --%s", line[1], flag[1])
		}
	}
}

// documentedObject is a row of the page about a form of JSON: objects, and the fields that they have.
var documentedObject = regexp.MustCompile(`(?m)^\| (the plan|the difference|` + "`[^|]*`" + `) \| (.*) \|$`)

// TestTheJSONIsDocumented: the page names every field that a plan or a difference can have, and no other
// one.
func TestTheJSONIsDocumented(t *testing.T) {
	assertDocumented(t, "The JSON", reflect.TypeFor[plan.Report]())
	assertDocumented(t, "What differs already", reflect.TypeFor[plan.Diff]())
}

func assertDocumented(t *testing.T, heading string, of reflect.Type) {
	t.Helper()
	documented := documentedFields(t, heading)
	fields := map[string][]string{}
	addFields(fields, "", of)
	for object, names := range fields {
		// The same objects occur in several places, and are documented once.
		object = strings.NewReplacer("waiting[].children[].restarts", "restarts", "waiting[].children[]", "children[]", "children[].restarts", "restarts",
			"waiting[].restarts", "restarts", "services[].pods", "summary.pods", "services[].accelerators", "summary.accelerators").Replace(object)
		assert.Subset(t, documented[object], names, "the object %q under %s", object, heading)
		values := []string{"changed", "added", "removed", "before", "after", "both", "--full", "--against-program", "resource.k8s.io/claim"}
		assert.Subset(t, append(values, names...), documented[object], "the object %q under %s", object, heading)
	}
}

// documentedFields are the fields of the objects in a table of the page.
func documentedFields(t *testing.T, heading string) map[string][]string {
	t.Helper()
	page, err := os.ReadFile(reviewingPage)
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "\n## "+heading+"\n")
	require.True(t, found, heading)
	section, _, _ = strings.Cut(section, "\n## ")
	inCode := regexp.MustCompile("`([^`]*)`")
	documented := map[string][]string{}
	for _, row := range documentedObject.FindAllStringSubmatch(section, -1) {
		objects := []string{""}
		if strings.HasPrefix(row[1], "`") {
			objects = strings.Split(strings.ReplaceAll(row[1], "`", ""), ", ")
		}
		for _, object := range objects {
			for _, field := range inCode.FindAllStringSubmatch(row[2], -1) {
				documented[object] = append(documented[object], field[1])
			}
		}
	}
	return documented
}

// addFields lists the JSON fields of the objects of a type, by the path of the object.
func addFields(into map[string][]string, path string, of reflect.Type) {
	switch of.Kind() {
	case reflect.Pointer:
		addFields(into, path, of.Elem())
	case reflect.Slice:
		addFields(into, path+"[]", of.Elem())
	case reflect.Map:
		addFields(into, path+".*", of.Elem())
	case reflect.Struct:
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			switch {
			case of.Field(i).Anonymous:
				addFields(into, path, of.Field(i).Type)
				continue
			case name == "", name == "-":
				continue // it is not written
			}
			into[path] = append(into[path], name)
			addFields(into, strings.TrimPrefix(path+"."+name, "."), of.Field(i).Type)
		}
	}
}
