package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
)

// readTimeout is the time that kubectl may take to read a cluster.
const readTimeout = 10 * time.Minute

// clusterHelp says how verbs read a cluster.
const clusterHelp = `With --cluster, or one of --context, --kubeconfig and -A, kubectl reads the services
of its current namespace, of -n or of all namespaces, with their catalogue, objects
and pods. As a plugin ("kubectl isvc"), the cluster is read where no file is named.`

// clusterFlags say that a cluster is read, and which part of it.
type clusterFlags struct {
	fromCluster   bool
	allNamespaces bool
	kubectl       kubectl
}

func (f *clusterFlags) registerFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&f.fromCluster, "cluster", false,
		"read the cluster through kubectl, which must be in PATH, instead of files; --kinds is then what the cluster has")
	flags.BoolVarP(&f.allNamespaces, "all-namespaces", "A", false, "read the services of all namespaces of the cluster")
	f.kubectl.registerFlags(flags)
}

// usesCluster reports whether a cluster is read: where a flag says so, or as a plugin of kubectl where nothing
// else is named.
func (f *inputFlags) usesCluster(std streams) (bool, error) {
	isAsked := f.allNamespaces || f.kubectl != kubectl{}
	switch {
	case f.fromCluster && f.areGiven():
		return false, errors.New("--cluster and --filename exclude each other")
	case isAsked && f.areGiven():
		return false, errors.New("--kubeconfig, --context and --all-namespaces need --cluster, without --filename")
	}
	return f.fromCluster || isAsked || std.asPlugin && !f.areGiven(), nil
}

// readCluster reads a cluster: the namespace that a flag or all names say, else that of kubectl's context, or
// all namespaces. It sets the kinds that the cluster has in the options, and the namespace of their names.
func (f *inputFlags) readCluster(ctx context.Context, std streams, options *load.Options, everywhere bool) ([]load.File, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	namespace := ""
	if f.namespaceIsGiven() {
		namespace = f.namespace
	}
	selection := serviceSelection{namespace: namespace, allNamespaces: f.allNamespaces, all: len(options.Names) == 0}
	if err := selection.check(options.Names); err != nil {
		return nil, err
	}
	if namespace == "" && !f.allNamespaces && !everywhere {
		namespace = f.kubectl.currentNamespace(ctx)
	}
	if namespace != "" {
		options.Names, namespace = qualifiedNames(options.Names, namespace)
	}
	f.readFrom = "the cluster"
	if namespace != "" {
		f.readFrom = "namespace " + namespace
	}
	files, installed, err := f.kubectl.readServing(ctx, std.err, namespace)
	options.Kinds = installed
	return files, err
}

// qualifiedNames puts a namespace before names without one, and returns the namespace that all of them are
// in; empty where there are several.
func qualifiedNames(names []string, namespace string) (qualified []string, common string) {
	common = namespace
	for i, argument := range names {
		of, name := splitServiceName(argument)
		of = cmp.Or(of, namespace)
		qualified = append(qualified, of+"/"+name)
		switch {
		case i == 0:
			common = of
		case of != common:
			common = ""
		}
	}
	return qualified, common
}

// currentNamespace is the namespace of the context of kubectl. Where there is no context, as in a pod, or one
// that does not exist, kubectl reads or says so better when it is asked for objects.
func (k *kubectl) currentNamespace(ctx context.Context) string {
	output, err := k.run(ctx, io.Discard, "config", "view", "--minify", "--output=jsonpath={..namespace}")
	if err != nil {
		return "default"
	}
	return cmp.Or(strings.TrimSpace(string(output)), "default")
}

// readServing reads from a cluster what answers depend on: services and their catalogue, the
// configuration, the objects of services, and those of others that can have their names, hosts or
// secrets. It also returns the child kinds that the cluster has. With a namespace, it reads what is in the
// namespace and what is in none, for which rights in the namespace and to read the catalogue are enough.
func (k *kubectl) readServing(ctx context.Context, messages io.Writer, namespace string) ([]load.File, kinds.Set, error) {
	installed, err := k.installedKinds(ctx, messages, kinds.Optional())
	if err != nil {
		return nil, nil, err
	}
	for _, kind := range kinds.Core() {
		installed[kind] = true
	}
	ofServices, ofAnyone := installed.Sorted(), []kinds.Kind{}
	for _, kind := range []kinds.Kind{kinds.Service, kinds.Ingress, kinds.HTTPRoute} {
		if installed.Has(kind) {
			ofAnyone = append(ofAnyone, kind)
			ofServices = slices.DeleteFunc(ofServices, func(other kinds.Kind) bool { return other == kind })
		}
	}
	scope := "--all-namespaces"
	if namespace != "" {
		scope = "--namespace=" + namespace
	}
	var files []load.File
	for _, read := range []struct {
		name string
		args []string
		// isElsewhere is true for what is not in the namespace of services.
		isElsewhere bool
	}{
		{"services and catalogue of the cluster", []string{resourcesOf(load.CatalogueKinds())}, false},
		{"configuration of the cluster", []string{"configmaps", "--field-selector=metadata.name=" + config.MapName}, true},
		{"objects of services in the cluster", []string{resourcesOf(append(ofServices, kinds.Pod)), "--selector=" + v1beta1.LabelInferenceService}, false},
		{"Service objects and routes of the cluster", []string{resourcesOf(ofAnyone)}, false},
		{"default service accounts of the cluster", []string{"serviceaccounts", "--field-selector=metadata.name=" + sync.DefaultServiceAccount}, false},
	} {
		from := scope
		if read.isElsewhere {
			from = "--all-namespaces"
		}
		// What was applied last is in the managed fields, which kubectl leaves out by itself.
		output, err := k.outputOf(ctx, messages, append(append([]string{"get"}, read.args...), from, "--output=json", "--show-managed-fields")...)
		if err != nil && read.isElsewhere && namespace != "" {
			_, _ = fmt.Fprintf(messages, "warning: cannot read the configuration of the cluster, so that the default counts: %v\n", err)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		files = append(files, load.File{Name: read.name, Data: output, IsGenerated: true})
	}
	return files, installed, nil
}

// resourcesOf names kinds for kubectl, each in its exact version.
func resourcesOf(all []kinds.Kind) string {
	var resources []string
	for _, kind := range all {
		name, apiVersion := kind.NameAndVersion()
		plural, _ := meta.UnsafeGuessKindToResource(schema.FromAPIVersionAndKind(apiVersion, name))
		resources = append(resources, plural.Resource+"."+plural.Version+"."+plural.Group)
	}
	return strings.Join(resources, ",")
}
