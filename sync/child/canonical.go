package child

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// Canonical returns an object in the form in which it is sent as a child: a minimal tree that
// shares nothing with the object, with the server's defaults spelled out where setServerDefaults
// says that an absent one would differ from the stored object for ever. An object in this form
// compares equal to its stored form, whichever way Metacontroller applies it.
//
// The object is a pointer to a typed API struct with its TypeMeta set, a map[string]any, or an
// *unstructured.Unstructured. The tree holds map[string]any, []any, string, bool, int64 and float64
// (only for numbers that are not integral). Left out are status, the metadata that only the server
// writes, nulls, and empty maps and lists except those that mean something, such as emptyDir: {}.
// Pointers to false and 0 stay. Items of lists are never left out, except nulls. Quantities are
// canonical.
//
// Any other object, or a field that JSON cannot express, is a programming error and panics.
func Canonical(object any) *unstructured.Unstructured {
	tree := treeOf(object)
	kind, _ := tree["kind"].(string)
	pruner := pruner{kind: kind}
	canonical := pruner.pruneMap(tree)
	delete(canonical, "status")
	if metadata, ok := canonical["metadata"].(map[string]any); ok {
		dropServerOwned(metadata)
	}
	setServerDefaults(canonical)
	return &unstructured.Unstructured{Object: canonical}
}

// treeOf returns the tree of an object, which may share parts with it.
func treeOf(object any) map[string]any {
	if tree, ok := object.(map[string]any); ok {
		return tree
	}
	tree, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		panic(fmt.Sprintf("cannot make a tree of a %T: %v", object, err))
	}
	return tree
}

// IsServerOwned reports whether only the API server writes the field of an object's metadata, so
// that a desired object never holds it and a client that sends it changes nothing.
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
