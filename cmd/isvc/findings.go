package main

import (
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/cmd/isvc/check"
	"github.com/isvc-io/isvc/cmd/isvc/lint"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// findingsFlags say how findings are printed.
type findingsFlags struct{ output string }

func (f *findingsFlags) registerFlags(flags *pflag.FlagSet) {
	flags.StringVarP(&f.output, "output", "o", outputText, "form of the output: text, json, sarif, junit, github or markdown")
}

func (f *findingsFlags) check() error {
	return checkOutputForm(f.output, outputText, outputJSON, outputSARIF, outputJUnit, outputGitHub, outputMarkdown)
}

// print prints findings in the form of the flag.
func (f *findingsFlags) print(out io.Writer, findings []lint.Finding) error {
	switch f.output {
	case outputJSON:
		return writeIndented(out, lint.NewReport(findings, thisBuild().Version))
	case outputSARIF:
		return writeIndented(out, lint.ToSARIF(findings, thisBuild().Version))
	case outputJUnit:
		text, err := lint.JUnit(findings)
		if err != nil {
			return cannotWrite(err)
		}
		return writeString(out, text)
	case outputGitHub:
		return writeString(out, lint.GitHub(findings))
	case outputMarkdown:
		return writeString(out, lint.Markdown(findings))
	}
	return writeString(out, lint.Text(findings))
}

// findingOfProblem is a problem of the input as a finding.
func (in *input) findingOfProblem(problem load.Problem) lint.Finding {
	rule := lint.RuleOfInput
	switch {
	case problem.Severity != load.Warning:
		rule = lint.RuleUnreadable
	case problem.Reason == sync.ReasonUnknownField:
		rule = lint.RuleUnknownField
	}
	found := lint.NewFinding(rule, problem.Message)
	found.Field = problem.Field
	found.Object = objectForPeople(problem.ObjectName(), problem.Object)
	if name := problem.ObjectName(); name.Kind == kinds.InferenceService {
		found.Namespace, found.Name, found.Object = name.Namespace, name.Name, v1beta1.KindInferenceService+"/"+name.Name
	}
	at := in.lines.OfProblem(problem)
	if line := lineOfYAMLError.FindStringSubmatch(problem.Message); line != nil && found.Name == "" {
		at.Line, _ = strconv.Atoi(line[2])
		at.Column = 0
		found.Message = line[1] + strings.TrimPrefix(problem.Message, line[0])
	}
	in.placeFinding(&found, problem.File, at)
	return found
}

// lineOfYAMLError finds the line in a message about a document that cannot be parsed, or has a key twice.
var lineOfYAMLError = regexp.MustCompile(`^(is not YAML: |is not JSON: |)line (\d+): `)

// objectForPeople is an object as findings name it: "<kind>/<name>" with the namespace before the name.
func objectForPeople(name load.ObjectName, otherwise string) string {
	if name.Name == "" {
		return otherwise
	}
	kind, _ := name.Kind.NameAndVersion()
	return strings.TrimSpace(kind + "/" + strings.TrimPrefix(name.String(), kind+" "))
}

func (in *input) placeFinding(found *lint.Finding, file string, at load.Position) {
	found.File, found.Line, found.Column = file, at.Line, at.Column
}

// placeOfService places a finding about a field of a service, or about the service: then at the field
// that the message names.
func (in *input) placeOfService(found *lint.Finding, e *evaluated, field string) {
	if field == "" {
		field = in.fieldNamedIn(found.Message, load.ObjectName{Kind: kinds.InferenceService, Namespace: e.parent.Namespace, Name: e.parent.Name})
	}
	in.placeFinding(found, in.set.ServiceFile(e.parent.Namespace, e.parent.Name),
		in.lines.OfProblem(in.set.ServiceProblem(e.parent.Namespace, e.parent.Name, load.Error, finding.Finding{Field: field})))
}

// fieldNamedIn is the first field of an object that a message names, and that the object has at least the
// beginning of; "" where there is none. A field after "Kind/name" is one of that object.
func (in *input) fieldNamedIn(message string, object load.ObjectName) string {
	from, known := in.set.Input(object)
	if !known {
		return ""
	}
	for _, named := range fieldInText.FindAllStringSubmatch(message, -1) {
		if before, path, start := named[1], named[2], named[3]; !strings.Contains(before, "/") && in.lines.Has(from, start) {
			return path
		}
	}
	return ""
}

// fieldInText finds paths of fields: the word before, the path, and its first two names.
var fieldInText = regexp.MustCompile(`(^|\S+ )\(?(((?:spec|metadata)\.[A-Za-z]+)(?:\.[A-Za-z0-9]+|\[[^\]]+\])*)`)

// findingOfService is a finding about a service by a rule.
func (in *input) findingOfService(e *evaluated, rule string, found finding.Finding) lint.Finding {
	out := lint.NewFinding(rule, found.Message)
	if found.Reason != "" {
		out.Message = found.Reason + ": " + found.Message
	}
	out.Namespace, out.Name = e.parent.Namespace, e.parent.Name
	out.Object, out.Field = v1beta1.KindInferenceService+"/"+e.parent.Name, found.Field
	in.placeOfService(&out, e, found.Field)
	return out
}

// findingOfChild is what a cluster says about an object that a service becomes.
func (in *input) findingOfChild(e *evaluated, object string, said check.Finding, origin *check.Origin) lint.Finding {
	rule := lint.RuleRefused
	if said.Severity == check.Warned {
		rule = lint.RuleWarned
	}
	out := lint.NewFinding(rule, said.Message)
	out.Namespace, out.Name, out.Object, out.Field, out.By = e.parent.Namespace, e.parent.Name, object, said.Field, said.By
	in.placeOfService(&out, e, "")
	if origin != nil {
		out.From = &lint.Origin{Object: origin.ObjectName.String(), Field: origin.Field}
		if from, known := in.set.Input(origin.ObjectName); known {
			in.placeFinding(&out, from.File, in.lines.PositionOf(from, origin.Field))
		}
	}
	return out
}
