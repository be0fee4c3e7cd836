package hook

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/kinds"
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
func split(reader *observed.Reader, allowed []string) (*body, error) {
	s := &splitter{reader}
	b := &body{fields: map[string]json.RawMessage{}, children: observed.Objects{}, related: observed.Objects{}}
	err := s.Members(func(name []byte) error { return s.field(b, string(name), allowed) })
	if err == nil {
		err = s.End()
	}
	return b, s.Explain(err)
}

type splitter struct{ *observed.Reader }

func (s *splitter) field(b *body, name string, allowed []string) error {
	if !slices.Contains(allowed, name) {
		return fmt.Errorf("field %q is not part of the hook: it has %s", shorten(name), strings.Join(allowed, ", "))
	}
	if _, twice := b.fields[name]; twice {
		return fmt.Errorf("field %q occurs twice", name)
	}
	b.fields[name] = json.RawMessage("null")
	switch {
	case s.Next() == 'n':
	case name == fieldChildren:
		b.fields[name] = json.RawMessage("{}")
		return s.objects(name, b.children)
	case name == fieldRelated:
		b.fields[name] = json.RawMessage("{}")
		return s.objects(name, b.related)
	}
	value, err := s.Value()
	b.fields[name] = value
	return err
}

// objects reads objects by kind and key.
func (s *splitter) objects(field string, into observed.Objects) error {
	err := s.Members(func(name []byte) error {
		kind := kinds.Kind(name)
		if short, version := kind.Split(); short == "" || version == "" {
			return fmt.Errorf("%s: key %q is not <Kind>.<apiVersion>", field, shorten(string(kind)))
		}
		var err error
		into[kind], err = s.objectsOf(field, kind)
		return err
	})
	if errors.Is(err, observed.ErrNoObject) {
		return errors.New(field + " is not an object")
	}
	return err
}

// objectsOf reads the objects of a kind by key; null is none.
func (s *splitter) objectsOf(field string, kind kinds.Kind) (objects map[string]observed.Object, err error) {
	if s.Next() == 'n' {
		_, err := s.Value()
		return nil, err
	}
	err = s.Members(func(key []byte) error {
		object, err := s.object(field, kind)
		if errors.Is(err, observed.ErrNoObject) {
			return fmt.Errorf("%s: %s %q is not an object", field, kind, shorten(string(key)))
		}
		if objects == nil {
			objects = map[string]observed.Object{}
		}
		objects[string(key)] = object
		return err
	})
	if errors.Is(err, observed.ErrNoObject) {
		return nil, fmt.Errorf("%s: %s is not an object", field, shorten(string(kind)))
	}
	return objects, err
}

// object reads one object. Decisions look into children and pods in every call
// and into most related objects never, so that only the former are noted.
func (s *splitter) object(field string, kind kinds.Kind) (observed.Object, error) {
	if field == fieldChildren || kind == kinds.Pod {
		return s.Object()
	}
	value, err := s.Value()
	if err == nil && value[0] != '{' {
		err = observed.ErrNoObject
	}
	return observed.Object{Raw: value}, err
}
