package load

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/observed"
)

// ObjectName identifies an object.
type ObjectName struct {
	Kind      kinds.Kind
	Namespace string
	Name      string
}

// String is the object for people: "InferenceService team-a/chat".
func (n ObjectName) String() string {
	kind, _ := n.Kind.NameAndVersion()
	return kind + " " + observed.ObjectKey(n.Namespace, n.Name)
}

// compareTo orders objects by kind, namespace and name.
func (n ObjectName) compareTo(other ObjectName) int {
	return cmp.Or(strings.Compare(string(n.Kind), string(other.Kind)),
		strings.Compare(n.Namespace, other.Namespace), strings.Compare(n.Name, other.Name))
}

// Input is an object that answers are made from: an InferenceService, an object of its catalogue, or
// the configuration. Children and pods are no inputs: they are what answers lead to.
type Input struct {
	ObjectName
	// Raw is the object. It must not be changed.
	Raw json.RawMessage
	// File and Document say where the object is defined. Documents of a file that are not empty count
	// from 1.
	File     string
	Document int
}

// Inputs returns the inputs of the set by kind, namespace and name. They share the memory of the set.
func (s *Set) Inputs() []Input {
	inputs := make([]Input, 0, len(s.inputs))
	for _, o := range s.inputs {
		inputs = append(inputs, o.input())
	}
	slices.SortFunc(inputs, func(a, b Input) int { return a.compareTo(b.ObjectName) })
	return inputs
}

func (o *object) input() Input {
	return Input{ObjectName: o.objectName(), Raw: o.raw, File: o.file, Document: o.number}
}

// Config is the configuration of the set; nil where it has none.
func (s *Set) Config() *config.Config { return s.config }

func (o *object) objectName() ObjectName {
	return ObjectName{o.kind(), o.Metadata.Namespace, o.Metadata.Name}
}
