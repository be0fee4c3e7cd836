package load

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

const chat = `apiVersion: ome.io/v1beta1
kind: InferenceService
metadata: {name: chat, namespace: team-a}
spec: {engine: {}}
`

const model = `apiVersion: ome.io/v1beta1
kind: ClusterBaseModel
metadata: {name: m}
spec: {storage: {storageUri: "hf://a/m"}}
`

func file(text string) []File { return []File{{Name: "in.yaml", Data: []byte(text)}} }

// requests loads files and makes their requests with every kind installed.
func requests(t *testing.T, files ...File) []*sync.Request {
	t.Helper()
	set, problems := Files(files, "default")
	require.Empty(t, problems)
	return set.Requests(Options{Kinds: kinds.All()})
}

func TestFilesReportsWhatCannotBeUsed(t *testing.T) {
	for name, test := range map[string]struct {
		text     string
		severity Severity
		line     string
	}{
		"an empty file": {
			"", Unusable, "in.yaml: error: is empty: nothing was read from it",
		},
		"a file of comments": {
			"# nothing\n---\n# here\n", Warning, "in.yaml: warning: holds no object: nothing was read from it",
		},
		"a binary file": {
			"\x7fELF\x00\x01", Unusable, "in.yaml: error: is not text: a file must hold YAML or JSON in UTF-8",
		},
		"broken YAML in the second document": {
			chat + "---\nkind: Foo\n  bad: [\n", Unusable,
			"in.yaml document 2: error: is not YAML: line 7: mapping values are not allowed in this context",
		},
		"a document that is a text": {
			"hello\n", Unusable,
			"in.yaml document 1: error: is not an object: a manifest must be a mapping with apiVersion, kind and metadata",
		},
		"an object without kind": {
			"apiVersion: ome.io/v1beta1\nmetadata: {name: x}\n", Unusable, "in.yaml document 1: error: kind is missing",
		},
		"an object without apiVersion": {
			"kind: InferenceService\nmetadata: {name: x}\n", Unusable, "in.yaml: error: InferenceService x: apiVersion is missing",
		},
		"a service without a name": {
			"apiVersion: ome.io/v1beta1\nkind: InferenceService\nspec: {}\n", Unusable,
			"in.yaml: error: InferenceService: metadata.name is missing",
		},
		"a name that is a number": {
			"apiVersion: ome.io/v1beta1\nkind: InferenceService\nmetadata: {name: 12}\n", Unusable,
			"in.yaml document 1: error: metadata.name: must not be a number: put it in quotes",
		},
		"a kind that ome.io does not have": {
			"apiVersion: ome.io/v1beta1\nkind: InferenceServce\nmetadata: {name: x}\n", Unusable,
			"in.yaml: error: InferenceServce x: kind: ome.io/v1beta1 has no kind InferenceServce: it has AcceleratorClass, " +
				"BaseModel, ClusterBaseModel, ClusterServingRuntime, FineTunedWeight, InferenceService, ServingRuntime",
		},
		"a version that ome.io does not have": {
			"apiVersion: ome.io/v1\nkind: InferenceService\nmetadata: {name: x}\n", Unusable,
			`in.yaml: error: InferenceService x: apiVersion: version "v1" of ome.io is not known: use ome.io/v1beta1`,
		},
		"a service of another group": {
			"apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: x}\n", Warning,
			"in.yaml: warning: InferenceService x: apiVersion: InferenceService of serving.kserve.io/v1beta1 was ignored: only those of ome.io/v1beta1 are used",
		},
		"a service of a misspelt group": {
			strings.Replace(chat, "ome.io/v1beta1", "ome.oi/v1beta1", 1), Unusable,
			`in.yaml: error: InferenceService team-a/chat: apiVersion: "ome.oi/v1beta1" is no version of InferenceService: write ome.io/v1beta1`,
		},
		"a service without a group": {
			strings.Replace(chat, "ome.io/v1beta1", "v1beta1", 1), Unusable,
			`in.yaml: error: InferenceService team-a/chat: apiVersion: "v1beta1" is no version of InferenceService: write ome.io/v1beta1`,
		},
		"a configuration whose section is no text": {
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config, namespace: ome}\ndata: {ingress: {a: b}}\n", Error,
			`in.yaml: error: ConfigMap ome/inferenceservice-config: data[ingress]: must be a string, not {"a":"b"}: write each section as a string, with |- after its name`,
		},
		"an unknown field": {
			strings.Replace(chat, "engine: {}", "engin: {}", 1), Warning,
			"in.yaml: warning: InferenceService team-a/chat: spec.engin: UnknownField: is not a field of InferenceService and was ignored: did you mean spec.engine?",
		},
		"a field that occurs twice in JSON": {
			`{"apiVersion": "ome.io/v1beta1", "kind": "InferenceService", "metadata": {"name": "chat"}, "spec": {"engine": {}, "engine": {}}}`, Warning,
			"in.yaml: warning: InferenceService default/chat: spec.engine: UnknownField: occurs twice: the later value was used",
		},
		"a key that occurs twice": {
			chat + "kind: InferenceService\n", Warning,
			`in.yaml document 1: warning: line 5: key "kind" already set in map: the later value was used`,
		},
		"two keys that occur twice": {
			chat + "kind: InferenceService\nspec: {}\n", Warning,
			`in.yaml document 1: warning: line 5: key "kind" already set in map; line 6: key "spec" already set in map: the later value was used`,
		},
		"two objects in one document": {
			"apiVersion: v1\n" + chat, Warning,
			`in.yaml document 1: warning: line 2: key "apiVersion" already set in map: the later value was used: write a line --- between two objects`,
		},
		"a document that is nested too deeply": {
			"a: " + strings.Repeat("[", 600) + strings.Repeat("]", 600), Unusable,
			"in.yaml document 1: error: is nested more than 500 levels deep",
		},
		"an alias bomb": {
			bomb(), Unusable, "in.yaml document 1: error: is not YAML: document contains excessive aliasing",
		},
		"an object that is too large for Kubernetes": {
			strings.Replace(chat, "{}", "{runner: {image: \""+strings.Repeat("x", 2<<20)+"\"}}", 1), Unusable,
			"in.yaml: error: InferenceService team-a/chat: has 2097299 bytes of JSON: Kubernetes cannot store more than 1572864",
		},
		"a section of the configuration that is not JSON": {
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config}\ndata: {deploy: nope}\n", Error,
			"in.yaml: error: ConfigMap default/inferenceservice-config: data.deploy: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := Files(file(test.text), "default")
			require.Len(t, problems, 1)
			assert.Equal(t, test.severity, problems[0].Severity)
			if strings.HasSuffix(test.line, ": ") {
				assert.Contains(t, problems[0].String(), test.line)
				return
			}
			assert.Equal(t, test.line, problems[0].String())
		})
	}
}

// bomb is a text that grows tenfold with each line when aliases are followed.
func bomb() string {
	text := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 10; i++ {
		text += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), i-1)
	}
	return text
}

func TestAProblemDoesNotStopTheRest(t *testing.T) {
	set, problems := Files([]File{
		{Name: "a.yaml", Data: []byte("{{ broken")},
		{Name: "b.yaml", Data: []byte("just text\n---\n" + chat)},
	}, "default")
	require.Len(t, problems, 2)
	assert.Equal(t, "a.yaml", problems[0].File)
	assert.Equal(t, "b.yaml", problems[1].File)
	assert.Len(t, set.Requests(Options{}), 1)
}

func TestAnObjectThatCannotBeDecodedStaysInTheSet(t *testing.T) {
	text := strings.Replace(chat, "{}", "{runner: {name: r, resources: {limits: {cpu: abc}}}}", 1)
	set, problems := Files(file(text), "default")
	require.Len(t, problems, 1)
	assert.Equal(t, Error, problems[0].Severity)
	assert.Equal(t, "InferenceService team-a/chat", problems[0].Object)
	assert.Contains(t, problems[0].Field, "spec.engine.runner.resources.limits")
	require.Len(t, set.Requests(Options{}), 1)
	assert.Contains(t, string(set.Requests(Options{})[0].Parent), `"abc"`)
}

func TestFilesReadsEveryForm(t *testing.T) {
	asJSON := `{"apiVersion":"ome.io/v1beta1","kind":"InferenceService","metadata":{"name":"chat","namespace":"team-a"},"spec":{}}`
	for name, text := range map[string]string{
		"YAML":                           chat,
		"YAML behind a marker":           "--- # first\n" + chat + "...\n",
		"YAML with CR LF":                strings.ReplaceAll("---\n"+chat+"---\n", "\n", "\r\n"),
		"YAML with a byte order mark":    "\xef\xbb\xbf" + chat,
		"UTF-16, little endian":          "\xff\xfe" + widen(chat, 0, 1),
		"UTF-16, big endian":             "\xfe\xff" + widen(chat, 1, 0),
		"YAML with a directive":          "%YAML 1.1\n---\n" + chat,
		"content behind the marker":      "--- " + asJSON + "\n",
		"JSON":                           asJSON,
		"JSON behind JSON":               `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"x"}}` + "\n" + asJSON,
		"JSON documents between markers": asJSON + "\n---\n" + asJSON + "\n",
		"a YAML flow mapping":            "{apiVersion: ome.io/v1beta1, kind: InferenceService, metadata: {name: chat, namespace: team-a}, spec: {}}",
		"a List":                         `{"apiVersion":"v1","kind":"List","items":[` + asJSON + `,null]}`,
		"a List in a List":               `{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"List","items":[` + asJSON + `]}]}`,
		"a typed list": `{"apiVersion":"ome.io/v1beta1","kind":"InferenceServiceList","items":[` +
			strings.Replace(asJSON, `"apiVersion":"ome.io/v1beta1","kind":"InferenceService",`, "", 1) + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			got := requests(t, file(text)...)
			require.Len(t, got, 1)
			var h header
			require.NoError(t, json.Unmarshal(got[0].Parent, &h))
			assert.Equal(t, "ome.io/v1beta1", h.APIVersion)
			assert.Equal(t, "InferenceService", h.Kind)
			assert.Equal(t, "team-a", h.Metadata.Namespace)
		})
	}
}

// widen makes UTF-16 of ASCII: high and low say where the zero byte goes.
func widen(text string, low, high int) string {
	out := make([]byte, 2*len(text))
	for i := range text {
		out[2*i+low], out[2*i+high] = text[i], 0
	}
	return string(out)
}

func TestABrokenJSONFileNamesTheLine(t *testing.T) {
	_, problems := Files([]File{{Name: "in.json", Data: []byte("{\n\"a\": 1,\n\"b\" 2\n}")}}, "default")
	require.Len(t, problems, 1)
	assert.Equal(t, `in.json: error: is not JSON: line 3: invalid character '2' after object key`, problems[0].String())
}

func TestNamespaceFollowsTheScopeOfTheKind(t *testing.T) {
	service := strings.Replace(chat, ", namespace: team-a", "", 1)
	cluster := strings.Replace(model, "{name: m}", "{name: m, namespace: x}", 1)
	set, problems := Files(file(service+"---\n"+cluster), "elsewhere")
	require.Empty(t, problems)
	got := set.Requests(Options{Kinds: kinds.All()})
	require.Len(t, got, 1)
	assert.JSONEq(t, `{"apiVersion":"ome.io/v1beta1","kind":"InferenceService",
		"metadata":{"name":"chat","namespace":"elsewhere"},"spec":{"engine":{}}}`, string(got[0].Parent))
	assert.Equal(t, []string{"m"}, got[0].Related.KeysOf(kinds.ClusterBaseModel))
	assert.NotContains(t, string(got[0].Related.RawJSON(kinds.ClusterBaseModel, "", "m")), "namespace")
}

func TestTheLaterDefinitionWins(t *testing.T) {
	later := strings.Replace(model, "a/m", "b/m", 1)
	set, problems := Files([]File{
		{Name: "1.yaml", Data: []byte(chat + "---\n" + model)}, {Name: "2.yaml", Data: []byte(later)},
	}, "default")
	require.Len(t, problems, 1)
	assert.Equal(t, Warning, problems[0].Severity)
	assert.Equal(t, "2.yaml: warning: ClusterBaseModel m: is defined in 1.yaml document 2 too: the later definition was used", problems[0].String())
	related := set.Requests(Options{})[0].Related
	assert.Contains(t, string(related.RawJSON(kinds.ClusterBaseModel, "", "m")), "hf://b/m")
}

func TestTheSameDefinitionTwiceIsNoProblem(t *testing.T) {
	_, problems := Files(file(model+"---\n"+model), "default")
	assert.Empty(t, problems)
}

func TestForeignObjectsAreIgnored(t *testing.T) {
	got := requests(t, file(chat+`---
apiVersion: v1
kind: Secret
metadata: {name: s}
---
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
---
apiVersion: ome.io/v1beta1
kind: BenchmarkJob
metadata: {name: b}
---
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: chat-engine, namespace: team-a}
`)...)
	require.Len(t, got, 1)
	for kind, objects := range got[0].Children {
		assert.Empty(t, objects, kind)
	}
	assert.Empty(t, got[0].Related)
}

// TestKindsOfOMEsControllerArePassedOver: they stand beside services in manifests of OME v1.3.
func TestKindsOfOMEsControllerArePassedOver(t *testing.T) {
	for kind, why := range unservedKinds {
		set, problems := Files(file(chat+"---\napiVersion: ome.io/v1beta1\nkind: "+kind+"\nmetadata: {name: other, namespace: team-a}\nspec: {x: 1}\n"), "default")
		assert.Len(t, set.Requests(Options{}), 1, kind)
		if why == "" {
			assert.Empty(t, problems, kind)
			continue
		}
		require.Len(t, problems, 1, kind)
		assert.Equal(t, Warning, problems[0].Severity, kind)
		assert.Contains(t, problems[0].String(), "warning: "+kind+" team-a/other: kind: was passed over: ")
	}
}

func TestChildrenBelongToTheirService(t *testing.T) {
	for name, test := range map[string]struct {
		kind, name, metadata string
		want                 bool
	}{
		"by owner": {"apps/v1 Deployment", "other",
			`ownerReferences: [{apiVersion: ome.io/v1beta1, kind: InferenceService, name: chat, controller: true}]`, true},
		"by an owner without controller": {"apps/v1 Deployment", "other",
			`ownerReferences: [{apiVersion: ome.io/v1beta1, kind: InferenceService, name: chat}]`, true},
		"by label":                           {"v1 Service", "other", `labels: {ome.io/inferenceservice: chat}`, true},
		"by name":                            {"apps/v1 Deployment", "chat-engine", ``, true},
		"by the service's own name":          {"v1 Service", "chat", ``, true},
		"by the name of its model's map":     {"v1 ConfigMap", "modelconfig-chat", ``, true},
		"not a Deployment of that name":      {"apps/v1 Deployment", "chat", ``, false},
		"not a stranger":                     {"apps/v1 Deployment", "web", ``, false},
		"not what the label gives to others": {"apps/v1 Deployment", "chat-engine", `labels: {ome.io/inferenceservice: chat2}`, false},
		"not what another object controls": {"apps/v1 Deployment", "chat-engine",
			`ownerReferences: [{apiVersion: v1, kind: Foo, name: chat, controller: true}]`, false},
		"not what a service of another uid owns": {"apps/v1 Deployment", "chat-engine",
			`ownerReferences: [{apiVersion: ome.io/v1beta1, kind: InferenceService, name: chat, uid: old, controller: true}]`, false},
	} {
		t.Run(name, func(t *testing.T) {
			apiVersion, kind, _ := strings.Cut(test.kind, " ")
			object := fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata:\n  name: %s\n  namespace: team-a\n  %s\n",
				apiVersion, kind, test.name, test.metadata)
			service := strings.Replace(chat, "team-a}", "team-a, uid: new}", 1)
			got := requests(t, file(service+"---\n"+object)...)[0]
			raw := got.Children.RawJSON(kinds.New(kind, apiVersion), "team-a", test.name)
			assert.Equal(t, test.want, raw != nil)
		})
	}
}

func TestAChildOfAKindThatIsNotInstalledIsLeftOut(t *testing.T) {
	set, _ := Files(file(chat+"---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n"+
		"metadata: {name: scaledobject-chat-engine, namespace: team-a}\n"), "default")
	with := set.Requests(Options{Kinds: kinds.All()})[0]
	without := set.Requests(Options{Kinds: kinds.Set{kinds.Deployment: true}})[0]
	assert.Len(t, with.Children[kinds.ScaledObject], 1)
	assert.NotContains(t, without.Children, kinds.ScaledObject)
	assert.Contains(t, without.Children, kinds.Deployment)
}

func TestRelatedObjectsAreThoseOfTheNamespaceAndTheCluster(t *testing.T) {
	runtime := "apiVersion: ome.io/v1beta1\nkind: ServingRuntime\nmetadata: {name: r, namespace: %s}\nspec: {}\n"
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: team-a, labels: {%s: %s}}\n"
	got := requests(t, file(strings.Join([]string{
		chat, model, fmt.Sprintf(runtime, "team-a"), fmt.Sprintf(runtime, "team-b"),
		strings.Replace(chat, "name: chat", "name: embed", 1),
		fmt.Sprintf(pod, "p1", "ome.io/inferenceservice", "chat"),
		fmt.Sprintf(pod, "p2", "serving.ome.io/inferenceservice", "chat"),
		fmt.Sprintf(pod, "p3", "app", "chat"),
	}, "---\n"))...)
	require.Len(t, got, 2)
	assert.Equal(t, []string{"team-a/r"}, got[0].Related.KeysOf(kinds.ServingRuntime))
	assert.Equal(t, []string{"m"}, got[0].Related.KeysOf(kinds.ClusterBaseModel))
	assert.Equal(t, []string{"team-a/p1", "team-a/p2"}, got[0].Related.KeysOf(kinds.Pod))
	assert.Empty(t, got[1].Related.KeysOf(kinds.Pod))
}

func TestRequestsAreSortedAndSelected(t *testing.T) {
	var text []string
	for _, key := range []string{"b/z", "b/a", "a/z"} {
		namespace, name := observed.SplitKey(key)
		text = append(text, strings.NewReplacer("chat", name, "team-a", namespace).Replace(chat))
	}
	set, problems := Files(file(strings.Join(text, "---\n")), "default")
	require.Empty(t, problems)
	keys := func(names ...string) (keys []string) {
		for _, request := range set.Requests(Options{Names: names}) {
			var h header
			require.NoError(t, json.Unmarshal(request.Parent, &h))
			keys = append(keys, observed.ObjectKey(h.Metadata.Namespace, h.Metadata.Name))
		}
		return keys
	}
	assert.Equal(t, []string{"a/z", "b/a", "b/z"}, keys())
	assert.Equal(t, []string{"a/z", "b/z"}, keys("z"))
	assert.Equal(t, []string{"b/z"}, keys("b/z"))
	assert.Equal(t, []string{"q", "a/a"}, set.MissingNames([]string{"z", "q", "b/a", "a/a"}))
}

// TestTheConfigurationOfIsvcCounts among several: a cluster that moves from OME to isvc has both.
func TestTheConfigurationOfIsvcCounts(t *testing.T) {
	of := func(namespace, labels, deploy string) string {
		return "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config, namespace: " + namespace + ", labels: {" + labels +
			"}}\ndata: {deploy: '" + deploy + "'}\n"
	}
	const serverless, raw = `{"defaultDeploymentMode":"Serverless"}`, `{"defaultDeploymentMode":"RawDeployment"}`
	ofIsvc, ofOME := of("isvc-system", "app.kubernetes.io/name: isvc", serverless), of("ome", "", raw)
	later, broken := of("other", "", serverless), of("broken", "", "nope")
	const isvcCounts = ": is not used: there are several, and the one that was installed with isvc counts, in namespace isvc-system"
	for name, c := range map[string]struct {
		text, mode string
		said       []string
	}{
		"isvc's is first":                    {ofIsvc + ofOME, "Serverless", []string{"ome/inferenceservice-config" + isvcCounts}},
		"isvc's is last":                     {ofOME + ofIsvc, "Serverless", []string{"ome/inferenceservice-config" + isvcCounts}},
		"mistakes in others do not count":    {broken + ofIsvc + ofOME, "Serverless", []string{"broken/inferenceservice-config" + isvcCounts, "ome/inferenceservice-config" + isvcCounts}},
		"without isvc's the last one counts": {ofOME + later, "Serverless", []string{"ome/inferenceservice-config: is not used: there are several, and the later one counts, in namespace other"}},
	} {
		t.Run(name, func(t *testing.T) {
			set, problems := Files(file(chat+c.text), "default")
			var said []string
			for _, problem := range problems {
				_, text, _ := strings.Cut(problem.String(), "ConfigMap ")
				said = append(said, text)
			}
			assert.Equal(t, c.said, said)
			assert.Equal(t, c.mode, set.Requests(Options{})[0].Config.Deploy.DefaultDeploymentMode)
		})
	}
	t.Run("an edit of another one changes nothing, and that is said", func(t *testing.T) {
		set, applied := loaded(t, chat+ofIsvc), loaded(t, ofOME)
		edit := Edit{Apply: applied}
		assert.Same(t, set.Config(), set.After(edit).Config())
		require.Len(t, set.PassedOver(edit), 1)
		assert.Contains(t, set.PassedOver(edit)[0].String(), "ome/inferenceservice-config"+isvcCounts)
		edit.RemoveOthers = true
		assert.Equal(t, "RawDeployment", set.After(edit).Config().Deploy.DefaultDeploymentMode)
		assert.Empty(t, set.PassedOver(edit))
		assert.Empty(t, loaded(t, chat+ofOME).PassedOver(Edit{Apply: loaded(t, later)}), "nothing else says which one counts")
	})
}

func TestConfigurationComesFromTheSetUnlessItIsGiven(t *testing.T) {
	configMap := `apiVersion: v1
kind: ConfigMap
metadata: {name: inferenceservice-config, namespace: ome}
data: {deploy: '{"defaultDeploymentMode":"Serverless"}'}
`
	set, problems := Files(file(chat+"---\n"+configMap), "default")
	require.Empty(t, problems)
	assert.Equal(t, "Serverless", set.Requests(Options{})[0].Config.Deploy.DefaultDeploymentMode)
	assert.Nil(t, requests(t, file(chat)...)[0].Config)

	given := ConfigSections([]File{{Name: "deploy", Data: []byte(`{"defaultDeploymentMode":"RawDeployment"}`)}})
	assert.Same(t, given, set.Requests(Options{Config: given})[0].Config)

	for name, text := range map[string]string{
		"a ConfigMap":          configMap,
		"a mapping of objects": "deploy: {defaultDeploymentMode: Serverless}\n",
		"a mapping of texts":   `deploy: '{"defaultDeploymentMode":"Serverless"}'`,
	} {
		read, err := Config(file(text)[0])
		require.NoError(t, err, name)
		assert.Equal(t, "Serverless", read.Deploy.DefaultDeploymentMode, name)
	}
	assert.Nil(t, ConfigSections(nil))
}

func TestConfigRefusesWhatIsNoConfiguration(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "in.yaml: is empty: nothing was read from it",
		"a: {":                          "in.yaml: is not YAML: ",
		chat:                            "in.yaml: is a InferenceService: a configuration is a ConfigMap",
		"- a":                           "in.yaml: is neither a ConfigMap nor a mapping of sections",
		"a: {}\n---\nb: {}":             "in.yaml: has 2 documents: a configuration is one",
		"kind: ConfigMap\ndata: {a: 1}": "in.yaml: cannot read data: ",
	} {
		_, err := Config(file(text)[0])
		require.Error(t, err, text)
		assert.Contains(t, err.Error(), want)
	}
}

func TestNowAndExplainReachTheRequest(t *testing.T) {
	set, _ := Files(file(chat), "default")
	now := metav1.Unix(1, 0)
	request := set.Requests(Options{Now: now, Explain: true})[0]
	assert.Equal(t, now, request.Now)
	assert.True(t, request.Explain)
}
