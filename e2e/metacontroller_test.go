package e2e

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/e2e/cluster"
	"github.com/isvc-io/isvc/e2e/driver"
)

// metacontroller finds the real program. It cannot be built here: its Go module
// has a name that no proxy can serve.
func metacontroller(t testing.TB) string {
	t.Helper()
	program := metacontrollerProgram()
	if program == "" {
		numbers.record("real Metacontroller", "NOT RUN: $METACONTROLLER names no program")
		t.Skip("NOT RUN: set METACONTROLLER to the path of the program to prove the same with the real one")
	}
	return program
}

// metacontrollerProgram is the path of the real program; empty without one.
func metacontrollerProgram() string {
	if program := os.Getenv("METACONTROLLER"); program != "" {
		return program
	}
	program, _ := exec.LookPath("metacontroller")
	return program
}

// TestLifeOfAServiceUnderMetacontroller leads a service through the same life
// with the real Metacontroller, installed as our manifests say.
func TestLifeOfAServiceUnderMetacontroller(t *testing.T) {
	underMetacontroller(t, metacontroller(t), "service-meta", nil, newService)
}

// installMetacontroller defines the kinds that Metacontroller watches, once.
func installMetacontroller(t testing.TB) {
	t.Helper()
	require.NoError(t, metacontrollerInstalled())
}

var metacontrollerInstalled = sync.OnceValue(func() error {
	api, err := plane.Client("admin")
	if err != nil {
		return err
	}
	const group, version = "metacontroller.k8s.io", "v1alpha1"
	return plane.Install(context.Background(), api, []cluster.Definition{
		cluster.Define(group, version, "CompositeController", "compositecontrollers", "Cluster"),
		cluster.Define(group, version, "DecoratorController", "decoratorcontrollers", "Cluster"),
		cluster.Define(group, version, "ControllerRevision", "controllerrevisions", "Namespaced"),
	})
})

func runMetacontroller(t testing.TB, program string, strategy driver.Strategy, flags ...string) {
	t.Helper()
	kubeconfig, err := plane.Kubeconfig("metacontroller")
	require.NoError(t, err)
	stop, err := plane.Run(strings.Join(append([]string{"metacontroller-" + string(strategy)}, flags...), ""), program, append([]string{
		"--kubeconfig=" + kubeconfig, "--apply-strategy=" + string(strategy),
		"--client-go-qps=200", "--client-go-burst=400", "--discovery-interval=5s",
		"--metrics-address=0", "--health-probe-bind-address=0",
	}, flags...)...)
	require.NoError(t, err)
	t.Cleanup(stop)
}

// compositeController is ours with all optional kinds, calling the hooks here.
func compositeController(t testing.TB, hooks string) *unstructured.Unstructured {
	t.Helper()
	controller := ofManifests(t, "compositecontroller")
	redirect(t, controller, hooks)
	return controller
}

// ofManifests is the object of a file of the kustomize base. A CompositeController manages all optional
// kinds, as their components say.
func ofManifests(t testing.TB, file string) *unstructured.Unstructured {
	t.Helper()
	text, err := os.ReadFile("../manifests/base/" + file + ".yaml")
	require.NoError(t, err)
	object := &unstructured.Unstructured{}
	require.NoError(t, yaml.Unmarshal(text, &object.Object))
	if file != "compositecontroller" {
		return object
	}
	document, err := object.MarshalJSON()
	require.NoError(t, err)
	for _, component := range kinds.ManifestComponents() {
		text, err := os.ReadFile("../manifests/components/" + component.Name + "/childresources.yaml")
		require.NoError(t, err)
		operations, err := yaml.YAMLToJSON(text)
		require.NoError(t, err)
		patch, err := jsonpatch.DecodePatch(operations)
		require.NoError(t, err)
		document, err = patch.Apply(document)
		require.NoError(t, err)
	}
	require.NoError(t, object.UnmarshalJSON(document))
	return object
}

// redirect sends the calls of every hook to another address.
func redirect(t testing.TB, controller *unstructured.Unstructured, hooks string) {
	t.Helper()
	for _, name := range []string{"sync", "customize"} {
		url, found, err := unstructured.NestedString(controller.Object, "spec", "hooks", name, "webhook", "url")
		require.NoError(t, err)
		require.True(t, found, "the hook %s has no URL", name)
		_, path, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
		require.NoError(t, unstructured.SetNestedField(controller.Object, hooks+"/"+path, "spec", "hooks", name, "webhook", "url"))
	}
}
