package observed_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/sync/observed"
)

func TestMemberFindsAValue(t *testing.T) {
	for name, test := range map[string]struct {
		raw, want string
		path      []string
	}{
		"a number":                   {`{"a":1,"b":2}`, `2`, []string{"b"}},
		"null":                       {`{"a":null}`, `null`, []string{"a"}},
		"deeper":                     {`{"a":{"b":[1,{"c":"}"}]},"d":[]}`, `[1,{"c":"}"}]`, []string{"a", "b"}},
		"space":                      {" {\n \"a\" : [ 1 , 2 ] ,\t\"b\" : 2 } ", `[ 1 , 2 ]`, []string{"a"}},
		"quotes and backslash":       {`{"a":"\"}\\","b":"\\\""}`, `"\\\""`, []string{"b"}},
		"a name with an escape":      {`{"\u0061":1}`, `1`, []string{"a"}},
		"the last of two":            {`{"a":1,"a":2}`, `2`, []string{"a"}},
		"in the last of two":         {`{"a":{"b":1},"a":{}}`, ``, []string{"a", "b"}},
		"in the last, not an object": {`{"a":{"b":1},"a":2}`, ``, []string{"a", "b"}},
		"no members":                 {`{}`, ``, []string{"a"}},
		"nothing":                    {``, ``, []string{"a"}},
		"a list":                     {`[{"a":1}]`, ``, []string{"a"}},
		"a string that is not UTF-8": {"{\"a\":\"\xff\",\"b\":\"\\ud800\"}", `"\ud800"`, []string{"b"}},
		"the whole":                  {`{"a":1}`, `{"a":1}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, string(observed.Member([]byte(test.raw), test.path...)))
		})
	}
}

func TestMemberFindsNothingInMalformedJSON(t *testing.T) {
	for _, raw := range []string{``, `{`, `{"a":1`, `{"a":1,}`, `{"a":1,"b"}`, `{"a":1 "b":2}`, `{"a":{"b":1`, `{"x":{"a":1},"y":}`} {
		assert.Nil(t, observed.Member([]byte(raw), "a"), raw)
		assert.Nil(t, observed.Member([]byte(raw), "a", "b"), raw)
		assert.Nil(t, observed.Member([]byte(raw), "x", "a"), raw)
		assert.Nil(t, observed.NewIndexedObject([]byte(raw)).Member("a"), raw)
	}
}

func TestLookupReportsWhetherThereIsOneObject(t *testing.T) {
	for raw, want := range map[string]string{`{"a":{"b":1}}`: "1", ` {"a":{"b":1},"c":[]} `: "1", `{"a":{}}`: "", `{"a":[]}`: "", `{}`: ""} {
		value, ok := observed.LookupMember([]byte(raw), "a", "b")
		assert.True(t, ok, raw)
		assert.Equal(t, want, string(value), raw)
	}
	for _, raw := range []string{``, ` `, `1`, `null`, `"a"`, `[{"a":{"b":1}}]`, `{"a":{"b":1}}}`, `{"a":{"b":1}} x`, `{"a":{"b":1},"c"}`, `x{"a":{"b":1}}`} {
		_, ok := observed.LookupMember([]byte(raw), "a", "b")
		assert.False(t, ok, raw)
	}
}

// FuzzMember compares with another library, which takes the last of two too.
func FuzzMember(f *testing.F) {
	f.Add([]byte(`{"a":{"b":"\\\"}"},"c":[1,[2]]}`))
	f.Add([]byte(`{"metadata":{"a":1},"metadata":{"b":"\u00e9"},"a\nb":1}`))
	f.Add([]byte(`{"a":"`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var want map[string]json.RawMessage
		valid := json.Unmarshal(raw, &want) == nil && want != nil
		_, ok := observed.LookupMember(raw, "a")
		require.Equal(t, valid, ok)
		indexed := observed.NewIndexedObject(raw)
		for name, value := range want {
			assert.Equal(t, string(value), string(observed.Member(raw, name)))
			assert.Equal(t, string(value), string(indexed.Member(name)))
			inMetadata := append(append([]byte(`{"metadata":`), raw...), '}')
			assert.Equal(t, string(value), string(observed.NewIndexedObject(inMetadata).Member("metadata", name)))
		}
	})
}

func TestStringIsTheStringOfAValue(t *testing.T) {
	for value, want := range map[string]string{
		`"a b"`: "a b", `""`: "", `"\u00e9\"\\"`: `é"\`, `"é"`: "é", "\"\xff\"": "\ufffd", `"\ud800x"`: "\ufffdx",
	} {
		got, ok := observed.DecodeString([]byte(value))
		assert.True(t, ok, value)
		assert.Equal(t, want, got, value)
	}
	for _, value := range []string{``, `"`, `1`, `null`, `{}`, `"a`, `"a\"`, `"a"b"`, "\"a\nb\""} {
		_, ok := observed.DecodeString([]byte(value))
		assert.False(t, ok, value)
	}
}
