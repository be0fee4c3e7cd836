package driver

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/e2e/cluster"
	"github.com/isvc-io/isvc/sync/child"
)

// Strategy is one of Metacontroller's ways of applying a child.
type Strategy string

const (
	// DynamicApply merges in the client against an annotation.
	DynamicApply Strategy = "dynamic-apply"
	// ServerSideApply leaves the merge to the API server.
	ServerSideApply Strategy = "server-side-apply"
)

// Manager is the field manager of server-side apply.
const Manager = "metacontroller"

// Driver is one CompositeController for InferenceServices.
type Driver struct {
	// API is the cluster.
	API *cluster.Client
	// Hooks is the base URL of the hooks.
	Hooks string
	// Strategy is how children are applied.
	Strategy Strategy
	// Kinds are the child kinds that are declared.
	Kinds kinds.Set

	rules   map[string][]rule
	applied map[string]fingerprint
	looks   map[types.UID]look
	// turn is what CallAgain counts.
	turn atomic.Int64
}

// Result is what one pass did.
type Result struct {
	// Writes are the changes in the order in which they were made.
	Writes []Write
}

// Write is one request that a pass made to change something.
type Write struct {
	// Verb is create, update, apply, delete or status.
	Verb string
	// Object is "Kind/name".
	Object string
	// Paths are the fields that an update meant to change.
	Paths []string
	// Created tells that the object did not exist before.
	Created bool
	// Changed tells whether the API server stored anything new.
	Changed bool
	// Late tells that somebody else wrote in between, so that nothing was stored
	// and the next pass has to try again.
	Late bool
}

func (w Write) String() string { return fmt.Sprintf("%s %s %v", w.Verb, w.Object, w.Paths) }

// sync does one pass for a parent, with what a view shows, unless it was done
// with the same before. The error of one child does not stop the others, nor the
// status.
func (d *Driver) sync(ctx context.Context, view view, parent *unstructured.Unstructured) error {
	children, err := d.observe(ctx, view, parent)
	if err != nil {
		return err
	}
	related, err := d.related(ctx, view, parent)
	if err != nil {
		return err
	}
	now := look{turn: d.turn.Load(), versions: versionsOf(parent, children, related)}
	if d.looks[parent.GetUID()].stillHolds(now) {
		return nil
	}
	answer, err := d.ask(ctx, parent, children, related)
	if err != nil || answer.retry > 0 {
		return err
	}
	result := &Result{}
	var failures []error
	if parent.GetDeletionTimestamp() == nil {
		failures = append(failures, d.Manage(ctx, result, parent, children.copied(), answer.Children))
	}
	failures = append(failures, d.writeStatus(ctx, result, parent, answer.Status))
	if err := errors.Join(failures...); err != nil {
		return err
	}
	if answer.ResyncAfterSeconds > 0 {
		now.until = time.Now().Add(time.Duration(answer.ResyncAfterSeconds * float64(time.Second)))
	}
	d.remember(parent.GetUID(), now)
	return nil
}

func (d *Driver) parent(ctx context.Context, namespace, name string) (*unstructured.Unstructured, error) {
	services, err := d.API.Kind("ome.io/v1beta1", "InferenceService", namespace)
	if err != nil {
		return nil, err
	}
	return services.Get(ctx, name, metav1.GetOptions{})
}

// Observe lists the children that the parent controls.
func (d *Driver) Observe(ctx context.Context, parent *unstructured.Unstructured) (Objects, error) {
	return d.observe(ctx, directView{d.API}, parent)
}

func (d *Driver) observe(ctx context.Context, view view, parent *unstructured.Unstructured) (Objects, error) {
	children := Objects{}
	ours := labels.SelectorFromSet(labels.Set{child.ControllerLabel: string(parent.GetUID())})
	for _, kind := range d.Kinds.Sorted() {
		name, apiVersion := kind.NameAndVersion()
		found, err := view.list(ctx, apiVersion, name, parent.GetNamespace(), ours)
		if err != nil {
			return nil, err
		}
		children[kind] = map[string]*unstructured.Unstructured{}
		for _, object := range found {
			if owner := metav1.GetControllerOf(object); owner != nil && owner.UID == parent.GetUID() {
				children.add(object)
			}
		}
	}
	return children, nil
}

// writeStatus replaces the parent's status where it differs.
func (d *Driver) writeStatus(ctx context.Context, result *Result, asked *unstructured.Unstructured, status map[string]any) error {
	wanted := map[string]any{}
	for key, value := range status {
		wanted[key] = value
	}
	wanted["observedGeneration"] = asked.GetGeneration()
	if child.Equal(asked.Object["status"], wanted) {
		return nil
	}
	parent, err := d.parent(ctx, asked.GetNamespace(), asked.GetName())
	if apierrors.IsNotFound(err) || err == nil && parent.GetUID() != asked.GetUID() {
		return nil
	}
	if err != nil {
		return err
	}
	write := Write{Verb: "status", Object: label(parent), Paths: child.ChangedPaths("status", parent.Object["status"], wanted)}
	before := parent.GetResourceVersion()
	parent.Object["status"] = wanted
	services, err := d.API.Of(parent)
	if err != nil {
		return err
	}
	after, err := services.UpdateStatus(ctx, parent, metav1.UpdateOptions{})
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot write the status: %w", err)
	}
	write.Changed = after.GetResourceVersion() != before
	result.Writes = append(result.Writes, write)
	return nil
}

func label(object *unstructured.Unstructured) string {
	return object.GetKind() + "/" + object.GetName()
}
