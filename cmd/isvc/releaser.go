package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// kubectlTimeout is how long one call of kubectl for one object may take.
const kubectlTimeout = 30 * time.Second

// conflictRetries is how often a release is tried when the service changes at the same moment.
const conflictRetries = 5

// looksUntilDone is how many looks in a row have to find that a service is done. Between the answer
// that replaces a pod template and the first report of the workload's controller, a status can still
// describe the pods that go.
const looksUntilDone = 2

// releaser releases services and waits until they are Ready again.
type releaser struct {
	kubectl *kubectl
	// text is the text of the annotation.
	text         string
	wait         bool
	timeout      time.Duration
	pollInterval time.Duration
	std          streams
}

// releaseResult is how the release of a service ended.
type releaseResult int

const (
	// notTried means that the service was not changed, because an earlier one failed.
	notTried releaseResult = iota
	// released means that the service was changed and, where that is waited for, is Ready.
	released
	// releaseFailed means that the service could not be changed or is not Ready.
	releaseFailed
)

// releaseInOrder releases services, at most so many at a time. After the first failure no other
// service is begun; the ones that are begun are waited for. The results are in the order of the
// services.
func (r *releaser) releaseInOrder(ctx context.Context, services []clusterService, atOnce int) []releaseResult {
	results := make([]releaseResult, len(services))
	var failed atomic.Bool
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, service := range services {
		// Go waits for a free place, so that services begin in their order.
		group.Go(func() error {
			if failed.Load() || ctx.Err() != nil {
				return nil
			}
			results[i] = released
			if err := r.release(ctx, service); err != nil {
				results[i] = releaseFailed
				failed.Store(true)
				r.std.warn(fmt.Sprintf("%s: failed: %s", service, err))
			}
			return nil
		})
	}
	_ = group.Wait() // no function returns an error
	return results
}

// release releases one service and waits for it.
func (r *releaser) release(ctx context.Context, service clusterService) error {
	if err := r.annotate(ctx, service); err != nil {
		return fmt.Errorf("it could not be released: %w", err)
	}
	if !r.wait {
		r.say("%s: released", service)
		return nil
	}
	r.say("%s: released, waiting until it is Ready", service)
	start := time.Now()
	if err := r.waitUntilReady(ctx, service); err != nil {
		return err
	}
	r.say("%s: Ready after %s", service, time.Since(start).Round(time.Second))
	return nil
}

// say prints how far a service is. A terminal that is gone stops no rollout.
func (r *releaser) say(format string, values ...any) { _ = r.std.say(fmt.Sprintf(format, values...)) }

// annotate sets the annotation, again if somebody else changed the service at the same moment.
func (r *releaser) annotate(ctx context.Context, service clusterService) (err error) {
	for range conflictRetries {
		err = r.limited(ctx, func(ctx context.Context) error { return r.kubectl.annotateRelease(ctx, service, r.text) })
		var failure *kubectlError
		if !errors.As(err, &failure) || !failure.isConflict() || !r.pause(ctx) {
			return err
		}
	}
	return err
}

// waitUntilReady looks at a service until it serves with what it held back. A failure to look is
// no failure of the service: the API server may restart within the hours that a model takes.
func (r *releaser) waitUntilReady(ctx context.Context, service clusterService) error {
	within, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	why := "it was not read yet"
	for done := 0; r.pause(within); {
		current, err := r.look(within, service)
		switch {
		case within.Err() != nil:
			// What was seen last says more than a call that was cut off.
		case err != nil:
			done, why = 0, "it cannot be read: "+err.Error()
		case current == nil:
			return errors.New("it was released and then deleted")
		default:
			if why = current.whyNotDone(); why != "" {
				done = 0
			} else if done++; done == looksUntilDone {
				return nil
			}
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("it was released, and the wait was interrupted: %s", why)
	}
	return fmt.Errorf("it was released, and after %s %s", r.timeout, cmp.Or(why, "it was Ready only for a moment"))
}

// look reads a service; nil if it does not exist any more.
func (r *releaser) look(ctx context.Context, service clusterService) (current *clusterService, err error) {
	err = r.limited(ctx, func(ctx context.Context) error {
		var messages bytes.Buffer
		found, err := r.kubectl.getServices(ctx, &messages, nameArguments(service.Metadata.Namespace, service.Metadata.Name)...)
		if err != nil {
			return &kubectlError{err: err, messages: messages.String()}
		}
		if len(found) > 0 {
			current = &found[0]
		}
		return nil
	})
	return current, err
}

// limited bounds the time of one call of kubectl.
func (r *releaser) limited(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, kubectlTimeout)
	defer cancel()
	return call(ctx)
}

// pause waits for the next look; false if there is none.
func (r *releaser) pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(r.pollInterval):
		return true
	}
}
