package main

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/isvc-io/isvc/cmd/isvc/explain"
	"github.com/isvc-io/isvc/cmd/isvc/picture"
	"github.com/isvc-io/isvc/sync/load"
	"github.com/isvc-io/isvc/sync/observed"
)

const explainHelp = `Explain InferenceServices: whether each is ready, since when, and if not, which
part, what its pod says and what to do; then how it is turned into objects: the
mode of each component, the model, the runtime and the accelerator class that were chosen and
why the others were not, and where each value of the containers comes from.

Every InferenceService of the input is explained, or the ones that NAME or
NAMESPACE/NAME select. Everything else in the input is context, as for render.

The text shows what was chosen and what nearly was; --all shows everything, and of
every value of every object the field that it comes from: the one with which it
changes. The JSON has the version ` + explain.APIVersion + `; with --all also these values.
The table has one line a service, for a fleet. Mermaid and HTML are a picture: what
was given, the components, the objects and the pods, coloured by what is ready. The
HTML is one file that needs no network; the services that need a look come first.

` + clusterHelp + `

Exit status: 0 when all services could be resolved; 1 when some could not (they
are explained too), or when an object of the files has a field of the wrong form;
2 when the input or the command line could not be used.`

const explainExample = `  isvc explain -f service.yaml -f catalogue/ chat
  isvc explain --cluster chat -n prod
  kubectl isvc explain chat -n prod
  isvc explain -A --context production -o table
  isvc explain --cluster chat -n prod -o html > chat.html
  isvc explain -f . -o json | jq '.services[].runtime.chosen'`

// explainFlags are the flags of explain.
type explainFlags struct {
	inputFlags
	output string
	all    bool
}

func newExplain(std streams) *cobra.Command {
	flags := &explainFlags{}
	cmd := &cobra.Command{
		Use:     "explain (-f PATH... | --cluster) [NAME...]",
		Short:   "Explain every choice that is made for InferenceServices",
		Long:    explainHelp,
		Example: explainExample,
		RunE: func(cmd *cobra.Command, names []string) error {
			return flags.explainServices(cmd.Context(), std, names)
		},
	}
	f := cmd.Flags()
	flags.registerFlags(f)
	f.StringVarP(&flags.output, "output", "o", outputText, "form of the output: text, table (one line a service), json, mermaid or html (a picture)")
	f.BoolVar(&flags.all, "all", false, "list every candidate and every value of every object with the field that it comes from")
	return cmd
}

func (f *explainFlags) explainServices(ctx context.Context, std streams, names []string) error {
	if err := checkOutputForm(f.output, outputText, outputTable, outputJSON, outputMermaid, outputHTML); err != nil {
		return err
	}
	in, err := f.loadServices(ctx, std, load.Options{Names: names, Explain: f.output != outputTable})
	if err != nil {
		return err
	}
	if f.output == outputTable {
		unresolved, err := printTable(std, in)
		return errors.Join(err, in.exitStatus(unresolved))
	}
	report, unresolved := f.makeReport(std, in)
	if err := f.printReport(std.out, report); err != nil {
		return err
	}
	return in.exitStatus(unresolved)
}

// printTable computes the services and writes a line for each; unresolved reports whether some of them could
// not be computed.
func printTable(std streams, in *input) (unresolved bool, err error) {
	rows, unresolved := computeEach(std, in, func(e *evaluated) explain.Row {
		model, _ := observed.DecodeString(observed.Member(e.request.Parent, "spec", "model", "name"))
		return explain.NewRow(e.parent.Namespace, e.parent.Name, model, &e.response.Status, e.isDeployed())
	})
	return unresolved, explain.WriteTable(std.out, rows)
}

// makeReport computes and explains the services; unresolved reports whether some of them could not
// be computed.
func (f *explainFlags) makeReport(std streams, in *input) (report *explain.Report, unresolved bool) {
	services, unresolved := computeEach(std, in, func(e *evaluated) explain.Service {
		service := explain.NewService(e.parent.Namespace, e.parent.Name, e.response)
		service.State = explain.NewState(e.parent.Namespace, &e.response.Status, e.isDeployed())
		explain.AddObserved(&service, e.request, e.response)
		if f.all {
			explain.AddLeaves(&service, e.request, e.response)
		}
		return service
	})
	return explain.NewReport(services), unresolved
}

// computeEach computes the services and returns what is made of each, in their order, without those for which
// there is a warning because nothing came of them; unresolved reports whether some could not be computed.
func computeEach[T any](std streams, in *input, of func(*evaluated) T) (values []T, unresolved bool) {
	type outcome struct {
		value      T
		unresolved bool
		failure    string
	}
	evaluateInOrder(in.requests, func(e *evaluated) outcome {
		if e.failed != nil {
			return outcome{failure: in.serviceProblem(e, e.whyUnresolved()[0]).String(), unresolved: true}
		}
		return outcome{value: of(e), unresolved: len(e.whyUnresolved()) > 0}
	}, func(o outcome) {
		unresolved = unresolved || o.unresolved
		if o.failure != "" {
			std.warn(o.failure)
			return
		}
		values = append(values, o.value)
	})
	return values, unresolved
}

func (f *explainFlags) printReport(out io.Writer, report *explain.Report) error {
	switch f.output {
	case outputJSON:
		return writeIndented(out, report)
	case outputMermaid:
		return writeString(out, picture.Mermaid(explain.Picture(report)))
	case outputHTML:
		return picture.HTML(out, explain.Picture(report))
	}
	width, colour := terminalOf(out)
	return writeString(out, explain.Text(report, explain.TextOptions{Width: width, All: f.all, Colour: colour}))
}

// terminalOf returns the width of the terminal that shows an output, and whether it shows colours;
// 0 and false for a file or a pipe. The variable NO_COLOR turns colours off, as
// https://no-color.org says.
func terminalOf(out io.Writer) (width int, colour bool) {
	file, is := out.(*os.File)
	if !is || !term.IsTerminal(int(file.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		width = 0
	}
	return width, os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
