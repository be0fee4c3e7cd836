package main

import (
	"github.com/spf13/pflag"

	"github.com/isvc-io/isvc/sync/load"
)

// contextFlags describe the cluster that input is computed for.
type contextFlags struct {
	configPath string
	kinds      string
}

func (f *contextFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.configPath, "config", "",
		"configuration instead of that of the input: a ConfigMap, a mapping of its sections, or a folder with a file for each")
	flags.StringVar(&f.kinds, "kinds", "all",
		"optional kinds that count as installed: all, or a list of "+optionalNames())
}

// options are those of a computation of the named services, or of all.
func (f *contextFlags) options(names []string) (load.Options, error) {
	options := load.Options{Names: names}
	var err error
	if options.Kinds, err = parseKinds(f.kinds); err != nil {
		return options, err
	}
	options.Config, err = loadConfig(f.configPath)
	return options, err
}
