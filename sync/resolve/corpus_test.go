package resolve

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/isvc-io/isvc/api/finding"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// corpus is the folder of recorded cases beside the repository.
const corpus = "../../../shared/corpus/cases"

// cases lists the recorded cases with a number from first to last.
func cases(t *testing.T, first, last string) []string {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(corpus, "[0-9][0-9][0-9]-*"))
	require.NoError(t, err)
	if len(folders) == 0 {
		t.Skipf("no recorded cases in %s", corpus)
	}
	folders = slices.DeleteFunc(folders, func(folder string) bool {
		number := filepath.Base(folder)[:3]
		return number < first || number > last
	})
	require.NotEmpty(t, folders)
	return folders
}

// read decodes the documents of a case's input.
func read(t *testing.T, folder string) (*Catalog, *v1beta1.InferenceService) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "in", "*.yaml"))
	require.NoError(t, err)
	var objects []any
	var service *v1beta1.InferenceService
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, document := range bytes.Split(content, []byte("\n---\n")) {
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
	require.NoError(t, yaml.Unmarshal(document, &meta))
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
		require.NoError(t, yaml.Unmarshal(document, object))
	}
	return object
}

// recorded finds the values that OME gave a key in a case's children.
func recorded(t *testing.T, folder, key string) []string {
	t.Helper()
	children, err := os.ReadFile(filepath.Join(folder, "out", "children.yaml"))
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(t, err)
	var values []string
	for _, match := range regexp.MustCompile(`(?m)^ *`+regexp.QuoteMeta(key)+`: (.*)$`).FindAllSubmatch(children, -1) {
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
	for _, folder := range cases(t, "056", "079") {
		name := filepath.Base(folder)
		t.Run(name, func(t *testing.T) {
			cat, service := read(t, folder)
			want := recorded(t, folder, v1beta1.AnnotationServingRuntime)
			if other, differs := differences[name]; differs {
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
	for _, folder := range cases(t, "109", "133") {
		name := filepath.Base(folder)
		t.Run(name, func(t *testing.T) {
			cat, service := read(t, folder)
			want := recorded(t, folder, "gpu.example/class")
			if other, differs := differences[name]; differs {
				require.NotEqual(t, []string{other}, want, "this is no difference any more")
				want = slices.DeleteFunc([]string{other}, func(class string) bool { return class == "" })
			}
			got, failure := resolveAccelerators(cat, service)
			if reason, fails := failures[name]; fails {
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
