package child

import (
	"encoding/json"
	"math"
	"reflect"
)

// pruner makes the canonical minimal copy of an untyped tree.
type pruner struct {
	kind string
	path []string
}

// object copies a map without nulls and without the empties that mean nothing.
func (w *pruner) object(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	if len(w.path) >= maxDepth {
		return out
	}
	for key, value := range m {
		w.path = append(w.path, key)
		if v, ok := w.value(value); ok && !w.saysNothing(v) {
			out[key] = v
		}
		w.path = w.path[:len(w.path)-1]
	}
	return out
}

// list copies a list without nulls.
func (w *pruner) list(list []any) []any {
	out := make([]any, 0, len(list))
	w.path = append(w.path, "")
	defer func() { w.path = w.path[:len(w.path)-1] }()
	if len(w.path) >= maxDepth {
		return out
	}
	for _, item := range list {
		if v, ok := w.value(item); ok {
			out = append(out, v)
		}
	}
	return out
}

// value copies one value; ok is false for null.
func (w *pruner) value(v any) (copied any, ok bool) {
	switch v := v.(type) {
	case nil:
		return nil, false
	case map[string]any:
		if v == nil {
			return nil, false
		}
		return w.object(v), true
	case []any:
		if v == nil {
			return nil, false
		}
		return w.list(v), true
	}
	scalar, ok := canonicalScalar(v)
	if ok && isQuantity(w.kind, w.keys()) {
		scalar = canonicalQuantity(scalar)
	}
	return scalar, ok
}

// saysNothing tells whether the value at the current path equals an absent one.
func (w *pruner) saysNothing(v any) bool {
	keys := w.keys()
	n := len(keys)
	if v == "" {
		return n >= 2 && keys[n-1] == "value" && keys[n-2] == "env"
	}
	if !isEmpty(v) {
		return false
	}
	return isEmptyList(v) || !w.keepsEmpty(keys)
}

// keepsEmpty tells whether an empty map at the path means something. The selector of a Service is a plain map,
// and the metadata of a KEDA trigger is required.
func (w *pruner) keepsEmpty(keys []string) bool {
	n := len(keys)
	if keys[n-1] == "selector" && w.kind == "Service" {
		return false
	}
	if keys[n-1] == "metadata" && n >= 2 && keys[n-2] == "triggers" {
		return true
	}
	return meansSomething(keys[n-1])
}

// keys returns the last few keys of the current path, without the markers of lists.
func (w *pruner) keys() []string {
	const enough = 3
	keys := make([]string, 0, enough)
	for i := len(w.path) - 1; i >= 0 && len(keys) < enough; i-- {
		if w.path[i] != "" {
			keys = append(keys, w.path[i])
		}
	}
	for i, j := 0, len(keys)-1; i < j; i, j = i+1, j-1 {
		keys[i], keys[j] = keys[j], keys[i]
	}
	return keys
}

// canonicalScalar returns v as one of the types of a tree; ok is false for a nil pointer or the like.
func canonicalScalar(v any) (scalar any, ok bool) {
	switch v := v.(type) {
	case string, bool, int64:
		return v, true
	case int:
		return int64(v), true
	case float64:
		return canonicalNumber(v), true
	case json.Number:
		return parsedNumber(v), true
	}
	rv := reflect.ValueOf(v)
	return encoderOf(rv.Type())(rv)
}

// canonicalNumber returns an integral number as int64. Above 2^53 a float64 is no longer exact and stays.
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
