package explain_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/cmd/isvc/explain"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

var update = flag.Bool("update", false, "write the expected reports of testdata")

// report explains the services of some files.
func report(t testing.TB, files ...load.File) *explain.Report {
	t.Helper()
	set, _ := load.Files(files, "default")
	var services []explain.Service
	for _, request := range set.Requests(load.Options{Kinds: kinds.All(), Explain: true}) {
		response, err := sync.Sync(request)
		require.NoError(t, err)
		service := explain.NewService("team-a", "chat", response)
		services = append(services, service)
	}
	require.NotEmpty(t, services)
	return explain.NewReport(services)
}

func input(t testing.TB, name string) load.File {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name, "in.yaml"))
	require.NoError(t, err)
	return load.File{Name: name, Data: data}
}

func indented(t testing.TB, r *explain.Report) string {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(r))
	return b.String()
}

// golden compares a text with the file that holds what it should be.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got, "run: go test ./sync/explain -update")
}

// TestReports compares the reports of testdata: text, complete text and JSON.
func TestReports(t *testing.T) {
	folders, err := filepath.Glob("testdata/*")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(folders), 5)
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			r := report(t, input(t, filepath.Base(folder)))
			text := explain.Text(r, explain.TextOptions{Width: 100})
			all := explain.Text(r, explain.TextOptions{Width: 100, All: true})
			golden(t, filepath.Join(folder, "out.txt"), text)
			golden(t, filepath.Join(folder, "all.txt"), all)
			golden(t, filepath.Join(folder, "out.json"), indented(t, r))
			for _, output := range []string{text, all, indented(t, r)} {
				assert.NotContains(t, output, "must-not-be-shown")
			}
		})
	}
}

// find is the value of a container that has a field and a key.
func find(t *testing.T, values []explain.Value, field, key string) explain.Value {
	t.Helper()
	at := slices.IndexFunc(values, func(v explain.Value) bool { return v.Field == field && v.Key == key })
	require.GreaterOrEqual(t, at, 0, "%s %s", field, key)
	return values[at]
}

// TestWhatDescribesARuntimeIsNoRejection: an entry about the runtime that was chosen is no candidate.
func TestWhatDescribesARuntimeIsNoRejection(t *testing.T) {
	file := input(t, "accelerator")
	file.Data = bytes.Replace(file.Data, []byte("  - modelFormat: {name: safetensors}"), []byte("  - priority: 3\n    modelFormat: {name: safetensors}"), 1)
	r := report(t, file)
	runtime := r.Services[0].Runtime
	assert.NotNil(t, runtime.Chosen)
	assert.Empty(t, runtime.Rejected)
	require.Len(t, runtime.Notes, 1)
	assert.Contains(t, explain.Text(r, explain.TextOptions{Width: 1000}),
		"note         spec.supportedModelFormats.priority: decides nothing about this service")
}

func TestASelectionIsExplained(t *testing.T) {
	s := report(t, input(t, "selection")).Services[0]
	require.NotNil(t, s.Runtime.Chosen)
	assert.Equal(t, "ClusterServingRuntime/server-small", s.Runtime.Chosen.Object)
	assert.Equal(t, "ClusterServingRuntime/server-general", s.Runtime.RunnerUp.Object)
	assert.EqualValues(t, 2, s.Runtime.Margin)
	var reasons []string
	for _, group := range s.Runtime.Rejected {
		reasons = append(reasons, group.Reason)
		assert.Len(t, group.Candidates, group.Count)
		assert.NotEmpty(t, group.Candidates[0].Message)
	}
	assert.Equal(t, []string{"AutoSelectOff", "SizeOutOfRange", "ArchitectureMismatch", "RuntimeDisabled"}, reasons, "the nearest first")
	assert.Equal(t, "RawDeployment", s.Components[0].Mode)
	assert.Equal(t, "FieldIgnored", s.Warnings[0].Reason)
}

func TestEveryValueHasItsOrigin(t *testing.T) {
	engine := report(t, input(t, "selection")).Services[0].Components[0]
	values := engine.Containers[0].Values
	cases := map[string]struct {
		list        []explain.Value
		field, key  string
		value, from string
		replaced    string
		source      string
	}{
		"an image of the service replaces the runtime's": {values, "image", "", "registry.example/server:2.0", "service",
			"registry.example/server:1.0 of runtime", "InferenceService/chat spec.engine.runner.image"},
		"a flag of the service replaces the runtime's": {values, "args", "--tp-size", "--tp-size 2", "service", "--tp-size 1 of runtime", "InferenceService/chat spec.engine.runner.args"},
		"a flag is dropped with its list":              {values, "args", "--enable-metrics", "", "", "--enable-metrics of runtime", ""},
		"a command of the runtime":                     {values, "command", "serve", "serve", "runtime", "", "ClusterServingRuntime/server-small spec.engineConfig.runner.command"},
		"a variable of the service":                    {values, "env", "LOG_LEVEL", `"debug"`, "service", `"info" of runtime`, "InferenceService/chat spec.engine.runner.env"},
		"a placeholder replaces nothing":               {values, "env", "NAMESPACE", `"team-a"`, "runtime", "", "ClusterServingRuntime/server-small spec.engineConfig.runner.env"},
		"a secret is hidden":                           {values, "env", "HF_TOKEN", "(hidden)", "service", "", "InferenceService/chat spec.engine.runner.env"},
		"a variable of the model":                      {values, "env", "MODEL_PATH", `"/models/llama"`, "model", "", "ClusterBaseModel/llama spec.storage"},
		"a computed variable":                          {values, "env", "PARALLELISM_SIZE", `"2"`, "default", "", ""},
		"a request of the service":                     {values, "requests", "memory", "48Gi", "service", "32Gi of runtime", "InferenceService/chat spec.engine.runner.resources.requests"},
		"a limit of the runtime":                       {values, "limits", "memory", "64Gi", "runtime", "", "ClusterServingRuntime/server-small spec.engineConfig.runner.resources.limits"},
		"a label of the component":                     {engine.Labels, "", "tier", "silver", "service", "gold of service; bronze of runtime", "InferenceService/chat spec.engine.labels"},
		"a label of the service":                       {engine.Labels, "", "team", "search", "service", "", "InferenceService/chat metadata.labels"},
		"a label of the runtime":                       {engine.Labels, "", "logging", "on", "runtime", "", "ClusterServingRuntime/server-small spec.engineConfig.labels"},
		"a label of the model":                         {engine.Labels, "", "base-model-vendor", "acme", "model", "", "ClusterBaseModel/llama"},
		"a label of ours":                              {engine.Labels, "", "component", "engine", "default", "", ""},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			v := find(t, c.list, c.field, c.key)
			var replaced []string
			for _, r := range v.Replaced {
				replaced = append(replaced, r.Value+" of "+r.From)
			}
			assert.Equal(t, c.value, v.Value)
			assert.Equal(t, c.from, v.From)
			assert.Equal(t, c.source, v.Source)
			assert.Equal(t, c.replaced, strings.Join(replaced, "; "))
		})
	}
}

func TestAKeptTemplateIsExplained(t *testing.T) {
	upgrade := "the pods of the engine keep their template: another version of isvc would change the image"
	catalogue := "the pods of the router keep their template: a change of the catalogue would change the arguments"
	response := &sync.Response{
		Held: []finding.Finding{
			{Subject: "engine", Reason: "UpgradeHeld", Message: upgrade}, {Subject: "router", Reason: "CatalogueHeld", Message: catalogue},
		},
		Trace: []trace.Entry{
			{Subject: "engine/mode", Verdict: trace.Chosen, Value: "RawDeployment"},
			{Subject: "engine/template", Verdict: trace.Set, Reason: "UpgradeHeld", Message: upgrade},
			{Subject: "router/template", Verdict: trace.Set, Reason: "CatalogueHeld", Message: catalogue},
			{Subject: "router/template", Verdict: trace.Absent, Reason: "NoTemplate", Message: "the runtime has no template"},
		},
	}
	s := explain.NewService("team-a", "chat", response)
	assert.Equal(t, response.Held, s.Held)
	assert.Equal(t, `InferenceService team-a/chat
engine       RawDeployment
router
  note         template: the runtime has no template
update       UpgradeHeld: the pods of the engine keep their template: another version of isvc would
             change the image
             CatalogueHeld: the pods of the router keep their template: a change of the catalogue
             would change the arguments
objects      none
`, explain.Text(explain.NewReport([]explain.Service{s}), explain.TextOptions{}), "each is told once")
	free := explain.NewService("team-a", "chat", &sync.Response{})
	assert.NotContains(t, explain.Text(explain.NewReport([]explain.Service{free}), explain.TextOptions{}), "update")
}

func TestAnAcceleratorIsExplained(t *testing.T) {
	engine := report(t, input(t, "accelerator")).Services[0].Components[0]
	assert.Equal(t, "AcceleratorClass/a100", engine.Accelerator.Chosen.Object)
	assert.Equal(t, "AcceleratorClass/h100", engine.Accelerator.RunnerUp.Object)
	assert.Equal(t, "MemoryOutOfRange", engine.Accelerator.Rejected[0].Reason)
	values := engine.Containers[0].Values
	for _, flag := range []string{"--tp-size=4", "--max-len", "--kv-cache"} {
		key, _, _ := strings.Cut(flag, "=")
		assert.Equal(t, "accelerator", find(t, values, "args", key).From, flag)
	}
	assert.Equal(t, "accelerator", find(t, values, "env", "NCCL_DEBUG").From)
	assert.Equal(t, "accelerator", find(t, values, "limits", "rdma/hca").From)
	assert.Equal(t, "runtime", find(t, values, "limits", "nvidia.com/gpu").From)
	assert.Equal(t, "Serverless", engine.Mode)
}

func TestAHoldIsExplained(t *testing.T) {
	s := report(t, input(t, "held")).Services[0]
	assert.Equal(t, "NoSupportingRuntime", s.Hold.Reason)
	assert.Nil(t, s.Runtime.Chosen)
	assert.Equal(t, "SizeOutOfRange", s.Runtime.Rejected[0].Reason)
	assert.Equal(t, "Deployment.apps/v1/chat-engine", s.Kept[0].Subject)
	assert.Equal(t, []explain.Child{{APIVersion: "apps/v1", Kind: "Deployment", Name: "chat-engine"}}, s.Children)
}

func TestAPartIsExplained(t *testing.T) {
	s := report(t, input(t, "partial")).Services[0]
	assert.Nil(t, s.Hold)
	require.NotEmpty(t, s.Partial)
	assert.Equal(t, "router", s.Partial[0].Subject)
	assert.Nil(t, s.Model.Chosen)
	assert.NotEmpty(t, s.Children)
}

// crowd is the input of a case with many more runtimes.
func crowd(t testing.TB, n int) []load.File {
	files := []load.File{input(t, "selection")}
	var b strings.Builder
	for i := range n {
		format := []string{
			"{modelFormat: {name: safetensors, version: 1.0.0}, modelFramework: {name: transformers, version: 4.51.0}, modelArchitecture: LlamaForCausalLM, autoSelect: true}",
			"{modelFormat: {name: safetensors, version: 1.0.0}, modelFramework: {name: transformers, version: 4.40.0}, modelArchitecture: LlamaForCausalLM, autoSelect: true}",
			"{modelFormat: {name: onnx}, modelArchitecture: LlamaForCausalLM, autoSelect: true}",
			"{modelFormat: {name: safetensors}, modelArchitecture: Qwen2ForCausalLM, autoSelect: true}",
		}[i%4]
		fmt.Fprintf(&b, "---\napiVersion: ome.io/v1beta1\nkind: ClusterServingRuntime\nmetadata: {name: candidate-with-a-long-name-%03d}\n"+
			"spec: {supportedModelFormats: [%s], engineConfig: {}}\n", i, format)
	}
	return append(files, load.File{Name: "crowd", Data: []byte(b.String())})
}

func TestTwoHundredCandidatesFitATerminal(t *testing.T) {
	r := report(t, crowd(t, 200)...)
	for width, most := range map[int]int{80: 57, 100: 53, 200: 45} {
		text := explain.Text(r, explain.TextOptions{Width: width})
		lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
		assert.LessOrEqual(t, len(lines), most, "%s", text)
		for _, line := range lines {
			assert.LessOrEqual(t, len([]rune(line)), width, line)
		}
		runtime := text[strings.Index(text, "\nruntime"):strings.Index(text, "\nengine")]
		assert.LessOrEqual(t, strings.Count(runtime, "\n"), 24, "%s", runtime)
		assert.Less(t, strings.Index(runtime, "server-small"), strings.Index(runtime, "runner-up"))
		assert.Less(t, strings.Index(runtime, "runner-up"), strings.Index(runtime, "rejected"))
		assert.Contains(t, runtime, "more")
	}
	all := explain.Text(r, explain.TextOptions{Width: 100, All: true})
	for i := range 200 {
		assert.Contains(t, all, fmt.Sprintf("candidate-with-a-long-name-%03d", i))
	}
}

func TestPermutingTheInputChangesNothing(t *testing.T) {
	files := crowd(t, 40)
	var documents []string
	for _, file := range files {
		documents = append(documents, strings.Split(string(file.Data), "\n---\n")...)
	}
	want := indented(t, report(t, files...))
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		random.Shuffle(len(documents), func(i, j int) { documents[i], documents[j] = documents[j], documents[i] })
		got := report(t, load.File{Name: "shuffled", Data: []byte(strings.Join(documents, "\n---\n"))})
		require.Equal(t, want, indented(t, got))
	}
}

func TestControlCharactersDoNotReachTheTerminal(t *testing.T) {
	r := explain.NewReport([]explain.Service{{Name: "chat\x1b[31m", Warnings: []finding.Finding{{Reason: "R", Message: "a\x1b[2Jb\nc\u202e"}}}})
	text := explain.Text(r, explain.TextOptions{})
	assert.NotContains(t, text, "\x1b")
	assert.NotContains(t, text, "\u202e")
	assert.Contains(t, explain.Text(r, explain.TextOptions{Colour: true}), "\x1b[1m")
}

func TestAResponseWithoutATraceIsExplainedByItself(t *testing.T) {
	s := explain.NewService("team-a", "chat", &sync.Response{Hold: &finding.Finding{Reason: "R", Message: "m"}})
	assert.Equal(t, &finding.Finding{Reason: "R", Message: "m"}, s.Hold)
	assert.Nil(t, s.Runtime)
	assert.Contains(t, explain.Text(explain.NewReport([]explain.Service{s}), explain.TextOptions{}), "objects      none")
}
