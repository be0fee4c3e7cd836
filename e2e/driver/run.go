package driver

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// pause is the time between two passes, in place of the events that
// Metacontroller waits for.
const pause = 100 * time.Millisecond

// Run syncs every service of a namespace over and over until the context ends.
// Failures are reported and do not end it.
func (d *Driver) Run(ctx context.Context, namespace string, report func(error)) {
	for ctx.Err() == nil {
		if err := d.syncAll(ctx, namespace); err != nil && ctx.Err() == nil {
			report(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func (d *Driver) syncAll(ctx context.Context, namespace string) error {
	services, err := d.API.Kind("ome.io/v1beta1", "InferenceService", namespace)
	if err != nil {
		return err
	}
	list, err := services.List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("cannot list the services: %w", err)
	}
	var failures []error
	for i := range list.Items {
		_, err := d.Sync(ctx, namespace, list.Items[i].GetName())
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}
