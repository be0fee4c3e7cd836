package hooktest

import (
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/isvc-io/isvc/sync/child"
)

// MergeAsMetacontroller returns what Metacontroller's default strategy makes of an observed object,
// given what it applied last (nil when it never did) and what is desired now:
//
//   - maps: a key that was applied and is no longer desired goes, a desired key is merged, any
//     other key stays;
//   - lists whose items in all three trees are objects that share a merge key are merged by that
//     key: the observed order stays, new items follow, and items with the same key become copies of
//     the last one;
//   - any other list, and any scalar, is replaced by the desired one;
//   - a desired or applied value of another type than the observed map or list counts as absent.
//
// It is our own because Metacontroller's module cannot be fetched by its name. testdata has what
// Metacontroller's own code did.
func MergeAsMetacontroller(observed, lastApplied, desired map[string]any) map[string]any {
	merged := map[string]any{}
	for key, value := range observed {
		_, wanted := desired[key]
		if _, applied := lastApplied[key]; !wanted && !applied {
			merged[key] = runtime.DeepCopyJSONValue(value)
		}
	}
	for key, value := range desired {
		merged[key] = mergeValues(observed[key], lastApplied[key], value)
	}
	return merged
}

func mergeValues(observed, lastApplied, desired any) any {
	switch o := observed.(type) {
	case map[string]any:
		last, _ := lastApplied.(map[string]any)
		d, _ := desired.(map[string]any)
		return MergeAsMetacontroller(o, last, d)
	case []any:
		last, _ := lastApplied.([]any)
		d, _ := desired.([]any)
		return mergeLists(o, last, d)
	}
	return runtime.DeepCopyJSONValue(desired)
}

func mergeLists(observed, lastApplied, desired []any) any {
	key, ok := child.MergeKey(observed, lastApplied, desired)
	switch {
	case !ok && desired == nil:
		return nil
	case !ok:
		return runtime.DeepCopyJSONValue(desired)
	}
	merged := MergeAsMetacontroller(byMergeKey(observed, key), byMergeKey(lastApplied, key), byMergeKey(desired, key))
	list := make([]any, 0, len(merged))
	placed := map[string]bool{}
	for _, item := range observed {
		id := child.MergeKeyValue(item, key)
		if m, ok := merged[id]; ok {
			list = append(list, runtime.DeepCopyJSONValue(m))
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

// byMergeKey returns the items by the value of their key; of several with the same value the last
// one.
func byMergeKey(list []any, key string) map[string]any {
	items := make(map[string]any, len(list))
	for _, item := range list {
		items[child.MergeKeyValue(item, key)] = item
	}
	return items
}
