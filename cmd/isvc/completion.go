package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
)

const completionHelp = `Print a script that completes command lines of this program.

  bash     source <(isvc completion bash)
  zsh      isvc completion zsh > "${fpath[1]}/_isvc"
  fish     isvc completion fish > ~/.config/fish/completions/isvc.fish
  kubectl  the program that kubectl asks for the plugin: install it as
           kubectl_complete-isvc in a folder of PATH, next to kubectl-isvc

As a plugin of kubectl only the last is needed:

  ln -s "$(command -v isvc)" /usr/local/bin/kubectl-isvc
  isvc completion kubectl > /usr/local/bin/kubectl_complete-isvc
  chmod +x /usr/local/bin/kubectl_complete-isvc`

// kubectlCompletion is what kubectl runs to complete the command line of the plugin.
const kubectlCompletion = `#!/bin/sh
# Completes "kubectl isvc". kubectl runs this with the words after it.
exec kubectl isvc __complete "$@"
`

func newCompletion(streams streams) *cobra.Command {
	return &cobra.Command{
		Use:                   "completion bash|zsh|fish|kubectl",
		Short:                 "Print a script that completes command lines",
		Long:                  completionHelp,
		Args:                  cobra.ExactArgs(1),
		ValidArgs:             []string{"bash", "zsh", "fish", "kubectl"},
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return printCompletion(cmd.Root(), args[0], streams.out)
		},
	}
}

func printCompletion(root *cobra.Command, shell string, out io.Writer) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(out, true)
	case "zsh":
		return root.GenZshCompletion(out)
	case "fish":
		return root.GenFishCompletion(out, true)
	case "kubectl":
		_, err := io.WriteString(out, kubectlCompletion)
		return err
	}
	return fmt.Errorf("there is no completion for %q: use bash, zsh, fish or kubectl", shell)
}

// completeFlags lets the shell offer the values of flags that have few values.
func completeFlags(cmd *cobra.Command) {
	for _, name := range []string{"output", "log-format"} {
		if flag := cmd.Flags().Lookup(name); flag != nil {
			values := cobra.FixedCompletions(formsIn(flag.Usage), cobra.ShellCompDirectiveNoFileComp)
			// It fails for a flag that does not exist or was registered before.
			_ = cmd.RegisterFlagCompletionFunc(name, values)
		}
	}
	for _, child := range cmd.Commands() {
		completeFlags(child)
	}
}

// formsIn returns the forms of output that the description of a flag names.
func formsIn(usage string) []string {
	words := strings.FieldsFunc(usage, func(r rune) bool { return !unicode.IsLetter(r) })
	var forms []string
	for _, word := range words {
		switch word {
		case outputText, outputJSON, outputYAML, outputSARIF, outputMarkdown, outputJUnit, outputGitHub, outputTable, outputMermaid, outputHTML:
			forms = append(forms, word)
		}
	}
	return forms
}
