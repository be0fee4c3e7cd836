// Package statusschema compares statuses in tests with the custom resource definition of
// InferenceService.
package statusschema

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"sigs.k8s.io/yaml"
)

// Violations lists what the API server would refuse, prune or add in a status in JSON. If it
// changed anything, Metacontroller would see a difference after every sync and write the status
// again.
func Violations(status []byte) ([]string, error) {
	root, err := statusSchema()
	if err != nil {
		return nil, err
	}
	var value any
	if err := json.Unmarshal(status, &value); err != nil {
		return nil, fmt.Errorf("cannot read the status: %w", err)
	}
	return violationsOfValue("status", root, value), nil
}

// definitionPath is the path of the custom resource definition in the module.
const definitionPath = "manifests/crds/ome.io_inferenceservices.yaml"

// statusSchema returns the schema of the status from the custom resource definition.
var statusSchema = sync.OnceValues(func() (map[string]any, error) {
	text, err := readFromModule(definitionPath)
	if err != nil {
		return nil, err
	}
	var crd struct {
		Spec struct {
			Versions []struct {
				Schema struct {
					OpenAPIV3Schema struct {
						Properties map[string]map[string]any `json:"properties"`
					} `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(text, &crd); err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", definitionPath, err)
	}
	if len(crd.Spec.Versions) == 0 {
		return nil, fmt.Errorf("%s has no versions", definitionPath)
	}
	return crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["status"], nil
})

// readFromModule reads a file of this module for a test that runs in any folder of it.
func readFromModule(name string) ([]byte, error) {
	folder, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for {
		text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
		if up := filepath.Dir(folder); errors.Is(err, fs.ErrNotExist) && up != folder {
			folder = up
			continue
		}
		return text, err
	}
}

func violationsOfValue(path string, schema map[string]any, value any) []string {
	if value == nil {
		return []string{path + ": null"}
	}
	if schema["x-kubernetes-int-or-string"] == true {
		return violationsOfScalar(path, schema, value)
	}
	switch v := value.(type) {
	case map[string]any:
		return violationsOfObject(path, schema, v)
	case []any:
		items, _ := schema["items"].(map[string]any)
		if schema["type"] != "array" || items == nil {
			return []string{path + ": not a list in the schema"}
		}
		var found []string
		for i, item := range v {
			found = append(found, violationsOfValue(fmt.Sprintf("%s[%d]", path, i), items, item)...)
		}
		return found
	}
	return violationsOfScalar(path, schema, value)
}

func violationsOfObject(path string, schema, value map[string]any) []string {
	if schema["type"] != "object" {
		return []string{path + ": not an object in the schema"}
	}
	var found []string
	properties, _ := schema["properties"].(map[string]any)
	additional, _ := schema["additionalProperties"].(map[string]any)
	for key, member := range value {
		of, known := properties[key].(map[string]any)
		if !known {
			of = additional
		}
		if of == nil {
			found = append(found, path+"."+key+": unknown, would be pruned")
			continue
		}
		found = append(found, violationsOfValue(path+"."+key, of, member)...)
	}
	required, _ := schema["required"].([]any)
	for _, key := range required {
		if _, present := value[key.(string)]; !present {
			found = append(found, fmt.Sprintf("%s.%s: required", path, key))
		}
	}
	for key, of := range properties {
		_, defaulted := of.(map[string]any)["default"]
		if _, present := value[key]; defaulted && !present {
			found = append(found, path+"."+key+": would be defaulted")
		}
	}
	return found
}

func violationsOfScalar(path string, schema map[string]any, value any) []string {
	if enum, limited := schema["enum"].([]any); limited && !slices.Contains(enum, value) {
		return []string{fmt.Sprintf("%s: %v is not one of %v", path, value, enum)}
	}
	text, isText := value.(string)
	if pattern, ok := schema["pattern"].(string); ok && isText && !regexp.MustCompile(pattern).MatchString(text) {
		return []string{path + ": does not match " + pattern}
	}
	if schema["x-kubernetes-int-or-string"] == true {
		return nil
	}
	switch v := value.(type) {
	case string:
		if schema["type"] != "string" {
			return []string{path + ": is text"}
		}
		if _, err := time.Parse(time.RFC3339, v); schema["format"] == "date-time" && err != nil {
			return []string{path + ": is no time"}
		}
	case float64:
		if schema["type"] != "integer" || v != math.Trunc(v) {
			return []string{path + ": is a number"}
		}
	case bool:
		if schema["type"] != "boolean" {
			return []string{path + ": is a boolean"}
		}
	}
	return nil
}
