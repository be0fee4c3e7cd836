package child

import (
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// MaxSize is the largest child that can be applied, in bytes of JSON. Metacontroller copies a child
// into an annotation of itself, and the annotations of an object end at 256 KiB together.
const MaxSize = 200_000

// CheckAppliable reports why a desired child cannot be applied again and again: it is too large, or
// two items of a list in it have the same merge key, which the second merge would make one. Nil
// means that it can.
func CheckAppliable(object map[string]any) error {
	if longestJSON(object) >= MaxSize { // so that the usual child is not written only to be measured
		text, err := JSON(object)
		if err != nil {
			return fmt.Errorf("it cannot be written as JSON: %w", err)
		}
		if err := CheckSize(len(text)); err != nil {
			return err
		}
	}
	return checkMergeKeys(object, nil)
}

// longestJSON is how many bytes of JSON a tree has at most: as many as if every byte of its strings were
// escaped. Values that JSON may not be able to express count as too many.
func longestJSON(value any) int {
	const escaped, quotesAndSeparators = len(`\u003c`), len(`"":,`)
	longest := quotesAndSeparators
	switch v := value.(type) {
	case map[string]any:
		for key, member := range v {
			longest += escaped*len(key) + quotesAndSeparators + longestJSON(member)
		}
	case []any:
		for _, item := range v {
			longest += longestJSON(item)
		}
	case string:
		longest += escaped * len(v)
	case int64:
		longest += len("-9223372036854775808")
	case bool, nil:
		longest += len("false")
	default:
		return MaxSize
	}
	return longest
}

// CheckSize reports that a child of so many bytes of JSON is too large; nil when it is not.
func CheckSize(bytes int) error {
	if bytes >= MaxSize {
		return fmt.Errorf("it has %d bytes, the limit is %d", bytes, MaxSize)
	}
	return nil
}

// checkMergeKeys reports the first list below a value, in the order of paths, in which two items
// have the same merge key.
func checkMergeKeys(value any, path *field.Path) error {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if err := checkMergeKeys(v[key], path.Child(key)); err != nil {
				return err
			}
		}
	case []any:
		if _, isMerged := MergeKey(v); !isMerged {
			return nil // such a list is replaced as a whole, with the lists in its items
		}
		for i, item := range v {
			if err := checkMergeKeys(item, path.Index(i)); err != nil {
				return err
			}
		}
		return checkMergeKeysOfList(v, path)
	}
	return nil
}

func checkMergeKeysOfList(items []any, path *field.Path) error {
	key, ok := MergeKey(items)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for _, item := range items {
		value := MergeKeyValue(item, key)
		if seen[value] {
			return fmt.Errorf("two items of %s have the %s %q: Metacontroller would make them one", path, key, value)
		}
		seen[value] = true
	}
	return nil
}

// MergeKeys are the fields by which Metacontroller matches the items of lists; the first that all
// items have counts.
func MergeKeys() []string {
	return []string{"containerPort", "port", "mountPath", "name", "uid", "ip", "path"}
}

// MergeKey returns the first merge key that all items of all lists have; ok is false when there is
// none, so that Metacontroller replaces the list as a whole.
func MergeKey(lists ...[]any) (key string, ok bool) {
	items := slices.Concat(lists...)
	if len(items) == 0 {
		return "", false
	}
	for _, key := range MergeKeys() {
		if !slices.ContainsFunc(items, func(item any) bool { return !hasField(item, key) }) {
			return key, true
		}
	}
	return "", false
}

func hasField(item any, name string) bool {
	m, _ := item.(map[string]any)
	_, ok := m[name]
	return ok
}

// MergeKeyValue returns the string by which Metacontroller compares the items' values of a merge
// key.
func MergeKeyValue(item any, key string) string {
	m, _ := item.(map[string]any)
	return fmt.Sprint(m[key])
}
