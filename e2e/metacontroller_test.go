package e2e

import (
	"context"
	"os"
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
	"github.com/isvc-io/isvc/e2e/operators"
)

// withMetacontroller is the variable that asks for the tests with Metacontroller itself, and
// metacontrollerProgram the one that names a program of it, so that none is built.
const (
	withMetacontroller    = "E2E_METACONTROLLER"
	metacontrollerProgram = "METACONTROLLER"
)

// metacontroller is the path of the real program. A test that needs it is skipped where nobody asked for it.
func metacontroller(t testing.TB) string {
	t.Helper()
	if program := os.Getenv(metacontrollerProgram); program != "" {
		return program
	}
	if os.Getenv(withMetacontroller) == "" {
		numbers.record("real Metacontroller", "NOT RUN: %s is not set", withMetacontroller)
		t.Skipf("NOT RUN: set %s=1 to prove the same with the real one, or %s to the path of its program", withMetacontroller, metacontrollerProgram)
	}
	program, err := operators.BuildMetacontroller(t.Context(), "operators", os.Stdout)
	require.NoError(t, err, "where no Go module proxy serves Metacontroller, set %s to the path of its program", metacontrollerProgram)
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
