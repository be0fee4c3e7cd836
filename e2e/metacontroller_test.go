package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	yamlutil "k8s.io/apimachinery/pkg/util/yaml"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/e2e/cluster"
	"github.com/isvc-io/isvc/e2e/driver"
	"github.com/isvc-io/isvc/manifests"
)

// metacontroller finds the real program. It cannot be built here: its Go module
// has a name that no proxy can serve.
func metacontroller(t *testing.T) string {
	t.Helper()
	program := os.Getenv("METACONTROLLER")
	if program == "" {
		program, _ = exec.LookPath("metacontroller")
	}
	if program == "" {
		numbers.record("real Metacontroller", "NOT RUN: $METACONTROLLER names no program")
		t.Skip("NOT RUN: set METACONTROLLER to the path of the program to prove the same with the real one")
	}
	return program
}

// TestLifeOfAServiceUnderMetacontroller leads a service through the same life
// with the real Metacontroller, installed as our manifests say.
func TestLifeOfAServiceUnderMetacontroller(t *testing.T) {
	program := metacontroller(t)
	api := connect(t, "tester")
	installMetacontroller(t, api)
	for world, strategy := range map[string]driver.Strategy{"meta-dynamic": driver.DynamicApply, "meta-serverside": driver.ServerSideApply} {
		t.Run(string(strategy), func(t *testing.T) {
			w := newWorld(t, world, "metacontroller")
			controller := compositeController(t, serveHooks(t))
			_, err := create(api, controller, metav1.CreateOptions{})
			require.NoError(t, err)
			t.Cleanup(func() { w.delete(t, controller) })
			runMetacontroller(t, program, strategy)
			w.life(t)
		})
	}
}

// installMetacontroller defines the kinds that Metacontroller watches.
func installMetacontroller(t *testing.T, api *cluster.Client) {
	t.Helper()
	const group, version = "metacontroller.k8s.io", "v1alpha1"
	require.NoError(t, plane.Install(context.Background(), api, []cluster.Definition{
		cluster.Define(group, version, "CompositeController", "compositecontrollers", "Cluster"),
		cluster.Define(group, version, "DecoratorController", "decoratorcontrollers", "Cluster"),
		cluster.Define(group, version, "ControllerRevision", "controllerrevisions", "Namespaced"),
	}))
}

func runMetacontroller(t *testing.T, program string, strategy driver.Strategy) {
	t.Helper()
	kubeconfig, err := plane.Kubeconfig("metacontroller")
	require.NoError(t, err)
	stop, err := plane.Run("metacontroller-"+string(strategy), program,
		"--kubeconfig="+kubeconfig, "--apply-strategy="+string(strategy),
		"--client-go-qps=200", "--client-go-burst=400", "--discovery-interval=5s",
		"--metrics-address=0", "--health-probe-bind-address=0")
	require.NoError(t, err)
	t.Cleanup(stop)
}

// compositeController is ours with all optional kinds, calling the hooks here.
func compositeController(t *testing.T, hooks string) *unstructured.Unstructured {
	t.Helper()
	var components []string
	for _, component := range kinds.ManifestComponents() {
		components = append(components, component.Name)
	}
	stream, err := manifests.Render(manifests.Options{Components: components})
	require.NoError(t, err)
	decoder := yamlutil.NewYAMLOrJSONDecoder(bytes.NewReader(stream), 4096)
	for {
		object := &unstructured.Unstructured{}
		require.NoError(t, decoder.Decode(&object.Object), "the manifests have no CompositeController")
		if object.GetKind() == "CompositeController" {
			redirect(t, object, hooks)
			return object
		}
	}
}

// redirect sends the calls of every hook to another address.
func redirect(t *testing.T, controller *unstructured.Unstructured, hooks string) {
	t.Helper()
	for _, name := range []string{"sync", "customize"} {
		url, found, err := unstructured.NestedString(controller.Object, "spec", "hooks", name, "webhook", "url")
		require.NoError(t, err)
		require.True(t, found, "the hook %s has no URL", name)
		_, path, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
		require.NoError(t, unstructured.SetNestedField(controller.Object, hooks+"/"+path, "spec", "hooks", name, "webhook", "url"))
	}
}
