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
	grammar
	text []byte
	at   int
	// places are those of all objects so far.
	places []place
}

// NewReader returns a reader of a text, which must be UTF-8.
func NewReader(text []byte) *Reader { return &Reader{text: text} }

// NewLenientReader returns a reader of a text in which there may be texts that are
// not UTF-8.
func NewLenientReader(text []byte) *Reader { return &Reader{grammar: anyText, text: text} }

// Reset makes the reader one of another text, which must be UTF-8. It uses its
// memory again: the objects that it returned before are gone.
func (r *Reader) Reset(text []byte) { *r = Reader{text: text, places: r.places[:0]} }

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
	end := r.skipValue(r.text, r.at, 0)
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
	if err := r.expectObject(); err != nil {
		return err
	}
	var failed error
	end := r.eachMember(r.text, r.at, func(key, keyEnd, from int) int {
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

// expectObject reports that the next value is none; it reads what it is instead.
func (r *Reader) expectObject() error {
	if r.Next() == '{' {
		return nil
	}
	if _, err := r.Value(); err != nil {
		return err
	}
	return ErrNoObject
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
	if err := r.expectObject(); err != nil {
		return Object{}, err
	}
	n := noter{grammar: r.grammar, text: r.text, start: r.at, places: r.places}
	end := n.object(r.at, theObject)
	if end == malformed {
		return Object{}, errMalformed
	}
	o := Object{Raw: r.text[r.at:end:end]}
	if !n.twice && len(o.Raw) <= math.MaxUint32 {
		o.places = slices.Clip(n.places[len(r.places):])
		r.places = n.places
	}
	r.at = end
	return o, nil
}

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
	decoder := jsontext.NewDecoder(bytes.NewBuffer(r.text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(r.anyText))
	_, err = decoder.ReadValue()
	switch {
	case err == nil:
		return errMalformed
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the JSON object is not complete")
	}
	return fmt.Errorf("%w: %w", errMalformed, err)
}
