package child

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

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
