package child

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// setServerDefaults writes into an object the values that the API server, a CRD schema or a kind's
// webhook would fill in at places where an absent value makes the object differ from the stored one
// at every sync: inside lists that Metacontroller replaces as a whole, in keys of lists, and where
// the server mirrors one field in another. Everywhere else the server's defaults survive
// Metacontroller's merge and are left to the server. Values that are set stay.
func setServerDefaults(object map[string]any) {
	apiVersion, _ := object["apiVersion"].(string)
	kind, _ := object["kind"].(string)
	gv, err := schema.ParseGroupVersion(apiVersion)
	if err != nil {
		return
	}
	for _, r := range defaultRules[schema.GroupKind{Group: gv.Group, Kind: kind}] {
		visitMaps(object, r.path, r.set)
	}
}

// defaultRule completes the maps at one place of a kind's objects.
type defaultRule struct {
	path string // from the root; [] after a key means each item of the list under it
	set  func(m map[string]any)
	why  string
}

// visitMaps calls set for each map at the path below m. Places that are absent or of another type are
// passed over.
func visitMaps(m map[string]any, path string, set func(map[string]any)) {
	if path == "" {
		set(m)
		return
	}
	step, rest, _ := strings.Cut(path, ".")
	key, isList := strings.CutSuffix(step, "[]")
	if !isList {
		if below, ok := m[key].(map[string]any); ok {
			visitMaps(below, rest, set)
		}
		return
	}
	items, _ := m[key].([]any)
	for _, item := range items {
		if below, ok := item.(map[string]any); ok {
			visitMaps(below, rest, set)
		}
	}
}

// setIfMissing sets the field to the value where it is absent, null or "".
func setIfMissing(field string, value any) func(map[string]any) {
	return func(m map[string]any) {
		if isUnset(m[field]) {
			m[field] = value
		}
	}
}

func isUnset(v any) bool { return v == nil || v == "" }
