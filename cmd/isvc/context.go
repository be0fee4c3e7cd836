package main

import "github.com/spf13/pflag"

// registerContext adds the flags that describe the cluster.
func registerContext(flags *pflag.FlagSet, configPath, kinds *string) {
	flags.StringVar(configPath, "config", "",
		"configuration instead of that of the input: a ConfigMap, a mapping of its sections, or a folder with a file for each")
	flags.StringVar(kinds, "kinds", "all",
		"optional kinds that count as installed: all, or a list of "+optionalNames())
}
