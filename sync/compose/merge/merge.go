// Package merge puts one typed Kubernetes value on top of another by the rules of a strategic merge
// patch, without going through JSON.
//
// The patch wins. A zero value in the patch says nothing, as an omitted field of JSON would; a
// pointer to a zero value says that value. Maps are merged key by key. Lists that carry a
// patchMergeKey tag are merged by that key; other lists are replaced when the patch's list has
// items.
//
// The package exists because apimachinery's strategicpatch differs in one respect: where Kubernetes
// accepts only one of several members (the handlers of a probe, the sources of a volume, value and
// valueFrom of a variable …), it leaves both, and the API server refuses the object. Here they
// replace each other. strategicpatch also works on JSON only and does not say what it replaced.
package merge

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Observer is called with every value that the patch brings. The path names the fields and list
// keys that lead to it, separated by slashes. Replaced is the value that was there before, or nil.
type Observer func(path string, replaced, value any)

// Into merges patch on top of base and changes base. The patch is not changed, but base shares
// memory with it afterwards: pass a deep copy of a patch that is used again. A nil patch changes
// nothing.
func Into[T any](base, patch *T, observe Observer) {
	if patch == nil {
		return
	}
	m := merger{observe: observe}
	m.mergeValue("", reflect.ValueOf(base).Elem(), reflect.ValueOf(patch).Elem(), "")
}

type merger struct {
	observe Observer
}

// mergeValue merges src into dst. The key is the patchMergeKey of the field that holds them, or "".
func (m merger) mergeValue(path string, dst, src reflect.Value, key string) {
	if isLeaf(src.Type()) {
		m.setUnlessZero(path, dst, src)
		return
	}
	switch src.Kind() {
	case reflect.Struct:
		m.mergeStruct(path, dst, src)
	case reflect.Pointer:
		m.mergePointer(path, dst, src)
	case reflect.Map:
		m.mergeMap(path, dst, src)
	case reflect.Slice:
		m.mergeList(path, dst, src, key)
	default:
		m.setUnlessZero(path, dst, src)
	}
}

// setUnlessZero sets dst unless src is zero.
func (m merger) setUnlessZero(path string, dst, src reflect.Value) {
	if src.IsZero() {
		return
	}
	m.observeValue(path, dst, src)
	dst.Set(src)
}

func (m merger) observeValue(path string, dst, src reflect.Value) {
	if m.observe == nil {
		return
	}
	var replaced any
	if dst.IsValid() && !dst.IsZero() {
		replaced = dst.Interface()
	}
	m.observe(path, replaced, src.Interface())
}

func (m merger) mergeStruct(path string, dst, src reflect.Value) {
	clearExclusive(dst, src)
	for _, f := range fieldsOf(src.Type()) {
		m.mergeValue(joinPath(path, f.name), dst.Field(f.index), src.Field(f.index), f.key)
	}
}

func (m merger) mergePointer(path string, dst, src reflect.Value) {
	switch {
	case src.IsNil():
	case dst.IsNil() || isScalar(src.Type().Elem()):
		m.observeValue(path, dst, src)
		dst.Set(src)
	default:
		m.mergeValue(path, dst.Elem(), src.Elem(), "")
	}
}

func (m merger) mergeMap(path string, dst, src reflect.Value) {
	if src.Len() == 0 {
		return
	}
	if dst.IsNil() {
		dst.Set(reflect.MakeMapWithSize(src.Type(), src.Len()))
	}
	for _, k := range sortedKeys(src) {
		m.observeValue(joinPath(path, fmt.Sprint(k)), dst.MapIndex(k), src.MapIndex(k))
		dst.SetMapIndex(k, src.MapIndex(k))
	}
}

// sortedKeys are the keys of a map in the order in which they are observed.
func sortedKeys(m reflect.Value) []reflect.Value {
	keys := m.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return keys
}

func (m merger) mergeList(path string, dst, src reflect.Value, key string) {
	switch {
	case src.Len() == 0:
	case key == "" || dst.Len() == 0:
		m.observeValue(path, dst, src)
		dst.Set(src)
	default:
		dst.Set(m.mergeListByKey(path, dst, src, key))
	}
}

// mergeListByKey merges two lists of objects by a key field. Items that only the patch has keep its
// order; an item that only the base has comes before an item that both have when it did so in the
// base:
//
//	base [A B C] + patch [D C] = [D A B C]
//	base [A B]   + patch [Z B] = [Z A B]
func (m merger) mergeListByKey(path string, dst, src reflect.Value, key string) reflect.Value {
	position := positionsByKey(dst, key)
	inPatch := positionsByKey(src, key)
	rest := make([]int, 0, dst.Len())
	for i := range dst.Len() {
		if _, both := inPatch[keyOf(dst.Index(i), key)]; !both {
			rest = append(rest, i)
		}
	}
	out := reflect.MakeSlice(dst.Type(), 0, dst.Len()+src.Len())
	for i := range src.Len() {
		item := src.Index(i)
		id := keyOf(item, key)
		at, both := position[id]
		if !both {
			m.observeValue(joinPath(path, fmt.Sprint(id)), reflect.Value{}, item)
			out = reflect.Append(out, item)
			continue
		}
		for len(rest) > 0 && rest[0] < at {
			out = reflect.Append(out, dst.Index(rest[0]))
			rest = rest[1:]
		}
		m.mergeValue(joinPath(path, fmt.Sprint(id)), dst.Index(at), item, "")
		out = reflect.Append(out, dst.Index(at))
	}
	for _, i := range rest {
		out = reflect.Append(out, dst.Index(i))
	}
	return out
}

// positionsByKey maps each key of a list to the first item that has it.
func positionsByKey(list reflect.Value, key string) map[any]int {
	at := make(map[any]int, list.Len())
	for i := range list.Len() {
		id := keyOf(list.Index(i), key)
		if _, known := at[id]; !known {
			at[id] = i
		}
	}
	return at
}

func keyOf(item reflect.Value, key string) any {
	return item.FieldByIndex(keyField(item.Type(), key)).Interface()
}

// field is one field of a struct as the merge sees it.
type field struct {
	index int
	name  string
	key   string
}

// plans caches the fields of each struct type; it holds nothing of any input.
var plans sync.Map

func fieldsOf(t reflect.Type) []field {
	if known, ok := plans.Load(t); ok {
		return known.([]field)
	}
	fields := make([]field, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		key := ""
		if strings.HasPrefix(f.Tag.Get("patchStrategy"), "merge") {
			key = f.Tag.Get("patchMergeKey")
		}
		fields = append(fields, field{index: i, name: jsonName(f), key: key})
	}
	plans.Store(t, fields)
	return fields
}

// jsonName returns a field's name on the wire; empty for an inlined struct.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func keyField(t reflect.Type, key string) []int {
	for i := range t.NumField() {
		if jsonName(t.Field(i)) == key {
			return t.Field(i).Index
		}
	}
	panic(fmt.Sprintf("%s has no field %q to merge by", t, key))
}

var leaves = map[reflect.Type]bool{
	reflect.TypeFor[resource.Quantity]():  true,
	reflect.TypeFor[intstr.IntOrString](): true,
	reflect.TypeFor[metav1.Time]():        true,
	reflect.TypeFor[metav1.Duration]():    true,
}

// isLeaf reports whether a struct is one value on the wire.
func isLeaf(t reflect.Type) bool { return leaves[t] }

// isScalar reports whether a pointer to t says one value, which a patch replaces even when the
// value is zero.
func isScalar(t reflect.Type) bool {
	return t.Kind() != reflect.Struct || isLeaf(t)
}

func joinPath(path, name string) string {
	switch {
	case name == "":
		return path
	case path == "":
		return name
	}
	return path + "/" + name
}
