package v1beta1

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/isvc-io/isvc/internal/omecases"
	"github.com/isvc-io/isvc/internal/yamlstream"
)

// catalogue is the catalogue that OME publishes. It is no part of this repository.
const catalogue = "../../../shared/corpus/ome"

// refused are the only values that are not of their type.
var refused = map[string]string{
	"227-invalid-quantity/in/isvc.yaml": "spec.engine.runner.resources.limits[memory]",
}

// TestCasesOfOMEDecode decodes every object of OME's API in testdata/ome.
func TestCasesOfOMEDecode(t *testing.T) {
	decoded := 0
	for _, c := range omecases.All(t) {
		for _, file := range c.Input() {
			decoded += decodeAll(t, c.Name+"/"+file.Name, file.Data)
		}
	}
	assert.Greater(t, decoded, 500)
}

// TestTheCatalogueDecodes does the same for OME's catalogue where it lies beside the repository.
func TestTheCatalogueDecodes(t *testing.T) {
	if _, err := os.Stat(catalogue); err != nil {
		t.Skipf("OME's catalogue is not at %s", catalogue)
	}
	decoded := 0
	require.NoError(t, filepath.WalkDir(catalogue, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		data, err := os.ReadFile(path)
		decoded += decodeAll(t, filepath.ToSlash(path), data)
		return err
	}))
	assert.Greater(t, decoded, 500)
}

// decodeAll decodes the objects of OME's API in a YAML stream and returns how many there are.
func decodeAll(t *testing.T, name string, stream []byte) int {
	t.Helper()
	scheme := runtime.NewScheme()
	require.NoError(t, AddToScheme(scheme))
	documents, err := yamlstream.Documents(stream)
	require.NoError(t, err, name)
	decoded := 0
	for _, document := range documents {
		object := newObject(t, scheme, document)
		if object == nil {
			continue
		}
		unknown, err := DecodeAndListUnknown(document, object)
		checkRefusal(t, name, err)
		if len(unknown) > 0 {
			t.Logf("%s: unknown fields %s", name, strings.Join(unknown, ", "))
		}
		decoded++
	}
	return decoded
}

func checkRefusal(t *testing.T, name string, err error) {
	t.Helper()
	field, expected := refused[name]
	if !expected {
		assert.NoError(t, err, name)
		return
	}
	var wrong *FieldError
	require.ErrorAs(t, err, &wrong, name)
	assert.Equal(t, field, wrong.Field, name)
}

// newObject returns an empty object of the document's kind, or nil for a kind of
// another group.
func newObject(t *testing.T, scheme *runtime.Scheme, document []byte) runtime.Object {
	var head struct{ APIVersion, Kind string }
	require.NoError(t, json.Unmarshal(document, &head))
	if head.APIVersion != APIVersion {
		return nil
	}
	object, err := scheme.New(GroupVersion.WithKind(head.Kind))
	require.NoError(t, err, "a kind of the group that has no type")
	return object
}
