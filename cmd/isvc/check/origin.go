package check

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
	"github.com/isvc-io/isvc/sync/observed"
	"github.com/isvc-io/isvc/sync/resolve"
)

// Origin is the place in the input that the value of a field of a child comes from.
type Origin struct {
	load.ObjectName
	// Field is the path of the field from the root of that object.
	Field string
}

// OriginOf finds the place in a request that the value of a field of a child comes from. It is found by
// trial, with the computation that makes the child: where another value at a place changes the value in
// the child, the value comes from there. Fields of the same name are tried first, then equal values.
//
// It returns false where no place changes the value: it is a default, or it is computed from several.
func OriginOf(request *sync.Request, child *unstructured.Unstructured, path string) (Origin, bool) {
	t := &trial{request: request, identity: identityOf(child), names: FieldNames(path)}
	t.shown = valuesAt(child.Object, t.names)
	for len(t.shown) == 0 && len(t.names) > 1 { // a field that is missing is missing in what is around it
		t.names = t.names[:len(t.names)-1]
		t.shown = valuesAt(child.Object, t.names)
	}
	if value, ok := valueAt(child.Object, path); ok {
		t.value = jsonText(value)
	}
	for _, place := range t.placesToTry() {
		if t.changes(place) {
			return Origin{place.object, place.path}, true
		}
	}
	return Origin{}, false
}

// maxTrials is how many places are tried for one field.
const maxTrials = 60

// trial looks for the origin of one field.
type trial struct {
	request  *sync.Request
	identity identity
	// names are the names of the fields on the way to the field, without the indexes of lists.
	names []string
	// shown are the values of the child at the names, as JSON.
	shown []string
	// value is the value of the field itself, as JSON; empty where it is not there.
	value string
}

// identity is the identity of a child.
type identity struct {
	kind kinds.Kind
	name string
}

func identityOf(object *unstructured.Unstructured) identity {
	return identity{kinds.New(object.GetKind(), object.GetAPIVersion()), object.GetName()}
}

// place is a place in an object of a request.
type place struct {
	object load.ObjectName
	// steps are keys of maps and indexes of lists.
	steps []any
	path  string
	// rank orders places: how many names at the end of the path are those of the field.
	rank int
}

// placesToTry returns the places that may hold the value, the likeliest first.
func (t *trial) placesToTry() []place {
	var places []place
	if tree, err := observed.DecodeTree(t.request.Parent); err == nil {
		metadata, _ := tree["metadata"].(map[string]any)
		name, _ := metadata["name"].(string)
		namespace, _ := metadata["namespace"].(string)
		places = t.placesIn(load.ObjectName{Kind: kinds.InferenceService, Namespace: namespace, Name: name}, tree, places)
	}
	chosen := chosenObjects(t.request)
	for _, kind := range load.CatalogueKinds() {
		for _, key := range t.request.Related.KeysOf(kind) {
			if !chosen[nameInTrace(kind, key)] {
				continue
			}
			tree, err := observed.DecodeTree(t.request.Related[kind][key].Raw)
			if err != nil {
				continue
			}
			namespace, name := observed.SplitKey(key)
			places = t.placesIn(load.ObjectName{Kind: kind, Namespace: namespace, Name: name}, tree, places)
		}
	}
	slices.SortStableFunc(places, func(a, b place) int { return b.rank - a.rank })
	return places[:min(len(places), maxTrials)]
}

// chosenObjects are the objects that the trace of a request names as chosen: those that values can come
// from.
func chosenObjects(request *sync.Request) map[string]bool {
	explained := *request
	explained.Explain = true
	response, err := computeUnlessItPanics(&explained)
	if err != nil {
		return nil
	}
	chosen := map[string]bool{}
	for _, entry := range response.Trace {
		if object, _, _ := strings.Cut(entry.Source, " "); entry.Verdict == trace.Chosen || entry.Verdict == trace.Set {
			chosen[object] = true
		}
	}
	return chosen
}

// nameInTrace is how the trace names an object.
func nameInTrace(kind kinds.Kind, key string) string {
	short, _ := kind.NameAndVersion()
	_, name := observed.SplitKey(key)
	return resolve.KindAndName(short, name)
}

// placesIn adds the places of an object.
func (t *trial) placesIn(object load.ObjectName, tree map[string]any, places []place) []place {
	for _, top := range []string{"metadata", "spec"} {
		if below, has := tree[top]; has {
			places = t.placesBelow(place{object: object, steps: []any{top}, path: top}, below, []string{top}, places)
		}
	}
	return places
}

func (t *trial) placesBelow(at place, value any, names []string, places []place) []place {
	if rank := t.rank(value, names); rank > 0 {
		at.rank = rank
		places = append(places, at)
	}
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			below := place{object: at.object, steps: append(slices.Clip(at.steps), key), path: at.path + stepText(key)}
			places = t.placesBelow(below, v[key], append(slices.Clip(names), key), places)
		}
	case []any:
		for i, item := range v {
			below := place{object: at.object, steps: append(slices.Clip(at.steps), i), path: at.path + "[" + strconv.Itoa(i) + "]"}
			places = t.placesBelow(below, item, names, places)
		}
	}
	return places
}

// stepText is a key as a part of a path.
func stepText(key string) string {
	if strings.ContainsAny(key, "./") {
		return "[" + key + "]"
	}
	return "." + key
}

// rank says how likely a place is: the number of last names that it has in common with the field,
// counted twice where the value is equal too; or one for an equal value of another name.
func (t *trial) rank(value any, names []string) int {
	common := 0
	for common < len(names) && common < len(t.names) && names[len(names)-1-common] == t.names[len(t.names)-1-common] {
		common++
	}
	_, isMap := value.(map[string]any)
	_, isList := value.([]any)
	isEqual := t.value != "" && jsonText(value) == t.value
	switch {
	case common > 0 && isEqual:
		return 2 + 2*common
	case common > 0:
		return 1 + common
	case isEqual && !isMap && !isList:
		return 1
	}
	return 0
}

// changes reports whether another value at a place changes the values of the child.
func (t *trial) changes(at place) bool {
	for _, edit := range []func(any) (any, bool){otherValue, noValue} {
		request, ok := t.requestWith(at, edit)
		if !ok {
			continue
		}
		response, err := computeUnlessItPanics(request)
		if err != nil {
			continue
		}
		for _, child := range response.Children {
			if identityOf(child) == t.identity {
				return t.isGone(valuesAt(child.Object, t.names))
			}
		}
	}
	return false
}

// isGone reports whether the values at the names have changed: the value itself is there less often, or
// any of them where the field is not there.
func (t *trial) isGone(values []string) bool {
	if t.value == "" {
		return !slices.Equal(values, t.shown)
	}
	return occurrencesOf(values, t.value) < occurrencesOf(t.shown, t.value)
}

func occurrencesOf(values []string, value string) (n int) {
	for _, v := range values {
		if v == value {
			n++
		}
	}
	return n
}

// computeUnlessItPanics computes a request. A defect that shows for a value that nobody wrote is no answer.
func computeUnlessItPanics(request *sync.Request) (response *sync.Response, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = errNoAnswer
		}
	}()
	return sync.Sync(request)
}

// otherValue is another value of the type of a scalar.
func otherValue(value any) (any, bool) {
	switch v := value.(type) {
	case string:
		return v + "1", true
	case bool:
		return !v, true
	case int64:
		return v + 1, true
	case float64:
		return v + 1, true
	}
	return nil, false
}

// noValue removes a value.
func noValue(any) (any, bool) { return nil, true }

// requestWith is the request with one place edited. A nil value removes the place.
func (t *trial) requestWith(at place, edit func(any) (any, bool)) (*sync.Request, bool) {
	isService := at.object.Kind == kinds.InferenceService
	key := observed.ObjectKey(at.object.Namespace, at.object.Name)
	raw := t.request.Parent
	if !isService {
		raw = t.request.Related[at.object.Kind][key].Raw
	}
	tree, err := observed.DecodeTree(raw)
	if err != nil {
		return nil, false
	}
	edited, ok := editBelow(tree, at.steps, edit)
	if !ok {
		return nil, false
	}
	if raw, err = json.Marshal(edited); err != nil {
		return nil, false
	}
	request := *t.request
	request.Cache, request.Explain = nil, false
	if isService {
		request.Parent = raw
		return &request, true
	}
	request.Related = maps.Clone(request.Related)
	request.Related[at.object.Kind] = maps.Clone(request.Related[at.object.Kind])
	request.Related[at.object.Kind][key] = observed.Object{Raw: raw}
	return &request, true
}

// editBelow edits the value at the end of steps.
func editBelow(value any, steps []any, edit func(any) (any, bool)) (any, bool) {
	if len(steps) == 0 {
		return edit(value)
	}
	switch v := value.(type) {
	case map[string]any:
		key, _ := steps[0].(string)
		edited, ok := editBelow(v[key], steps[1:], edit)
		if !ok {
			return nil, false
		}
		if v[key] = edited; edited == nil {
			delete(v, key)
		}
		return v, true
	case []any:
		i, _ := steps[0].(int)
		edited, ok := editBelow(v[i], steps[1:], edit)
		if !ok {
			return nil, false
		}
		if v[i] = edited; edited == nil {
			v = slices.Delete(v, i, i+1)
		}
		return v, true
	}
	return nil, false
}

// FieldNames returns the names of the fields on the way to a field, without the indexes of lists: those
// of "spec.containers[0].resources.limits[a.b/c]" are spec, containers, resources, limits and a.b/c.
func FieldNames(path string) []string {
	var names []string
	for _, name := range splitPath(path) {
		if _, err := strconv.Atoi(name); err != nil {
			names = append(names, name)
		}
	}
	return names
}

// splitPath splits a path of Kubernetes into names and indexes.
func splitPath(path string) []string {
	var parts []string
	for path != "" {
		if rest, isKey := strings.CutPrefix(path, "["); isKey {
			key, after, _ := strings.Cut(rest, "]")
			parts, path = append(parts, strings.Trim(key, `"`)), after
			continue
		}
		path = strings.TrimPrefix(path, ".")
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			end = len(path)
		}
		if end > 0 {
			parts = append(parts, path[:end])
		}
		path = path[end:]
	}
	return parts
}

// valueAt is the value at a path.
func valueAt(value any, path string) (any, bool) {
	for _, name := range splitPath(path) {
		switch v := value.(type) {
		case map[string]any:
			below, has := v[name]
			if !has {
				return nil, false
			}
			value = below
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			value = v[i]
		default:
			return nil, false
		}
	}
	return value, true
}

// valuesAt are the values at names, of all items where there are lists on the way, as JSON.
func valuesAt(value any, names []string) []string {
	switch v := value.(type) {
	case []any:
		if len(names) == 0 {
			return []string{jsonText(value)}
		}
		var all []string
		for _, item := range v {
			all = append(all, valuesAt(item, names)...)
		}
		return all
	case map[string]any:
		if len(names) == 0 {
			return []string{jsonText(value)}
		}
		if below, has := v[names[0]]; has {
			return valuesAt(below, names[1:])
		}
		return nil
	}
	if len(names) == 0 {
		return []string{jsonText(value)}
	}
	return nil
}

// jsonText is a value as JSON.
func jsonText(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(raw)
}

// errNoAnswer: the computation failed.
var errNoAnswer = errors.New("the computation failed")
