package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sort"

	yamlv2 "go.yaml.in/yaml/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// The forms of output.
const (
	outputYAML = "yaml"
	outputJSON = "json"
)

// document is one object as text, with what it is sorted by.
type document struct {
	// first puts services before the objects that they are turned into.
	first                             bool
	kind, namespace, name, apiVersion string
	text                              []byte
}

func (d document) less(other document) bool {
	if d.first != other.first {
		return d.first
	}
	for _, pair := range [][2]string{
		{d.kind, other.kind}, {d.namespace, other.namespace}, {d.name, other.name}, {d.apiVersion, other.apiVersion},
	} {
		if pair[0] != pair[1] {
			return pair[0] < pair[1]
		}
	}
	return false
}

// encodeFunc turns an object into text. It takes Go values of JSON and structs
// with JSON tags.
type encodeFunc func(object any) ([]byte, error)

func encoder(output string) (encodeFunc, error) {
	switch output {
	case outputYAML:
		return encodeYAML, nil
	case outputJSON:
		return func(object any) ([]byte, error) { return json.MarshalIndent(object, "    ", "  ") }, nil
	}
	return nil, fmt.Errorf("there is no output form %q: use yaml or json", output)
}

// encodeYAML writes plain JSON values directly, which is several times as fast
// as the detour by JSON text that structs need.
func encodeYAML(object any) ([]byte, error) {
	if plain, is := object.(map[string]any); is {
		return yamlv2.Marshal(plain)
	}
	return yaml.Marshal(object)
}

func childDocument(child *unstructured.Unstructured, encode encodeFunc) (document, error) {
	d := document{
		kind: child.GetKind(), namespace: child.GetNamespace(), name: child.GetName(), apiVersion: child.GetAPIVersion(),
	}
	text, err := encode(child.Object)
	if err != nil {
		return d, fmt.Errorf("cannot write %s %s/%s: %w", d.kind, d.namespace, d.name, err)
	}
	d.text = bytes.Clone(text) // without the slack of the encoder, which adds up
	return d, nil
}

// serviceStatus is a service without its specification.
type serviceStatus struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        objectName                     `json:"metadata"`
	Status          v1beta1.InferenceServiceStatus `json:"status"`
}

type objectName struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

func statusDocument(e *evaluated, encode encodeFunc) (document, error) {
	d := document{first: true, kind: v1beta1.KindInferenceService, namespace: e.parent.Namespace, name: e.parent.Name, apiVersion: v1beta1.APIVersion}
	text, err := encode(serviceStatus{
		TypeMeta: metav1.TypeMeta{APIVersion: d.apiVersion, Kind: d.kind},
		Metadata: objectName{Name: e.parent.Name, Namespace: e.parent.Namespace},
		Status:   e.response.Status,
	})
	if err != nil {
		return d, fmt.Errorf("cannot write the status of %s: %w", e, err)
	}
	d.text = bytes.Clone(text) // without the slack of the encoder, which adds up
	return d, nil
}

// write sorts and writes the documents.
func write(out io.Writer, output string, documents []document) error {
	sort.SliceStable(documents, func(i, j int) bool { return documents[i].less(documents[j]) })
	buffered := bufio.NewWriter(out)
	if output == outputJSON {
		writeJSON(buffered, documents)
	} else {
		writeYAML(buffered, documents)
	}
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("cannot write the output: %w", err)
	}
	return nil
}

// writeYAML writes a stream of documents. The writer keeps the first error.
func writeYAML(out *bufio.Writer, documents []document) {
	for i, d := range documents {
		if i > 0 {
			_, _ = out.WriteString("---\n")
		}
		_, _ = out.Write(d.text)
	}
}

// writeJSON writes a List. The writer keeps the first error.
func writeJSON(out *bufio.Writer, documents []document) {
	_, _ = out.WriteString("{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"List\",\n  \"items\": [")
	for i, d := range documents {
		if i > 0 {
			_ = out.WriteByte(',')
		}
		_, _ = out.WriteString("\n    ")
		_, _ = out.Write(bytes.TrimSpace(d.text))
	}
	if len(documents) > 0 {
		_, _ = out.WriteString("\n  ")
	}
	_, _ = out.WriteString("]\n}\n")
}
