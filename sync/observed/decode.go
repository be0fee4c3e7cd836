package observed

import (
	"bytes"
	"encoding/json"
	"errors"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// lenient are the options for JSON that was accepted elsewhere before: bytes that are not UTF-8
// are replaced, and of a name that occurs twice the last value counts.
var lenient = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

func newDecoder(raw []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(raw), lenient)
}

// DecodeTree decodes an object into maps, lists, strings, booleans and numbers, as unstructured
// objects hold them: whole numbers are int64, others float64. The error is for everything but one
// JSON object.
func DecodeTree(raw []byte) (map[string]any, error) {
	var tree map[string]any
	if err := jsonv2.Unmarshal(raw, &tree, lenient, wholeNumbers); err != nil {
		return nil, err
	}
	if tree == nil {
		return nil, errors.New("it is not a JSON object")
	}
	return tree, nil
}

// wholeNumbers makes whole numbers int64 where any value is decoded; json v2 makes all float64.
var wholeNumbers = jsonv2.WithUnmarshalers(jsonv2.UnmarshalFromFunc(func(d *jsontext.Decoder, into *any) error {
	*into = nil // else json v2 would merge the objects of two members of one name
	if d.PeekKind() != '0' {
		return errors.ErrUnsupported
	}
	token, err := d.ReadToken()
	if err != nil {
		return err
	}
	number := json.Number(token.String())
	if whole, err := number.Int64(); err == nil {
		*into = whole
		return nil
	}
	*into, err = number.Float64()
	return err
}))
