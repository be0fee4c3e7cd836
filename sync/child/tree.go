package child

import (
	"encoding/json"

	"sigs.k8s.io/structured-merge-diff/v6/value"
)

// JSON returns a tree as JSON, byte for byte as Metacontroller writes what it applied last, so that
// a child at rest is found by comparing bytes. It is written by encoding/json and not by json
// v2, which writes an invalid byte of a string as U+FFFD itself instead of its escape. It fails for
// values that JSON cannot express, such as NaN.
func JSON(tree any) ([]byte, error) { return json.Marshal(tree) }

// Equal reports whether two trees are the same JSON: 1 and 1.0 are equal, null and an absent field
// are not.
func Equal(a, b any) bool {
	return value.Equals(value.NewValueInterface(a), value.NewValueInterface(b))
}
