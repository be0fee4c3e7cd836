package child_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/observed"
)

func TestJSONWritesWhatEncodingJSONWrites(t *testing.T) {
	for _, value := range []any{
		nil, true, int64(-3), 1.5, "plain", "quotes \" and \\", "<&>\u2028\n\x00ü\xff", []any(nil), map[string]any(nil),
		map[string]any{"b": []any{int64(1), nil, "x"}, "a": map[string]any{}, "": "", "ü": []any{}},
	} {
		want, err := json.Marshal(value)
		require.NoError(t, err)
		got, err := child.JSON(value)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got))
	}
}

func TestJSONReportsWhatIsNoJSON(t *testing.T) {
	_, err := child.JSON(map[string]any{"a": []any{func() {}}})
	assert.Error(t, err)
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"a":["<",1,2.5,null,{"b":true}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		tree, err := observed.Tree(raw)
		if err != nil {
			return
		}
		want, err := json.Marshal(tree)
		require.NoError(t, err)
		got, err := child.JSON(tree)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got))
	})
}
