package child

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// Fields is a set of fields of an object as metadata.managedFields writes it (FieldsV1). A value without members
// stands for a field as a whole: a scalar, an atomic map or list, or an empty one.
//
//	f:name   Names["name"]      a field of a map
//	k:{...}  Items[i]           an item of a list, found by the values of its keys
//	v:...    Values[i]          an item of a list that is a set
//	i:n      Indexes[n]         an item of a list by its place
type Fields struct {
	Names   map[string]*Fields
	Items   []Item
	Values  []any
	Indexes map[int]*Fields

	itemAt  map[string]int  // place in Items by the label of the keys
	values  map[string]bool // Values by their label
	keySets [][]string      // the distinct sets of key names in Items
}

// maxKeySets bounds the sets of key names in one list. A list has one, and another when its schema changed.
const maxKeySets = 4

// Item is a list item in a set of fields.
type Item struct {
	Keys   map[string]any // the key fields and their values
	Fields *Fields
}

// Manager is one entry of metadata.managedFields.
type Manager struct {
	Name        string // of the field manager
	Operation   string // Apply or Update
	APIVersion  string // the version that the fields are written in
	Subresource string // "" for the object itself
}

// FieldsManagedBy returns the fields of all entries that take selects, nil when it selects none.
// Malformed entries and keys are passed over.
func FieldsManagedBy(object map[string]any, take func(Manager) bool) *Fields {
	metadata, _ := object["metadata"].(map[string]any)
	entries, _ := metadata["managedFields"].([]any)
	var all *Fields
	for _, e := range entries {
		entry, _ := e.(map[string]any)
		raw, ok := entry["fieldsV1"].(map[string]any)
		if !ok || !take(managerOf(entry)) {
			continue
		}
		if all == nil {
			all = &Fields{}
		}
		all.add(raw, 0)
	}
	return all
}

func managerOf(entry map[string]any) Manager {
	text := func(field string) string {
		s, _ := entry[field].(string)
		return s
	}
	return Manager{
		Name: text("manager"), Operation: text("operation"),
		APIVersion: text("apiVersion"), Subresource: text("subresource"),
	}
}

// add joins a FieldsV1 tree to the set.
func (f *Fields) add(raw map[string]any, depth int) {
	if depth > maxDepth {
		return
	}
	for _, key := range sortedKeys(raw) {
		kind, name, ok := strings.Cut(key, ":")
		if !ok {
			continue // "." only says that the field itself exists
		}
		members, _ := raw[key].(map[string]any)
		if member := f.member(kind, name); member != nil {
			member.add(members, depth+1)
		}
	}
}

// member returns the member that a key of FieldsV1 names, made if there is none; nil for one without members.
func (f *Fields) member(kind, name string) *Fields {
	switch kind {
	case "f":
		return f.named(name)
	case "k":
		return f.item(name)
	case "v":
		f.addValue(name)
	case "i":
		return f.indexed(name)
	}
	return nil
}

func (f *Fields) named(name string) *Fields {
	if f.Names == nil {
		f.Names = map[string]*Fields{}
	}
	if f.Names[name] == nil {
		f.Names[name] = &Fields{}
	}
	return f.Names[name]
}

func (f *Fields) item(text string) *Fields {
	var keys map[string]any
	if err := utiljson.Unmarshal([]byte(text), &keys); err != nil || len(keys) == 0 {
		return nil
	}
	if found := f.Item(keys); found != nil {
		return found
	}
	if !f.addKeySet(sortedKeys(keys)) {
		return nil
	}
	if f.itemAt == nil {
		f.itemAt = map[string]int{}
	}
	f.itemAt[label(keys)] = len(f.Items)
	f.Items = append(f.Items, Item{Keys: keys, Fields: &Fields{}})
	return f.Items[len(f.Items)-1].Fields
}

func (f *Fields) addKeySet(names []string) bool {
	if slices.ContainsFunc(f.keySets, func(set []string) bool { return slices.Equal(set, names) }) {
		return true
	}
	if len(f.keySets) == maxKeySets {
		return false
	}
	f.keySets = append(f.keySets, names)
	return true
}

func (f *Fields) addValue(text string) {
	var value any
	if err := utiljson.Unmarshal([]byte(text), &value); err != nil || f.HasValue(value) {
		return
	}
	if f.values == nil {
		f.values = map[string]bool{}
	}
	f.values[label(value)] = true
	f.Values = append(f.Values, value)
}

// label returns the canonical JSON of a value, "" for one that JSON cannot express.
func label(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

func (f *Fields) indexed(text string) *Fields {
	i, err := strconv.Atoi(text)
	if err != nil || i < 0 {
		return nil
	}
	if f.Indexes == nil {
		f.Indexes = map[int]*Fields{}
	}
	if f.Indexes[i] == nil {
		f.Indexes[i] = &Fields{}
	}
	return f.Indexes[i]
}

// Leaf tells whether the set stands for the field as a whole. A nil set is no leaf: it does not hold the field.
func (f *Fields) Leaf() bool {
	return f != nil && len(f.Names) == 0 && len(f.Items) == 0 && len(f.Values) == 0 && len(f.Indexes) == 0
}

// Name returns the set of a map's field, nil when it is not held.
func (f *Fields) Name(name string) *Fields {
	if f == nil {
		return nil
	}
	return f.Names[name]
}

// Item returns the set of the list item with exactly the keys, nil when it is not held.
func (f *Fields) Item(keys map[string]any) *Fields {
	if f == nil {
		return nil
	}
	if i, ok := f.itemAt[label(keys)]; ok {
		return f.Items[i].Fields
	}
	return nil
}

// ItemOf returns the member that a list item's own values of the keys name.
func (f *Fields) ItemOf(item any) (Item, bool) {
	for _, names := range f.keySets {
		keys := keysOf(item, names)
		if i, ok := f.itemAt[label(keys)]; ok {
			return f.Items[i], true
		}
	}
	return Item{}, false
}

// HasValue tells whether the set holds the item of a list that is a set.
func (f *Fields) HasValue(value any) bool {
	return f != nil && len(f.values) > 0 && f.values[label(value)]
}

// OwnsField reports whether a manager that by selects owns the field of a map at the path, as
// metadata.managedFields of the observed object says.
func OwnsField(observed map[string]any, path []string, by func(Manager) bool) bool {
	fields := FieldsManagedBy(observed, by)
	for _, name := range path {
		fields = fields.Name(name)
	}
	return fields != nil
}

// keysOf returns the values of an item's key fields; one that is left out has a default, and matches any.
func keysOf(item any, names []string) map[string]any {
	m, _ := item.(map[string]any)
	keys := map[string]any{}
	for _, name := range names {
		if value, ok := m[name]; ok {
			keys[name] = value
		}
	}
	return keys
}
