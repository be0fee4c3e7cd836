package yamlstream

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestObjects(t *testing.T) {
	for sentence, test := range map[string]struct {
		stream string
		want   []map[string]any
	}{
		"whole numbers are int64":         {"a: 1\n---\nb: 1.5\n", []map[string]any{{"a": int64(1)}, {"b": 1.5}}},
		"empty documents are left out":    {"---\n# a comment\n---\na: x\n---\n", []map[string]any{{"a": "x"}}},
		"a stream may be empty":           {"", nil},
		"a separator in a string is none": {"a: |\n  x\n  ---\n  y\n", []map[string]any{{"a": "x\n---\ny\n"}}},
	} {
		t.Run(sentence, func(t *testing.T) {
			got, err := Objects([]byte(test.stream))
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
	for sentence, stream := range map[string]string{
		"an unreadable document": "a: [",
		"a list":                 "- a\n",
	} {
		_, err := Objects([]byte(stream))
		assert.Error(t, err, sentence)
	}
}
