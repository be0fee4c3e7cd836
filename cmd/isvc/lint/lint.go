package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/sync"
)

// Severity says how bad a finding is.
type Severity string

const (
	// Error means that the service cannot work as it is written.
	Error Severity = "error"
	// Warning means that the service will probably not work well, or not safely.
	Warning Severity = "warning"
	// Info means a choice that its author should know of.
	Info Severity = "info"
)

// Severities returns all severities, the worst first.
func Severities() []Severity { return []Severity{Error, Warning, Info} }

// AtLeast reports whether a severity is as bad as another, or worse.
func (s Severity) AtLeast(other Severity) bool {
	return slices.Index(Severities(), s) <= slices.Index(Severities(), other)
}

// Finding is one place in which a service breaks a rule.
type Finding struct {
	// ID and Rule identify the rule; they never change their meaning.
	ID   string `json:"id"`
	Rule string `json:"rule"`
	// Severity is how bad it is to break the rule.
	Severity Severity `json:"severity"`
	// File is where the service is defined; empty when that is not known.
	File string `json:"file,omitempty"`
	// Namespace and Name identify the InferenceService.
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Object is the object with the problem, "<kind>/<name>".
	Object string `json:"object"`
	// Finding has the field and the message; an empty field means the whole object.
	finding.Finding
}

// String is the finding in one line.
func (f Finding) String() string {
	place := f.Object
	if f.Field != "" {
		place += " " + f.Field
	}
	service := f.Name
	if f.Namespace != "" {
		service = f.Namespace + "/" + f.Name
	}
	text := fmt.Sprintf("%s: InferenceService %s: %s: %s [%s %s]", f.Severity, service, place, f.Message, f.ID, f.Rule)
	if f.File != "" {
		text = f.File + ": " + text
	}
	return strings.Join(strings.Fields(text), " ")
}

// Check applies every rule to a service. The response must be the answer to the request. The rules
// about the size of the model need its trace, which says what model was chosen; they find nothing
// without it. Findings are sorted by rule, object and field.
func Check(request *sync.Request, response *sync.Response) []Finding {
	s := newSubject(request, response)
	findings := []Finding{}
	seen := map[Finding]bool{}
	for _, rule := range Rules() {
		rule.check(s, func(object, field, format string, args ...any) {
			f := Finding{
				ID: rule.ID, Rule: rule.Name, Severity: rule.Severity, Namespace: s.namespace, Name: s.name,
				Object: object, Finding: finding.Finding{Field: field, Message: fmt.Sprintf(format, args...)},
			}
			if !seen[f] {
				seen[f] = true
				findings = append(findings, f)
			}
		})
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Object, b.Object),
			strings.Compare(a.Field, b.Field), strings.Compare(a.Message, b.Message))
	})
	return findings
}

// report adds a finding about a field of an object.
type report func(object, field, format string, args ...any)

// Rule is one rule.
type Rule struct {
	// ID is stable; the number of a rule that goes is not used again.
	ID string
	// Name is the rule in one CamelCase word.
	Name string
	// Severity of its findings.
	Severity Severity
	// Title is what the rule forbids, Why the harm, Fix what to write instead.
	Title, Why, Fix string

	check func(*subject, report)
}
