package child

import "encoding/json"

// JSON returns a tree as JSON, byte for byte as Metacontroller writes what it applied last, so that a
// child at rest is found by comparing bytes. That is encoding/json's form and not that of json v2,
// which writes an invalid byte of a string as U+FFFD itself instead of its escape. It fails for values
// that JSON cannot express, such as NaN.
func JSON(tree any) ([]byte, error) { return json.Marshal(tree) }
