package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/isvc-io/isvc/cmd/isvc/lint"
	"github.com/isvc-io/isvc/sync/load"
)

const lintHelp = `Look for services that are accepted and will not run well. The rules read each
service and the objects that it is turned into.

Every InferenceService of the input is examined, or the ones that NAME or
NAMESPACE/NAME select. Everything else in the input is context, as for render.

Exit status: 0 without findings at or above the severity of --fail-on; 1 with
some; 2 when the input or the command line could not be used.`

const lintExample = `  isvc lint -f service.yaml -f catalogue/
  isvc lint -f . -o sarif --fail-on warning > isvc.sarif`

// failOnNone is the value of --fail-on with which lint never fails because of findings.
const failOnNone = "none"

// lintFlags are the flags of lint.
type lintFlags struct {
	inputFlags
	output string
	failOn string
}

func newLint(std streams) *cobra.Command {
	flags := &lintFlags{}
	cmd := &cobra.Command{
		Use:     "lint -f PATH... [NAME...]",
		Short:   "Look for services that are accepted and will not run well",
		Long:    lintHelp,
		Example: lintExample,
		RunE:    func(_ *cobra.Command, names []string) error { return flags.lintServices(std, names) },
	}
	f := cmd.Flags()
	flags.registerFlags(f)
	f.StringVarP(&flags.output, "output", "o", outputText, "form of the output: text, json or sarif")
	f.StringVar(&flags.failOn, "fail-on", string(lint.Error), "least severity that fails: error, warning, info or none")
	return cmd
}

func (f *lintFlags) lintServices(std streams, names []string) error {
	if err := f.checkFlags(); err != nil {
		return err
	}
	in, err := f.loadServices(std, load.Options{Names: names, Explain: true})
	if err != nil {
		return err
	}
	findings, broken := checkServices(std, in)
	if err := f.printFindings(std.out, findings); err != nil {
		return err
	}
	return exitWith(in.isUnusable() || broken, f.hasFailure(findings))
}

// checkFlags reports values of flags that do not exist.
func (f *lintFlags) checkFlags() error {
	switch f.failOn {
	case string(lint.Error), string(lint.Warning), string(lint.Info), failOnNone:
		return checkOutputForm(f.output, outputText, outputJSON, outputSARIF)
	}
	return fmt.Errorf("there is no severity %q: use error, warning, info or none", f.failOn)
}

// linted is what the rules find in a service; only the failure is set where they could not be
// applied.
type linted struct {
	findings []lint.Finding
	failure  string
}

// checkServices applies the rules to the services; broken reports whether the program failed for
// some.
func checkServices(std streams, in *input) (findings []lint.Finding, broken bool) {
	findings = []lint.Finding{}
	evaluateInOrder(in.requests, func(e *evaluated) linted {
		if e.failed != nil {
			return linted{failure: in.serviceProblem(e, load.Error, e.whyUnresolved()[0]).String()}
		}
		found := lint.Check(e.request, e.response)
		for i := range found {
			found[i].File = in.set.ServiceFile(found[i].Namespace, found[i].Name)
		}
		return linted{findings: found}
	}, func(l linted) {
		if l.failure != "" {
			broken = true
			std.warn(l.failure)
		}
		findings = append(findings, l.findings...)
	})
	return findings, broken
}

// hasFailure reports whether a finding is at least as bad as --fail-on says.
func (f *lintFlags) hasFailure(findings []lint.Finding) bool {
	return slices.ContainsFunc(findings, func(found lint.Finding) bool {
		return f.failOn != failOnNone && found.Severity.AtLeast(lint.Severity(f.failOn))
	})
}

func (f *lintFlags) printFindings(out io.Writer, findings []lint.Finding) error {
	switch f.output {
	case outputJSON:
		return writeIndented(out, findings)
	case outputSARIF:
		return writeIndented(out, lint.ToSARIF(findings, thisBuild().Version))
	}
	var text strings.Builder
	for _, found := range findings {
		text.WriteString(found.String() + "\n")
	}
	return writeString(out, text.String())
}
