// Package check is what isvc and the program isvc-check say to each other.
//
// isvc-check has the validation of Kubernetes and of the operators whose kinds isvc makes. It is a
// program of its own because that code is several times as large as isvc. It reads one JSON object a
// line from standard input and writes one a line to standard output: first a Hello, then a Result for
// each Request, in the order of the requests. It ends at the end of its input.
package check

import "encoding/json"

// Version is the version of the protocol. Fields may be added within a version; a field that goes or
// changes its meaning needs another one.
const Version = 1

// Hello is the first line that isvc-check writes.
type Hello struct {
	// Protocol is the version of the protocol.
	Protocol int `json:"protocol"`
	// Program is the version of isvc-check.
	Program string `json:"program"`
	// Kubernetes is the version whose validation it has.
	Kubernetes string `json:"kubernetes"`
	// Kinds are the kinds that it can check, such as "Deployment.apps/v1", and whose rules it has for
	// each, such as "k8s.io/kubernetes v1.37.2".
	Kinds map[string]string `json:"kinds"`
}

// Request asks what a cluster would say to an object that is created.
type Request struct {
	// Object is the object as it would be sent.
	Object json.RawMessage `json:"object"`
}

// Result is the answer to a request.
type Result struct {
	// Unknown is true where isvc-check has no rules for the kind of the object: nothing was checked.
	Unknown bool `json:"unknown,omitempty"`
	// Findings are what the cluster would say, in the order of the fields.
	Findings []Finding `json:"findings,omitempty"`
}

// Severity says what a finding means.
type Severity string

const (
	// Refused: the cluster does not take the object.
	Refused Severity = "error"
	// Warned: the cluster takes the object and warns.
	Warned Severity = "warning"
)

// Finding is one thing that a cluster would say about an object.
type Finding struct {
	Severity Severity `json:"severity"`
	// Field is the path of the field, such as "spec.template.spec.containers[0].image"; empty for the
	// whole object.
	Field string `json:"field,omitempty"`
	// Cause is Kubernetes' word for what is wrong, such as "FieldValueInvalid"; "FieldUnknown" for a
	// field that the kind does not have.
	Cause string `json:"cause,omitempty"`
	// Message is the sentence of the code that refuses the object.
	Message string `json:"message"`
	// By is who refuses it, such as "k8s.io/kubernetes v1.37.2".
	By string `json:"by"`
}

// Causes that are no words of Kubernetes.
const (
	// CauseUnknownField is a field that the kind does not have. kubectl refuses it by default.
	CauseUnknownField = "FieldUnknown"
	// CauseUnreadable is an object that cannot be decoded.
	CauseUnreadable = "Unreadable"
	// CauseAdmission is what an admission webhook of an operator says without naming a field.
	CauseAdmission = "Admission"
)
