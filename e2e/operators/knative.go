package operators

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"path/filepath"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/e2e/cluster"
)

const (
	knativeModule = "knative.dev/serving"
	// KnativeNamespace is where the project's own manifests put it.
	KnativeNamespace = "knative-serving"
	// KnativeStatistics is where the autoscaler listens for what activators tell it: there is no flag for it.
	KnativeStatistics = "127.0.0.1:8080"
	// KnativeActivator is the address of the activator, at which nobody listens.
	KnativeActivator = "10.255.0.1"
)

// knativeSettings are those of the ConfigMaps that are not as published. Autoscalers look back over as short a
// time as they may, and a revision is given up earlier than after ten minutes.
var knativeSettings = map[string]map[string]string{
	"config-autoscaler": {
		"stable-window": "6s", "panic-window-percentage": "50", "scale-to-zero-grace-period": "6s",
	},
	"config-deployment": {
		"registries-skipping-tag-resolving": "registry.example", "queue-sidecar-image": "registry.example/queue:1",
		"progress-deadline": "30s",
	},
}

// Knative runs Knative Serving without a network: Network is the URL of an HTTP proxy that answers its
// autoscaler in the place of all pods and of the activator.
type Knative struct{ Network string }

// StartServing runs Knative's controllers, its webhooks and both of its autoscalers, until they are stopped. They work on
// every Knative Service of the cluster. The folder is that of this package; progress of the build goes to
// log.
func (k Knative) StartServing(ctx context.Context, c *cluster.Cluster, folder string, log io.Writer) (stop func() error, err error) {
	source := filepath.Join(folder, "knative")
	programs := map[string]string{}
	for part, pkg := range map[string]string{
		"controller": ".", "webhook": knativeModule + "/cmd/webhook", "autoscaler": knativeModule + "/cmd/autoscaler",
	} {
		if programs[part], err = cluster.BuildPackage(ctx, source, pkg, "knative-"+part, log); err != nil {
			return nil, err
		}
	}
	published, api, err := installPublished(ctx, c, source, knativeModule, "config/core/300-resources/*.yaml")
	if err != nil {
		return nil, err
	}
	for module, files := range map[string]string{"knative.dev/networking": "config/*.yaml", "knative.dev/caching": "config/image.yaml"} {
		if _, _, err := installPublished(ctx, c, source, module, files); err != nil {
			return nil, err
		}
	}
	listener, err := net.Listen("tcp", KnativeStatistics)
	if err != nil {
		return nil, fmt.Errorf("the autoscaler of Knative cannot listen elsewhere: %w", err)
	}
	ports, err := freePorts(7)
	if err = errors.Join(err, listener.Close()); err != nil {
		return nil, err
	}
	objects, err := knativeObjects(published, ports[0])
	if err != nil {
		return nil, err
	}
	var end []func()
	stop = func() error {
		// The webhooks go first: without them, nobody can write what they are asked about.
		failure := deleteObjects(context.WithoutCancel(ctx), api, objects)
		for _, one := range end {
			one()
		}
		return failure
	}
	err = createNamespace(ctx, api, KnativeNamespace)
	for _, object := range slices.Backward(objects) {
		if err == nil {
			_, err = api.Create(ctx, object, metav1.CreateOptions{})
		}
	}
	if err == nil {
		end, err = k.startPrograms(c, programs, ports)
	}
	if err == nil {
		err = c.Await(ctx, "Knative", func(ctx context.Context) error { return completeAKnativeService(ctx, api) })
	}
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	return stop, nil
}

// startPrograms starts the programs. The first of the ports is that of the webhooks.
func (k Knative) startPrograms(c *cluster.Cluster, programs map[string]string, ports []int64) (end []func(), err error) {
	kubeconfig, err := c.Kubeconfig("knative")
	if err != nil {
		return nil, err
	}
	variables := map[string][]string{
		"webhook":    {"WEBHOOK_NAME=webhook", fmt.Sprint("WEBHOOK_PORT=", ports[0])},
		"autoscaler": {"POD_IP=" + KnativeActivator, "HTTP_PROXY=" + k.Network},
	}
	for i, part := range slices.Sorted(maps.Keys(programs)) {
		args := slices.Concat(variables[part], []string{
			"SYSTEM_NAMESPACE=" + KnativeNamespace, "POD_NAME=" + part,
			"CONFIG_LOGGING_NAME=config-logging", "CONFIG_OBSERVABILITY_NAME=config-observability",
			fmt.Sprint("PROFILING_PORT=", ports[1+2*i]), fmt.Sprint("METRICS_PROMETHEUS_PORT=", ports[2+2*i]),
			programs[part], "--kubeconfig=" + kubeconfig,
		})
		if part != "autoscaler" { // which elects leaders always, and shares nothing with them
			args = append(args, "--disable-ha")
		}
		stop, err := c.Run("knative-"+part, "env", args...)
		if err != nil {
			return end, err
		}
		end = append(end, stop)
	}
	return end, nil
}

// knativeObjects are the project's own configurations of webhooks, which the webhooks then complete by
// themselves, with their secret and the settings, and the Service objects that they need: that of the
// webhooks stands for loopback, and that of the activator leads to its address.
func knativeObjects(published string, webhooks int64) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	for _, pattern := range []string{"webhooks/*.yaml", "configmaps/*.yaml"} {
		files, err := filepath.Glob(filepath.Join(published, "config/core", pattern))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			of, err := readObjects(file)
			if err != nil {
				return nil, err
			}
			objects = append(objects, of...)
		}
	}
	for _, object := range objects {
		if err := withKnativeSettings(object, webhooks); err != nil {
			return nil, err
		}
	}
	of := func(kind, name string, content map[string]any) *unstructured.Unstructured {
		object := &unstructured.Unstructured{Object: content}
		object.SetAPIVersion("v1")
		object.SetKind(kind)
		object.SetNamespace(KnativeNamespace)
		object.SetName(name)
		return object
	}
	var ports []any
	for name, port := range map[string]int64{"http": 8012, "http2": 8013} {
		ports = append(ports, map[string]any{"name": name, "port": port})
	}
	return append(objects,
		of("Service", "webhook", map[string]any{"spec": map[string]any{"type": "ExternalName", "externalName": "localhost"}}),
		of("ConfigMap", "config-network", map[string]any{"data": map[string]any{}}),
		of("Service", "activator-service", map[string]any{"spec": map[string]any{"ports": ports}}),
		of("Endpoints", "activator-service", map[string]any{"subsets": []any{map[string]any{
			"addresses": []any{map[string]any{"ip": KnativeActivator}}, "ports": ports,
		}}}),
	), nil
}

// withKnativeSettings gives a ConfigMap its settings, and a configuration of webhooks their port.
func withKnativeSettings(object *unstructured.Unstructured, port int64) error {
	for key, value := range knativeSettings[object.GetName()] {
		if err := unstructured.SetNestedField(object.Object, value, "data", key); err != nil {
			return err
		}
	}
	webhooks, found, err := unstructured.NestedSlice(object.Object, "webhooks")
	if err != nil || !found {
		return err
	}
	for _, webhook := range webhooks {
		if err := unstructured.SetNestedField(webhook.(map[string]any), port, "clientConfig", "service", "port"); err != nil {
			return err
		}
	}
	return unstructured.SetNestedSlice(object.Object, webhooks, "webhooks")
}

// completeAKnativeService passes if the webhooks complete a Knative Service, and refuse one that they must.
// Nothing is stored.
func completeAKnativeService(ctx context.Context, api *cluster.Client) error {
	of := func(spec map[string]any) *unstructured.Unstructured {
		spec["containers"] = []any{map[string]any{"image": "registry.example/engine:1"}}
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "serving.knative.dev/v1", "kind": "Service",
			"metadata": map[string]any{"name": "try", "namespace": "default"},
			"spec":     map[string]any{"template": map[string]any{"spec": spec}},
		}}
	}
	try := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	admitted, err := api.Create(ctx, of(map[string]any{}), try)
	if err != nil {
		return err
	}
	if timeout, _, _ := unstructured.NestedInt64(admitted.Object, "spec", "template", "spec", "timeoutSeconds"); timeout == 0 {
		return errors.New("the webhooks did not complete a Knative Service")
	}
	_, err = api.Create(ctx, of(map[string]any{"hostNetwork": true}), try)
	if !apierrors.IsBadRequest(err) {
		return fmt.Errorf("the webhooks did not refuse a Knative Service: %w", err)
	}
	return nil
}
