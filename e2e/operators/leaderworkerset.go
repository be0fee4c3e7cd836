package operators

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/e2e/cluster"
)

const lwsModule = "sigs.k8s.io/lws"

// leaderWorkerSetConfiguration is the controller's own, which says where it
// listens. It would make its certificates by itself, but for a Service object.
const leaderWorkerSetConfiguration = `apiVersion: config.lws.x-k8s.io/v1alpha1
kind: Configuration
leaderElection: {leaderElect: false}
internalCertManagement: {enable: false}
webhook: {host: %s, port: %s, certDir: %s}
metrics: {bindAddress: "0"}
health: {healthProbeBindAddress: "0"}
`

// StartLeaderWorkerSet runs the controller of LeaderWorkerSets and its webhooks
// until it is stopped. It works on every LeaderWorkerSet of the cluster. The
// folder is that of this package; progress of the build goes to log.
func StartLeaderWorkerSet(ctx context.Context, c *cluster.Cluster, folder string, log io.Writer) (stop func() error, err error) {
	source := filepath.Join(folder, "lws")
	program, err := cluster.BuildPackage(ctx, source, lwsModule+"/cmd", "leaderworkerset", log)
	if err != nil {
		return nil, err
	}
	// The controller has a second kind, without which it does not start.
	published, api, err := installPublished(ctx, c, source, lwsModule, "config/crd/bases/disaggregatedset*.yaml")
	if err != nil {
		return nil, err
	}
	addresses, err := cluster.FreeAddresses(1)
	if err != nil {
		return nil, err
	}
	certificates, authority, err := c.ServingCertificate("leaderworkerset")
	if err != nil {
		return nil, err
	}
	webhooks, err := leaderWorkerSetWebhooks(filepath.Join(published, "config/webhook"), addresses[0], authority)
	if err != nil {
		return nil, err
	}
	end, err := runLeaderWorkerSet(c, program, addresses[0], certificates)
	if err != nil {
		return nil, err
	}
	stop = func() error {
		end()
		return deleteObjects(context.WithoutCancel(ctx), api, webhooks)
	}
	for _, configuration := range webhooks {
		if _, err := api.Create(ctx, configuration, metav1.CreateOptions{}); err != nil {
			return nil, errors.Join(err, stop())
		}
	}
	if err := c.Await(ctx, "the webhooks of LeaderWorkerSets", func(ctx context.Context) error { return completeASet(ctx, api) }); err != nil {
		return nil, errors.Join(err, stop())
	}
	return stop, nil
}

func runLeaderWorkerSet(c *cluster.Cluster, program, address, certificates string) (end func(), err error) {
	kubeconfig, err := c.Kubeconfig("leaderworkerset")
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(certificates, "configuration.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, leaderWorkerSetConfiguration, host, port, certificates), 0o600); err != nil {
		return nil, err
	}
	return c.Run("leaderworkerset", program, "--kubeconfig="+kubeconfig, "--config="+file)
}

// leaderWorkerSetWebhooks are the configurations that the project's own
// kustomization makes: without its patches, every pod would need the webhooks.
func leaderWorkerSetWebhooks(folder, address string, authority []byte) ([]*unstructured.Unstructured, error) {
	objects, err := readObjects(filepath.Join(folder, "manifests.yaml"))
	if err != nil {
		return nil, err
	}
	patches := map[string]string{
		"MutatingWebhookConfiguration":   "mutating-patch.yaml",
		"ValidatingWebhookConfiguration": "validating-patch.yaml",
	}
	for i, object := range objects {
		patch := patches[object.GetKind()]
		if patch == "" {
			return nil, fmt.Errorf("the webhooks have a %s, of which nothing is known", object.GetKind())
		}
		if objects[i], err = withJSONPatch(object, filepath.Join(folder, patch)); err != nil {
			return nil, err
		}
		objects[i].SetName("lws-" + object.GetName())
		if err := callByURL(objects[i], address, authority); err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// completeASet passes if the webhooks let a LeaderWorkerSet pass that they have to
// complete. Nothing is stored.
func completeASet(ctx context.Context, api *cluster.Client) error {
	pod := map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "a", "image": "a"}}}}
	set := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet",
		"metadata": map[string]any{"name": "try", "namespace": "default"},
		"spec":     map[string]any{"leaderWorkerTemplate": map[string]any{"workerTemplate": pod}},
	}}
	admitted, err := api.Create(ctx, set, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if err != nil {
		return err
	}
	if policy, _, _ := unstructured.NestedString(admitted.Object, "spec", "networkConfig", "subdomainPolicy"); policy == "" {
		return errors.New("the webhook did not complete a LeaderWorkerSet")
	}
	return nil
}
