package status

import (
	"encoding/json"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/observed"
)

// serviceChildren are the observed children of one service.
type serviceChildren struct {
	namespace string
	objects   observed.Objects
}

// find returns a child in the namespace of the service, or nil.
func (s serviceChildren) find(kind kinds.Kind, name string) *object {
	return readObject(s.objects.Get(kind, s.namespace, name))
}

func (s serviceChildren) exists(kind kinds.Kind, name string) bool {
	return s.objects.Get(kind, s.namespace, name).Exists()
}

// object is the part that all observed objects share.
type object struct {
	observed.Object
	name       string
	generation int64
	// created is metadata.creationTimestamp in RFC 3339, whose order is the order of time.
	created        string
	isBeingDeleted bool
	rawSpec        []byte
	rawStatus      []byte
}

// readObject reads the common part of an object; nil where there is no object.
func readObject(from observed.Object) *object {
	if !from.Exists() {
		return nil
	}
	o := &object{Object: from, rawSpec: from.Member("spec"), rawStatus: from.Member("status")}
	o.name, _ = observed.DecodeString(from.Member("metadata", "name"))
	o.created, _ = observed.DecodeString(from.Member("metadata", "creationTimestamp"))
	o.generation, _ = strconv.ParseInt(string(from.Member("metadata", "generation")), 10, 64)
	deletionTimestamp := from.Member("metadata", "deletionTimestamp")
	o.isBeingDeleted = deletionTimestamp != nil && string(deletionTimestamp) != "null"
	return o
}

// decodeLenient decodes what can be decoded and leaves the rest as it was.
func decodeLenient(raw []byte, into any) {
	if len(raw) > 0 && v1beta1.DecodeLenient(raw, into) != nil {
		_ = json.Unmarshal(raw, into) // goes on after a field of the wrong type
	}
}

// observedCondition has the fields that the conditions of all kinds share.
type observedCondition struct {
	Type               string                 `json:"type"`
	Status             corev1.ConditionStatus `json:"status"`
	Reason             string                 `json:"reason"`
	Message            string                 `json:"message"`
	ObservedGeneration int64                  `json:"observedGeneration"`
}

// conditionOfType returns the condition of a type, or an empty one.
func conditionOfType[T ~string](list []observedCondition, conditionType T) observedCondition {
	for _, c := range list {
		if c.Type == string(conditionType) {
			return c
		}
	}
	return observedCondition{}
}

func (c observedCondition) isTrue() bool   { return c.Status == corev1.ConditionTrue }
func (c observedCondition) isFalse() bool  { return c.Status == corev1.ConditionFalse }
func (c observedCondition) isAbsent() bool { return c.Status == "" }

// asReadiness returns the condition without its type. Any status other than True and False counts
// as Unknown.
func (c observedCondition) asReadiness() *readiness {
	if c.isTrue() || c.isFalse() {
		return &readiness{c.Status, c.Reason, c.Message}
	}
	return unknownBecause(c.Reason, c.Message)
}
