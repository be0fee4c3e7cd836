// Command isvc serves Metacontroller's hooks for InferenceServices, and shows on the command line
// what it would answer: the same computation over files instead of a cluster.
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
	os.Exit(runCommandLine(os.Args, streams{os.Stdin, os.Stdout, os.Stderr}))
}

// streams are what a command reads and writes.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// warn writes one line to standard error.
func (s streams) warn(line string) {
	_, _ = fmt.Fprintln(s.err, strings.Join(strings.Fields(line), " ")) // there is no other place to report it
}

// exitStatus is an error that only sets the exit status: the command has said already what is
// wrong.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// exitWith returns the exit status of a command that did what it could; nil for success.
func exitWith(unusable, unresolved bool) error {
	switch {
	case unusable:
		return exitStatus(exitUnusable)
	case unresolved:
		return exitStatus(exitUnresolved)
	}
	return nil
}

// runCommandLine executes one command line and returns its exit status.
func runCommandLine(args []string, std streams) int {
	root := newRoot(args[0], std)
	root.SetArgs(args[1:])
	err := root.Execute()
	var code exitStatus
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &code):
		return int(code)
	}
	std.warn(root.DisplayName() + ": " + err.Error())
	return exitUnusable
}
