// Command sbom prints the bill of materials of a Go program as CycloneDX: the modules that Go
// recorded in it when it was linked. The output for a program is always the same.
//
//	go run ./cmd/isvc/internal/sbom PROGRAM [VERSION]
//
// Go records no version in a program that was built outside of a module cache and without version
// control; then it has to be given.
package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
)

func main() {
	if len(os.Args) < 2 || len(os.Args) > 3 {
		fmt.Fprintln(os.Stderr, "usage: sbom PROGRAM [VERSION]")
		os.Exit(2)
	}
	if err := printBill(os.Args[1], strings.Join(os.Args[2:], ""), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sbom: "+err.Error())
		os.Exit(1)
	}
}

// printBill prints the bill of materials of the program in the file. Without a version it takes the
// one that Go recorded.
func printBill(file, version string, out io.Writer) error {
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return fmt.Errorf("cannot read what %s was built from: %w", file, err)
	}
	if version != "" {
		info.Main.Version = version
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(billOf(info)); err != nil {
		return fmt.Errorf("cannot write the bill of materials: %w", err)
	}
	return nil
}

// bill is a CycloneDX document.
type bill struct {
	Format      string      `json:"bomFormat"`
	SpecVersion string      `json:"specVersion"`
	Version     int         `json:"version"`
	Metadata    metadata    `json:"metadata"`
	Components  []component `json:"components"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref"`
	Name    string `json:"name"`
	Version string `json:"version"`
	URL     string `json:"purl"`
}

// billOf lists the modules in the order in which Go recorded them, by path, and the standard
// library first.
func billOf(info *debug.BuildInfo) bill {
	b := bill{Format: "CycloneDX", SpecVersion: "1.5", Version: 1}
	b.Metadata.Component = componentOf("application", info.Main.Path, info.Main.Version)
	standard := strings.TrimPrefix(info.GoVersion, "go")
	b.Components = []component{componentOf("library", "std", standard)}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		b.Components = append(b.Components, componentOf("library", module.Path, module.Version))
	}
	return b
}

func componentOf(kind, path, version string) component {
	url := "pkg:golang/" + path + "@" + version
	return component{Type: kind, Ref: url, Name: path, Version: version, URL: url}
}
