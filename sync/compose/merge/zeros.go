package merge

import (
	"fmt"
	"path"
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Zeros are the paths of fields to which the author of a value wrote false, 0 or "". A typed value
// does not tell these from fields that are absent. The paths are those of an Observer.
type Zeros map[string]bool

// ZerosIn finds the zeros in an object as its author wrote it, which is JSON as Go values of the
// type T. A zero of a field that Go programs always write, such as the name of a container, says
// nothing and is left out.
func ZerosIn[T any](object map[string]any) Zeros {
	found := Zeros{}
	found.addStruct("", reflect.TypeFor[T](), object)
	return found
}

// Below are the zeros below a path, by their paths from there.
func (z Zeros) Below(parent string) Zeros {
	below := Zeros{}
	for at := range z {
		if rest, isBelow := strings.CutPrefix(at, parent+"/"); isBelow {
			below[rest] = true
		}
	}
	return below
}

func (z Zeros) addStruct(at string, t reflect.Type, object map[string]any) {
	for _, f := range fieldsOf(t) {
		fieldType := t.Field(f.index).Type
		if f.name == "" {
			z.addStruct(at, fieldType, object)
			continue
		}
		z.addValue(joinPath(at, f.name), fieldType, object[f.name], f)
	}
}

func (z Zeros) addValue(at string, t reflect.Type, value any, f field) {
	isPointer := t.Kind() == reflect.Pointer
	if isPointer {
		t = t.Elem()
	}
	switch {
	case isLeaf(t):
	case t.Kind() == reflect.Struct:
		if object, isObject := value.(map[string]any); isObject {
			z.addStruct(at, t, object)
		}
	case t.Kind() == reflect.Slice && f.key != "":
		z.addItems(at, t.Elem(), value, f.key)
	case f.omitsZero && !isPointer && (value == "" || value == false || value == int64(0)):
		z[at] = true
	}
}

// addItems finds the zeros in the items of a list that is merged by a key.
func (z Zeros) addItems(at string, t reflect.Type, value any, key string) {
	items, _ := value.([]any)
	for _, item := range items {
		object, isObject := item.(map[string]any)
		if !isObject {
			continue
		}
		id, named := object[key]
		if mountPath, isPath := id.(string); isPath && t == reflect.TypeFor[corev1.VolumeMount]() {
			id = path.Clean(mountPath)
		}
		if named {
			z.addStruct(joinPath(at, fmt.Sprint(id)), t, object)
		}
	}
}
