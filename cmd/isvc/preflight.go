package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/isvc-io/isvc/cmd/isvc/preflight"
	"github.com/isvc-io/isvc/cmd/isvc/printable"
	"github.com/isvc-io/isvc/manifests"
)

const preflightHelp = `Say whether a cluster has what isvc needs: versions, definitions, rights of
Metacontroller, the CompositeController and its kinds, the hook server, and what it
answers for a sample service. kubectl, which must be in PATH, reads the cluster.
Nothing is written.

The verdict of each check is ok; warning: isvc works, and something will hurt;
unknown: kubectl could not read it, for example for want of rights; or failed: isvc
does not work, with what to do.

isvc validate is the verb for services and their catalogue.

Exit status: 0 when nothing failed; 1 when a check failed; 2 when the command line or
the cluster could not be used.`

const preflightExample = `  isvc preflight
  isvc preflight --context production --metacontroller-namespace control
  isvc preflight -o json | jq -r '.checks[] | select(.verdict != "ok") | .message'`

// preflightTimeout is how long the checks may take together.
const preflightTimeout = 2 * time.Minute

// preflightFlags are the flags of preflight.
type preflightFlags struct {
	kubectl                 kubectl
	namespace               string
	metacontrollerNamespace string
	output                  string
}

func newPreflight(std streams) *cobra.Command {
	flags := &preflightFlags{}
	cmd := &cobra.Command{
		Use:     "preflight",
		Short:   "Say whether a cluster has what isvc needs",
		Long:    preflightHelp,
		Example: preflightExample,
		Args:    noNames,
		RunE:    func(cmd *cobra.Command, _ []string) error { return flags.checkCluster(cmd.Context(), std) },
	}
	f := cmd.Flags()
	flags.kubectl.registerFlags(f)
	f.StringVarP(&flags.namespace, "namespace", "n", manifests.DefaultNamespace, "namespace of the hook server")
	f.StringVar(&flags.metacontrollerNamespace, "metacontroller-namespace", "metacontroller", "namespace of Metacontroller")
	f.StringVarP(&flags.output, "output", "o", outputText, "output form: text or json")
	return cmd
}

// preflightReport is what programs read.
type preflightReport struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Verdict    preflight.Verdict `json:"verdict"`
	Checks     []preflight.Check `json:"checks"`
}

func (f *preflightFlags) checkCluster(ctx context.Context, std streams) error {
	if err := checkOutputForm(f.output, outputText, outputJSON); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, preflightTimeout)
	defer cancel()
	cluster, err := f.readFacts(ctx, std)
	if err != nil {
		return err
	}
	report := preflightReport{APIVersion: "isvc.io/preflight/v1", Kind: "Preflight", Checks: preflight.Checks(cluster)}
	report.Verdict = preflight.Worst(report.Checks)
	if f.output == outputJSON {
		err = writeIndented(std.out, report)
	} else {
		err = writeString(std.out, preflightText(report))
	}
	if err != nil {
		return err
	}
	return exitWith(false, report.Verdict == preflight.Failed)
}

// preflightText is a line for each check, what to do below it, and the verdict.
func preflightText(report preflightReport) string {
	var out strings.Builder
	lines := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	counts := map[preflight.Verdict]int{}
	for _, check := range report.Checks {
		counts[check.Verdict]++
		_, _ = fmt.Fprintf(lines, "%s\t%s\t%s\n", check.Verdict, check.Name, printable.LineOfWords(check.Message)) // into memory
		if check.Fix != "" {
			_, _ = fmt.Fprintf(lines, "\t\t%s\n", check.Fix)
		}
	}
	_ = lines.Flush() // into memory
	verdict := "This cluster can serve with isvc"
	if report.Verdict == preflight.Failed {
		verdict = "This cluster cannot serve with isvc yet"
	}
	fmt.Fprintf(&out, "\n%s: %d ok, %d warning, %d unknown, %d failed.\n", verdict,
		counts[preflight.OK], counts[preflight.Warning], counts[preflight.Unknown], counts[preflight.Failed])
	return out.String()
}
