package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/isvc-io/isvc/cmd/isvc/explain"
	"github.com/isvc-io/isvc/sync/load"
)

const explainHelp = `Explain how InferenceServices are turned into objects: the mode of each
component, the model, the runtime and the accelerator class that were chosen and
why the others were not, and where each value of the containers comes from.

Every InferenceService of the input is explained, or the ones that NAME or
NAMESPACE/NAME select. Everything else in the input is context, as for render.

The text shows what was chosen and what nearly was; --all shows everything. The
JSON is always complete and has the version ` + explain.APIVersion + `.

Exit status: 0 when all services could be resolved; 1 when some could not (they
are explained too); 2 when the input or the command line could not be used.`

const explainExample = `  isvc explain -f service.yaml -f catalogue/ chat
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
		Use:     "explain -f PATH... [NAME...]",
		Short:   "Explain every choice that is made for InferenceServices",
		Long:    explainHelp,
		Example: explainExample,
		RunE:    func(_ *cobra.Command, names []string) error { return flags.explainServices(std, names) },
	}
	f := cmd.Flags()
	flags.registerFlags(f)
	f.StringVarP(&flags.output, "output", "o", outputText, "form of the output: text or json")
	f.BoolVar(&flags.all, "all", false, "list every candidate and every value in the text form")
	return cmd
}

func (f *explainFlags) explainServices(std streams, names []string) error {
	if err := checkOutputForm(f.output, outputText, outputJSON); err != nil {
		return err
	}
	in, err := f.loadServices(std, load.Options{Names: names, Explain: true})
	if err != nil {
		return err
	}
	report, unresolved := makeReport(std, in)
	if err := f.printReport(std.out, report); err != nil {
		return err
	}
	return exitWith(in.isUnusable(), unresolved)
}

// explained is the explanation of a service; only the failure is set where there is none.
type explained struct {
	service    explain.Service
	unresolved bool
	failure    string
}

// makeReport computes and explains the services; unresolved reports whether some of them could not
// be computed.
func makeReport(std streams, in *input) (report *explain.Report, unresolved bool) {
	var services []explain.Service
	evaluateInOrder(in.requests, func(e *evaluated) explained {
		if e.failed != nil {
			return explained{failure: in.serviceProblem(e, load.Error, e.whyUnresolved()[0]).String(), unresolved: true}
		}
		return explained{service: explain.NewService(e.parent.Namespace, e.parent.Name, e.response), unresolved: len(e.whyUnresolved()) > 0}
	}, func(e explained) {
		unresolved = unresolved || e.unresolved
		if e.failure != "" {
			std.warn(e.failure)
			return
		}
		services = append(services, e.service)
	})
	return explain.NewReport(services), unresolved
}

func (f *explainFlags) printReport(out io.Writer, report *explain.Report) error {
	if f.output == outputJSON {
		return writeIndented(out, report)
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
