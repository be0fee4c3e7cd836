package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// apiServer answers discovery of the versions with their kinds; every other
// version is not found. Requests without the token are refused.
func apiServer(t *testing.T, kinds map[string]string) *httptest.Server {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		list, found := kinds[strings.TrimPrefix(r.URL.Path, "/apis/")]
		switch {
		case r.Header.Get("Authorization") != "Bearer s3cret":
			w.WriteHeader(http.StatusUnauthorized)
		case !found:
			w.WriteHeader(http.StatusNotFound)
		default:
			_, _ = w.Write([]byte(list))
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// kubeconfigFor writes a kubeconfig for the server and returns its path.
func kubeconfigFor(t *testing.T, server *httptest.Server, user string) string {
	t.Helper()
	folder := t.TempDir()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile(filepath.Join(folder, "ca.crt"), authority, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "token"), []byte("s3cret\n"), 0o600))
	plugin := "#!/bin/sh\ncase \"$KUBERNETES_EXEC_INFO\" in *ExecCredential*) echo '{\"status\":{\"token\":\"'$SECRET'\"}}';; esac\n"
	require.NoError(t, os.WriteFile(filepath.Join(folder, "plugin"), []byte(plugin), 0o700))
	path := filepath.Join(folder, "config")
	text := "current-context: here\n" +
		"contexts: [{name: elsewhere, context: {cluster: gone, user: gone}}, {name: here, context: {cluster: lab, user: me}}]\n" +
		"clusters: [{name: lab, cluster: {server: '" + server.URL + "/', certificate-authority: ca.crt}}]\n" +
		"users: [{name: me, user: " + user + "}]\n"
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func resourceList(kinds ...string) string {
	var list []string
	for _, kind := range kinds {
		plural := strings.ToLower(kind) + "s"
		list = append(list, `{"name":"`+plural+`","kind":"`+kind+`"}`, `{"name":"`+plural+`/scale","kind":"Scale"}`)
	}
	return `{"kind":"APIResourceList","resources":[` + strings.Join(list, ",") + `]}`
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
	server := apiServer(t, map[string]string{
		"keda.sh/v1alpha1":             resourceList("ScaledJob", "ScaledObject"),
		"networking.istio.io/v1beta1":  resourceList("VirtualService"),
		"leaderworkerset.x-k8s.io/v1":  resourceList("Other"),
		"serving.knative.dev/v1alpha1": resourceList("Service"),
	})
	path := kubeconfigFor(t, server, "{token: s3cret}")
	output, complaints, err := runManifests(t, "--detect", path)
	require.NoError(t, err)
	resources := managed(t, output)
	assert.Contains(t, resources, "scaledobjects")
	assert.NotContains(t, resources, "virtualservices", "Istio is there only in part")
	assert.NotContains(t, resources, "leaderworkersets")
	assert.Len(t, resources, 10)
	assert.Contains(t, complaints, "left out istio: the cluster does not have Sidecar.networking.istio.io/v1beta1")
	assert.Contains(t, complaints, ": keda\n")
}

func TestUsersOfAKubeconfig(t *testing.T) {
	server := apiServer(t, nil)
	for sentence, test := range map[string]struct{ user, failure string }{
		"a token":                      {user: "{token: s3cret}"},
		"a file with a token":          {user: "{tokenFile: token}"},
		"a credential plugin":          {user: "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, env: [{name: SECRET, value: s3cret}]}}"},
		"a wrong token":                {user: "{token: wrong}", failure: "401 Unauthorized"},
		"a password nobody knows":      {user: "{username: me, password: wrong}", failure: "401 Unauthorized"},
		"a file that is absent":        {user: "{tokenFile: absent}", failure: "absent: no such file"},
		"a plugin that is absent":      {user: "{exec: {command: ./absent}}", failure: "the credential plugin ./absent failed"},
		"a plugin without credentials": {user: "{exec: {command: echo}}", failure: "printed no credentials"},
		"a broken client certificate":  {user: "{client-certificate-data: AAAA, client-key-data: AAAA}", failure: "client certificate cannot be used"},
		"an auth-provider":             {user: "{auth-provider: {name: gcp}}", failure: "auth-provider is no longer supported"},
	} {
		t.Run(sentence, func(t *testing.T) {
			cluster, err := openCluster(context.Background(), kubeconfigFor(t, server, test.user))
			if err == nil {
				_, err = detectComponents(context.Background(), cluster, streams{err: &bytes.Buffer{}})
			}
			if test.failure == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, test.failure)
		})
	}
}

func TestKubeconfigsThatCannotBeUsed(t *testing.T) {
	for sentence, test := range map[string]struct{ text, failure string }{
		"no context":           {"{}", `there is no context ""`},
		"no YAML":              {"{", "cannot read the kubeconfig"},
		"a cluster that lacks": {"{current-context: a, contexts: [{name: a, context: {cluster: b}}]}", `there is no cluster "b"`},
		"a user that lacks": {
			"{current-context: a, contexts: [{name: a, context: {cluster: b, user: c}}], clusters: [{name: b, cluster: {server: 'https://x'}}]}",
			`there is no user "c"`,
		},
		"an authority that is none": {
			"{current-context: a, contexts: [{name: a, context: {cluster: b}}], clusters: [{name: b, cluster: {server: 'https://x', certificate-authority-data: AAAA}}]}",
			"no certificate in PEM form",
		},
	} {
		path := filepath.Join(t.TempDir(), "config")
		require.NoError(t, os.WriteFile(path, []byte(test.text), 0o600))
		_, err := openCluster(context.Background(), path)
		assert.ErrorContains(t, err, test.failure, sentence)
	}
	_, _, err := runManifests(t, "--detect", "/absent/config")
	assert.ErrorContains(t, err, "/absent/config: no such file")
}

func TestParseComponents(t *testing.T) {
	for list, want := range map[string][]string{
		"":                              nil,
		"all":                           {"gateway-api", "istio", "keda", "knative", "lws", "ray"},
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
	_, _, err = runManifests(t, "--kinds", "ray", "--detect", "config")
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
