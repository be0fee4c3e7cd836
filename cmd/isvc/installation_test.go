package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
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

// TestAServerAnswersOnlyTheURLsOfItsManifests serves as the Deployment of one version and calls the URLs
// of another.
func TestAServerAnswersOnlyTheURLsOfItsManifests(t *testing.T) {
	urls, servers := map[string][]string{}, map[string]http.Handler{}
	for _, version := range []string{"v0.1.0", "v9.9.9"} {
		var output strings.Builder
		for _, name := range []string{"deployment", "compositecontroller"} {
			text, err := os.ReadFile("../../manifests/base/" + name + ".yaml")
			require.NoError(t, err)
			output.WriteString(strings.ReplaceAll(string(text), "v0.1.0", version) + "\n---\n")
		}
		urls[version], servers[version] = hookURLs(t, output.String()), serverOfManifests(t, output.String())
	}
	for served, server := range servers {
		for asked := range urls {
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
