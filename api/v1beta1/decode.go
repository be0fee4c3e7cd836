package v1beta1

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	kjson "sigs.k8s.io/json"

	"github.com/isvc-io/isvc/api/quantity"
)

// FieldError says which field of an object cannot be decoded and why.
type FieldError struct {
	// Field is the path from the root of the object, for example
	// "spec.engine.runner.resources.limits[cpu]"; empty means the whole object.
	Field string
	// Problem says what is wrong with the value.
	Problem string
}

// Error returns the field and the problem in one line.
func (e *FieldError) Error() string {
	if e.Field == "" {
		return "cannot decode the object: " + e.Problem
	}
	return "cannot decode " + e.Field + ": " + e.Problem
}

// Decode decodes one JSON object into a pointer to one of this package's types, or
// to any other Kubernetes type. Field names are case-sensitive.
//
// It returns the sorted paths of fields that the type does not have and of fields
// that occur twice (the last one counts); they are not errors. At most 100 such
// fields are found. The error is a *FieldError if the JSON is malformed or a value
// has the wrong type; what "into" then holds is undefined.
func Decode(raw []byte, into any) (unknown []string, err error) {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return nil, fmt.Errorf("cannot decode into %T: it must be a pointer that is not nil", into)
	}
	if !startsObject(raw) {
		return nil, &FieldError{Problem: "it is not a JSON object"}
	}
	if quantity.Suspicious(raw) {
		if found := unreadable(raw, target.Type().Elem(), ""); found != nil {
			return nil, found
		}
	}
	strict, err := kjson.UnmarshalStrict(raw, into)
	if err != nil {
		return nil, explain(raw, target.Type().Elem(), err)
	}
	return fieldPaths(strict), nil
}

func startsObject(raw []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{"))
}

func fieldPaths(strict []error) []string {
	var paths []string
	for _, err := range strict {
		var field kjson.FieldError
		if errors.As(err, &field) {
			paths = append(paths, field.FieldPath())
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// explain finds the field that made decoding fail. It decodes the value again, part
// by part, which is slow but only happens for objects that are refused.
func explain(raw []byte, t reflect.Type, cause error) error {
	if isSyntax, offset := kjson.SyntaxErrorOffset(cause); isSyntax {
		return &FieldError{Problem: fmt.Sprintf("it is not valid JSON: %v (at byte %d)", cause, offset)}
	}
	if found := locate(raw, t, ""); found != nil {
		return found
	}
	return &FieldError{Problem: cause.Error()}
}

// locate returns the first, deepest part of a value that its type does not accept,
// or nil if there is none.
func locate(raw []byte, t reflect.Type, path string) *FieldError {
	err := kjson.UnmarshalCaseSensitivePreserveInts(raw, reflect.New(t).Interface())
	if err == nil {
		return nil
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if found := parts(raw, t, path, locate); found != nil {
		return found
	}
	return &FieldError{Field: path, Problem: problem(raw, t, err)}
}

// unreadable returns the first quantity in a value of a type that would take long
// to parse; nil without one.
func unreadable(raw []byte, t reflect.Type, path string) *FieldError {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[resource.Quantity]() {
		if err := quantity.CheckJSON(raw); err != nil {
			return &FieldError{Field: path, Problem: problem(raw, t, err)}
		}
		return nil
	}
	return parts(raw, t, path, unreadable)
}

// search looks for what is wrong with a value of a type; nil if nothing is.
type search func(raw []byte, t reflect.Type, path string) *FieldError

// parts searches the parts of a value of a type in their order.
func parts(raw []byte, t reflect.Type, path string, find search) *FieldError {
	if decodesItself(t) {
		return nil
	}
	switch t.Kind() {
	case reflect.Struct:
		return inFields(raw, t, path, find)
	case reflect.Map:
		return inEntries(raw, t, path, find)
	case reflect.Slice:
		return inItems(raw, t, path, find)
	}
	return nil
}

func decodesItself(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]())
}

func inFields(raw []byte, t reflect.Type, path string, find search) *FieldError {
	fields := jsonFields(t)
	for _, member := range members(raw) {
		fieldType, known := fields[member.key]
		if !known {
			continue
		}
		if found := find(member.value, fieldType, join(path, member.key)); found != nil {
			return found
		}
	}
	return nil
}

func inEntries(raw []byte, t reflect.Type, path string, find search) *FieldError {
	for _, member := range members(raw) {
		if found := find(member.value, t.Elem(), path+"["+member.key+"]"); found != nil {
			return found
		}
	}
	return nil
}

func inItems(raw []byte, t reflect.Type, path string, find search) *FieldError {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil
	}
	for i, item := range items {
		if found := find(item, t.Elem(), path+"["+strconv.Itoa(i)+"]"); found != nil {
			return found
		}
	}
	return nil
}

// jsonFields returns the types of a struct's fields by JSON name, those of inlined
// structs included; a struct's own field wins over an inlined one.
func jsonFields(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "" && field.Anonymous:
			inlined := jsonFields(field.Type)
			maps.Copy(inlined, fields)
			fields = inlined
		case name != "" && name != "-":
			fields[name] = field.Type
		}
	}
	return fields
}

type member struct {
	key   string
	value json.RawMessage
}

// members returns the members of a JSON object in the order of the text, duplicates
// included, and nothing for any other value.
func members(raw []byte) []member {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil
	}
	var all []member
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return all
		}
		name, _ := key.(string)
		m := member{key: name}
		if decoder.Decode(&m.value) != nil {
			return all
		}
		all = append(all, m)
	}
	return all
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// problem says what is wrong with a value of a type.
func problem(raw []byte, t reflect.Type, cause error) string {
	if decodesItself(t) {
		return fmt.Sprintf("%s is not a valid %s: %v", excerpt(raw), strings.ToLower(t.Name()), cause)
	}
	return fmt.Sprintf("must be %s, not %s", kindName(t), excerpt(raw))
}

// excerpt returns the beginning of a value.
func excerpt(raw []byte) string {
	const limit = 60
	text := strings.ToValidUTF8(string(bytes.TrimSpace(raw)), "?")
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
