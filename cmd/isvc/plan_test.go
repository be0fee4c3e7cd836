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

	"github.com/isvc-io/isvc/cmd/isvc/plan"
)

// nextImage is the runtime with another image.
var nextImage = strings.Replace(servingRuntime, "engine:1", "engine:2", 1)

func TestPlanOfChangedFiles(t *testing.T) {
	path := folder(t, map[string]string{"runtime.yaml": nextImage})
	got := isvc(all, "plan", "-f", "-", "--with", path)
	assert.Equal(t, exitOK, got.code, got.err)
	assert.Empty(t, got.err)
	assert.Contains(t, got.out, "because of ClusterServingRuntime rt: 1 service\n  spec.engineConfig.runner.image ("+filepath.Join(path, "runtime.yaml")+":14)\n")
	assert.Contains(t, got.out, "team-a/chat: rolling, 1 pod\n")
}

func TestPlanWithoutAnObject(t *testing.T) {
	got := isvc(all, "plan", "-f", "-", "--without", "InferenceService/team-a/chat")
	assert.Equal(t, exitOK, got.code, got.err)
	assert.Contains(t, got.out, "because InferenceService team-a/chat is removed: 1 service\n")
	got = isvc(all, "plan", "-f", "-", "-n", "team-a", "--without", "InferenceService/chat")
	assert.Equal(t, exitOK, got.code, got.err)
	got = isvc(all, "plan", "-f", "-", "--without", "ClusterServingRuntime/rt")
	assert.Equal(t, exitUnresolved, got.code)
	assert.Contains(t, got.out, "team-a/chat: its objects stay as they are\n  cannot be resolved: RuntimeNotFound: ")
}

func TestPlanAgainstAnotherSetOfFiles(t *testing.T) {
	is := folder(t, map[string]string{"all.yaml": all})
	would := folder(t, map[string]string{"all.yaml": model + "---\n" + nextImage + "---\n" + strings.Replace(chat, "name: chat", "name: talk", 1)})
	got := isvc("", "plan", "-f", is, "--against", would)
	assert.Equal(t, exitOK, got.code, got.err)
	assert.Contains(t, got.out, "team-a/chat: deleted, 1 pod\n", "what the other set lacks goes")
	assert.Contains(t, got.out, "team-a/talk: new service, 0 to 1 pod\n")
}

func TestPlanOfAServiceThatIsNew(t *testing.T) {
	path := folder(t, map[string]string{"chat.yaml": chat})
	got := isvc(model+"---\n"+servingRuntime, "plan", "-f", "-", "--with", path)
	assert.Equal(t, exitOK, got.code, got.err)
	assert.Contains(t, got.out, "1 of 1 service changes: 1 scale (1 is new).\n")
}

func TestPlanFailsOnEffects(t *testing.T) {
	path := folder(t, map[string]string{"runtime.yaml": nextImage})
	for _, test := range []struct {
		args []string
		code int
		err  string
	}{
		{[]string{"--fail-on", "rolling"}, exitTooBad, "the worst effect is rolling, and --fail-on is rolling\n"},
		{[]string{"--fail-on", "metadata"}, exitTooBad, "the worst effect is rolling, and --fail-on is metadata\n"},
		{[]string{"--fail-on", "new-revision"}, exitOK, ""},
		{[]string{"--max-restarts", "0"}, exitTooBad, "the number of services that restart is 1, and --max-restarts is 0\n"},
		{[]string{"--max-restarts", "1"}, exitOK, ""},
		{[]string{"--fail-on", "harm"}, exitUnusable, `isvc: --fail-on: "harm" is no effect: use one of none, metadata, in place, scale, eviction, traffic, rolling, new revision, recreate, delete` + "\n"},
		{[]string{"--against", path}, exitUnusable, "isvc: --with and --without, --against, and --against-program are three ways to name an edit: use one of them\n"},
		{[]string{"--without", "Pod/x"}, exitUnusable, `isvc: --without Pod/x: no service depends on a "Pod": give the kind as in a manifest, such as ClusterServingRuntime/NAME` + "\n"},
		{[]string{"--without", "ClusterServingRuntime/x"}, exitUnusable, "isvc: --without ClusterServingRuntime/x: there is no ClusterServingRuntime x in the input\n"},
		{[]string{"--without", "ClusterServingRuntime"}, exitUnusable, "isvc: --without ClusterServingRuntime: write KIND/NAME, or KIND/NAMESPACE/NAME for a kind with namespaces\n"},
		{[]string{"--max-restarts", "-2"}, exitUnusable, "isvc: --max-restarts -2 is no number of services: use 0 or more, or -1 for any number\n"},
		{[]string{"runtimes/"}, exitUnusable, `isvc: "runtimes/" is no flag: name what is with -f, and the edit with --with, --against or --against-program` + "\n"},
		{[]string{"-o", "sarif"}, exitUnusable, `isvc: there is no output form "sarif": use text, json, markdown or html` + "\n"},
	} {
		got := isvc(all, append([]string{"plan", "-f", "-", "--with", path}, test.args...)...)
		assert.Equal(t, test.code, got.code, test.args)
		assert.Equal(t, test.err, got.err, test.args)
	}
	got := isvc(all, "plan", "-f", "-")
	assert.Equal(t, result{exitUnusable, "", "isvc: there is no edit: name it with --with, --without, --against or --against-program\n"}, got)
	got = isvc(all, "plan", "-f", "-", "--with", folder(t, map[string]string{"broken.yaml": "{{"}))
	assert.Equal(t, exitUnusable, got.code)
	assert.Contains(t, got.err, "broken.yaml document 1: error: is not YAML")
	got = isvc("", "plan", "--with", path)
	assert.Equal(t, "isvc: nothing says what is: name files or folders with -f, - for standard input, or use --cluster\n", got.err)
	got = isvc(all, "plan", "-f", "-", "--with", folder(t, map[string]string{"pod.yaml": "{apiVersion: v1, kind: Pod, metadata: {name: x}}"}))
	assert.Equal(t, result{exitOK, "None of 1 service changes.\nThe edit changes no object of the input.\n",
		"the edit holds no service and nothing that services depend on, such as a runtime, a model or the configuration\n"}, got)
	got = isvc(model, "plan", "-f", "-", "--with", path)
	assert.Equal(t, "isvc: neither the input nor the edit holds an InferenceService\n", got.err)
}

func TestPlanAsJSON(t *testing.T) {
	path := folder(t, map[string]string{"runtime.yaml": nextImage})
	got := isvc(all, "plan", "-f", "-", "--with", path, "-o", "json")
	require.Equal(t, exitOK, got.code, got.err)
	var report map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.out), &report))
	assert.Equal(t, plan.APIVersion, report["apiVersion"])
	summary := report["summary"].(map[string]any)
	assert.EqualValues(t, 1, summary["services"])
	assert.EqualValues(t, 1, summary["changed"])
	assert.NotContains(t, got.out, "engine:2", "values are shown with --full only")
	full := isvc(all, "plan", "-f", "-", "--with", path, "-o", "json", "--full")
	assert.Contains(t, full.out, `"after": "registry.example/engine:2"`)
}

// TestPlanShowsNoSecrets: neither values of variables nor those of flags are printed.
func TestPlanShowsNoSecrets(t *testing.T) {
	withSecret := func(secret string) string {
		return strings.Replace(servingRuntime, "      ports:", "      env: [{name: HF_TOKEN, value: "+secret+"}]\n      args: [--api-key="+secret+", --url=http://h/"+secret+"]\n      ports:", 1)
	}
	is := model + "---\n" + withSecret("hf_firstsecretvalue1") + "---\n" + chat
	path := folder(t, map[string]string{"runtime.yaml": withSecret("hf_secondsecretvalue")})
	hold := "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config, namespace: ome}\ndata: {rollout: '{\"onCatalogueChange\": \"Hold\"}'}\n"
	for _, form := range []string{"text", "json", "markdown"} {
		for _, input := range []string{is, is + hold} {
			got := isvc(input, "plan", "-f", "-", "--with", path, "--full", "-o", form)
			assert.Equal(t, exitOK, got.code, got.err)
			assert.Contains(t, got.out, "spec.template.spec.containers[ome-container].args")
			for _, secret := range []string{"hf_firstsecretvalue1", "hf_secondsecretvalue"} {
				assert.NotContains(t, got.out, secret, form)
			}
		}
	}
}

// presentIsvc is the name under which this program is isvc.
const presentIsvc = "isvc"

// formerIsvc is the name under which this program is another version of isvc: one that makes another
// image.
const formerIsvc = "isvc-former"

// runFormerVersion runs a command line as another version of isvc does.
func runFormerVersion(args []string) int {
	version, commit = "v0.0.9", "0123456789abcdef"
	var out bytes.Buffer
	code := runCommandLine(args, streams{in: os.Stdin, out: &out, err: os.Stderr})
	text := strings.ReplaceAll(out.String(), `"isvc.io/input":`, `"example.com/was":`)
	_, _ = os.Stdout.WriteString(strings.ReplaceAll(text, "engine:1", "engine:0"))
	return code
}

func TestPlanAgainstAnotherVersion(t *testing.T) {
	program, err := os.Executable()
	require.NoError(t, err)
	former := filepath.Join(t.TempDir(), formerIsvc)
	require.NoError(t, os.Symlink(program, former))
	lost := strings.NewReplacer("name: chat", "name: lost", "name: rt", "name: absent").Replace(chat)
	got := isvc(all+"---\n"+lost, "plan", "-f", "-", "--against-program", former, "-o", "json")
	assert.Equal(t, exitUnresolved, got.code, got.err)
	var report plan.Report
	require.NoError(t, json.Unmarshal([]byte(got.out), &report))
	assert.Equal(t, "isvc v0.0.9 (0123456789ab)", report.From)
	assert.Equal(t, thisProgram().String(), report.To)
	assert.Equal(t, 1, report.Summary.Changed)
	assert.Equal(t, plan.Count{Services: 1, Pods: 1}, report.Summary.Waiting, "an upgrade restarts nothing by default")
	chat := report.Services[0]
	require.Len(t, chat.Waiting, 1)
	assert.Equal(t, "UpgradeHeld", chat.Waiting[0].Reason)
	assert.Equal(t, "both", report.Services[1].Problems[0].When)
	require.Len(t, report.Causes, 1)
	assert.Equal(t, "isvc", report.Causes[0].Kind)

	rolls := "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config, namespace: ome}\ndata: {rollout: '{\"onUpgrade\": \"Roll\"}'}\n"
	got = isvc(all+rolls, "plan", "-f", "-", "--against-program", former, "--max-restarts", "0")
	assert.Equal(t, exitTooBad, got.code)
	assert.Contains(t, got.out, "\nfrom isvc v0.0.9 (0123456789ab) to isvc ")
	assert.Contains(t, got.out, "team-a/chat: rolling, 1 pod")

	got = isvc(all, "plan", "-f", "-", "--against-program", "/nowhere/isvc")
	assert.Equal(t, exitUnusable, got.code)
	assert.Contains(t, got.err, "isvc: /nowhere/isvc version failed: ")
}

// servingCluster is a kubectl that shows the objects of a text, and the kinds of Knative.
// TestAClusterWithoutServicesHasAPlan: an upgrade is checked there, too.
func TestAClusterWithoutServicesHasAPlan(t *testing.T) {
	edit := folder(t, map[string]string{"model.yaml": strings.Replace(model, "name: tiny", "name: tiny2", 1)})
	servingCluster(t, model)
	got := isvc("", "plan", "--cluster", "--with", edit, "--max-restarts", "0")
	assert.Equal(t, exitOK, got.code, got.err)
	assert.Contains(t, got.out, "None of 0 services changes.\n")
	got = isvc("", "plan", "--cluster", "-n", "team-b", "--with", edit)
	assert.Equal(t, exitUnusable, got.code, "a namespace may be misspelt")
	assert.Equal(t, exitUnusable, isvc(model, "plan", "-f", "-", "--with", edit).code)
}

func servingCluster(t *testing.T, text string) *fakeCluster {
	t.Helper()
	raw := discoveryOf(map[string][]string{"serving.knative.dev/v1": {"Service"}})
	return newFakeClusterWith(t, func(args []string) *kubectlAnswer {
		if args[0] == "get" && args[1] == "--raw" {
			return &kubectlAnswer{Out: raw[args[2]]}
		}
		var items []any
		for _, document := range strings.Split(text, "---\n") {
			var object map[string]any
			if err := yaml.Unmarshal([]byte(document), &object); err != nil {
				panic(err)
			}
			resource := strings.ToLower(object["kind"].(string)) + "s."
			if strings.HasPrefix(args[1], "configmaps") == (object["kind"] == "ConfigMap") && (strings.Contains(args[1], resource) || object["kind"] == "ConfigMap") {
				items = append(items, object)
			}
		}
		answer := printed(map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
		return &answer
	})
}

func newFakeClusterWith(t *testing.T, answer func(args []string) *kubectlAnswer) *fakeCluster {
	t.Helper()
	c := newFakeCluster(t)
	c.change(func() { c.answer = answer })
	return c
}

func TestPlanOfACluster(t *testing.T) {
	cluster := servingCluster(t, all)
	got := isvc("", "plan", "--cluster", "--context", "lab", "--with", folder(t, map[string]string{"runtime.yaml": nextImage}))
	assert.Equal(t, exitOK, got.code, got.err)
	assert.Contains(t, got.out, "team-a/chat: rolling, 1 pod\n")
	calls := cluster.callsOf("get")
	at := slices.IndexFunc(calls, func(call string) bool { return strings.Contains(call, "inferenceservices") })
	assert.Equal(t, "get acceleratorclasses.v1beta1.ome.io,basemodels.v1beta1.ome.io,clusterbasemodels.v1beta1.ome.io,"+
		"clusterservingruntimes.v1beta1.ome.io,finetunedweights.v1beta1.ome.io,inferenceservices.v1beta1.ome.io,"+
		"servingruntimes.v1beta1.ome.io --all-namespaces --output=json --show-managed-fields --context lab", calls[at])
	assert.Equal(t, "get configmaps --field-selector=metadata.name=inferenceservice-config --all-namespaces --output=json --show-managed-fields --context lab", calls[at+1])
	assert.Contains(t, calls[at+2], "services.v1.serving.knative.dev")
	assert.NotContains(t, calls[at+2], "services.v1.,")
	assert.NotContains(t, calls[at+2], "rayclusters")
	assert.Contains(t, calls[at+2], "--selector=ome.io/inferenceservice")
	assert.Equal(t, "get services.v1.,ingresses.v1.networking.k8s.io --all-namespaces --output=json --show-managed-fields --context lab", calls[at+3],
		"whoever has the names and hosts of services")
	assert.Equal(t, "get serviceaccounts --field-selector=metadata.name=default --all-namespaces --output=json --show-managed-fields --context lab", calls[at+4])

	got = isvc(all, "plan", "--cluster", "-f", "-", "--without", "InferenceService/x")
	assert.Equal(t, "isvc: --cluster and --filename exclude each other\n", got.err)
	got = isvc(all, "plan", "-f", "-", "--context", "lab", "--without", "InferenceService/x")
	assert.Equal(t, "isvc: --kubeconfig, --context and --all-namespaces need --cluster, without --filename\n", got.err)
}

func TestDiffOfServices(t *testing.T) {
	live := all + "---\napiVersion: v1\nkind: Service\nmetadata: {name: chat-engine, namespace: team-a, labels: {ome.io/inferenceservice: chat}}\nspec: {clusterIP: 10.0.0.1}\n"
	got := isvc(live, "diff", "-f", "-")
	assert.Equal(t, exitOK, got.code, got.err)
	assert.Contains(t, got.out, "isvc wants to change 1 of 1 service; the worst effect is traffic.\n")
	assert.Contains(t, got.out, "Deployment chat-engine, is made\n")
	got = isvc(live, "diff", "-f", "-", "--fail-on", "metadata", "-o", "json")
	assert.Equal(t, exitTooBad, got.code)
	assert.Contains(t, got.out, `"apiVersion": "isvc.io/diff/v1"`)
	got = isvc(live, "diff", "-f", "-", "--fail-on", "none")
	assert.Equal(t, "isvc: --fail-on none would always fail: leave the flag out, or use metadata\n", got.err)
	got = isvc(strings.Replace(all, "runtime: {name: rt}", "runtime: {name: absent}", 1), "diff", "-f", "-")
	assert.Equal(t, exitUnresolved, got.code)
	assert.Contains(t, got.out, "team-a/chat: its objects stay as they are\n  cannot be resolved: RuntimeNotFound: ")
	got = isvc(model, "diff", "-f", "-")
	assert.Equal(t, "isvc: the input holds no InferenceService\n", got.err)
	got = isvc(all, "diff", "-f", "-", "team-a/nobody")
	assert.Equal(t, exitUnusable, got.code)
}
