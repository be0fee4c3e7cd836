package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

const model = `apiVersion: ome.io/v1beta1
kind: ClusterBaseModel
metadata: {name: tiny}
spec:
  modelFormat: {name: safetensors}
  modelFramework: {name: transformers, version: 4.51.0}
  modelArchitecture: TinyForCausalLM
  modelParameterSize: 1B
  storage: {storageUri: "hf://acme/tiny", path: /models/acme/tiny}
`

const servingRuntime = `apiVersion: ome.io/v1beta1
kind: ClusterServingRuntime
metadata: {name: rt}
spec:
  supportedModelFormats:
  - name: safetensors
    modelFormat: {name: safetensors}
    modelFramework: {name: transformers, version: 4.51.0}
    modelArchitecture: TinyForCausalLM
    autoSelect: true
  engineConfig:
    runner:
      name: ome-container
      image: registry.example/engine:1
      ports: [{name: http, containerPort: 8080, protocol: TCP}]
`

const chat = `apiVersion: ome.io/v1beta1
kind: InferenceService
metadata: {name: chat, namespace: team-a}
spec:
  model: {name: tiny}
  runtime: {name: rt}
  engine: {minReplicas: 1}
`

const all = model + "---\n" + servingRuntime + "---\n" + chat

// result is what a command line left behind.
type result struct {
	code     int
	out, err string
}

// isvc runs a command line with a text as standard input.
func isvc(stdin string, args ...string) result {
	var out, err bytes.Buffer
	code := runCommandLine(append([]string{"isvc"}, args...), streams{in: strings.NewReader(stdin), out: &out, err: &err})
	return result{code, out.String(), err.String()}
}

// folder writes files into a new folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return root
}

// kindsOfStream are "Kind namespace/name" of every document of a YAML stream.
func kindsOfStream(t *testing.T, stream string) (found []string) {
	t.Helper()
	for _, text := range strings.Split(stream, "\n---\n") {
		var object struct {
			Kind     string
			Metadata struct{ Name, Namespace string }
		}
		require.NoError(t, yaml.Unmarshal([]byte(text), &object))
		found = append(found, object.Kind+" "+object.Metadata.Namespace+"/"+object.Metadata.Name)
	}
	return found
}

func TestRenderPrintsObjectsByKindAndName(t *testing.T) {
	other := strings.NewReplacer("chat", "assist", "team-a", "team-b").Replace(chat)
	got := isvc(all+"---\n"+other, "render", "-f", "-")
	require.Equal(t, 0, got.code, got.err)
	assert.Empty(t, got.err)
	found := kindsOfStream(t, got.out)
	assert.IsIncreasing(t, found)
	assert.Contains(t, found, "Deployment team-a/chat-engine")
	assert.Contains(t, found, "Deployment team-b/assist-engine")
	assert.True(t, strings.HasPrefix(got.out, "apiVersion: "), "no separator before the first document")
}

func TestRenderIsTheSameForAnyOrderOfTheInput(t *testing.T) {
	want := isvc(all, "render", "--status", "-f", "-")
	require.Equal(t, 0, want.code, want.err)
	for _, order := range []string{chat + "---\n" + servingRuntime + "---\n" + model, servingRuntime + "---\n" + chat + "---\n" + model} {
		assert.Equal(t, want, isvc(order, "render", "--status", "-f", "-"))
	}
}

func TestRenderReadsFilesFoldersAndStandardInput(t *testing.T) {
	want := isvc(all, "render", "-f", "-")
	root := folder(t, map[string]string{
		"a/model.yaml": model, "a/b/runtime.yml": servingRuntime, "service.yaml": chat,
		"a/notes.txt": "{{ not read", "a/.git/x.yaml": "{{ not read", "a/kustomization.yaml": "resources: [model.yaml]",
	})
	asJSON, err := yaml.YAMLToJSON([]byte(chat))
	require.NoError(t, err)
	for name, args := range map[string][]string{
		"a folder":                  {"-f", root},
		"a folder and a file in it": {"-f", root, "-f", filepath.Join(root, "service.yaml")},
		"a folder and stdin":        {"-f", filepath.Join(root, "a"), "-f", "-"},
		"stdin twice":               {"-f", "-", "-f", filepath.Join(root, "a"), "-f", "-"},
	} {
		assert.Equal(t, want, isvc(string(asJSON), append([]string{"render"}, args...)...), name)
	}
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(root, link))
	assert.Equal(t, want, isvc("", "render", "-f", link), "a link to a folder")
}

func TestEachFieldOfTheWrongFormIsSaid(t *testing.T) {
	wrong := strings.Replace(all, "  engine: {minReplicas: 1}", "  engin: 1\n  engine: {minReplicas: many, annotations: {a: 1, b: {}}, runner: {args: [1, x, 2]}}", 1)
	require.NotEqual(t, all, wrong)
	got := isvc(wrong, "validate", "--check", "off", "-f", "-")
	assert.Equal(t, 1, got.code)
	for _, field := range []string{"engine.minReplicas", "engine.annotations[a]", "engine.annotations[b]", "engine.runner.args[0]", "engine.runner.args[2]", "engin: "} {
		assert.Contains(t, got.out, "spec."+field, "%s", got.out)
	}
}

func TestLinksInAFolderAreReadOrSaid(t *testing.T) {
	root := folder(t, map[string]string{"service.yaml": chat, "model.yaml": model})
	elsewhere := folder(t, map[string]string{"runtime.yaml": servingRuntime})
	require.NoError(t, os.Symlink(filepath.Join(elsewhere, "runtime.yaml"), filepath.Join(root, "runtime.yaml")))
	assert.Equal(t, isvc(all, "render", "-f", "-").out, isvc("", "render", "-f", root).out, "a link to a file")
	linked := filepath.Join(root, "catalogue")
	require.NoError(t, os.Symlink(elsewhere, linked))
	got := isvc("", "render", "-f", root)
	assert.Equal(t, linked+": warning: is a link to a folder and was not read: name it with -f "+linked+"\n", got.err)
	require.NoError(t, os.Symlink("somebody@host.1", filepath.Join(root, ".#service.yaml"))) // the lock of an editor
	assert.Equal(t, got, isvc("", "render", "-f", root))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(root, "gone.yaml")))
	got = isvc("", "render", "-f", root)
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.err, "cannot read "+filepath.Join(root, "gone.yaml"))
}

// TestWhatCannotBeReadFails: no verb is content with an input that a cluster would refuse.
func TestWhatCannotBeReadFails(t *testing.T) {
	broken := strings.Replace(servingRuntime, "spec:\n", "spec:\n  disabled: perhaps\n", 1)
	broken = strings.Replace(broken, "name: ", "name: other-", 1)
	for _, verb := range [][]string{{"render"}, {"explain"}, {"lint"}, {"diff"}, {"validate", "--check", "off"}} {
		got := isvc(all+"---\n"+broken, append(verb, "-f", "-")...)
		assert.Equal(t, 1, got.code, verb)
		assert.Contains(t, got.out+got.err, "spec.disabled: must be true or false", verb)
		assert.NotContains(t, got.out, "no findings", verb)
	}
	folded := folder(t, map[string]string{"all.yaml": all, "broken.yaml": broken, "tab.yaml": "\tx"})
	for name, args := range map[string][]string{
		"what is": {"-f", folded, "--with", filepath.Join(folded, "all.yaml")},
		"an edit": {"-f", filepath.Join(folded, "all.yaml"), "--with", folded},
	} {
		got := isvc("", append([]string{"plan"}, args...)...)
		assert.Equal(t, 2, got.code, name)
		assert.Regexp(t, `(?s)^incomplete: \S*broken.yaml: error: .*spec\.disabled.*\nincomplete: \S*tab.yaml .*None of 1 service changes`, got.out, name)
	}
	const noText = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config, namespace: ome}\ndata: {ingress: {a: b}}\n"
	for name, text := range map[string]string{"an object": broken, "a file": "\tx", "the configuration": noText} {
		against := folder(t, map[string]string{"all.yaml": all, "other.yaml": text})
		got := isvc("", "plan", "-f", filepath.Join(folded, "all.yaml"), "--against", against)
		assert.Equal(t, 2, got.code, name)
		assert.Empty(t, got.out, name)
		assert.Contains(t, got.err, "what is missing would count as removed", name)
	}
	nameless := isvc(all+"---\napiVersion: ome.io/v1beta1\nkind: InferenceService\nmetadata: {}\n", "lint", "-f", "-")
	assert.Equal(t, 2, nameless.code)
	assert.Contains(t, nameless.out, "metadata.name")
}

func TestWhatIsWrongWithAConfigurationNamesItsFile(t *testing.T) {
	root := folder(t, map[string]string{"broken.yaml": "ingress: '{bad'\n", "empty/none": ""})
	require.NoError(t, os.Remove(filepath.Join(root, "empty/none")))
	broken := filepath.Join(root, "broken.yaml")
	for _, verb := range []string{"render", "explain", "lint"} {
		got := isvc(all, verb, "-f", "-", "--config", broken)
		assert.Equal(t, 1, got.code, verb)
		assert.Contains(t, got.out+got.err, broken+": error: ingress: not the JSON that the section needs", verb)
	}
	empty := filepath.Join(root, "empty")
	assert.Equal(t, empty+": warning: holds no section of a configuration: the defaults count\n", isvc(all, "render", "-f", "-", "--config", empty).err)
}

func TestRenderPrintsTheStatusFirst(t *testing.T) {
	got := isvc(all, "render", "--status", "-f", "-")
	require.Equal(t, 0, got.code, got.err)
	first, _, _ := strings.Cut(got.out, "---\n")
	var service map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(first), &service))
	assert.Equal(t, "InferenceService", service["kind"])
	assert.Contains(t, service, "status")
	assert.NotContains(t, service, "spec")
	assert.NotContains(t, got.out, "lastTransitionTime", "the clock is not read")
}

func TestRenderWritesJSON(t *testing.T) {
	got := isvc(all, "render", "--status", "-o", "json", "-f", "-")
	require.Equal(t, 0, got.code, got.err)
	var list struct {
		APIVersion, Kind string
		Items            []map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(got.out), &list))
	assert.Equal(t, "List", list.Kind)
	assert.Equal(t, "v1", list.APIVersion)
	stream := isvc(all, "render", "--status", "-f", "-").out
	require.Len(t, list.Items, len(kindsOfStream(t, stream)))
	for i, text := range strings.Split(stream, "\n---\n") {
		var object map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(text), &object))
		assert.Equal(t, object, list.Items[i], "both forms say the same")
	}
}

func TestRenderSelectsByName(t *testing.T) {
	input := all + "---\n" + strings.ReplaceAll(chat, "chat", "assist") + "---\n" + strings.ReplaceAll(chat, "team-a", "team-b")
	deployments := func(args ...string) (found []string) {
		got := isvc(input, append([]string{"render", "-f", "-"}, args...)...)
		require.Equal(t, 0, got.code, got.err)
		for _, kind := range kindsOfStream(t, got.out) {
			if strings.HasPrefix(kind, "Deployment ") {
				found = append(found, strings.TrimPrefix(kind, "Deployment "))
			}
		}
		return found
	}
	assert.Equal(t, []string{"team-a/chat-engine", "team-b/chat-engine"}, deployments("chat"))
	assert.Equal(t, []string{"team-b/chat-engine"}, deployments("team-b/chat"))
	assert.Len(t, deployments(), 3)

	got := isvc(input, "render", "-f", "-", "assist", "nobody")
	assert.Equal(t, 2, got.code)
	assert.Equal(t, "there is no InferenceService \"nobody\" in the input\n", got.err)
	assert.Contains(t, got.out, "assist-engine", "the others are rendered")
}

func TestRenderSaysHowToNameMoreFiles(t *testing.T) {
	root := folder(t, map[string]string{"a.yaml": all, "b.yaml": chat})
	got := isvc("", "render", "-f", filepath.Join(root, "a.yaml"), filepath.Join(root, "b.yaml"))
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.err, "to read a file or folder, put -f before it")
}

func TestRenderUsesTheNamespaceGiven(t *testing.T) {
	input := model + "---\n" + servingRuntime + "---\n" + strings.Replace(chat, ", namespace: team-a", "", 1)
	assert.Contains(t, kindsOfStream(t, isvc(input, "render", "-f", "-").out), "Deployment default/chat-engine")
	assert.Contains(t, kindsOfStream(t, isvc(input, "render", "-f", "-", "-n", "x").out), "Deployment x/chat-engine")
}

func TestAServiceThatCannotBeResolvedDoesNotStopTheOthers(t *testing.T) {
	for name, broken := range map[string]string{
		"a missing model":                 strings.Replace(chat, "name: tiny", "name: huge", 1),
		"a quantity that is none":         strings.Replace(chat, "minReplicas: 1", "runner: {name: r, resources: {limits: {cpu: abc}}}", 1),
		"a percentage above 100":          strings.Replace(chat, "minReplicas: 1", "canaryTrafficPercent: 101", 1),
		"a number of replicas in letters": strings.Replace(chat, "minReplicas: 1", "minReplicas: one", 1),
	} {
		t.Run(name, func(t *testing.T) {
			broken = strings.Replace(broken, "name: chat", "name: broken", 1)
			got := isvc(all+"---\n"+broken, "render", "-f", "-")
			assert.Equal(t, 1, got.code, got.err)
			assert.Regexp(t, `^standard input: error: InferenceService team-a/broken: .+\n$`, got.err, "one line, with the file")
			assert.NotContains(t, got.err, "team-a/chat")
			assert.Contains(t, got.out, "name: chat-engine")
			assert.NotContains(t, got.out, "name: broken-engine")
		})
	}
}

func TestInputThatCannotBeUsedDoesNotStopTheRest(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"broken YAML":                {"kind: Foo\n  x: [", "bad.yaml document 1: error: is not YAML: line 2: "},
		"an unknown kind":            {strings.Replace(chat, "InferenceService", "InferenceServce", 1), "bad.yaml: error: InferenceServce team-a/chat: kind: ome.io/v1beta1 has no kind InferenceServce: it has "},
		"a binary file":              {"\x00\x01\x02", "bad.yaml: error: is not text"},
		"an object of two megabytes": {strings.Replace(chat, "minReplicas: 1", `runner: {image: "`+strings.Repeat("x", 2<<20)+`"}`, 1), "Kubernetes cannot store more than 1572864\n"},
		"a text":                     {"hello", "bad.yaml document 1: error: is not an object"},
	} {
		t.Run(name, func(t *testing.T) {
			root := folder(t, map[string]string{"bad.yaml": test.text, "good.yaml": all})
			got := isvc("", "render", "-f", root)
			assert.Equal(t, 2, got.code)
			assert.Contains(t, got.err, test.want)
			assert.Equal(t, 1, strings.Count(got.err, "\n"), got.err)
			assert.Contains(t, got.out, "name: chat-engine")

			alone := isvc("", "render", "-f", filepath.Join(root, "bad.yaml"))
			assert.Equal(t, 2, alone.code)
			assert.Empty(t, alone.out)
		})
	}
}

func TestAWarningIsNoFailure(t *testing.T) {
	root := folder(t, map[string]string{"comment.yaml": "# nothing yet\n", "good.yaml": all})
	got := isvc("", "render", "-f", root)
	assert.Equal(t, 0, got.code)
	assert.Equal(t, filepath.Join(root, "comment.yaml")+": warning: holds no object: nothing was read from it\n", got.err)
}

func TestWhatCannotBeReadIsOneLine(t *testing.T) {
	root := folder(t, map[string]string{"none/readme.txt": "", "empty.yaml": "", "model.yaml": model})
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"nothing named":                  {[]string{"render"}, "isvc: nothing to read: name files or folders with -f, - for standard input, or use --cluster\n"},
		"a path that does not exist":     {[]string{"render", "-f", root + "/nowhere"}, "isvc: cannot read " + root + "/nowhere: no such file or directory\n"},
		"a folder without manifests":     {[]string{"render", "-f", root + "/none"}, "isvc: " + root + "/none holds no *.yaml, *.yml or *.json\n"},
		"no service":                     {[]string{"render", "-f", root + "/model.yaml"}, "isvc: the input holds no InferenceService\n"},
		"an empty standard input":        {[]string{"render", "-f", "-"}, "standard input: error: is empty: nothing was read from it\n"},
		"an unknown flag":                {[]string{"render", "--colour"}, "isvc: unknown flag: --colour\n"},
		"an unknown command":             {[]string{"rendr"}, "isvc: unknown command \"rendr\" for \"isvc\": did you mean render?\n"},
		"help for an unknown command":    {[]string{"help", "rendr"}, "isvc: unknown command \"rendr\" for \"isvc\": did you mean render?\n"},
		"an unknown command with flags":  {[]string{"explian", "-f", "x"}, "isvc: unknown command \"explian\" for \"isvc\": did you mean explain?\n"},
		"a flag of no command":           {[]string{"--versino"}, "isvc: unknown flag: --versino: did you mean --version?\n"},
		"a command that nothing is like": {[]string{"frobnicate"}, "isvc: unknown command \"frobnicate\" for \"isvc\"\n"},
		"a misspelt flag":                {[]string{"render", "--filname", "x"}, "isvc: unknown flag: --filname: did you mean --filename?\n"},
		"a pattern that is none":         {[]string{"render", "-f", root, "--ignore", "["}, "isvc: --ignore \"[\" is not a pattern: "},
		"an unknown form":                {[]string{"render", "-f", "-", "-o", "xml"}, "isvc: there is no output form \"xml\": use yaml or json\n"},
		"an unknown kind":                {[]string{"render", "-f", "-", "--kinds", "ScaledObject,Foo"}, "isvc: there is no optional kind \"Foo\": use all, or a list of projects (gateway-api, istio, keda, knative, lws, prometheus-operator, ray) and kinds (HTTPRoute, VirtualService"},
		"a time that is none":            {[]string{"render", "-f", "-", "--now", "today"}, "isvc: --now \"today\" is not a time such as 2026-05-06T10:00:00Z\n"},
		"a configuration that is not":    {[]string{"render", "-f", "-", "--config", root + "/nowhere"}, "isvc: cannot read " + root + "/nowhere: no such file or directory\n"},
		"a configuration of a model":     {[]string{"render", "-f", "-", "--config", root + "/model.yaml"}, "isvc: " + root + "/model.yaml: is a ClusterBaseModel: a configuration is a ConfigMap\n"},
		"validate of nothing":            {[]string{"validate"}, "isvc: nothing to read"},
		"validate with a name":           {[]string{"validate", "-f", "-", "x"}, "isvc: isvc validate takes no names, and \"x\" is one: to read a file or folder, put -f before it\n"},
		"a version in an unknown form":   {[]string{"version", "-o", "xml"}, "isvc: there is no output form \"xml\": use text or json\n"},
		"half of a certificate":          {[]string{"serve", "--tls-cert", "x"}, "isvc: --tls-cert and --tls-key need each other\n"},
		"authorities without TLS":        {[]string{"serve", "--client-ca", "x"}, "isvc: --client-ca needs --tls-cert and --tls-key\n"},
		"a token that does not exist":    {[]string{"serve", "--token-file", root + "/nowhere"}, "isvc: cannot load the token: open " + root + "/nowhere: no such file or directory\n"},
		"a log of an unknown form":       {[]string{"serve", "--log-format", "xml"}, "isvc: there is no log format \"xml\": use json or text\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got := isvc("", test.args...)
			assert.Equal(t, 2, got.code)
			assert.True(t, strings.HasPrefix(got.err, test.want), got.err)
			assert.Equal(t, max(1, strings.Count(test.want, "\n")), strings.Count(got.err, "\n"), got.err)
			assert.Empty(t, got.out)
		})
	}
}

func TestKindsSaysWhatIsInstalled(t *testing.T) {
	for list, want := range map[string]int{
		"all": 17, "": 9, "ScaledObject": 10, "ScaledObject,LeaderWorkerSet.leaderworkerset.x-k8s.io/v1": 11,
		" RayCluster , ": 10, "Deployment.apps/v1": 9, "keda,lws": 11, "istio": 11,
	} {
		got, err := parseKinds(list)
		require.NoError(t, err, list)
		assert.Len(t, got, want, list)
	}
	_, err := parseKinds("Deployment")
	assert.Error(t, err)
}

func TestConfigIsAFileOrAFolder(t *testing.T) {
	root := folder(t, map[string]string{
		"map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config}\n" +
			`data: {deploy: '{"defaultDeploymentMode":"Serverless"}'}`,
		"mounted/deploy":        `{"defaultDeploymentMode":"Serverless"}`,
		"mounted/..data/deploy": `{"defaultDeploymentMode":"RawDeployment"}`,
		"empty/..data/x":        "",
	})
	for _, path := range []string{"map.yaml", "mounted"} {
		c, err := loadConfig(filepath.Join(root, path))
		require.NoError(t, err, path)
		assert.Equal(t, "Serverless", c.Deploy.DefaultDeploymentMode, path)
	}
	for _, path := range []string{"", filepath.Join(root, "empty")} {
		c, err := loadConfig(path)
		require.NoError(t, err, path)
		assert.Nil(t, c, "the default")
	}
}

func TestValidatePrintsAFindingInEachLine(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		code int
		want []string
	}{
		"nothing wrong":           {all, 0, []string{"no findings"}},
		"no service at all":       {model + "---\n" + servingRuntime, 0, []string{"no findings"}},
		"an unknown field":        {strings.Replace(all, "minReplicas", "minReplica", 1), 1, []string{"in.yaml:33:12: error: InferenceService team-a/chat: spec.engine.minReplica: is not a field of InferenceService and was ignored: did you mean spec.engine.minReplicas? [ISVC025 UnknownField]", "1 finding: 1 error"}},
		"a quantity that is none": {strings.Replace(all, "{minReplicas: 1}", "{runner: {name: r, resources: {limits: {cpu: abc}}}}", 1), 1, []string{"in.yaml:33:51: error: InferenceService team-a/chat: spec.engine.runner.resources.limits[cpu]: ", "1 finding"}},
		"a missing model":         {strings.Replace(all, "{name: tiny}", "{name: huge}", 1), 1, []string{"in.yaml:31:3: error: InferenceService team-a/chat: ModelNotFound: ", "1 finding"}},
		"broken YAML":             {all + "---\n{{", 2, []string{"in.yaml:35: error: is not YAML: did not find ", "1 finding"}},
		"a key twice":             {all + "  engine: {minReplicas: 2}\n", 0, []string{"in.yaml:34: warning: key \"engine\" already set in map: the later value was used", "1 finding"}},
		"an empty file":           {"", 2, []string{"in.yaml: error: is empty", "1 finding"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(folder(t, map[string]string{"in.yaml": test.text}), "in.yaml")
			got := isvc("", "validate", "--check", "off", "-f", path)
			assert.Equal(t, test.code, got.code, got.out)
			lines := strings.Split(strings.TrimSuffix(strings.ReplaceAll(got.out, path, "in.yaml"), "\n"), "\n")
			require.Len(t, lines, len(test.want), got.out)
			for i, want := range test.want {
				assert.True(t, strings.HasPrefix(lines[i], want), lines[i])
			}
		})
	}
}

// TestAFindingStandsAtTheFieldThatItNames: where a finding about a service is a sentence about a field of
// it, that is where the mistake is mended.
func TestAFindingStandsAtTheFieldThatItNames(t *testing.T) {
	for name, test := range map[string]struct{ was, is, want string }{
		"an annotation of a component": {"engine: {minReplicas: 1}", "engine: {minReplicas: 1, annotations: {ome.io/deploymentMod: x}}", ":33:42: warning: InferenceService team-a/chat: AnnotationIgnored: "},
		"a field of the service":       {"engine: {minReplicas: 1}", "engine: {minReplicas: 1}\n  traffic: {algorithm: Random}", ":34:3: warning: InferenceService team-a/chat: FieldIgnored: spec.traffic "},
		"a field below a component":    {"engine: {minReplicas: 1}", "engine:\n    minReplicas: 1\n    scaleMetric: rps", ":35:5: warning: InferenceService team-a/chat: MetricIgnored: spec.engine.scaleMetric "},
		"fields of a runtime":          {"autoSelect: true\n", "autoSelect: true\n  acceleratorRequirements: {minMemory: 80}\n", ":28:1: warning: InferenceService team-a/chat: RuntimeFieldIgnored: "},
		"the runtime that is named":    {"modelFormat: {name: safetensors}", "modelFormat: {name: gguf}", ":32:13: warning: InferenceService team-a/chat: RuntimeMismatch: "},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(all, test.was, test.is, 1)
			require.NotEqual(t, all, text)
			for _, verb := range []string{"validate", "lint"} {
				assert.Contains(t, isvc(text, verb, "-f", "-").out, "standard input"+test.want, verb)
			}
		})
	}
}

// TestAFolderMayHoldOtherFiles: what is no object of Kubernetes is passed over with one note, templates
// with another, and patterns leave out files and folders.
func TestAFolderMayHoldOtherFiles(t *testing.T) {
	root := folder(t, map[string]string{
		"all.yaml": all, "mkdocs.yml": "site_name: x\n", "package.json": `{"name": "x"}`, "list.json": "[1]", "values.yaml": "a: 1\n",
		"empty.yaml": "", "chart/Chart.yaml": "apiVersion: v2\nname: x\n", "chart/templates/a.yaml": "kind: {{ .Values.kind }}\nmetadata:\n  {{- if x }}\n",
	})
	got := isvc("", "validate", "--check", "off", "-f", root)
	assert.Equal(t, exitOK, got.code, got.out)
	assert.Contains(t, got.out, "/chart/Chart.yaml: warning: holds no object of Kubernetes, like "+root+"/list.json, "+root+"/mkdocs.yml, "+root+"/package.json, "+root+"/values.yaml: passed over")
	assert.Contains(t, got.out, "/chart/templates/a.yaml: warning: is a template of a Helm chart: passed over; helm template CHART makes manifests of it")
	assert.Contains(t, got.out, "\n3 findings: 3 warnings\n")

	got = isvc("", "validate", "--check", "off", "-f", root, "--ignore", "chart", "--ignore", "*.json", "--ignore", "mkdocs.yml", "--ignore", "values.*", "--ignore", "empty.yaml")
	assert.Equal(t, "no findings\n", got.out)
	got = isvc("", "validate", "--check", "off", "-f", filepath.Join(root, "chart/templates/a.yaml"))
	assert.Equal(t, exitUnusable, got.code, "somebody named it")
	assert.Contains(t, got.out, "it looks like a template: make manifests of it first, for example with helm template [ISVC061")
	got = isvc("# nothing\n", "validate", "--check", "off", "-f", "-")
	assert.Equal(t, exitOK, got.code, "a warning")
}

func TestKustomizationsAreBuilt(t *testing.T) {
	root := folder(t, map[string]string{"kustomization.yaml": "resources: [all.yaml]\npatches: [{path: p.yaml}]\n", "all.yaml": all})
	assert.Contains(t, isvc("", "render", "-f", root).err, "warning: has a kustomization with patches: its files were read one by one")
	newFakeClusterWith(t, func(args []string) *kubectlAnswer {
		if slices.Equal(args, []string{"kustomize", root}) {
			return &kubectlAnswer{Out: all}
		}
		return &kubectlAnswer{Err: "error: no kustomization", Code: 1}
	})
	got := isvc("", "render", "-k", root)
	assert.Equal(t, exitOK, got.code, got.err)
	assert.Contains(t, got.out, "name: chat-engine")
	got = isvc("", "lint", "-k", root)
	assert.Contains(t, got.out, root+": warning: ", "what kubectl builds has no lines that somebody wrote")
	got = isvc("", "render", "-k", "elsewhere")
	assert.Equal(t, exitUnusable, got.code)
	assert.Contains(t, got.err, "cannot build elsewhere: kubectl kustomize elsewhere failed")
}

func TestTheVersionIsAFlagToo(t *testing.T) {
	got := isvc("", "--version")
	assert.Equal(t, exitOK, got.code)
	assert.Equal(t, "isvc "+thisBuild().Version+"\n", got.out)
}

func TestVersionSaysWhatWasBuilt(t *testing.T) {
	got := isvc("", "version")
	assert.Equal(t, 0, got.code)
	assert.Contains(t, got.out, "isvc ")
	assert.Contains(t, got.out, "commit ")
	assert.Contains(t, got.out, "go1.")
	var b build
	require.NoError(t, json.Unmarshal([]byte(isvc("", "version", "-o", "json").out), &b))
	assert.NotEmpty(t, b.Version)
	assert.True(t, strings.HasPrefix(b.GoVersion, "go1."))
}

func TestThePluginOfKubectlSaysItsName(t *testing.T) {
	var out, err bytes.Buffer
	code := runCommandLine([]string{"/usr/bin/kubectl-isvc", "rendr"}, streams{in: strings.NewReader(""), out: &out, err: &err})
	assert.Equal(t, 2, code)
	assert.Equal(t, "kubectl isvc: unknown command \"rendr\" for \"kubectl isvc\": did you mean render?\n", err.String())
	assert.Contains(t, isvc("", "render", "--help").out, "isvc render (-f PATH... | --cluster) [NAME...]")
	assert.Contains(t, isvc("", "completion", "bash").out, "isvc")
}
