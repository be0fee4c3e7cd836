package operators

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/e2e/cluster"
)

const (
	kedaModule = "github.com/kedacore/keda/v2"
	// kedaNamespace is where the project's own manifests put it.
	kedaNamespace = "keda"
)

// keda is where the parts of KEDA listen, and what they reach each other with.
type keda struct {
	kubeconfig, certificates string
	// grpc is the address at which the operator tells the adapter metrics.
	grpc string
	// admission, external and metrics are the ports of the webhooks, of the API of external metrics, and
	// of the adapter's own metrics.
	admission, external, metrics int64
}

// StartKEDA runs KEDA's operator, its webhooks and the adapter, which serves external metrics as a part
// of the cluster's API, until it is stopped. It works on every ScaledObject of the cluster. The folder is
// that of this package; progress of the build goes to log.
func StartKEDA(ctx context.Context, c *cluster.Cluster, folder string, log io.Writer) (stop func() error, err error) {
	source := filepath.Join(folder, "keda")
	programs := map[string]string{}
	for _, part := range []string{"operator", "adapter", "webhooks"} {
		if programs[part], err = cluster.BuildPackage(ctx, source, kedaModule+"/cmd/"+part, "keda-"+part, log); err != nil {
			return nil, err
		}
	}
	// The operator watches all kinds of its project, and does not start without one.
	published, api, err := installPublished(ctx, c, source, kedaModule, "config/crd/bases/*.yaml")
	if err != nil {
		return nil, err
	}
	k, authority, err := newKEDA(c)
	if err != nil {
		return nil, err
	}
	objects, err := k.objects(published, authority)
	if err != nil {
		return nil, err
	}
	end, err := k.run(c, programs)
	stop = func() error {
		// The objects go first: a part of the API without its server makes discovery fail for everybody.
		failure := deleteObjects(context.WithoutCancel(ctx), api, objects)
		for _, one := range end {
			one()
		}
		return failure
	}
	if err == nil {
		err = createNamespace(ctx, api, kedaNamespace)
	}
	for _, object := range slices.Backward(objects) {
		if err == nil {
			_, err = api.Create(ctx, object, metav1.CreateOptions{})
		}
	}
	if err == nil {
		err = c.Await(ctx, "KEDA", func(ctx context.Context) error { return kedaAnswers(ctx, api) })
	}
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	return stop, nil
}

func newKEDA(c *cluster.Cluster) (k *keda, authority []byte, err error) {
	k = &keda{}
	if k.kubeconfig, err = c.Kubeconfig("keda"); err != nil {
		return nil, nil, err
	}
	if k.certificates, authority, err = c.ServingCertificate("keda"); err != nil {
		return nil, nil, err
	}
	addresses, err := cluster.FreeAddresses(1)
	if err != nil {
		return nil, nil, err
	}
	k.grpc = addresses[0]
	ports, err := freePorts(3)
	if err != nil {
		return nil, nil, err
	}
	k.admission, k.external, k.metrics = ports[0], ports[1], ports[2]
	return k, authority, nil
}

// run starts the programs, by the names of their packages. Variables tell them that they watch all
// namespaces, and where their own objects are.
func (k *keda) run(c *cluster.Cluster, programs map[string]string) (end []func(), err error) {
	for part, flags := range map[string][]string{
		"operator": {
			"--metrics-service-bind-address=" + k.grpc, "--enable-prometheus-metrics=false", "--health-probe-bind-address=0",
		},
		"adapter": {
			"--lister-kubeconfig=" + k.kubeconfig, "--authentication-kubeconfig=" + k.kubeconfig, "--authorization-kubeconfig=" + k.kubeconfig,
			"--tls-cert-file=" + filepath.Join(k.certificates, "tls.crt"), "--tls-private-key-file=" + filepath.Join(k.certificates, "tls.key"),
			"--metrics-service-address=" + k.grpc,
			"--bind-address=127.0.0.1", fmt.Sprint("--secure-port=", k.external), fmt.Sprint("--port=", k.metrics),
		},
		"webhooks": {fmt.Sprint("--port=", k.admission), "--metrics-bind-address=0", "--health-probe-bind-address=0"},
	} {
		args := slices.Concat([]string{
			"WATCH_NAMESPACE=", "KEDA_CLUSTER_OBJECT_NAMESPACE=" + kedaNamespace,
			programs[part], "--kubeconfig=" + k.kubeconfig, "--cert-dir=" + k.certificates,
		}, flags)
		stop, err := c.Run("keda-"+part, "env", args...)
		if err != nil {
			return end, err
		}
		end = append(end, stop)
	}
	return end, nil
}

// objects are the project's own configuration of webhooks, and what makes the adapter a part of the
// cluster's API: an APIService, and a Service object that stands for loopback.
func (k *keda) objects(published string, authority []byte) ([]*unstructured.Unstructured, error) {
	objects, err := readObjects(filepath.Join(published, "config/webhooks/validation_webhooks.yaml"))
	if err != nil {
		return nil, err
	}
	for _, configuration := range objects {
		if err := callByURL(configuration, fmt.Sprint("127.0.0.1:", k.admission), authority); err != nil {
			return nil, err
		}
		if err := refuseWithoutWebhook(configuration); err != nil {
			return nil, err
		}
	}
	services, err := readObjects(filepath.Join(published, "config/metrics-server/api_service.yaml"))
	if err != nil {
		return nil, err
	}
	for _, service := range services {
		name, _, err := unstructured.NestedString(service.Object, "spec", "service", "name")
		if err != nil {
			return nil, err
		}
		spec, _ := service.Object["spec"].(map[string]any)
		spec["service"] = map[string]any{"name": name, "namespace": kedaNamespace, "port": k.external}
		spec["insecureSkipTLSVerify"] = true // its certificate is for loopback and not for the Service object
		objects = append(objects, service, &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "Service", "metadata": map[string]any{"name": name, "namespace": kedaNamespace},
			"spec": map[string]any{"type": "ExternalName", "externalName": "localhost"},
		}})
	}
	return objects, nil
}

// refuseWithoutWebhook lets no object pass that the webhooks have not seen: KEDA's own manifests do.
func refuseWithoutWebhook(configuration *unstructured.Unstructured) error {
	webhooks, _, err := unstructured.NestedSlice(configuration.Object, "webhooks")
	if err != nil {
		return err
	}
	for _, item := range webhooks {
		item.(map[string]any)["failurePolicy"] = "Fail"
	}
	return unstructured.SetNestedSlice(configuration.Object, webhooks, "webhooks")
}

// kedaAnswers passes if the metrics are part of the API, and the webhooks refuse what they must. Nothing is
// stored.
func kedaAnswers(ctx context.Context, api *cluster.Client) error {
	service, err := api.Kind("apiregistration.k8s.io/v1", "APIService", "")
	if err != nil {
		return err
	}
	external, err := service.Get(ctx, "v1beta1.external.metrics.k8s.io", metav1.GetOptions{})
	if err != nil {
		return err
	}
	conditions, _, _ := unstructured.NestedSlice(external.Object, "status", "conditions")
	if !slices.ContainsFunc(conditions, func(item any) bool {
		condition, _ := item.(map[string]any)
		return condition["type"] == "Available" && condition["status"] == "True"
	}) {
		return fmt.Errorf("external metrics are not available: %v", conditions)
	}
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject",
		"metadata": map[string]any{"name": "try", "namespace": "default"},
		"spec": map[string]any{
			"scaleTargetRef": map[string]any{"name": "none"}, "minReplicaCount": int64(2), "maxReplicaCount": int64(1),
			"triggers": []any{map[string]any{"type": "cron", "metadata": map[string]any{}}},
		},
	}}
	_, err = api.Create(ctx, object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if reason := apierrors.ReasonForError(err); err == nil || reason == metav1.StatusReasonInternalError {
		return fmt.Errorf("the webhooks did not refuse a ScaledObject: %w", err)
	}
	return nil
}
