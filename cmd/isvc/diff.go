package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/isvc-io/isvc/cmd/isvc/plan"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/effect"
)

const diffHelp = `Compare what InferenceServices should be turned into with the objects that the input
has of them, for example in a dump of a cluster.

Fields are compared as Metacontroller applies them: against what was applied last.
So a field that isvc wants to change and a field that others have changed since are
told apart; isvc puts the latter back. Defaults of the API server and fields that
others added are no difference.

Every InferenceService is compared, or the ones that NAME or NAMESPACE/NAME select.

The JSON has the version ` + plan.DiffAPIVersion + `.

Exit status: 0 when the comparison was made; 1 when a service cannot be resolved,
or an object of the files has a field of the wrong form; 2 when the input or the
command line could not be used; 3 when an effect is as bad as --fail-on says or
worse.`

const diffExample = `  isvc diff --cluster
  isvc diff -f cluster.yaml team-a/chat --full
  isvc diff --cluster --fail-on metadata`

// diffFlags are the flags of diff.
type diffFlags struct {
	currentFlags
	output string
	full   bool
	failOn string
}

func newDiff(std streams) *cobra.Command {
	flags := &diffFlags{}
	cmd := &cobra.Command{
		Use:     "diff (-f PATH... | --cluster) [NAME...]",
		Short:   "Compare what is desired with what a cluster holds",
		Long:    diffHelp,
		Example: diffExample,
		RunE: func(cmd *cobra.Command, names []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, os.Interrupt)
			defer stop()
			return flags.diffServices(ctx, std, names)
		},
	}
	f := cmd.Flags()
	flags.registerFlags(f)
	f.StringVarP(&flags.output, "output", "o", outputText, "form of the output: text or json")
	f.BoolVar(&flags.full, "full", false, "write every field that differs with its values, without secrets")
	f.StringVar(&flags.failOn, "fail-on", "", "least effect with which the comparison fails, such as metadata for any; see isvc plan")
	return cmd
}

func (f *diffFlags) diffServices(ctx context.Context, std streams, names []string) error {
	if err := checkOutputForm(f.output, outputText, outputJSON); err != nil {
		return err
	}
	failOn, err := parseFailOn(f.failOn)
	if err != nil {
		return err
	}
	now, err := f.loadCurrent(ctx, std, names)
	if err != nil {
		return err
	}
	if err := now.checkServices(); err != nil {
		return err
	}
	values, err := valuesFor(f.full)
	if err != nil {
		return err
	}
	diff, err := makeDiff(std, now, values)
	if err != nil {
		return err
	}
	if err := f.printDiff(std, diff); err != nil {
		return err
	}
	switch {
	case now.isUnusable():
		return exitStatus(exitUnusable)
	case failOn > effect.None && diff.Summary.Effect >= failOn:
		std.warn(fmt.Sprintf("the worst effect is %s, and --fail-on is %s", diff.Summary.Effect, failOn))
		return exitStatus(exitTooBad)
	}
	return now.exitStatus(diff.Summary.Unresolved > 0)
}

// parseFailOn reads the flag --fail-on; None without it.
func parseFailOn(text string) (effect.Effect, error) {
	if text == "" {
		return effect.None, nil
	}
	failOn, err := effect.Parse(text)
	switch {
	case err != nil:
		return effect.None, fmt.Errorf("--fail-on: %w", err)
	case failOn == effect.None:
		return effect.None, errors.New("--fail-on none would always fail: leave the flag out, or use metadata")
	}
	return failOn, nil
}

// valuesFor keeps values of fields without secrets where they are asked for; nil where they are not.
func valuesFor(full bool) (*plan.Values, error) {
	if !full {
		return nil, nil
	}
	salt := make([]byte, 32)
	if _, err := rand.Read(salt); err != nil {
		return nil, fmt.Errorf("cannot make a salt: %w", err)
	}
	return plan.NewValues(salt), nil
}

// compared is what was made of one service; the error says why nothing was.
type compared[T any] struct {
	service *T
	err     error
}

// compareAll makes something of each item, shows progress, and joins the errors. A panic concerns one
// item and becomes an error.
func compareAll[I, T any](std streams, items []I, name func(I) string, compare func(I) (*T, error)) ([]*T, error) {
	defer collectLess()()
	var services []*T
	var failures []error
	progress := newProgress(std.err, len(items))
	inOrder(items, func(item I) (out compared[T]) {
		defer func() {
			if cause := recover(); cause != nil {
				out.err = fmt.Errorf("internal error: %v", cause)
			}
			if out.err != nil {
				out.err = fmt.Errorf("cannot compare %s: %w", name(item), out.err)
			}
		}()
		out.service, out.err = compare(item)
		return out
	}, func(c compared[T]) {
		progress.step()
		if c.err != nil {
			failures = append(failures, c.err)
			return
		}
		services = append(services, c.service)
	})
	progress.end()
	return services, errors.Join(failures...)
}

// garbagePercent is how much garbage may be there for what is in use. Most of what a comparison makes is
// garbage, and with Go's 100 a quarter of the time goes into looking for what is not.
const garbagePercent = 300

// collectLess spends memory in place of time, unless the user has decided about it, until the function that
// it returns is called.
func collectLess() (restore func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(garbagePercent)
	return func() { debug.SetGCPercent(before) }
}

func makeDiff(std streams, now *current, values *plan.Values) (*plan.Diff, error) {
	services, err := compareAll(std, now.requests, func(request *sync.Request) string {
		namespace, name := plan.IdentityOf(request)
		return namespace + "/" + name
	}, func(request *sync.Request) (*plan.ServiceDiff, error) { return plan.DiffService(request, values) })
	if err != nil {
		return nil, err
	}
	return plan.NewDiff(services, values), nil
}

func (f *diffFlags) printDiff(std streams, diff *plan.Diff) error {
	if f.output == outputJSON {
		return writeIndented(std.out, diff)
	}
	width, colour := terminalOf(std.out)
	return writeString(std.out, plan.DiffText(diff, plan.TextOptions{Width: width, Full: f.full, Colour: colour}))
}
