package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/sync/load"
)

const renderHelp = `Print the objects that InferenceServices are turned into.

Every InferenceService of the input is rendered, or the ones that NAME or
NAMESPACE/NAME select. Everything else in the input is context: models, runtimes,
accelerator classes, fine-tuned weights, the ConfigMap inferenceservice-config,
pods, and objects that belong to a service already, which count as observed.

The objects are sorted by kind, namespace and name. The same input always gives
the same output.

` + clusterHelp + `

Exit status: 0 when all services were rendered; 1 when some could not be
resolved (the reason is on standard error, the others are rendered), when two
need an object of one name or a route of one host, or when an object of the files
has a field of the wrong form; 2 when the input or the command line could not be
used.`

const renderExample = `  isvc render -f service.yaml -f catalogue/
  isvc render --cluster llama-chat -n prod --status`

// renderFlags are the flags of render.
type renderFlags struct {
	inputFlags
	output string
	status bool
	now    string
}

func newRender(std streams) *cobra.Command {
	flags := &renderFlags{}
	cmd := &cobra.Command{
		Use:     "render (-f PATH... | --cluster) [NAME...]",
		Short:   "Print the objects that InferenceServices are turned into",
		Long:    renderHelp,
		Example: renderExample,
		RunE: func(cmd *cobra.Command, names []string) error {
			return flags.renderServices(cmd.Context(), std, names)
		},
	}
	f := cmd.Flags()
	flags.registerFlags(f)
	f.StringVarP(&flags.output, "output", "o", outputYAML, "form of the output: yaml, or json for a List")
	f.BoolVar(&flags.status, "status", false, "print each service with its status first")
	f.StringVar(&flags.now, "now", "", "time of transitions in the status, as RFC 3339; without it no time is printed")
	return cmd
}

func (f *renderFlags) renderServices(ctx context.Context, std streams, names []string) error {
	if err := checkOutputForm(f.output, outputYAML, outputJSON); err != nil {
		return err
	}
	now, err := f.parseNow()
	if err != nil {
		return err
	}
	in, err := f.loadServices(ctx, std, load.Options{Names: names, Now: now})
	if err != nil {
		return err
	}
	unresolved, err := f.printObjects(std, in)
	if err != nil {
		return err
	}
	return in.exitStatus(unresolved)
}

// parseNow returns the time in the flag --now; the zero time without it.
func (f *renderFlags) parseNow() (metav1.Time, error) {
	if f.now == "" {
		return metav1.Time{}, nil
	}
	now, err := time.Parse(time.RFC3339, f.now)
	if err != nil {
		return metav1.Time{}, fmt.Errorf("--now %q is not a time such as 2026-05-06T10:00:00Z", f.now)
	}
	return metav1.NewTime(now.UTC()), nil
}

// printObjects computes and writes everything; unresolved reports whether some service could not be
// computed.
func (f *renderFlags) printObjects(std streams, in *input) (unresolved bool, err error) {
	objects := &spool{}
	defer func() { err = errors.Join(err, objects.removeFile()) }()
	reported := in.undecodableObjects()
	encode := encoderFor(f.output)
	names := exclusiveNames{}
	evaluateInOrder(in.requests, func(e *evaluated) rendered {
		return renderService(e, f.status, encode)
	}, func(r rendered) {
		err = errors.Join(err, r.err)
		for _, held := range append(r.unresolved, names.conflictsOf(r.service.String(), r.exclusive)...) {
			unresolved = true
			if !reported[r.service.String()] {
				std.warn(in.serviceProblem(r.service, held).String())
			}
		}
		for _, d := range r.documents {
			objects.addDocument(d)
		}
	})
	if err != nil {
		return unresolved, err
	}
	return unresolved, objects.writeTo(std.out, f.output)
}

// rendered is the output for one service.
type rendered struct {
	// service has nothing but its identity, because the rest takes memory.
	service    *evaluated
	documents  []document
	unresolved []finding.Finding
	exclusive  []string
	err        error
}

// renderService encodes what is known about a service. Children that must stay as they are, and are
// not known, are not printed.
func renderService(e *evaluated, withStatus bool, encode encodeFunc) rendered {
	r := rendered{service: &evaluated{parent: e.parent}, unresolved: e.whyUnresolved(), exclusive: e.exclusiveNamesOf()}
	if e.failed != nil {
		return r
	}
	if withStatus {
		r.addDocument(statusDocument(e, encode))
	}
	if e.response.RetryAfter > 0 {
		return r
	}
	for _, child := range e.response.Children {
		r.addDocument(childDocument(child, encode))
	}
	return r
}

func (r *rendered) addDocument(d document, err error) {
	r.err = errors.Join(r.err, err)
	r.documents = append(r.documents, d)
}
