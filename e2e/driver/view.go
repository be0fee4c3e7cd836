package driver

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"

	"github.com/isvc-io/isvc/e2e/cluster"
)

// view shows objects of the cluster, which must not be changed.
type view interface {
	// list returns the objects of a kind in a namespace that have certain labels.
	// The namespace is ignored for a cluster-scoped kind.
	list(ctx context.Context, apiVersion, kind, namespace string, selector labels.Selector) ([]*unstructured.Unstructured, error)
}

// directView asks the API server.
type directView struct{ api *cluster.Client }

func (v directView) list(ctx context.Context, apiVersion, kind, namespace string, selector labels.Selector) ([]*unstructured.Unstructured, error) {
	resource, err := v.api.Kind(apiVersion, kind, namespace)
	if err != nil {
		return nil, err
	}
	list, err := resource.List(ctx, metav1.ListOptions{LabelSelector: selector.String()})
	if err != nil {
		return nil, fmt.Errorf("cannot list the objects of kind %s: %w", kind, err)
	}
	var all []*unstructured.Unstructured
	for i := range list.Items {
		all = append(all, &list.Items[i])
	}
	return all, nil
}

// cachedView is fed by watches. Like Metacontroller's caches, it is a little
// late.
type cachedView struct {
	api   *cluster.Client
	watch dynamicinformer.DynamicSharedInformerFactory
}

func newCachedView(api *cluster.Client) *cachedView {
	const noResync = time.Duration(0)
	return &cachedView{api, dynamicinformer.NewDynamicSharedInformerFactory(api, noResync)}
}

func (v *cachedView) list(ctx context.Context, apiVersion, kind, namespace string, selector labels.Selector) ([]*unstructured.Unstructured, error) {
	resource, namespaced, err := v.api.ResourceOf(apiVersion, kind)
	if err != nil {
		return nil, err
	}
	objects := v.watch.ForResource(resource)
	synced := objects.Informer().HasSynced
	v.watch.Start(ctx.Done())
	if !synced() && !cache.WaitForCacheSync(ctx.Done(), synced) {
		return nil, fmt.Errorf("cannot watch the objects of kind %s: %w", kind, ctx.Err())
	}
	var found []runtime.Object
	if namespaced {
		found, err = objects.Lister().ByNamespace(namespace).List(selector)
	} else {
		found, err = objects.Lister().List(selector)
	}
	var all []*unstructured.Unstructured
	for _, object := range found {
		all = append(all, object.(*unstructured.Unstructured))
	}
	return all, err
}
