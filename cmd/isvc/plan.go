package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/isvc-io/isvc/cmd/isvc/picture"
	"github.com/isvc-io/isvc/cmd/isvc/plan"
	"github.com/isvc-io/isvc/sync/effect"
	"github.com/isvc-io/isvc/sync/load"
)

const planHelp = `Say what an edit does to what runs, before it is made: which services change, what
restarts, how many pods and accelerators, and why.

-f or --cluster says what is: services, their catalogue, the configuration, and best
of all the objects that run, which a dump of a cluster has. The edit is one of

  --with, --without      objects that are made or changed, and objects that go
  --against              another set of files: what would be
  --against-program      another version of isvc: the one that runs now. The plan
                         says what happens when this program takes its place

The plan is made by the function that answers in the cluster: it computes every
service before and after the edit, with everything ready in between. The effects
are, from harmless to harmful: none, metadata, in place, scale, eviction, traffic,
rolling, new revision, recreate, delete.

The JSON has the version ` + plan.APIVersion + `, the form markdown fits a comment on GitHub.
HTML is a picture in one file that needs no network: what is edited, the components,
objects and pods that it reaches, coloured by the effect.

Exit status: 0 when the plan was made; 1 when a service cannot be resolved after the
edit (the plan has the reason); 2 when the command line or some of the input or
the edit could not be used (the plan begins with what is missing); 3 when an effect
is as bad as --fail-on says or worse, or more services restart than --max-restarts
allows.`

const planExample = `  isvc plan --cluster --with runtimes/vllm.yaml
  isvc plan -f cluster.yaml --with runtimes/ --without ClusterServingRuntime/vllm-old
  isvc plan -f main/catalogue -f main/services --against branch/catalogue --against branch/services -o markdown
  isvc plan --cluster --against-program "$(command -v isvc)" --max-restarts 0`

// anyRestarts allows any number of restarts.
const anyRestarts = -1

// planFlags are the flags of plan.
type planFlags struct {
	currentFlags
	with           []string
	without        []string
	against        []string
	againstProgram string
	output         string
	full           bool
	failOn         string
	maxRestarts    int
}

func newPlan(std streams) *cobra.Command {
	flags := &planFlags{}
	cmd := &cobra.Command{
		Use:     "plan (-f PATH... | --cluster) (--with PATH... | --against PATH... | --against-program PATH)",
		Short:   "Say what an edit does to what runs",
		Long:    planHelp,
		Example: planExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%q is no flag: name what is with -f, and the edit with --with, --against or --against-program", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, os.Interrupt)
			defer stop()
			return flags.planEdit(ctx, std)
		},
	}
	f := cmd.Flags()
	flags.registerFlags(f)
	f.StringArrayVar(&flags.with, "with", nil, "file or folder with objects that are made or changed; may be repeated")
	f.StringArrayVar(&flags.without, "without", nil, "object that goes, as KIND/NAME or KIND/NAMESPACE/NAME; may be repeated")
	f.StringArrayVar(&flags.against, "against", nil, "file or folder of the set of files that would be; may be repeated")
	f.StringVar(&flags.againstProgram, "against-program", "", "isvc in the version that runs now")
	f.StringVarP(&flags.output, "output", "o", outputText, "form of the output: text, json, markdown or html (a picture)")
	f.BoolVar(&flags.full, "full", false, "write every changed field with its values, without secrets")
	f.StringVar(&flags.failOn, "fail-on", "", "least effect with which the plan fails: one of those above, with - for a space")
	f.IntVar(&flags.maxRestarts, "max-restarts", anyRestarts, "services that may restart; -1 for any number")
	return cmd
}

func (f *planFlags) planEdit(ctx context.Context, std streams) error {
	failOn, err := f.check()
	if err != nil {
		return err
	}
	now, err := f.loadCurrent(ctx, std, nil)
	if err != nil {
		return err
	}
	options, err := f.makeOptions(ctx, std, now)
	if err != nil {
		return err
	}
	planner := plan.NewPlanner(options)
	if len(planner.Pairs()) == 0 && !now.isWholeCluster && !now.isUnusable() && len(options.Incomplete) == 0 {
		return errors.New("neither the input nor the edit holds an InferenceService")
	}
	report, err := makePlan(std, planner)
	if err != nil {
		return err
	}
	if err := f.printPlan(std, report); err != nil {
		return err
	}
	return f.exitStatus(std, report, failOn, now.isUnusable() || len(options.Incomplete) > 0)
}

// check reports flags that exclude each other, and reads --fail-on.
func (f *planFlags) check() (failOn effect.Effect, err error) {
	if err := checkOutputForm(f.output, outputText, outputJSON, outputMarkdown, outputHTML); err != nil {
		return effect.None, err
	}
	forms := 0
	for _, given := range []bool{len(f.with)+len(f.without) > 0, len(f.against) > 0, f.againstProgram != ""} {
		if given {
			forms++
		}
	}
	switch {
	case forms == 0:
		return effect.None, errors.New("there is no edit: name it with --with, --without, --against or --against-program")
	case forms > 1:
		return effect.None, errors.New("--with and --without, --against, and --against-program are three ways to name an edit: use one of them")
	case f.maxRestarts < anyRestarts:
		return effect.None, fmt.Errorf("--max-restarts %d is no number of services: use 0 or more, or %d for any number", f.maxRestarts, anyRestarts)
	}
	return parseFailOn(f.failOn)
}

// makeOptions says what is compared. A set of files that cannot be read as a whole is an error: what is missing in it
// would count as removed.
func (f *planFlags) makeOptions(ctx context.Context, std streams, now *current) (options plan.Options, err error) {
	options = plan.Options{Before: now.set, After: now.set, Kinds: now.kinds, Config: now.config}
	if options.Values, err = valuesFor(f.full); err != nil {
		return options, err
	}
	if !now.isOfCluster {
		options.Incomplete = unreadableIn(now.problems)
	}
	if f.againstProgram != "" {
		options.Former, err = f.answersOfProgram(ctx, now)
		return options, err
	}
	edit := load.Edit{RemoveOthers: len(f.against) > 0}
	if paths := append(f.with, f.against...); len(paths) > 0 {
		if options.FilesAfter, err = f.read(paths, std); err != nil {
			return options, err
		}
		var problems []load.Problem
		edit.Apply, problems = load.Files(options.FilesAfter, f.namespace)
		for _, problem := range problems {
			std.warn(problem.String())
		}
		unreadable := unreadableIn(problems)
		if len(unreadable) > 0 && edit.RemoveOthers {
			return options, errors.New("there is no plan: some of the files of --against cannot be read, and what is missing would count as removed")
		}
		options.Incomplete = append(options.Incomplete, unreadable...)
		if len(edit.Apply.Inputs()) == 0 && len(options.Incomplete) == 0 {
			std.warn("the edit holds no service and nothing that services depend on, such as a runtime, a model or the configuration")
		}
	}
	if edit.Remove, err = f.removedObjects(now.set); err != nil {
		return options, err
	}
	for _, problem := range now.set.PassedOver(edit) {
		std.warn(problem.String())
	}
	options.After = now.set.After(edit)
	return options, nil
}

// unreadableIn says what could not be read.
func unreadableIn(problems []load.Problem) []string {
	var unreadable []string
	for _, problem := range problems {
		if isUnreadable(problem) {
			unreadable = append(unreadable, problem.String())
		}
	}
	return unreadable
}

// answersOfProgram are the answers of the version that runs now.
func (f *planFlags) answersOfProgram(ctx context.Context, now *current) (*plan.Former, error) {
	program := otherProgram(f.againstProgram)
	version, err := program.version(ctx)
	if err != nil {
		return nil, err
	}
	former, err := program.render(ctx, f, now)
	if err != nil {
		return nil, err
	}
	former.From, former.To = version.String(), thisProgram().String()
	return former, nil
}

// removedObjects are the objects that --without names.
func (f *planFlags) removedObjects(set *load.Set) ([]load.ObjectName, error) {
	exists := map[load.ObjectName]bool{}
	for _, input := range set.Inputs() {
		exists[input.ObjectName] = true
	}
	var names []load.ObjectName
	for _, text := range f.without {
		name, err := f.parseObjectName(text)
		if err != nil {
			return nil, err
		}
		if !exists[name] {
			return nil, fmt.Errorf("--without %s: there is no %s in the input", text, name)
		}
		names = append(names, name)
	}
	return names, nil
}

// parseObjectName reads KIND/NAME or KIND/NAMESPACE/NAME.
func (f *planFlags) parseObjectName(text string) (load.ObjectName, error) {
	parts := strings.Split(text, "/")
	kind, isNamespaced, known := load.InputKind(parts[0])
	switch {
	case !known:
		return load.ObjectName{}, fmt.Errorf("--without %s: no service depends on a %q: give the kind as in a manifest, such as ClusterServingRuntime/NAME", text, parts[0])
	case isNamespaced && len(parts) == 3:
		return load.ObjectName{Kind: kind, Namespace: parts[1], Name: parts[2]}, nil
	case isNamespaced && len(parts) == 2:
		return load.ObjectName{Kind: kind, Namespace: f.namespace, Name: parts[1]}, nil
	case !isNamespaced && len(parts) == 2:
		return load.ObjectName{Kind: kind, Name: parts[1]}, nil
	}
	return load.ObjectName{}, fmt.Errorf("--without %s: write KIND/NAME, or KIND/NAMESPACE/NAME for a kind with namespaces", text)
}

// makePlan compares all services.
func makePlan(std streams, planner *plan.Planner) (*plan.Report, error) {
	services, err := compareAll(std, planner.Pairs(), (*plan.Pair).String, planner.Compare)
	if err != nil {
		return nil, err
	}
	return planner.NewReport(services), nil
}

func (f *planFlags) printPlan(std streams, report *plan.Report) error {
	switch f.output {
	case outputJSON:
		return writeIndented(std.out, report)
	case outputMarkdown:
		return writeString(std.out, plan.Markdown(report))
	case outputHTML:
		return picture.HTML(std.out, plan.Picture(report))
	}
	width, colour := terminalOf(std.out)
	return writeString(std.out, plan.Text(report, plan.TextOptions{Width: width, Full: f.full, Colour: colour}))
}

// exitStatus is the exit status for a plan: what could not be used counts more than what is too bad,
// and that more than a service that cannot be resolved.
func (f *planFlags) exitStatus(std streams, report *plan.Report, failOn effect.Effect, unusable bool) error {
	summary := &report.Summary
	tooBad := false
	if failOn > effect.None && summary.Effect >= failOn {
		std.warn(fmt.Sprintf("the worst effect is %s, and --fail-on is %s", summary.Effect, failOn))
		tooBad = true
	}
	if f.maxRestarts != anyRestarts && summary.Restarts.Services > f.maxRestarts {
		std.warn(fmt.Sprintf("the number of services that restart is %d, and --max-restarts is %d", summary.Restarts.Services, f.maxRestarts))
		tooBad = true
	}
	if tooBad && !unusable {
		return exitStatus(exitTooBad)
	}
	return exitWith(unusable, summary.Unresolved > 0)
}

// progress shows on a terminal how many services are done.
type progress struct {
	out         io.Writer // nil where nobody looks
	done, total int
	shown       time.Time
}

// progressInterval is the time between two lines.
const progressInterval = 200 * time.Millisecond

// newProgress shows progress where the output is a terminal.
func newProgress(out io.Writer, total int) *progress {
	file, is := out.(*os.File)
	if !is || !term.IsTerminal(int(file.Fd())) {
		return &progress{}
	}
	return &progress{out: out, total: total}
}

// step counts a service.
func (p *progress) step() {
	p.done++
	if p.out == nil || time.Since(p.shown) < progressInterval {
		return
	}
	p.shown = time.Now()
	_, _ = fmt.Fprintf(p.out, "\r%d of %d services", p.done, p.total) // nothing depends on it
}

// end clears the line.
func (p *progress) end() {
	if p.out != nil {
		_, _ = fmt.Fprint(p.out, "\r\x1b[K") // nothing depends on it
	}
}
