package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

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
	// outputText is for people.
	outputText  = "text"
	outputTable = "table"
	// outputMarkdown is for comments on pull requests.
	outputMarkdown = "markdown"
	// outputMermaid and outputHTML are pictures.
	outputMermaid = "mermaid"
	outputHTML    = "html"
	// outputSARIF is for code scanning.
	outputSARIF = "sarif"
	// outputJUnit is for CI systems that show tests.
	outputJUnit = "junit"
	// outputGitHub is for workflows of GitHub, which show it beside the lines of a pull request.
	outputGitHub = "github"
)

// checkOutputForm returns an error unless the form is one of the two or more that a verb has.
func checkOutputForm(form string, forms ...string) error {
	if slices.Contains(forms, form) {
		return nil
	}
	last := len(forms) - 1
	return fmt.Errorf("there is no output form %q: use %s or %s", form, strings.Join(forms[:last], ", "), forms[last])
}

// writeIndented writes a value as JSON for people.
func writeIndented(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return cannotWrite(err)
	}
	return nil
}

func writeString(out io.Writer, text string) error {
	if _, err := io.WriteString(out, text); err != nil {
		return cannotWrite(err)
	}
	return nil
}

func cannotWrite(err error) error { return fmt.Errorf("cannot write the output: %w", err) }

// documentKey is what documents are sorted by.
type documentKey struct {
	// first puts services before the objects that they are turned into.
	first                             bool
	kind, namespace, name, apiVersion string
}

func (k documentKey) compareTo(other documentKey) int {
	if k.first != other.first {
		if k.first {
			return -1
		}
		return 1
	}
	return cmp.Or(strings.Compare(k.kind, other.kind), strings.Compare(k.namespace, other.namespace),
		strings.Compare(k.name, other.name), strings.Compare(k.apiVersion, other.apiVersion))
}

// document is one encoded object.
type document struct {
	documentKey
	text []byte
}

// encodeFunc encodes an object: Go values of JSON, or structs with JSON tags.
type encodeFunc func(object any) ([]byte, error)

// encoderFor returns how objects are encoded in a form of output.
func encoderFor(output string) encodeFunc {
	if output == outputJSON {
		return func(object any) ([]byte, error) { return json.MarshalIndent(object, "    ", "  ") }
	}
	return encodeYAML
}

// encodeYAML writes plain JSON values directly, which is several times as fast as the detour by
// JSON that structs need.
func encodeYAML(object any) ([]byte, error) {
	if plain, is := object.(map[string]any); is {
		return yamlv2.Marshal(plain)
	}
	return yaml.Marshal(object)
}

func childDocument(child *unstructured.Unstructured, encode encodeFunc) (document, error) {
	text, err := encode(child.Object)
	if err != nil {
		return document{}, fmt.Errorf("cannot write %s %s/%s: %w", child.GetKind(), child.GetNamespace(), child.GetName(), err)
	}
	return document{documentKey{
		kind: child.GetKind(), namespace: child.GetNamespace(), name: child.GetName(), apiVersion: child.GetAPIVersion(),
	}, text}, nil
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
	key := documentKey{first: true, kind: v1beta1.KindInferenceService, namespace: e.parent.Namespace, name: e.parent.Name, apiVersion: v1beta1.APIVersion}
	text, err := encode(serviceStatus{
		TypeMeta: metav1.TypeMeta{APIVersion: key.apiVersion, Kind: key.kind},
		Metadata: objectName{Name: key.name, Namespace: key.namespace},
		Status:   e.response.Status,
	})
	if err != nil {
		return document{}, fmt.Errorf("cannot write the status of %s: %w", e, err)
	}
	return document{key, text}, nil
}
