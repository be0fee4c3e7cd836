package observed_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/sync/observed"
)

func TestAReaderReadsObjectsWithinAnObject(t *testing.T) {
	r := observed.NewReader([]byte(` { "a" : {"metadata":{"name":"x"}} , "\u0062" : {"metadata":{"name":"y"},"z":[1]}, "c": 3 } `))
	var got []string
	err := r.Members(func(name []byte) error {
		if r.Next() != '{' {
			value, err := r.Value()
			got = append(got, fmt.Sprintf("%s=%s", name, value))
			return err
		}
		object, err := r.Object()
		require.NoError(t, err)
		assert.Equal(t, string(observed.Object{Raw: object.Raw}.Member("metadata", "name")), string(object.Member("metadata", "name")))
		got = append(got, fmt.Sprintf("%s=%s", name, object.Raw))
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, r.End())
	assert.Equal(t, []string{`a={"metadata":{"name":"x"}}`, `b={"metadata":{"name":"y"},"z":[1]}`, "c=3"}, got)
	assert.Zero(t, r.Next())
}

func TestAReaderSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		``:                       "the JSON object is not complete",
		`{`:                      "the JSON object is not complete",
		`{"a"`:                   "the JSON object is not complete",
		`{"a":1`:                 "the JSON object is not complete",
		`{"metadata":{`:          "the JSON object is not complete",
		`{"a":1,}`:               "it is not JSON: jsontext: ",
		`{"metadata":{"a":}}`:    "it is not JSON: jsontext: ",
		`{a:1}`:                  "it is not JSON: jsontext: ",
		`{1:2}`:                  "it is not JSON: jsontext: ",
		`x`:                      "it is not JSON: jsontext: ",
		"{\"a\":\"\xff\"}":       "it is not JSON: jsontext: ",
		`{"a":1}{`:               "there is something behind the JSON object",
		"{\"a\":1}\x00":          "there is something behind the JSON object",
		`1`:                      "it is not a JSON object",
		`null`:                   "it is not a JSON object",
		`"x"`:                    "it is not a JSON object",
		`[{}]`:                   "it is not a JSON object",
		strings.Repeat("[", 1e5): "it is not JSON: jsontext: ",
	} {
		r := observed.NewReader([]byte(text))
		_, err := r.Object()
		if err == nil {
			err = r.End()
		}
		assert.ErrorContains(t, r.Explain(err), want, text)

		r = observed.NewReader([]byte(text))
		err = r.Members(func([]byte) error {
			_, err := r.Value()
			return err
		})
		if err == nil {
			err = r.End()
		}
		assert.ErrorContains(t, r.Explain(err), want, text)
	}
}

func TestAReaderStopsAtTheErrorOfItsCaller(t *testing.T) {
	r := observed.NewReader([]byte(`{"a":1,"b":2`))
	enough := fmt.Errorf("enough")
	err := r.Members(func([]byte) error { return enough })
	assert.Equal(t, enough, r.Explain(err))
	assert.NoError(t, r.Explain(nil))
}

func TestAReaderIsUsedAgain(t *testing.T) {
	r := observed.NewReader([]byte(`{"metadata":{"name":"x"},"a":1}`))
	first, err := r.Object()
	require.NoError(t, err)
	require.Equal(t, `"x"`, string(first.Member("metadata", "name")))
	for _, text := range []string{`{"b":2,"metadata":{"name":"y"}}`, `{"metadata":{}}`, `{}`, `{"a":`} {
		r.Reset([]byte(text))
		object, err := r.Object()
		if text == `{"a":` {
			require.ErrorContains(t, r.Explain(err), "not complete")
			continue
		}
		require.NoError(t, err)
		require.NoError(t, r.End())
		assert.Equal(t, text, string(object.Raw))
		for _, path := range [][]string{{"a"}, {"b"}, {"metadata"}, {"metadata", "name"}} {
			assert.Equal(t, string(observed.Object{Raw: object.Raw}.Member(path...)), string(object.Member(path...)), "%s in %s", path, text)
		}
	}
}

// Repeated members must not make reading slow: nothing of an object may be looked
// at once for each of them.
func TestRepeatedMembersAreReadInOnePass(t *testing.T) {
	for _, member := range []string{`"metadata":{"name":"x"},`, `"metadata":0,`} {
		text := []byte("{" + strings.Repeat(member, 300_000) + `"metadata":{"name":"y","labels":{"a":"b"}}}`)
		object, err := observed.NewReader(text).Object()
		require.NoError(t, err)
		assert.Equal(t, `"y"`, string(object.Member("metadata", "name")))
	}
	text := []byte(`{"metadata":{` + strings.Repeat(`"labels":{"a":"c"},"annotations":0,`, 300_000) + `"labels":{"a":"b"}}}`)
	object, err := observed.NewReader(text).Object()
	require.NoError(t, err)
	assert.Equal(t, `"b"`, string(object.Member("metadata", "labels", "a")))
	assert.Equal(t, `0`, string(object.Member("metadata", "annotations")))
}

func TestALenientReaderTakesAnyText(t *testing.T) {
	text := []byte("{\"a\":\"\xff\",\"b\":\"\\ud800\"}")
	_, err := observed.NewReader(text).Object()
	require.Error(t, err)
	r := observed.NewLenientReader(text)
	object, err := r.Object()
	require.NoError(t, err)
	assert.Equal(t, `"\ud800"`, string(object.Member("b")))
	require.ErrorContains(t, observed.NewLenientReader([]byte("{\"a\":\"\xff\",}")).Explain(readAll("{\"a\":\"\xff\",}")), "invalid character '}'")
}

func readAll(text string) error {
	_, err := observed.NewLenientReader([]byte(text)).Object()
	return err
}

func TestObjectsOfOneReaderDoNotMeet(t *testing.T) {
	var text strings.Builder
	text.WriteString("{")
	for i := range 300 {
		fmt.Fprintf(&text, `"o%d":{"metadata":{"name":"n%d","labels":{"l":"v%d"}},"spec":%d},`, i, i, i, i)
	}
	text.WriteString(`"end":{}}`)
	r := observed.NewReader([]byte(text.String()))
	var objects []observed.Object
	require.NoError(t, r.Members(func([]byte) error {
		object, err := r.Object()
		objects = append(objects, object)
		return err
	}))
	for i, object := range objects[:300] {
		assert.Equal(t, fmt.Sprintf(`"n%d"`, i), string(object.Member("metadata", "name")))
		assert.Equal(t, fmt.Sprintf(`"v%d"`, i), string(object.Member("metadata", "labels", "l")))
		assert.Equal(t, fmt.Sprint(i), string(object.Member("spec")))
	}
	assert.Nil(t, objects[300].Member("spec"))
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(`{"metadata":{"name":"a","labels":{}},"spec":{"a":1},"a":2}`))
	f.Add([]byte(` {"a":{"metadata":1}, "metadata" : null,"metadata":{}} `))
	f.Add([]byte(`{"metadata":{"a":1},"metadata":{"b":"\u00e9"},"a\nb":1}`))
	f.Add([]byte(`{"metadata":{"labels":{"a":"b"},"annotations":{"name":"c"},"labels":{"name":"d"}},"spec":{"name":{}},"labels":{"name":1}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := observed.NewReader(text)
		object, err := r.Object()
		if err != nil {
			require.Error(t, r.Explain(err))
			return
		}
		require.True(t, json.Valid(object.Raw))
		if r.End() == nil {
			require.True(t, json.Valid(text))
		}
		bare := observed.Object{Raw: object.Raw}
		for _, path := range [][]string{nil, {"metadata"}, {"metadata", "labels"}, {"metadata", "annotations"}, {"spec"}} {
			for _, name := range append(namesIn(at(bare, path)), "name") {
				full := append(append([]string{}, path...), name)
				require.Equal(t, string(bare.Member(full...)), string(object.Member(full...)))
			}
		}
	})
}

// namesIn are the names of the members of an object.
func namesIn(text []byte) (names []string) {
	r := observed.NewReader(text)
	_ = r.Members(func(name []byte) error {
		names = append(names, string(name))
		_, err := r.Value()
		return err
	})
	return names
}

// at is what is at a path, the object as a whole for none.
func at(object observed.Object, path []string) []byte {
	if len(path) == 0 {
		return object.Raw
	}
	return object.Member(path...)
}
