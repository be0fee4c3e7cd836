package main

import (
	"errors"
	"fmt"
	"sort"

	"github.com/spf13/cobra"

	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/hook"
	"github.com/isvc-io/isvc/sync/load"
)

const validateHelp = `Check manifests and print each finding in one line: file, severity, object,
field and message.

Files must be readable, objects must have the fields that their kinds have, and
every InferenceService must resolve with the models and runtimes of the input.

Exit status: 0 without findings, or with warnings only; 1 with errors; 2 when
input or command line could not be used.`

// validateFlags are the flags of validate.
type validateFlags struct {
	inputFlags
	contextFlags
}

func newValidate(io streams) *cobra.Command {
	flags := &validateFlags{}
	cmd := &cobra.Command{
		Use:     "validate -f PATH...",
		Short:   "Check manifests and print each finding in one line",
		Long:    validateHelp,
		Example: "  isvc validate -f service.yaml -f catalogue/",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return flags.run(io) },
	}
	flags.inputFlags.register(cmd.Flags())
	flags.contextFlags.register(cmd.Flags())
	return cmd
}

func (f *validateFlags) run(io streams) error {
	options, err := f.options(nil)
	if err != nil {
		return err
	}
	set, problems, err := f.load(io.in)
	if err != nil {
		return err
	}
	if set.Objects() == 0 && len(problems) == 0 {
		return errors.New("the input holds no object")
	}
	problems = append(problems, check(set, options, problems)...)
	for _, problem := range problems {
		if _, err := fmt.Fprintln(io.out, problem); err != nil {
			return fmt.Errorf("cannot write the output: %w", err)
		}
	}
	return verdict(set, problems)
}

// verdict is the exit status for the findings.
func verdict(set *load.Set, problems []load.Problem) error {
	found := map[load.Severity]bool{}
	for _, problem := range problems {
		found[problem.Severity] = true
	}
	switch {
	case found[load.Unusable] || set.Objects() == 0:
		return status(exitUnusable)
	case found[load.Error]:
		return status(exitUnresolved)
	}
	return nil
}

// check computes every service and returns what it finds. What the loader said
// about a service's fields is not said again.
func check(set *load.Set, options load.Options, known []load.Problem) []load.Problem {
	undecodable := undecodable(known)
	requests := set.Requests(options)
	findings := make([][]load.Problem, len(requests))
	evaluateAll(requests, func(i int, e *evaluated) {
		if !undecodable[e.String()] {
			findings[i] = checkService(set, requests[i], e)
		}
	})
	var all []load.Problem
	for _, found := range findings {
		all = append(all, found...)
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].File < all[j].File })
	return all
}

// undecodable are the objects that the loader could not decode.
func undecodable(known []load.Problem) map[string]bool {
	objects := map[string]bool{}
	for _, problem := range known {
		objects[problem.Object] = objects[problem.Object] || problem.Severity == load.Error
	}
	return objects
}

func checkService(set *load.Set, request *sync.Request, e *evaluated) []load.Problem {
	report := func(severity load.Severity, message string) load.Problem {
		return set.ServiceProblem(e.parent.Namespace, e.parent.Name, severity, message)
	}
	var found []load.Problem
	for _, why := range e.unresolved() {
		found = append(found, report(load.Error, why))
	}
	if e.failed != nil || e.response.RetryAfter > 0 {
		return found
	}
	for _, note := range e.response.Notes {
		if note.Reason != sync.ReasonUnknownField {
			found = append(found, report(load.Warning, note.Reason+": "+note.Message))
		}
	}
	if err := hook.CheckChildren(request, e.parent, e.response.Children); err != nil {
		found = append(found, report(load.Error, "the objects cannot be applied: "+err.Error()))
	}
	return found
}
