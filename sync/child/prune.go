package child

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/isvc-io/isvc/api/quantity"
)

// pruner copies a tree without what equals an absent field, and with canonical scalars.
type pruner struct {
	kind string
	path []string // keys from the root; items of lists add none
}

func (p *pruner) pruneMap(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for key, value := range m {
		p.path = append(p.path, key)
		if v, ok := p.prune(value); ok && !p.equalsAbsent(v) {
			out[key] = v
		}
		p.path = p.path[:len(p.path)-1]
	}
	return out
}

// pruneList keeps all items but nulls.
func (p *pruner) pruneList(list []any) []any {
	out := make([]any, 0, len(list))
	for _, item := range list {
		if v, ok := p.prune(item); ok {
			out = append(out, v)
		}
	}
	return out
}

// prune copies one value; ok is false for null.
func (p *pruner) prune(value any) (copied any, ok bool) {
	switch v := value.(type) {
	case nil:
		return nil, false
	case map[string]any:
		return p.pruneMap(v), v != nil
	case []any:
		return p.pruneList(v), v != nil
	}
	if p.isQuantity() {
		return canonicalQuantity(value), true
	}
	return canonicalScalar(value), true
}

// equalsAbsent reports whether the value at the path equals an absent one.
func (p *pruner) equalsAbsent(value any) bool {
	switch v := value.(type) {
	case []any:
		return len(v) == 0 // no list of the API means something when it is empty
	case map[string]any:
		return len(v) == 0 && !p.emptyMapIsMeaningful()
	}
	return value == "" && p.endsWith("env", "value") ||
		value == "0" && p.endsWith("resourceFieldRef", "divisor") // typed objects hold an unset one as 0
}

// emptyMapIsMeaningful reports whether an empty map at the path differs from an absent one: an
// empty selector selects everything and an absent one nothing (but the selector of a Service is a
// plain map), an empty volume source chooses the kind of volume, KubeRay requires rayStartParams
// and KEDA the metadata of a trigger, and Istio reads an empty outboundTrafficPolicy as
// REGISTRY_ONLY.
func (p *pruner) emptyMapIsMeaningful() bool {
	switch p.path[len(p.path)-1] {
	case "labelSelector", "namespaceSelector", "podSelector",
		"downwardAPI", "emptyDir", "projected",
		"outboundTrafficPolicy", "rayStartParams":
		return true
	case "selector":
		return p.kind != "Service"
	case "metadata":
		return p.endsWith("triggers", "metadata")
	}
	return false
}

// isQuantity reports whether the field at the path is a resource quantity.
func (p *pruner) isQuantity() bool {
	n := len(p.path)
	if n < 2 {
		return false
	}
	switch field := p.path[n-1]; p.path[n-2] {
	case "limits", "requests":
		return n >= 3 && p.path[n-3] == "resources"
	case "overhead":
		return n >= 3 && p.path[n-3] == "spec"
	case "emptyDir":
		return field == "sizeLimit"
	case "resourceFieldRef":
		return field == "divisor"
	case "target":
		return p.kind == "HorizontalPodAutoscaler" && (field == "value" || field == "averageValue")
	}
	return false
}

func (p *pruner) endsWith(keys ...string) bool {
	return len(p.path) >= len(keys) && slices.Equal(p.path[len(p.path)-len(keys):], keys)
}

// canonicalQuantity returns the string that the API server stores for a quantity given as a string
// or number. What is not a quantity comes back unchanged, for the server to refuse.
func canonicalQuantity(value any) any {
	text, ok := value.(string)
	if !ok {
		number, err := json.Marshal(value)
		if err != nil {
			return value
		}
		text = string(number)
	}
	q, err := quantity.Parse(text)
	if err != nil {
		return value
	}
	return q.String()
}

// canonicalScalar returns numbers as int64 or float64 and anything else as it is.
func canonicalScalar(value any) any {
	switch v := value.(type) {
	case int:
		return int64(v)
	case float64:
		return canonicalNumber(v)
	case json.Number:
		return parsedNumber(v)
	}
	return value
}

// canonicalNumber returns an integral number as int64. Above 2^53 a float64 is no longer exact and
// stays.
func canonicalNumber(f float64) any {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return int64(f)
	}
	return f
}

func parsedNumber(n json.Number) any {
	if i, err := n.Int64(); err == nil {
		return i
	}
	if f, err := n.Float64(); err == nil {
		return canonicalNumber(f)
	}
	return n.String()
}
