package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	yamlutil "k8s.io/apimachinery/pkg/util/yaml"

	"github.com/isvc-io/isvc/api/kinds"
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

// source is where a project publishes the definitions of its kinds.
type source struct{ module, files string }

// sources are the projects of the optional kinds.
var sources = []source{
	{"knative.dev/serving@v0.50.0", "config/core/300-resources/service.yaml"},
	{"sigs.k8s.io/lws@v0.9.0", "config/crd/bases/leaderworkerset.x-k8s.io_*.yaml"},
	{"github.com/kedacore/keda/v2@v2.20.2", "config/crd/bases/keda.sh_scaledobjects.yaml"},
	{"github.com/ray-project/kuberay/ray-operator@v1.6.0", "config/crd/bases/ray.io_rayclusters.yaml"},
	{"sigs.k8s.io/gateway-api@v1.6.3", "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml"},
	{"istio.io/api@v1.31.1", "kubernetes/customresourcedefinitions.gen.yaml"},
}

// Definitions are those of a folder and those of every optional kind, from the
// Go modules of their projects.
func Definitions(ctx context.Context, folder string) ([]Definition, error) {
	own, err := read(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	theirs := make([][]Definition, len(sources))
	failures := make([]error, len(sources))
	var group sync.WaitGroup
	for i, from := range sources {
		group.Go(func() { theirs[i], failures[i] = from.definitions(ctx) })
	}
	group.Wait()
	for _, definitions := range theirs {
		own = append(own, optional(definitions)...)
	}
	return own, errors.Join(failures...)
}

func (s source) definitions(ctx context.Context) ([]Definition, error) {
	folder, err := moduleFolder(ctx, s.module)
	if err != nil {
		return nil, err
	}
	return read(filepath.Join(folder, s.files))
}

// optional keeps the definitions of kinds that the project writes.
func optional(all []Definition) []Definition {
	wanted := map[schema.GroupKind]bool{}
	for _, kind := range kinds.Optional() {
		name, apiVersion := kind.Split()
		wanted[schema.FromAPIVersionAndKind(apiVersion, name).GroupKind()] = true
	}
	var kept []Definition
	for _, d := range all {
		if wanted[d.groupKind()] {
			kept = append(kept, d)
		}
	}
	return kept
}

// read reads the definitions in the files of a pattern.
func read(pattern string) ([]Definition, error) {
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		return nil, errors.Join(fmt.Errorf("cannot find definitions at %s", pattern), err)
	}
	var all []Definition
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		definitions, err := decode(data)
		if err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", name, err)
		}
		all = append(all, definitions...)
	}
	return all, nil
}

func decode(data []byte) ([]Definition, error) {
	decoder := yamlutil.NewYAMLOrJSONDecoder(bytes.NewReader(data), 4096)
	var all []Definition
	for {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(&object.Object); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if object.GetKind() == "CustomResourceDefinition" {
			stripDescriptions(object.Object)
			all = append(all, Definition{object})
		}
	}
}

// stripDescriptions removes what only people read from schemas; it is most of
// their size, and the API server works on every byte. A property that is called
// description holds a schema, not a text.
func stripDescriptions(node any) {
	switch n := node.(type) {
	case map[string]any:
		if _, text := n["description"].(string); text {
			delete(n, "description")
		}
		for _, child := range n {
			stripDescriptions(child)
		}
	case []any:
		for _, child := range n {
			stripDescriptions(child)
		}
	}
}

func (d Definition) groupKind() schema.GroupKind {
	group, _, _ := unstructured.NestedString(d.Object, "spec", "group")
	kind, _, _ := unstructured.NestedString(d.Object, "spec", "names", "kind")
	return schema.GroupKind{Group: group, Kind: kind}
}
