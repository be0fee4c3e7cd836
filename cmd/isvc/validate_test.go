package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/cmd/isvc/check"
	"github.com/isvc-io/isvc/cmd/isvc/lint"
)

// fakeProtocol is the variable with the version of the protocol that the fake isvc-check speaks.
const fakeProtocol = "ISVC_TEST_PROTOCOL"

// runFakeCheck is an isvc-check that refuses the ports 99999 and the model "refused", and fails on the
// image "crash"; for the image "babble" it answers with more than a pipe holds, which is no JSON.
func runFakeCheck(in io.Reader, out io.Writer) int {
	encoder := json.NewEncoder(out)
	hello := check.Hello{Protocol: check.Version}
	if os.Getenv(fakeProtocol) != "" {
		hello.Protocol++
	}
	if encoder.Encode(hello) != nil {
		return 1
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var asked check.Request
		object := &unstructured.Unstructured{}
		if json.Unmarshal(lines.Bytes(), &asked) != nil || object.UnmarshalJSON(asked.Object) != nil {
			return 1
		}
		if strings.Contains(lines.Text(), `"crash"`) {
			_, _ = io.WriteString(os.Stderr, "isvc-check: something broke\n")
			return 3
		}
		if strings.Contains(lines.Text(), `"babble"`) {
			_, _ = io.WriteString(out, strings.Repeat("no answer\n", 100_000))
			_, _ = io.WriteString(os.Stderr, "isvc-check: is another program\n")
			continue
		}
		if encoder.Encode(fakeResult(object)) != nil {
			return 1
		}
	}
	return 0
}

func fakeResult(object *unstructured.Unstructured) check.Result {
	if name, _, _ := unstructured.NestedString(object.Object, "spec", "model", "name"); name == "refused" {
		return check.Result{Findings: []check.Finding{{Severity: check.Refused, Field: "spec.model.name", Cause: "FieldValueInvalid", Message: `Invalid value: "refused"`, By: "the definition"}}}
	}
	ports, _, _ := unstructured.NestedSlice(object.Object, "spec", "ports")
	result := check.Result{Findings: refusedPorts(ports, "spec.ports", "port", "targetPort")}
	containers, _, _ := unstructured.NestedSlice(object.Object, "spec", "template", "spec", "containers")
	for i, container := range containers {
		ports, _, _ := unstructured.NestedSlice(container.(map[string]any), "ports")
		result.Findings = append(result.Findings, refusedPorts(ports, fmt.Sprintf("spec.template.spec.containers[%d].ports", i), "containerPort")...)
	}
	return result
}

// refusedPorts finds the numbers 99999 in fields of ports at a path.
func refusedPorts(ports []any, path string, fields ...string) (refused []check.Finding) {
	for i, port := range ports {
		for _, field := range fields {
			if number, _, _ := unstructured.NestedInt64(port.(map[string]any), field); number == 99999 {
				refused = append(refused, check.Finding{
					Severity: check.Refused, Field: fmt.Sprintf("%s[%d].%s", path, i, field), Cause: "FieldValueInvalid",
					Message: "Invalid value: 99999: must be between 1 and 65535, inclusive", By: "Kubernetes",
				})
			}
		}
	}
	return refused
}

// withFakeCheck puts the fake isvc-check into PATH.
func withFakeCheck(t *testing.T) {
	t.Helper()
	own, err := os.Executable()
	require.NoError(t, err)
	folder := t.TempDir()
	require.NoError(t, os.Symlink(own, filepath.Join(folder, check.ProgramName)))
	t.Setenv("PATH", folder)
}

const (
	badPort     = `ports: [{containerPort: 99999}]`
	noCheckNote = "isvc-check is neither beside isvc nor in PATH: what a cluster says to the objects of the services was not checked\n"
)

// servicePort is the input with a port of the service that Kubernetes refuses, runtimePort with one of
// the runtime.
func servicePort() string {
	return strings.Replace(all, "engine: {minReplicas: 1}", "engine: {minReplicas: 1, runner: {name: ome-container, "+badPort+"}}", 1)
}

func TestValidateAsksIsvcCheck(t *testing.T) {
	withFakeCheck(t)
	runtimePort := strings.Replace(all, "ports: [{name: http, containerPort: 8080, protocol: TCP}]", badPort, 1)
	require.Contains(t, runtimePort, badPort)
	require.Contains(t, servicePort(), badPort)
	for sentence, test := range map[string]struct {
		input    string
		findings int
		line     string
	}{
		"a value of the service": {servicePort(), 1, `standard input:33:67: error: InferenceService team-a/chat: Deployment/chat-engine spec.template.spec.containers[0].ports[1].containerPort: Kubernetes: Invalid value: 99999: must be between 1 and 65535, inclusive; the same in Service/chat-engine (from InferenceService team-a/chat spec.engine.runner.ports[0].containerPort) [ISVC063 RefusedByCluster]`},
		"a value of the runtime": {runtimePort, 1, `(from ClusterServingRuntime rt spec.engineConfig.runner.ports[0].containerPort) [ISVC063 RefusedByCluster]`},
		"an object of the input": {strings.Replace(all, "model: {name: tiny}", "model: {name: refused}", 1), 2, `error: InferenceService team-a/chat: spec.model.name: the definition: Invalid value: "refused" [ISVC062 RefusedByDefinition]`},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := isvc(test.input, "validate", "-f", "-")
			assert.Equal(t, exitUnresolved, got.code, got.err)
			assert.Contains(t, got.out, test.line)
			assert.Equal(t, test.findings+1, strings.Count(got.out, "\n"), "lines, of which the last counts the others")
			assert.Empty(t, got.err)
		})
	}
	assert.Equal(t, "no findings\n", isvc(all, "validate", "-f", "-").out)
	assert.Equal(t, "no findings\n", isvc(servicePort(), "validate", "-f", "-", "--check", "off").out)
}

func TestValidateSaysThatIsvcCheckIsNotThere(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	got := isvc(all, "validate", "-f", "-")
	assert.Equal(t, exitOK, got.code)
	assert.Equal(t, noCheckNote, got.err)
	got = isvc(all, "validate", "-f", "-", "--check", "required")
	assert.Equal(t, exitUnusable, got.code)
	assert.Equal(t, "isvc: "+noCheckNote, got.err)
	got = isvc(all, "validate", "-f", "-", "--check", "perhaps")
	assert.Equal(t, exitUnusable, got.code)
	assert.Contains(t, got.err, `there is no value "perhaps" of --check: use auto, required or off`)
}

func TestValidateFailsWhenIsvcCheckFails(t *testing.T) {
	withFakeCheck(t)
	got := isvc(strings.Replace(all, "image: registry.example/engine:1", "image: crash", 1), "validate", "-f", "-")
	assert.Equal(t, exitUnusable, got.code)
	assert.Contains(t, got.err, "isvc-check: something broke")
	got = isvc(strings.Replace(all, "image: registry.example/engine:1", "image: babble", 1), "validate", "-f", "-")
	assert.Equal(t, exitUnusable, got.code)
	assert.Contains(t, got.err, "isvc-check: is another program")
	t.Setenv(fakeProtocol, "2")
	got = isvc(all, "validate", "-f", "-")
	assert.Equal(t, exitUnusable, got.code)
	assert.Contains(t, got.err, "speaks version 2 of the protocol, and this program version 1: install both of one release")
}

// TestFindingsInEveryForm: each form has the rule, the place in the file and the message.
func TestFindingsInEveryForm(t *testing.T) {
	withFakeCheck(t)
	for form, parts := range map[string][]string{
		"text":     {"standard input:33:67: error: ", "1 finding: 1 error\n"},
		"json":     {`"apiVersion": "isvc.io/findings/v1"`, `"line": 33`, `"column": 67`, `"id": "ISVC063"`, `"errors": 1`},
		"sarif":    {`"ruleId": "ISVC063"`, `"startLine": 33`, `"startColumn": 67`},
		"junit":    {`<testsuite name="standard input" tests="1" failures="1">`, `line="33"`, `<failure type="ISVC063"`},
		"github":   {"::error file=standard input,line=33,col=67,title=ISVC063 RefusedByCluster::InferenceService team-a/chat: "},
		"markdown": {"**isvc: 1 finding: 1 error**", "| error | `standard input:33:67` InferenceService team-a/chat: "},
	} {
		got := isvc(servicePort(), "validate", "-f", "-", "-o", form)
		assert.Equal(t, exitUnresolved, got.code, form)
		for _, part := range parts {
			assert.Contains(t, got.out, part, form)
		}
		none := isvc(all, "validate", "-f", "-", "-o", form)
		assert.Equal(t, exitOK, none.code, form)
		assert.NotEmpty(t, none.out, form)
	}
	assert.Equal(t, exitUnusable, isvc(all, "validate", "-f", "-", "-o", "yaml").code)
	var report lint.Report
	require.NoError(t, json.Unmarshal([]byte(isvc(all, "validate", "-f", "-", "-o", "json").out), &report))
	assert.NotNil(t, report.Findings, "an empty list, not null")
}

// TestEveryRuleOfValidateIsFound: the rules that only validate applies.
func TestEveryRuleOfValidateIsFound(t *testing.T) {
	withFakeCheck(t)
	found := isvc(servicePort()+"---\n"+strings.Replace(strings.Replace(chat, "name: tiny", "name: refused", 1), "name: chat", "name: other", 1)+
		"---\n{{\n---\napiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: x}\n", "validate", "-f", "-").out
	for _, rule := range lint.Rules() {
		if rule.IsOfValidate() && rule.Name != lint.RuleWarned {
			assert.Contains(t, found, "["+rule.ID+" "+rule.Name+"]")
		}
	}
}

// TestMetadataThatAnAgentReadsIsNoMistake: a model that does not say its format is told as information,
// and a snapshot of a cluster says it.
func TestMetadataThatAnAgentReadsIsNoMistake(t *testing.T) {
	unread := "apiVersion: ome.io/v1beta1\nkind: ClusterBaseModel\nmetadata: {name: tiny}\nspec: {storage: {storageUri: \"hf://acme/tiny\", path: /models/acme/tiny}}\n"
	input := unread + "---\n" + servingRuntime + "---\n" + strings.Replace(chat, "  runtime: {name: rt}\n", "", 1)
	for _, verb := range [][]string{{"validate", "--check", "off"}, {"lint"}} {
		got := isvc(input, append(verb, "-f", "-")...)
		assert.Equal(t, exitOK, got.code, got.out)
		assert.Contains(t, got.out, ": info: InferenceService team-a/chat: ModelMetadataMissing: ClusterBaseModel tiny has no spec.modelFormat.name yet", verb)
		assert.Contains(t, got.out, "[ISVC066 MetadataPending]\n1 finding: 1 info\n")
	}
	newFakeClusterWith(t, func(args []string) *kubectlAnswer {
		assert.Equal(t, "get basemodels.v1beta1.ome.io,clusterbasemodels.v1beta1.ome.io --all-namespaces --output=json", strings.Join(args, " "))
		text, err := yaml.YAMLToJSON([]byte(model))
		require.NoError(t, err)
		return &kubectlAnswer{Out: `{"apiVersion": "v1", "kind": "List", "items": [` + string(text) + `]}`}
	})
	snapshot := isvc("", "dump", "--metadata")
	require.Equal(t, exitOK, snapshot.code, snapshot.err)
	path := filepath.Join(folder(t, map[string]string{"metadata.yaml": snapshot.out}), "metadata.yaml")
	got := isvc(input, "validate", "--check", "off", "-f", "-", "--metadata", path)
	assert.Equal(t, "no findings\n", got.out)
	assert.Equal(t, exitOK, isvc(input, "render", "-f", "-", "--metadata", path).code)
	assert.Equal(t, exitUnresolved, isvc(input, "render", "-f", "-").code, "there is nothing to print")
}

func TestDumpPrintsWhatPlanReads(t *testing.T) {
	servingCluster(t, all)
	dumped := isvc("", "dump")
	require.Equal(t, exitOK, dumped.code, dumped.err)
	assert.Equal(t, exitOK, isvc(dumped.out, "render", "-f", "-").code)
}
