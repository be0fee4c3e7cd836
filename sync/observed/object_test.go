package observed_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/observed"
)

func TestMembersAreFoundWithAndWithoutNotes(t *testing.T) {
	for sentence, test := range map[string]struct {
		text, want string
		path       []string
	}{
		"a member":                           {`{"a":1,"b":2}`, `2`, []string{"b"}},
		"a member behind spaces":             {` { "a" : [ 1 ] , "b" : 2 }`, `[ 1 ]`, []string{"a"}},
		"no member":                          {`{"a":1}`, ``, []string{"b"}},
		"nothing below a number":             {`{"a":1}`, ``, []string{"a", "b"}},
		"null is a value":                    {`{"a":null}`, `null`, []string{"a"}},
		"deeper":                             {`{"spec":{"a":{"b":"x"}}}`, `"x"`, []string{"spec", "a", "b"}},
		"in the metadata":                    {`{"metadata":{"name":"x"},"name":"y"}`, `"x"`, []string{"metadata", "name"}},
		"in the metadata's annotations":      {`{"metadata":{"annotations":{"a":"x"}}}`, `"x"`, []string{"metadata", "annotations", "a"}},
		"in the metadata's labels":           {`{"metadata":{"labels":{"a":"x"},"annotations":{"a":"y"}},"labels":{"a":"z"}}`, `"x"`, []string{"metadata", "labels", "a"}},
		"below a label":                      {`{"metadata":{"labels":{"a":{"b":"x"}}}}`, `"x"`, []string{"metadata", "labels", "a", "b"}},
		"in the last labels of two":          {`{"metadata":{"labels":{"a":"x"},"name":"n","labels":{"b":"y"}}}`, ``, []string{"metadata", "labels", "a"}},
		"beside two labels":                  {`{"metadata":{"annotations":{"c":"z"},"labels":{"a":"x"},"name":"n","labels":{"b":"y"}}}`, `"z"`, []string{"metadata", "annotations", "c"}},
		"labels of the last metadata only":   {`{"metadata":{"labels":{"a":"x"}},"metadata":{}}`, ``, []string{"metadata", "labels", "a"}},
		"labels that are none":               {`{"metadata":{"labels":["a"]}}`, ``, []string{"metadata", "labels", "a"}},
		"not in the metadata":                {`{"metadata":{},"name":"y"}`, ``, []string{"metadata", "name"}},
		"the metadata as a whole":            {`{"metadata":{"name":"x"}}`, `{"name":"x"}`, []string{"metadata"}},
		"metadata inside a specification":    {`{"spec":{"metadata":{"name":"x"}}}`, ``, []string{"metadata", "name"}},
		"metadata that is a text":            {`{"metadata":"x"}`, ``, []string{"metadata", "name"}},
		"the last of two":                    {`{"a":1,"a":2}`, `2`, []string{"a"}},
		"in the last metadata of two":        {`{"metadata":{"name":"x"},"metadata":{"uid":"u"}}`, ``, []string{"metadata", "name"}},
		"in the last metadata, not the text": {`{"metadata":{"name":"x"},"metadata":"y"}`, ``, []string{"metadata", "name"}},
		"a name with an escape is not it":    {`{"\u0061":1}`, ``, []string{"a"}},
		"more members than usual": {
			`{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10}`, `10`, []string{"j"},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			noted, err := observed.NewReader([]byte(test.text)).Object()
			require.NoError(t, err)
			assert.Equal(t, test.want, string(noted.Member(test.path...)))
			assert.Equal(t, test.want, string(observed.Object{Raw: noted.Raw}.Member(test.path...)), "without notes")
		})
	}
}

func TestAnObjectIsItsText(t *testing.T) {
	var objects observed.Objects
	text := `{"Service.v1":{"a/b":{"x":[1,2]}}}`
	require.NoError(t, json.Unmarshal([]byte(text), &objects))
	assert.True(t, objects.Get(kinds.Service, "a", "b").Exists())
	assert.False(t, objects.Get(kinds.Service, "a", "c").Exists())
	raw, err := json.Marshal(objects)
	require.NoError(t, err)
	assert.Equal(t, text, string(raw))
}
