package driver

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/labels"
)

// pause is the time between two passes, in place of the events that
// Metacontroller waits for.
const pause = 100 * time.Millisecond

// Run syncs every service of some namespaces over and over until the context
// ends. Failures are reported and do not end it.
func (d *Driver) Run(ctx context.Context, namespaces []string, report func(error)) {
	view := newCachedView(d.API)
	for ctx.Err() == nil {
		for _, namespace := range namespaces {
			if err := d.syncAll(ctx, view, namespace); err != nil && ctx.Err() == nil {
				report(err)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func (d *Driver) syncAll(ctx context.Context, view view, namespace string) error {
	services, err := view.list(ctx, "ome.io/v1beta1", "InferenceService", namespace, labels.Everything())
	if err != nil {
		return err
	}
	var failures []error
	for _, service := range services {
		failures = append(failures, d.sync(ctx, view, service))
	}
	return errors.Join(failures...)
}
