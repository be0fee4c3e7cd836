package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/cmd/isvc/explain"
	"github.com/isvc-io/isvc/cmd/isvc/record"
)

// The version and kind of the output of replay as JSON.
const (
	replayAPIVersion = "isvc.io/replay/v1"
	replayKind       = "Replay"
)

const replayHelp = `Compute recorded calls again, and compare the answers. isvc serve --record
records them.

A recording holds the request without its secrets, the configuration, the time
and the answer, so that the same program gives the same answer on any machine.
Where another version gives another answer, the difference is shown: lines with -
are in the recorded answer, lines with + in the new one.

Exit status: 0 when all answers are the same; 1 when some differ; 2 when a file
or the command line could not be used.`

const replayExample = `  isvc replay isvc-20260506T100000.000Z-000001-team-a_chat.json
  isvc replay --explain recording.json
  isvc replay -o json *.json | jq '.files[] | select(.same | not)'`

// replayFlags are the flags of replay.
type replayFlags struct {
	output  string
	explain bool
}

func newReplay(std streams) *cobra.Command {
	flags := &replayFlags{}
	cmd := &cobra.Command{
		Use:     "replay FILE...",
		Short:   "Compute recorded calls again and compare the answers",
		Long:    replayHelp,
		Example: replayExample,
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(_ *cobra.Command, files []string) error { return flags.replayFiles(std, files) },
	}
	f := cmd.Flags()
	f.StringVarP(&flags.output, "output", "o", outputText, "form of the output: text or json")
	f.BoolVar(&flags.explain, "explain", false, "explain the new answers as isvc explain does")
	return cmd
}

// replayed is one recording and the comparison with the new answer.
type replayed struct {
	File    string         `json:"file"`
	Service string         `json:"service"`
	Program record.Program `json:"recordedBy"`
	Now     string         `json:"now"`
	// Same reports that the answer is the recorded one.
	Same        bool                `json:"same"`
	Children    int                 `json:"children"`
	Hold        *finding.Finding    `json:"hold,omitempty"`
	RetryAfter  string              `json:"retryAfter,omitempty"`
	Failed      string              `json:"failed,omitempty"`
	Differences []record.Difference `json:"differences,omitempty"`
	Explanation *explain.Service    `json:"explanation,omitempty"`
}

// replayReport is the output as JSON.
type replayReport struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Program    record.Program `json:"program"`
	Files      []replayed     `json:"files"`
}

func (f *replayFlags) replayFiles(std streams, files []string) error {
	if err := checkOutputForm(f.output, outputText, outputJSON); err != nil {
		return err
	}
	report := replayReport{APIVersion: replayAPIVersion, Kind: replayKind, Program: thisProgram(), Files: []replayed{}}
	unusable, differs := false, false
	for _, name := range files {
		result, err := f.replayFile(std, name)
		if err != nil {
			std.warn(err.Error())
			unusable = true
			continue
		}
		differs = differs || !result.Same
		report.Files = append(report.Files, *result)
	}
	if err := f.printReport(std, &report); err != nil {
		return err
	}
	return exitWith(unusable, differs)
}

// replayFile computes one recording again.
func (f *replayFlags) replayFile(std streams, name string) (*replayed, error) {
	file, err := readFile(name, std.in)
	if err != nil {
		return nil, err
	}
	recording, err := record.Decode(file.Data)
	if err != nil {
		return nil, fmt.Errorf("cannot replay %s: %w", file.Name, err)
	}
	request := recording.ToRequest()
	request.Explain = f.explain
	e := evaluate(request)
	answer := record.AnswerOf(e.response, e.failed)
	result := &replayed{
		File: file.Name, Service: e.String(), Program: recording.Program, Now: recording.Now.UTC().Format(time.RFC3339),
		Children: len(answer.Children), Hold: answer.Hold, RetryAfter: answer.RetryAfter, Failed: answer.Error,
		Differences: record.CompareAnswers(recording.Answer, answer),
	}
	result.Same = len(result.Differences) == 0
	if f.explain && e.failed == nil {
		service := explain.NewService(e.parent.Namespace, e.parent.Name, e.response)
		result.Explanation = &service
	}
	return result, nil
}

func (f *replayFlags) printReport(std streams, report *replayReport) error {
	if f.output == outputJSON {
		return writeIndented(std.out, report)
	}
	var out strings.Builder
	width, colour := terminalOf(std.out)
	for i := range report.Files {
		file := &report.Files[i]
		out.WriteString(file.asText())
		if file.Explanation != nil {
			out.WriteString("\n" + explain.Text(explain.NewReport([]explain.Service{*file.Explanation}),
				explain.TextOptions{Width: width, Colour: colour}))
		}
	}
	return writeString(std.out, out.String())
}

// asText is the result for people: a line, and what differs.
func (r *replayed) asText() string {
	var out strings.Builder
	verdict := "the same answer"
	if !r.Same {
		verdict = "another answer"
	}
	fmt.Fprintf(&out, "%s: %s, recorded by %s at %s: %s: %s\n", r.File, r.Service, r.Program, r.Now, verdict, r.summarizeAnswer())
	for _, d := range r.Differences {
		fmt.Fprintf(&out, "%s\n", d.Object)
		for _, line := range strings.Split(strings.TrimSuffix(d.Diff, "\n"), "\n") {
			fmt.Fprintf(&out, "  %s\n", line)
		}
	}
	return out.String()
}

// summarizeAnswer is the new answer in a few words.
func (r *replayed) summarizeAnswer() string {
	switch {
	case r.Failed != "":
		return "failed: " + strings.Join(strings.Fields(r.Failed), " ")
	case r.RetryAfter != "":
		return "nothing can be decided yet, to be called again after " + r.RetryAfter
	case r.Hold != nil:
		return fmt.Sprintf("held with %d children: %s", r.Children, r.Hold.Reason)
	}
	return fmt.Sprintf("%d children", r.Children)
}
