package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/isvc-io/isvc/api/kinds"
	install "github.com/isvc-io/isvc/manifests"
)

const manifestsHelp = `Print what installs isvc: the custom resource definitions, the hook server, and
the CompositeController that tells Metacontroller about it. Metacontroller must
be installed first.

Optional kinds are managed only when you ask for them, because a kind that is
listed and not installed stops Metacontroller for every InferenceService. Name
them with --kinds, or let --detect run kubectl to find out which ones the cluster
has.

"kubectl kustomize" prints the same for the folder manifests.

With --descriptions, the definitions describe every field, for "kubectl explain". They
can only be applied with --server-side. For editors, see isvc schema.

Exit status: 0 when printed; 2 when the command line or the cluster could not be
used.`

const manifestsExample = `  isvc manifests --kinds keda,lws | kubectl apply --server-side -f -
  isvc manifests --detect --context production > isvc.yaml
  isvc manifests --crds-only --descriptions | kubectl apply --server-side -f -`

// detectTimeout is how long kubectl may take to find out what the cluster has.
const detectTimeout = 30 * time.Second

// manifestsFlags are the flags of manifests.
type manifestsFlags struct {
	kinds   string
	detect  bool
	kubectl kubectl
	options install.Options
}

func newManifests(std streams) *cobra.Command {
	flags := &manifestsFlags{}
	cmd := &cobra.Command{
		Use:     "manifests [--kinds LIST | --detect]",
		Short:   "Print what installs isvc in a cluster",
		Long:    manifestsHelp,
		Example: manifestsExample,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return flags.printManifests(cmd.Context(), std) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.kinds, "kinds", "",
		"optional kinds to manage: "+kindsVocabulary())
	f.BoolVar(&flags.detect, "detect", false, "manage the optional kinds that the cluster has, as kubectl says")
	flags.kubectl.registerFlags(f)
	f.StringVarP(&flags.options.Namespace, "namespace", "n", install.DefaultNamespace, "namespace of the hook server")
	f.StringVar(&flags.options.Image, "image", "", "image of the hook server instead of the released one")
	f.StringVar(&flags.options.Revision, "revision", "",
		"revision that the servers answer and the URLs of the hooks ask for: when it changes, every service is computed again; by default the tag or digest of the image")
	f.BoolVar(&flags.options.Descriptions, "descriptions", false, "describe every field in the custom resource definitions, for kubectl explain")
	f.BoolVar(&flags.options.CRDsOnly, "crds-only", false, "print the custom resource definitions only")
	cmd.MarkFlagsMutuallyExclusive("kinds", "detect", "crds-only")
	return cmd
}

func (f *manifestsFlags) printManifests(ctx context.Context, std streams) error {
	components, err := f.wantedComponents(ctx, std)
	if err != nil {
		return err
	}
	f.options.Components = components
	text, err := install.Render(f.options)
	if err != nil {
		return fmt.Errorf("cannot put the manifests together: %w", err)
	}
	if _, err := std.out.Write(text); err != nil {
		return fmt.Errorf("cannot write the output: %w", err)
	}
	return nil
}

// wantedComponents are the manifest components that the flags ask for.
func (f *manifestsFlags) wantedComponents(ctx context.Context, std streams) ([]string, error) {
	switch {
	case !f.detect && f.kubectl != kubectl{}:
		return nil, errors.New("--kubeconfig and --context need --detect")
	case !f.detect:
		return parseComponents(f.kinds)
	}
	ctx, cancel := context.WithTimeout(ctx, detectTimeout)
	defer cancel()
	installed, err := f.kubectl.installedKinds(ctx, std.err, kinds.Optional())
	if err != nil {
		return nil, err
	}
	components := completeComponents(installed, std)
	std.warn("found in the cluster: " + namesOrNone(components))
	return components, nil
}

func namesOrNone(names []string) string {
	if len(names) == 0 {
		return "no optional kinds"
	}
	return strings.Join(names, ", ")
}

func componentNames() string {
	var names []string
	for _, c := range kinds.ManifestComponents() {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// parseComponents reads a list of components and of optional kinds.
func parseComponents(list string) ([]string, error) {
	if list == "all" {
		return install.NeededBy(kinds.All()), nil
	}
	var components []string
	for _, name := range strings.Split(list, ",") {
		name = strings.TrimSpace(name)
		if isComponent(name) {
			components = append(components, name)
			continue
		}
		if name == "all" {
			return nil, errors.New("all cannot be combined with other kinds: use --kinds all")
		}
		wanted, err := parseKinds(name)
		if err != nil {
			return nil, err
		}
		components = append(components, install.NeededBy(wanted)...)
	}
	return components, nil
}

func isComponent(name string) bool {
	return slices.ContainsFunc(kinds.ManifestComponents(), func(c kinds.ManifestComponent) bool { return c.Name == name })
}

// completeComponents returns the components with all their kinds installed, and warns about a
// component with only some of them.
func completeComponents(installed kinds.Set, std streams) []string {
	var complete []string
	for _, c := range kinds.ManifestComponents() {
		var missing []string
		for _, kind := range c.Kinds {
			if !installed.Has(kind) {
				missing = append(missing, string(kind))
			}
		}
		switch len(missing) {
		case 0:
			complete = append(complete, c.Name)
		case len(c.Kinds):
		default:
			std.warn("left out " + c.Name + ": the cluster does not have " + strings.Join(missing, ", "))
		}
	}
	return complete
}
