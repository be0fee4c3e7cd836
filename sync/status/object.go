package status

import (
	"encoding/json"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/observed"
)

// object is the part that all observed objects share. Fields of the wrong type
// count as absent: the API server has checked them, and a file of a user must
// not stop a status.
type object struct {
	observed.Object
	name       string
	generation int64
	created    string
	deleting   bool
	spec       []byte
	status     []byte
}

// decode looks at an object; nil where there is none.
func decode(from observed.Object) *object {
	if !from.Exists() {
		return nil
	}
	o := &object{Object: from, spec: from.Member("spec"), status: from.Member("status")}
	o.name, _ = observed.String(from.Member("metadata", "name"))
	o.created, _ = observed.String(from.Member("metadata", "creationTimestamp"))
	o.generation, _ = strconv.ParseInt(string(from.Member("metadata", "generation")), 10, 64)
	deleted := from.Member("metadata", "deletionTimestamp")
	o.deleting = deleted != nil && string(deleted) != "null"
	return o
}

// annotation is the value of one annotation.
func (o *object) annotation(key string) string {
	value, _ := observed.String(o.Member("metadata", "annotations", key))
	return value
}

// labelled reports whether there is a label.
func (o *object) labelled(key string) bool { return o.Member("metadata", "labels", key) != nil }

// label is the value of a label; empty without one.
func (o *object) label(key string) string {
	value, _ := observed.String(o.Member("metadata", "labels", key))
	return value
}

// lenient decodes what can be decoded and leaves the rest as it was.
func lenient(raw []byte, into any) {
	if len(raw) > 0 && v1beta1.Unmarshal(raw, into) != nil {
		_ = json.Unmarshal(raw, into) // goes on behind a field of the wrong type
	}
}

// condition is what all conditions share.
type condition struct {
	Type               string                 `json:"type"`
	Status             corev1.ConditionStatus `json:"status"`
	Reason             string                 `json:"reason"`
	Message            string                 `json:"message"`
	ObservedGeneration int64                  `json:"observedGeneration"`
}

// conditions of one object.
type conditions []condition

// get returns the condition of a type; one without status if there is none.
func (cs conditions) get(kind string) condition {
	for _, c := range cs {
		if c.Type == kind {
			return c
		}
	}
	return condition{}
}

func (c condition) isTrue() bool  { return c.Status == corev1.ConditionTrue }
func (c condition) isFalse() bool { return c.Status == corev1.ConditionFalse }
func (c condition) absent() bool  { return c.Status == "" }

// verdict is the condition without its type.
func (c condition) verdict() *verdict {
	switch c.Status {
	case corev1.ConditionTrue, corev1.ConditionFalse:
		return &verdict{c.Status, c.Reason, c.Message}
	}
	return &verdict{corev1.ConditionUnknown, c.Reason, c.Message}
}
