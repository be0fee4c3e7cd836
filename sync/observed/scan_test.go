package observed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMembers(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"scalars":              {`{"a":1,"b":"x","c":true,"d":null}`, `a=1 b="x" c=true d=null `},
		"nested":               {`{"a":{"b":[1,{"c":"}"}]},"d":[]}`, `a={"b":[1,{"c":"}"}]} d=[] `},
		"space":                {" {\n \"a\" : [ 1 , 2 ] ,\t\"b\" : 2 } ", `a=[ 1 , 2 ] b=2 `},
		"quotes and backslash": {`{"a":"\"}\\","b":"\\\""}`, `a="\"}\\" b="\\\"" `},
		"no members":           {`{}`, ``},
		"nothing":              {``, ``},
		"a list":               {`[{"a":1}]`, ``},
		"a truncated string":   {`{"a":1,"b":"x`, `a=1 `},
		"a truncated object":   {`{"a":{"b":1`, ``},
		"a missing colon":      {`{"a" 1}`, ``},
		"a key that is none":   {`{a:1}`, ``},
		"a lone backslash":     {`{"a":"\`, ``},
	} {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			Members([]byte(test.text), func(key, value []byte) { fmt.Fprintf(&got, "%s=%s ", key, value) })
			assert.Equal(t, test.want, got.String())
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

func FuzzMembers(f *testing.F) {
	f.Add([]byte(`{"a":{"b":"\\\"}"},"c":[1,[2]]}`))
	f.Add([]byte(`{"a":"`))
	f.Fuzz(func(t *testing.T, text []byte) {
		found := map[string]json.RawMessage{}
		Members(text, func(key, value []byte) {
			var k string
			if json.Unmarshal([]byte(`"`+string(key)+`"`), &k) == nil {
				found[k] = value
			}
		})
		var want map[string]json.RawMessage
		if json.Unmarshal(text, &want) != nil || !isValue(text) {
			return // only well-formed objects have to be understood
		}
		require.Len(t, found, len(want))
		for key, value := range want {
			assert.Equal(t, string(value), string(found[key]))
			if utf8.Valid(text) && bytes.Contains(text, []byte(`"`+key+`"`)) && !bytes.ContainsRune(text, '\\') {
				assert.Equal(t, string(value), string(Member(text, key)))
				assert.Equal(t, string(value), string(Member([]byte(`{"x":{"y":1},"a":`+string(text)+`,"z":0}`), "a", key)))
			}
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
