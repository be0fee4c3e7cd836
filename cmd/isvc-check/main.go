// Command isvc-check says what a cluster would refuse, without a cluster: it has the validation of
// Kubernetes, and the definitions and admission of the operators whose kinds isvc makes.
//
// isvc validate runs it. It reads JSON objects from standard input and writes what it finds to
// standard output, as package cmd/isvc/check of isvc says.
package main

import (
	"fmt"
	"io"
	"os"
)

// version is set by the build with -ldflags "-X main.version=...".
var version = "(devel)"

const help = `isvc-check says what a cluster would refuse. isvc validate runs it.

It reads lines such as {"object": {...}} from standard input, and writes a line for
each to standard output, after one that says what it can check.

  isvc-check            read and answer
  isvc-check --version  print the version and what can be checked
`

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "isvc-check: "+err.Error())
		os.Exit(2)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	isVersion := len(args) == 1 && args[0] == "--version"
	switch {
	case len(args) == 1 && (args[0] == "--help" || args[0] == "-h"):
		_, err := io.WriteString(out, help)
		return err
	case len(args) > 0 && !isVersion:
		return fmt.Errorf("there is no argument %q: see isvc-check --help", args[0])
	}
	checks, err := newChecker()
	if err != nil {
		return err
	}
	if isVersion {
		return checks.describe(out)
	}
	return checks.answer(in, out)
}
