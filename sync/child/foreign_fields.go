package child

import (
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// AppliedAndDesired returns what was last applied by server-side apply and what is desired in a form in which
// they can be compared.
//
// Fields of the desired object that others have taken over in the observed one count as applied: whoever changes
// a field takes it over, and the next apply takes it back. What was applied before cannot be seen, and is what is
// desired unless something else differs as well.
//
// References to fields of pods have what the API server completes: they are owned as a whole, so that nothing
// tells what was applied of them.
func AppliedAndDesired(lastApplied, desired, observed map[string]any) (applied, wanted map[string]any) {
	ours := func(m Manager) bool { return m.Name == DefaultManager && m.Operation == "Apply" && m.Subresource == "" }
	others := FieldsOwnedBy(observed, func(m Manager) bool { return !ours(m) && m.Subresource == "" })
	if others != nil {
		lastApplied = completeMap(lastApplied, desired, others)
	}
	return WithReferenceDefaults(lastApplied), WithReferenceDefaults(desired)
}

// WithReferenceDefaults is a copy of a tree in which references to fields of pods have what the API server completes.
func WithReferenceDefaults(tree map[string]any) map[string]any {
	out := runtime.DeepCopyJSON(tree)
	setReferenceDefaults(out)
	return out
}

func setReferenceDefaults(value any) {
	switch v := value.(type) {
	case map[string]any:
		for field, member := range map[string][2]string{"fieldRef": {"apiVersion", "v1"}, "resourceFieldRef": {"divisor", "0"}} {
			if reference, ok := v[field].(map[string]any); ok && isUnset(reference[member[0]]) {
				reference[member[0]] = member[1]
			}
		}
		for _, below := range v {
			setReferenceDefaults(below)
		}
	case []any:
		for _, item := range v {
			setReferenceDefaults(item)
		}
	}
}

func completeMap(applied, desired map[string]any, others *fieldpath.Set) map[string]any {
	out := make(map[string]any, len(applied))
	for name, value := range applied {
		out[name] = value
	}
	for name, wanted := range desired {
		below := FieldsBelow(others, fieldpath.FieldNameElement(name))
		if below == nil {
			continue
		}
		value, present := applied[name]
		if !present {
			out[name] = runtime.DeepCopyJSONValue(wanted)
			continue
		}
		out[name] = complete(value, wanted, below)
	}
	return out
}

func complete(applied, desired any, others *fieldpath.Set) any {
	switch wanted := desired.(type) {
	case map[string]any:
		if value, ok := applied.(map[string]any); ok {
			return completeMap(value, wanted, others)
		}
	case []any:
		if value, ok := applied.([]any); ok {
			return completeList(value, wanted, others)
		}
	}
	return applied
}

// completeList completes the items that others have fields of. An item is found by its keys, in the
// order of the desired list; what else was applied follows.
func completeList(applied, desired []any, others *fieldpath.Set) []any {
	keySets := keySetsOf(others)
	rest := append([]any(nil), applied...)
	out := make([]any, 0, len(applied))
	for i, wanted := range desired {
		element, foreign := elementOf(others, keySets, i, wanted)
		at := -1
		for j, item := range rest {
			if sameItem(item, wanted) {
				at = j
				break
			}
		}
		switch {
		case at >= 0 && foreign:
			out = append(out, complete(rest[at], wanted, FieldsBelow(others, element)))
			rest = append(rest[:at:at], rest[at+1:]...)
		case at >= 0:
			out = append(out, rest[at])
			rest = append(rest[:at:at], rest[at+1:]...)
		case foreign:
			out = append(out, runtime.DeepCopyJSONValue(wanted))
		}
	}
	return append(out, rest...)
}

// sameItem reports whether two items of a list are the same one: by the merge key of lists, else by
// value.
func sameItem(a, b any) bool {
	key, keyed := MergeKey([]any{a}, []any{b})
	if !keyed {
		return Equal(a, b)
	}
	return MergeKeyValue(a, key) == MergeKeyValue(b, key)
}
