package observed_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/isvc-io/isvc/sync/observed"
)

func TestTreeIsWhatUnstructuredObjectsHold(t *testing.T) {
	for _, text := range []string{
		`{}`,
		`{"a":{"b":[1,-2,1.5,1e3,9223372036854775807,18446744073709551615,true,false,null,"x\u00fc\n",[],{}]}}`,
		`{"a":1,"a":2}`,
		`{"a":{"b":1},"a":{"c":2}}`,
		`{"a":[1],"a":{"c":[]}}`,
		` { "spaces" : [ 1 , 2 ] } `,
	} {
		var want map[string]any
		require.NoError(t, utiljson.Unmarshal([]byte(text), &want))
		got, err := observed.DecodeTree([]byte(text))
		require.NoError(t, err)
		assert.Equal(t, want, got, text)
	}
}

func TestTreeRefusesEverythingButOneObject(t *testing.T) {
	for _, text := range []string{``, `null`, `[]`, `1`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":[1`, `{} {}`, `{"a":01}`, `{"a":1e}`, `{"a":1e400}`} {
		_, err := observed.DecodeTree([]byte(text))
		assert.Error(t, err, text)
	}
}

func FuzzTree(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":null}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := observed.DecodeTree(raw)
		var want map[string]any
		if err == nil && utiljson.Unmarshal(raw, &want) == nil {
			assert.Equal(t, want, got)
		}
	})
}
