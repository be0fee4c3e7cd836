package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
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
	// File is where the mistake is to be mended: where the service is defined, or the object that From
	// names; empty when that is not known.
	File string `json:"file,omitempty"`
	// Line and Column are the place of the field in the file, or of what is around it, from 1; zero when
	// that is not known.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Namespace and Name identify the InferenceService; empty for a finding about no service.
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
	// Object is the object with the problem, "<kind>/<name>"; empty for a finding about a file.
	Object string `json:"object,omitempty"`
	// From is where the value comes from, when the object is made from the input.
	From *Origin `json:"from,omitempty"`
	// By is whose words the message has, such as "Kubernetes v1.37.2"; empty for this program's.
	By string `json:"by,omitempty"`
	// Ignored is the reason for which the rule is switched off here; empty for a finding that counts.
	Ignored string `json:"ignored,omitempty"`
	// Finding has the field and the message; an empty field means the whole object.
	finding.Finding
}

// Origin is a field of an object of the input.
type Origin struct {
	// Object is "<kind> <namespace>/<name>".
	Object string `json:"object"`
	// Field is the path of the field from the root of the object.
	Field string `json:"field"`
}

// String is the finding in one line: place in the file, severity, service, object and field, message,
// rule.
func (f Finding) String() string {
	parts := []string{string(f.Severity)}
	if f.File != "" {
		parts = []string{f.Place(), string(f.Severity)}
	}
	if f.Name != "" {
		parts = append(parts, "InferenceService "+f.service())
	}
	if where := f.where(); where != "" {
		parts = append(parts, where)
	}
	text := strings.Join(append(parts, f.Text()), ": ") + " [" + f.ID + " " + f.Rule + "]"
	return strings.Join(strings.Fields(text), " ")
}

// where is the object and the field; the object is left out where it is the service.
func (f Finding) where() string {
	if f.Name != "" && f.Object == v1beta1.KindInferenceService+"/"+f.Name {
		return f.Field
	}
	return strings.TrimSpace(f.Object + " " + f.Field)
}

// Place is "file:line:column" as far as that is known.
func (f Finding) Place() string {
	place := f.File
	for _, number := range []int{f.Line, f.Column} {
		if number > 0 {
			place += ":" + strconv.Itoa(number)
		}
	}
	return place
}

// Text is the message with whose words it has, and where the value comes from.
func (f Finding) Text() string {
	text := f.Message
	if f.By != "" {
		text = f.By + ": " + text
	}
	if f.From != nil {
		text += " (from " + f.From.Object + " " + f.From.Field + ")"
	}
	return text
}

// service is "namespace/name" of the service.
func (f Finding) service() string {
	if f.Namespace == "" {
		return f.Name
	}
	return f.Namespace + "/" + f.Name
}

// Check applies every rule to a service. The response must be the answer to the request. The rules
// about the size of the model need its trace, which says what model was chosen; they find nothing
// without it. Findings are sorted by rule, object and field.
func Check(request *sync.Request, response *sync.Response) []Finding {
	return newSubject(request, response).check(Rules())
}

// CheckConflicts applies the rule about what a service has in common with another service and cannot.
//
// The annotations are those of the service that switch off rules, see IgnoreAnnotations.
func CheckConflicts(namespace, name string, annotations map[string]string, conflicts []finding.Finding) []Finding {
	s := &subject{namespace: namespace, name: name, annotations: annotations, conflicts: conflicts, response: &sync.Response{}}
	return s.check([]Rule{*ruleNamed("NeedsWhatAnotherNeeds")})
}

// check applies rules.
func (s *subject) check(rules []Rule) []Finding {
	findings := []Finding{}
	seen := map[Finding]bool{}
	for _, rule := range rules {
		if rule.check == nil {
			continue
		}
		rule.check(s, func(object, field, format string, args ...any) {
			f := Finding{
				ID: rule.ID, Rule: rule.Name, Severity: rule.Severity, Namespace: s.namespace, Name: s.name,
				Object: object, Ignored: reasonToIgnore(rule, s.annotations), Finding: finding.Finding{Field: field, Message: fmt.Sprintf(format, args...)},
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

	// check finds what breaks the rule in the answer for a service; nil where that says nothing of it.
	check func(*subject, report)
}

// IsOfValidate reports whether a rule is about what isvc validate finds in files, and in what isvc-check
// says.
func (r Rule) IsOfValidate() bool { return r.check == nil }
