package v1beta1

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

const crds = "../../manifests/crds"

type crdSchema struct {
	Properties           map[string]crdSchema
	Items                *crdSchema
	AdditionalProperties any
	Required             []string
	Default              any
	Validations          []struct{ Rule, Message, FieldPath string } `json:"x-kubernetes-validations"`
	PreserveUnknown      bool                                        `json:"x-kubernetes-preserve-unknown-fields"`
}

type definition struct {
	Spec struct {
		Scope string
		Names struct {
			Kind       string
			ShortNames []string
		}
		Versions []struct {
			Name                     string
			AdditionalPrinterColumns []struct {
				Name     string
				Priority int
			}
			Subresources map[string]any
			Schema       struct{ OpenAPIV3Schema crdSchema }
		}
	}
}

func (d definition) root() crdSchema { return d.Spec.Versions[0].Schema.OpenAPIV3Schema }

func (s crdSchema) at(path string) crdSchema {
	for part := range strings.SplitSeq(path, ".") {
		s = s.Properties[part]
	}
	return s
}

func load(t *testing.T, plural string) definition {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(crds, GroupName+"_"+plural+".yaml"))
	require.NoError(t, err)
	var d definition
	require.NoError(t, yaml.Unmarshal(raw, &d))
	require.Len(t, d.Spec.Versions, 1)
	return d
}

func TestDefinitionsFitIntoAnAnnotation(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(crds, GroupName+"_*.yaml"))
	require.NoError(t, err)
	require.Len(t, files, 7)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		asJSON, err := yaml.YAMLToJSON(raw)
		require.NoError(t, err)
		assert.Less(t, len(asJSON), 200*1024, "%s: kubectl apply can keep 256 KiB", file)
	}
}

func TestDefinitionsHaveTheirScopeAndColumns(t *testing.T) {
	for plural, c := range map[string]struct {
		kind, scope string
		status      bool
		columns     string
	}{
		"inferenceservices": {KindInferenceService, "Namespaced", true,
			"Ready Reason Mode Runtime Model Replicas GPUs URL Age Address (wide) RuntimeName (wide) ModelName (wide) Prev (wide) Latest (wide) Canary (wide) Autoscaler (wide) Update (wide)"},
		"basemodels": {KindBaseModel, "Namespaced", true,
			"Disabled Version Vendor Framework FrameworkVersion ModelFormat Architecture Capabilities Size CompartmentID Ready Age"},
		"clusterbasemodels": {KindClusterBaseModel, "Cluster", true,
			"Disabled Version Vendor Framework FrameworkVersion ModelFormat Architecture Capabilities Size CompartmentID Ready Age"},
		"finetunedweights": {KindFineTunedWeight, "Cluster", true,
			"Disabled Version Vendor CompartmentID ModelType Ready Age"},
		"servingruntimes": {KindServingRuntime, "Namespaced", false,
			"Disabled ModelFormat ModelFramework ModelFrameworkVersion ModelArchitecture ModelSizeMin ModelSizeMax Images Age"},
		"clusterservingruntimes": {KindClusterServingRuntime, "Cluster", false,
			"Disabled ModelFormat ModelFramework ModelFrameworkVersion ModelArchitecture ModelSizeMin ModelSizeMax Images Age"},
		"acceleratorclasses": {KindAcceleratorClass, "Cluster", true, "Vendor Family Memory Nodes"},
	} {
		t.Run(c.kind, func(t *testing.T) {
			d := load(t, plural)
			version := d.Spec.Versions[0]
			var columns []string
			for _, column := range version.AdditionalPrinterColumns {
				columns = append(columns, column.Name)
				if column.Priority > 0 {
					columns = append(columns, "(wide)")
				}
			}
			assert.Equal(t, c.kind, d.Spec.Names.Kind)
			assert.Equal(t, c.scope, d.Spec.Scope)
			assert.Equal(t, Version, version.Name)
			assert.Equal(t, c.status, version.Subresources["status"] != nil)
			assert.Equal(t, c.columns, strings.Join(columns, " "))
		})
	}
}

func TestDefinitionsHaveEveryFieldOfTheTypes(t *testing.T) {
	for plural, object := range map[string]any{
		"inferenceservices": InferenceService{}, "basemodels": BaseModel{}, "clusterbasemodels": ClusterBaseModel{},
		"finetunedweights": FineTunedWeight{}, "servingruntimes": ServingRuntime{},
		"clusterservingruntimes": ClusterServingRuntime{}, "acceleratorclasses": AcceleratorClass{},
	} {
		t.Run(plural, func(t *testing.T) {
			compare(t, reflect.TypeOf(object), load(t, plural).root(), "")
		})
	}
}

// compare follows the types of this package; the types of Kubernetes may be cut short.
func compare(t *testing.T, typ reflect.Type, s crdSchema, path string) {
	if typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		if typ.Kind() == reflect.Slice && s.Items != nil {
			s = *s.Items
		}
		compare(t, typ.Elem(), s, path)
		return
	}
	if typ.Kind() != reflect.Struct || typ.PkgPath() != reflect.TypeFor[InferenceService]().PkgPath() {
		return
	}
	fields := jsonFields(typ)
	for name, fieldType := range fields {
		at := join(path, name)
		property, ok := s.Properties[name]
		if dropped := name == "ephemeralContainers" && strings.Count(at, ".") == 2; !dropped {
			assert.True(t, ok, "%s is not in the definition: run go generate ./api/...", at)
		}
		compare(t, fieldType, property, at)
	}
	for name := range s.Properties {
		assert.Contains(t, fields, name, "%s is not in the types: run go generate ./api/...", join(path, name))
	}
}

func TestServiceDefinitionIsAsPermissiveAsOMEs(t *testing.T) {
	root := load(t, "inferenceservices").root()
	for _, runner := range []string{
		"spec.engine.runner", "spec.engine.leader.runner", "spec.engine.worker.runner",
		"spec.decoder.runner", "spec.decoder.leader.runner", "spec.decoder.worker.runner",
		"spec.router.runner", "spec.predictor.model", "spec.predictor.workerSpec.runner",
	} {
		assert.NotEmpty(t, root.at(runner).Properties, runner)
		assert.Empty(t, root.at(runner).Required, runner)
	}
	assert.Empty(t, root.at("spec").Required)
	assert.Equal(t, []string{"name"}, root.at("spec.model").Required)
	assert.Equal(t, KindClusterBaseModel, root.at("spec.model.kind").Default)
	assert.Equal(t, GroupName, root.at("spec.model.apiGroup").Default)
	assert.Equal(t, KindClusterServingRuntime, root.at("spec.runtime.kind").Default)
	assert.True(t, root.at("status").PreserveUnknown)
	assert.Equal(t, []string{"isvc"}, load(t, "inferenceservices").Spec.Names.ShortNames)
}

func TestServiceDefinitionHasRules(t *testing.T) {
	root := load(t, "inferenceservices").root()
	for path, fields := range map[string][]string{
		"spec":                      {".decoder", ".router"},
		"spec.engine.worker":        {".size"},
		"spec.decoder.worker":       {".size"},
		"spec.predictor.workerSpec": {".size"},
	} {
		assert.Equal(t, fields, rulePaths(root.at(path)), path)
	}
	for _, component := range []string{"engine", "decoder", "router", "predictor"} {
		assert.Equal(t, []string{
			".scaleTarget",
			".containerConcurrency", ".timeoutSeconds", ".canaryTrafficPercent",
		}, rulePaths(root.at("spec."+component)), component)
	}
	assert.Len(t, root.Validations, 2, "the rules about the name")
}

func rulePaths(s crdSchema) []string {
	var paths []string
	for _, rule := range s.Validations {
		paths = append(paths, rule.FieldPath)
	}
	return paths
}

func TestRuntimeDefinitionsHaveNoRules(t *testing.T) {
	for _, plural := range []string{"servingruntimes", "clusterservingruntimes"} {
		raw, err := os.ReadFile(filepath.Join(crds, GroupName+"_"+plural+".yaml"))
		require.NoError(t, err)
		assert.NotContains(t, string(raw), "x-kubernetes-validations")
		assert.NotContains(t, load(t, plural).root().at("spec.engineConfig.runner").Required, "name")
	}
}

func join(path, key string) string { return strings.TrimPrefix(path+"."+key, ".") }
