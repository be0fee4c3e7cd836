// Package crdsource reads the custom resource definitions of operators where their projects publish
// them: in Go modules, which are downloaded when they are needed and are no part of this one.
package crdsource

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	yamlutil "k8s.io/apimachinery/pkg/util/yaml"

	"github.com/isvc-io/isvc/api/kinds"
)

// source is where a project publishes the definitions of its kinds.
type source struct{ module, files string }

// sources are the projects of the optional kinds.
var sources = []source{
	{"knative.dev/serving@v0.50.0", "config/core/300-resources/service.yaml"},
	{"sigs.k8s.io/lws@v0.9.0", "config/crd/bases/leaderworkerset.x-k8s.io_*.yaml"},
	{"github.com/kedacore/keda/v2@v2.20.2", "config/crd/bases/keda.sh_scaledobjects.yaml"},
	{"github.com/prometheus-operator/prometheus-operator@v0.85.0", "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml"},
	{"github.com/ray-project/kuberay/ray-operator@v1.6.0", "config/crd/bases/ray.io_rayclusters.yaml"},
	{"sigs.k8s.io/gateway-api@v1.6.3", "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml"},
	{"istio.io/api@v1.31.1", "kubernetes/customresourcedefinitions.gen.yaml"},
}

// Published is a custom resource definition, and the module that it comes from.
type Published struct {
	// Module is the module and its version, as in "sigs.k8s.io/lws@v0.9.0".
	Module string `json:"module"`
	// Definition has no descriptions: they are most of its size, and only people read them.
	Definition *unstructured.Unstructured `json:"definition"`
}

// OfOptionalKinds returns the definitions of every optional kind. It downloads the modules that are
// not there.
func OfOptionalKinds(ctx context.Context) ([]Published, error) {
	found := make([][]*unstructured.Unstructured, len(sources))
	failures := make([]error, len(sources))
	var group sync.WaitGroup
	for i, from := range sources {
		group.Go(func() { found[i], failures[i] = from.definitions(ctx) })
	}
	group.Wait()
	var all []Published
	for i, definitions := range found {
		for _, definition := range optional(definitions) {
			all = append(all, Published{Module: sources[i].module, Definition: definition})
		}
	}
	return all, errors.Join(failures...)
}

func (s source) definitions(ctx context.Context) ([]*unstructured.Unstructured, error) {
	folder, err := ModuleFolder(ctx, s.module)
	if err != nil {
		return nil, err
	}
	return Read(filepath.Join(folder, s.files))
}

// ModuleFolder downloads a Go module, named as in "sigs.k8s.io/lws@v0.9.0", and returns the folder that
// holds it.
func ModuleFolder(ctx context.Context, module string) (string, error) {
	return PinnedModuleFolder(ctx, "", module)
}

// PinnedModuleFolder does so with the version that another module needs, which is in a folder; the module
// is then named as in "sigs.k8s.io/lws".
func PinnedModuleFolder(ctx context.Context, by, module string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
	cmd.Dir = by
	output, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("cannot download %s: %w\n%s", module, err, output)
	}
	var found struct{ Dir string }
	if err := json.Unmarshal(output, &found); err != nil {
		return "", fmt.Errorf("cannot tell where %s is: %w", module, err)
	}
	return found.Dir, nil
}

// optional keeps the definitions of kinds that the project writes.
func optional(all []*unstructured.Unstructured) []*unstructured.Unstructured {
	wanted := map[schema.GroupKind]bool{}
	for _, kind := range kinds.Optional() {
		name, apiVersion := kind.NameAndVersion()
		wanted[schema.FromAPIVersionAndKind(apiVersion, name).GroupKind()] = true
	}
	var kept []*unstructured.Unstructured
	for _, definition := range all {
		if wanted[groupKind(definition)] {
			kept = append(kept, definition)
		}
	}
	return kept
}

func groupKind(definition *unstructured.Unstructured) schema.GroupKind {
	group, _, _ := unstructured.NestedString(definition.Object, "spec", "group")
	kind, _, _ := unstructured.NestedString(definition.Object, "spec", "names", "kind")
	return schema.GroupKind{Group: group, Kind: kind}
}

// Read reads the definitions in the files of a pattern, without descriptions.
func Read(pattern string) ([]*unstructured.Unstructured, error) {
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		return nil, errors.Join(fmt.Errorf("cannot find definitions at %s", pattern), err)
	}
	var all []*unstructured.Unstructured
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

func decode(data []byte) ([]*unstructured.Unstructured, error) {
	decoder := yamlutil.NewYAMLOrJSONDecoder(bytes.NewReader(data), 4096)
	var all []*unstructured.Unstructured
	for {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(&object.Object); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if object.GetKind() == "CustomResourceDefinition" {
			stripDescriptions(object.Object)
			all = append(all, object)
		}
	}
}

// stripDescriptions removes what only people read from schemas; it is most of their size, and the API
// server works on every byte. A property that is called description holds a schema, not a text.
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
