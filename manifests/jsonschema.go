package manifests

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/definition"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// JSONSchemaFile is where the JSON Schema of a kind of ome.io belongs below a folder of schemas, as the
// catalogues of custom resource definitions have it and kubeconform looks for it:
// {{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json.
func JSONSchemaFile(kind string) string {
	return v1beta1.GroupName + "/" + strings.ToLower(kind) + "_" + v1beta1.Version + ".json"
}

// JSONSchema returns the JSON Schema, draft 7, of a kind of ome.io, for editors and for checks of files.
// It is the schema of the kind's definition with its descriptions, and refuses unknown fields where the
// API server drops them. It does not have the rules of the definition in CEL, for which JSON Schema has
// no words. The error is for a kind without a definition.
func JSONSchema(kind string) ([]byte, error) {
	crd, err := describedDefinition(kind)
	if err != nil {
		return nil, err
	}
	roots := definition.SchemasOf(crd)
	if len(roots) != 1 {
		return nil, fmt.Errorf("the definition of %s has %d versions", kind, len(roots))
	}
	root := roots[0]
	closeObjects(root)
	definition.WalkSchemas(root, func(_ string, schema map[string]any) {
		maps.DeleteFunc(schema, func(key string, _ any) bool { return strings.HasPrefix(key, "x-kubernetes-") })
	})
	addIdentity(root, kind)
	return json.Marshal(root)
}

// closeObjects refuses unknown fields of objects that list their fields. The metadata and the status are
// not the definition's to describe: the API server knows the one, and controllers write the other.
func closeObjects(root map[string]any) {
	closeObject(root)
	if spec := definition.Member(definition.Member(root, "properties"), "spec"); spec != nil {
		definition.WalkSchemas(spec, func(_ string, schema map[string]any) { closeObject(schema) })
	}
}

func closeObject(schema map[string]any) {
	_, isMap := schema["additionalProperties"]
	if schema["type"] == "object" && !isMap && schema["x-kubernetes-preserve-unknown-fields"] != true {
		schema["additionalProperties"] = false
	}
}

// addIdentity lets a schema speak of one kind in one version only.
func addIdentity(root map[string]any, kind string) {
	root["$schema"], root["title"] = "http://json-schema.org/draft-07/schema#", kind
	properties := definition.Member(root, "properties")
	for field, value := range map[string]string{"apiVersion": v1beta1.GroupName + "/" + v1beta1.Version, "kind": kind} {
		definition.Member(properties, field)["enum"] = []any{value}
	}
	definition.Member(properties, "metadata")["description"] = "Standard object's metadata: name, namespace, labels, annotations."
	required := []any{"apiVersion", "kind", "metadata"}
	given, _ := root["required"].([]any)
	for _, field := range given {
		if !slices.Contains(required, field) {
			required = append(required, field)
		}
	}
	root["required"] = required
}
