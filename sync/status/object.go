package status

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
)

// object is the part that all observed objects share. Fields of the wrong type
// count as absent: the API server has checked them, and a file of a user must
// not stop a status.
type object struct {
	name       string
	generation int64
	created    string
	deleting   bool
	metadata   []byte
	spec       []byte
	status     []byte
}

// decode splits an object; nil where there is none.
func decode(raw json.RawMessage) *object {
	if len(raw) == 0 {
		return nil
	}
	o := &object{}
	members(raw, func(key, value []byte) {
		switch string(key) {
		case "metadata":
			o.metadata = value
		case "spec":
			o.spec = value
		case "status":
			o.status = value
		}
	})
	members(o.metadata, func(key, value []byte) {
		switch string(key) {
		case "name":
			lenient(value, &o.name)
		case "generation":
			lenient(value, &o.generation)
		case "creationTimestamp":
			lenient(value, &o.created)
		case "deletionTimestamp":
			o.deleting = string(value) != "null"
		}
	})
	return o
}

// annotation is the value of one annotation.
func (o *object) annotation(key string) string {
	var value string
	lenient(member(member(o.metadata, "annotations"), key), &value)
	return value
}

// labels are all labels.
func (o *object) labels() map[string]string {
	labels := map[string]string{}
	members(member(o.metadata, "labels"), func(key, value []byte) {
		var text string
		lenient(value, &text)
		labels[string(key)] = text
	})
	return labels
}

// lenient decodes what can be decoded and leaves the rest as it was.
func lenient(raw []byte, into any) {
	if len(raw) > 0 {
		_ = json.Unmarshal(raw, into)
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
