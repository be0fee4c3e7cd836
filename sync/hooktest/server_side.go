package hooktest

import (
	"encoding/json"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/sync/child"
)

// ForecastServerSideApply predicts a forced server-side apply of desired by the field manager, from what managedFields of the
// observed object says about owners. Changed is true when a desired value differs from the observed one, or when a
// field that only this manager owns is no longer desired and would be removed.
//
// As under Metacontroller, status, the server's own metadata and the last-applied annotation of desired are not
// sent, and its own additions (namespace, controller-uid label) are taken over from observed; owner references are left out of the forecast.
// The kinds of lists and maps are learnt from managedFields; a list that no manager owns counts as atomic. An atomic
// list is compared as it is, so desired must spell out the server's defaults in it. Entries of the manager written in
// another API version than that of desired are not counted as its own. A nil observed object means creation.
func ForecastServerSideApply(observed, desired *unstructured.Unstructured, manager string) Forecast {
	wanted := sendable(observed, desired)
	if observed == nil {
		return Forecast{Changed: true, Changes: diff("", map[string]any{}, wanted, 0)}
	}
	mine := func(m child.Manager) bool {
		return m.Name == manager && m.Operation == "Apply" && m.Subresource == "" && m.APIVersion == desired.GetAPIVersion()
	}
	root := place{
		mine:   child.FieldsManagedBy(observed.Object, mine),
		others: child.FieldsManagedBy(observed.Object, func(m child.Manager) bool { return !mine(m) }),
		shape:  child.FieldsManagedBy(observed.Object, func(child.Manager) bool { return true }),
	}
	var f effects
	f.compare(root, observed.Object, wanted)
	f.removeNames(root, observed.Object, wanted)
	slices.Sort(f.claims)
	return Forecast{Changed: len(f.changes) > 0, Changes: sorted(f.changes), Claims: slices.Compact(f.claims)}
}

// sendable returns what Metacontroller would send for desired.
func sendable(observed, desired *unstructured.Unstructured) map[string]any {
	object := completed(observed, desired)
	delete(object, "status")
	dropKeys(object, "metadata", "annotations", child.LastAppliedAnnotation)
	metadata, ok := object["metadata"].(map[string]any)
	if !ok {
		return object
	}
	for name := range metadata {
		if child.IsServerOwned(name) || name == "ownerReferences" {
			delete(metadata, name)
		}
	}
	return object
}

// place is a field of the object, with who owns what below it.
type place struct {
	path                string
	mine, others, shape *child.Fields
	depth               int
}

func (p place) field(name string) place {
	return place{joinKey(p.path, name), p.mine.Name(name), p.others.Name(name), p.shape.Name(name), p.depth + 1}
}

func (p place) item(keys map[string]any) place {
	return place{p.path + "[" + label(keys) + "]", p.mine.Item(keys), p.others.Item(keys), p.shape.Item(keys), p.depth + 1}
}

// isIdentity tells whether the field names the object or its owner, which are not the desired object's to change.
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

func (f *effects) change(p place, from, to any) {
	f.changes = append(f.changes, Change{Path: p.path, From: child.Copy(from), To: child.Copy(to)})
}

// compare finds desired values that are not there yet, and those that are there but not owned.
func (f *effects) compare(p place, observed, desired any) {
	if p.depth > maxDepth || p.isIdentity() && child.Equal(observed, desired) {
		return
	}
	switch d := desired.(type) {
	case map[string]any:
		if o, ok := observed.(map[string]any); ok && !p.shape.Leaf() && len(d) > 0 {
			f.compareNames(p, o, d)
			return
		}
	case []any:
		if o, ok := observed.([]any); ok && f.compareItems(p, o, d) {
			return
		}
	}
	f.compareWhole(p, observed, desired)
}

// compareWhole compares a scalar, or a map or list that changes as a whole.
func (f *effects) compareWhole(p place, observed, desired any) {
	_, isMap := observed.(map[string]any)
	emptyWanted := isMap && child.Equal(desired, map[string]any{})
	switch {
	case !emptyWanted && !child.Equal(observed, desired):
		f.change(p, observed, desired)
	case p.mine == nil:
		f.claims = append(f.claims, p.path)
	}
}

func (f *effects) compareNames(p place, observed, desired map[string]any) {
	for _, name := range sortedKeys(desired) {
		value, ok := observed[name]
		if !ok {
			f.change(p.field(name), nil, desired[name])
			continue
		}
		f.compare(p.field(name), value, desired[name])
	}
}

// compareItems compares a list item by item; it returns false when the list is atomic.
func (f *effects) compareItems(p place, observed, desired []any) bool {
	switch {
	case p.shape == nil:
		return false
	case len(p.shape.Items) > 0:
		f.compareKeyed(p, observed, desired)
		return true
	case len(p.shape.Values) > 0:
		f.compareSet(p, observed, desired)
		return true
	}
	return false
}

// compareKeyed compares a list whose items have keys. Apply puts them in the desired order too.
func (f *effects) compareKeyed(p place, observed, desired []any) {
	names := sortedKeys(p.shape.Items[0].Keys)
	last := -1
	inOrder := true
	for _, item := range desired {
		keys := keysOf(item, names)
		at := find(observed, keys)
		if at < 0 {
			f.change(p.item(keys), nil, item)
			continue
		}
		inOrder = inOrder && at > last
		last = at
		f.compare(p.item(keysOf(observed[at], names)), observed[at], item)
	}
	if !inOrder {
		f.change(p, observed, desired)
	}
}

// find returns the place of the first item with the keys, -1 when there is none.
func find(list []any, keys map[string]any) int {
	return slices.IndexFunc(list, func(item any) bool { return matches(item, keys) })
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

func (f *effects) compareSet(p place, observed, desired []any) {
	for _, value := range desired {
		switch {
		case !slices.ContainsFunc(observed, func(o any) bool { return child.Equal(o, value) }):
			f.change(p.value(value), nil, value)
		case !p.mine.HasValue(value):
			f.claims = append(f.claims, p.value(value).path)
		}
	}
}

// value returns the place of an item of a list that is a set.
func (p place) value(v any) place {
	return place{path: p.path + "[=" + label(v) + "]"}
}

// remove finds owned fields below p that are no longer desired; desired is nil where nothing is.
func (f *effects) remove(p place, observed, desired any) {
	if p.mine == nil || p.depth > maxDepth || p.isIdentity() {
		return
	}
	switch o := observed.(type) {
	case map[string]any:
		d, _ := desired.(map[string]any)
		f.removeNames(p, o, d)
	case []any:
		d, _ := desired.([]any)
		f.removeItems(p, o, d)
	}
}

func (f *effects) removeNames(p place, observed, desired map[string]any) {
	if p.mine == nil {
		return
	}
	for _, name := range sortedKeys(p.mine.Names) {
		value, ok := observed[name]
		if !ok {
			continue
		}
		if wanted, ok := desired[name]; ok {
			f.remove(p.field(name), value, wanted)
			continue
		}
		f.giveUp(p.field(name), value)
	}
}

func (f *effects) removeItems(p place, observed, desired []any) {
	for _, item := range p.mine.Items {
		at := find(observed, item.Keys)
		if at < 0 {
			continue
		}
		names := sortedKeys(item.Keys)
		wanted := slices.IndexFunc(desired, func(d any) bool { return find(observed, keysOf(d, names)) == at })
		if wanted < 0 {
			f.giveUp(p.item(item.Keys), observed[at])
			continue
		}
		f.remove(p.item(item.Keys), observed[at], withKeys(desired[wanted], item.Keys))
	}
	f.removeValues(p, observed, desired)
}

// withKeys returns an item with the key fields that it leaves to their defaults.
func withKeys(item any, keys map[string]any) map[string]any {
	m, _ := item.(map[string]any)
	full := maps.Clone(m)
	for name, value := range keys {
		if _, ok := full[name]; !ok {
			full[name] = value
		}
	}
	return full
}

func (f *effects) removeValues(p place, observed, desired []any) {
	for _, value := range p.mine.Values {
		same := func(v any) bool { return child.Equal(v, value) }
		if slices.ContainsFunc(desired, same) || !slices.ContainsFunc(observed, same) {
			continue
		}
		if p.others.HasValue(value) {
			f.claims = append(f.claims, p.value(value).path)
			continue
		}
		f.change(p.value(value), value, nil)
	}
}

// giveUp ends the ownership of a field that is no longer desired. It goes with its last owner.
func (f *effects) giveUp(p place, observed any) {
	switch {
	case p.isIdentity():
	case p.others == nil:
		f.change(p, observed, nil)
	default:
		f.claims = append(f.claims, p.path)
		f.remove(p, observed, nil)
	}
}

// matches tells whether a list item has the keys.
func matches(item any, keys map[string]any) bool {
	m, ok := item.(map[string]any)
	if !ok || len(keys) == 0 {
		return false
	}
	for key, want := range keys {
		got, ok := m[key]
		if !ok || !child.Equal(got, want) {
			return false
		}
	}
	return true
}

// label returns the canonical JSON of a value, "" for one that JSON cannot express.
func label(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}
