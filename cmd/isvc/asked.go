package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// asked is what a command line asks for: services of the input with all that is
// known about them.
type asked struct {
	set      *load.Set
	problems []load.Problem
	requests []*sync.Request
	// unusable says that some of the input or some of the names could not be used.
	unusable bool
}

// ask loads the input and reports what is wrong with it. Without anything to
// compute and without a word about why, it fails.
func (f *inputFlags) ask(io streams, options load.Options) (*asked, error) {
	a := &asked{}
	var err error
	if a.set, a.problems, err = f.load(io.in); err != nil {
		return nil, err
	}
	unreadable := complainAbout(io, a.problems)
	a.requests = a.set.Requests(options)
	missing := complainAboutMissing(io, a.set, options.Names)
	a.unusable = unreadable || missing
	if len(a.requests) == 0 && !a.unusable {
		return nil, errors.New("the input holds no InferenceService")
	}
	return a, nil
}

// complainAbout reports problems of the input, each in one line, and whether
// some of the input could not be used. Fields of services are reported with
// the service.
func complainAbout(io streams, problems []load.Problem) (unusable bool) {
	for _, problem := range problems {
		unusable = unusable || problem.Severity == load.Unusable
		io.complain(problem.String())
	}
	return unusable
}

// complainAboutMissing reports names that no service has.
func complainAboutMissing(io streams, set *load.Set, names []string) bool {
	missing := set.MissingNames(names)
	for _, name := range missing {
		hint := ""
		if _, err := os.Stat(name); err == nil && strings.ContainsAny(name, "./") {
			hint = ": to read a file or folder, put -f before it"
		}
		io.complain(fmt.Sprintf("there is no InferenceService %q in the input%s", name, hint))
	}
	return len(missing) > 0
}
