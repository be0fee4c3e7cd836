package observed

import "encoding/json"

// Object is an object as it arrived: JSON that is decoded only where a decision
// needs it. A Reader notes where its members are; without the notes they are
// looked for each time.
type Object struct {
	// Raw is the object; empty when there is none.
	Raw json.RawMessage
	// places are where its members and those of its metadata are; nil without notes.
	places []place
}

// place is where a member stands in Raw: its key, as written and without the
// quotes, and its value.
type place struct {
	key, keyEnd, value, valueEnd uint32
	inMetadata                   bool
}

// usualPlaces is how many members an object and its metadata have, as a rule.
const usualPlaces = 16

// Exists reports whether there is an object.
func (o Object) Exists() bool { return len(o.Raw) > 0 }

// Member is the value at a path of member names; nil without one. Of a name
// that occurs twice the last value counts.
func (o Object) Member(path ...string) []byte {
	switch {
	case o.places == nil:
		return Member(o.Raw, path...)
	case path[0] == metadata && len(path) > 1:
		return Member(o.find(path[1], true), path[2:]...)
	}
	return Member(o.find(path[0], false), path[1:]...)
}

const metadata = "metadata"

func (o Object) find(name string, inMetadata bool) []byte {
	for i := len(o.places) - 1; i >= 0; i-- {
		if p := o.places[i]; p.inMetadata == inMetadata && string(o.Raw[p.key:p.keyEnd]) == name {
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
