package explain_test

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/explain"
	"github.com/isvc-io/isvc/internal/omecases"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

var caseSample = flag.Int("case-sample", 4, "try one of so many cases of testdata; CI tries every one")

// inputs are manifests by the name of their case: our own and those of testdata/ome.
func inputs(t *testing.T) map[string][]load.File {
	t.Helper()
	all := map[string][]load.File{}
	for _, pattern := range []string{"testdata/*/*.yaml", "../../../testdata/*/in/*.yaml"} {
		names, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, names)
		for _, name := range names {
			data, err := os.ReadFile(name)
			require.NoError(t, err)
			all[filepath.Dir(name)] = append(all[filepath.Dir(name)], load.File{Name: name, Data: data})
		}
	}
	for _, c := range omecases.All(t) {
		for _, file := range c.Input() {
			all[c.Name] = append(all[c.Name], load.File{Name: file.Name, Data: file.Data})
		}
	}
	return all
}

// answer is everything in a response that a cluster could notice.
func answer(t *testing.T, request *sync.Request, explaining bool) (string, *sync.Response) {
	t.Helper()
	copied := *request
	copied.Explain = explaining
	response, err := sync.Sync(&copied)
	require.NoError(t, err)
	text, err := json.Marshal([]any{response.Children, response.Status, response.Hold, response.Partial, response.Held, response.RetryAfter, response.Findings})
	require.NoError(t, err)
	return string(text), response
}

// TestExplainingChangesNothing compares every answer with and without a trace,
// byte by byte, and wants an origin for each image and argument.
func TestExplainingChangesNothing(t *testing.T) {
	compared, traced := 0, 0
	all := inputs(t)
	for i, folder := range slices.Sorted(maps.Keys(all)) {
		if i%*caseSample != 0 {
			continue
		}
		files := all[folder]
		set, _ := load.Files(files, "default")
		for _, request := range set.Requests(load.Options{Kinds: kinds.All()}) {
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
