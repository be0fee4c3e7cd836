package hooktest

import "github.com/isvc-io/isvc/sync/child"

// MergeAsMetacontroller returns what Metacontroller's default strategy makes of an observed object, given what it applied last
// (nil when it never did) and what is desired now:
//
//   - maps: a key that was applied and is no longer desired goes, a desired key is merged, any other key stays;
//   - lists whose items in all three trees are objects that share a merge key are merged by that key: observed
//     order stays, new items follow, and items with the same key become copies of the last one;
//   - any other list, and any scalar, is replaced by the desired one; a desired scalar in the place of an observed
//     map leaves an empty map.
func MergeAsMetacontroller(observed, lastApplied, desired map[string]any) map[string]any {
	return mergeMaps(observed, lastApplied, desired, 0)
}

func mergeMaps(observed, lastApplied, desired map[string]any, depth int) map[string]any {
	merged := copyMap(observed)
	if merged == nil {
		merged = map[string]any{}
	}
	if depth > maxDepth {
		return merged
	}
	for key := range lastApplied {
		if _, ok := desired[key]; !ok {
			delete(merged, key)
		}
	}
	for key, value := range desired {
		merged[key] = mergeValues(observed[key], lastApplied[key], value, depth+1)
	}
	return merged
}

func mergeValues(observed, lastApplied, desired any, depth int) any {
	switch o := observed.(type) {
	case map[string]any:
		switch d := desired.(type) {
		case map[string]any:
			last, _ := lastApplied.(map[string]any)
			return mergeMaps(o, last, d, depth)
		case []any:
		default:
			return map[string]any{}
		}
	case []any:
		if d, ok := desired.([]any); ok {
			last, _ := lastApplied.([]any)
			return mergeLists(o, last, d, depth)
		}
	}
	return child.Copy(desired)
}

func mergeLists(observed, lastApplied, desired []any, depth int) any {
	key, ok := child.MergeKey(observed, lastApplied, desired)
	if !ok || depth > maxDepth {
		return child.Copy(desired)
	}
	merged := mergeMaps(byKey(observed, key), byKey(lastApplied, key), byKey(desired, key), depth)
	list := make([]any, 0, len(merged))
	placed := map[string]bool{}
	for _, item := range observed {
		id := child.MergeKeyValue(item, key)
		if m, ok := merged[id]; ok {
			list = append(list, child.Copy(m))
			placed[id] = true
		}
	}
	for _, item := range desired {
		if id := child.MergeKeyValue(item, key); !placed[id] {
			list = append(list, merged[id])
			placed[id] = true
		}
	}
	return list
}

// byKey returns the items by the text of their key; of several with the same text the last one.
func byKey(list []any, key string) map[string]any {
	items := make(map[string]any, len(list))
	for _, item := range list {
		items[child.MergeKeyValue(item, key)] = item
	}
	return items
}

func copyMap(m map[string]any) map[string]any {
	copied, _ := child.Copy(m).(map[string]any)
	return copied
}
