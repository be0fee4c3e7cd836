package main

import (
	"context"
	"errors"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/load"
)

// currentFlags say what is: files, or a cluster, of which services of all namespaces count unless a flag
// says which.
type currentFlags struct{ inputFlags }

// current is what is, with what the flags say about it.
type current struct {
	*input
	// isWholeCluster is true where all services of a cluster were asked for: then none is an answer, too.
	isWholeCluster bool
	files          []load.File
	kinds          kinds.Set
	config         *config.Config
}

// loadCurrent reads what is, and warns about what is wrong with it.
func (f *currentFlags) loadCurrent(ctx context.Context, std streams, names []string) (*current, error) {
	fromCluster, err := f.usesCluster(std)
	switch {
	case err != nil:
		return nil, err
	case !fromCluster && len(f.paths) == 0:
		return nil, errors.New("nothing says what is: name files or folders with -f, - for standard input, or use --cluster")
	}
	now := &current{isWholeCluster: fromCluster && !f.namespaceIsGiven()}
	if now.kinds, err = parseKinds(f.kinds); err != nil {
		return nil, err
	}
	if now.config, err = loadConfig(f.configPath); err != nil {
		return nil, err
	}
	options := load.Options{Kinds: now.kinds, Config: now.config, Names: names}
	if fromCluster {
		now.files, err = f.readCluster(ctx, std, &options, true)
		now.kinds = options.Kinds
	} else {
		now.files, err = f.readAll(std)
	}
	if err != nil {
		return nil, err
	}
	now.input = f.loadFiles(now.files, options)
	now.isOfCluster = fromCluster
	now.warn(std)
	return now, nil
}
