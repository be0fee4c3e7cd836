package cluster

import (
	"context"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/isvc-io/isvc/internal/crdsource"
)

// Definition is a CustomResourceDefinition.
type Definition struct{ *unstructured.Unstructured }

// Define is the definition of a kind of which the schema does not matter.
func Define(group, version, kind, plural, scope string) Definition {
	anything := map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
	return Definition{&unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{
			"name": plural + "." + group,
			// Kubernetes asks for it in the groups below k8s.io.
			"annotations": map[string]any{"api-approved.kubernetes.io": "unapproved, for tests only"},
		},
		"spec": map[string]any{
			"group": group, "scope": scope,
			"names": map[string]any{"kind": kind, "listKind": kind + "List", "plural": plural, "singular": strings.ToLower(kind)},
			"versions": []any{map[string]any{
				"name": version, "served": true, "storage": true,
				"subresources": map[string]any{"status": map[string]any{}},
				"schema":       map[string]any{"openAPIV3Schema": anything},
			}},
		},
	}}}
}

// Definitions are those of a folder and those of every optional kind, from the
// Go modules of their projects.
func Definitions(ctx context.Context, folder string) ([]Definition, error) {
	own, err := crdsource.Read(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	var all []Definition
	for _, definition := range own {
		all = append(all, Definition{definition})
	}
	optional, err := OptionalDefinitions(ctx)
	return append(all, optional...), err
}

// OptionalDefinitions are those of the optional kinds alone, as their projects publish them.
func OptionalDefinitions(ctx context.Context) ([]Definition, error) {
	published, err := crdsource.OfOptionalKinds(ctx)
	if err != nil {
		return nil, err
	}
	var all []Definition
	for _, p := range published {
		all = append(all, Definition{p.Definition})
	}
	return all, nil
}

func (d Definition) groupKind() schema.GroupKind {
	group, _, _ := unstructured.NestedString(d.Object, "spec", "group")
	kind, _, _ := unstructured.NestedString(d.Object, "spec", "names", "kind")
	return schema.GroupKind{Group: group, Kind: kind}
}
