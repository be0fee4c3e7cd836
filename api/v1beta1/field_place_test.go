package v1beta1_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/v1beta1"
)

func TestPlaceOfField(t *testing.T) {
	for unknown, want := range map[string]string{
		"engine.volumeMounts":             "engine.runner.volumeMounts",
		"engine.env":                      "engine.runner.env",
		"engine.image":                    "engine.runner.image",
		"engine.leader.args":              "engine.leader.runner.args",
		"engine.runner.tolerations":       "engine.tolerations",
		"engine.runner.minReplicas":       "engine.minReplicas",
		"engine.leader.minReplicas":       "engine.minReplicas",
		"engine.model":                    "model",
		"engine.containers[0].volumes":    "engine.volumes",
		"engine.rollingUpdate":            "engine.deploymentStrategy.rollingUpdate",
		"engine.minreplicas":              "engine.minReplicas",
		"router.runner.config":            "router.config",
		"engine.limits":                   "engine.resources.limits",
		"engine.nonsense":                 "",
		"scaleTarget":                     "engine.scaleTarget",
		"minReplicas":                     "engine.minReplicas",
		"image":                           "engine.runner.image",
		"engine.maxReplcas":               "engine.maxReplicas",
		"engine.runner.readynessProbe":    "engine.runner.readinessProbe",
		"nonsense.volumeMounts":           "",
		"engine.runner.image":             "",
		"engine.nodeSelector.volumeMount": "",
	} {
		assert.Equal(t, want, v1beta1.PlaceOfField(&v1beta1.InferenceServiceSpec{}, unknown), unknown)
	}
	assert.Equal(t, "engineConfig.runner.image", v1beta1.PlaceOfField(&v1beta1.ServingRuntimeSpec{}, "image"))
	assert.Equal(t, "spec.engine.runner.volumeMounts", v1beta1.PlaceOfField(&v1beta1.InferenceService{}, "spec.engine.volumeMounts"))
}

func TestHasField(t *testing.T) {
	for path, want := range map[string]bool{
		"spec.engine": true, "spec.engine.containers[0].image": true, "spec.engine.nodeSelector.anything": true,
		"spec.engin": false, "spec.engine.containers[0].imag": false,
	} {
		assert.Equal(t, want, v1beta1.HasField(&v1beta1.InferenceService{}, path), path)
	}
}

// TestEveryFieldHasAPlaceOrNone misspells a field beside each one of each kind, also in objects that are no struct
// to people, such as a quantity.
func TestEveryFieldHasAPlaceOrNone(t *testing.T) {
	for _, object := range []any{
		&v1beta1.InferenceService{}, &v1beta1.BaseModel{}, &v1beta1.ServingRuntime{}, &v1beta1.FineTunedWeight{}, &v1beta1.AcceleratorClass{},
	} {
		paths := pathsBelow(reflect.TypeOf(object), "", 9)
		require.Greater(t, len(paths), 20)
		for _, path := range paths {
			for _, name := range []string{"size", "zzzz"} {
				assert.NotPanics(t, func() { v1beta1.PlaceOfField(object, path+name) }, path+name)
			}
		}
	}
	assert.Equal(t, "spec.engine.volumes[0].emptyDir.sizeLimit", v1beta1.PlaceOfField(&v1beta1.InferenceService{}, "spec.engine.volumes[0].emptyDir.sizeLimits"))
}

// pathsBelow are the paths of the structs in a type, each with a dot at its end.
func pathsBelow(of reflect.Type, path string, depth int) []string {
	switch of.Kind() {
	case reflect.Pointer:
		return pathsBelow(of.Elem(), path, depth)
	case reflect.Slice:
		return pathsBelow(of.Elem(), strings.TrimSuffix(path, ".")+"[0].", depth)
	case reflect.Struct:
	default:
		return nil
	}
	paths := []string{path}
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		below := path + name + "."
		if name == "" && field.Anonymous {
			below = path
		}
		if below != path+"." && depth > 0 {
			paths = append(paths, pathsBelow(field.Type, below, depth-1)...)
		}
	}
	return paths
}
