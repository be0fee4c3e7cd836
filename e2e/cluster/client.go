package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	yamlutil "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"
)

// Client reads and writes objects of any kind.
type Client struct {
	dynamic.Interface
	discovery discovery.CachedDiscoveryInterface
	mapper    meta.ResettableRESTMapper
	warnings  *warnings
}

// Client connects as a user with all permissions.
func (c *Cluster) Client(user string) (*Client, error) {
	config, err := c.Config(user)
	if err != nil {
		return nil, err
	}
	heard := &warnings{}
	config.WarningHandlerWithContext = heard
	api, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("cannot connect to the cluster: %w", err)
	}
	groups, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("cannot connect to the cluster: %w", err)
	}
	cached := memory.NewMemCacheClient(groups)
	return &Client{api, cached, restmapper.NewDeferredDiscoveryRESTMapper(cached), heard}, nil
}

// Kind reaches the objects of a kind in a namespace. The namespace is ignored
// for a cluster-scoped kind.
func (c *Client) Kind(apiVersion, kind, namespace string) (dynamic.ResourceInterface, error) {
	resource, namespaced, err := c.ResourceOf(apiVersion, kind)
	if err != nil {
		return nil, err
	}
	if namespaced {
		return c.Resource(resource).Namespace(namespace), nil
	}
	return c.Resource(resource), nil
}

// Create creates an object in its namespace.
func (c *Client) Create(ctx context.Context, object *unstructured.Unstructured, options metav1.CreateOptions) (*unstructured.Unstructured, error) {
	resource, err := c.Of(object)
	if err != nil {
		return nil, err
	}
	return resource.Create(ctx, object, options)
}

// DecodeObjects are the objects of a stream of YAML or JSON documents. Empty documents are left out.
func DecodeObjects(stream []byte) ([]*unstructured.Unstructured, error) {
	decoder := yamlutil.NewYAMLOrJSONDecoder(bytes.NewReader(stream), 4096)
	var objects []*unstructured.Unstructured
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

// ResourceOf is the resource of a kind.
func (c *Client) ResourceOf(apiVersion, kind string) (resource schema.GroupVersionResource, namespaced bool, err error) {
	gvk := schema.FromAPIVersionAndKind(apiVersion, kind)
	mapping, err := c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if err != nil {
		return resource, false, fmt.Errorf("cannot find the kind %s: %w", gvk, err)
	}
	return mapping.Resource, mapping.Scope.Name() == meta.RESTScopeNameNamespace, nil
}

// KindFor is the kind of a resource.
func (c *Client) KindFor(resource schema.GroupVersionResource) (string, error) {
	gvk, err := c.mapper.KindFor(resource)
	if err != nil {
		return "", fmt.Errorf("cannot find the resource %s: %w", resource, err)
	}
	return gvk.Kind, nil
}

// Of reaches the objects of an object's kind in its namespace.
func (c *Client) Of(object *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	return c.Kind(object.GetAPIVersion(), object.GetKind(), object.GetNamespace())
}

// Warnings returns what the API server warned of since the last call.
func (c *Client) Warnings() []string { return c.warnings.take() }

// ready asks the API server whether it serves.
func (c *Client) ready(ctx context.Context) error {
	_, err := c.discovery.ServerVersion()
	if err != nil {
		return err
	}
	_, err = c.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}).Get(ctx, "default", metav1.GetOptions{})
	return err
}

// reportsHealth passes if the API server says that it is healthy, for which controllers wait.
func (c *Client) reportsHealth(ctx context.Context) error {
	return c.discovery.RESTClient().Get().AbsPath("/healthz").Do(ctx).Error()
}

// Install creates definitions and waits until their kinds are served.
func (c *Cluster) Install(ctx context.Context, client *Client, definitions []Definition) error {
	if err := client.install(ctx, definitions); err != nil {
		return err
	}
	return c.Await(ctx, "the custom resources", func(context.Context) error { return client.serves(definitions) })
}

// install creates the definitions, several at a time.
func (c *Client) install(ctx context.Context, definitions []Definition) error {
	resource := c.Resource(schema.GroupVersionResource{
		Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	failures := make(chan error, len(definitions))
	for _, definition := range definitions {
		go func() {
			_, err := resource.Create(ctx, definition.Unstructured, metav1.CreateOptions{})
			if err != nil {
				err = fmt.Errorf("cannot install %s: %w", definition.GetName(), err)
			}
			failures <- err
		}()
	}
	var first error
	for range definitions {
		if err := <-failures; err != nil && first == nil {
			first = err
		}
	}
	return first
}

// serves checks that discovery lists every defined kind.
func (c *Client) serves(definitions []Definition) error {
	c.discovery.Invalidate()
	c.mapper.Reset()
	for _, definition := range definitions {
		if _, err := c.mapper.RESTMapping(definition.groupKind()); err != nil {
			return err
		}
	}
	return nil
}

// warnings collects the API server's warnings.
type warnings struct {
	mutex sync.Mutex
	texts []string
}

// HandleWarningHeaderWithContext keeps one warning.
func (w *warnings) HandleWarningHeaderWithContext(_ context.Context, _ int, _ string, text string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.texts = append(w.texts, text)
}

func (w *warnings) take() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	texts := w.texts
	w.texts = nil
	return texts
}
