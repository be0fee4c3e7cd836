package observed

import (
	"errors"
	"reflect"
	"strconv"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/isvc-io/isvc/api/quantity"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// Unmarshal decodes JSON into a Kubernetes type, as encoding/json does but
// faster, with the exact spelling of names that the API server demands, and
// without quantities that would take long to parse. For a value that does not fit
// the error is a *v1beta1.FieldError.
func Unmarshal(raw []byte, into any) error {
	options := lenient
	if quantity.Suspicious(raw) {
		options = wary
	}
	if err := jsonv2.Unmarshal(raw, into, options); err != nil {
		return explain(err)
	}
	return nil
}

// The options of Unmarshal: a look at each quantity is slow, and seldom needed.
var (
	lenient = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	wary    = jsonv2.JoinOptions(lenient, jsonv2.WithUnmarshalers(jsonv2.UnmarshalFunc(readQuantity)))
)

func readQuantity(raw []byte, into *resource.Quantity) error {
	if err := quantity.CheckJSON(raw); err != nil {
		return err
	}
	return into.UnmarshalJSON(raw)
}

// explain says in words of our own what does not fit. The library changes its
// words from one process to the next, and what is said here gets into statuses,
// which must not differ between two of us.
func explain(err error) error {
	var wrong *jsonv2.SemanticError
	if !errors.As(err, &wrong) {
		return err
	}
	problem := "must be " + kindName(wrong.GoType) + ", not " + jsonName(wrong.JSONKind)
	if wrong.Err != nil {
		problem = wrong.Err.Error()
	}
	return &v1beta1.FieldError{Field: field(wrong.JSONPointer), Problem: problem}
}

// field writes a pointer as people write fields: spec.containers[0].name.
func field(pointer jsontext.Pointer) string {
	var out strings.Builder
	for token := range pointer.Tokens() {
		if _, err := strconv.Atoi(token); err == nil {
			out.WriteString("[" + token + "]")
			continue
		}
		if out.Len() > 0 {
			out.WriteByte('.')
		}
		out.WriteString(token)
	}
	return out.String()
}

func jsonName(kind jsontext.Kind) string {
	switch kind {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a text"
	case '0':
		return "a number"
	case 't', 'f':
		return "true or false"
	}
	return "null"
}

func kindName(t reflect.Type) string {
	if t == nil {
		return "something else"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return kindName(t.Elem())
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	}
	return "a number"
}
