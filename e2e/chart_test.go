package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
)

// metacontrollerAccount is what Metacontroller's own manifests have and its rights depend on: a pod that
// says which account it uses, and the binding of the ClusterRole that the chart can replace.
const metacontrollerAccount = `
{apiVersion: v1, kind: Namespace, metadata: {name: metacontroller}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: metacontroller, namespace: metacontroller}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: metacontroller},
 roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: metacontroller},
 subjects: [{kind: ServiceAccount, name: metacontroller, namespace: metacontroller}]}
---
{apiVersion: v1, kind: Pod, metadata: {name: metacontroller-0, namespace: metacontroller},
 spec: {serviceAccountName: metacontroller, containers: [{name: metacontroller, image: "ghcr.io/metacontroller/metacontroller:v4.17.2"}]}}
`

// TestTheChartIsInstalled installs, changes and removes isvc by Helm, and asks preflight in between.
func TestTheChartIsInstalled(t *testing.T) {
	installMetacontroller(t)
	api := connect(t, "admin")
	for document := range strings.SplitSeq(metacontrollerAccount, "\n---\n") {
		object := &unstructured.Unstructured{}
		require.NoError(t, yaml.Unmarshal([]byte(document), &object.Object))
		_, err := api.Create(t.Context(), object, metav1.CreateOptions{})
		require.NoError(t, err, object.GetName())
	}
	helm := buildHelm(t)

	helm("install", "isvc", "../manifests/chart", "--create-namespace", "--take-ownership", "--force-conflicts")
	t.Cleanup(func() { helm("uninstall", "isvc", "--ignore-not-found") })
	controller := objectOf(t, "metacontroller.k8s.io/v1alpha1", "CompositeController", "", "isvc")
	children, _, err := unstructured.NestedSlice(controller.Object, "spec", "childResources")
	require.NoError(t, err)
	assert.Len(t, children, len(kinds.All()), "the chart finds the kinds that the cluster has")

	checks := preflight(t)
	assert.Equal(t, "ok", checks["Kubernetes"].Verdict, checks["Kubernetes"].Message)
	assert.Equal(t, "ok", checks["definitions"].Verdict, checks["definitions"].Message)
	assert.Equal(t, "ok", checks["CompositeController"].Verdict, checks["CompositeController"].Message)
	assert.Equal(t, "ok", checks["optional kinds"].Verdict, checks["optional kinds"].Message)
	assert.Equal(t, "ok", checks["revision"].Verdict, checks["revision"].Message)
	assert.Equal(t, "failed", checks["rights"].Verdict, checks["rights"].Message)
	assert.Contains(t, checks["rights"].Message, "Metacontroller may not get, list, watch, update inferenceservices.ome.io")

	helm("upgrade", "isvc", "../manifests/chart", "--set", "metacontroller.rights=replace,replicas=3")
	require.Eventually(t, func() bool { return preflight(t)["rights"].Verdict == "ok" }, time.Minute, time.Second,
		"the roles of the chart give Metacontroller all rights that it needs")

	helm("uninstall", "isvc")
	_, err = findObject(t, "apps/v1", "Deployment", "isvc-system", "isvc")
	assert.Error(t, err)
	assert.NotNil(t, objectOf(t, "apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "inferenceservices.ome.io"),
		"the definitions stay, and with them all services")
}

// buildHelm builds the Helm of manifests/packaging and returns how to run it.
func buildHelm(t *testing.T) func(args ...string) {
	t.Helper()
	find := exec.Command("go", "tool", "-n", "helm")
	find.Dir = "../manifests/packaging"
	program, err := find.Output()
	require.NoError(t, err, "cannot build Helm")
	kubeconfig, err := plane.Kubeconfig("helm")
	require.NoError(t, err)
	return func(args ...string) {
		t.Helper()
		output, err := exec.Command(strings.TrimSpace(string(program)), append(args, "--namespace", "isvc-system", "--kubeconfig", kubeconfig)...).CombinedOutput()
		require.NoError(t, err, "helm %s:\n%s", strings.Join(args, " "), output)
	}
}

func findObject(t *testing.T, apiVersion, kind, namespace, name string) (*unstructured.Unstructured, error) {
	t.Helper()
	resource, err := connect(t, "admin").Kind(apiVersion, kind, namespace)
	require.NoError(t, err)
	return resource.Get(context.Background(), name, metav1.GetOptions{})
}

func objectOf(t *testing.T, apiVersion, kind, namespace, name string) *unstructured.Unstructured {
	t.Helper()
	object, err := findObject(t, apiVersion, kind, namespace, name)
	require.NoError(t, err)
	return object
}

// preflightCheck is what isvc preflight says about one part of a cluster.
type preflightCheck struct{ Name, Verdict, Message string }

// preflight runs isvc preflight against the control plane.
func preflight(t *testing.T) map[string]preflightCheck {
	t.Helper()
	kubeconfig, err := plane.Kubeconfig("tester")
	require.NoError(t, err)
	var out, complaints bytes.Buffer
	command := exec.Command(filepath.Join(programsInPath(t), "isvc"), "preflight", "-o", "json", "--kubeconfig", kubeconfig)
	command.Env = withPrograms(t)
	command.Stdout, command.Stderr = &out, &complaints
	if err := command.Run(); err != nil {
		exit := &exec.ExitError{}
		require.True(t, errors.As(err, &exit) && exit.ExitCode() == 1, "%v: %s", err, &complaints)
	}
	var report struct{ Checks []preflightCheck }
	require.NoError(t, json.Unmarshal(out.Bytes(), &report))
	checks := map[string]preflightCheck{}
	for _, check := range report.Checks {
		checks[check.Name] = check
	}
	return checks
}
