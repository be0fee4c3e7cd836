package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/spelling"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// inputFlags say what a verb reads, and for which cluster it computes.
type inputFlags struct {
	manifestFlags
	clusterFlags
	namespace  string
	configPath string
	kinds      string
	// flags say which of them are given.
	flags *pflag.FlagSet
	// readFrom is what was read, for people.
	readFrom string
}

func (f *inputFlags) registerFlags(flags *pflag.FlagSet) {
	f.flags = flags
	f.manifestFlags.registerFlags(flags)
	f.clusterFlags.registerFlags(flags)
	flags.StringVarP(&f.namespace, "namespace", "n", "default",
		"namespace of objects that do not name one; with --cluster the namespace whose services are read, instead of the current one of kubectl")
	flags.StringVar(&f.configPath, "config", "",
		"configuration instead of the one in the input: a ConfigMap, a mapping of its sections, or a folder with a file for each")
	flags.StringVar(&f.kinds, "kinds", "all",
		"optional kinds that count as installed: "+kindsVocabulary())
}

// namespaceIsGiven reports whether the command line has a namespace.
func (f *inputFlags) namespaceIsGiven() bool { return f.flags != nil && f.flags.Changed("namespace") }

// input is what a verb works on: services of the input with all that is known about them.
type input struct {
	set      *load.Set
	problems []load.Problem
	requests []*sync.Request
	// lines finds where objects and fields stand in the files.
	lines *load.Lines
	// files are the names of the files in their order.
	files []string
	// missing are the names in the arguments that no service has.
	missing []string
	// readFrom is what was read, for people.
	readFrom string
	// isOfCluster is true where a cluster was read, which has taken all objects.
	isOfCluster bool
}

// loadInput reads the files or the cluster and makes the requests for the services that the options name. Kinds
// and configuration of the options come from the flags.
func (f *inputFlags) loadInput(ctx context.Context, std streams, options load.Options) (*input, error) {
	var err error
	if options.Kinds, err = parseKinds(f.kinds); err != nil {
		return nil, err
	}
	if options.Config, err = loadConfig(f.configPath); err != nil {
		return nil, err
	}
	fromCluster, err := f.usesCluster(std)
	if err != nil {
		return nil, err
	}
	var files []load.File
	switch {
	case fromCluster:
		files, err = f.readCluster(ctx, std, &options, false)
	case !f.areGiven():
		err = errors.New("nothing to read: name files or folders with -f, - for standard input, or use --cluster")
	default:
		files, err = f.readAll(std)
	}
	if err != nil {
		return nil, err
	}
	in := f.loadFiles(files, options)
	in.isOfCluster = fromCluster
	return in, nil
}

// loadFiles makes the requests for the services in files.
func (f *inputFlags) loadFiles(files []load.File, options load.Options) *input {
	in := &input{lines: load.NewLines(files), readFrom: cmp.Or(f.readFrom, "the input")}
	for _, file := range files {
		in.files = append(in.files, file.Name)
	}
	in.set, in.problems = load.Files(files, f.namespace)
	in.problems = append(in.problems, problemsOfConfig(f.configPath, options.Config)...)
	in.requests, in.missing = in.set.Requests(options), in.set.MissingNames(options.Names)
	return in
}

// loadServices is loadInput for a verb that needs services. It warns about what is wrong with the
// input, and fails when there is neither a service nor a warning that says why.
func (f *inputFlags) loadServices(ctx context.Context, std streams, options load.Options) (*input, error) {
	in, err := f.loadInput(ctx, std, options)
	if err != nil {
		return nil, err
	}
	in.warn(std)
	return in, in.checkServices()
}

// warn warns about what is wrong with the input.
func (in *input) warn(std streams) {
	for _, problem := range in.problems {
		std.warn(problem.String())
	}
	for _, name := range in.missing {
		hint := ""
		if _, err := os.Stat(name); err == nil && strings.ContainsAny(name, "./") {
			hint = ": to read a file or folder, put -f before it"
		} else if meant := spelling.Nearest(name, in.set.ServiceNames(strings.Contains(name, "/"))); meant != "" {
			hint = ": did you mean " + meant + "?"
		}
		std.warn(fmt.Sprintf("there is no InferenceService %q in %s%s", name, in.readFrom, hint))
	}
}

// checkServices returns an error when there is neither a service nor a warning that says why.
func (in *input) checkServices() error {
	if len(in.requests) == 0 && !in.isUnusable() {
		return fmt.Errorf("%s holds no InferenceService", in.readFrom)
	}
	return nil
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

// hasUndecodable reports whether some object in files cannot be decoded, so that a cluster would refuse it.
func (in *input) hasUndecodable() bool {
	return !in.isOfCluster && slices.ContainsFunc(in.problems, func(problem load.Problem) bool { return problem.Severity == load.Error })
}

// exitStatus is the exit status of a verb that computes the services of the input.
func (in *input) exitStatus(unresolved bool) error {
	return exitWith(in.isUnusable(), unresolved || in.hasUndecodable())
}

// isUnreadable reports whether a problem is that something cannot be read, except a service that cannot be decoded: that
// is said where the service is computed.
func isUnreadable(problem load.Problem) bool {
	isService := problem.ObjectName().Kind == kinds.InferenceService
	return problem.Severity == load.Unusable || problem.Severity == load.Error && !isService
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
func (in *input) serviceProblem(e *evaluated, found finding.Finding) load.Problem {
	return in.set.ServiceProblem(e.parent.Namespace, e.parent.Name, load.Error, found)
}
