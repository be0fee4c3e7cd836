package child

import (
	"reflect"
	"strings"
)

// fieldPlan says how one field of a struct reaches the tree.
type fieldPlan struct {
	name   string
	index  []int
	absent func(v reflect.Value) bool // left out without looking further; nil: never
	keep   bool                       // an empty map stays
	always bool                       // a nil map is written as {}: the API requires the field
	encode encoder
}

func structEncoder(t reflect.Type) encoder {
	fields := planFields(t, nil)
	return func(v reflect.Value) (any, bool) {
		out := make(map[string]any, 4)
		for i := range fields {
			fields[i].write(v, out)
		}
		return out, true
	}
}

// write puts the field of the struct v into out unless it says nothing.
func (f *fieldPlan) write(v reflect.Value, out map[string]any) {
	field, ok := f.value(v)
	if !ok || (f.absent != nil && f.absent(field)) {
		return
	}
	tree, ok := f.encode(field)
	switch {
	case !ok && f.always:
		out[f.name] = map[string]any{}
	case !ok, isEmptyList(tree), !f.keep && isEmpty(tree):
	default:
		out[f.name] = tree
	}
}

// value returns the field; ok is false when it is behind a nil embedded pointer.
func (f *fieldPlan) value(v reflect.Value) (reflect.Value, bool) {
	if len(f.index) == 1 {
		return v.Field(f.index[0]), true
	}
	field, err := v.FieldByIndexErr(f.index)
	return field, err == nil
}

// planFields lists the fields of t, those of inlined structs in their place.
func planFields(t reflect.Type, at []int) []fieldPlan {
	var plans []fieldPlan
	for i := range t.NumField() {
		field := t.Field(i)
		index := append(append([]int{}, at...), i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Tag.Get("json") == "-":
		case field.Anonymous && name == "" && inlined(field.Type) != nil:
			plans = append(plans, planFields(inlined(field.Type), index)...)
		case field.IsExported():
			plans = append(plans, planField(field, name, options, index))
		}
	}
	return plans
}

// inlined returns the struct whose fields an embedded field of the type contributes, or nil.
func inlined(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || ownMarshaller(t) {
		return nil
	}
	return t
}

func planField(field reflect.StructField, name, options string, index []int) fieldPlan {
	if name == "" {
		name = field.Name
	}
	optional := false
	zeroless := false
	for option := range strings.SplitSeq(options, ",") {
		optional = optional || option == "omitempty"
		zeroless = zeroless || option == "omitzero"
	}
	plan := fieldPlan{name: name, index: index, keep: keepsEmpty(field, name), encode: encoderOf(field.Type)}
	plan.always = plan.keep && !optional && field.Type.Kind() == reflect.Map
	switch {
	case optional && !plan.keep:
		plan.absent = zeroTest(field.Type)
	case zeroless && !plan.keep:
		plan.absent = reflect.Value.IsZero
	}
	return plan
}

// keepsEmpty tells whether an empty map in the field means something. Own types say so by the tag emit:"keep".
func keepsEmpty(field reflect.StructField, name string) bool {
	if name == "selector" && field.Type.Kind() == reflect.Map {
		return false
	}
	return meansSomething(name) || field.Tag.Get("emit") == "keep"
}

// zeroTest returns the test for an omitempty field of the type that says nothing. Unlike encoding/json it leaves
// out a struct of zero values too, but not one with an own marshaller: an IntOrString of 0 is a value.
func zeroTest(t reflect.Type) func(reflect.Value) bool {
	switch {
	case t == quantityType:
		return func(v reflect.Value) bool {
			q := quantityOf(v)
			return q.IsZero()
		}
	case t.Kind() == reflect.Map, t.Kind() == reflect.Slice:
		return func(v reflect.Value) bool { return v.Len() == 0 }
	case t.Kind() == reflect.Struct && ownMarshaller(t):
		return nil
	}
	return reflect.Value.IsZero
}
