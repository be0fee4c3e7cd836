// Package finding has the one type for whatever is wrong with a service or worth knowing about it,
// from a misspelt field to an object that cannot be made.
//
// A finding is a value and never a Go error: a mistake of a user ends in a condition of the service
// or in a line on a terminal, and stops nothing else.
package finding

import "github.com/isvc-io/isvc/api/v1beta1"

// Finding says what is wrong or worth knowing, where, and what to do about it. Two findings are the
// same when all fields are equal.
type Finding struct {
	// Subject is the part of the service that is concerned, such as "engine", "ingress" or
	// "engine/canaryTrafficPercent"; empty for the whole service.
	Subject string `json:"subject,omitempty"`
	// Field is the path of the field from the root of its object, such as
	// "spec.engine.minReplicas"; empty where no single field is meant.
	Field string `json:"field,omitempty"`
	// Reason is a CamelCase word from the documented list of reasons.
	Reason string `json:"reason,omitempty"`
	// Message is a sentence for people: what is wrong, where (kind, name, field), and what to do
	// about it.
	Message string `json:"message,omitempty"`
	// ModelReason is what status.modelStatus.lastFailureInfo.reason says of a finding that stops
	// the whole service; empty for any other.
	ModelReason v1beta1.FailureReason `json:"-"`
}
