package packaging

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/isvc-io/isvc/api/kinds"
)

// build runs kustomize as kubectl does.
func build(t *testing.T, folder string) string {
	t.Helper()
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionLegacy
	result, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), folder)
	require.NoError(t, err)
	text, err := result.AsYaml()
	require.NoError(t, err)
	return string(text)
}

// overlay writes a kustomization of the base and the components, with more lines at its end, and
// returns its folder.
func overlay(t *testing.T, components []string, lines string) string {
	t.Helper()
	folder, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	root, err = filepath.EvalSymlinks(root)
	require.NoError(t, err)
	root, err = filepath.Rel(folder, root)
	require.NoError(t, err)
	text := fmt.Sprintf("resources:\n- %s/base\n", root)
	if len(components) > 0 {
		text += "components:\n"
	}
	for _, name := range components {
		text += fmt.Sprintf("- %s/components/%s\n", root, name)
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte(text+lines), 0o600))
	return folder
}

func all() []string {
	var names []string
	for _, c := range kinds.ManifestComponents() {
		names = append(names, c.Name)
	}
	return names
}

// elsewhere moves the installation. The field namespace of kustomize would also give one to the
// CompositeController, of which it does not know that it has none.
const elsewhere = `images:
- name: ghcr.io/isvc-io/isvc
  newName: registry.example:5000/team/isvc
  newTag: v9.9.9
patches:
- target:
    kind: Namespace
  options:
    allowNameChange: true
  patch: |-
    - op: replace
      path: /metadata/name
      value: models
- target:
    namespace: isvc-system
  patch: |-
    - op: replace
      path: /metadata/namespace
      value: models
- target:
    kind: Deployment
    name: isvc
  patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: isvc
    spec:
      template:
        spec:
          containers:
          - name: isvc
            env:
            - name: ISVC_REVISION
              value: spring
- target:
    kind: CompositeController
  patch: |-
    - op: replace
      path: /spec/hooks/sync/webhook/url
      value: http://isvc.models.svc/sync?rev=spring
    - op: replace
      path: /spec/hooks/customize/webhook/url
      value: http://isvc.models.svc/customize?rev=spring
`

// TestTheDocumentedKustomizationHasOneRevision builds what the page about upgrades shows for an image
// of one's own.
func TestTheDocumentedKustomizationHasOneRevision(t *testing.T) {
	page, err := os.ReadFile("../../docs/install.md")
	require.NoError(t, err)
	_, lines, found := strings.Cut(string(page), "  ```yaml\n  images:\n")
	require.True(t, found, "the page shows no kustomization with images")
	lines, _, _ = strings.Cut(lines, "  ```\n")
	got := build(t, overlay(t, nil, "images:\n"+strings.ReplaceAll("\n"+lines, "\n  ", "\n")))
	assert.Contains(t, got, "image: registry.example/isvc:v9.9.9\n")
	assert.Contains(t, got, "- name: ISVC_REVISION\n          value: v9.9.9\n")
	assert.Equal(t, 2, strings.Count(got, "?rev=v9.9.9\n"))
	assert.NotContains(t, got, "v0.1.0", "a place was forgotten")
}

func TestEveryOverlayBuilds(t *testing.T) {
	folders, err := filepath.Glob("../overlays/*")
	require.NoError(t, err)
	require.NotEmpty(t, folders)
	for _, folder := range append(folders, "../metacontroller-rbac", "../monitoring", "../monitoring/operator") {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			assert.NotEmpty(t, build(t, folder))
		})
	}
}

func TestSecuredOverlays(t *testing.T) {
	tls := build(t, "../overlays/tls")
	assert.Equal(t, 2, strings.Count(tls, "url: https://isvc.isvc-system.svc/"), "both hooks use HTTPS")
	assert.NotContains(t, tls, "http://isvc.")
	assert.Equal(t, 2, strings.Count(tls, "scheme: HTTPS"), "both probes use HTTPS")
	assert.Contains(t, tls, "port: 443")
	assert.NotContains(t, tls, "port: 80\n")
	assert.NotContains(t, tls, "ISVC_TOKEN_FILE")

	token := build(t, "../overlays/token")
	assert.Contains(t, token, "ISVC_TOKEN_FILE")
	assert.Contains(t, token, "ISVC_TLS_CERT")
	assert.Contains(t, token, "type: Bearer")
	assert.Contains(t, token, "isvc-metacontroller-token")
}

// TestTheSettingsOfMetacontrollerAreApplied patches a StatefulSet as Metacontroller's own manifests have it.
func TestTheSettingsOfMetacontrollerAreApplied(t *testing.T) {
	folder := t.TempDir()
	settings, err := os.ReadFile("../metacontroller/settings.yaml")
	require.NoError(t, err)
	for name, text := range map[string]string{
		"settings.yaml":      string(settings),
		"kustomization.yaml": "resources: [theirs.yaml]\npatches: [{path: settings.yaml}]\n",
		"theirs.yaml": "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: metacontroller, namespace: metacontroller}\n" +
			"spec: {template: {spec: {containers: [{name: metacontroller, image: theirs, args: [--zap-log-level=4]}]}}}\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	built := build(t, folder)
	assert.Contains(t, built, "image: theirs")
	assert.Contains(t, built, "- --client-go-qps=200\n")
	assert.NotContains(t, built, "zap-log-level=4")
}
