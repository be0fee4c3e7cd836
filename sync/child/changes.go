package child

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Change is a part that differs between two trees.
type Change struct {
	// Path leads to the part, such as "spec.template.spec.containers[ome-container].args".
	Path string
	// Before and After are the part in each tree; nil where it is absent.
	Before, After any
}

// Changes lists where two trees differ, sorted by field: the smallest parts that were added, removed or
// changed, below a root such as "spec.template". An item of a list is named by its merge key where all
// items have one, as in "containers[ome-container].args", else the list is one part, as is a list of
// plain values.
func Changes(root string, before, after any) []Change {
	switch b := before.(type) {
	case map[string]any:
		if a, ok := after.(map[string]any); ok {
			return changedMembers(b, a, func(name string) string {
				if strings.ContainsAny(name, "./") {
					return root + "[" + name + "]"
				}
				return root + "." + name
			})
		}
	case []any:
		if a, ok := after.([]any); ok {
			return changedItems(root, b, a)
		}
	}
	if Equal(before, after) {
		return nil
	}
	return []Change{{Path: root, Before: before, After: after}}
}

// ChangedPaths lists the paths of Changes.
func ChangedPaths(root string, before, after any) []string {
	var paths []string
	for _, change := range Changes(root, before, after) {
		paths = append(paths, change.Path)
	}
	return paths
}

// changedMembers are the changes of members by name.
func changedMembers(before, after map[string]any, pathOf func(name string) string) []Change {
	names := maps.Clone(before)
	maps.Copy(names, after)
	var changed []Change
	for _, name := range slices.Sorted(maps.Keys(names)) {
		b, was := before[name]
		a, is := after[name]
		if was != is {
			changed = append(changed, Change{Path: pathOf(name), Before: b, After: a})
			continue
		}
		changed = append(changed, Changes(pathOf(name), b, a)...)
	}
	return changed
}

// changedItems are the changes of a list. It is one part where its items have no merge key, or where
// nothing but their order changed.
func changedItems(root string, before, after []any) []Change {
	if Equal(before, after) {
		return nil
	}
	if key, keyed := MergeKey(before, after); keyed {
		pathOf := func(name string) string { return fmt.Sprintf("%s[%s]", root, name) }
		if changed := changedMembers(itemsByKey(before, key), itemsByKey(after, key), pathOf); len(changed) > 0 {
			return changed
		}
	}
	return []Change{{Path: root, Before: before, After: after}}
}

func itemsByKey(items []any, key string) map[string]any {
	named := map[string]any{}
	for _, item := range items {
		named[MergeKeyValue(item, key)] = item
	}
	return named
}

// Contains reports whether everything in a part is in the whole, with the same value: members of maps
// by name, items of lists by place in lists of one length. What the API server added to an object does
// not count against it.
func Contains(whole, part any) bool { return contains(whole, part, false) }

// ContainsInAnyOrder is Contains for lists of which the order does not count where their items have a
// merge key: server-side apply need not keep it.
func ContainsInAnyOrder(whole, part any) bool { return contains(whole, part, true) }

func contains(whole, part any, anyOrder bool) bool {
	switch p := part.(type) {
	case map[string]any:
		w, ok := whole.(map[string]any)
		if !ok {
			return false
		}
		for name, value := range p {
			if contained, present := w[name]; !present || !contains(contained, value, anyOrder) {
				return false
			}
		}
		return true
	case []any:
		w, ok := whole.([]any)
		if !ok || len(w) != len(p) {
			return false
		}
		if key, keyed := MergeKey(w, p); anyOrder && keyed {
			return contains(itemsByKey(w, key), itemsByKey(p, key), anyOrder)
		}
		for i := range p {
			if !contains(w[i], p[i], anyOrder) {
				return false
			}
		}
		return true
	}
	return Equal(whole, part)
}

// SplitPath splits a path of Changes such as "spec.containers[ome-container].args" or "metadata.labels[a.b/c]" into
// its names.
func SplitPath(path string) []string {
	var names []string
	for path != "" {
		if rest, ok := strings.CutPrefix(path, "["); ok {
			name, after, _ := strings.Cut(rest, "]")
			names, path = append(names, name), after
			continue
		}
		path = strings.TrimPrefix(path, ".")
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			end = len(path)
		}
		names, path = append(names, path[:end]), path[end:]
	}
	return names
}

// Projection returns the part of an observed tree that a desired one speaks of: members of maps that it
// has, and items of lists that it has by their merge key. Another list is the desired one where it
// contains that, and the observed one where it does not. What the API server and other writers added is
// left out, so that the projection differs from the desired tree exactly where the cluster does not hold
// what is desired. It may share parts with both.
func Projection(observed, desired any) any {
	switch want := desired.(type) {
	case map[string]any:
		have, ok := observed.(map[string]any)
		if !ok {
			return observed
		}
		out := make(map[string]any, len(want))
		for name, value := range want {
			if existing, has := have[name]; has {
				out[name] = Projection(existing, value)
			}
		}
		return out
	case []any:
		have, ok := observed.([]any)
		if !ok {
			return observed
		}
		return projectionOfList(have, want)
	}
	return observed
}

func projectionOfList(observed, desired []any) []any {
	key, keyed := MergeKey(observed, desired)
	if !keyed {
		if Contains(observed, desired) {
			return desired
		}
		return observed
	}
	have := itemsByKey(observed, key)
	out := []any{}
	for _, item := range desired {
		if existing, has := have[MergeKeyValue(item, key)]; has {
			out = append(out, Projection(existing, item))
		}
	}
	return out
}

// WithoutAdditions returns what is in a whole without what only it has: members of maps that a part of
// it does not have. What the API server added to an object is left out, and what differs stays.
func WithoutAdditions(whole, part any) any {
	switch w := whole.(type) {
	case map[string]any:
		p, ok := part.(map[string]any)
		if !ok {
			return whole
		}
		kept := map[string]any{}
		for name, value := range p {
			if has, present := w[name]; present {
				kept[name] = WithoutAdditions(has, value)
			}
		}
		return kept
	case []any:
		if p, ok := part.([]any); ok {
			return itemsWithoutAdditions(w, p)
		}
	}
	return whole
}

// itemsWithoutAdditions compares items of the same merge key, or of the same place in lists of one
// length.
func itemsWithoutAdditions(whole, part []any) []any {
	key, keyed := MergeKey(whole, part)
	if !keyed && len(whole) != len(part) {
		return whole
	}
	named := itemsByKey(part, key)
	kept := make([]any, len(whole))
	for i, item := range whole {
		switch same, present := named[MergeKeyValue(item, key)]; {
		case !keyed:
			kept[i] = WithoutAdditions(item, part[i])
		case present:
			kept[i] = WithoutAdditions(item, same)
		default:
			kept[i] = item
		}
	}
	return kept
}
