package v1beta1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime"
	kyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// corpus is a collection of real manifests that lies beside a checkout.
const corpus = "../../../shared/corpus"

// refused are the only values in the corpus that are not of their type.
var refused = map[string]string{
	"cases/227-invalid-quantity/in/isvc.yaml": "spec.engine.runner.resources.limits[memory]",
}

func TestCorpusDecodes(t *testing.T) {
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("the corpus of manifests is not here: " + corpus)
	}
	scheme := runtime.NewScheme()
	require.NoError(t, AddToScheme(scheme))
	decoded := 0
	for _, file := range corpusFiles(t) {
		for _, document := range documents(t, file) {
			object := newObject(t, scheme, document)
			if object == nil {
				continue
			}
			unknown, err := Decode(document, object)
			name, _ := filepath.Rel(corpus, file)
			checkRefusal(t, filepath.ToSlash(name), err)
			if len(unknown) > 0 {
				t.Logf("%s: unknown fields %s", name, strings.Join(unknown, ", "))
			}
			decoded++
		}
	}
	assert.Greater(t, decoded, 1000)
	t.Logf("%d objects decoded", decoded)
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

func corpusFiles(t *testing.T) []string {
	var files []string
	err := filepath.WalkDir(corpus, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == "out" {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".yaml" {
			files = append(files, path)
		}
		return nil
	})
	require.NoError(t, err)
	return files
}

// documents returns the documents of group ome.io in a file, as JSON.
func documents(t *testing.T, file string) [][]byte {
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	reader := kyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(raw)))
	var all [][]byte
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err, file)
		if !bytes.Contains(document, []byte(GroupName+"/")) {
			continue
		}
		asJSON, err := yaml.YAMLToJSON(document)
		require.NoError(t, err, file)
		all = append(all, asJSON)
	}
}

// newObject returns an empty object of the document's kind, or nil for a kind of another group.
func newObject(t *testing.T, scheme *runtime.Scheme, document []byte) runtime.Object {
	var head struct{ APIVersion, Kind string }
	require.NoError(t, yaml.Unmarshal(document, &head))
	if head.APIVersion != APIVersion {
		return nil
	}
	object, err := scheme.New(GroupVersion.WithKind(head.Kind))
	require.NoError(t, err, "a kind of the group that has no type")
	return object
}
