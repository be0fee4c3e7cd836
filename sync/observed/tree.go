package observed

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// Tree decodes an object into maps, lists, texts, booleans and numbers, as
// unstructured objects hold them: whole numbers are int64, others float64. Of a
// key that occurs twice the last value counts.
func Tree(raw []byte) (map[string]any, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if d.PeekKind() != '{' {
		return nil, ErrNoObject
	}
	value, err := tree(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something behind the JSON object")
	}
	return value.(map[string]any), nil
}

// tree reads the next value.
func tree(d *jsontext.Decoder) (any, error) {
	switch d.PeekKind() {
	case '{':
		object := map[string]any{}
		err := members(d, func(name string) error {
			value, err := tree(d)
			object[name] = value
			return err
		})
		return object, err
	case '[':
		return list(d)
	}
	token, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	return scalar(token), nil
}

// members reads an object and calls read for the value of each member.
func members(d *jsontext.Decoder, read func(name string) error) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		if err := read(name.String()); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func list(d *jsontext.Decoder) (any, error) {
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	items := []any{}
	for d.PeekKind() != ']' {
		item, err := tree(d)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	_, err := d.ReadToken()
	return items, err
}

func scalar(token jsontext.Token) any {
	switch token.Kind() {
	case '"':
		return token.String()
	case 't', 'f':
		return token.Bool()
	case '0':
		return number(token.String())
	}
	return nil
}

// number is an int64 where the text is one, else a float64.
func number(text string) any {
	n := json.Number(text)
	if whole, err := n.Int64(); err == nil {
		return whole
	}
	float, _ := n.Float64()
	return float
}
