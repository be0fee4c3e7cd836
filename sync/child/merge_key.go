package child

import "fmt"

// mergeKeys are the fields by which Metacontroller matches the items of lists, the first common one wins.
func mergeKeys() []string {
	return []string{"containerPort", "port", "mountPath", "name", "uid", "ip", "path"}
}

// MergeKey returns the first merge key that all items of all lists have.
func MergeKey(lists ...[]any) (string, bool) {
	for _, key := range mergeKeys() {
		if allHave(key, lists...) {
			return key, true
		}
	}
	return "", false
}

// allHave tells whether there are items and all of them are objects with the key.
func allHave(key string, lists ...[]any) bool {
	items := 0
	for _, list := range lists {
		for _, item := range list {
			m, ok := item.(map[string]any)
			if !ok {
				return false
			}
			if _, ok := m[key]; !ok {
				return false
			}
			items++
		}
	}
	return items > 0
}

// MergeKeyValue returns the string by which Metacontroller compares the items' values of a merge key.
func MergeKeyValue(item any, key string) string {
	m, _ := item.(map[string]any)
	if text, ok := m[key].(string); ok {
		return text
	}
	if text, ok := number(m[key]); ok {
		return text
	}
	return fmt.Sprint(m[key])
}
