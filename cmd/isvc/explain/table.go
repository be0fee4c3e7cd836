package explain

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/cmd/isvc/picture"
	"github.com/isvc-io/isvc/cmd/isvc/printable"
	"github.com/isvc-io/isvc/sync/capacity"
)

// Row is a service in one line of a Table.
type Row struct {
	Namespace, Name, Model string
	// Summary is the service in short. Ready is "-" where the input shows no object of the service.
	Summary v1beta1.ServiceSummary
	// Usage is what its pods ask for.
	Usage capacity.Usage
}

// NewRow reads a computed status.
func NewRow(namespace, name, model string, status *v1beta1.InferenceServiceStatus, deployed bool) Row {
	row := Row{Namespace: namespace, Name: name, Model: model}
	if status.Summary != nil {
		row.Summary = *status.Summary
	}
	if !deployed {
		row.Summary.Ready = notDeployed
		if row.Summary.Reason == notCreated {
			row.Summary.Reason = ""
		}
	}
	for _, component := range slices.Sorted(maps.Keys(status.Components)) {
		if w := status.Components[component].Workload; w != nil {
			row.Usage = row.Usage.Plus(capacity.Usage{Pods: w.Pods, Accelerators: w.Accelerators})
		}
	}
	return row
}

// notCreated is the reason of every service of which the input shows no object.
const notCreated = "WorkloadNotCreated"

// WriteTable writes a line for each service, and one for all together.
func WriteTable(out io.Writer, rows []Row) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "NAMESPACE\tNAME\tREADY\tREASON\tMODE\tRUNTIME\tMODEL\tREPLICAS\tPODS\tGPUS") // errors stay until Flush
	states := map[string]int{}
	total := capacity.Usage{}
	for i := range rows {
		row := &rows[i]
		states[row.Summary.Ready]++
		total = total.Plus(row.Usage)
		s := row.Summary
		cells := []string{row.Namespace, row.Name, s.Ready, s.Reason, s.Mode, s.Runtime, row.Model, s.Replicas, fmt.Sprint(row.Usage.Pods), s.Accelerators}
		for j, cell := range cells {
			cells[j] = cmp.Or(printable.Line(cell), "-")
		}
		_, _ = fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("cannot write the table: %w", err)
	}
	_, err := fmt.Fprintf(out, "%s; %s\n", statesInWords(len(rows), states), capacity.InWords(total.Pods, total.Counts()))
	if err != nil {
		return fmt.Errorf("cannot write the table: %w", err)
	}
	return nil
}

// notDeployed is what READY says of a service of which the input shows no object.
const notDeployed = "-"

// readyStates are what READY says, with its words, and how much it matters.
var readyStates = []struct {
	ready, words string
	tone         picture.Tone
}{
	{"True", "ready", picture.Good},
	{"Serving", "not ready and serving as before", picture.Warned},
	{"False", "down", picture.Bad},
	{"Unknown", "on the way", picture.Moving},
	{notDeployed, "not deployed in the input", picture.Quiet},
}

// statesInWords counts services by what READY says: "3 services: 2 ready, 1 down".
func statesInWords(all int, states map[string]int) string {
	words := []string{}
	for _, state := range readyStates {
		if n := states[state.ready]; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, state.words))
		}
	}
	noun := "services"
	if all == 1 {
		noun = "service"
	}
	return fmt.Sprintf("%d %s: %s", all, noun, strings.Join(words, ", "))
}
