package observed

import (
	"encoding/json"
	"errors"

	"github.com/go-json-experiment/json/jsontext"
)

// Object is an object as it arrived: JSON that is decoded only where a decision
// needs it. ReadObject notes where its members are; without the notes they are
// looked for each time.
type Object struct {
	// Raw is the object; empty when there is none.
	Raw json.RawMessage
	// members are those of the object, metadata those of its metadata.
	members, metadata []place
}

// place is where a member of an object stands in Raw: its key, as written and
// without the quotes, and its value.
type place struct{ key, keyEnd, value, valueEnd int }

// The number of members that objects have at most, as a rule.
const (
	usualMembers  = 8
	usualMetadata = 16
)

// Exists reports whether there is an object.
func (o Object) Exists() bool { return len(o.Raw) > 0 }

// Member is the value at a path of member names; nil without one. Of a name
// that occurs twice the last value counts.
func (o Object) Member(path ...string) []byte {
	value := []byte(o.Raw)
	switch {
	case o.members == nil:
	case path[0] == "metadata" && len(path) > 1 && o.metadata != nil:
		value, path = o.find(o.metadata, path[1]), path[2:]
	default:
		value, path = o.find(o.members, path[0]), path[1:]
	}
	return Member(value, path...)
}

func (o Object) find(places []place, name string) []byte {
	for i := len(places) - 1; i >= 0; i-- {
		if p := places[i]; string(o.Raw[p.key:p.keyEnd]) == name {
			return o.Raw[p.value:p.valueEnd:p.valueEnd]
		}
	}
	return nil
}

// MarshalJSON returns the object as it arrived.
func (o Object) MarshalJSON() ([]byte, error) { return o.Raw.MarshalJSON() }

// UnmarshalJSON keeps a copy of the text.
func (o *Object) UnmarshalJSON(text []byte) error {
	*o = Object{}
	return o.Raw.UnmarshalJSON(text)
}

// ErrNoObject tells that a value is JSON and not an object.
var ErrNoObject = errors.New("it is not a JSON object")

// ReadObject reads the next value of a decoder, which decodes text from its
// beginning, and notes where the members are. The result is a slice of text.
func ReadObject(d *jsontext.Decoder, text []byte) (Object, error) {
	if d.PeekKind() != '{' {
		if _, err := d.ReadValue(); err != nil {
			return Object{}, err
		}
		return Object{}, ErrNoObject
	}
	if _, err := d.ReadToken(); err != nil {
		return Object{}, err
	}
	start := int(d.InputOffset()) - 1
	o := Object{members: make([]place, 0, usualMembers)}
	if err := o.note(d, start, &o.members); err != nil {
		return Object{}, err
	}
	end := int(d.InputOffset())
	o.Raw = text[start:end:end]
	return o, nil
}

// note reads the rest of an object that was just opened and notes where its
// members are, counted from start.
func (o *Object) note(d *jsontext.Decoder, start int, places *[]place) error {
	for d.PeekKind() != '}' {
		name, err := d.ReadValue()
		if err != nil {
			return err
		}
		end := int(d.InputOffset()) - start
		p := place{key: end - len(name) + 1, keyEnd: end - 1}
		isMetadata := places == &o.members && string(name) == `"metadata"`
		if p.value, p.valueEnd, err = o.noteValue(d, start, isMetadata); err != nil {
			return err
		}
		*places = append(*places, p)
	}
	_, err := d.ReadToken()
	return err
}

// noteValue reads the value of a member and returns where it is.
func (o *Object) noteValue(d *jsontext.Decoder, start int, isMetadata bool) (from, to int, err error) {
	if isMetadata {
		o.metadata = nil // of an earlier one
		if d.PeekKind() == '{' {
			_, err = d.ReadToken()
			from = int(d.InputOffset()) - start - 1
			o.metadata = make([]place, 0, usualMetadata)
			if err == nil {
				err = o.note(d, start, &o.metadata)
			}
			return from, int(d.InputOffset()) - start, err
		}
	}
	value, err := d.ReadValue()
	to = int(d.InputOffset()) - start
	return to - len(value), to, err
}
