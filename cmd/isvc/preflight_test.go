package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/manifests"
)

// asJSON turns YAML into the JSON that kubectl prints.
func asJSON(t *testing.T, text string) string {
	t.Helper()
	converted, err := yaml.YAMLToJSON([]byte(text))
	require.NoError(t, err)
	return string(converted)
}

// installedCluster answers kubectl as a cluster does in which isvc is installed, without optional kinds.
func installedCluster(t *testing.T, differences ...func(answers map[string]string)) *fakeCluster {
	t.Helper()
	definition, err := manifests.DefinitionOf("InferenceService")
	require.NoError(t, err)
	answers := map[string]string{
		"version": `{"serverVersion": {"gitVersion": "v1.37.2"}}`,
		"get customresourcedefinitions.apiextensions.k8s.io inferenceservices.ome.io":                   asJSON(t, string(definition)),
		"get customresourcedefinitions.apiextensions.k8s.io compositecontrollers.metacontroller.k8s.io": asJSON(t, `spec: {versions: [{schema: {openAPIV3Schema: {properties: {spec: {properties: {hooks: {properties: {sync: {properties: {version: {}}}}}}}}}}}]}`),
		"get compositecontrollers.metacontroller.k8s.io isvc":                                           asJSON(t, readManifest(t, "compositecontroller")),
		"get events":                `{"items": []}`,
		"get deployments.apps isvc": asJSON(t, readManifest(t, "deployment")+"\nstatus: {replicas: 2, readyReplicas: 2}\n"),
		"get deployments.apps ome-controller-manager": "",
		"get pods":          `{"items": [{"spec": {"serviceAccountName": "metacontroller", "containers": [{"image": "ghcr.io/metacontroller/metacontroller:v4.17.2"}]}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}]}`,
		"get nodes":         `{"models.ome.io/clusterbasemodel.llama":"Ready"}` + "\n" + `{}` + "\n",
		"create --raw":      `{"children": [{"kind": "Deployment"}, {"kind": "Service"}]}`,
		"create --filename": `{"kind": "SubjectAccessReview", "spec": {"resourceAttributes": {"resource": "pods", "verb": "list"}}, "status": {"allowed": true}}` + "\n" + `{"kind": "SubjectAccessReview", "spec": {"resourceAttributes": {"resource": "pods", "verb": "watch"}}, "status": {"allowed": true}}`,
	}
	discovery := discoveryOf(map[string][]string{"ome.io/v1beta1": {
		"AcceleratorClass", "BaseModel", "ClusterBaseModel", "ClusterServingRuntime", "FineTunedWeight", "InferenceService", "ServingRuntime"}})
	for _, differ := range differences {
		differ(answers)
	}
	cluster := newFakeCluster(t)
	answer := func(args []string) *kubectlAnswer {
		line := strings.Join(args, " ")
		if strings.HasPrefix(line, "get --raw ") {
			return &kubectlAnswer{Out: discovery[args[2]]}
		}
		for beginning, out := range answers {
			if strings.HasPrefix(line+" ", beginning+" ") || strings.HasPrefix(line, beginning+"=") {
				if message, fails := strings.CutPrefix(out, "error: "); fails {
					return &kubectlAnswer{Err: message + "\n", Code: 1}
				}
				return &kubectlAnswer{Out: out}
			}
		}
		unexpected := failing("error: nobody expects %q", line)
		return &unexpected
	}
	cluster.change(func() { cluster.answer = answer })
	return cluster
}

func readManifest(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../manifests/base/" + name + ".yaml")
	require.NoError(t, err)
	return string(text)
}

func TestPreflightPassesWhereIsvcIsInstalled(t *testing.T) {
	cluster := installedCluster(t)
	got := isvc("", "preflight", "--context", "lab")
	assert.Zero(t, got.code, got.err)
	assert.Empty(t, got.err)
	assert.Contains(t, got.out, "ok       rights                     Metacontroller may do all that isvc needs, 2 rights\n")
	assert.Contains(t, got.out, "ok       answer                     a sample service becomes Deployment, Service\n")
	assert.Contains(t, got.out, "warning  Metacontroller's settings  defaults for --client-go-qps")
	assert.Contains(t, got.out, "\nThis cluster can serve with isvc: 11 ok, 1 warning, 0 unknown, 0 failed.\n")
	for _, call := range cluster.callsOf("create") {
		assert.True(t, strings.HasPrefix(call, "create --filename=- --output=json --context lab") ||
			strings.HasPrefix(call, "create --raw=/api/v1/namespaces/isvc-system/services/isvc:hooks/proxy/sync?rev=v0.1.0 --filename=- --context lab"), call)
	}
	assert.Empty(t, cluster.callsOf("patch"))
}

func TestPreflightSaysWhatFails(t *testing.T) {
	const controller = "get compositecontrollers.metacontroller.k8s.io isvc"
	installedCluster(t, func(answers map[string]string) {
		answers[controller] = strings.Replace(answers[controller],
			`"childResources":[`, `"childResources":[{"apiVersion":"keda.sh/v1alpha1","resource":"scaledobjects"},`, 1)
		answers["get nodes"] = "error: Error from server (Forbidden): nodes is forbidden"
	})
	got := isvc("", "preflight")
	assert.Equal(t, exitUnresolved, got.code, got.err)
	assert.Contains(t, got.out, "failed   CompositeController        it manages ScaledObject.keda.sh/v1alpha1, which the cluster does not have")
	assert.Contains(t, got.out, "Install the kind, or take the component keda out of the manifests.\n")
	assert.Contains(t, got.out, "unknown  model nodes                Error from server (Forbidden): nodes is forbidden\n")
	assert.Contains(t, got.out, "\nThis cluster cannot serve with isvc yet: ")
}

func TestPreflightForPrograms(t *testing.T) {
	installedCluster(t, func(answers map[string]string) { answers["get deployments.apps isvc"] = "" })
	got := isvc("", "preflight", "-o", "json")
	assert.Equal(t, exitUnresolved, got.code, got.err)
	var report struct {
		Kind, Verdict string
		Checks        []map[string]string
	}
	require.NoError(t, json.Unmarshal([]byte(got.out), &report))
	assert.Equal(t, "Preflight", report.Kind)
	assert.Equal(t, "failed", report.Verdict)
	assert.Contains(t, report.Checks, map[string]string{"name": "hook server", "verdict": "failed",
		"message": "there is no Deployment isvc in the namespace isvc-system", "fix": "Install isvc, or name its namespace with --namespace."})
}

func TestPreflightWithoutACluster(t *testing.T) {
	installedCluster(t, func(answers map[string]string) { answers["version"] = "error: Unable to connect to the server: EOF" })
	got := isvc("", "preflight")
	assert.Equal(t, exitUnusable, got.code)
	assert.Contains(t, got.err, "Unable to connect to the server: EOF\n")
	t.Setenv("PATH", t.TempDir())
	assert.Equal(t, "isvc: cannot read from the cluster: kubectl is not in PATH\n", isvc("", "preflight").err)
	assert.Equal(t, exitUnusable, isvc("", "preflight", "-o", "yaml").code)
	assert.Equal(t, exitUnusable, isvc("", "preflight", "chat").code)
}

// TestEachRightIsAskedFor compares the questions with the ClusterRole.
func TestEachRightIsAskedFor(t *testing.T) {
	text, err := reviewsOf("control", "meta", nil)
	require.NoError(t, err)
	questions := string(text)
	assert.Contains(t, questions, `"resourceAttributes":{"verb":"update","group":"ome.io","resource":"inferenceservices","subresource":"status"}`)
	assert.Contains(t, questions, `"user":"system:serviceaccount:control:meta"`)
	assert.NotContains(t, questions, "keda.sh")
	assert.Greater(t, strings.Count(questions, "\n"), 80)
}
