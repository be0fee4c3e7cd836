package observed_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/observed"
)

func TestMembersAreFoundWithAndWithoutAnIndex(t *testing.T) {
	for sentence, test := range map[string]struct {
		raw, want string
		path      []string
	}{
		"a member":                             {`{"a":1,"b":2}`, `2`, []string{"b"}},
		"a member after spaces":                {` { "a" : [ 1 ] , "b" : 2 }`, `[ 1 ]`, []string{"a"}},
		"no member":                            {`{"a":1}`, ``, []string{"b"}},
		"nothing below a number":               {`{"a":1}`, ``, []string{"a", "b"}},
		"null is a value":                      {`{"a":null}`, `null`, []string{"a"}},
		"deeper":                               {`{"spec":{"a":{"b":"x"}}}`, `"x"`, []string{"spec", "a", "b"}},
		"in the metadata":                      {`{"metadata":{"name":"x"},"name":"y"}`, `"x"`, []string{"metadata", "name"}},
		"in the metadata's annotations":        {`{"metadata":{"annotations":{"a":"x"}}}`, `"x"`, []string{"metadata", "annotations", "a"}},
		"in the metadata's labels":             {`{"metadata":{"labels":{"a":"x"},"annotations":{"a":"y"}},"labels":{"a":"z"}}`, `"x"`, []string{"metadata", "labels", "a"}},
		"below a label":                        {`{"metadata":{"labels":{"a":{"b":"x"}}}}`, `"x"`, []string{"metadata", "labels", "a", "b"}},
		"in the last labels of two":            {`{"metadata":{"labels":{"a":"x"},"name":"n","labels":{"b":"y"}}}`, ``, []string{"metadata", "labels", "a"}},
		"beside two labels":                    {`{"metadata":{"annotations":{"c":"z"},"labels":{"a":"x"},"name":"n","labels":{"b":"y"}}}`, `"z"`, []string{"metadata", "annotations", "c"}},
		"labels of the last metadata only":     {`{"metadata":{"labels":{"a":"x"}},"metadata":{}}`, ``, []string{"metadata", "labels", "a"}},
		"labels that are a list":               {`{"metadata":{"labels":["a"]}}`, ``, []string{"metadata", "labels", "a"}},
		"not in the metadata":                  {`{"metadata":{},"name":"y"}`, ``, []string{"metadata", "name"}},
		"the metadata as a whole":              {`{"metadata":{"name":"x"}}`, `{"name":"x"}`, []string{"metadata"}},
		"metadata inside a specification":      {`{"spec":{"metadata":{"name":"x"}}}`, ``, []string{"metadata", "name"}},
		"metadata that is a string":            {`{"metadata":"x"}`, ``, []string{"metadata", "name"}},
		"the last of two":                      {`{"a":1,"a":2}`, `2`, []string{"a"}},
		"in the last metadata of two":          {`{"metadata":{"name":"x"},"metadata":{"uid":"u"}}`, ``, []string{"metadata", "name"}},
		"in the last metadata, not the string": {`{"metadata":{"name":"x"},"metadata":"y"}`, ``, []string{"metadata", "name"}},
		"a name with an escape":                {`{"metad\u0061ta":{"n\u0061me":"x"}}`, `"x"`, []string{"metadata", "name"}},
		"an empty object":                      {`{}`, ``, []string{"metadata", "name"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			indexed := observed.NewIndexedObject([]byte(test.raw))
			assert.Equal(t, test.want, string(indexed.Member(test.path...)))
			assert.Equal(t, test.want, string(observed.Object{Raw: indexed.Raw}.Member(test.path...)), "without an index")
		})
	}
}

// Repeated members must not make reading slow: a caller could send many.
func TestRepeatedMembersAreReadInOnePass(t *testing.T) {
	raw := []byte(`{"metadata":{` + strings.Repeat(`"labels":{"a":"c"},"annotations":0,`, 300_000) + `"labels":{"a":"b"}}}`)
	object := observed.NewIndexedObject(raw)
	assert.Equal(t, `"b"`, string(object.Member("metadata", "labels", "a")))
	assert.Equal(t, `0`, string(object.Member("metadata", "annotations")))
}

func TestAnObjectIsItsJSON(t *testing.T) {
	var objects observed.Objects
	raw := `{"Service.v1":{"a/b":{"x":[1,2]}}}`
	require.NoError(t, json.Unmarshal([]byte(raw), &objects))
	assert.True(t, objects.Get(kinds.Service, "a", "b").Exists())
	assert.False(t, objects.Get(kinds.Service, "a", "c").Exists())
	got, err := json.Marshal(objects)
	require.NoError(t, err)
	assert.Equal(t, raw, string(got))
}
