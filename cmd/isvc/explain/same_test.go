package explain_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/explain"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// inputs are folders of manifests: our cases and, where they are at hand, those
// of OME.
func inputs(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"testdata/*", "../../../testdata/*/in", "../../../../shared/corpus/cases/*/in"} {
		folders, err := filepath.Glob(pattern)
		require.NoError(t, err)
		all = append(all, folders...)
	}
	return all
}

// requests are those of a folder; some hold observed children too.
func requests(t *testing.T, folder string) []*sync.Request {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	require.NoError(t, err)
	var files []load.File
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		files = append(files, load.File{Name: name, Data: data})
	}
	set, _ := load.Files(files, "default")
	return set.Requests(load.Options{Kinds: kinds.All()})
}

// answer is everything in a response that a cluster could notice.
func answer(t *testing.T, request *sync.Request, explaining bool) (string, *sync.Response) {
	t.Helper()
	copied := *request
	copied.Explain = explaining
	response, err := sync.Sync(&copied)
	require.NoError(t, err)
	text, err := json.Marshal([]any{response.Children, response.Status, response.Hold, response.Partial, response.RetryAfter, response.Notes})
	require.NoError(t, err)
	return string(text), response
}

// TestExplainingChangesNothing compares every answer with and without a trace,
// byte by byte, and wants an origin for each image and argument.
func TestExplainingChangesNothing(t *testing.T) {
	compared, traced := 0, 0
	for _, folder := range inputs(t) {
		for _, request := range requests(t, folder) {
			silent, without := answer(t, request, false)
			loud, with := answer(t, request, true)
			assert.Equal(t, silent, loud, folder)
			assert.Empty(t, without.Trace, folder)
			compared++
			if len(with.Trace) > 0 {
				traced++
			}
			everyArgumentHasAnOrigin(t, folder, explain.NewService("n", "s", with))
		}
	}
	assert.GreaterOrEqual(t, compared, 5)
	assert.GreaterOrEqual(t, traced, compared*9/10, "nearly every service has decisions to tell")
}

// everyArgumentHasAnOrigin wants somebody who says it for whatever has no
// default.
func everyArgumentHasAnOrigin(t *testing.T, folder string, s explain.Service) {
	t.Helper()
	for _, component := range s.Components {
		for _, container := range component.Containers {
			for _, v := range container.Values {
				if v.Field == "image" || v.Field == "command" || v.Field == "args" {
					assert.NotEqual(t, "default", v.From, "%s: %s %s of %s: %s", folder, v.Field, v.Key, container.Name, v.Value)
				}
			}
		}
	}
}
