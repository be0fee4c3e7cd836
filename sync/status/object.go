package status

import (
	"encoding/json"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/sync/observed"
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
	observed.Members(raw, func(key, value []byte) {
		switch string(key) {
		case "metadata":
			o.metadata = value
		case "spec":
			o.spec = value
		case "status":
			o.status = value
		}
	})
	observed.Members(o.metadata, func(key, value []byte) {
		switch string(key) {
		case "name":
			o.name, _ = observed.Text(value)
		case "generation":
			o.generation, _ = strconv.ParseInt(string(value), 10, 64)
		case "creationTimestamp":
			o.created, _ = observed.Text(value)
		case "deletionTimestamp":
			o.deleting = string(value) != "null"
		}
	})
	return o
}

// annotation is the value of one annotation.
func (o *object) annotation(key string) string {
	value, _ := observed.Text(observed.Member(observed.Member(o.metadata, "annotations"), key))
	return value
}

// labels are all labels.
func (o *object) labels() map[string]string {
	labels := map[string]string{}
	observed.Members(observed.Member(o.metadata, "labels"), func(key, value []byte) {
		labels[string(key)], _ = observed.Text(value)
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
