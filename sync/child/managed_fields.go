package child

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/value"
)

// Manager is the writer that an entry of metadata.managedFields belongs to.
type Manager struct {
	Name        string // of the field manager
	Operation   string // Apply or Update
	APIVersion  string // the version that the fields are written in
	Subresource string // "" for the object itself
}

// OwnsField reports whether a manager that by selects owns the field of a map at the path, as
// metadata.managedFields of the observed object says.
func OwnsField(observed map[string]any, path []string, by func(Manager) bool) bool {
	owned := FieldsOwnedBy(observed, by)
	for _, name := range path {
		owned = FieldsBelow(owned, fieldpath.FieldNameElement(name))
	}
	return owned != nil
}

// FieldsOwnedBy returns the fields that metadata.managedFields of an observed object lists for the
// managers that by selects; nil when there are none. A malformed entry counts as absent.
func FieldsOwnedBy(observed map[string]any, by func(Manager) bool) *fieldpath.Set {
	var sets []*fieldpath.Set
	for _, entry := range managedFields(observed) {
		fields, ok := entry["fieldsV1"].(map[string]any)
		if !ok || !by(managerOf(entry)) {
			continue
		}
		raw, err := json.Marshal(fields)
		if err != nil {
			continue
		}
		set := fieldpath.NewSet()
		if set.FromJSON(bytes.NewReader(raw)) == nil && !set.Empty() {
			sets = append(sets, set)
		}
	}
	return union(sets)
}

// ManagersOf names the managers that own a field, a part of it or all that holds it, as
// metadata.managedFields of the observed object says, sorted. The path is one of Changes.
func ManagersOf(observed map[string]any, path string) []string {
	names := map[string]bool{}
	for _, entry := range managedFields(observed) {
		manager := managerOf(entry)
		owned := FieldsOwnedBy(observed, func(m Manager) bool { return m == manager })
		if ownsPath(owned, SplitPath(path)) {
			names[manager.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// ownsPath reports whether a set of fields holds the field at a path, in which an item of a list is named
// by one of its keys.
func ownsPath(fields *fieldpath.Set, path []string) bool {
	for _, name := range path {
		if fields == nil || !holdsParts(fields) {
			break
		}
		fields = FieldsBelow(fields, elementNamed(fields, name))
	}
	return fields != nil
}

// elementNamed is the field of a name that a set holds, or the item of a list of which a key has the
// name as its value.
func elementNamed(fields *fieldpath.Set, name string) fieldpath.PathElement {
	named := fieldpath.FieldNameElement(name)
	look := func(element fieldpath.PathElement) {
		if element.Key == nil {
			return
		}
		for _, key := range *element.Key {
			if fmt.Sprint(key.Value.Unstructured()) == name {
				named = element
			}
		}
	}
	fields.Members.Iterate(look)
	fields.Children.Iterate(look)
	return named
}

// FieldsBelow returns what a set of fields holds below one of them: an empty set for a field that
// it holds as a whole, nil for one that it does not hold.
func FieldsBelow(fields *fieldpath.Set, field fieldpath.PathElement) *fieldpath.Set {
	if fields == nil {
		return nil
	}
	if below, ok := fields.Children.Get(field); ok {
		return below
	}
	if fields.Members.Has(field) {
		return fieldpath.NewSet()
	}
	return nil
}

// union returns the union of sets, nil without any. It halves the work instead of adding one set
// after the other, because every union copies both sets and an object may have thousands of
// entries.
func union(sets []*fieldpath.Set) *fieldpath.Set {
	switch half := len(sets) / 2; len(sets) {
	case 0:
		return nil
	case 1:
		return sets[0]
	default:
		return union(sets[:half]).Union(union(sets[half:]))
	}
}

// managedFields returns the entries of metadata.managedFields that are objects.
func managedFields(observed map[string]any) []map[string]any {
	metadata, _ := observed["metadata"].(map[string]any)
	list, _ := metadata["managedFields"].([]any)
	var entries []map[string]any
	for _, item := range list {
		if entry, ok := item.(map[string]any); ok {
			entries = append(entries, entry)
		}
	}
	return entries
}

func managerOf(entry map[string]any) Manager {
	return Manager{
		Name: stringField(entry, "manager"), Operation: stringField(entry, "operation"),
		APIVersion: stringField(entry, "apiVersion"), Subresource: stringField(entry, "subresource"),
	}
}

// extract returns the part of a value that the fields hold. A field that they hold as a whole is
// copied, except that an empty map which other managers have filled stays empty.
//
// The walk is our own: the one of structured-merge-diff needs the schema of every kind to look into
// lists, and what a set of fields says about a list is enough.
func extract(v any, fields, others *fieldpath.Set) any {
	switch v := v.(type) {
	case map[string]any:
		if holdsParts(fields) || holdsParts(others) {
			return extractMap(v, fields, others)
		}
	case []any:
		if holdsParts(fields) {
			return extractList(v, fields, others)
		}
	}
	return runtime.DeepCopyJSONValue(v)
}

// holdsParts reports whether a set holds fields below the one that it is about. (Set.Empty walks
// down to the first leaf, which takes too long at every level of a deep tree.)
func holdsParts(fields *fieldpath.Set) bool {
	if fields == nil {
		return false
	}
	parts := fields.Members.Size() > 0
	fields.Children.Iterate(func(fieldpath.PathElement) { parts = true })
	return parts
}

func extractMap(m map[string]any, fields, others *fieldpath.Set) map[string]any {
	out := map[string]any{}
	for name, v := range m {
		field := fieldpath.FieldNameElement(name)
		if below := FieldsBelow(fields, field); below != nil {
			out[name] = extract(v, below, FieldsBelow(others, field))
		}
	}
	return out
}

// extractList returns the items of a list that the fields hold, in their observed order.
func extractList(list []any, fields, others *fieldpath.Set) []any {
	out := []any{}
	keySets := keySetsOf(fields)
	for i, item := range list {
		if element, ok := elementOf(fields, keySets, i, item); ok {
			out = append(out, extractItem(item, element, FieldsBelow(fields, element), FieldsBelow(others, element)))
		}
	}
	return out
}

// extractItem returns the part of an item that the fields hold. An item that is found by keys keeps
// them, to be found again.
func extractItem(item any, element fieldpath.PathElement, fields, others *fieldpath.Set) any {
	m, isMap := item.(map[string]any)
	if element.Key == nil || !isMap {
		return extract(item, fields, others)
	}
	out := extractMap(m, fields, others)
	for _, key := range *element.Key {
		out[key.Name] = runtime.DeepCopyJSONValue(m[key.Name])
	}
	return out
}

// elementOf returns the element by which the fields hold the item at a place of a list: its keys,
// its value or its place.
func elementOf(fields *fieldpath.Set, keySets [][]string, place int, item any) (fieldpath.PathElement, bool) {
	elements := []fieldpath.PathElement{
		fieldpath.ValueElement(value.NewValueInterface(item)),
		fieldpath.IndexElement(place),
	}
	if m, ok := item.(map[string]any); ok {
		elements = append(keyElements(m, keySets), elements...)
	}
	for _, element := range elements {
		if FieldsBelow(fields, element) != nil {
			return element, true
		}
	}
	return fieldpath.PathElement{}, false
}

// keyElements returns the elements that name an item by its own values of each set of keys.
func keyElements(item map[string]any, keySets [][]string) []fieldpath.PathElement {
	var elements []fieldpath.PathElement
	for _, names := range keySets {
		var keys []value.Field
		for _, name := range names {
			if v, ok := item[name]; ok {
				keys = append(keys, value.Field{Name: name, Value: value.NewValueInterface(v)})
			}
		}
		if len(keys) > 0 {
			elements = append(elements, fieldpath.KeyElement(keys...))
		}
	}
	return elements
}

// maxKeySets bounds the sets of key names in one list, because every item is looked up by each. A
// list has one set, and another when its schema changed.
const maxKeySets = 4

// keySetsOf returns the sets of key names by which the fields hold items of a list.
func keySetsOf(fields *fieldpath.Set) [][]string {
	var keySets [][]string
	add := func(element fieldpath.PathElement) {
		if element.Key == nil || len(*element.Key) == 0 || len(keySets) == maxKeySets {
			return
		}
		var names []string
		for _, key := range *element.Key {
			names = append(names, key.Name)
		}
		if !slices.ContainsFunc(keySets, func(set []string) bool { return slices.Equal(set, names) }) {
			keySets = append(keySets, names)
		}
	}
	fields.Members.Iterate(add)
	fields.Children.Iterate(add)
	return keySets
}
