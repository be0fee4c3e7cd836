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
	// places are those of all objects so far.
	places []place
}

// NewReader returns a reader of a text.
func NewReader(text []byte) *Reader { return &Reader{text: text} }

// Reset makes the reader one of another text. It uses its memory again: the
// objects that it returned before are gone.
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
	n := noter{text: r.text, start: r.at, first: len(r.places), places: r.places}
	end := n.object(r.at, theObject)
	if end == malformed {
		return Object{}, errMalformed
	}
	o := Object{Raw: r.text[r.at:end:end], places: slices.Clip(n.places[n.first:])}
	if len(o.Raw) > math.MaxUint32 {
		o.places = nil // which cannot tell so large a place
	}
	r.at, r.places = end, n.places
	return o, nil
}

// noter notes the members of the object that starts at start.
type noter struct {
	text  []byte
	start int
	// places from first on are those of the object.
	places []place
	first  int
}

// object notes the members of the value at i, which is an object or has none.
func (n *noter) object(i int, of holder) int {
	if i >= len(n.text) || n.text[i] != '{' {
		return skipValue(n.text, i, 0)
	}
	return eachMember(n.text, i, func(key, keyEnd, from int) (to int) {
		if inner := held(of, n.text[key:keyEnd]); inner != theObject {
			n.forget(inner)
			to = n.object(from, inner)
		} else {
			to = skipValue(n.text, from, 0)
		}
		n.places = append(n.places, place{n.at(key), n.at(keyEnd), n.at(from), n.at(to), of})
		return to
	})
}

// forget forgets what is held by an earlier member of the same name.
func (n *noter) forget(of holder) {
	kept := slices.DeleteFunc(n.places[n.first:], func(p place) bool { return p.of == of || of == itsMetadata && p.of > of })
	n.places = n.places[:n.first+len(kept)]
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
