// Package yamlstream reads YAML streams in tests. The program reads manifests with sync/load, which
// says where a mistake is; tests need the objects alone.
package yamlstream

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// Documents returns the JSON of every document of a YAML stream; empty documents are left out.
func Documents(stream []byte) ([][]byte, error) {
	var all [][]byte
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(stream)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("cannot split a YAML stream: %w", err)
		}
		raw, err := yaml.YAMLToJSON(document)
		if err != nil {
			return nil, fmt.Errorf("cannot read a YAML document: %w", err)
		}
		if !bytes.Equal(raw, []byte("null")) {
			all = append(all, raw)
		}
	}
}

// Objects returns every document of a YAML stream as a tree with Kubernetes' number types: whole
// numbers are int64.
func Objects(stream []byte) ([]map[string]any, error) {
	documents, err := Documents(stream)
	if err != nil {
		return nil, err
	}
	var all []map[string]any
	for _, document := range documents {
		var object map[string]any
		if err := utiljson.Unmarshal(document, &object); err != nil {
			return nil, fmt.Errorf("cannot read an object: %w", err)
		}
		all = append(all, object)
	}
	return all, nil
}
