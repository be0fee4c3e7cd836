package observed

import "encoding/json"

// Object is an object as it arrived: JSON that is decoded only where a decision needs it.
type Object struct {
	// Raw is the object; empty when there is none.
	Raw json.RawMessage
	// members and metadata are the members of the object and of its metadata; nil without an index.
	members, metadata map[string][]byte
}

// Indexed returns an object that knows where its members and those of its metadata are, so that
// Member needs not read all of it each time. The index shares the memory of raw.
func Indexed(raw json.RawMessage) Object {
	members := membersOf(raw)
	return Object{Raw: raw, members: members, metadata: membersOf(members["metadata"])}
}

// membersOf returns the members of a JSON object, and none of anything else.
func membersOf(raw []byte) map[string][]byte {
	d := newDecoder(raw)
	if d.PeekKind() != '{' {
		return nil
	}
	members := map[string][]byte{}
	err := eachMember(d, func(name string) (err error) {
		members[name], err = readValue(d, raw)
		return err
	})
	if err != nil {
		return nil
	}
	return members
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
