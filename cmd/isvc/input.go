package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// inputFlags say what a verb reads, and for which cluster it computes.
type inputFlags struct {
	paths      []string
	namespace  string
	configPath string
	kinds      string
}

func (f *inputFlags) registerFlags(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&f.paths, "filename", "f", nil,
		"file, folder (read recursively: *.yaml, *.yml, *.json) or - for standard input; may be repeated")
	flags.StringVarP(&f.namespace, "namespace", "n", "default",
		"namespace of objects that do not name one")
	flags.StringVar(&f.configPath, "config", "",
		"configuration instead of the one in the input: a ConfigMap, a mapping of its sections, or a folder with a file for each")
	flags.StringVar(&f.kinds, "kinds", "all",
		"optional kinds that count as installed: all, or a list of "+optionalKindNames())
}

// input is what a verb works on: services of the input with all that is known about them.
type input struct {
	set      *load.Set
	problems []load.Problem
	requests []*sync.Request
	// missing are the names in the arguments that no service has.
	missing []string
}

// loadInput reads the files and makes the requests for the services that the options name. Kinds
// and configuration of the options come from the flags.
func (f *inputFlags) loadInput(stdin io.Reader, options load.Options) (*input, error) {
	var err error
	if options.Kinds, err = parseKinds(f.kinds); err != nil {
		return nil, err
	}
	if options.Config, err = loadConfig(f.configPath); err != nil {
		return nil, err
	}
	files, err := readManifests(f.paths, stdin)
	if err != nil {
		return nil, err
	}
	in := &input{}
	in.set, in.problems = load.Files(files, f.namespace)
	in.requests, in.missing = in.set.Requests(options), in.set.MissingNames(options.Names)
	return in, nil
}

// loadServices is loadInput for a verb that needs services. It warns about what is wrong with the
// input, and fails when there is neither a service nor a warning that says why.
func (f *inputFlags) loadServices(std streams, options load.Options) (*input, error) {
	in, err := f.loadInput(std.in, options)
	if err != nil {
		return nil, err
	}
	for _, problem := range in.problems {
		std.warn(problem.String())
	}
	for _, name := range in.missing {
		hint := ""
		if _, err := os.Stat(name); err == nil && strings.ContainsAny(name, "./") {
			hint = ": to read a file or folder, put -f before it"
		}
		std.warn(fmt.Sprintf("there is no InferenceService %q in the input%s", name, hint))
	}
	if len(in.requests) == 0 && !in.isUnusable() {
		return nil, errors.New("the input holds no InferenceService")
	}
	return in, nil
}

// isUnusable reports whether some of the input or some of the names could not be used.
func (in *input) isUnusable() bool {
	for _, problem := range in.problems {
		if problem.Severity == load.Unusable {
			return true
		}
	}
	return len(in.missing) > 0
}

// undecodableObjects are the objects that the loader could not decode, and about which it said so.
func (in *input) undecodableObjects() map[string]bool {
	objects := map[string]bool{}
	for _, problem := range in.problems {
		objects[problem.Object] = objects[problem.Object] || problem.Severity == load.Error
	}
	return objects
}

// serviceProblem places a finding about an evaluated service in its file.
func (in *input) serviceProblem(e *evaluated, severity load.Severity, found finding.Finding) load.Problem {
	return in.set.ServiceProblem(e.parent.Namespace, e.parent.Name, severity, found)
}
