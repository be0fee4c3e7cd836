package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/isvc-io/isvc/api/spelling"
)

const rootHelp = `isvc turns an InferenceService into the objects that run it.

It answers Metacontroller in a cluster (serve) and shows the same answers on the
command line (render, validate, explain), from the manifests of services, models and
runtimes, or with --cluster from a cluster that kubectl reaches. Installed as
kubectl-isvc in PATH it is the plugin "kubectl isvc", which reads the cluster where
no file is named: kubectl isvc explain chat -n prod.

Exit status: 0 when everything could be done; 1 when some service could not be
resolved; 2 when the input or the command line could not be used; 3 when a plan has
an effect that the command line does not allow.`

// newRoot builds the command line. The program may be called as a plugin of kubectl.
func newRoot(program string, std streams) *cobra.Command {
	std.asPlugin = displayName(program) != "isvc"
	root := &cobra.Command{
		Use:           "isvc",
		Short:         "Turn InferenceServices into workloads",
		Long:          rootHelp,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: displayName(program)},
		Args:          suggestVerb,
		Version:       thisBuild().Version,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	root.AddCommand(newRender(std), newExplain(std), newLint(std), newPlan(std), newDiff(std), newValidate(std), newServe(std), newReplay(std), newDump(std), newRelease(std), newPreflight(std), newSchema(std), newCompletion(std), newVersion(std))
	root.SetVersionTemplate("isvc {{.Version}}\n")
	root.SetFlagErrorFunc(suggestFlag)
	root.SetHelpCommand(newHelp())
	completeFlags(root)
	return root
}

// newHelp is the verb help, which refuses a verb that there is not as the program itself does.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [verb]",
		Short: "Print what a verb does and which flags it has",
		RunE: func(cmd *cobra.Command, args []string) error {
			verb, rest, err := cmd.Root().Find(args)
			if err == nil && !verb.HasParent() {
				err = suggestVerb(verb, rest)
			}
			if err != nil {
				return err
			}
			return verb.Help()
		},
	}
}

// suggestVerb refuses an unknown verb, and says which one was probably meant.
func suggestVerb(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var verbs []string
	for _, verb := range cmd.Commands() {
		verbs = append(verbs, verb.Name())
	}
	hint := ""
	if near := spelling.Nearest(args[0], verbs); near != "" {
		hint = ": did you mean " + near + "?"
	}
	return fmt.Errorf("unknown command %q for %q%s", args[0], cmd.DisplayName(), hint)
}

// suggestFlag says which flag was probably meant by an unknown one. The flags after an unknown verb are
// unknown because the verb is.
func suggestFlag(cmd *cobra.Command, err error) error {
	if !cmd.HasParent() {
		if verb := suggestVerb(cmd, cmd.Flags().Args()); verb != nil {
			return verb
		}
	}
	unknown, found := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !found {
		return err
	}
	var flags []string
	cmd.Flags().VisitAll(func(flag *pflag.Flag) { flags = append(flags, flag.Name) })
	if near := spelling.Nearest(unknown, flags); near != "" {
		return fmt.Errorf("%w: did you mean --%s?", err, near)
	}
	return err
}

// noNames refuses arguments of a verb that takes none.
func noNames(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("isvc %s takes no names, and %q is one: to read a file or folder, put -f before it", cmd.Name(), args[0])
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
