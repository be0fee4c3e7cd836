package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// The build may set these with -ldflags "-X main.version=... -X main.commit=...".
var (
	version string
	commit  string
)

// build describes the program.
type build struct {
	Version   string `json:"version"`
	Commit    string `json:"commit,omitempty"`
	GoVersion string `json:"goVersion"`
	Platform  string `json:"platform"`
}

// thisBuild fills what the build did not set from what Go recorded.
func thisBuild() build {
	b := build{Version: version, Commit: commit, GoVersion: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	if b.Version == "" {
		b.Version = info.Main.Version
	}
	if b.Version == "" {
		b.Version = "(devel)"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && b.Commit == "" {
			b.Commit = setting.Value
		}
	}
	return b
}

func newVersion(std streams) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return printVersion(std, output) },
	}
	cmd.Flags().StringVarP(&output, "output", "o", outputText, "form of the output: text or json")
	return cmd
}

func printVersion(std streams, output string) error {
	if err := checkOutputForm(output, outputText, outputJSON); err != nil {
		return err
	}
	b := thisBuild()
	if output == outputJSON {
		return writeIndented(std.out, b)
	}
	return writeString(std.out, fmt.Sprintf("isvc %s\ncommit %s\n%s %s\n", b.Version, cmp.Or(b.Commit, "unknown"), b.GoVersion, b.Platform))
}
