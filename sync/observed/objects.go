// Package observed holds the objects of a request as they arrived: raw JSON, by kind and key,
// decoded only where a decision needs them. Children carry far more than decisions look at: the
// last applied copy of themselves, managed fields, pod templates.
//
// Finding a member without decoding its neighbours is our own, on the tokens of json v2, because
// that library has no search. The cache is one of k8s.io/utils with a bound in bytes.
package observed

import (
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/isvc-io/isvc/api/kinds"
)

// Objects holds raw objects by kind and key. The key is "namespace/name" for
// a namespaced object and "name" for a cluster-scoped one.
type Objects map[kinds.Kind]map[string]Object

// ObjectKey builds the key of an object; namespace is empty for cluster scope.
func ObjectKey(namespace, name string) string {
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
func (o Objects) Get(kind kinds.Kind, namespace, name string) Object {
	return o[kind][ObjectKey(namespace, name)]
}

// RawJSON returns an object's JSON, or nil when it is not there.
func (o Objects) RawJSON(kind kinds.Kind, namespace, name string) json.RawMessage {
	return o.Get(kind, namespace, name).Raw
}

// KeysOf returns the keys of a kind in alphabetical order.
func (o Objects) KeysOf(kind kinds.Kind) []string {
	keys := make([]string, 0, len(o[kind]))
	for key := range o[kind] {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// All yields the kind and key of every object, in alphabetical order.
func (o Objects) All() iter.Seq2[kinds.Kind, string] {
	return func(yield func(kinds.Kind, string) bool) {
		for _, kind := range slices.Sorted(maps.Keys(o)) {
			for _, key := range o.KeysOf(kind) {
				if !yield(kind, key) {
					return
				}
			}
		}
	}
}

// Kinds returns the kinds that have an entry, with or without objects.
func (o Objects) Kinds() kinds.Set {
	set := make(kinds.Set, len(o))
	for kind := range o {
		set[kind] = true
	}
	return set
}

// Add stores an object, creating the kind's entry when needed.
func (o Objects) Add(kind kinds.Kind, namespace, name string, raw json.RawMessage) {
	if o[kind] == nil {
		o[kind] = map[string]Object{}
	}
	o[kind][ObjectKey(namespace, name)] = Object{Raw: raw}
}
