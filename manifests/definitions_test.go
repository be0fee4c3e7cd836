package manifests

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/definition"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/load"
)

// etcdRequest is what etcd takes in a request, in bytes, unless --max-request-bytes says more. An object
// of the API server is one.
const etcdRequest = 1536 * 1024

// describedDefinitions are the definitions with descriptions, by kind. The tests share them and change nothing.
func describedDefinitions(t *testing.T) map[string]map[string]any {
	t.Helper()
	describedOnce.Do(func() { described = definitionsBy(t, DescribedDefinitionOf) })
	require.NotEmpty(t, described)
	return described
}

var (
	describedOnce sync.Once
	described     map[string]map[string]any
)

func definitionsBy(t *testing.T, text func(kind string) ([]byte, error)) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	for _, kind := range load.CatalogueKinds() {
		name, _ := kind.NameAndVersion()
		written, err := text(name)
		require.NoError(t, err)
		var crd map[string]any
		require.NoError(t, yaml.UnmarshalStrict(written, &crd))
		require.Equal(t, "CustomResourceDefinition", crd["kind"])
		require.Equal(t, name, definition.KindOf(crd))
		all[name] = crd
	}
	return all
}

// TestDescribedDefinitionsAreThePlainOnes removes every text that is called description, without the code
// that puts it there.
func TestDescribedDefinitionsAreThePlainOnes(t *testing.T) {
	plain, described := definitionsBy(t, DefinitionOf), describedDefinitions(t)
	require.NotEqual(t, plain, described)
	for kind, crd := range described {
		assert.Equal(t, plain[kind], withoutDescriptions(crd), kind)
	}
}

func withoutDescriptions(node any) any {
	switch n := node.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range n {
			if _, isText := value.(string); key != "description" || !isText {
				out[key] = withoutDescriptions(value)
			}
		}
		return out
	case []any:
		var out []any
		for _, item := range n {
			out = append(out, withoutDescriptions(item))
		}
		return out
	}
	return node
}

func TestDescribedDefinitionsFitIntoARequest(t *testing.T) {
	for kind, crd := range describedDefinitions(t) {
		text, err := json.Marshal(crd)
		require.NoError(t, err)
		assert.Less(t, len(text), etcdRequest*2/3, "%s: the API server adds a status and field managers", kind)
	}
}

// TestEveryFieldIsDescribed requires a sentence for every field that a user can write or read. The types of
// Kubernetes have theirs.
func TestEveryFieldIsDescribed(t *testing.T) {
	own := map[string]bool{}
	for kind, of := range map[string]any{
		"InferenceService": v1beta1.InferenceService{}, "ServingRuntime": v1beta1.ServingRuntime{}, "ClusterServingRuntime": v1beta1.ClusterServingRuntime{},
		"BaseModel": v1beta1.BaseModel{}, "ClusterBaseModel": v1beta1.ClusterBaseModel{},
		"AcceleratorClass": v1beta1.AcceleratorClass{}, "FineTunedWeight": v1beta1.FineTunedWeight{},
	} {
		addOwnFields(own, kind, reflect.TypeOf(of))
	}
	require.Greater(t, len(own), 1000)
	goNames := regexp.MustCompile(`\b(nil|struct|pointer|slice|[A-Z]\w+(Spec|Ref)\b)`)
	for kind, crd := range describedDefinitions(t) {
		for _, root := range definition.SchemasOf(crd) {
			visitFields(root, kind, "", func(path, field string, schema map[string]any) {
				text, _ := schema["description"].(string)
				if path == kind+".metadata" {
					return // the API server describes it
				}
				if assert.NotEmpty(t, text, path) && own[path] {
					first, _, _ := strings.Cut(text, " ")
					assert.False(t, strings.EqualFold(first, field) && first != field && strings.ToLower(field) != field,
						"%s has the name of Go: %s", path, text)
					assert.Regexp(t, `[.)"]$`, text, path)
					assert.GreaterOrEqual(t, len(strings.Fields(text)), 4, "%s says nothing: %s", path, text)
					assert.NotRegexp(t, goNames, text, "%s is for readers of Go", path)
				}
			})
		}
	}
}

// addOwnFields adds the paths of the fields that structs of v1beta1 have.
func addOwnFields(paths map[string]bool, path string, of reflect.Type) {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || of.PkgPath() != reflect.TypeFor[v1beta1.InferenceService]().PkgPath() {
		return
	}
	for field := range of.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if strings.Contains(options, "inline") {
			addOwnFields(paths, path, field.Type)
			continue
		}
		paths[path+"."+name] = true
		addOwnFields(paths, path+"."+name, field.Type)
	}
}

func visitFields(schema map[string]any, path, field string, visit func(path, field string, schema map[string]any)) {
	if field != "" {
		visit(path, field, schema)
	}
	properties := definition.Member(schema, "properties")
	for name := range properties {
		visitFields(definition.Member(properties, name), path+"."+name, name, visit)
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if below := definition.Member(schema, key); below != nil {
			visitFields(below, path, "", visit)
		}
	}
}

func TestDescriptionsOfADefinition(t *testing.T) {
	described := describedDefinitions(t)[v1beta1.KindInferenceService]
	root := definition.SchemasOf(described)[0]
	spec := definition.Member(definition.Member(root, "properties"), "spec")
	assert.Contains(t, spec["description"], "What a component leaves out comes from the runtime")
	engine := definition.Member(definition.Member(spec, "properties"), "engine")
	assert.Contains(t, definition.Member(definition.Member(engine, "properties"), "maxReplicas")["description"], "maxReplicas is the upper limit of replicas")
}

func TestThereIsNoDefinitionOfOtherKinds(t *testing.T) {
	for _, find := range []func(string) ([]byte, error){DefinitionOf, DescribedDefinitionOf} {
		_, err := find("Deployment")
		require.EqualError(t, err, "there is no definition of Deployment")
	}
}
