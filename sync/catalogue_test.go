package sync_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
	"github.com/isvc-io/isvc/sync/observed"
	"github.com/isvc-io/isvc/sync/resolve"
)

// catalogue is the catalogue that OME publishes: its models, runtimes and samples.
// It is OME's and no part of this repository; the test that reads it skips where it
// is absent.
const catalogue = "../../shared/corpus/ome"

// unservable are the samples of OME's catalogue that nothing can serve, and
// what is wrong with each.
var unservable = map[string]string{
	"default/exaone-3-5-7-8b-instruct":                    "InvalidSpec",   // uses fields that the API does not have
	"zai-org-test/glm-4-5v-test":                          "InvalidSpec",   // uses fields that the API does not have
	"llama-3-2-90b-fp8-dynamic/llama-3-2-90b-fp8-dynamic": "ModelNotFound", // its model is not in the catalogue
	"llama-3-3-70b-instruct/llama-3-3-70b-instruct":       "NoRunner",      // asks for a decoder that its runtime does not have
}

// TestTheCatalogueRenders renders every sample of OME's catalogue over all of
// its models and runtimes. A sample that names no runtime needs a model with
// metadata, which OME's model agent fills in; the others are served, or are
// among those that nothing can serve.
func TestTheCatalogueRenders(t *testing.T) {
	if _, err := os.Stat(catalogue); err != nil {
		t.Skipf("OME's catalogue is not at %s", catalogue)
	}
	set, _ := load.Files(readTree(t, catalogue), "default")
	requests := set.Requests(load.Options{Kinds: kinds.All()})
	require.Greater(t, len(requests), 100)
	served, waiting := 0, 0
	for _, request := range requests {
		response, err := sync.Sync(request)
		require.NoError(t, err)
		name := nameOf(t, request)
		switch reason := whyNot(response); {
		case reason == "":
			served++
			assert.Empty(t, unservable[name], name)
		case reason == resolve.ModelMetadataMissing:
			waiting++
			assert.NotContains(t, string(request.Parent), `"runtime"`, "%s names its runtime, so its model needs no metadata", name)
		default:
			assert.Equal(t, unservable[name], reason, "%s: %+v %+v", name, response.Hold, response.Partial)
		}
	}
	t.Logf("%d samples: %d served, %d wait for the metadata of their models", len(requests), served, waiting)
}

// whyNot is the reason for which a service or a part of it is not served.
func whyNot(response *sync.Response) string {
	switch {
	case response.Hold != nil:
		return response.Hold.Reason
	case len(response.Partial) > 0:
		return response.Partial[0].Reason
	}
	return ""
}

func nameOf(t testing.TB, request *sync.Request) string {
	t.Helper()
	tree, err := observed.DecodeTree(request.Parent)
	require.NoError(t, err)
	metadata := tree["metadata"].(map[string]any)
	return fmt.Sprintf("%v/%v", metadata["namespace"], metadata["name"])
}

// readTree reads the YAML files below a folder.
func readTree(t testing.TB, root string) []load.File {
	t.Helper()
	var files []load.File
	require.NoError(t, filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		data, err := os.ReadFile(path)
		files = append(files, load.File{Name: path, Data: data})
		return err
	}))
	return files
}
