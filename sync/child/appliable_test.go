package child_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/sync/child"
)

// TestWhatJSONCannotExpressIsNotAppliable, however small it is.
func TestWhatJSONCannotExpressIsNotAppliable(t *testing.T) {
	for _, value := range []any{math.NaN(), math.Inf(1), func() {}} {
		assert.ErrorContains(t, child.CheckAppliable(map[string]any{"a": []any{int64(1), map[string]any{"b": value}}}), "it cannot be written as JSON")
	}
	assert.NoError(t, child.CheckAppliable(map[string]any{"a": 0.5, "b": nil, "c": true, "d": int64(math.MinInt64)}))
}

func TestCheckAppliable(t *testing.T) {
	long := strings.Repeat("x", child.MaxSize)
	for name, c := range map[string]struct{ object, want string }{
		"nothing":                        {`{}`, ""},
		"a list of numbers":              {`{"a":[1,1]}`, ""},
		"names that differ":              {`{"a":[{"name":"x"},{"name":"y"}]}`, ""},
		"names that are one":             {`{"a":[{"name":"x"},{"name":"x"}]}`, `two items of a have the name "x": Metacontroller would make them one`},
		"below a list":                   {`{"b":{"c":[{"name":"e","d":[{"port":1},{"port":1}]}]}}`, `two items of b.c[0].d have the port "1": Metacontroller would make them one`},
		"below a list that is replaced":  {`{"b":{"c":[{"d":[{"port":1},{"port":1}]}]}}`, ""},
		"the first of two by its path":   {`{"b":[{"ip":"1"},{"ip":"1"}],"a":[{"path":"/"},{"path":"/"}]}`, `two items of a have the path "/": Metacontroller would make them one`},
		"a key that not all items have":  {`{"a":[{"name":"x"},{"name":"x"},{}]}`, ""},
		"a port number goes before name": {`{"a":[{"name":"x","containerPort":1},{"name":"x","containerPort":2}]}`, ""},
		"TCP and UDP on one port": {`{"c":[{"name":"a","ports":[{"name":"t","containerPort":53},{"name":"u","containerPort":53}]}]}`,
			`two items of c[0].ports have the containerPort "53": Metacontroller would make them one`},
		"too large":                        {`{"a":"` + long + `"}`, "it has 200008 bytes, the limit is 200000"},
		"as large as it may be":            {`{"a":"` + long[9:] + `"}`, ""},
		"too large with many small values": {`{"a":[` + strings.Repeat("null,", child.MaxSize/5) + `null]}`, "the limit is 200000"},
		"too large by its keys":            {`{"` + long + `":1}`, "the limit is 200000"},
		"too large with escapes":           {`{"a":"` + strings.Repeat("<", child.MaxSize/6) + `"}`, "the limit is 200000"},
	} {
		t.Run(name, func(t *testing.T) {
			var object map[string]any
			require.NoError(t, json.Unmarshal([]byte(c.object), &object))
			err := child.CheckAppliable(object)
			if c.want == "" {
				assert.NoError(t, err)
				return
			}
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.want)
		})
	}
}
