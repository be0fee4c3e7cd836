package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/kinds"
)

// kubectl runs the kubectl of the user, which knows how to reach a cluster and how to log in to it:
// kubeconfig, context, proxy, client certificates, credential plugins.
type kubectl struct {
	kubeconfig string
	context    string
}

func (k *kubectl) registerFlags(flags *pflag.FlagSet) {
	flags.StringVar(&k.kubeconfig, "kubeconfig", "", "kubeconfig for kubectl instead of its default")
	flags.StringVar(&k.context, "context", "", "context of the kubeconfig instead of the current one")
}

// outputOf returns what kubectl prints for arguments that read. What it writes to standard error, for
// example the address at which a user has to log in, goes to messages.
func (k *kubectl) outputOf(ctx context.Context, messages io.Writer, args ...string) ([]byte, error) {
	output, err := k.run(ctx, messages, args...)
	if err != nil {
		return nil, fmt.Errorf("cannot read from the cluster: %w", err)
	}
	return output, nil
}

// run runs kubectl and returns what it prints.
func (k *kubectl) run(ctx context.Context, messages io.Writer, args ...string) ([]byte, error) {
	return k.runWithInput(ctx, nil, messages, args...)
}

// runWithInput runs kubectl with something to read from standard input, and returns what it prints.
func (k *kubectl) runWithInput(ctx context.Context, input io.Reader, messages io.Writer, args ...string) ([]byte, error) {
	if k.kubeconfig != "" {
		args = append(args, "--kubeconfig", k.kubeconfig)
	}
	if k.context != "" {
		args = append(args, "--context", k.context)
	}
	command := exec.CommandContext(ctx, "kubectl", args...)
	var said bytes.Buffer
	command.Stdin, command.Stderr = input, io.MultiWriter(messages, &said)
	output, err := command.Output()
	switch line := "kubectl " + strings.Join(args, " "); {
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New("kubectl is not in PATH")
	case errors.Is(ctx.Err(), context.Canceled):
		return nil, fmt.Errorf("%s was interrupted", line)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s took too long", line)
	case err != nil && strings.Contains(said.String(), "(Forbidden)"):
		return nil, errors.New("the user of kubectl lacks the rights that kubectl names: docs/install.md says what is read")
	case err != nil:
		return nil, fmt.Errorf("%s failed: %w", line, err)
	}
	return output, nil
}

// installedKinds returns the kinds of the list that the cluster has in exactly these versions.
// "kubectl api-resources" is not enough: it prints the preferred version of each group only.
func (k *kubectl) installedKinds(ctx context.Context, messages io.Writer, wanted []kinds.Kind) (kinds.Set, error) {
	var groups metav1.APIGroupList
	if err := k.getDiscovery(ctx, messages, "/apis", &groups); err != nil {
		return nil, err
	}
	resources := map[string][]metav1.APIResource{}
	installed := kinds.Set{}
	for _, kind := range wanted {
		name, apiVersion := kind.NameAndVersion()
		if _, known := resources[apiVersion]; !known && isServed(groups, apiVersion) {
			var list metav1.APIResourceList
			if err := k.getDiscovery(ctx, messages, "/apis/"+apiVersion, &list); err != nil {
				return nil, err
			}
			resources[apiVersion] = list.APIResources
		}
		if slices.ContainsFunc(resources[apiVersion], func(r metav1.APIResource) bool {
			return r.Kind == name && !strings.Contains(r.Name, "/") // no subresource
		}) {
			installed[kind] = true
		}
	}
	return installed, nil
}

func isServed(groups metav1.APIGroupList, apiVersion string) bool {
	return slices.ContainsFunc(groups.Groups, func(group metav1.APIGroup) bool {
		return slices.ContainsFunc(group.Versions, func(v metav1.GroupVersionForDiscovery) bool {
			return v.GroupVersion == apiVersion
		})
	})
}

// getDiscovery reads a list of what the API server has.
func (k *kubectl) getDiscovery(ctx context.Context, messages io.Writer, path string, into any) error {
	output, err := k.outputOf(ctx, messages, "get", "--raw", path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(output, into); err != nil {
		return fmt.Errorf("cannot read from the cluster: kubectl get --raw %s printed something else than what an API server has: %w", path, err)
	}
	return nil
}
