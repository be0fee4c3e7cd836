package load

import (
	"strconv"
	"strings"

	"github.com/isvc-io/isvc/api/finding"
)

// Severity says what a Problem means for the input.
type Severity string

const (
	// Warning marks input that was understood, but perhaps not as its author meant it.
	Warning Severity = "warning"
	// Error marks an object that was loaded and cannot be decoded: no service that needs it can be
	// served.
	Error Severity = "error"
	// Unusable marks input that could not be loaded at all.
	Unusable Severity = "unusable"
)

// Problem is a finding about the input, with its place in the files.
type Problem struct {
	// File is the name of the file.
	File string `json:"file"`
	// Document counts the documents of the file that are not empty, from 1; 0 means the file as a
	// whole.
	Document int `json:"document,omitempty"`
	// Object is "Kind namespace/name", empty when it is not known.
	Object string `json:"object,omitempty"`
	finding.Finding
	// Severity says whether the input could be used.
	Severity Severity `json:"severity"`

	// name identifies the object where it is known.
	name ObjectName
	// isForeign is true for a document that is no object of Kubernetes.
	isForeign bool
}

// ObjectName identifies the object; its name is empty where it is not known.
func (p Problem) ObjectName() ObjectName { return p.name }

// String is the problem in one line: file, severity, object, field, reason, subject, message. The
// document follows the file where no object is named.
func (p Problem) String() string {
	parts := []string{p.File}
	if p.Object == "" && p.Document > 0 {
		parts[0] += " document " + strconv.Itoa(p.Document)
	}
	severity := p.Severity
	if severity == Unusable {
		severity = Error
	}
	for _, part := range []string{string(severity), p.Object, p.Field, p.Reason, p.Subject, p.Message} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return joinLines(strings.Join(parts, ": "))
}

// joinLines makes one line of a string.
func joinLines(text string) string {
	return strings.Join(strings.Fields(text), " ")
}
