package child

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// What is sent is canonical: making it canonical again changes nothing. The recorded children of
// OME are not sent, and are canonical after the first time.
func TestCanonicalIsIdempotent(t *testing.T) {
	for folder, sent := range map[string]bool{"../../testdata/*/out": true, "../../../shared/corpus/cases/*/out": false} {
		t.Run(folder, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join(folder, "children.yaml"))
			require.NoError(t, err)
			if len(files) == 0 && !sent {
				t.Skip("the corpus is not beside the repository")
			}
			for _, file := range files {
				for _, object := range documents(t, file) {
					once := Canonical(object).Object
					if sent {
						require.True(t, Equal(object, once), file)
					}
					require.Equal(t, once, Canonical(once).Object, file)
				}
			}
			assert.NotEmpty(t, files)
		})
	}
}

// documents returns the objects in a file.
func documents(t *testing.T, file string) []map[string]any {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var all []map[string]any
	for decoder := utilyaml.NewYAMLOrJSONDecoder(bufio.NewReader(bytes.NewReader(content)), 4096); ; {
		var object map[string]any
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err, file)
		all = append(all, object)
	}
}
