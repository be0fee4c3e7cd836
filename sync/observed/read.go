package observed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// ErrNoObject tells that a value is JSON and not an object.
var ErrNoObject = errors.New("it is not a JSON object")

// errMalformed stands for an error whose words are looked for by Reader.Explain.
var errMalformed = errors.New("it is not JSON")

// Reader reads one JSON text from its beginning to its end, and checks all of it
// on the way. What it returns are slices of the text.
type Reader struct {
	text []byte
	at   int
}

// NewReader returns a reader of a text.
func NewReader(text []byte) *Reader { return &Reader{text: text} }

// Next is the first byte of the next value, which tells its kind; 0 at the end.
func (r *Reader) Next() byte {
	if r.at = skipSpace(r.text, r.at); r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

// Value reads the next value.
func (r *Reader) Value() (json.RawMessage, error) {
	r.Next()
	end := skipValue(r.text, r.at, 0)
	if end == malformed {
		return nil, errMalformed
	}
	value := r.text[r.at:end:end]
	r.at = end
	return value, nil
}

// Members reads an object: it calls read for each member with its name, and read
// reads the value. The name is valid until then. The error is the first of read,
// or says that the text is malformed or the next value is no object.
func (r *Reader) Members(read func(name []byte) error) error {
	if r.Next() != '{' {
		if _, err := r.Value(); err != nil {
			return err
		}
		return ErrNoObject
	}
	var failed error
	end := eachMember(r.text, r.at, func(key, keyEnd, from int) int {
		r.at = from
		if failed = read(unescaped(r.text[key:keyEnd])); failed != nil {
			return malformed
		}
		return r.at
	})
	switch {
	case failed != nil:
		return failed
	case end == malformed:
		return errMalformed
	}
	r.at = end
	return nil
}

// unescaped is the name that a key stands for.
func unescaped(key []byte) []byte {
	if bytes.IndexByte(key, '\\') < 0 {
		return key
	}
	name, _ := jsontext.AppendUnquote(nil, slices.Concat([]byte{'"'}, key, []byte{'"'}))
	return name
}

// Object reads the next value, which is an object, and notes where its members are.
func (r *Reader) Object() (Object, error) {
	if r.Next() != '{' {
		if _, err := r.Value(); err != nil {
			return Object{}, err
		}
		return Object{}, ErrNoObject
	}
	n := noter{text: r.text, start: r.at, places: make([]place, 0, usualPlaces)}
	end := n.object(r.at, false)
	if end == malformed {
		return Object{}, errMalformed
	}
	o := Object{Raw: r.text[r.at:end:end], places: n.places}
	if len(o.Raw) > math.MaxUint32 {
		o.places = nil // which cannot tell so large a place
	}
	r.at = end
	return o, nil
}

// noter notes the members of the object that starts at start.
type noter struct {
	text   []byte
	start  int
	places []place
}

// object notes the members of the object at i.
func (n *noter) object(i int, inMetadata bool) int {
	return eachMember(n.text, i, func(key, keyEnd, from int) (to int) {
		if !inMetadata && string(n.text[key:keyEnd]) == metadata {
			to = n.metadata(from)
		} else {
			to = skipValue(n.text, from, 0)
		}
		n.places = append(n.places, place{n.at(key), n.at(keyEnd), n.at(from), n.at(to), inMetadata})
		return to
	})
}

// metadata notes the members of the metadata at i instead of those of an earlier one.
func (n *noter) metadata(i int) int {
	n.places = slices.DeleteFunc(n.places, func(p place) bool { return p.inMetadata })
	if i < len(n.text) && n.text[i] == '{' {
		return n.object(i, true)
	}
	return skipValue(n.text, i, 0)
}

func (n *noter) at(i int) uint32 { return uint32(i - n.start) }

// End reads the end of the text.
func (r *Reader) End() error {
	if r.Next() != 0 || r.at < len(r.text) {
		return errors.New("there is something behind the JSON object")
	}
	return nil
}

// Explain words an error of the reader: what is wrong with the JSON, and where.
func (r *Reader) Explain(err error) error {
	if !errors.Is(err, errMalformed) {
		return err
	}
	_, err = jsontext.NewDecoder(bytes.NewBuffer(r.text), jsontext.AllowDuplicateNames(true)).ReadValue()
	switch {
	case err == nil:
		return errMalformed
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the JSON object is not complete")
	}
	return fmt.Errorf("%w: %w", errMalformed, err)
}
