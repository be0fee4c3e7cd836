package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/hook"
	"github.com/isvc-io/isvc/sync/load"
)

const renderHelp = `Print the objects that InferenceServices are turned into.

Every InferenceService of the input is rendered, or those that are named by NAME
or NAMESPACE/NAME. Everything else in the input is context: models, runtimes,
accelerator classes, fine-tuned weights, the ConfigMap inferenceservice-config,
pods, and objects that belong to a service already, which count as observed.

The objects are sorted by kind, namespace and name. The same input always gives
the same output.

Exit status: 0 when all services were rendered; 1 when some could not be
resolved (the reason is on standard error, the others are rendered); 2 when
input or command line could not be used.`

const renderExample = `  isvc render -f service.yaml -f catalogue/
  kubectl get isvc,clusterservingruntimes,clusterbasemodels -A -o yaml | isvc render -f - --status`

// renderFlags are the flags of render.
type renderFlags struct {
	inputFlags
	contextFlags
	output string
	status bool
	now    string
}

func newRender(io streams) *cobra.Command {
	flags := &renderFlags{}
	cmd := &cobra.Command{
		Use:     "render -f PATH... [NAME...]",
		Short:   "Print the objects that InferenceServices are turned into",
		Long:    renderHelp,
		Example: renderExample,
		RunE:    func(_ *cobra.Command, names []string) error { return flags.run(io, names) },
	}
	flags.inputFlags.register(cmd.Flags())
	f := cmd.Flags()
	f.StringVarP(&flags.output, "output", "o", "yaml", "form of the output: yaml, or json for a List")
	f.BoolVar(&flags.status, "status", false, "print each service with its status first")
	flags.contextFlags.register(f)
	f.StringVar(&flags.now, "now", "", "time of transitions in the status, as RFC 3339; without it none is printed")
	return cmd
}

// run renders.
func (f *renderFlags) run(io streams, names []string) error {
	options, err := f.options(names)
	if err != nil {
		return err
	}
	encode, err := encoder(f.output)
	if err != nil {
		return err
	}
	asked, err := f.ask(io, options)
	if err != nil {
		return err
	}
	unresolved, err := f.print(io, asked.requests, encode, placed(asked.set, asked.problems))
	switch {
	case err != nil:
		return err
	case asked.unusable:
		return status(exitUnusable)
	case unresolved:
		return status(exitUnresolved)
	}
	return nil
}

// options reads the flags that say how requests are made.
func (f *renderFlags) options(names []string) (load.Options, error) {
	options, err := f.contextFlags.options(names)
	if err != nil {
		return options, err
	}
	if f.now == "" {
		return options, nil
	}
	now, err := time.Parse(time.RFC3339, f.now)
	if err != nil {
		return options, fmt.Errorf("--now %q is not a time such as 2026-05-06T10:00:00Z", f.now)
	}
	options.Now = metav1.NewTime(now.UTC())
	return options, nil
}

// print computes and writes everything; unresolved reports whether some
// service could not be computed.
func (f *renderFlags) print(io streams, requests []*sync.Request, encode encodeFunc, place placeFunc) (unresolved bool, err error) {
	results := make([]renderedService, len(requests))
	evaluateAll(requests, func(i int, e *evaluated) {
		results[i] = renderService(e, f.status, encode)
	})
	var documents []document
	for _, result := range results {
		if result.failed != nil {
			return unresolved, result.failed
		}
		for _, complaint := range result.complaints {
			unresolved = true
			if line := place(result.parent, complaint); line != "" {
				io.complain(line)
			}
		}
		documents = append(documents, result.documents...)
	}
	return unresolved, write(io.out, f.output, documents)
}

// placeFunc is a complaint about a service in one line with its file; empty
// where the loader said it already.
type placeFunc func(parent hook.Parent, complaint string) string

// placed places complaints by the files of a set.
func placed(set *load.Set, known []load.Problem) placeFunc {
	undecodable := undecodable(known)
	return func(parent hook.Parent, complaint string) string {
		if undecodable[parent.String()] {
			return ""
		}
		return set.ServiceProblem(parent.Namespace, parent.Name, load.Error, complaint).String()
	}
}

// renderedService is the output of one service.
type renderedService struct {
	parent     hook.Parent
	documents  []document
	complaints []string
	failed     error
}

// renderService encodes what is known about a service. Children that must stay
// as they are without being known are not printed.
func renderService(e *evaluated, withStatus bool, encode encodeFunc) (r renderedService) {
	r.parent, r.complaints = e.parent, e.unresolved()
	if e.failed != nil {
		return r
	}
	if withStatus {
		r.add(statusDocument(e, encode))
	}
	if e.response.RetryAfter > 0 {
		return r
	}
	for _, child := range e.response.Children {
		r.add(childDocument(child, encode))
	}
	return r
}

func (r *renderedService) add(d document, err error) {
	if err != nil && r.failed == nil {
		r.failed = err
	}
	r.documents = append(r.documents, d)
}
