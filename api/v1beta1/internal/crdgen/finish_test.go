package main

import (
	"archive/zip"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/definition"
)

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	var value map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &value))
	return value
}

// wrap puts the schema of spec into a definition of a kind.
func wrap(kind string, spec map[string]any) map[string]any {
	root := map[string]any{"type": "object", "properties": map[string]any{"spec": spec}}
	return map[string]any{
		"kind": "CustomResourceDefinition",
		"spec": map[string]any{
			"names":    map[string]any{"kind": kind},
			"versions": []any{map[string]any{"schema": map[string]any{"openAPIV3Schema": root}}},
		},
	}
}

func TestFinish(t *testing.T) {
	for name, c := range map[string]struct{ kind, spec, want string }{
		"opens volumes but for their names": {"InferenceService", `
			{properties: {engine: {properties: {volumes: {type: array, x-kubernetes-list-map-keys: [name],
				items: {type: object, required: [name], properties: {name: {type: string}, nfs: {properties: {path: {type: string}}}}}}}}}}`, `
			{properties: {engine: {properties: {volumes: {type: array, x-kubernetes-list-map-keys: [name],
				items: {type: object, required: [name], properties: {name: {type: string}}, x-kubernetes-preserve-unknown-fields: true}}}}}}`},
		"opens members of containers and keeps plain ones": {"InferenceService", `
			{properties: {engine: {properties: {containers: {items: {properties: {
				image: {type: string}, args: {type: array, items: {type: string}},
				resources: {type: object, properties: {limits: {type: object}}},
				env: {type: array, x-kubernetes-list-map-keys: [name], items: {properties: {name: {type: string}}}}}}}}}}}`, `
			{properties: {engine: {properties: {containers: {items: {properties: {
				image: {type: string}, args: {type: array, items: {type: string}},
				resources: {type: object, x-kubernetes-preserve-unknown-fields: true},
				env: {type: array, items: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}}}}}}`},
		"keeps a runner complete but makes its name optional": {"ClusterServingRuntime", `
			{properties: {engineConfig: {properties: {leader: {properties: {runner: {required: [name],
				properties: {resources: {properties: {limits: {type: object}}}}}}}}}}}`, `
			{properties: {engineConfig: {properties: {leader: {properties: {runner: {
				properties: {resources: {properties: {limits: {type: object}}}}}}}}}}}`},
		"drops required lists two levels below the spec of a service only": {"InferenceService", `
			{required: [a], properties: {model: {required: [name], properties: {name: {required: [x], properties: {deep: {required: [y]}}}}}}}`, `
			{required: [a], properties: {model: {required: [name], properties: {name: {properties: {deep: {required: [y]}}}}}}}`},
		"drops ephemeral containers of a component, not of its leader": {"InferenceService", `
			{properties: {engine: {properties: {ephemeralContainers: {type: array}, leader: {properties: {ephemeralContainers: {type: array}}}}}}}`, `
			{properties: {engine: {properties: {leader: {properties: {ephemeralContainers: {type: array}}}}}}}`},
		"keeps the rules of a service": {"InferenceService", `
			{x-kubernetes-validations: [{rule: a}], properties: {engine: {x-kubernetes-validations: [{rule: b}]}}}`, `
			{x-kubernetes-validations: [{rule: a}], properties: {engine: {x-kubernetes-validations: [{rule: b}]}}}`},
		"drops the rules of a runtime": {"ServingRuntime", `
			{x-kubernetes-validations: [{rule: a}], properties: {engineConfig: {x-kubernetes-validations: [{rule: b}],
				properties: {worker: {x-kubernetes-validations: [{rule: c}]}}}}}`, `
			{properties: {engineConfig: {properties: {worker: {}}}}}`},
		"keeps required lists of a runtime": {"ServingRuntime", `
			{properties: {supportedModelFormats: {items: {required: [modelFormat]}}}}`, `
			{properties: {supportedModelFormats: {items: {required: [modelFormat]}}}}`},
		"keeps the descriptions of what it opens": {"InferenceService", `
			{properties: {engine: {properties: {containers: {items: {properties: {
				resources: {type: object, description: for it, properties: {limits: {type: object}}},
				env: {type: array, description: for it, items: {properties: {name: {type: string}}}}}}}}}}}`, `
			{properties: {engine: {properties: {containers: {items: {properties: {
				resources: {type: object, description: for it, x-kubernetes-preserve-unknown-fields: true},
				env: {type: array, description: for it, items: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}}}}}}`},
		"names fields as they are written": {"InferenceService", `
			{properties: {maxReplicas: {description: MaxReplicas is a limit.}, name: {description: Name of it.}, hostIPC: {description: HostIPC shares it.},
				size: {description: MaxReplicas is another}, url: {}}}`, `
			{properties: {maxReplicas: {description: maxReplicas is a limit.}, name: {description: Name of it.}, hostIPC: {description: hostIPC shares it.},
				size: {description: MaxReplicas is another}, url: {}}}`},
		"joins the lines of a paragraph": {"InferenceService", `
			{properties: {a: {description: "One\nsentence.\n\nAnother,\nwith:\n- a\n  b\n* c"}}}`, `
			{properties: {a: {description: "One sentence.\n\nAnother, with:\n- a\n  b\n* c"}}}`},
		"leaves a word called lifecycle alone": {"BaseModel", `
			{properties: {lifecycle: {type: string}}}`, `{properties: {lifecycle: {type: string}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			crd := wrap(c.kind, parse(t, detab(c.spec)))
			require.NoError(t, finishDefinition(crd))
			assert.Equal(t, wrap(c.kind, parse(t, detab(c.want))), crd)
		})
	}
}

// detab replaces tabs, which YAML does not allow.
func detab(text string) string {
	out := []byte(text)
	for i, b := range out {
		if b == '\t' {
			out[i] = ' '
		}
	}
	return string(out)
}

func TestFinishRefusesWhatIsNoDefinition(t *testing.T) {
	for name, crd := range map[string]map[string]any{
		"nothing":       {},
		"no versions":   {"spec": map[string]any{"names": map[string]any{"kind": "X"}}},
		"no spec":       {"spec": map[string]any{"names": map[string]any{"kind": "X"}, "versions": []any{map[string]any{"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object"}}}}}},
		"broken pieces": {"spec": 3},
	} {
		t.Run(name, func(t *testing.T) { assert.Error(t, finishDefinition(crd)) })
	}
}

// TestFinishingTwiceChangesNothing finishes the definitions with the descriptions that were taken out.
func TestFinishingTwiceChangesNothing(t *testing.T) {
	const crds = "../../../../manifests/crds"
	files, err := filepath.Glob(crds + "/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	descriptions := packedDescriptions(t, crds+".zip")
	folder := filepath.Join(t.TempDir(), "crds")
	require.NoError(t, os.Mkdir(folder, 0o755))
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		if crd := parse(t, string(raw)); crd["kind"] == "CustomResourceDefinition" {
			require.NoError(t, descriptions.PutInto(crd))
			raw, err = yaml.Marshal(crd)
			require.NoError(t, err)
		}
		require.NoError(t, os.WriteFile(filepath.Join(folder, filepath.Base(file)), raw, 0o600))
	}
	require.NoError(t, finishFolder([]string{folder}))
	for _, file := range files {
		before, err := os.ReadFile(file)
		require.NoError(t, err)
		after, err := os.ReadFile(filepath.Join(folder, filepath.Base(file)))
		require.NoError(t, err)
		assert.Equal(t, string(before), string(after), file)
	}
	assert.Equal(t, descriptions, packedDescriptions(t, folder+".zip"))
	require.ErrorContains(t, finishFolder([]string{folder}), "has no descriptions", "they would be lost")
}

func packedDescriptions(t *testing.T, archive string) *definition.Descriptions {
	t.Helper()
	r, err := zip.OpenReader(archive)
	require.NoError(t, err)
	defer r.Close()
	text, err := fs.ReadFile(r, "crds/descriptions.json")
	require.NoError(t, err)
	descriptions := &definition.Descriptions{}
	require.NoError(t, json.Unmarshal(text, descriptions))
	return descriptions
}

func TestRunSkipsOtherFilesAndRefusesBadOnes(t *testing.T) {
	folder := t.TempDir()
	require.Error(t, finishFolder(nil), "no folder")
	require.ErrorContains(t, finishFolder([]string{folder}), "cannot find any")

	file := filepath.Join(folder, "a.yaml")
	require.NoError(t, os.WriteFile(file, []byte("kind: Kustomization\n"), 0o600))
	require.NoError(t, finishFolder([]string{folder}))
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "kind: Kustomization\n", string(raw))

	require.NoError(t, os.WriteFile(file, []byte("a: [\n"), 0o600))
	require.ErrorContains(t, finishFolder([]string{folder}), "cannot parse")
	require.NoError(t, os.WriteFile(file, []byte("kind: CustomResourceDefinition\n"), 0o600))
	require.ErrorContains(t, finishFolder([]string{folder}), "cannot finish")
}
