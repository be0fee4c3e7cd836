package child

import (
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// addServerDefaults writes into u the values that the API server, a CRD schema or a kind's webhook would fill in at places
// where an absent value makes the object differ from the stored one at every sync: inside lists that Metacontroller
// replaces as a whole, in keys of lists, and where the server mirrors one field in another. Everywhere else the
// server's defaults survive Metacontroller's merge and are left to the server. Values that are set stay.
// The rules for each kind, with their reasons, are in default_rules.go; other kinds are left as they are.
func addServerDefaults(u *unstructured.Unstructured) {
	if u == nil || u.Object == nil {
		return
	}
	group, kind := groupKind(u.Object)
	for _, r := range splitRulesOf(group, kind) {
		visit(u.Object, r.steps, r.set)
	}
}

// splitRule is a rule with the steps of its path.
type splitRule struct {
	steps []string
	set   func(m map[string]any)
}

// split remembers the rules of each kind. It only saves time: an entry is a function of its key.
var split sync.Map // schema.GroupKind -> []splitRule

func splitRulesOf(group, kind string) []splitRule {
	key := schema.GroupKind{Group: group, Kind: kind}
	if rules, ok := split.Load(key); ok {
		return rules.([]splitRule)
	}
	var rules []splitRule
	for _, r := range rulesOf(group, kind) {
		rules = append(rules, splitRule{strings.Split(r.path, "."), r.set})
	}
	if rules != nil { // of kinds without there are as many as somebody likes to name
		split.Store(key, rules)
	}
	return rules
}

func groupKind(object map[string]any) (group, kind string) {
	apiVersion, _ := object["apiVersion"].(string)
	kind, _ = object["kind"].(string)
	gv, err := schema.ParseGroupVersion(apiVersion)
	if err != nil {
		return "", ""
	}
	return gv.Group, kind
}

// rule completes the maps at one place of a kind's objects.
type rule struct {
	path string // from the root; [] after a key means each item of the list under it
	set  func(m map[string]any)
	why  string
}

// visit calls set for each map at path below m. Places that are absent or of another type are passed over.
func visit(m map[string]any, path []string, set func(map[string]any)) {
	if len(path) == 0 {
		set(m)
		return
	}
	key, isList := strings.CutSuffix(path[0], "[]")
	switch child := m[key].(type) {
	case map[string]any:
		if !isList {
			visit(child, path[1:], set)
		}
	case []any:
		if isList {
			visitItems(child, path[1:], set)
		}
	}
}

func visitItems(list []any, path []string, set func(map[string]any)) {
	for _, item := range list {
		if m, ok := item.(map[string]any); ok {
			visit(m, path, set)
		}
	}
}

// missing sets the field to the value where it is absent, null or "".
func missing(field string, value any) func(map[string]any) {
	return func(m map[string]any) {
		if isUnset(m[field]) {
			m[field] = value
		}
	}
}

func isUnset(v any) bool { return v == nil || v == "" }
