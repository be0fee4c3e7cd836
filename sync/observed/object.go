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
	of                           holder
}

// holder is what a noted member is a member of.
type holder uint8

const (
	theObject holder = iota
	itsMetadata
	itsLabels
	itsAnnotations
	holders
)

// held is what the value of a member holds that is noted too; theObject is nothing.
func held[Text string | []byte](of holder, name Text) holder {
	switch {
	case of == theObject && string(name) == "metadata":
		return itsMetadata
	case of == itsMetadata && string(name) == "labels":
		return itsLabels
	case of == itsMetadata && string(name) == "annotations":
		return itsAnnotations
	}
	return theObject
}

// noter notes the members of the object that starts at start.
type noter struct {
	grammar
	text   []byte
	start  int
	places []place
	// noted tells of what members were noted. Where there is one of them twice, the
	// last counts, and it takes a search to tell what it holds.
	noted [holders]bool
	twice bool
}

// object notes the members of the value at i, which is an object or has none.
func (n *noter) object(i int, of holder) int {
	n.twice = n.twice || n.noted[of]
	n.noted[of] = true
	if i >= len(n.text) || n.text[i] != '{' {
		return n.skipValue(n.text, i, 0)
	}
	return n.eachMember(n.text, i, func(key, keyEnd, from int) (to int) {
		if inner := held(of, n.text[key:keyEnd]); inner != theObject {
			to = n.object(from, inner)
		} else {
			to = n.skipValue(n.text, from, 0)
		}
		if !n.twice {
			n.places = append(n.places, place{n.at(key), n.at(keyEnd), n.at(from), n.at(to), of})
		}
		return to
	})
}

func (n *noter) at(i int) uint32 { return uint32(i - n.start) }

// Exists reports whether there is an object.
func (o Object) Exists() bool { return len(o.Raw) > 0 }

// Member is the value at a path of member names; nil without one. Of a name
// that occurs twice the last value counts.
func (o Object) Member(path ...string) []byte {
	if o.places == nil {
		return Member(o.Raw, path...)
	}
	of, depth := theObject, 0
	for depth < len(path)-1 {
		inner := held(of, path[depth])
		if inner == theObject {
			break
		}
		of, depth = inner, depth+1
	}
	return Member(o.find(of, path[depth]), path[depth+1:]...)
}

// find looks for the last member of a name.
func (o Object) find(of holder, name string) []byte {
	for i := len(o.places) - 1; i >= 0; i-- {
		if p := &o.places[i]; p.of == of && string(o.Raw[p.key:p.keyEnd]) == name {
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
