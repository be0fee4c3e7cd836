package observed

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// isValue reports whether a text is one JSON value.
func (g grammar) isValue(text []byte) bool {
	end := g.skipValue(text, skipSpace(text, 0), 0)
	return end != malformed && skipSpace(text, end) == len(text)
}

func isValue(text []byte) bool { return grammar{}.isValue(text) }

// compare compares what the grammars take with what two libraries take. One of
// them looks at the encoding too and the other does not.
func compare(t *testing.T, text []byte) {
	t.Helper()
	require.Equal(t, jsontext.Value(text).IsValid(jsontext.AllowDuplicateNames(true)), isValue(text), "%q", text)
	require.Equal(t, jsontext.Value(text).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)),
		anyText.isValue(text), "%q", text)
	require.Equal(t, json.Valid(text), anyText.isValue(text), "%q", text)
}

// pieces are put together in every way.
var pieces = []string{
	`{`, `}`, `[`, `]`, `,`, `:`, `"a"`, `"`, `\`, ` `, "\n", "\v", `0`, `-`, `12`, `.5`, `e`, `E+3`, `true`, `null`, `falsy`, `tru`,
	`\n`, `\u00e9`, `\ud83d`, `\ude00`, `\uD83D\uDE00`, `\u12G4`, `\x`, "é", "\xff", "\x00", "\x7f", "\u2028", `abcdefgh`, `"abcdefg\"h"`,
}

func TestTheGrammarIsThatOfTheLibraries(t *testing.T) {
	var texts []string
	for _, a := range pieces {
		for _, b := range pieces {
			texts = append(texts, a+b)
			for _, c := range pieces {
				texts = append(texts, a+b+c)
			}
		}
	}
	valid := 0
	for _, text := range texts {
		for _, wrapped := range []string{text, `"` + text + `"`, `[` + text + `]`, `{"k":` + text + `}`, `{` + text + `}`, `{"a":1,` + text + `:2}`} {
			compare(t, []byte(wrapped))
			if isValue([]byte(wrapped)) {
				valid++
			}
		}
	}
	assert.Greater(t, valid, 10000, "many of them have to be JSON")
}

// Eight bytes are looked at in one step, so that every byte is tried at every place
// and every length.
func TestEachByteInEachPlaceOfAString(t *testing.T) {
	for length := range 20 {
		for place := range length {
			for c := range 256 {
				text := []byte(`"` + strings.Repeat("a", length) + `"`)
				text[1+place] = byte(c)
				compare(t, text)
				text[len(text)-2] = '\\'
				compare(t, text)
			}
		}
	}
}

func TestDeepNesting(t *testing.T) {
	for _, depth := range []int{1, 100, maxDepth - 1, maxDepth, maxDepth + 1, 1_000_000} {
		compare(t, []byte(strings.Repeat("[", depth)+strings.Repeat("]", depth)))
		compare(t, []byte(strings.Repeat(`{"a":`, depth)+"1"+strings.Repeat("}", depth)))
		compare(t, []byte(strings.Repeat("[", depth)))
	}
}

// Every beginning of a real request is malformed, and what misses one byte is what
// the libraries say.
func TestPartsOfARequest(t *testing.T) {
	text, err := os.ReadFile("../hook/testdata/sync.json")
	require.NoError(t, err)
	text = bytes.TrimSpace(text)
	require.True(t, isValue(text))
	for i := range text {
		require.False(t, isValue(text[:i]))
		compare(t, append(append([]byte{}, text[:i]...), text[i+1:]...))
	}
}

func FuzzGrammar(f *testing.F) {
	for _, piece := range pieces {
		f.Add([]byte(piece))
	}
	f.Add([]byte(`{"a":[1,-2.5e+3,"x\u00e9\ud83d\ude00",{"b":null}],"c":"` + strings.Repeat("é", 9) + `"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		compare(t, text)
		for i := range min(len(text), 16) { // from within
			if end := (grammar{}).skipValue(text, i, 0); end != malformed {
				compare(t, text[i:end])
			}
		}
	})
}
