// Command isvc serves Metacontroller's hooks for InferenceServices, and shows
// on the command line what it would answer: the same computation over files
// instead of a cluster.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// The exit statuses.
const (
	exitOK         = 0
	exitUnresolved = 1
	exitUnusable   = 2
)

func main() {
	os.Exit(run(os.Args, streams{os.Stdin, os.Stdout, os.Stderr}))
}

// streams are what a command reads and writes.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// complain writes one line to standard error.
func (s streams) complain(line string) {
	// Nothing is left to tell somebody whose standard error is closed.
	_, _ = fmt.Fprintln(s.err, strings.Join(strings.Fields(line), " "))
}

// status is an error that only sets the exit status: what was wrong has been
// said already.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// run executes one command line and returns its exit status.
func run(args []string, io streams) int {
	root := newRoot(args[0], io)
	root.SetArgs(args[1:])
	err := root.Execute()
	var code status
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &code):
		return int(code)
	}
	io.complain(root.DisplayName() + ": " + err.Error())
	return exitUnusable
}
