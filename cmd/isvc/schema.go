package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/isvc-io/isvc/api/spelling"
	"github.com/isvc-io/isvc/api/v1beta1"
	install "github.com/isvc-io/isvc/manifests"
	"github.com/isvc-io/isvc/sync/load"
)

const schemaHelp = `Print the JSON Schema of a kind, or write those of all kinds into a folder, for
editors and for checks of files. A schema describes every field, and refuses unknown
fields where the API server would drop them.

In the folder, each kind has a file below the name of its group, as kubeconform and
the catalogues of custom resource definitions have it:

  schemas/ome.io/inferenceservice_v1beta1.json

An editor that runs yaml-language-server reads the schema that the first line of a
file names, relative to the file:

  # yaml-language-server: $schema=schemas/ome.io/inferenceservice_v1beta1.json

With --definitions, the custom resource definitions are printed instead, with the same
descriptions: what "kubectl explain" shows. They are too large for the annotation of a
plain "kubectl apply", so apply them with --server-side.

Exit status: 0 when printed or written; 2 when the command line could not be used or a
file could not be written.`

const schemaExample = `  isvc schema --to schemas
  isvc schema InferenceService > inferenceservice.json
  kubeconform -schema-location 'schemas/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json' -schema-location default service.yaml
  isvc schema --definitions | kubectl apply --server-side -f -`

func newSchema(std streams) *cobra.Command {
	var folder string
	var definitions bool
	cmd := &cobra.Command{
		Use:       "schema KIND | schema --to FOLDER [KIND...] | schema --definitions [KIND...]",
		Short:     "Print JSON Schemas for editors and checks of files",
		Long:      schemaHelp,
		Example:   schemaExample,
		ValidArgs: kindsWithSchema(),
		RunE: func(_ *cobra.Command, args []string) error {
			kinds, err := parseKindsWithSchema(args)
			if err != nil {
				return err
			}
			switch {
			case folder != "":
				return writeSchemas(folder, kinds)
			case definitions:
				return printDefinitions(std, kinds)
			}
			return printSchema(std, kinds)
		},
	}
	cmd.Flags().StringVar(&folder, "to", "", "folder to write a file for each kind into; it is made where it does not exist")
	cmd.Flags().BoolVar(&definitions, "definitions", false, "print the custom resource definitions with a description of every field, for kubectl explain")
	cmd.MarkFlagsMutuallyExclusive("to", "definitions")
	return cmd
}

// kindsWithSchema are the kinds of ome.io that isvc reads.
func kindsWithSchema() []string {
	var names []string
	for _, kind := range load.CatalogueKinds() {
		name, _ := kind.NameAndVersion()
		names = append(names, name)
	}
	return names
}

// parseKindsWithSchema reads names of kinds in any case; none are empty.
func parseKindsWithSchema(args []string) ([]string, error) {
	all := kindsWithSchema()
	var found []string
	for _, arg := range args {
		kind := spelling.Nearest(arg, all)
		if !strings.EqualFold(kind, arg) {
			hint := "use " + strings.Join(all, ", ")
			if kind != "" {
				hint = "did you mean " + kind + "?"
			}
			return nil, fmt.Errorf("there is no kind %q in %s: %s", arg, v1beta1.GroupName, hint)
		}
		found = append(found, kind)
	}
	return found, nil
}

func printSchema(std streams, kinds []string) error {
	if len(kinds) != 1 {
		return errors.New("name one kind, or the folder for the files of several with --to")
	}
	text, err := install.JSONSchema(kinds[0])
	if err != nil {
		return err
	}
	return writeString(std.out, string(text)+"\n")
}

// printDefinitions prints the definitions of kinds, or of all where there are none, as one stream.
func printDefinitions(std streams, kinds []string) error {
	if len(kinds) == 0 {
		kinds = kindsWithSchema()
	}
	var documents []string
	for _, kind := range kinds {
		text, err := install.DescribedDefinitionOf(kind)
		if err != nil {
			return err
		}
		documents = append(documents, string(text))
	}
	return writeString(std.out, strings.Join(documents, "---\n"))
}

// writeSchemas writes the schemas of kinds, or of all where there are none.
func writeSchemas(folder string, kinds []string) error {
	if len(kinds) == 0 {
		kinds = kindsWithSchema()
	}
	for _, kind := range kinds {
		text, err := install.JSONSchema(kind)
		if err != nil {
			return err
		}
		file := filepath.Join(folder, filepath.FromSlash(install.JSONSchemaFile(kind)))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return fmt.Errorf("cannot make the folder of the schemas: %w", err)
		}
		if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
			return fmt.Errorf("cannot write a schema: %w", err)
		}
	}
	return nil
}
