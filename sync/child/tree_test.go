package child

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestJSONIsThatOfEncodingJSON(t *testing.T) {
	for name, tree := range map[string]any{
		"a map of all":     map[string]any{"b": []any{int64(1), 1.5, true, nil, "x"}, "a": map[string]any{}, "": []any{}},
		"nil maps":         map[string]any{"a": map[string]any(nil), "b": []any(nil)},
		"other types":      map[string]any{"a": map[string]string{"b": "<"}, "b": []string{"c"}, "c": 1, "d": int32(2), "e": json.Number("3")},
		"numbers":          []any{int64(math.MinInt64), int64(math.MaxInt64), 1e21, 1e-7, -0.5, 1e20},
		"nothing":          nil,
		"a deep one":       []any{[]any{map[string]any{"a": []any{map[string]any{"b": "c"}}}}},
		"keys to escape":   map[string]any{"<": "1", "\xff": "2", "\n": "3", "é": "4", `"`: "5"},
		"keys by bytes":    map[string]any{"b": "1", "B": "2", "a.b": "3", "a": "4", "a-b": "5", "é": "6"},
		"keys of one form": map[string]any{"a\xfe": "1", "a\xff": "2"},
	} {
		t.Run(name, func(t *testing.T) { assertSameJSON(t, tree) })
	}
	for c := range 0x300 {
		assertSameJSON(t, "a"+string(rune(c))+"b")
	}
	for c := range 0x100 {
		assertSameJSON(t, "a"+string([]byte{byte(c)}))
	}
	for _, text := range []string{"\u2028", "\u2029", "\U0001f600", "\xed\xa0\x80"} {
		assertSameJSON(t, text)
	}
}

func assertSameJSON(t *testing.T, tree any) {
	t.Helper()
	want, err := json.Marshal(tree)
	require.NoError(t, err)
	text, err := JSON(tree)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(text))
}

func TestJSONRefusesWhatHasNone(t *testing.T) {
	for _, tree := range []any{math.NaN(), map[string]any{"a": math.Inf(1)}, []any{math.NaN()}, map[string]any{"a": func() {}}} {
		_, err := JSON(tree)
		assert.Error(t, err)
	}
}

func TestEqual(t *testing.T) {
	for name, c := range map[string]struct {
		a, b any
		want bool
	}{
		"an integer and its float":      {int64(2), 2.0, true},
		"different numbers":             {int64(2), 2.5, false},
		"a number and its string":       {int64(2), "2", false},
		"null and false":                {nil, false, false},
		"null and null":                 {nil, nil, true},
		"null and an empty map":         {nil, map[string]any{}, false},
		"an empty map and list":         {map[string]any{}, []any{}, false},
		"a map with and without a null": {map[string]any{"a": nil}, map[string]any{}, false},
		"lists in another order":        {[]any{"a", "b"}, []any{"b", "a"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, Equal(c.a, c.b))
			assert.Equal(t, c.want, Equal(c.b, c.a))
		})
	}
}
