package manifests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/definition"
)

// kindDefinition is the kind of custom resource definitions.
const kindDefinition = "CustomResourceDefinition"

// DefinitionOf returns the custom resource definition of a kind in YAML, without descriptions.
func DefinitionOf(kind string) ([]byte, error) {
	entries, err := fs.ReadDir(files, "crds")
	if err != nil {
		return nil, err
	}
	names := []byte("\n    kind: " + kind + "\n    listKind: ") // as controller-gen writes it
	for _, entry := range entries {
		text, err := fs.ReadFile(files, "crds/"+entry.Name())
		if err != nil {
			return nil, err
		}
		if bytes.Contains(text, names) {
			return text, nil
		}
	}
	return nil, fmt.Errorf("there is no definition of %s", kind)
}

// describedDefinition returns the custom resource definition of a kind with its descriptions.
func describedDefinition(kind string) (map[string]any, error) {
	text, err := DefinitionOf(kind)
	if err != nil {
		return nil, err
	}
	var crd map[string]any
	if err := yaml.Unmarshal(text, &crd); err != nil {
		return nil, fmt.Errorf("cannot decode the definition of %s: %w", kind, err)
	}
	return crd, describe(&unstructured.Unstructured{Object: crd})
}

// describe puts the descriptions of fields into the definitions among the objects.
func describe(objects ...*unstructured.Unstructured) error {
	text, err := fs.ReadFile(files, "crds/descriptions.json")
	if err != nil {
		return fmt.Errorf("cannot read the descriptions: %w", err)
	}
	descriptions := &definition.Descriptions{}
	if err := json.Unmarshal(text, descriptions); err != nil {
		return fmt.Errorf("cannot decode the descriptions: %w", err)
	}
	for _, o := range objects {
		if o.GetKind() != kindDefinition {
			continue
		}
		if err := descriptions.PutInto(o.Object); err != nil {
			return err
		}
	}
	return nil
}
