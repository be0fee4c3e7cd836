package child

import (
	"fmt"
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Canonical returns an object in the form in which it is sent as a child: a minimal tree that
// shares nothing with the object, with the server's defaults spelled out where addServerDefaults
// says that an absent one would differ from the stored object for ever. An object in this form
// compares equal to its stored form, whichever way Metacontroller applies it.
func Canonical(object any) *unstructured.Unstructured {
	u := minimal(object)
	addServerDefaults(u)
	return u
}

// minimal returns obj as a minimal tree that shares nothing with obj.
//
// obj is a pointer to a typed API struct with its TypeMeta set, a map[string]any, or an *unstructured.Unstructured;
// a nil pointer or map gives nil. The tree holds map[string]any, []any, string, bool, int64 and float64 (only for
// numbers that are not integral). Left out are status, the metadata that only the server writes, nulls, zero
// values of omitempty fields, and empty maps and lists except those that mean something, such as emptyDir: {}.
// Pointers to false and 0 stay. Items of lists are never left out, except nulls. Quantities are canonical.
// A field whose own marshaller fails is left out.
//
// Any other type of obj, or a field of a type that JSON cannot express, is a programming error and panics.
func minimal(obj any) *unstructured.Unstructured {
	tree := encodeRoot(obj)
	if tree == nil {
		return nil
	}
	delete(tree, "status")
	if metadata, ok := tree["metadata"].(map[string]any); ok {
		dropServerOwned(metadata)
	}
	return &unstructured.Unstructured{Object: tree}
}

// IsServerOwned reports whether only the API server writes the field of an object's metadata, so that a desired
// object never holds it and a client that sends it changes nothing.
func IsServerOwned(metadataField string) bool {
	switch metadataField {
	case "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation",
		"managedFields", "resourceVersion", "selfLink", "uid":
		return true
	}
	return false
}

func dropServerOwned(metadata map[string]any) {
	for name := range metadata {
		if IsServerOwned(name) {
			delete(metadata, name)
		}
	}
}

func encodeRoot(obj any) map[string]any {
	switch o := obj.(type) {
	case nil:
		return nil
	case map[string]any:
		return pruned(o)
	case *unstructured.Unstructured:
		if o == nil {
			return nil
		}
		return pruned(o.Object)
	}
	v := reflect.ValueOf(obj)
	if v.Kind() != reflect.Pointer || v.Type().Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("child: cannot emit a %T: want a pointer to an API struct or a map[string]any", obj))
	}
	if v.IsNil() {
		return nil
	}
	tree, _ := encoderOf(v.Type().Elem())(v.Elem())
	m, _ := tree.(map[string]any)
	return m
}

func pruned(root map[string]any) map[string]any {
	if root == nil {
		return nil
	}
	kind, _ := root["kind"].(string)
	w := pruner{kind: kind}
	return w.object(root)
}
