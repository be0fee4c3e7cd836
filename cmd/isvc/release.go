package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/isvc-io/isvc/api/v1beta1"
)

const releaseHelp = `Let InferenceServices take the changes that their running pods hold back, a few
services at a time.

A service whose condition UpdateAvailable is True keeps the pod template that
runs. This command sets the annotation isvc.io/release of the service to a new
text, and the pods are then replaced by the strategy of their workload. It runs
kubectl, which must be in PATH.

The services are the ones that NAME or NAMESPACE/NAME select, or with --all and
--selector all that hold a change. A service that holds nothing is left alone.
At most --max-concurrent services are released at the same time: the next one
follows when one of them is Ready and all its pods are new. When that takes longer
than --timeout, no further service is released; the services that were released
already are still waited for.

Exit status: 0 when every service that holds a change was released and is Ready
with it; 1 when one was not, or was not tried; 2 when the command line or the
cluster could not be used, or a service does not exist: then nothing was
released.`

const releaseExample = `  isvc release -A --all --dry-run
  isvc release -n team-a chat search
  isvc release -A --selector tier=batch --max-concurrent 3 --timeout 2h`

// pollInterval is the time between two looks at a service that is waited for.
const pollInterval = 3 * time.Second

// releaseFlags are the flags of release.
type releaseFlags struct {
	selection     serviceSelection
	kubectl       kubectl
	maxConcurrent int
	wait          bool
	timeout       time.Duration
	dryRun        bool
	text          string
	// pollInterval is shorter in tests.
	pollInterval time.Duration
}

func newRelease(std streams) *cobra.Command {
	return (&releaseFlags{pollInterval: pollInterval}).newCommand(std)
}

func (f *releaseFlags) newCommand(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "release NAME... | --all | --selector SELECTOR",
		Short:   "Let running services take the changes that they hold back",
		Long:    releaseHelp,
		Example: releaseExample,
		RunE: func(cmd *cobra.Command, names []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, os.Interrupt)
			defer stop()
			return f.releaseServices(ctx, std, names)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.selection.namespace, "namespace", "n", "", "namespace of the services instead of the current one of kubectl")
	flags.BoolVarP(&f.selection.allNamespaces, "all-namespaces", "A", false, "services of all namespaces; with --all or --selector")
	flags.BoolVar(&f.selection.all, "all", false, "all services that hold a change")
	flags.StringVarP(&f.selection.selector, "selector", "l", "", "labels of the services, as for kubectl get")
	flags.IntVar(&f.maxConcurrent, "max-concurrent", 1, "services that are released at the same time")
	flags.BoolVar(&f.wait, "wait", true, "wait until a service is Ready with its new pods before the next one is released")
	flags.DurationVar(&f.timeout, "timeout", time.Hour, "time that a service may take to be Ready with its new pods")
	flags.BoolVar(&f.dryRun, "dry-run", false, "print which services would be released and what they hold back; change nothing")
	flags.StringVar(&f.text, "text", "", "text of the annotation isvc.io/release, different from the last one; by default the time")
	f.kubectl.registerFlags(flags)
	return cmd
}

func (f *releaseFlags) releaseServices(ctx context.Context, std streams, names []string) error {
	if err := f.checkFlags(names); err != nil {
		return err
	}
	services, missing, err := f.selection.readServices(ctx, &f.kubectl, std.err, names)
	if err != nil {
		return err
	}
	for _, name := range missing {
		std.warn(fmt.Sprintf("there is no InferenceService %s in the cluster: nothing was released", name))
	}
	if len(missing) > 0 {
		return exitStatus(exitUnusable)
	}
	if f.text == "" {
		f.text = time.Now().UTC().Format(time.RFC3339)
	}
	held, err := f.servicesToRelease(std, services, len(names) > 0)
	if err != nil {
		return err
	}
	if f.dryRun {
		return printHeldUpdates(std, held)
	}
	return f.rollOut(ctx, std, held)
}

func (f *releaseFlags) checkFlags(names []string) error {
	switch {
	case f.maxConcurrent < 1:
		return errors.New("--max-concurrent must be at least 1")
	case f.timeout <= 0:
		return errors.New("--timeout must be positive")
	}
	return f.selection.check(names)
}

// servicesToRelease returns the services that hold a change. The others are named where the user
// named them.
func (f *releaseFlags) servicesToRelease(std streams, services []clusterService, named bool) ([]clusterService, error) {
	var held []clusterService
	for _, service := range services {
		switch why := service.whyNotReleased(); {
		case why != "" && named:
			if err := std.say(fmt.Sprintf("%s: skipped: %s", service, why)); err != nil {
				return nil, err
			}
		case why != "":
		case service.Metadata.Annotations[v1beta1.AnnotationRelease] == f.text:
			return nil, fmt.Errorf("the annotation %s of %s is %q already: choose another --text, nothing was released",
				v1beta1.AnnotationRelease, service, f.text)
		default:
			held = append(held, service)
		}
	}
	if len(held) == 0 {
		return nil, std.say("no service holds back a change: nothing to release")
	}
	return held, nil
}

// printHeldUpdates prints what each service holds back.
func printHeldUpdates(std streams, held []clusterService) error {
	for _, service := range held {
		why := reasonAndMessage(service.condition(v1beta1.UpdateAvailable))
		if err := std.say(fmt.Sprintf("%s: would be released: %s", service, why)); err != nil {
			return err
		}
	}
	return nil
}

// rollOut releases the services and says how that went.
func (f *releaseFlags) rollOut(ctx context.Context, std streams, services []clusterService) error {
	if len(services) == 0 {
		return nil
	}
	releaser := &releaser{
		kubectl: &f.kubectl, text: f.text, wait: f.wait, timeout: f.timeout, pollInterval: f.pollInterval, std: std,
	}
	counts := map[releaseResult]int{}
	for i, result := range releaser.releaseInOrder(ctx, services, f.maxConcurrent) {
		counts[result]++
		if result == notTried {
			std.warn(services[i].String() + ": not tried")
		}
	}
	if err := std.say(fmt.Sprintf("%d released, %d failed, %d not tried", counts[released], counts[releaseFailed], counts[notTried])); err != nil {
		return err
	}
	return exitWith(false, counts[released] < len(services))
}
