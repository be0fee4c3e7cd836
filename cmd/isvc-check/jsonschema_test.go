package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/isvc-io/isvc/cmd/isvc-check/definitions"
	"github.com/isvc-io/isvc/internal/omecases"
	"github.com/isvc-io/isvc/internal/yamlstream"
	"github.com/isvc-io/isvc/manifests"
	"github.com/isvc-io/isvc/sync/load"
)

// judges are what decides about objects of a kind: its JSON Schema, and its definition as the API server
// reads it.
type judges struct {
	schema     *jsonschema.Schema
	definition *definitions.Definition
	// rules has the messages of the definition's rules in CEL: it is its text with lines joined.
	rules string
}

// judgesByKind are those of the kinds of ome.io.
func judgesByKind(t *testing.T) map[string]judges {
	t.Helper()
	all := map[string]judges{}
	for _, kind := range load.CatalogueKinds() {
		name, _ := kind.NameAndVersion()
		text, err := manifests.DefinitionOf(name)
		require.NoError(t, err)
		source, err := definitions.Read(text)
		require.NoError(t, err)
		definition, err := source.Compile(kind)
		require.NoError(t, err)
		all[name] = judges{compileSchema(t, name), definition, strings.Join(strings.Fields(string(text)), " ")}
	}
	return all
}

func compileSchema(t *testing.T, kind string) *jsonschema.Schema {
	t.Helper()
	text, err := manifests.JSONSchema(kind)
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler() // it knows draft 7 by $schema, and refuses a schema that is none
	require.NoError(t, compiler.AddResource(manifests.JSONSchemaFile(kind), document))
	schema, err := compiler.Compile(manifests.JSONSchemaFile(kind))
	require.NoError(t, err)
	return schema
}

// TestJSONSchemasSayWhatTheAPIServerSays gives every object of testdata and examples to the JSON Schema of
// its kind: it must accept those that the API server takes with all their fields, and no others. What is
// beyond JSON Schema is left out: rules in CEL and the names of objects.
func TestJSONSchemasSayWhatTheAPIServerSays(t *testing.T) {
	judges := judgesByKind(t)
	accepted, refused := map[string]int{}, map[string]int{}
	for place, object := range inputObjects(t) {
		kind, _ := object["kind"].(string)
		judge, known := judges[kind]
		if version, _ := object["apiVersion"].(string); !known || version != "ome.io/v1beta1" {
			continue
		}
		delete(object, "status") // an object that was saved from a cluster has one of its own
		schemaSays := judge.schema.Validate(readAsJSON(t, object))
		unknown, errors := judge.definition.Check(object)
		serverSays := append(unknown, judge.withoutRules(errors)...)
		if schemaSays != nil {
			refused[kind]++
			assert.NotEmpty(t, serverSays, "%s %s: the API server takes it, and the JSON Schema says: %v", place, kind, schemaSays)
		} else {
			accepted[kind]++
			assert.Empty(t, serverSays, "%s %s: the JSON Schema accepts it", place, kind)
		}
	}
	t.Logf("accepted %v, refused %v", accepted, refused)
	for kind := range judges {
		assert.Positive(t, accepted[kind], kind)
	}
	assert.Greater(t, refused["InferenceService"], 3, "some are wrong on purpose")
}

// withoutRules are the errors that are not of rules in CEL and not about the name.
func (j judges) withoutRules(errors field.ErrorList) []string {
	var rest []string
	for _, err := range errors {
		isRule := err.Type == field.ErrorTypeInvalid && strings.Contains(j.rules, strings.ReplaceAll(err.Detail, "'", "''"))
		if !isRule && !strings.HasPrefix(err.Field, "metadata") {
			rest = append(rest, err.Error())
		}
	}
	return rest
}

// inputObjects are the objects of testdata and examples, by file and number.
func inputObjects(t *testing.T) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	add := func(name string, text []byte) {
		objects, err := yamlstream.Objects(text)
		if err != nil { // some files are no YAML on purpose
			return
		}
		for i, object := range objects {
			all[name+"#"+strconv.Itoa(i)] = object
		}
	}
	for _, pattern := range []string{"../../testdata/*/in/*.yaml", "../../examples/*/*.yaml", "../../examples/*.yaml"} {
		names, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, name := range names {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			add(name, text)
		}
	}
	for _, c := range omecases.All(t) {
		for _, file := range c.Files {
			if strings.HasPrefix(file.Name, "in/") {
				add(c.Name+"/"+file.Name, file.Data)
			}
		}
	}
	require.Greater(t, len(all), 500)
	return all
}

func readAsJSON(t *testing.T, object map[string]any) any {
	t.Helper()
	text, err := json.Marshal(object)
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	return value
}

// TestJSONSchemasAreStrict has what an editor must underline.
func TestJSONSchemasAreStrict(t *testing.T) {
	schema := compileSchema(t, "InferenceService")
	const head = "apiVersion: ome.io/v1beta1\nkind: InferenceService\nmetadata: {name: chat, unknown: x}\n"
	for sentence, c := range map[string]struct{ text, says string }{
		"a service":                              {head + "spec: {model: {name: m}, engine: {minReplicas: 0, minAvailable: 50%, resources: {limits: {cpu: 1, memory: 2Gi}}}}", ""},
		"a field that there is not":              {head + "spec: {engine: {maxReplcas: 3}}", "additional properties 'maxReplcas' not allowed"},
		"a field of a probe that there is not":   {head + "spec: {engine: {runner: {readinessProbe: {perod: 3}}}}", "additional properties 'perod' not allowed"},
		"a field beside the specification":       {head + "specs: {}", "additional properties 'specs' not allowed"},
		"any field of a volume":                  {head + "spec: {engine: {volumes: [{name: v, anything: {a: 1}}]}}", ""},
		"any field where OME's controller reads": {head + "spec: {rollout: {anything: 1}, engine: {autoscaler: {class: KEDA, keda: {triggers: [{type: prometheus, metadata: {a: b}}]}}}}", ""},
		"any label":                              {head + "spec: {engine: {labels: {a: b}}}", ""},
		"a text for a number":                    {head + "spec: {engine: {maxReplicas: many}}", "got string, want integer"},
		"a class that there is not":              {head + "spec: {engine: {autoscaler: {class: Foo}}}", "value must be one of"},
		"another kind":                           {"apiVersion: ome.io/v1beta1\nkind: BaseModel\nmetadata: {name: a}", "value must be 'InferenceService'"},
		"another version":                        {"apiVersion: ome.io/v1\nkind: InferenceService\nmetadata: {name: a}", "value must be 'ome.io/v1beta1'"},
		"no name":                                {"apiVersion: ome.io/v1beta1\nkind: InferenceService", "missing property 'metadata'"},
	} {
		t.Run(sentence, func(t *testing.T) {
			objects, err := yamlstream.Objects([]byte(c.text))
			require.NoError(t, err)
			if err := schema.Validate(readAsJSON(t, objects[0])); c.says == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, c.says)
			}
		})
	}
}
