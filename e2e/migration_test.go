package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/e2e/cluster"
	"github.com/isvc-io/isvc/e2e/operators"
	"github.com/isvc-io/isvc/internal/omecases"
)

// casesOfOME are services of which it is recorded what OME made of them: the case of each, and its namespace.
var casesOfOME = map[string]string{
	"002-raw-hpa-cpu":               "autoscaled",
	"043-pd-raw-engine-lws-decoder": "groups",
	"145-sidecars-init":             "sidecars",
	"163-ingress-k8s-router":        "routed",
	"221-model-init":                "injected",
}

// nodesOfService are the nodes with the model of a service: two for a group, two for the one that replaces it, and
// one for an engine.
const nodesOfService = 5

// TestTakingOverUnderMetacontroller types the commands of the page that leads from OME to isvc, and back, in a cluster
// with services and objects as OME made them, with the real Metacontroller and LeaderWorkerSet's controller. Pods
// are compared by UID. No OME runs: what is seen of the way back is that nothing goes with the CompositeController.
func TestTakingOverUnderMetacontroller(t *testing.T) {
	l := newLaptop(t, metacontroller(t))
	l.runLeaderWorkerSet(t)
	l.sees(t, "kubectl apply --server-side -k "+l.repository+"/manifests/crds && kubectl wait --for=condition=Established --timeout=1m crd --all")
	api, err := l.cluster.Client("ome")
	require.NoError(t, err)
	l.makeWhatOMEHas(t, api)
	l.takesOver(t)
}

// runLeaderWorkerSet runs the controller of the groups.
func (l *laptop) runLeaderWorkerSet(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), coldBuild)
	defer cancel()
	l.hasOptionalKinds(t)
	stop, err := operators.StartLeaderWorkerSet(ctx, l.cluster, "operators", os.Stdout)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, stop()) })
}

// makeWhatOMEHas makes what OME has in a cluster: its controller and webhooks, and services with their objects.
func (l *laptop) makeWhatOMEHas(t *testing.T, api *cluster.Client) {
	t.Helper()
	for _, object := range readObjects(t, "testdata/ome.yaml", "MANAGER", "ome-controller-manager") {
		_, err := create(api, object, metav1.CreateOptions{})
		require.NoError(t, err, object.GetName())
	}
	for name, namespace := range casesOfOME {
		l.makeCaseOfOME(t, api, omecases.Get(t, name), namespace)
	}
	configured := omecases.Get(t, "163-ingress-k8s-router").Data(omecases.Config)
	var configuration struct{ Data map[string]string }
	require.NoError(t, yaml.Unmarshal(configured, &configuration))
	configuration.Data["modelInit"] = omecases.ShippedModelInit
	text, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "inferenceservice-config", "namespace": "ome"}, "data": configuration.Data,
	})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(l.folder, ".config.json"), text, 0o600)) // isvc serve reads it again
	l.sees(t, "kubectl apply --server-side -f .config.json")
	l.sees(t, "kubectl wait --for=condition=Available deployment --all --all-namespaces --timeout=2m")
	l.sees(t, "kubectl wait --for=condition=Available leaderworkerset --all --all-namespaces --timeout=2m")
}

// makeCaseOfOME makes the service of a case with its catalogue, all under names of its own, and its objects as OME
// made them.
func (l *laptop) makeCaseOfOME(t *testing.T, api *cluster.Client, c *omecases.Case, namespace string) {
	t.Helper()
	rename := strings.NewReplacer("team-a", namespace, "mistral-7b", "model-"+namespace, "rt-mistral", "runtime-"+namespace)
	renamed := &omecases.Case{Name: c.Name}
	for _, file := range c.Files {
		renamed.Files = append(renamed.Files, omecases.File{Name: file.Name, Data: []byte(rename.Replace(string(file.Data)))})
	}
	ensureNamespace(t, api, namespace)
	for i := range nodesOfService {
		addModelNode(t, api, fmt.Sprintf("gpu-%s-%d", namespace, i), "model-"+namespace)
	}
	var service *unstructured.Unstructured
	for _, file := range renamed.Input() {
		for _, fields := range renamed.Objects(t, file.Name) {
			object := &unstructured.Unstructured{Object: fields}
			switch object.GetKind() {
			case "ConfigMap", "Namespace":
				continue
			case "InferenceService":
				object.SetFinalizers([]string{"inferenceservice.finalizers"})
			}
			made, err := create(api, object, metav1.CreateOptions{})
			require.NoError(t, err, "%s: %s", c.Name, object.GetName())
			if object.GetKind() == "InferenceService" {
				service = made
			}
		}
	}
	require.NotNil(t, service, c.Name)
	owner := *metav1.NewControllerRef(service, service.GroupVersionKind())
	for _, fields := range renamed.Objects(t, omecases.Children) {
		object := &unstructured.Unstructured{Object: fields}
		object.SetOwnerReferences([]metav1.OwnerReference{owner})
		_, err := create(api, object, metav1.CreateOptions{})
		require.NoError(t, err, "%s: %s", c.Name, object.GetName())
	}
}

// listPods lists the pods of services, by UID.
const listPods = "kubectl get pods --all-namespaces -l ome.io/inferenceservice --sort-by=.metadata.uid --no-headers " +
	"-o custom-columns=UID:.metadata.uid,NAMESPACE:.metadata.namespace,NAME:.metadata.name"

// samePods compares the pods of services with those before the take-over.
const samePods = listPods + " | diff pods.txt -"

func (l *laptop) takesOver(t *testing.T) {
	l.sees(t, listPods+" > pods.txt && test -s pods.txt")
	const (
		optional  = "LeaderWorkerSets are an optional kind"
		noHours   = "the test does not wait for hours"
		ofOMEv13  = "this kind is of OME v1.3, which is not in this cluster"
		exits     = "it exits with 1 where something differs"
		takesAll  = "the page names no service; and isvc is installed here, with the selector that the page shows"
		takenOver = "the test waits until all services are taken over, and compares the pods"
	)
	install := l.preparesInstallation(t)
	l.follows(t, "migration.md", edited(t, "migration.md", map[string]edit{
		"kubectl get configmaps,services,": {replace("configmaps,", "configmaps,leaderworkersets,"), optional},
		"isvc render ":                     {replace("--kinds ''", "--kinds lws"), optional},
		"comm -13 ":                        {replace("--kinds ''", "--kinds lws"), optional},
		"for kind in configmaps":           {replace("services ", "services leaderworkersets.leaderworkerset.x-k8s.io "), optional},
		"kubectl diff ":                    {func(command string) string { return command + " > diff.txt || test $? = 1" }, exits},
		"kubectl label inferenceservice -n NAMESPACE ":                                {func(string) string { return install }, takesAll},
		"kubectl get inferenceservices -A\n":                                          {func(command string) string { return takeOverIsDone + command }, takenOver},
		"isvc release -A --all --max-concurrent ":                                     {func(command string) string { return strings.Replace(command, "2h", "5m", 1) + oldPodsAreGone }, noHours},
		"kubectl get inferenceservices -A -o json \\\n  | jq -r '.items[] | select([": {replace("2h", "5m"), noHours},
		"jq -r ": {func(command string) string {
			return "kubectl get inferenceservices,clusterservingruntimes -A -o json > services.json && " + command
		}, "the page says in words how it is saved"},
		"kubectl get inferencereplicas ":    {nothing, ofOMEv13},
		"kubectl delete inferencereplicas ": {nothing, ofOMEv13},
	}))
	for _, none := range []string{
		"kubectl get events -A --field-selector reason=SyncError",
		"kubectl get mutatingwebhookconfigurations inferenceservice.ome.io --ignore-not-found -o name",
		"kubectl get compositecontrollers -o name",
		"kubectl get inferenceservices -A -o jsonpath='{..finalizers}'",
		"kubectl get pods --all-namespaces -l 'ome.io/inferenceservice,!serving.ome.io/inferenceservice' -o name", // of templates of OME
	} {
		assert.Contains(t, []string{"", "No resources found\n"}, l.sees(t, none), none)
	}
	l.sees(t, "diff released.txt <("+listPods+")")
}

// takeOverIsDone waits until each service has been taken over, and compares the pods.
const takeOverIsDone = "kubectl wait --for=condition=UpdateAvailable inferenceservices --all --all-namespaces --timeout=2m && " +
	"kubectl wait --for=condition=Ready inferenceservices --all --all-namespaces --timeout=2m && " + samePods + " && " + metacontrollerHasAll + " && "

// metacontrollerHasAll finds Metacontroller among the managers of the fields of every object that OME made.
const metacontrollerHasAll = "kubectl get deployments,leaderworkersets,horizontalpodautoscalers,poddisruptionbudgets,serviceaccounts,roles -A " +
	"-l ome.io/inferenceservice --show-managed-fields -o json | " +
	`jq -e '[.items[] | select(all(.metadata.managedFields[]; .manager != "metacontroller")) | .metadata.name] == []'`

// oldPodsAreGone waits until all pods are those of released templates, and notes them.
const oldPodsAreGone = " && kubectl wait --for=delete pods --all-namespaces -l 'ome.io/inferenceservice,!serving.ome.io/inferenceservice' --timeout=2m && " +
	listPods + " > released.txt && test -s released.txt"

// preparesInstallation writes a kustomization of isvc for the services that have a label, as the page says, and returns
// the command that applies it and gives all services the label.
func (l *laptop) preparesInstallation(t *testing.T) string {
	t.Helper()
	patches := partOfPage(t, "migration.md", "   ```yaml\n   patches:\n", "   ```")
	l.keepKustomization(t, "takeover", "resources: [../manifests/base]\ncomponents: [../manifests/components/lws]\npatches:\n"+
		strings.ReplaceAll("\n"+patches, "\n   ", "\n"))
	require.NoError(t, os.Symlink(filepath.Join(l.repository, "manifests"), filepath.Join(l.folder, "manifests")))
	return "kubectl apply --server-side --force-conflicts -k takeover && " +
		"kubectl label inferenceservices --all --all-namespaces isvc.io/taken-over=true"
}
