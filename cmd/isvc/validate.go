package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/cmd/isvc/check"
	"github.com/isvc-io/isvc/cmd/isvc/lint"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/hook"
	"github.com/isvc-io/isvc/sync/load"
	"github.com/isvc-io/isvc/sync/resolve"
)

const validateHelp = `Find what a cluster would refuse, without a cluster: one line for each finding with
its place in the files, the object, the field and the message.

Files must be readable, and every object must have only the fields of its kind and
be accepted by the definition of its kind. Every InferenceService must resolve with
the models and runtimes of the input, and no two may need an object of one name or a
route of one host.

The objects that services become are checked by isvc-check, a program beside isvc or
in PATH: it has the validation of Kubernetes, the definitions of the operators and
the rules of pods. A finding says from which field of the input a refused value
comes. Without the program, one line on standard error says that this was not done.

` + clusterHelp + `

Exit status: 0 without findings, or with warnings only; 1 with errors; 2 when the
input or the command line could not be used.`

const validateExample = `  isvc validate -f service.yaml -f catalogue/
  isvc validate -f . --check required -o github`

// The values of --check.
const (
	checkAuto     = "auto"
	checkRequired = "required"
	checkOff      = "off"
)

// validateFlags are the flags of validate.
type validateFlags struct {
	inputFlags
	findingsFlags
	check string
}

func newValidate(std streams) *cobra.Command {
	flags := &validateFlags{}
	cmd := &cobra.Command{
		Use:     "validate (-f PATH... | --cluster)",
		Short:   "Find what a cluster would refuse, without a cluster",
		Long:    validateHelp,
		Example: validateExample,
		Args:    noNames,
		RunE:    func(cmd *cobra.Command, _ []string) error { return flags.validateManifests(cmd.Context(), std) },
	}
	flags.inputFlags.registerFlags(cmd.Flags())
	flags.findingsFlags.registerFlags(cmd.Flags())
	cmd.Flags().StringVar(&flags.check, "check", checkAuto,
		"whether isvc-check checks the objects that services become: auto (where it is installed), required or off")
	return cmd
}

func (f *validateFlags) validateManifests(ctx context.Context, std streams) (err error) {
	if err := f.findingsFlags.check(); err != nil {
		return err
	}
	in, err := f.loadInput(ctx, std, load.Options{})
	if err != nil {
		return err
	}
	if in.set.ObjectCount() == 0 && len(in.problems) == 0 {
		return errors.New("the input holds no object")
	}
	program, err := f.startCheck(ctx, std)
	if err != nil {
		return err
	}
	if program != nil {
		defer func() { err = errors.Join(err, program.Stop()) }()
	}
	var findings []lint.Finding
	for _, problem := range in.problems {
		findings = append(findings, in.findingOfProblem(problem))
	}
	refused, err := in.refusedInputs(program)
	if err != nil {
		return err
	}
	ofServices, err := in.validateServices(program)
	if err != nil {
		return err
	}
	findings = slices.Concat(findings, refused, ofServices)
	if err := f.print(std.out, in.inOrder(findings)); err != nil {
		return err
	}
	return exitWith(in.isUnusable(), slices.ContainsFunc(findings, isError))
}

func isError(found lint.Finding) bool { return found.Severity == lint.Error }

// startCheck starts isvc-check; nil where it is not used.
func (f *validateFlags) startCheck(ctx context.Context, std streams) (*check.Program, error) {
	if !slices.Contains([]string{checkAuto, checkRequired, checkOff}, f.check) {
		return nil, fmt.Errorf("there is no value %q of --check: use auto, required or off", f.check)
	}
	if f.check == checkOff {
		return nil, nil
	}
	path := check.FindProgram()
	if path == "" {
		const absent = "isvc-check is neither beside isvc nor in PATH: what a cluster says to the objects of the services was not checked"
		if f.check == checkRequired {
			return nil, errors.New(absent)
		}
		std.warn(absent)
		return nil, nil
	}
	return check.Start(ctx, path)
}

// inOrder sorts findings by file, in the order of the input, and line.
func (in *input) inOrder(findings []lint.Finding) []lint.Finding {
	rank := map[string]int{}
	for _, file := range in.files {
		rank[file] = len(rank)
	}
	slices.SortStableFunc(findings, func(a, b lint.Finding) int {
		if a.File != b.File {
			return rank[a.File] - rank[b.File]
		}
		return a.Line - b.Line
	})
	return findings
}

// validateServices computes every service and returns what is wrong with it and with the objects that
// it becomes. A service that the loader could not decode is left out, because it said so.
func (in *input) validateServices(program *check.Program) ([]lint.Finding, error) {
	reported := in.undecodableObjects()
	var all []lint.Finding
	var broken error
	names := exclusiveNames{}
	evaluateInOrder(in.requests, func(e *evaluated) validated {
		if reported[e.String()] {
			return validated{}
		}
		v := validated{service: &evaluated{parent: e.parent}, findings: validateService(e), exclusive: e.exclusiveNamesOf()}
		v.refused, v.failed = refusedChildren(program, e)
		return v
	}, func(v validated) {
		broken = errors.Join(broken, v.failed)
		if v.service == nil {
			return
		}
		for _, found := range v.findings {
			all = append(all, in.findingOfService(v.service, found.rule, found.Finding))
		}
		for _, found := range v.refused {
			all = append(all, in.findingOfChild(v.service, found.object, found.Finding, found.origin))
		}
		for _, conflict := range names.conflictsOf(v.service.String(), v.exclusive) {
			all = append(all, in.findingOfService(v.service, lint.RuleConflict, conflict))
		}
	})
	return all, broken
}

// validated is what is wrong with a service, and what it needs for itself.
type validated struct {
	// service has nothing but its identity, because the rest takes memory.
	service   *evaluated
	findings  []ruledFinding
	refused   []refusedChild
	exclusive []string
	// failed says why the objects of the service could not be checked.
	failed error
}

// ruledFinding is a finding, and the rule to which it belongs.
type ruledFinding struct {
	rule string
	finding.Finding
}

func validateService(e *evaluated) []ruledFinding {
	var findings []ruledFinding
	for _, held := range e.whyUnresolved() {
		rule := lint.RuleUnresolved
		if held.Reason == resolve.ModelMetadataMissing {
			rule = lint.RuleMetadata
		}
		findings = append(findings, ruledFinding{rule, held})
	}
	if e.failed != nil || e.response.RetryAfter > 0 {
		return findings
	}
	for _, f := range e.response.Findings {
		if f.Reason != sync.ReasonUnknownField { // the loader says in which line
			findings = append(findings, ruledFinding{lint.RuleOfReason(f.Reason), f})
		}
	}
	if err := hook.CheckChildren(e.request, e.parent, e.response.Children); err != nil {
		findings = append(findings, ruledFinding{lint.RuleRefused, finding.Finding{Message: "the objects cannot be applied: " + err.Error()}})
	}
	return findings
}

// refusedChild is what a cluster says about an object that a service becomes.
type refusedChild struct {
	// object is "<kind>/<name>".
	object string
	check.Finding
	// origin is where the value comes from; nil where that is not one place.
	origin *check.Origin
}

// refusedChildren asks isvc-check about the objects that a service becomes.
func refusedChildren(program *check.Program, e *evaluated) ([]refusedChild, error) {
	if program == nil || e.failed != nil || e.response.Hold != nil || len(e.response.Children) == 0 {
		return nil, nil
	}
	var objects []json.RawMessage
	for _, child := range e.response.Children {
		raw, err := json.Marshal(child.Object)
		if err != nil {
			return nil, fmt.Errorf("cannot write %s/%s: %w", child.GetKind(), child.GetName(), err)
		}
		objects = append(objects, raw)
	}
	results, err := program.Check(objects)
	if err != nil {
		return nil, err
	}
	var refused []refusedChild
	for i, result := range results {
		child := e.response.Children[i]
		for _, said := range result.Findings {
			refused = append(refused, refusedChild{child.GetKind() + "/" + child.GetName(), said, originOf(e, child, said)})
		}
	}
	return oncePerOrigin(refused), nil
}

// oncePerOrigin keeps the first of what is said about one value of the input, which may be in many objects, and names
// the others in its message.
func oncePerOrigin(refused []refusedChild) []refusedChild {
	type mistake struct {
		check.Origin
		severity check.Severity
		message  string
	}
	var kept []refusedChild
	keptAt, alsoIn := map[mistake]int{}, map[int][]string{}
	for _, r := range refused {
		if r.origin != nil {
			same := mistake{*r.origin, r.Severity, r.Message}
			if at, known := keptAt[same]; known {
				if r.object != kept[at].object && !slices.Contains(alsoIn[at], r.object) {
					alsoIn[at] = append(alsoIn[at], r.object)
				}
				continue
			}
			keptAt[same] = len(kept)
		}
		kept = append(kept, r)
	}
	for at, objects := range alsoIn {
		kept[at].Message += "; the same in " + strings.Join(objects, ", ")
	}
	return kept
}

// originOf is where a value in an object comes from; nil where that is not one place.
func originOf(e *evaluated, object *unstructured.Unstructured, said check.Finding) *check.Origin {
	if said.Field == "" {
		return nil
	}
	origin, found := check.OriginOf(e.request, object, said.Field)
	if !found {
		return nil
	}
	return &origin
}
