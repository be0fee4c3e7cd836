// Package observed holds the objects of a request as they arrived: raw JSON,
// by kind and key, decoded only where a decision needs them.
package observed

import (
	"encoding/json"
	"iter"
	"slices"
	"sort"
	"strings"
)

// Kind names a kind and its exact version in Metacontroller's form:
// "Service.v1" for the core group, "Deployment.apps/v1" otherwise.
type Kind string

// NewKind builds a Kind from an object's kind and apiVersion.
func NewKind(kind, apiVersion string) Kind {
	var room [64]byte // for the names that there are, so that they need no memory
	name := append(room[:0], kind...)
	name = append(name, '.')
	return KindOf(append(name, apiVersion...))
}

// KindOf is the kind of a name in Metacontroller's form.
func KindOf(name []byte) Kind {
	if kind, known := known[string(name)]; known {
		return kind
	}
	return Kind(name)
}

// Split returns the kind and the apiVersion.
func (k Kind) Split() (kind, apiVersion string) {
	kind, apiVersion, _ = strings.Cut(string(k), ".")
	return kind, apiVersion
}

// Kinds is a set of kinds.
type Kinds map[Kind]bool

// Has reports whether the set holds the kind.
func (k Kinds) Has(kind Kind) bool { return k[kind] }

// Sorted returns the kinds in alphabetical order.
func (k Kinds) Sorted() []Kind {
	kinds := make([]Kind, 0, len(k))
	for kind := range k {
		kinds = append(kinds, kind)
	}
	sort.Slice(kinds, func(i, j int) bool { return kinds[i] < kinds[j] })
	return kinds
}

// Objects holds raw objects by kind and key. The key is "namespace/name" for
// a namespaced object and "name" for a cluster-scoped one.
type Objects map[Kind]map[string]Object

// Key builds the key of an object; namespace is empty for cluster scope.
func Key(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}

// SplitKey returns the namespace (empty for cluster scope) and the name.
func SplitKey(key string) (namespace, name string) {
	namespace, name, found := strings.Cut(key, "/")
	if !found {
		return "", namespace
	}
	return namespace, name
}

// Get returns an object, which does not exist when it is not there.
func (o Objects) Get(kind Kind, namespace, name string) Object {
	return o[kind][Key(namespace, name)]
}

// Raw returns an object's JSON, or nil when it is not there.
func (o Objects) Raw(kind Kind, namespace, name string) json.RawMessage {
	return o.Get(kind, namespace, name).Raw
}

// Keys returns the keys of a kind in alphabetical order.
func (o Objects) Keys(kind Kind) []string {
	keys := make([]string, 0, len(o[kind]))
	for key := range o[kind] {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// All yields the kind and key of every object, in alphabetical order.
func (o Objects) All() iter.Seq2[Kind, string] {
	return func(yield func(Kind, string) bool) {
		var room [32]Kind // for the kinds that there are, so that they need no memory
		kinds := room[:0]
		for kind, objects := range o {
			if len(objects) > 0 {
				kinds = append(kinds, kind)
			}
		}
		slices.Sort(kinds)
		for _, kind := range kinds {
			for _, key := range o.Keys(kind) {
				if !yield(kind, key) {
					return
				}
			}
		}
	}
}

// Kinds returns the kinds that have an entry, with or without objects.
func (o Objects) Kinds() Kinds {
	kinds := make(Kinds, len(o))
	for kind := range o {
		kinds[kind] = true
	}
	return kinds
}

// Add stores an object, creating the kind's entry when needed.
func (o Objects) Add(kind Kind, namespace, name string, raw json.RawMessage) {
	if o[kind] == nil {
		o[kind] = map[string]Object{}
	}
	o[kind][Key(namespace, name)] = Object{Raw: raw}
}
