// Package merge puts one typed Kubernetes value on top of another by the rules of a strategic merge
// patch, without going through JSON.
//
// The patch wins. A zero value in the patch says nothing, as an omitted field of JSON would, unless
// its author wrote it, see Zeros; a pointer to a zero value says that value. Maps are merged key by
// key. Lists that carry a patchMergeKey tag are merged by that key; other lists are replaced when
// the patch's list has items.
//
// The package exists because apimachinery's strategicpatch differs: where Kubernetes accepts only
// one of several members (the handlers of a probe, the sources of a volume, value and valueFrom of a
// variable …), it leaves both, and the API server refuses the object. Here they replace each other,
// so that two values which Kubernetes accepts never merge into one that it refuses. Lists in which
// the order means something keep the order of the base. strategicpatch also works on JSON only and
// does not say what it replaced.
package merge

import (
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/isvc-io/isvc/api/accelerators"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// Observer is called with every value that the patch brings. The path names the fields and list
// keys that lead to it, separated by slashes. Replaced is the value that was there before, or nil.
type Observer func(at string, replaced, value any)

// Rules are what a merge depends on beside the two values.
type Rules struct {
	// Observe hears what the patch brings; it may be nil.
	Observe Observer
	// Zeros are the zero values that the author of the patch wrote, by their path in the patch.
	Zeros Zeros
	// Accelerators say which resources replace each other, because a container asks for one kind of
	// accelerators.
	Accelerators accelerators.List
}

// Into merges patch on top of base and changes base. The patch is not changed, but base shares
// memory with it afterwards: pass a deep copy of a patch that is used again. A nil patch changes
// nothing.
func Into[T any](base, patch *T, rules Rules) {
	if patch == nil {
		return
	}
	m := merger{rules}
	m.mergeValue("", reflect.ValueOf(base).Elem(), reflect.ValueOf(patch).Elem(), field{})
}

type merger struct {
	rules Rules
}

// mergeValue merges src into dst, the values of a field.
func (m merger) mergeValue(at string, dst, src reflect.Value, f field) {
	if isLeaf(src.Type()) {
		m.setUnlessZero(at, dst, src)
		return
	}
	switch src.Kind() {
	case reflect.Struct:
		m.mergeStruct(at, dst, src)
	case reflect.Pointer:
		m.mergePointer(at, dst, src)
	case reflect.Map:
		m.mergeMap(at, dst, src)
	case reflect.Slice:
		m.mergeList(at, dst, src, f)
	default:
		m.setUnlessZero(at, dst, src)
	}
}

// setUnlessZero sets dst unless src is a zero that nobody wrote.
func (m merger) setUnlessZero(at string, dst, src reflect.Value) {
	if src.IsZero() && !m.rules.Zeros[at] {
		return
	}
	m.observeValue(at, dst, src)
	dst.Set(src)
}

func (m merger) observeValue(at string, dst, src reflect.Value) {
	if m.rules.Observe == nil {
		return
	}
	var replaced any
	if dst.IsValid() && !dst.IsZero() {
		replaced = dst.Interface()
	}
	m.rules.Observe(at, replaced, src.Interface())
}

func (m merger) mergeStruct(at string, dst, src reflect.Value) {
	m.clearExclusive(at, dst, src)
	for _, f := range fieldsOf(src.Type()) {
		m.mergeValue(joinPath(at, f.name), dst.Field(f.index), src.Field(f.index), f)
	}
}

func (m merger) mergePointer(at string, dst, src reflect.Value) {
	switch {
	case src.IsNil():
	case dst.IsNil() || isScalar(src.Type().Elem()):
		m.observeValue(at, dst, src)
		dst.Set(src)
	default:
		m.mergeValue(at, dst.Elem(), src.Elem(), field{})
	}
}

func (m merger) mergeMap(at string, dst, src reflect.Value) {
	if src.Len() == 0 {
		return
	}
	if dst.IsNil() {
		dst.Set(reflect.MakeMapWithSize(src.Type(), src.Len()))
	}
	for _, k := range sortedKeys(src) {
		m.observeValue(joinPath(at, fmt.Sprint(k)), dst.MapIndex(k), src.MapIndex(k))
		dst.SetMapIndex(k, src.MapIndex(k))
	}
}

// sortedKeys are the keys of a map in the order in which they are observed.
func sortedKeys(m reflect.Value) []reflect.Value {
	keys := m.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return keys
}

func (m merger) mergeList(at string, dst, src reflect.Value, f field) {
	switch {
	case src.Len() == 0:
	case f.key == "" || dst.Len() == 0:
		m.observeValue(at, dst, src)
		dst.Set(src)
	case f.keepsOrder:
		dst.Set(m.mergeInOrderOfBase(at, dst, src, f.key))
	default:
		dst.Set(m.mergeListByKey(at, dst, src, f.key))
	}
}

// mergeListByKey merges two lists of objects by a key field. Items that only the patch has keep its
// order; an item that only the base has comes before an item that both have when it did so in the
// base:
//
//	base [A B C] + patch [D C] = [D A B C]
//	base [A B]   + patch [Z B] = [Z A B]
func (m merger) mergeListByKey(at string, dst, src reflect.Value, key string) reflect.Value {
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
		place, both := position[id]
		if !both {
			m.observeValue(joinPath(at, fmt.Sprint(id)), reflect.Value{}, item)
			out = reflect.Append(out, item)
			continue
		}
		for len(rest) > 0 && rest[0] < place {
			out = reflect.Append(out, dst.Index(rest[0]))
			rest = rest[1:]
		}
		m.mergeValue(joinPath(at, fmt.Sprint(id)), dst.Index(place), item, field{})
		out = reflect.Append(out, dst.Index(place))
	}
	for _, i := range rest {
		out = reflect.Append(out, dst.Index(i))
	}
	return out
}

// mergeInOrderOfBase merges two lists of objects by a key field. The items of the base stay in their
// order, and those that only the patch has follow in its order:
//
//	base [A B] + patch [Z B] = [A B Z]
//
// Init containers run in the order of the list, and a server takes requests on its first port. A
// port of the patch replaces the port of the base that has its name.
func (m merger) mergeInOrderOfBase(at string, dst, src reflect.Value, key string) reflect.Value {
	position := positionsByKey(dst, key)
	inPatch := positionsByKey(src, key)
	replaced := map[int]bool{}
	out := reflect.MakeSlice(dst.Type(), 0, dst.Len()+src.Len())
	added := reflect.MakeSlice(dst.Type(), 0, src.Len())
	for i := range src.Len() {
		item := src.Index(i)
		id := keyOf(item, key)
		itemPath := joinPath(at, fmt.Sprint(id))
		if place, both := position[id]; both {
			m.mergeValue(itemPath, dst.Index(place), item, field{})
			continue
		}
		place := portOfSameName(dst, item, func(other any) bool { _, isThere := inPatch[other]; return isThere })
		if place < 0 || replaced[place] {
			m.observeValue(itemPath, reflect.Value{}, item)
			added = reflect.Append(added, item)
			continue
		}
		m.observeValue(itemPath, dst.Index(place), item)
		dst.Index(place).Set(item)
		replaced[place] = true
	}
	for i := range dst.Len() {
		item := dst.Index(i)
		_, both := inPatch[keyOf(item, key)]
		if both || replaced[i] || portOfSameName(src, item, func(any) bool { return false }) < 0 {
			out = reflect.Append(out, item)
		}
	}
	return reflect.AppendSlice(out, added)
}

// portOfSameName returns the position of the port that has another number and the name of a port,
// and -1 where there is none or the item is no port. A port whose number the patch has too stays.
func portOfSameName(list, item reflect.Value, isInPatch func(number any) bool) int {
	port, isPort := item.Interface().(corev1.ContainerPort)
	if !isPort || port.Name == "" {
		return -1
	}
	return slices.IndexFunc(list.Interface().([]corev1.ContainerPort), func(other corev1.ContainerPort) bool {
		return other.Name == port.Name && !isInPatch(other.ContainerPort)
	})
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

// keyOf is the key of an item. The paths of mounts are compared as the container's system reads
// them: "/data" and "/data/" are one path.
func keyOf(item reflect.Value, key string) any {
	if mount, isMount := item.Interface().(corev1.VolumeMount); isMount {
		return path.Clean(mount.MountPath)
	}
	return item.FieldByIndex(keyField(item.Type(), key)).Interface()
}

// field is one field of a struct as the merge sees it.
type field struct {
	index int
	name  string
	// key is the patchMergeKey; empty for a list that is replaced and for everything else.
	key string
	// keepsOrder is true for a list in which the order of the base means something.
	keepsOrder bool
	// omitsZero is true where Go programs do not write a zero.
	omitsZero bool
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
		added := field{index: i, name: jsonName(f), omitsZero: strings.Contains(f.Tag.Get("json"), ",omitempty")}
		if strings.HasPrefix(f.Tag.Get("patchStrategy"), "merge") {
			added.key = f.Tag.Get("patchMergeKey")
		}
		added.keepsOrder = added.name == "initContainers" || f.Type == reflect.TypeFor[[]corev1.ContainerPort]()
		fields = append(fields, added)
	}
	plans.Store(t, fields)
	return fields
}

// jsonName returns a field's name on the wire; empty for an inlined struct.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// keyField is the index of the field with a key, which may be in an inlined struct, as the name of an
// ephemeral container is.
func keyField(t reflect.Type, key string) []int {
	for _, f := range reflect.VisibleFields(t) {
		if jsonName(f) == key {
			return f.Index
		}
	}
	panic(fmt.Sprintf("%s has no field %q to merge by", t, key))
}

var leaves = map[reflect.Type]bool{
	reflect.TypeFor[resource.Quantity]():           true,
	reflect.TypeFor[intstr.IntOrString]():          true,
	reflect.TypeFor[metav1.Time]():                 true,
	reflect.TypeFor[metav1.Duration]():             true,
	reflect.TypeFor[v1beta1.ComponentAutoscaler](): true,
}

// isLeaf reports whether a struct is one value on the wire, or counts as one: an autoscaler block is
// replaced as a whole.
func isLeaf(t reflect.Type) bool { return leaves[t] }

// isScalar reports whether a pointer to t says one value, which a patch replaces even when the
// value is zero.
func isScalar(t reflect.Type) bool {
	return t.Kind() != reflect.Struct || isLeaf(t)
}

func joinPath(parent, name string) string {
	switch {
	case name == "":
		return parent
	case parent == "":
		return name
	}
	return parent + "/" + name
}
