package driver

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/hooktest"
)

// Manage makes the cluster hold the desired children and no others: first what
// is not desired goes, then the desired are applied kind by kind.
func (d *Driver) Manage(ctx context.Context, result *Result, parent *unstructured.Unstructured, children Objects, desired []map[string]any) error {
	wanted := Objects{}
	for _, tree := range desired {
		wanted.add(complete(&unstructured.Unstructured{Object: tree}, parent))
	}
	var failures []error
	for _, object := range children.sorted() {
		if wanted.get(object) == nil && object.GetDeletionTimestamp() == nil {
			failures = append(failures, d.remove(ctx, result, object))
		}
	}
	for _, object := range wanted.sorted() {
		failures = append(failures, d.apply(ctx, result, children.get(object), object, parent))
	}
	return errors.Join(failures...)
}

// complete adds what every child gets.
func complete(desired, parent *unstructured.Unstructured) *unstructured.Unstructured {
	if desired.GetNamespace() == "" {
		desired.SetNamespace(parent.GetNamespace())
	}
	labels := desired.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	labels[child.ControllerLabel] = string(parent.GetUID())
	desired.SetLabels(labels)
	return desired
}

func (d *Driver) remove(ctx context.Context, result *Result, object *unstructured.Unstructured) error {
	resource, err := d.API.Of(object)
	if err != nil {
		return err
	}
	uid, background := object.GetUID(), metav1.DeletePropagationBackground
	err = resource.Delete(ctx, object.GetName(), metav1.DeleteOptions{
		Preconditions: &metav1.Preconditions{UID: &uid}, PropagationPolicy: &background,
	})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot delete %s: %w", label(object), err)
	}
	result.Writes = append(result.Writes, Write{Verb: "delete", Object: label(object), Changed: true})
	return nil
}

// apply writes one desired child, as it is when observed is nil. A child that is
// being deleted is left alone.
func (d *Driver) apply(ctx context.Context, result *Result, observed, object, parent *unstructured.Unstructured) error {
	resource, err := d.API.Of(object)
	if err != nil {
		return err
	}
	if observed != nil && observed.GetDeletionTimestamp() != nil {
		return nil
	}
	var write *Write
	if d.Strategy == ServerSideApply {
		write, err = d.applyOnServer(ctx, resource, observed, object, parent)
	} else {
		write, err = d.applyDynamic(ctx, resource, observed, object, parent)
	}
	if err != nil {
		return fmt.Errorf("cannot apply %s: %w", label(object), err)
	}
	if write != nil {
		result.Writes = append(result.Writes, *write)
	}
	return nil
}

func ownedBy(parent *unstructured.Unstructured) []metav1.OwnerReference {
	return []metav1.OwnerReference{*metav1.NewControllerRef(parent, parent.GroupVersionKind())}
}

func (d *Driver) applyDynamic(ctx context.Context, resource dynamic.ResourceInterface, observed, object, parent *unstructured.Unstructured) (*Write, error) {
	forecast, err := hooktest.ForecastClientSideApply(observed, object)
	if err != nil || !forecast.Changed {
		return nil, err
	}
	if observed == nil {
		forecast.Object.SetOwnerReferences(ownedBy(parent))
		_, err := resource.Create(ctx, forecast.Object, metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			return nil, nil
		}
		return &Write{Verb: "create", Object: label(object), Created: true, Changed: true}, err
	}
	write := &Write{Verb: "update", Object: label(object), Paths: forecast.ChangedPaths()}
	after, err := resource.Update(ctx, forecast.Object, metav1.UpdateOptions{})
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		write.Late = true
		return write, nil
	}
	if err != nil {
		return nil, err
	}
	write.Changed = after.GetResourceVersion() != observed.GetResourceVersion()
	return write, nil
}

// fingerprint is what server-side apply last sent for a child and the state that
// it met or left. While neither changes, nothing is sent.
type fingerprint struct {
	desired [sha256.Size]byte
	state   string
}

func stateOf(object *unstructured.Unstructured) string {
	if generation := object.GetGeneration(); generation != 0 {
		return fmt.Sprint(object.GetUID(), "/generation/", generation)
	}
	return fmt.Sprint(object.GetUID(), "/version/", object.GetResourceVersion())
}

func (d *Driver) applyOnServer(ctx context.Context, resource dynamic.ResourceInterface, observed, object, parent *unstructured.Unstructured) (*Write, error) {
	sent := object.DeepCopy()
	delete(sent.Object, "status")
	sent.SetOwnerReferences(ownedBy(parent))
	data, err := json.Marshal(sent)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprint(kindOf(object), " ", keyOf(object))
	now := fingerprint{desired: sha256.Sum256(data)}
	if observed != nil {
		now.state = stateOf(observed)
		if d.applied[key] == now {
			return nil, nil
		}
	}
	force := true
	after, err := resource.Patch(ctx, object.GetName(), types.ApplyPatchType, data, metav1.PatchOptions{FieldManager: Manager, Force: &force})
	if err != nil {
		return nil, err
	}
	if d.applied == nil {
		d.applied = map[string]fingerprint{}
	}
	now.state = stateOf(after)
	d.applied[key] = now
	write := &Write{Verb: "apply", Object: label(object), Created: observed == nil, Changed: true}
	if observed != nil {
		write.Paths = effects(observed, sent, after)
		write.Changed = len(write.Paths) > 0
	}
	return write, nil
}

// effects lists the fields in which an object differs because of what was sent:
// the sent fields, those that were ours before, and those that are gone. Any
// other field that differs was written by somebody else between the two looks
// at the object.
func effects(before, sent, after *unstructured.Unstructured) []string {
	ours := child.FieldsOwnedBy(before.Object, func(m child.Manager) bool { return m.Name == Manager })
	return effectsAt("", content(before), sent.Object, content(after), ours)
}

func effectsAt(path string, before, sent, after any, ours *fieldpath.Set) []string {
	from, isMap := before.(map[string]any)
	to, still := after.(map[string]any)
	if !isMap || !still {
		foreign := sent == nil && ours == nil && after != nil
		if foreign || child.Equal(before, after) {
			return nil
		}
		return []string{path}
	}
	wanted, _ := sent.(map[string]any)
	var paths []string
	for _, key := range keys(from, to) {
		paths = append(paths, effectsAt(path+"."+key, from[key], wanted[key], to[key], child.FieldsBelow(ours, fieldpath.FieldNameElement(key)))...)
	}
	return paths
}

// content is an object without what the API server keeps about it.
func content(object *unstructured.Unstructured) any {
	content := object.DeepCopy()
	delete(content.Object, "status")
	content.SetManagedFields(nil)
	content.SetResourceVersion("")
	content.SetGeneration(0)
	return content.Object
}
