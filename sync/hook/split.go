package hook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/isvc-io/isvc/sync/observed"
)

// body is a request split into its parts in one pass over its bytes. The parts
// are slices of the body.
type body struct {
	fields   map[string]json.RawMessage
	children observed.Objects
	related  observed.Objects
}

// split reads a JSON object whose fields are among the allowed ones, each at
// most once. The fields children and related are split into their objects,
// whose own content is checked to be JSON and not looked at.
func split(raw []byte, allowed []string) (*body, error) {
	s := &splitter{raw: raw, Decoder: jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowDuplicateNames(true))}
	if token, err := s.ReadToken(); err != nil {
		return nil, syntax(err)
	} else if token.Kind() != '{' {
		return nil, errors.New("it is not a JSON object")
	}
	b := &body{fields: map[string]json.RawMessage{}, children: observed.Objects{}, related: observed.Objects{}}
	err := s.members(func(name string) error { return s.field(b, name, allowed) })
	if err != nil {
		return nil, err
	}
	if _, err := s.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something behind the JSON object")
	}
	return b, nil
}

type splitter struct {
	*jsontext.Decoder
	raw []byte
}

// members calls read for every member of the object that was just opened, and
// reads its end. Read takes the member's value.
func (s *splitter) members(read func(name string) error) error {
	for s.PeekKind() != '}' {
		token, err := s.ReadToken()
		if err != nil {
			return syntax(err)
		}
		if err := read(token.String()); err != nil {
			return err
		}
	}
	_, err := s.ReadToken()
	return syntax(err)
}

// value reads a value and returns it as a slice of the body.
func (s *splitter) value() (json.RawMessage, error) {
	value, err := s.ReadValue()
	if err != nil {
		return nil, err
	}
	end := s.InputOffset()
	return s.raw[end-int64(len(value)) : end : end], nil
}

func (s *splitter) field(b *body, name string, allowed []string) error {
	if !slices.Contains(allowed, name) {
		return fmt.Errorf("field %q is not part of the hook: it has %s", shorten(name), strings.Join(allowed, ", "))
	}
	if _, twice := b.fields[name]; twice {
		return fmt.Errorf("field %q occurs twice", name)
	}
	b.fields[name] = json.RawMessage("null")
	switch {
	case s.PeekKind() == 'n':
	case name == fieldChildren:
		return s.objects(name, b, b.children)
	case name == fieldRelated:
		return s.objects(name, b, b.related)
	}
	value, err := s.value()
	if err != nil {
		return syntax(err)
	}
	b.fields[name] = value
	return nil
}

// objects reads objects by kind and key.
func (s *splitter) objects(field string, b *body, into observed.Objects) error {
	if err := s.open(field + " is not an object"); err != nil {
		return err
	}
	b.fields[field] = json.RawMessage("{}")
	return s.members(func(name string) error {
		kind := observed.Kind(name)
		if short, version := kind.Split(); short == "" || version == "" {
			return fmt.Errorf("%s: key %q is not <Kind>.<apiVersion>", field, shorten(name))
		}
		into[kind] = map[string]observed.Object{}
		return s.objectsOf(field, kind, into[kind])
	})
}

// objectsOf reads the objects of a kind by key; null is none.
func (s *splitter) objectsOf(field string, kind observed.Kind, into map[string]observed.Object) error {
	if s.PeekKind() == 'n' {
		_, err := s.ReadToken()
		return syntax(err)
	}
	if err := s.open(fmt.Sprintf("%s: %s is not an object", field, shorten(string(kind)))); err != nil {
		return err
	}
	return s.members(func(key string) error { return s.object(field, kind, key, into) })
}

// object reads one object. Decisions look into children and pods in every call
// and into most related objects never, so that only the former are noted.
func (s *splitter) object(field string, kind observed.Kind, key string, into map[string]observed.Object) (err error) {
	var object observed.Object
	if field == fieldChildren || kind == observed.Pod {
		object, err = observed.ReadObject(s.Decoder, s.raw)
	} else if object.Raw, err = s.value(); err == nil && object.Raw[0] != '{' {
		err = observed.ErrNoObject
	}
	switch {
	case errors.Is(err, observed.ErrNoObject):
		return fmt.Errorf("%s: %s %q is not an object", field, kind, shorten(key))
	case err != nil:
		return syntax(err)
	}
	into[key] = object
	return nil
}

// open reads the beginning of an object.
func (s *splitter) open(otherwise string) error {
	token, err := s.ReadToken()
	if err != nil {
		return syntax(err)
	}
	if token.Kind() != '{' {
		return errors.New(otherwise)
	}
	return nil
}

// syntax says what is wrong with the JSON of a request; nil if nothing is.
func syntax(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the JSON object is not complete")
	}
	return fmt.Errorf("it is not JSON: %w", err)
}
