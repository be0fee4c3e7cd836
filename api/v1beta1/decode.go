package v1beta1

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"k8s.io/apimachinery/pkg/api/resource"
	kjson "sigs.k8s.io/json"

	"github.com/isvc-io/isvc/api/quantity"
)

// FieldError says which field of an object cannot be decoded and why.
type FieldError struct {
	// Field is the path from the root of the object, for example
	// "spec.engine.runner.resources.limits[cpu]"; empty means the whole object.
	Field string
	// Pointer leads to the value; empty where it is not known.
	Pointer jsontext.Pointer
	// Problem says what is wrong with the value, which it may quote.
	Problem string
	// Rule is Problem without the value, for example "must be a list"; empty where there is no such
	// rule.
	Rule string
}

// Error returns the field and the problem in one line.
func (e *FieldError) Error() string {
	if e.Field == "" {
		return "cannot decode the object: " + e.Problem
	}
	return "cannot decode " + e.Field + ": " + e.Problem
}

// DecodeLenient decodes JSON into a pointer to a Kubernetes type as the API server does: field
// names are case-sensitive, of a name that occurs twice the last value counts, unknown fields are
// ignored and bytes that are not UTF-8 are replaced. A quantity that would take long to parse is
// refused. The error is a *FieldError; what "into" then holds is undefined.
func DecodeLenient(raw []byte, into any) error {
	if err := jsonv2.Unmarshal(raw, into, lenient); err != nil {
		return ExplainDecodeError(raw, into, err)
	}
	return nil
}

// DecodeAndListUnknown is DecodeLenient of one JSON object into a pointer to a zero value. It also
// returns the sorted paths of fields that the type does not have and of fields that occur twice;
// they are not errors. At most 100 such fields are found.
func DecodeAndListUnknown(raw []byte, into any) (unknown []string, err error) {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return nil, fmt.Errorf("cannot decode into %T: it must be a pointer that is not nil", into)
	}
	if !bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) {
		return nil, &FieldError{Problem: "it is not a JSON object"}
	}
	if jsonv2.Unmarshal(raw, into, strict) == nil {
		return nil, nil
	}
	target.Elem().SetZero()
	if err := DecodeLenient(raw, into); err != nil {
		return nil, err
	}
	return unknownFields(raw, target.Type().Elem())
}

// The options of decoding. A strict decoder stops at the first field that is unknown or occurs
// twice.
var (
	strict = jsonv2.JoinOptions(
		jsonv2.RejectUnknownMembers(true), jsontext.AllowInvalidUTF8(true),
		jsonv2.WithUnmarshalers(jsonv2.UnmarshalFunc(readQuantity)))
	lenient = jsonv2.JoinOptions(
		strict, jsonv2.RejectUnknownMembers(false), jsontext.AllowDuplicateNames(true))
)

func readQuantity(raw []byte, into *resource.Quantity) error {
	if err := quantity.CheckJSON(raw); err != nil {
		return err
	}
	return into.UnmarshalJSON(raw)
}

// unknownFields lists the fields of an object that its type does not have and those that occur
// twice. It decodes with the library of the API server, because json v2 stops at the first.
func unknownFields(raw []byte, t reflect.Type) ([]string, error) {
	found, err := kjson.UnmarshalStrict(raw, reflect.New(t).Interface())
	if err != nil {
		return nil, &FieldError{Problem: err.Error()}
	}
	var paths []string
	for _, err := range found {
		var field kjson.FieldError
		if errors.As(err, &field) {
			paths = append(paths, field.FieldPath())
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

// ExplainDecodeError words an error of json v2 that occurred while raw was decoded: it names the
// field and says what its value must be. The words of the library differ between processes, and
// what is said here gets into statuses, which must not.
func ExplainDecodeError(raw []byte, into any, err error) *FieldError {
	var malformed *jsontext.SyntacticError
	if errors.As(err, &malformed) {
		return &FieldError{Problem: fmt.Sprintf(
			"it is not valid JSON: %v (at byte %d)", malformed.Err, malformed.ByteOffset)}
	}
	var wrong *jsonv2.SemanticError
	if !errors.As(err, &wrong) {
		return &FieldError{Problem: err.Error()}
	}
	found := explainValue(raw[min(int(wrong.ByteOffset), len(raw)):], wrong)
	found.Field, found.Pointer = fieldPath(reflect.TypeOf(into), wrong.JSONPointer), wrong.JSONPointer
	return found
}

// fieldPath writes a pointer into a value of a type as people write fields:
// spec.containers[0].resources.limits[cpu].
func fieldPath(t reflect.Type, pointer jsontext.Pointer) string {
	var path strings.Builder
	for token := range pointer.Tokens() {
		t = pointedTo(t)
		inBrackets := t != nil && (t.Kind() == reflect.Map || t.Kind() == reflect.Slice)
		switch {
		case inBrackets:
			token = "[" + token + "]"
			t = t.Elem()
		case t != nil && t.Kind() == reflect.Struct:
			t = jsonFields(t)[token]
		default:
			t = nil
		}
		if !inBrackets && path.Len() > 0 {
			path.WriteByte('.')
		}
		path.WriteString(token)
	}
	return path.String()
}

// pointedTo is the type that a pointer type leads to; every other type is returned as it is.
func pointedTo(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// jsonFields returns the types of a struct's fields by JSON name, those of inlined structs
// included; a struct's own field wins over an inlined one.
func jsonFields(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "" && field.Anonymous && pointedTo(field.Type).Kind() == reflect.Struct:
			inlined := jsonFields(pointedTo(field.Type))
			maps.Copy(inlined, fields)
			fields = inlined
		case name != "" && name != "-":
			fields[name] = field.Type
		}
	}
	return fields
}

// explainValue says what is wrong with the value at the beginning of raw.
func explainValue(raw []byte, wrong *jsonv2.SemanticError) *FieldError {
	t := pointedTo(wrong.GoType)
	switch {
	case t == nil:
		return &FieldError{Problem: excerptOfValue(raw) + " cannot be read"}
	case reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()):
		return &FieldError{Problem: fmt.Sprintf("%s is not a valid %s: %v", excerptOfValue(raw), strings.ToLower(t.Name()), wrong.Err)}
	}
	rule := "must be " + kindName(t)
	return &FieldError{Problem: rule + ", not " + excerptOfValue(raw), Rule: rule}
}

// excerptOfValue returns the value at the beginning of raw, or how it begins.
func excerptOfValue(raw []byte) string {
	const limit = 60
	decoder := jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if value, err := decoder.ReadValue(); err == nil {
		raw = value
	}
	raw = raw[:min(len(raw), (limit+1)*utf8.UTFMax)]
	text := strings.ToValidUTF8(string(raw), "?")
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "..."
	}
	return text
}

func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice:
		return "a list"
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Int32:
		return "a whole number of at most 32 bits"
	}
	return "a " + t.String()
}
