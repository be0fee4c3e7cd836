package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/sync/hook"
)

// fakeKubectl puts a kubectl in front of PATH that prints the discovery documents by path. It appends
// its arguments to the file that is returned.
func fakeKubectl(t *testing.T, documents map[string]string) (calls string) {
	t.Helper()
	folder := t.TempDir()
	calls = filepath.Join(folder, "calls")
	script := "#!/bin/sh\necho \"$@\" >> '" + calls + "'\ncase \"$3\" in\n"
	for path, text := range documents {
		script += path + ") echo '" + text + "' ;;\n"
	}
	script += "*) echo \"the server does not have $3\" >&2; exit 1 ;;\nesac\n"
	require.NoError(t, os.WriteFile(filepath.Join(folder, "kubectl"), []byte(script), 0o700))
	t.Setenv("PATH", folder)
	return calls
}

// discoveryOf makes discovery documents of the kinds of each version.
func discoveryOf(versions map[string][]string) map[string]string {
	documents := map[string]string{}
	var groups []string
	for version, kinds := range versions {
		groups = append(groups, `{"versions":[{"groupVersion":"`+version+`"}]}`)
		var list []string
		for _, kind := range kinds {
			plural := strings.ToLower(kind) + "s"
			list = append(list, `{"name":"`+plural+`","kind":"`+kind+`"}`, `{"name":"`+plural+`/scale","kind":"Scale"}`)
		}
		documents["/apis/"+version] = `{"kind":"APIResourceList","resources":[` + strings.Join(list, ",") + `]}`
	}
	documents["/apis"] = `{"kind":"APIGroupList","groups":[` + strings.Join(groups, ",") + `]}`
	return documents
}

// runManifests runs the verb and returns its output, what it complained about
// and its error.
func runManifests(t *testing.T, args ...string) (string, string, error) {
	t.Helper()
	var out, complaints bytes.Buffer
	cmd := newManifests(streams{out: &out, err: &complaints})
	cmd.SetArgs(args)
	cmd.SetContext(context.Background())
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.Execute()
	return out.String(), complaints.String(), err
}

// managed are the resources of the CompositeController in the output.
func managed(t *testing.T, output string) []string {
	t.Helper()
	for _, doc := range strings.Split(output, "\n---\n") {
		if !strings.Contains(doc, "kind: CompositeController\n") {
			continue
		}
		var names []string
		for _, match := range regexp.MustCompile(`(?m)^  - apiVersion: .*\n    resource: (.*)$`).FindAllStringSubmatch(doc, -1) {
			names = append(names, match[1])
		}
		return names
	}
	t.Fatal("there is no CompositeController")
	return nil
}

func TestDetectFindsWhatTheClusterHas(t *testing.T) {
	calls := fakeKubectl(t, discoveryOf(map[string][]string{
		"keda.sh/v1alpha1":             {"ScaledJob", "ScaledObject"},
		"networking.istio.io/v1beta1":  {"VirtualService"},
		"leaderworkerset.x-k8s.io/v1":  {"Other"},
		"serving.knative.dev/v1alpha1": {"Service"},
	}))
	output, complaints, err := runManifests(t, "--detect", "--kubeconfig", "/k", "--context", "lab")
	require.NoError(t, err, complaints)
	resources := managed(t, output)
	assert.Contains(t, resources, "scaledobjects")
	assert.NotContains(t, resources, "virtualservices", "Istio is there only in part")
	assert.NotContains(t, resources, "leaderworkersets")
	assert.Len(t, resources, 10)
	assert.Equal(t, "left out istio: the cluster does not have Sidecar.networking.istio.io/v1beta1\n"+
		"found in the cluster: keda\n", complaints)
	called, err := os.ReadFile(calls)
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(called), "get --raw /apis --kubeconfig /k --context lab\n"), string(called))
	assert.NotContains(t, string(called), "knative", "versions that are not served are not asked for")
}

func TestDetectSaysWhyKubectlIsOfNoUse(t *testing.T) {
	_, complaints, err := func() (string, string, error) {
		fakeKubectl(t, nil)
		return runManifests(t, "--detect", "--context", "lab")
	}()
	assert.ErrorContains(t, err, "cannot read from the cluster: kubectl get --raw /apis --context lab failed: exit status 1")
	assert.Equal(t, "the server does not have /apis\n", complaints, "kubectl's own words are shown")

	fakeKubectl(t, map[string]string{"/apis": "Hello"})
	_, _, err = runManifests(t, "--detect")
	assert.ErrorContains(t, err, "kubectl get --raw /apis printed something else than what an API server has: invalid character")

	t.Setenv("PATH", t.TempDir())
	_, _, err = runManifests(t, "--detect")
	assert.EqualError(t, err, "cannot read from the cluster: kubectl is not in PATH")

	_, _, err = runManifests(t, "--context", "lab")
	assert.EqualError(t, err, "--kubeconfig and --context need --detect")
}

func TestParseComponents(t *testing.T) {
	for list, want := range map[string][]string{
		"":                              nil,
		"all":                           {"gateway-api", "istio", "keda", "knative", "lws", "prometheus-operator", "ray"},
		"keda, lws":                     {"keda", "lws"},
		"ScaledObject,Sidecar":          {"keda", "istio"},
		"ScaledObject.keda.sh/v1alpha1": {"keda"},
		"Deployment.apps/v1":            nil,
	} {
		got, err := parseComponents(list)
		require.NoError(t, err, list)
		assert.Equal(t, want, got, list)
	}
	for _, list := range []string{"kedda", "keda,all", "tls"} {
		_, err := parseComponents(list)
		assert.Error(t, err, list)
	}
}

func TestManifestsAppliesItsFlags(t *testing.T) {
	output, _, err := runManifests(t, "--kinds", "ray", "-n", "models", "--image", "registry.example/isvc:v3", "--revision", "spring")
	require.NoError(t, err)
	assert.Contains(t, managed(t, output), "rayclusters")
	assert.Contains(t, output, "image: registry.example/isvc:v3")
	assert.Contains(t, output, "url: http://isvc.models.svc/sync?rev=spring")
	assert.Contains(t, output, "- name: ISVC_REVISION\n          value: spring\n")
	_, _, err = runManifests(t, "--kinds", "ray", "--detect")
	assert.ErrorContains(t, err, "none of the others can be")
}

// TestTheDeploymentUsesFlagsThatExist parses the arguments and the environment
// variables of the manifests with the flags of serve.
func TestTheDeploymentUsesFlagsThatExist(t *testing.T) {
	for _, file := range []string{"base/deployment.yaml", "components/tls/deployment.yaml", "components/token/deployment.yaml"} {
		data, err := os.ReadFile("../../manifests/" + file)
		require.NoError(t, err)
		var deployment appsv1.Deployment
		require.NoError(t, yaml.UnmarshalStrict(data, &deployment))
		container := deployment.Spec.Template.Spec.Containers[0]
		flags := newServe(streams{}).Flags()
		if len(container.Args) > 0 {
			require.Equal(t, "serve", container.Args[0])
			require.NoError(t, flags.Parse(container.Args[1:]), file)
		}
		variables := environment(container.Env)
		require.NoError(t, fromEnvironment(flags, func(name string) (string, bool) {
			value, given := variables[name]
			delete(variables, name)
			return value, given
		}), file)
		assert.Empty(t, variables, "%s sets variables that no flag has", file)
	}
}

// TestAServerAnswersOnlyTheURLsOfItsManifests serves as the Deployment of one output and calls the
// URLs of another.
func TestAServerAnswersOnlyTheURLsOfItsManifests(t *testing.T) {
	outputs := map[string][]string{
		"as released":                {},
		"another tag":                {"--image", "registry.example:5000/isvc:v9"},
		"a digest":                   {"--image", "ghcr.io/isvc-io/isvc:v9@sha256:0123456789abcdef"},
		"a tag with a revision":      {"--image", "isvc:latest", "--revision", "2026-05-06 a&b=c"},
		"an image without a version": {"--image", "localhost:5000/isvc", "--revision", "1"},
	}
	urls, servers := map[string][]string{}, map[string]http.Handler{}
	for name, flags := range outputs {
		output, _, err := runManifests(t, flags...)
		require.NoError(t, err)
		urls[name], servers[name] = hookURLs(t, output), serverOfManifests(t, output)
	}
	for served, server := range servers {
		for asked := range outputs {
			want := http.StatusTooManyRequests
			if served == asked {
				want = http.StatusOK
			}
			for _, url := range urls[asked] {
				request := httptest.NewRequest(http.MethodPost, url, strings.NewReader(hookCall(url)))
				answer := httptest.NewRecorder()
				server.ServeHTTP(answer, request)
				assert.Equal(t, want, answer.Code, "a server of %q is called at %s of %q: %s", served, url, asked, answer.Body)
			}
		}
	}
}

// serverOfManifests is the server that the Deployment runs, without its configuration.
func serverOfManifests(t *testing.T, output string) http.Handler {
	t.Helper()
	var deployment appsv1.Deployment
	decodeManifest(t, output, "Deployment", &deployment)
	flags, set := &serveFlags{}, pflag.NewFlagSet("serve", pflag.ContinueOnError)
	flags.register(set)
	container := deployment.Spec.Template.Spec.Containers[0]
	require.NoError(t, set.Parse(container.Args[1:]))
	variables := environment(container.Env)
	require.NoError(t, fromEnvironment(set, func(name string) (string, bool) {
		value, given := variables[name]
		return value, given
	}))
	flags.configPath = ""
	options, err := flags.handler(slog.New(slog.DiscardHandler), newMetrics())
	require.NoError(t, err)
	return hook.NewHandler(options)
}

// hookURLs are the URLs of the CompositeController.
func hookURLs(t *testing.T, output string) []string {
	t.Helper()
	var controller struct {
		Spec struct {
			Hooks map[string]struct {
				Webhook struct {
					URL string `json:"url"`
				} `json:"webhook"`
			} `json:"hooks"`
		} `json:"spec"`
	}
	decodeManifest(t, output, "CompositeController", &controller)
	var urls []string
	for _, h := range controller.Spec.Hooks {
		urls = append(urls, h.Webhook.URL)
	}
	require.Len(t, urls, 2)
	return urls
}

// hookCall is a call of the hook at a URL.
func hookCall(url string) string {
	parent := `{"apiVersion":"ome.io/v1beta1","kind":"InferenceService","metadata":{"name":"chat","namespace":"a"},"spec":{"engine":{}}}`
	if strings.Contains(url, "/customize") {
		return `{"parent":` + parent + `}`
	}
	return `{"parent":` + parent + `,"children":{"Deployment.apps/v1":{}}}`
}

// decodeManifest decodes the only object of a kind in a stream.
func decodeManifest(t *testing.T, stream, kind string, into any) {
	t.Helper()
	for _, document := range strings.Split(stream, "\n---\n") {
		if strings.Contains("\n"+document, "\nkind: "+kind+"\n") {
			require.NoError(t, yaml.Unmarshal([]byte(document), into))
			return
		}
	}
	require.Fail(t, "there is no "+kind)
}

// environment are the variables that serve reads.
func environment(list []corev1.EnvVar) map[string]string {
	variables := map[string]string{}
	for _, variable := range list {
		if strings.HasPrefix(variable.Name, envPrefix) {
			variables[variable.Name] = variable.Value
		}
	}
	return variables
}
