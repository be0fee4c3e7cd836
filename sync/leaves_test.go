package sync_test

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// leaf is a place in an object that holds a single value, and two different values for it.
type leaf struct {
	// path leads to the place, with "[]" for an item of a list and "{}" for a key of a map.
	path []string
	// values are JSON. A nil value means that the place is empty.
	values [2]any
	// key is the key that is added to maps on the path; "added" if it is empty.
	key string
	// depth is how many steps of the path lie inside of types of Kubernetes.
	depth int
	// items are what else the items of lists on the path have, by the length of the path to them.
	items map[int]object
}

func (l leaf) String() string {
	keys := "{}"
	if l.key != "" {
		keys = "[" + l.key + "]"
	}
	return strings.ReplaceAll(strings.ReplaceAll(strings.Join(l.path, "."), ".[]", "[]"), ".{}", keys)
}

// leavesOf lists the leaves of a type in the order of its fields.
func leavesOf(t reflect.Type) []leaf {
	return knownLeaves.of(t.PkgPath()+" "+t.String(), func() []leaf {
		var out []leaf
		collectLeaves(t, leaf{}, &out)
		return out
	})
}

// knownLeaves are those of the types, which several tests ask for in every setting or world.
var knownLeaves memory[[]leaf]

func collectLeaves(t reflect.Type, at leaf, out *[]leaf) {
	if values, ok := leafValues(t); ok {
		at.values = values
		*out = append(*out, at)
		return
	}
	switch t.Kind() {
	case reflect.Pointer:
		collectLeaves(t.Elem(), at, out)
	case reflect.Slice:
		below := at.below("[]")
		below.items = maps.Clone(at.items)
		if item := itemOf(t.Elem()); item != nil {
			if below.items == nil {
				below.items = map[int]object{}
			}
			below.items[len(below.path)] = item
		}
		collectLeaves(t.Elem(), below, out)
	case reflect.Map:
		collectLeaves(t.Elem(), at.below("{}"), out)
	case reflect.Struct:
		collectFields(t, at, out)
	default:
		panic(fmt.Sprintf("%s: the test has no values of type %s", at, t))
	}
}

func collectFields(t reflect.Type, at leaf, out *[]leaf) {
	for field := range t.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		below := at
		if name != "" && !strings.Contains(options, "inline") {
			below = at.below(name)
		}
		if isOfKubernetes(t) {
			below.depth = at.depth + 1
		}
		collectLeaves(field.Type, below, out)
	}
}

func isOfKubernetes(t reflect.Type) bool { return strings.HasPrefix(t.PkgPath(), "k8s.io/") }

func (l leaf) below(step string) leaf {
	l.path = append(slices.Clip(l.path), step)
	return l
}

// leafValues are two values of a type that holds a single value.
func leafValues(t reflect.Type) (values [2]any, ok bool) {
	switch t {
	case reflect.TypeFor[resource.Quantity]():
		return [2]any{"3", "4"}, true
	case reflect.TypeFor[intstr.IntOrString]():
		return [2]any{int64(3), "40%"}, true
	case reflect.TypeFor[runtime.RawExtension](), reflect.TypeFor[metav1.FieldsV1]():
		return [2]any{object{"x": "a"}, object{"x": "b"}}, true
	case reflect.TypeFor[metav1.Time]():
		return [2]any{"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"}, true
	}
	switch t.Kind() {
	case reflect.String:
		return [2]any{"a", "b"}, true
	case reflect.Bool:
		return [2]any{true, false}, true
	case reflect.Int, reflect.Int32, reflect.Int64:
		return [2]any{int64(5), int64(6)}, true
	case reflect.Float64:
		return [2]any{0.5, 0.75}, true
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return [2]any{"YQ==", "Yg=="}, true
		}
	}
	return values, false
}

// itemOf is what an item of a list needs to be kept: the keys by which Metacontroller merges lists, and
// what else is never absent. Nil for types without.
func itemOf(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[corev1.Container](), reflect.TypeFor[corev1.EphemeralContainer]():
		return object{"name": "added", "image": "added"}
	case reflect.TypeFor[corev1.ContainerPort]():
		return object{"containerPort": int64(7777)}
	case reflect.TypeFor[corev1.VolumeMount]():
		return object{"name": "added", "mountPath": "/added"}
	case reflect.TypeFor[corev1.VolumeDevice]():
		return object{"name": "added", "devicePath": "/added"}
	case reflect.TypeFor[corev1.HostAlias]():
		return object{"ip": "1.2.3.4"}
	case reflect.TypeFor[corev1.TopologySpreadConstraint]():
		return object{"maxSkew": int64(1), "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
	case reflect.TypeFor[corev1.Volume](), reflect.TypeFor[corev1.EnvVar](), reflect.TypeFor[corev1.LocalObjectReference](),
		reflect.TypeFor[corev1.PodSchedulingGate](), reflect.TypeFor[corev1.PodResourceClaim](), reflect.TypeFor[corev1.ResourceClaim]():
		return object{"name": "added"}
	}
	return nil
}

// added stands for a new item of a list or a new key of a map.
const added = -1

// set returns a copy of an object whose leaf has a value; a nil value empties it. On the way there it
// takes the items of lists and the keys of maps that are there, the first ones for 0, or adds one. It
// returns false when it found none to take.
func (l leaf) set(tree object, take int, value any) (object, bool) {
	out := deepCopy(tree).(object)
	s := setter{leaf: l, take: take, value: value}
	s.setBelow(out, 0)
	return out, take == added || s.taken
}

// setter sets one leaf.
type setter struct {
	leaf
	take  int
	value any
	taken bool
}

func (s *setter) setBelow(container object, at int) {
	name := s.path[at]
	if name == "{}" {
		name = s.keyOf(container)
	}
	switch {
	case at == len(s.path)-1 && s.value == nil:
		delete(container, name)
	case at == len(s.path)-1:
		container[name] = s.value
	case s.path[at+1] == "[]":
		list, _ := container[name].([]any)
		container[name] = s.setInList(slices.Clone(list), at+1)
	default:
		below, ok := container[name].(object)
		if !ok {
			below = object{}
			container[name] = below
		}
		s.setBelow(below, at+1)
	}
}

// keyOf is the key of a map to set.
func (s *setter) keyOf(container object) string {
	keys := slices.Sorted(maps.Keys(container))
	if s.take >= 0 && s.take < len(keys) {
		s.taken = true
		return keys[s.take]
	}
	return cmp.Or(s.key, "added")
}

// setInList sets the leaf in an item of a list. An item that is not an object is the leaf itself.
func (s *setter) setInList(list []any, at int) []any {
	last := at == len(s.path)-1
	if s.take < 0 || s.take >= len(list) {
		if last && s.value == nil {
			return list
		}
		item := any(s.value)
		if !last {
			below := maps.Clone(s.items[at+1])
			if below == nil {
				below = object{}
			}
			s.setBelow(below, at+1)
			item = below
		}
		return append(list, item)
	}
	s.taken = true
	switch {
	case last && s.value == nil:
		return slices.Delete(list, s.take, s.take+1)
	case last:
		list[s.take] = s.value
	default:
		s.setBelow(list[s.take].(object), at+1)
	}
	return list
}

// deepCopy copies JSON.
func deepCopy(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(object, len(v))
		for key, item := range v {
			out[key] = deepCopy(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = deepCopy(item)
		}
		return out
	}
	return value
}
