package resolve

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/internal/omecases"
	"github.com/isvc-io/isvc/internal/yamlstream"
)

// cases are the cases of testdata/ome with a number from first to last.
func cases(t *testing.T, first, last string) []*omecases.Case {
	t.Helper()
	selected := slices.DeleteFunc(omecases.All(t), func(c *omecases.Case) bool {
		number := c.Name[:len("000")]
		return number < first || number > last
	})
	require.NotEmpty(t, selected)
	return selected
}

// readInput decodes the service of a case and its catalogue.
func readInput(t *testing.T, c *omecases.Case) (*Catalog, *v1beta1.InferenceService) {
	t.Helper()
	var objects []any
	var service *v1beta1.InferenceService
	for _, file := range c.Input() {
		documents, err := yamlstream.Documents(file.Data)
		require.NoError(t, err)
		for _, document := range documents {
			switch o := decode(t, document).(type) {
			case nil:
			case *v1beta1.InferenceService:
				service = o
			default:
				objects = append(objects, o)
			}
		}
	}
	require.NotNil(t, service)
	cat := catalog(objects...)
	cat.Namespace = service.Namespace
	return cat, service
}

// decode returns the object of a document, or nil for a kind of no interest.
func decode(t *testing.T, document []byte) any {
	t.Helper()
	var meta metav1.TypeMeta
	require.NoError(t, json.Unmarshal(document, &meta))
	object := map[string]any{
		"InferenceService":        &v1beta1.InferenceService{},
		KindBaseModel:             &v1beta1.BaseModel{},
		KindClusterBaseModel:      &v1beta1.ClusterBaseModel{},
		KindServingRuntime:        &v1beta1.ServingRuntime{},
		KindClusterServingRuntime: &v1beta1.ClusterServingRuntime{},
		KindAcceleratorClass:      &v1beta1.AcceleratorClass{},
		KindFineTunedWeight:       &v1beta1.FineTunedWeight{},
	}[meta.Kind]
	if object != nil {
		require.NoError(t, json.Unmarshal(document, object))
	}
	return object
}

// recorded finds the values that OME gave a key in a case's children.
func recorded(c *omecases.Case, key string) []string {
	var values []string
	for _, match := range regexp.MustCompile(`(?m)^ *`+regexp.QuoteMeta(key)+`: (.*)$`).FindAllSubmatch(c.Data(omecases.Children), -1) {
		values = append(values, strings.Trim(string(match[1]), `'"`))
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// resolveRuntime is what the stages before the accelerator do.
func resolveRuntime(cat *Catalog, service *v1beta1.InferenceService) (*Runtime, *finding.Finding) {
	model, failure := FindModel(cat, service.Spec.Model, nil)
	if failure != nil {
		return nil, failure
	}
	return FindRuntime(cat, RuntimeInput{
		Ref: service.Spec.Runtime, Model: model, RequiredAccelerators: RequiredAccelerators(service),
	}, nil)
}

func TestCatalogueSelection(t *testing.T) {
	// Cases in which another runtime than OME's is chosen, and why.
	differences := map[string]string{
		"068-select-autoselect-mixed": "rt-plain", // the entry that matches rt-mixed has autoSelect false
	}
	for _, c := range cases(t, "056", "079") {
		t.Run(c.Name, func(t *testing.T) {
			cat, service := readInput(t, c)
			want := recorded(c, v1beta1.AnnotationServingRuntime)
			if other, differs := differences[c.Name]; differs {
				require.NotEqual(t, []string{other}, want, "this is no difference any more")
				want = []string{other}
			}
			runtime, failure := resolveRuntime(cat, service)
			if len(want) == 0 {
				require.NotNil(t, failure)
				assert.Equal(t, NoSupportingRuntime, failure.Reason)
				return
			}
			require.Nil(t, failure)
			assert.Equal(t, want, []string{runtime.Name})
		})
	}
}

func TestRecordedAccelerators(t *testing.T) {
	// Cases in which another class than OME's is chosen, and why.
	differences := map[string]string{
		"112-ac-bestfit-no-constraints":    "a100", // OME crashes
		"119-ac-arch-version-string-order": "b200", // OME compares 10.0 and 9.0 as text
		"122-ac-override-policy":           "",     // both constraints apply and exclude each other
	}
	failures := map[string]string{
		"123-ac-not-in-runtime":               RuntimeIncompatible,
		"124-ac-runtime-without-requirements": RuntimeIncompatible,
		"125-ac-missing-class":                AcceleratorClassNotFound,
	}
	for _, c := range cases(t, "109", "133") {
		t.Run(c.Name, func(t *testing.T) {
			cat, service := readInput(t, c)
			want := recorded(c, "gpu.example/class")
			if other, differs := differences[c.Name]; differs {
				require.NotEqual(t, []string{other}, want, "this is no difference any more")
				want = slices.DeleteFunc([]string{other}, func(class string) bool { return class == "" })
			}
			got, failure := resolveAccelerators(cat, service)
			if reason, fails := failures[c.Name]; fails {
				require.NotNil(t, failure)
				assert.Equal(t, reason, failure.Reason)
				return
			}
			require.Nil(t, failure)
			assert.ElementsMatch(t, want, got)
		})
	}
}

// resolveAccelerators returns the classes of engine and decoder.
func resolveAccelerators(cat *Catalog, service *v1beta1.InferenceService) ([]string, *finding.Finding) {
	runtime, failure := resolveRuntime(cat, service)
	if failure != nil {
		return nil, failure
	}
	inputs := []AcceleratorInput{{Component: v1beta1.EngineComponent, Override: service.Spec.Engine.AcceleratorOverride}}
	if service.Spec.Decoder != nil {
		inputs = append(inputs, AcceleratorInput{Component: v1beta1.DecoderComponent, Override: service.Spec.Decoder.AcceleratorOverride})
	}
	var classes []string
	for _, in := range inputs {
		in.Selector, in.Runtime = service.Spec.AcceleratorSelector, runtime
		accelerator, failure := FindAccelerator(cat, in, nil)
		if failure != nil {
			return nil, failure
		}
		if accelerator != nil {
			classes = append(classes, accelerator.Name)
		}
	}
	return classes, nil
}
