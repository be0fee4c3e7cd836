package operators

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/e2e/cluster"
)

const (
	kubeRayModule = "github.com/ray-project/kuberay/ray-operator"
	// kubeRayWebhooks is where its webhooks listen: there is no flag for it.
	kubeRayWebhooks = "127.0.0.1:9443"
	// kubeRayCertificates is where it looks for its certificate below its folder for temporary files, which is
	// kubeRayFolder in that of the cluster.
	kubeRayCertificates = "k8s-webhook-server/serving-certs"
	kubeRayFolder       = "kuberay"
)

// StartKubeRay runs KubeRay's operator and its webhooks until it is stopped. It
// works on every RayCluster of the cluster. The folder is that of this package;
// progress of the build goes to log.
func StartKubeRay(ctx context.Context, c *cluster.Cluster, folder string, log io.Writer) (stop func() error, err error) {
	source := filepath.Join(folder, "kuberay")
	program, err := cluster.BuildPackage(ctx, source, kubeRayModule, "kuberay", log)
	if err != nil {
		return nil, err
	}
	// The operator watches all kinds of its project, and does not start without one.
	published, api, err := installPublished(ctx, c, source, kubeRayModule, "config/crd/bases/*.yaml")
	if err != nil {
		return nil, err
	}
	end, authority, err := runKubeRay(c, program)
	if err != nil {
		return nil, err
	}
	webhooks, err := readObjects(filepath.Join(published, "config/webhook/manifests.yaml"))
	stop = func() error {
		end()
		return deleteObjects(context.WithoutCancel(ctx), api, webhooks)
	}
	for _, configuration := range webhooks {
		// The prefix is that of the project's own kustomization.
		configuration.SetName("kuberay-" + configuration.GetName())
		if err == nil {
			err = callByURL(configuration, kubeRayWebhooks, authority)
		}
		if err == nil {
			_, err = api.Create(ctx, configuration, metav1.CreateOptions{})
		}
	}
	if err == nil {
		err = c.Await(ctx, "the webhooks of KubeRay", func(ctx context.Context) error { return refuseARayCluster(ctx, api) })
	}
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	return stop, nil
}

// runKubeRay starts the operator, which serves webhooks with a certificate of this authority.
func runKubeRay(c *cluster.Cluster, program string) (end func(), authority []byte, err error) {
	kubeconfig, err := c.Kubeconfig("kuberay")
	if err != nil {
		return nil, nil, err
	}
	_, authority, err = c.ServingCertificate(filepath.Join(kubeRayFolder, kubeRayCertificates))
	if err != nil {
		return nil, nil, err
	}
	listener, err := net.Listen("tcp", kubeRayWebhooks)
	if err != nil {
		return nil, nil, fmt.Errorf("the webhooks of KubeRay cannot listen elsewhere: %w", err)
	}
	if err := listener.Close(); err != nil {
		return nil, nil, err
	}
	end, err = c.Run("kuberay", "env", "ENABLE_WEBHOOKS=true", "TMPDIR="+filepath.Join(c.Folder(), kubeRayFolder),
		program, "--kubeconfig="+kubeconfig, "--enable-leader-election=false", "--metrics-addr=0", "--health-probe-bind-address=0")
	return end, authority, err
}

// refuseARayCluster passes if the webhooks refuse a RayCluster whose groups of workers have one name. Nothing
// is stored.
func refuseARayCluster(ctx context.Context, api *cluster.Client) error {
	pod := map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "a", "image": "a"}}}}
	workers := func() any {
		return map[string]any{"groupName": "a", "rayStartParams": map[string]any{}, "template": pod, "maxReplicas": int64(1), "minReplicas": int64(0)}
	}
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "ray.io/v1", "kind": "RayCluster",
		"metadata": map[string]any{"name": "try", "namespace": "default"},
		"spec": map[string]any{
			"headGroupSpec":    map[string]any{"rayStartParams": map[string]any{}, "template": pod},
			"workerGroupSpecs": []any{workers(), workers()},
		},
	}}
	_, err := api.Create(ctx, object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if !apierrors.IsInvalid(err) && !apierrors.IsForbidden(err) {
		return fmt.Errorf("the webhooks did not refuse a RayCluster: %w", err)
	}
	return nil
}
