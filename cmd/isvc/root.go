package main

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

const rootHelp = `isvc turns an InferenceService into the objects that run it.

It answers Metacontroller in a cluster (serve) and shows the same answers on the
command line (render, validate), from the manifests of services, models and
runtimes, without a cluster.

Exit status: 0 when everything could be done; 1 when some service could not be
resolved; 2 when the input or the command line could not be used.`

// newRoot builds the command line. The program may be called as a plugin of kubectl.
func newRoot(program string, std streams) *cobra.Command {
	root := &cobra.Command{
		Use:           "isvc",
		Short:         "Turn InferenceServices into workloads",
		Long:          rootHelp,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: displayName(program)},
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	root.AddCommand(newRender(std), newExplain(std), newLint(std), newValidate(std), newServe(std), newReplay(std), newManifests(std), newCompletion(std), newVersion(std))
	completeFlags(root)
	return root
}

// displayName is what people type to call the program: a plugin of kubectl has a dash in its name
// where they type a space.
func displayName(program string) string {
	name := strings.TrimSuffix(filepath.Base(program), ".exe")
	if plugin, is := strings.CutPrefix(name, "kubectl-"); is {
		return "kubectl " + strings.ReplaceAll(plugin, "_", "-")
	}
	return "isvc"
}
