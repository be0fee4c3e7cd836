package observed

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
)

// Object is an object as it arrived: JSON that is decoded only where a decision needs it.
type Object struct {
	// Raw is the object; empty when there is none.
	Raw json.RawMessage
	// members and metadata are the members of the object and of its metadata; nil without an index.
	members, metadata map[string][]byte
}

// NewIndexedObject returns an object with an index; without one where raw is not a JSON object.
func NewIndexedObject(raw json.RawMessage) Object {
	if object, err := ReadIndexed(newDecoder(raw), raw); err == nil {
		return object
	}
	return Object{Raw: raw}
}

// ReadIndexed reads the next value of raw, which must be an object, and notes where its members and
// those of its metadata are, so that Member needs not read all of it each time. The object shares
// the memory of raw.
func ReadIndexed(d *jsontext.Decoder, raw []byte) (object Object, err error) {
	if object.members, object.Raw, err = readMembers(d, raw); err != nil {
		return Object{}, err
	}
	if metadata := object.members["metadata"]; len(metadata) > 0 && metadata[0] == '{' {
		object.metadata, _, err = readMembers(newDecoder(metadata), metadata)
	}
	return object, err
}

// readMembers reads the next value of raw, which must be an object. It returns its members and the
// object itself.
func readMembers(d *jsontext.Decoder, raw []byte) (members map[string][]byte, object []byte, err error) {
	start, err := openObject(d)
	if err != nil {
		return nil, nil, err
	}
	members = map[string][]byte{}
	err = eachMember(d, func(name string) (err error) {
		members[name], err = ReadValue(d, raw)
		return err
	})
	end := d.InputOffset()
	return members, raw[start:end:end], err
}

// Exists reports whether there is an object.
func (o Object) Exists() bool { return len(o.Raw) > 0 }

// Member returns the value at a path of at least one member name; nil without one. Of a name that
// occurs twice the last value counts.
func (o Object) Member(path ...string) []byte {
	switch {
	case o.members == nil:
		return Member(o.Raw, path...)
	case len(path) > 1 && path[0] == "metadata":
		return Member(o.metadata[path[1]], path[2:]...)
	}
	return Member(o.members[path[0]], path[1:]...)
}

// MarshalJSON returns the object as it arrived.
func (o Object) MarshalJSON() ([]byte, error) { return o.Raw.MarshalJSON() }

// UnmarshalJSON keeps a copy of the object, without an index.
func (o *Object) UnmarshalJSON(raw []byte) error {
	*o = Object{}
	return o.Raw.UnmarshalJSON(raw)
}
