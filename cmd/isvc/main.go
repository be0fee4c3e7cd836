// Command isvc serves Metacontroller's hooks for InferenceServices, and shows on the command line
// what it would answer: the same computation over files instead of a cluster.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/isvc-io/isvc/cmd/isvc/printable"
)

// The exit statuses.
const (
	exitOK         = 0
	exitUnresolved = 1
	exitUnusable   = 2
	// exitTooBad is for a plan with an effect that the command line does not allow.
	exitTooBad = 3
)

func main() {
	os.Exit(runCommandLine(os.Args, streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// streams are what a command reads and writes. A line is one call of Write, so that several goroutines
// can share the files of a process.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
	// asPlugin is true where the program is called as a plugin of kubectl.
	asPlugin bool
}

// warn writes one line to standard error. Messages quote what users and other programs wrote.
func (s streams) warn(line string) {
	_, _ = fmt.Fprintln(s.err, printable.LineOfWords(line)) // there is no other place to report it
}

// say writes one line to standard output.
func (s streams) say(line string) error { return writeString(s.out, printable.LineOfWords(line)+"\n") }

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
