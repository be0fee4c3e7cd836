package observed

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMember(t *testing.T) {
	for name, test := range map[string]struct {
		text, want string
		path       []string
	}{
		"a number":                {`{"a":1,"b":2}`, `2`, []string{"b"}},
		"null":                    {`{"a":null}`, `null`, []string{"a"}},
		"deeper":                  {`{"a":{"b":[1,{"c":"}"}]},"d":[]}`, `[1,{"c":"}"}]`, []string{"a", "b"}},
		"space":                   {" {\n \"a\" : [ 1 , 2 ] ,\t\"b\" : 2 } ", `[ 1 , 2 ]`, []string{"a"}},
		"quotes and backslash":    {`{"a":"\"}\\","b":"\\\""}`, `"\\\""`, []string{"b"}},
		"the last of two":         {`{"a":1,"a":2}`, `2`, []string{"a"}},
		"in the last of two":      {`{"a":{"b":1},"a":{}}`, ``, []string{"a", "b"}},
		"no members":              {`{}`, ``, []string{"a"}},
		"nothing":                 {``, ``, []string{"a"}},
		"a list":                  {`[{"a":1}]`, ``, []string{"a"}},
		"a text that is no UTF-8": {"{\"a\":\"\xff\",\"b\":\"\\ud800\"}", `"\ud800"`, []string{"b"}},
		"the whole":               {`{"a":1}`, `{"a":1}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, string(Member([]byte(test.text), test.path...)))
		})
	}
}

func TestMemberOfWhatIsMalformedIsNone(t *testing.T) {
	for _, text := range []string{``, `{`, `{"a":1`, `{"a":1,}`, `{"a":1,"b"}`, `{"a":1 "b":2}`, `{"a":{"b":1`, `{"x":{"a":1},"y":}`} {
		assert.Nil(t, Member([]byte(text), "a"), text)
		assert.Nil(t, Member([]byte(text), "a", "b"), text)
		assert.Nil(t, Member([]byte(text), "x", "a"), text)
	}
}

func TestLookup(t *testing.T) {
	for text, want := range map[string]string{`{"a":{"b":1}}`: "1", ` {"a":{"b":1},"c":[]} `: "1", `{"a":{}}`: "", `{"a":[]}`: "", `{}`: ""} {
		value, ok := Lookup([]byte(text), "a", "b")
		assert.True(t, ok, text)
		assert.Equal(t, want, string(value), text)
	}
	for _, text := range []string{``, ` `, `1`, `null`, `"a"`, `[{"a":{"b":1}}]`, `{"a":{"b":1}}}`, `{"a":{"b":1}} x`, `{"a":{"b":1},"c"}`, `x{"a":{"b":1}}`} {
		_, ok := Lookup([]byte(text), "a", "b")
		assert.False(t, ok, text)
	}
}

func FuzzMember(f *testing.F) {
	f.Add([]byte(`{"a":{"b":"\\\"}"},"c":[1,[2]]}`))
	f.Add([]byte(`{"a":"`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var want map[string]json.RawMessage
		valid := json.Unmarshal(text, &want) == nil && want != nil
		_, ok := Lookup(text, "a")
		require.Equal(t, valid, ok)
		for key, value := range want {
			if !utf8.Valid(text) || bytes.ContainsRune(text, '\\') {
				continue // keys are compared as they are written
			}
			assert.Equal(t, string(value), string(Member(text, key)))
			assert.Equal(t, string(value), string(Member([]byte(`{"x":{"y":1},"a":`+string(text)+`,"z":0}`), "a", key)))
		}
	})
}

func TestText(t *testing.T) {
	for value, want := range map[string]string{`"a b"`: "a b", `""`: "", `"\u00e9\"\\"`: `é"\`, `"é"`: "é"} {
		text, ok := Text([]byte(value))
		assert.True(t, ok, value)
		assert.Equal(t, want, text, value)
	}
	for _, value := range []string{``, `"`, `1`, `null`, `{}`, `"a`, `"a\"`, `"a"b"`, "\"a\nb\""} {
		_, ok := Text([]byte(value))
		assert.False(t, ok, value)
	}
}
