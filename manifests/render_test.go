package manifests

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
)

func render(t *testing.T, opts Options) string {
	t.Helper()
	text, err := Render(opts)
	require.NoError(t, err)
	return string(text)
}

func TestTheOrderOfComponentsDoesNotMatter(t *testing.T) {
	folders, err := foldersOfComponents([]string{"lws", "keda", "lws"})
	require.NoError(t, err)
	assert.Equal(t, []string{"base", "components/keda", "components/lws"}, folders)
}

func TestRenderRefusesAComponentThatDoesNotExist(t *testing.T) {
	for _, name := range []string{"kedda", "tls", "../base", ""} {
		_, err := Render(Options{Components: []string{name}})
		assert.ErrorContains(t, err, "there is no component", name)
	}
}

func TestRenderWithOptions(t *testing.T) {
	text := render(t, Options{Namespace: "models", Image: "localhost:5000/isvc:v7"})
	assert.Contains(t, text, "image: localhost:5000/isvc:v7\n")
	assert.Contains(t, text, "url: http://isvc.models.svc/sync?rev=v7\n")
	assert.Contains(t, text, "url: http://isvc.models.svc/customize?rev=v7\n")
	assert.Contains(t, text, "- name: ISVC_REVISION\n          value: v7\n")
	assert.Contains(t, text, "kind: Namespace\nmetadata:\n  labels:\n    app.kubernetes.io/name: isvc\n")
	assert.NotContains(t, text, DefaultNamespace)
	assert.Contains(t, text, "kubernetes.io/metadata.name: metacontroller\n", "the namespace of Metacontroller stays")
	assert.NotContains(t, text, "scaledobjects", "no component was asked for")
	assert.Equal(t, 1, strings.Count(text, "image: localhost:5000"))
}

func TestARevisionIsEscaped(t *testing.T) {
	controller := &unstructured.Unstructured{}
	require.NoError(t, decodeFile("base/compositecontroller.yaml", &controller.Object))
	require.NoError(t, setHookURLs(controller, Options{Namespace: "models", Revision: "a&b=c d"}))
	url, _, err := unstructured.NestedString(controller.Object, "spec", "hooks", "sync", "webhook", "url")
	require.NoError(t, err)
	assert.Equal(t, "http://isvc.models.svc/sync?rev=a%26b%3Dc+d", url)
}

func TestAServerWithoutARevisionIsNotRendered(t *testing.T) {
	for sentence, env := range map[string]any{
		"no variables":         nil,
		"no variable revision": []any{map[string]any{"name": "ISVC_PODS", "value": "ISVC_REVISION"}},
		"variables as a text":  "ISVC_REVISION",
	} {
		container := map[string]any{"name": "isvc", "env": env}
		assert.Error(t, setRevisionVariable(container, "v2"), sentence)
		assert.NoError(t, setRevisionVariable(container, ""), "%s: nothing is set", sentence)
	}
}

func TestRevisionOfAnImage(t *testing.T) {
	for sentence, test := range map[string]struct{ image, want string }{
		"the tag":                                {"ghcr.io/isvc-io/isvc:v1", "v1"},
		"the tag, not the port of the registry":  {"localhost:5000/isvc:v1", "v1"},
		"nothing where there is only a port":     {"localhost:5000/isvc", ""},
		"nothing without an image":               {"", ""},
		"the start of the digest, which is more": {"isvc:v1@sha256:0123456789abcdef", "0123456789ab"},
		"all of a digest that is short":          {"isvc@sha256:0123", "0123"},
	} {
		assert.Equal(t, test.want, revisionOfImage(test.image), sentence)
	}
}

func TestNeededBy(t *testing.T) {
	assert.Empty(t, NeededBy(kinds.Set{kinds.Deployment: true}))
	assert.Equal(t, []string{"istio", "keda"}, NeededBy(kinds.Set{kinds.ScaledObject: true, kinds.Sidecar: true}))
	assert.Len(t, NeededBy(kinds.All()), len(kinds.ManifestComponents()))
}

func TestPatchesThatAreNotUnderstoodFail(t *testing.T) {
	for sentence, op := range map[string]patchOperation{
		"an operation that replaces": {Op: "replace", Path: "/spec/list/-"},
		"a place in the list":        {Op: "add", Path: "/spec/list/0"},
		"a field that is no list":    {Op: "add", Path: "/spec/text/-"},
	} {
		o := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"list": []any{}, "text": "not a list"}}}
		assert.Error(t, appendToList(o, op), sentence)
	}
	_, err := findPatchTarget(nil, patchTarget{Kind: "ConfigMap", Name: "absent"})
	assert.ErrorContains(t, err, "there is no ConfigMap absent")
}
