package main

import (
	"errors"
	"sort"

	"github.com/spf13/cobra"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/hook"
	"github.com/isvc-io/isvc/sync/load"
)

const validateHelp = `Check manifests and print each finding in one line: file, severity, object,
field and message.

Files must be readable, objects must have the fields that their kinds have, and
every InferenceService must resolve with the models and runtimes of the input.

Exit status: 0 without findings, or with warnings only; 1 with errors; 2 when the
input or the command line could not be used.`

// validateFlags are the flags of validate.
type validateFlags struct {
	inputFlags
}

func newValidate(std streams) *cobra.Command {
	flags := &validateFlags{}
	cmd := &cobra.Command{
		Use:     "validate -f PATH...",
		Short:   "Check manifests and print each finding in one line",
		Long:    validateHelp,
		Example: "  isvc validate -f service.yaml -f catalogue/",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return flags.validateManifests(std) },
	}
	flags.registerFlags(cmd.Flags())
	return cmd
}

func (f *validateFlags) validateManifests(std streams) error {
	in, err := f.loadInput(std.in, load.Options{})
	if err != nil {
		return err
	}
	if in.set.ObjectCount() == 0 && len(in.problems) == 0 {
		return errors.New("the input holds no object")
	}
	problems := append(in.problems, validateServices(in)...)
	for _, problem := range problems {
		if err := writeString(std.out, problem.String()+"\n"); err != nil {
			return err
		}
	}
	return validationStatus(in.set, problems)
}

// validationStatus is the exit status for the problems.
func validationStatus(set *load.Set, problems []load.Problem) error {
	found := map[load.Severity]bool{}
	for _, problem := range problems {
		found[problem.Severity] = true
	}
	return exitWith(found[load.Unusable] || set.ObjectCount() == 0, found[load.Error])
}

// validateServices computes every service and returns what is wrong with it, by file. A service
// that the loader could not decode is left out, because it said so.
func validateServices(in *input) []load.Problem {
	reported := in.undecodableObjects()
	var all []load.Problem
	evaluateInOrder(in.requests, func(e *evaluated) []load.Problem {
		if reported[e.String()] {
			return nil
		}
		return validateService(in, e)
	}, func(problems []load.Problem) { all = append(all, problems...) })
	sort.SliceStable(all, func(i, j int) bool { return all[i].File < all[j].File })
	return all
}

func validateService(in *input, e *evaluated) []load.Problem {
	var problems []load.Problem
	report := func(severity load.Severity, found finding.Finding) {
		problems = append(problems, in.serviceProblem(e, severity, found))
	}
	for _, held := range e.whyUnresolved() {
		report(load.Error, held)
	}
	if e.failed != nil || e.response.RetryAfter > 0 {
		return problems
	}
	for _, note := range e.response.Notes {
		if note.Reason != sync.ReasonUnknownField {
			report(load.Warning, note)
		}
	}
	if err := hook.CheckChildren(e.request, e.parent, e.response.Children); err != nil {
		report(load.Error, finding.Finding{Message: "the objects cannot be applied: " + err.Error()})
	}
	return problems
}
