package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/cmd/isvc/lint"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

const lintHelp = `Look for services that are accepted and will not run well. The rules read each
service and the objects that it is turned into.

Every InferenceService of the input is examined, or the ones that NAME or
NAMESPACE/NAME select. Everything else in the input is context, as for render.

A rule is switched off for a service by an annotation with the reason,
isvc.io/lint-ignore.ISVC016: "bounded by a quota", or for many services by a file
that --rules names. JSON and SARIF keep what is ignored, with the reason.

` + clusterHelp + `

Exit status: 0 without findings at or above the severity of --fail-on; 1 with
some; 2 when the input or the command line could not be used.`

const lintExample = `  isvc lint -f service.yaml -f catalogue/
  isvc lint -f . -o sarif --fail-on warning > isvc.sarif`

// failOnNone is the value of --fail-on with which lint never fails because of findings.
const failOnNone = "none"

// lintFlags are the flags of lint.
type lintFlags struct {
	inputFlags
	findingsFlags
	failOn      string
	minSeverity string
	rules       string
}

func newLint(std streams) *cobra.Command {
	flags := &lintFlags{}
	cmd := &cobra.Command{
		Use:     "lint (-f PATH... | --cluster) [NAME...]",
		Short:   "Look for services that are accepted and will not run well",
		Long:    lintHelp,
		Example: lintExample,
		RunE: func(cmd *cobra.Command, names []string) error {
			return flags.lintServices(cmd.Context(), std, names)
		},
	}
	f := cmd.Flags()
	flags.inputFlags.registerFlags(f)
	flags.findingsFlags.registerFlags(f)
	f.StringVar(&flags.minSeverity, "min-severity", "", "least severity of findings that are shown: error, warning or info (default info)")
	f.StringVar(&flags.rules, "rules", "", "file that switches off rules, and sets the least severity")
	f.StringVar(&flags.failOn, "fail-on", string(lint.Error), "least severity that fails: error, warning, info or none")
	return cmd
}

func (f *lintFlags) lintServices(ctx context.Context, std streams, names []string) error {
	settings, err := f.readSettings()
	if err != nil {
		return err
	}
	in, err := f.loadInput(ctx, std, load.Options{Names: names, Explain: true})
	if err != nil {
		return err
	}
	unreadable := in.findingsOfUnreadableInput()
	in.withoutProblemsThatAreFindings().warn(std)
	if err := in.checkServices(); err != nil {
		return err
	}
	findings, broken := checkServices(std, in)
	findings = append(unreadable, findings...)
	shown := settings
	shown.MinSeverity = cmp.Or(lint.Severity(f.minSeverity), settings.MinSeverity)
	if err := f.print(std.out, shown.Apply(findings)); err != nil {
		return err
	}
	return exitWith(in.isUnusable() || broken, f.hasFailure(settings.Apply(findings)))
}

// findingsOfUnreadableInput are the findings about what of the input cannot be read.
func (in *input) findingsOfUnreadableInput() []lint.Finding {
	findings := []lint.Finding{}
	for _, problem := range in.problems {
		if isUnreadable(problem) {
			findings = append(findings, in.findingOfProblem(problem))
		}
	}
	return findings
}

// withoutProblemsThatAreFindings leaves out what is among the findings.
func (in *input) withoutProblemsThatAreFindings() *input {
	out := *in
	out.problems = slices.DeleteFunc(slices.Clone(in.problems), func(problem load.Problem) bool {
		return problem.Severity != load.Warning || problem.Reason == sync.ReasonUnknownField && problem.ObjectName().Kind == kinds.InferenceService
	})
	return &out
}

// readSettings reports values of flags that do not exist, and reads the file that --rules names.
func (f *lintFlags) readSettings() (lint.Settings, error) {
	if f.failOn != failOnNone && !isSeverity(f.failOn) {
		return lint.Settings{}, fmt.Errorf("there is no severity %q: use error, warning, info or none", f.failOn)
	}
	if f.minSeverity != "" && !isSeverity(f.minSeverity) {
		return lint.Settings{}, fmt.Errorf("there is no severity %q: use error, warning or info", f.minSeverity)
	}
	if err := f.findingsFlags.check(); err != nil {
		return lint.Settings{}, err
	}
	var settings lint.Settings
	if f.rules != "" {
		file, err := readFile(f.rules, nil)
		if err != nil {
			return lint.Settings{}, err
		}
		if settings, err = lint.ParseSettings(file.Data); err != nil {
			return lint.Settings{}, fmt.Errorf("%s: %w", f.rules, err)
		}
	}
	return settings, nil
}

func isSeverity(text string) bool { return slices.Contains(lint.Severities(), lint.Severity(text)) }

// linted is what the rules find in a service; only the failure is set where they could not be
// applied.
type linted struct {
	// service has nothing but its identity, because the rest takes memory.
	service   *evaluated
	ignore    map[string]string
	findings  []lint.Finding
	exclusive []string
	failure   string
}

// checkServices applies the rules to the services; broken reports whether the program failed for
// some.
func checkServices(std streams, in *input) (findings []lint.Finding, broken bool) {
	findings = []lint.Finding{}
	names := exclusiveNames{}
	evaluateInOrder(in.requests, func(e *evaluated) linted {
		if e.failed != nil {
			return linted{failure: in.serviceProblem(e, e.whyUnresolved()[0]).String()}
		}
		return linted{
			service: &evaluated{parent: e.parent}, ignore: lint.IgnoreAnnotations(e.request), findings: lint.Check(e.request, e.response), exclusive: e.exclusiveNamesOf(),
		}
	}, func(l linted) {
		if l.failure != "" {
			broken = true
			std.warn(l.failure)
		}
		if l.service != nil {
			parent := l.service.parent
			l.findings = append(l.findings, lint.CheckConflicts(parent.Namespace, parent.Name, l.ignore, names.conflictsOf(l.service.String(), l.exclusive))...)
		}
		for _, found := range l.findings {
			field := ""
			if strings.HasPrefix(found.Object, v1beta1.KindInferenceService+"/") {
				field = found.Field
			}
			in.placeOfService(&found, l.service, field)
			findings = append(findings, found)
		}
	})
	return findings, broken
}

// hasFailure reports whether a finding is at least as bad as --fail-on says.
func (f *lintFlags) hasFailure(findings []lint.Finding) bool {
	return slices.ContainsFunc(findings, func(found lint.Finding) bool {
		return f.failOn != failOnNone && found.Ignored == "" && found.Severity.AtLeast(lint.Severity(f.failOn))
	})
}
