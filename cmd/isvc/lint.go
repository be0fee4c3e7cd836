package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/isvc-io/isvc/cmd/isvc/lint"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

const lintHelp = `Look for mistakes that are allowed: services that are accepted and will not run
well. The rules read each service and the objects that it is turned into.

Every InferenceService of the input is examined, or those that are named by NAME
or NAMESPACE/NAME. Everything else in the input is context, as for render.

Exit status: 0 without findings of the severity of --fail-on or a worse one; 1
with some; 2 when input or command line could not be used.`

const lintExample = `  isvc lint -f service.yaml -f catalogue/
  isvc lint -f . -o sarif --fail-on warning > isvc.sarif`

// outputSARIF is the form of output for code scanning.
const outputSARIF = "sarif"

// failOnNone lets no finding fail.
const failOnNone = "none"

// lintFlags are the flags of lint.
type lintFlags struct {
	inputFlags
	contextFlags
	output string
	failOn string
}

func newLint(io streams) *cobra.Command {
	flags := &lintFlags{}
	cmd := &cobra.Command{
		Use:     "lint -f PATH... [NAME...]",
		Short:   "Look for services that are accepted and will not run well",
		Long:    lintHelp,
		Example: lintExample,
		RunE:    func(_ *cobra.Command, names []string) error { return flags.run(io, names) },
	}
	flags.inputFlags.register(cmd.Flags())
	f := cmd.Flags()
	f.StringVarP(&flags.output, "output", "o", outputText, "form of the output: text, json or sarif")
	f.StringVar(&flags.failOn, "fail-on", string(lint.Error), "least severity that fails: error, warning, info or none")
	flags.contextFlags.register(f)
	return cmd
}

func (f *lintFlags) run(io streams, names []string) error {
	if err := f.check(); err != nil {
		return err
	}
	options, err := f.options(names)
	if err != nil {
		return err
	}
	options.Explain = true
	asked, err := f.ask(io, options)
	if err != nil {
		return err
	}
	findings, broken := lintAll(io, asked.set, asked.requests)
	switch err := f.print(io.out, findings); {
	case err != nil:
		return err
	case asked.unusable || broken:
		return status(exitUnusable)
	case f.fails(findings):
		return status(exitUnresolved)
	}
	return nil
}

// check reports values of flags that do not exist.
func (f *lintFlags) check() error {
	switch f.output {
	case outputText, outputJSON, outputSARIF:
	default:
		return fmt.Errorf("there is no output form %q: use text, json or sarif", f.output)
	}
	switch f.failOn {
	case string(lint.Error), string(lint.Warning), string(lint.Info), failOnNone:
		return nil
	}
	return fmt.Errorf("there is no severity %q: use error, warning, info or none", f.failOn)
}

// lintAll examines the services; broken reports that the program failed on
// some.
func lintAll(io streams, set *load.Set, requests []*sync.Request) (findings []lint.Finding, broken bool) {
	results := make([][]lint.Finding, len(requests))
	failed := make([]string, len(requests))
	evaluateAll(requests, func(i int, e *evaluated) {
		if e.failed != nil {
			failed[i] = e.String() + ": " + e.failed.Error()
			return
		}
		results[i] = lint.Check(requests[i], e.response)
	})
	findings = []lint.Finding{}
	for i, found := range results {
		if failed[i] != "" {
			broken = true
			io.complain(failed[i])
		}
		for _, finding := range found {
			finding.File = set.ServiceProblem(finding.Namespace, finding.Name, load.Warning, "").File
			findings = append(findings, finding)
		}
	}
	return findings, broken
}

// fails reports whether a finding is as bad as those that fail.
func (f *lintFlags) fails(findings []lint.Finding) bool {
	for _, finding := range findings {
		if f.failOn != failOnNone && finding.Severity.AtLeast(lint.Severity(f.failOn)) {
			return true
		}
	}
	return false
}

func (f *lintFlags) print(out io.Writer, findings []lint.Finding) error {
	switch f.output {
	case outputJSON:
		return writeIndented(out, findings)
	case outputSARIF:
		return writeIndented(out, lint.ToSARIF(findings, thisBuild().Version))
	}
	var text strings.Builder
	for _, finding := range findings {
		text.WriteString(finding.String() + "\n")
	}
	if _, err := io.WriteString(out, text.String()); err != nil {
		return fmt.Errorf("cannot write the output: %w", err)
	}
	return nil
}
