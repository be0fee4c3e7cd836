package emit_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/sync/emit"
	"github.com/isvc-io/isvc/sync/observed"
)

func TestAppendJSONWritesWhatEncodingJSONWrites(t *testing.T) {
	for _, value := range []any{
		nil, true, int64(-3), 1.5, "plain", "quotes \" and \\", "<&>\u2028\n\x00ü\xff", []any(nil), map[string]any(nil),
		map[string]any{"b": []any{int64(1), nil, "x"}, "a": map[string]any{}, "": "", "ü": []any{}},
	} {
		want, err := json.Marshal(value)
		require.NoError(t, err)
		got, err := emit.AppendJSON([]byte("before "), value)
		require.NoError(t, err)
		assert.Equal(t, "before "+string(want), string(got))
	}
}

func TestAppendJSONReportsWhatIsNoJSON(t *testing.T) {
	_, err := emit.AppendJSON(nil, map[string]any{"a": []any{func() {}}})
	assert.Error(t, err)
}

func FuzzAppendJSON(f *testing.F) {
	f.Add([]byte(`{"a":["<",1,2.5,null,{"b":true}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		tree, err := observed.Tree(raw)
		if err != nil {
			return
		}
		want, err := json.Marshal(tree)
		require.NoError(t, err)
		got, err := emit.AppendJSON(nil, tree)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got))
	})
}
