package child

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// TestWithoutAdditions compares what was observed with what is wanted: defaults of the API server are
// left out, everything else that differs is still there to be found.
func TestWithoutAdditions(t *testing.T) {
	for name, c := range map[string]struct{ whole, part, want string }{
		"the same":                   {`{a: 1}`, `{a: 1}`, `{a: 1}`},
		"a default":                  {`{a: 1, b: {c: 2}}`, `{a: 1}`, `{a: 1}`},
		"another value":              {`{a: 1, b: 2}`, `{a: 3}`, `{a: 1}`},
		"a value that is not there":  {`{b: 2}`, `{a: 1}`, `{}`},
		"a default in an item":       {`[{name: x, a: 1, b: 2}]`, `[{name: x, a: 1}]`, `[{name: x, a: 1}]`},
		"an item more":               {`[{name: x, b: 2}, {name: y, b: 2}]`, `[{name: y}]`, `[{name: x, b: 2}, {name: y}]`},
		"items in another order":     {`[{name: x, b: 2}, {name: y, b: 2}]`, `[{name: y}, {name: x}]`, `[{name: x}, {name: y}]`},
		"items without a key":        {`[{a: 1, b: 2}]`, `[{a: 1}]`, `[{a: 1}]`},
		"an item without a key more": {`[{a: 1, b: 2}, {a: 2}]`, `[{a: 1}]`, `[{a: 1, b: 2}, {a: 2}]`},
		"plain values":               {`[a, b]`, `[a, c]`, `[a, b]`},
		"a value in place of a map":  {`{a: 1}`, `{a: {b: 1}}`, `{a: 1}`},
		"a map in place of a value":  {`{a: {b: 1}}`, `{a: 1}`, `{a: {b: 1}}`},
	} {
		t.Run(name, func(t *testing.T) {
			var whole, part, want any
			for into, text := range map[*any]string{&whole: c.whole, &part: c.part, &want: c.want} {
				require.NoError(t, yaml.Unmarshal([]byte(text), into))
			}
			got := WithoutAdditions(whole, part)
			assert.Equal(t, want, got)
			assert.Equal(t, Contains(whole, part), len(ChangedPaths("", got, part)) == 0)
		})
	}
}

func TestContainsInAnyOrder(t *testing.T) {
	for name, c := range map[string]struct {
		whole, part    string
		inOrder, inAny bool
	}{
		"the same order":         {`[{port: 1, x: a}, {port: 2}]`, `[{port: 1}, {port: 2}]`, true, true},
		"another order":          {`[{port: 2}, {port: 1, x: a}]`, `[{port: 1}, {port: 2}]`, false, true},
		"another item":           {`[{port: 2}, {port: 1}]`, `[{port: 3}, {port: 2}]`, false, false},
		"another value":          {`[{port: 2, x: a}, {port: 1}]`, `[{port: 1}, {port: 2, x: b}]`, false, false},
		"an item more":           {`[{port: 2}, {port: 1}]`, `[{port: 1}]`, false, false},
		"items without a key":    {`[{a: 1}, {a: 2}]`, `[{a: 2}, {a: 1}]`, false, false},
		"keyed lists below maps": {`{ports: [{port: 2}, {port: 1}]}`, `{ports: [{port: 1}, {port: 2}]}`, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			var whole, part any
			require.NoError(t, yaml.Unmarshal([]byte(c.whole), &whole))
			require.NoError(t, yaml.Unmarshal([]byte(c.part), &part))
			assert.Equal(t, c.inOrder, Contains(whole, part))
			assert.Equal(t, c.inAny, ContainsInAnyOrder(whole, part))
		})
	}
}
