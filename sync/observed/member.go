package observed

import (
	"errors"
	"io"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Member returns the value at a path of member names in a JSON object, or the object itself without
// a path. It returns nil where there is no such member or raw is malformed. Of a name that occurs
// twice the last value counts.
func Member(raw []byte, path ...string) []byte {
	if len(path) == 0 {
		return raw
	}
	value, _ := LookupMember(raw, path...)
	return value
}

// LookupMember is Member for what may be anything: ok is false unless raw is one JSON object.
func LookupMember(raw []byte, path ...string) (value []byte, ok bool) {
	d := newDecoder(raw)
	if d.PeekKind() != '{' {
		return nil, false
	}
	value, err := findMember(d, raw, path)
	if err == nil {
		_, err = d.ReadToken()
	}
	if !errors.Is(err, io.EOF) {
		return nil, false
	}
	return value, true
}

// findMember reads the next value of raw and returns what is at a path in it.
func findMember(d *jsontext.Decoder, raw []byte, path []string) (value []byte, err error) {
	switch {
	case len(path) == 0:
		return ReadValue(d, raw)
	case d.PeekKind() != '{':
		return nil, d.SkipValue()
	}
	if _, err := openObject(d); err != nil {
		return nil, err
	}
	err = eachMember(d, func(name string) (err error) {
		if name != path[0] {
			return d.SkipValue()
		}
		value, err = findMember(d, raw, path[1:])
		return err
	})
	return value, err
}

// openObject reads the beginning of an object and returns where it starts.
func openObject(d *jsontext.Decoder) (start int64, err error) {
	token, err := d.ReadToken()
	if err == nil && token.Kind() != '{' {
		err = errors.New("it is not a JSON object")
	}
	return d.InputOffset() - 1, err
}

// eachMember reads the rest of an object. It calls read for each member, and read reads the value.
func eachMember(d *jsontext.Decoder, read func(name string) error) error {
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

// ReadValue reads the next value of raw and returns it as a part of raw.
func ReadValue(d *jsontext.Decoder, raw []byte) ([]byte, error) {
	value, err := d.ReadValue()
	end := d.InputOffset()
	return raw[end-int64(len(value)) : end : end], err
}

// DecodeString returns the string that a JSON value is; ok is false for every other value. Bytes
// that are not UTF-8 are replaced.
func DecodeString(value []byte) (s string, ok bool) {
	if len(value) == 0 || value[0] != '"' {
		return "", false
	}
	return s, jsonv2.Unmarshal(value, &s, lenient) == nil
}
