package child

import (
	"encoding/json"

	"github.com/isvc-io/isvc/api/quantity"
)

// meansSomething tells whether an empty map under the key differs from an absent one: an empty selector
// selects everything and an absent one nothing, an empty volume source chooses the kind of volume, KubeRay
// requires rayStartParams, and Istio reads an empty outboundTrafficPolicy as REGISTRY_ONLY.
func meansSomething(key string) bool {
	switch key {
	case "labelSelector", "namespaceSelector", "podSelector", "selector",
		"downwardAPI", "emptyDir", "projected",
		"outboundTrafficPolicy", "rayStartParams":
		return true
	}
	return false
}

// isEmpty tells whether v is a map or a list without entries.
func isEmpty(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}

// isEmptyList tells whether v is a list without items; no list of the API means something when empty.
func isEmptyList(v any) bool {
	list, ok := v.([]any)
	return ok && len(list) == 0
}

// isQuantity tells whether the field at path (keys from the root, lists left out) is a resource quantity.
func isQuantity(kind string, path []string) bool {
	n := len(path)
	if n < 2 {
		return false
	}
	switch last := path[n-1]; path[n-2] {
	case "limits", "requests":
		return n >= 3 && path[n-3] == "resources"
	case "overhead":
		return n >= 3 && path[n-3] == "spec"
	case "emptyDir":
		return last == "sizeLimit"
	case "resourceFieldRef":
		return last == "divisor"
	case "target":
		return kind == "HorizontalPodAutoscaler" && (last == "value" || last == "averageValue")
	}
	return false
}

// canonicalQuantity returns the text that the API server stores for a quantity given as a string or number.
// What is no quantity comes back unchanged, for the server to refuse.
func canonicalQuantity(v any) any {
	text, ok := v.(string)
	if !ok {
		number, err := json.Marshal(v)
		if err != nil {
			return v
		}
		text = string(number)
	}
	q, err := quantity.Parse(text)
	if err != nil {
		return v
	}
	return q.String()
}
