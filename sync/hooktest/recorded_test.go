package hooktest

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/isvc-io/isvc/sync/child"
)

// recording is testdata/metacontroller.json: what Metacontroller's own code made of objects, most
// of them random. "merges" is apply.Merge of package pkg/dynamic/apply, "updates" is
// common.ApplyUpdate of pkg/controller/common with what was applied last in the annotation.
// testdata/record.go.txt writes it anew.
type recording struct {
	Metacontroller string           `json:"metacontroller"` // its version
	Merges         []recordedObject `json:"merges"`
	Updates        []recordedObject `json:"updates"`
}

type recordedObject struct {
	Name     string         `json:"name"`
	Observed map[string]any `json:"observed"`
	Last     map[string]any `json:"last"`
	Desired  map[string]any `json:"desired"`
	Merged   map[string]any `json:"merged"`
}

func readRecording(t *testing.T) recording {
	t.Helper()
	raw, err := os.ReadFile("testdata/metacontroller.json")
	require.NoError(t, err)
	var recorded recording
	require.NoError(t, utiljson.Unmarshal(raw, &recorded))
	return recorded
}

func TestMergeAsMetacontrollerDoesWhatMetacontrollerDid(t *testing.T) {
	recorded := readRecording(t)
	require.NotEmpty(t, recorded.Merges)
	for i, r := range recorded.Merges {
		merged := MergeAsMetacontroller(r.Observed, r.Last, r.Desired)
		if !child.Equal(r.Merged, merged) {
			assert.Equal(t, r.Merged, merged, "merge %d %s of %v, %v and %v", i, r.Name, r.Observed, r.Last, r.Desired)
		}
	}
}

func TestForecastClientSideApplyIsWhatMetacontrollerWrote(t *testing.T) {
	recorded := readRecording(t)
	require.NotEmpty(t, recorded.Updates)
	for i, r := range recorded.Updates {
		forecast, err := ForecastClientSideApply(unstructuredOf(r.Observed), unstructuredOf(r.Desired))
		require.NoError(t, err)
		if !child.Equal(r.Merged, forecast.Object.Object) {
			assert.Equal(t, r.Merged, forecast.Object.Object, "update %d of %v by %v", i, r.Observed, r.Desired)
		}
		assert.Equal(t, !child.Equal(r.Observed, r.Merged), forecast.Changed)
	}
}
