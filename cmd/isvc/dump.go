package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/load"
)

const dumpHelp = `Print what a cluster has of what isvc reads: services and their catalogue, the
configuration, and the objects of services. kubectl, which must be in PATH, reads
them. Every verb with -f takes the output.

With --metadata, print only what the model agent has read of models: format,
architecture, size and the like. Manifests of models often do not say these; with
the flag --metadata of other verbs they need not, for example in a pull request.

Exit status: 0 when printed; 2 when the command line or the cluster could not be
used.`

const dumpExample = `  isvc dump --context production > cluster.json
  isvc dump --metadata > metadata.yaml
  isvc validate -f models/ -f services/ --metadata metadata.yaml`

// dumpFlags are the flags of dump.
type dumpFlags struct {
	kubectl   kubectl
	namespace string
	metadata  bool
}

func newDump(std streams) *cobra.Command {
	flags := &dumpFlags{}
	cmd := &cobra.Command{
		Use:     "dump",
		Short:   "Print what a cluster has of what isvc reads",
		Long:    dumpHelp,
		Example: dumpExample,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return flags.dumpCluster(cmd.Context(), std) },
	}
	flags.kubectl.registerFlags(cmd.Flags())
	cmd.Flags().StringVarP(&flags.namespace, "namespace", "n", "", "namespace whose services are printed, with what is in no namespace; without it all are")
	cmd.Flags().BoolVar(&flags.metadata, "metadata", false, "print only what the model agent has read of models")
	return cmd
}

func (f *dumpFlags) dumpCluster(ctx context.Context, std streams) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if f.metadata {
		return f.dumpMetadata(ctx, std)
	}
	files, _, err := f.kubectl.readServing(ctx, std.err, f.namespace)
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := writeString(std.out, strings.TrimRight(string(file.Data), "\n")+"\n"); err != nil {
			return err
		}
	}
	return nil
}

func (f *dumpFlags) dumpMetadata(ctx context.Context, std streams) error {
	output, err := f.kubectl.outputOf(ctx, std.err, "get", resourcesOf([]kinds.Kind{kinds.BaseModel, kinds.ClusterBaseModel}), "--all-namespaces", "--output=json")
	if err != nil {
		return err
	}
	text, problems := load.MetadataSnapshot([]load.File{{Name: "models of the cluster", Data: output}}, "default")
	for _, problem := range problems {
		std.warn(problem.String())
	}
	return writeString(std.out, string(text))
}
