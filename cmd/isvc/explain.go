package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/isvc-io/isvc/cmd/isvc/explain"
	"github.com/isvc-io/isvc/sync"
)

const explainHelp = `Explain how InferenceServices are turned into objects: the mode of each
component, the model, the runtime and the accelerator class that were taken and
what spoke against the others, and where each value of the containers comes from.

Every InferenceService of the input is explained, or those that are named by NAME
or NAMESPACE/NAME. Everything else in the input is context, as for render.

The text shows what was chosen and what came close; --all shows everything. The
JSON is always complete and has the version ` + explain.APIVersion + `.

Exit status: 0 when all services could be resolved; 1 when some could not (they
are explained too); 2 when input or command line could not be used.`

const explainExample = `  isvc explain -f service.yaml -f catalogue/ chat
  isvc explain -f . -o json | jq '.services[].runtime.chosen'`

// outputText is a form of output for people.
const outputText = "text"

// explainFlags are the flags of explain.
type explainFlags struct {
	inputFlags
	contextFlags
	output string
	all    bool
}

func newExplain(io streams) *cobra.Command {
	flags := &explainFlags{}
	cmd := &cobra.Command{
		Use:     "explain -f PATH... [NAME...]",
		Short:   "Explain every choice that is made for InferenceServices",
		Long:    explainHelp,
		Example: explainExample,
		RunE:    func(_ *cobra.Command, names []string) error { return flags.run(io, names) },
	}
	flags.inputFlags.register(cmd.Flags())
	f := cmd.Flags()
	f.StringVarP(&flags.output, "output", "o", outputText, "form of the output: text or json")
	f.BoolVar(&flags.all, "all", false, "list every candidate and every value in the text")
	flags.contextFlags.register(f)
	return cmd
}

func (f *explainFlags) run(io streams, names []string) error {
	if f.output != outputText && f.output != outputJSON {
		return fmt.Errorf("there is no output form %q: use text or json", f.output)
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
	report, unresolved := explainAll(io, asked.requests)
	switch err := f.print(io.out, report); {
	case err != nil:
		return err
	case asked.unusable:
		return status(exitUnusable)
	case unresolved:
		return status(exitUnresolved)
	}
	return nil
}

// explainAll computes and explains the services; unresolved reports whether
// some of them could not be computed.
func explainAll(io streams, requests []*sync.Request) (report *explain.Report, unresolved bool) {
	results := make([]*evaluated, len(requests))
	evaluateAll(requests, func(i int, e *evaluated) { results[i] = e })
	var services []explain.Service
	for _, e := range results {
		unresolved = unresolved || len(e.unresolved()) > 0
		if e.failed != nil {
			io.complain(e.String() + ": Failed: " + e.failed.Error())
			continue
		}
		services = append(services, explain.Of(e.parent.Namespace, e.parent.Name, e.response))
	}
	return explain.New(services), unresolved
}

func (f *explainFlags) print(out io.Writer, report *explain.Report) error {
	if f.output == outputJSON {
		return writeIndented(out, report)
	}
	width, colour := terminal(out)
	text := explain.Text(report, explain.TextOptions{Width: width, All: f.all, Colour: colour})
	if _, err := io.WriteString(out, text); err != nil {
		return fmt.Errorf("cannot write the output: %w", err)
	}
	return nil
}

// writeIndented writes a value as JSON for people.
func writeIndented(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("cannot write the output: %w", err)
	}
	return nil
}

// terminal is the width of the terminal that an output leads to and whether it
// shows colours; 0 and false for a file or a pipe. The variable NO_COLOR turns
// colours off, as by https://no-color.org.
func terminal(out io.Writer) (width int, colour bool) {
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
