package hooktest

import (
	"cmp"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/value"

	"github.com/isvc-io/isvc/sync/child"
)

// ForecastServerSideApply forecasts a forced server-side apply of desired by the field manager,
// from what managedFields of the observed object says about owners. Changed is true when a desired
// value differs from the observed one, or when a field that only this manager owns is no longer
// desired and would be removed.
//
// As under Metacontroller, status, the server's own metadata and the last-applied annotation of
// desired are not sent, and its own additions (namespace, controller-uid label) are taken over from
// observed; owner references are left out of the forecast. Entries of the manager written in
// another API version than desired's are not counted as its own. A nil observed object means
// creation.
//
// structured-merge-diff has the sets of fields, but its merge needs the schema of every kind. Here
// the kinds of lists and maps are learnt from managedFields; a list that no manager owns counts as
// atomic. An atomic list is compared as it is, so desired must spell out the server's defaults in
// it. References to fields of pods, which are atomic too, need not have them.
func ForecastServerSideApply(observed, desired *unstructured.Unstructured, manager string) Forecast {
	sent := sentToServer(observed, desired)
	if observed == nil {
		return Forecast{Changed: true, Changes: diffTrees("", map[string]any{}, sent)}
	}
	mine := func(m child.Manager) bool {
		return m.Name == manager && m.Operation == "Apply" && m.Subresource == "" && m.APIVersion == desired.GetAPIVersion()
	}
	root := place{
		mine:   child.FieldsOwnedBy(observed.Object, mine),
		others: child.FieldsOwnedBy(observed.Object, func(m child.Manager) bool { return !mine(m) }),
		anyone: child.FieldsOwnedBy(observed.Object, func(child.Manager) bool { return true }),
	}
	var e effects
	shown := child.WithReferenceDefaults(observed.Object)
	e.compareValue(root, shown, sent)
	e.removeFields(root, shown, sent)
	slices.SortStableFunc(e.changes, func(a, b Change) int { return cmp.Compare(a.Path, b.Path) })
	slices.Sort(e.claims)
	return Forecast{Changed: len(e.changes) > 0, Changes: e.changes, Claims: slices.Compact(e.claims)}
}

// sentToServer returns what Metacontroller would send for desired.
func sentToServer(observed, desired *unstructured.Unstructured) map[string]any {
	object := completeAsMetacontroller(observed, desired)
	delete(object, "status")
	removeLastApplied(object)
	object = child.WithReferenceDefaults(object)
	metadata, _ := object["metadata"].(map[string]any)
	for name := range metadata {
		if child.IsServerOwned(name) || name == "ownerReferences" {
			delete(metadata, name)
		}
	}
	return object
}

// place is a field of the object, with the fields at and below it that this manager, the other
// managers and any manager own: nil for none, an empty set for the field as a whole.
type place struct {
	path                 string
	mine, others, anyone *fieldpath.Set
}

func (p place) placeOfField(name string) place {
	return p.placeBelow(joinKey(p.path, name), fieldpath.FieldNameElement(name))
}

func (p place) placeOfItem(element fieldpath.PathElement) place {
	return p.placeBelow(p.path+element.String(), element)
}

func (p place) placeBelow(path string, element fieldpath.PathElement) place {
	return place{
		path: path, mine: child.FieldsBelow(p.mine, element),
		others: child.FieldsBelow(p.others, element), anyone: child.FieldsBelow(p.anyone, element),
	}
}

// isOwnedAsAWhole reports whether managers own the field itself and no field below it.
func (p place) isOwnedAsAWhole() bool { return p.anyone != nil && p.anyone.Empty() }

// isIdentity reports whether the field names the object or its owner, which are not the desired
// object's to change.
func (p place) isIdentity() bool {
	switch p.path {
	case "apiVersion", "kind", "metadata.name", "metadata.namespace", "metadata.ownerReferences":
		return true
	}
	return false
}

// effects gathers what an apply would do.
type effects struct {
	changes []Change
	claims  []string
}

func (e *effects) addChange(p place, from, to any) {
	e.changes = append(e.changes, makeChange(p.path, from, to))
}

func (e *effects) addClaim(p place) { e.claims = append(e.claims, p.path) }

// compareValue finds desired values that are not there yet, and those that are there but not owned.
func (e *effects) compareValue(p place, observed, desired any) {
	if p.isIdentity() && child.Equal(observed, desired) {
		return
	}
	switch d := desired.(type) {
	case map[string]any:
		if o, ok := observed.(map[string]any); ok && !p.isOwnedAsAWhole() && len(d) > 0 {
			e.compareFields(p, o, d)
			return
		}
	case []any:
		if o, ok := observed.([]any); ok && e.compareItems(p, o, d) {
			return
		}
	}
	e.compareWhole(p, observed, desired)
}

// compareWhole compares a scalar, or a map or list that changes as a whole.
func (e *effects) compareWhole(p place, observed, desired any) {
	_, isMap := observed.(map[string]any)
	emptyWanted := isMap && child.Equal(desired, map[string]any{})
	switch {
	case !emptyWanted && !child.Equal(observed, desired):
		e.addChange(p, observed, desired)
	case p.mine == nil:
		e.addClaim(p)
	}
}

func (e *effects) compareFields(p place, observed, desired map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(desired)) {
		if current, ok := observed[name]; ok {
			e.compareValue(p.placeOfField(name), current, desired[name])
		} else {
			e.addChange(p.placeOfField(name), nil, desired[name])
		}
	}
}

// compareItems compares a list item by item; it returns false when the list is atomic.
func (e *effects) compareItems(p place, observed, desired []any) bool {
	for element := range elementsOf(p.anyone).All() {
		switch {
		case element.Key != nil:
			e.compareKeyed(p, keyNames(element), observed, desired)
			return true
		case element.Value != nil:
			e.compareSet(p, observed, desired)
			return true
		}
	}
	return false
}

// elementsOf returns the fields or items directly below a field that a set holds, or holds a part
// of.
func elementsOf(fields *fieldpath.Set) *fieldpath.PathElementSet {
	var elements fieldpath.PathElementSet
	if fields != nil {
		fields.Members.Iterate(elements.Insert)
		fields.Children.Iterate(elements.Insert)
	}
	return &elements
}

// compareKeyed compares a list whose items have keys. Apply puts them in the desired order too.
func (e *effects) compareKeyed(p place, names []string, observed, desired []any) {
	last := -1
	inOrder := true
	for _, item := range desired {
		at := indexOf(observed, keyElement(item, names))
		if at < 0 {
			e.addChange(p.placeOfItem(keyElement(item, names)), nil, item)
			continue
		}
		inOrder = inOrder && at > last
		last = at
		e.compareValue(p.placeOfItem(keyElement(observed[at], names)), observed[at], item)
	}
	if !inOrder {
		e.addChange(p, observed, desired)
	}
}

func keyNames(element fieldpath.PathElement) []string {
	var names []string
	for _, key := range *element.Key {
		names = append(names, key.Name)
	}
	return names
}

// keyElement names an item by its key fields. One that is left out has a default, and matches any.
func keyElement(item any, names []string) fieldpath.PathElement {
	m, _ := item.(map[string]any)
	var keys []value.Field
	for _, name := range names {
		if v, ok := m[name]; ok {
			keys = append(keys, value.Field{Name: name, Value: value.NewValueInterface(v)})
		}
	}
	return fieldpath.KeyElement(keys...)
}

// indexOf returns the index of the first item with the keys, or -1.
func indexOf(list []any, element fieldpath.PathElement) int {
	return slices.IndexFunc(list, func(item any) bool {
		m, _ := item.(map[string]any)
		for _, key := range *element.Key {
			got, ok := m[key.Name]
			if !ok || !child.Equal(got, key.Value.Unstructured()) {
				return false
			}
		}
		return len(*element.Key) > 0
	})
}

func (e *effects) compareSet(p place, observed, desired []any) {
	for _, item := range desired {
		at := p.placeOfItem(fieldpath.ValueElement(value.NewValueInterface(item)))
		switch {
		case !containsEqual(observed, item):
			e.addChange(at, nil, item)
		case at.mine == nil:
			e.addClaim(at)
		}
	}
}

func containsEqual(list []any, item any) bool {
	return slices.ContainsFunc(list, func(other any) bool { return child.Equal(other, item) })
}

// removeUndesired finds owned fields below a place that are no longer desired; desired is nil where
// nothing is.
func (e *effects) removeUndesired(p place, observed, desired any) {
	if p.isIdentity() {
		return
	}
	switch o := observed.(type) {
	case map[string]any:
		d, _ := desired.(map[string]any)
		e.removeFields(p, o, d)
	case []any:
		d, _ := desired.([]any)
		e.removeItems(p, o, d)
	}
}

func (e *effects) removeFields(p place, observed, desired map[string]any) {
	for element := range elementsOf(p.mine).All() {
		if element.FieldName == nil {
			continue
		}
		name := *element.FieldName
		current, ok := observed[name]
		if !ok {
			continue
		}
		if wanted, ok := desired[name]; ok {
			e.removeUndesired(p.placeOfField(name), current, wanted)
			continue
		}
		e.giveUp(p.placeOfField(name), current)
	}
}

func (e *effects) removeItems(p place, observed, desired []any) {
	for element := range elementsOf(p.mine).All() {
		switch {
		case element.Key != nil:
			e.removeKeyed(p, element, observed, desired)
		case element.Value != nil:
			item := (*element.Value).Unstructured()
			if containsEqual(observed, item) && !containsEqual(desired, item) {
				e.giveUp(p.placeOfItem(element), item)
			}
		}
	}
}

// removeKeyed finds what is no longer desired of an item that has keys.
func (e *effects) removeKeyed(p place, element fieldpath.PathElement, observed, desired []any) {
	at := indexOf(observed, element)
	if at < 0 {
		return
	}
	names := keyNames(element)
	wanted := slices.IndexFunc(desired, func(d any) bool { return indexOf(observed, keyElement(d, names)) == at })
	if wanted < 0 {
		e.giveUp(p.placeOfItem(element), observed[at])
		return
	}
	e.removeUndesired(p.placeOfItem(element), observed[at], withKeys(desired[wanted], element))
}

// withKeys returns an item with the key fields that it leaves to their defaults.
func withKeys(item any, element fieldpath.PathElement) map[string]any {
	m, _ := item.(map[string]any)
	full := maps.Clone(m)
	for _, key := range *element.Key {
		if _, ok := full[key.Name]; !ok {
			full[key.Name] = key.Value.Unstructured()
		}
	}
	return full
}

// giveUp ends the ownership of a field that is no longer desired. It goes with its last owner.
func (e *effects) giveUp(p place, observed any) {
	switch {
	case p.isIdentity():
	case p.others == nil:
		e.addChange(p, observed, nil)
	default:
		e.addClaim(p)
		e.removeUndesired(p, observed, nil)
	}
}
