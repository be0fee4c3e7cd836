package v1beta1

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/spelling"
)

// PlaceOfField returns where a field that a type does not have probably belongs: the path of a field
// of that name in a part of the object that the path leads to, such as engine.runner.volumeMounts for
// engine.volumeMounts, or in one that it leads through, or beside it with other capitals or a spelling
// that is near. It is empty where there is none, and where the type has the field.
func PlaceOfField(object any, unknown string) string {
	type step struct {
		path   string
		fields map[string]reflect.Type
	}
	steps := []step{{"", jsonFields(pointedTo(reflect.TypeOf(object)))}}
	names := strings.Split(unknown, ".")
	for _, name := range names[:len(names)-1] {
		here := steps[len(steps)-1]
		next := structOf(here.fields[strings.TrimRight(name, "[]0123456789")])
		if next == nil {
			return ""
		}
		steps = append(steps, step{joinFields(here.path, name), jsonFields(next)})
	}
	name, holder := names[len(names)-1], steps[len(steps)-1]
	if _, known := holder.fields[name]; known {
		return ""
	}
	for _, field := range slices.Sorted(maps.Keys(holder.fields)) {
		if strings.EqualFold(field, name) {
			return joinFields(holder.path, field)
		}
	}
	if below := fieldBelow(holder.fields, name); below != "" {
		return joinFields(holder.path, below)
	}
	for i := len(steps) - 2; i >= 0; i-- {
		if _, known := steps[i].fields[name]; known {
			return joinFields(steps[i].path, name)
		}
	}
	if near := spelling.Nearest(name, slices.Sorted(maps.Keys(holder.fields))); near != "" {
		return joinFields(holder.path, near)
	}
	return ""
}

// HasField reports whether a type has a field at a path, such as "spec.engine.containers[0].image".
// Whatever is below a map or a value without a type is there.
func HasField(object any, path string) bool {
	t := pointedTo(reflect.TypeOf(object))
	for _, name := range strings.Split(path, ".") {
		fields := fieldsOfPart(structOf(t))
		if fields == nil {
			return true
		}
		next, has := fields[strings.TrimRight(name, "[]0123456789")]
		if !has {
			return false
		}
		t = next
	}
	return true
}

// fieldBelow returns the path of a field of a name in the parts of an object, else in the parts of
// these; empty where there is none. Items of lists are no parts.
func fieldBelow(fields map[string]reflect.Type, name string) string {
	for _, part := range engineFirst(fields) {
		if _, known := fieldsOfPart(fields[part])[name]; known {
			return joinFields(part, name)
		}
	}
	for _, part := range engineFirst(fields) {
		inner := fieldsOfPart(fields[part])
		for _, innerPart := range slices.Sorted(maps.Keys(inner)) {
			if _, known := fieldsOfPart(inner[innerPart])[name]; known {
				return joinFields(part, joinFields(innerPart, name))
			}
		}
	}
	return ""
}

// engineFirst are the names of fields, sorted, with those of the engine in front: a field that all
// components have is meant for the one that every service has.
func engineFirst(fields map[string]reflect.Type) []string {
	isOfEngine := func(name string) bool { return strings.HasPrefix(name, string(EngineComponent)) }
	names := slices.Sorted(maps.Keys(fields))
	others := slices.DeleteFunc(slices.Clone(names), isOfEngine)
	return append(slices.DeleteFunc(names, func(name string) bool { return !isOfEngine(name) }), others...)
}

// fieldsOfPart are the fields of a part that is one object; none for others.
func fieldsOfPart(t reflect.Type) map[string]reflect.Type {
	if t = pointedTo(t); t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	return jsonFields(t)
}

// structOf is the type of an object, or of the items of a list of objects; nil for others.
func structOf(t reflect.Type) reflect.Type {
	t = pointedTo(t)
	if t != nil && t.Kind() == reflect.Slice {
		t = pointedTo(t.Elem())
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	return t
}

func joinFields(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
