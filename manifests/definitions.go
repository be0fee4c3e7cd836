package manifests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"

	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/definition"
)

// DefinitionOf returns the custom resource definition of a kind in YAML, without descriptions.
func DefinitionOf(kind string) ([]byte, error) {
	files, err := definitionFiles()
	if err != nil {
		return nil, err
	}
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

// DescribedDefinitionOf returns the custom resource definition of a kind in YAML with a description of every
// field, for kubectl explain. It can be applied on the server's side only: kubectl apply would keep a copy in
// an annotation, which is too small for it.
func DescribedDefinitionOf(kind string) ([]byte, error) {
	crd, err := describedDefinition(kind)
	if err != nil {
		return nil, err
	}
	return yaml.Marshal(crd)
}

// PlainDefinitionOf returns the custom resource definition of a kind as values of JSON, without descriptions.
func PlainDefinitionOf(kind string) (map[string]any, error) {
	text, err := DefinitionOf(kind)
	if err != nil {
		return nil, err
	}
	var crd map[string]any
	if err := yaml.Unmarshal(text, &crd); err != nil {
		return nil, fmt.Errorf("cannot decode the definition of %s: %w", kind, err)
	}
	return crd, nil
}

// describedDefinition returns the custom resource definition of a kind with its descriptions.
func describedDefinition(kind string) (map[string]any, error) {
	crd, err := PlainDefinitionOf(kind)
	if err != nil {
		return nil, err
	}
	return crd, describeFields(crd)
}

// describeFields puts the descriptions of fields into a definition.
func describeFields(crd map[string]any) error {
	files, err := definitionFiles()
	if err != nil {
		return err
	}
	text, err := fs.ReadFile(files, "crds/descriptions.json")
	if err != nil {
		return fmt.Errorf("cannot read the descriptions: %w", err)
	}
	descriptions := &definition.Descriptions{}
	if err := json.Unmarshal(text, descriptions); err != nil {
		return fmt.Errorf("cannot decode the descriptions: %w", err)
	}
	return descriptions.PutInto(crd)
}
