package driver

import (
	"sort"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/observed"
)

// Objects are objects by kind and key, as the hooks' requests hold them.
type Objects map[kinds.Kind]map[string]*unstructured.Unstructured

func kindOf(object *unstructured.Unstructured) kinds.Kind {
	return kinds.New(object.GetKind(), object.GetAPIVersion())
}

func keyOf(object *unstructured.Unstructured) string {
	return observed.ObjectKey(object.GetNamespace(), object.GetName())
}

func (o Objects) add(object *unstructured.Unstructured) {
	kind := kindOf(object)
	o.addKind(kind)
	o[kind][keyOf(object)] = object
}

// addKind names a kind, of which there may be no object.
func (o Objects) addKind(kind kinds.Kind) {
	if o[kind] == nil {
		o[kind] = map[string]*unstructured.Unstructured{}
	}
}

func (o Objects) get(like *unstructured.Unstructured) *unstructured.Unstructured {
	return o[kindOf(like)][keyOf(like)]
}

// copied returns copies, which may be changed.
func (o Objects) copied() Objects {
	copies := Objects{}
	for kind, byKey := range o {
		copies[kind] = map[string]*unstructured.Unstructured{}
		for key, object := range byKey {
			copies[kind][key] = object.DeepCopy()
		}
	}
	return copies
}

// sorted returns the objects by kind and key.
func (o Objects) sorted() []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for _, ofKind := range o {
		for _, object := range ofKind {
			all = append(all, object)
		}
	}
	sort.Slice(all, func(i, j int) bool {
		if a, b := kindOf(all[i]), kindOf(all[j]); a != b {
			return a < b
		}
		return keyOf(all[i]) < keyOf(all[j])
	})
	return all
}

func keys(maps ...map[string]any) []string {
	var all []string
	seen := map[string]bool{}
	for _, m := range maps {
		for key := range m {
			if !seen[key] {
				all = append(all, key)
			}
			seen[key] = true
		}
	}
	sort.Strings(all)
	return all
}
