package status

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/sync/observed"
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
		"a truncated string":   {`{"a":"x`, `a="x `},
		"a truncated object":   {`{"a":{"b":1`, `a={"b":1 `},
		"a missing colon":      {`{"a" 1}`, ``},
		"a key that is none":   {`{a:1}`, ``},
		"a lone backslash":     {`{"a":"\`, `a="\ `},
	} {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			members([]byte(test.text), func(key, value []byte) { fmt.Fprintf(&got, "%s=%s ", key, value) })
			assert.Equal(t, test.want, got.String())
		})
	}
}

func FuzzMembers(f *testing.F) {
	f.Add([]byte(`{"a":{"b":"\\\"}"},"c":[1,[2]]}`))
	f.Add([]byte(`{"a":"`))
	f.Fuzz(func(t *testing.T, text []byte) {
		found := map[string]json.RawMessage{}
		members(text, func(key, value []byte) {
			var k string
			if json.Unmarshal([]byte(`"`+string(key)+`"`), &k) == nil {
				found[k] = value
			}
		})
		var want map[string]json.RawMessage
		if json.Unmarshal(text, &want) != nil {
			return // only well-formed objects have to be understood
		}
		require.Len(t, found, len(want))
		for key, value := range want {
			assert.Equal(t, string(value), string(found[key]))
		}
	})
}

// bulky is a Deployment of the usual size.
func bulky() json.RawMessage {
	raw, _ := fromYAML(deploymentYAML("chat-engine", 1, statusAvailable))
	var o map[string]any
	_ = json.Unmarshal(raw, &o)
	var members []any
	for range 100 {
		members = append(members, map[string]any{"f:spec": map[string]any{"f:containers": map[string]any{}}, "name": "ome-container"})
	}
	o["metadata"].(map[string]any)["managedFields"] = members
	o["spec"].(map[string]any)["template"] = members
	raw, _ = json.Marshal(o)
	return raw
}

func BenchmarkCompute(b *testing.B) {
	in := input(pods(enginePod("p", 0, "a", podIsReady), enginePod("q", 1, "a", podIsReady)))
	in.Children.Add(observed.Deployment, testNamespace, "chat-engine", bulky())
	b.ReportAllocs()
	for b.Loop() {
		Compute(in)
	}
}

func BenchmarkDecode(b *testing.B) {
	raw := bulky()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		decode(raw)
	}
}
