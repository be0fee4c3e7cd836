// Command crdgen finishes the CustomResourceDefinitions that controller-gen wrote into the folder
// given as its only argument. It makes them small enough for "kubectl apply", which keeps a copy in
// an annotation of at most 256 KiB, and as permissive as OME's. Their descriptions are most of their
// size, so it takes them out. The program carries both in an archive, which it writes beside the folder.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/definition"
)

func main() {
	if err := finishFolder(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "crdgen:", err)
		os.Exit(1)
	}
}

// finishFolder finishes the definitions of the folder that is the only argument, and packs them.
func finishFolder(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: crdgen FOLDER")
	}
	files, err := filepath.Glob(filepath.Join(args[0], "*.yaml"))
	if err != nil {
		return fmt.Errorf("cannot list %s: %w", args[0], err)
	}
	if len(files) == 0 {
		return fmt.Errorf("cannot find any *.yaml in %s", args[0])
	}
	descriptions := &definition.Descriptions{}
	for _, file := range files {
		if err := finishFile(file, descriptions); err != nil {
			return err
		}
	}
	return packFolder(args[0], descriptions)
}

// finishFile finishes a file with a definition, and takes its descriptions. Other files stay as they are.
func finishFile(file string, descriptions *definition.Descriptions) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("cannot read a definition: %w", err)
	}
	var crd map[string]any
	if err := yaml.Unmarshal(raw, &crd); err != nil {
		return fmt.Errorf("cannot parse %s: %w", file, err)
	}
	if crd["kind"] != "CustomResourceDefinition" {
		return nil
	}
	if err := finishDefinition(crd); err != nil {
		return fmt.Errorf("cannot finish %s: %w", file, err)
	}
	if descriptions.TakeFrom(crd) == 0 {
		return fmt.Errorf("%s has no descriptions: run controller-gen before", file)
	}
	out, err := yaml.Marshal(crd)
	if err != nil {
		return fmt.Errorf("cannot encode %s: %w", file, err)
	}
	if err := os.WriteFile(file, append([]byte("---\n"), out...), 0o644); err != nil {
		return fmt.Errorf("cannot write a definition: %w", err)
	}
	return nil
}
