package operators

import (
	"context"
	"errors"
	"path/filepath"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/e2e/cluster"
	"github.com/isvc-io/isvc/internal/crdsource"
)

// installPublished creates the definitions that a project publishes, by a pattern of their files, and returns
// the folder of what it publishes, in the version that a module in another folder pins.
func installPublished(
	ctx context.Context, c *cluster.Cluster, pinnedBy, module, definitions string,
) (published string, api *cluster.Client, err error) {
	if published, err = crdsource.PinnedModuleFolder(ctx, pinnedBy, module); err != nil {
		return "", nil, err
	}
	if api, err = c.Client("admin"); err != nil {
		return "", nil, err
	}
	return published, api, installDefinitions(ctx, c, api, filepath.Join(published, definitions))
}

// installDefinitions creates the definitions of a pattern that are not there.
func installDefinitions(ctx context.Context, c *cluster.Cluster, api *cluster.Client, pattern string) error {
	found, err := crdsource.Read(pattern)
	if err != nil {
		return err
	}
	var missing []cluster.Definition
	for _, definition := range found {
		definitions, err := api.Of(definition)
		if err != nil {
			return err
		}
		_, err = definitions.Get(ctx, definition.GetName(), metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			missing = append(missing, cluster.Definition{Unstructured: definition})
		} else if err != nil {
			return err
		}
	}
	return c.Install(ctx, api, missing)
}

func deleteObjects(ctx context.Context, api *cluster.Client, objects []*unstructured.Unstructured) error {
	var failures []error
	for _, object := range objects {
		resource, err := api.Of(object)
		if err == nil {
			err = resource.Delete(ctx, object.GetName(), metav1.DeleteOptions{})
		}
		if err != nil && !apierrors.IsNotFound(err) {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// createNamespace creates a namespace that may be there.
func createNamespace(ctx context.Context, api *cluster.Client, name string) error {
	namespace := &unstructured.Unstructured{}
	namespace.SetAPIVersion("v1")
	namespace.SetKind("Namespace")
	namespace.SetName(name)
	if _, err := api.Create(ctx, namespace, metav1.CreateOptions{}); !apierrors.IsAlreadyExists(err) {
		return err
	}
	return nil
}
