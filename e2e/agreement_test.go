package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/check"
	"github.com/isvc-io/isvc/e2e/cases"
	"github.com/isvc-io/isvc/e2e/cluster"
	"github.com/isvc-io/isvc/internal/generate"
	isvc "github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/load"
	"github.com/isvc-io/isvc/sync/observed"
)

// generatedWorlds is how many generated services are tried beside the cases, two in each world.
const generatedWorlds = 150

// TestIsvcCheckAgreesWithTheCluster asks isvc-check and the API server about the same objects: services
// and catalogues of all cases, what they become, generated ones with fields of any kind, and mistakes.
// What isvc-check lets pass is accepted by the API server, without exception. What it refuses is refused,
// or has pods that no operator could make, which the API server does not look at.
func TestIsvcCheckAgreesWithTheCluster(t *testing.T) {
	program := startIsvcCheck(t)
	api := connect(t, "agreement")
	a := &agreement{table: map[verdicts]int{}}
	for _, c := range allCases(t) {
		a.try(t, api, program, c.Name, append([]*unstructured.Unstructured{c.Service}, catalogueOf(t, c)...))
		response, err := isvc.Sync(c.Request(observed.Objects{}, time.Time{}))
		require.NoError(t, err, c.Name)
		a.try(t, api, program, c.Name, response.Children)
	}
	for name, objects := range mistakes(t) {
		a.try(t, api, program, name, objects)
	}
	for number := range generatedWorlds {
		dice := generate.NewDice(7, uint64(number))
		world := dice.World()
		dice.Widen(world, 6)
		a.tryWorld(t, api, program, fmt.Sprintf("generated %d", number), world)
	}
	for _, v := range []verdicts{{false, false}, {true, true}, {true, false}, {false, true}} {
		numbers.record(v.String(), "%d", a.table[v])
	}
	assert.Greater(t, a.table[verdicts{false, false}], 1000)
	assert.Greater(t, a.table[verdicts{true, true}], 50)
	assert.Zero(t, a.table[verdicts{false, true}], "isvc-check lets pass what the cluster refuses")
}

// verdicts are what isvc-check and the cluster say about an object.
type verdicts struct{ offline, cluster bool }

func (v verdicts) String() string {
	word := map[bool]string{true: "refuses", false: "accepts"}
	return fmt.Sprintf("isvc-check %s, the cluster %s", word[v.offline], word[v.cluster])
}

// agreement counts verdicts.
type agreement struct{ table map[verdicts]int }

// try asks both about objects.
func (a *agreement) try(t *testing.T, api *cluster.Client, program *check.Program, name string, objects []*unstructured.Unstructured) {
	t.Helper()
	if len(objects) == 0 {
		return
	}
	var raw []json.RawMessage
	for _, object := range objects {
		text, err := object.MarshalJSON()
		require.NoError(t, err)
		raw = append(raw, text)
	}
	results, err := program.Check(raw)
	require.NoError(t, err)
	for i, object := range objects {
		if !assert.False(t, results[i].Unknown, "%s: nobody knows %s", name, object.GetKind()) {
			continue
		}
		refusals := slices.DeleteFunc(results[i].Findings, func(f check.Finding) bool { return f.Severity != check.Refused })
		if namespace := object.GetNamespace(); namespace != "" {
			ensureNamespace(t, api, namespace)
		}
		_, refused := create(api, object, strictly)
		if apierrors.IsAlreadyExists(refused) {
			refused = nil
		}
		v := verdicts{offline: len(refusals) > 0, cluster: refused != nil}
		a.table[v]++
		switch what := name + ": " + object.GetKind() + "/" + object.GetName(); {
		case v.cluster && !v.offline:
			t.Errorf("%s: the cluster says %v", what, refused)
		case v.offline && !v.cluster && !aboutPodsOfOperators(object, refusals):
			t.Errorf("%s: isvc-check alone says %v", what, refusals)
		}
	}
}

// aboutPodsOfOperators reports whether all refusals are about pods inside of objects of operators.
func aboutPodsOfOperators(object *unstructured.Unstructured, refusals []check.Finding) bool {
	kind := kinds.New(object.GetKind(), object.GetAPIVersion())
	return slices.Contains(kinds.Optional(), kind) && !slices.ContainsFunc(refusals, func(f check.Finding) bool {
		return !strings.HasPrefix(f.By, "Kubernetes ")
	})
}

// tryWorld asks about the inputs of a generated world and about what they become.
func (a *agreement) tryWorld(t *testing.T, api *cluster.Client, program *check.Program, name string, world *generate.World) {
	t.Helper()
	related := observed.Objects{}
	var inputs []*unstructured.Unstructured
	for _, object := range append(slices.Clone(world.Related), world.Services...) {
		inputs = append(inputs, decoded(t, object))
	}
	for i := range world.Related {
		raw, err := inputs[i].MarshalJSON()
		require.NoError(t, err)
		related.Add(kinds.New(inputs[i].GetKind(), inputs[i].GetAPIVersion()), inputs[i].GetNamespace(), inputs[i].GetName(), raw)
	}
	a.try(t, api, program, name, inputs)
	for _, service := range inputs[len(world.Related):] {
		raw, err := service.MarshalJSON()
		require.NoError(t, err)
		request := &isvc.Request{Parent: raw, Related: related, Children: observed.Objects{}, Managed: world.Kinds}
		if world.Config != nil {
			request.Config = config.Parse(world.Config)
		}
		response, err := isvc.Sync(request)
		require.NoError(t, err, name)
		a.try(t, api, program, name, response.Children)
	}
}

// decoded is a value as an object whose numbers are those of JSON.
func decoded(t *testing.T, value any) *unstructured.Unstructured {
	t.Helper()
	raw, err := json.Marshal(value)
	require.NoError(t, err)
	object, err := cases.Object(raw)
	require.NoError(t, err)
	for _, field := range []string{"uid", "resourceVersion", "generation"} { // a create has none
		unstructured.RemoveNestedField(object.Object, "metadata", field)
	}
	return object
}

// catalogueOf are the objects of ome.io that a case refers to, but for those that stand for all of OME's
// catalogue, of which the smallest are enough.
func catalogueOf(t *testing.T, c cases.Case) []*unstructured.Unstructured {
	t.Helper()
	related := c.Request(observed.Objects{}, time.Time{}).Related
	var all []*unstructured.Unstructured
	most := math.MaxInt
	if strings.HasPrefix(c.Name, "catalog/") || strings.HasPrefix(c.Name, "samples/") {
		most = 2
	}
	for _, kind := range load.CatalogueKinds() {
		for i, key := range related.KeysOf(kind) {
			if i < most {
				all = append(all, decoded(t, related[kind][key].Raw))
			}
		}
	}
	return all
}

// mistakes are objects that must be refused by both: the ones of newcomers, in the service and in what it
// becomes.
func mistakes(t *testing.T) map[string][]*unstructured.Unstructured {
	t.Helper()
	all := map[string][]*unstructured.Unstructured{}
	for name, spec := range map[string]string{
		"a metric that does not exist":       `{engine: {scaleMetric: gpu}}`,
		"credentials of no kind of KEDA":     `{engine: {kedaConfig: {authenticationRef: {name: a, kind: Foo}}}}`,
		"a misspelt field":                   `{engine: {maxReplcas: 3}}`,
		"a canary of more than everything":   `{engine: {canaryTrafficPercent: 101}}`,
		"a decoder alone":                    `{decoder: {}}`,
		"a text for a number":                `{engine: {minReplicas: two}}`,
		"a container without a name":         `{engine: {containers: [{image: a}]}}`,
		"a strategy of an unknown form":      `{engine: {deploymentStrategy: {rollingUpdate: 3}}}`,
		"a negative number of concurrent":    `{engine: {containerConcurrency: -1}}`,
		"fewer workers than none":            `{engine: {worker: {size: -1}}}`,
		"an accelerator policy that is none": `{engine: {}, acceleratorSelector: {policy: Best}}`,
	} {
		var tree map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(spec), &tree))
		all[name] = []*unstructured.Unstructured{service("default", "chat", tree)}
	}
	for name, pod := range map[string]string{
		"a probe with two handlers":     `{containers: [{name: a, image: a, readinessProbe: {tcpSocket: {port: 80}, exec: {command: [a]}}}]}`,
		"a port that is too large":      `{containers: [{name: a, image: a, ports: [{containerPort: 99999}]}]}`,
		"huge pages without equal":      `{containers: [{name: a, image: a, resources: {limits: {hugepages-2Mi: 5Gi, cpu: 1}, requests: {hugepages-2Mi: 1Gi}}}]}`,
		"a mount without a volume":      `{containers: [{name: a, image: a, volumeMounts: [{name: b, mountPath: /b}]}]}`,
		"an init container with probes": `{containers: [{name: a, image: a}], initContainers: [{name: b, image: b, readinessProbe: {exec: {command: [a]}}}]}`,
		"a pod that ends":               `{containers: [{name: a, image: a}], restartPolicy: Never}`,
		"an unknown field of a pod":     `{containers: [{name: a, image: a, imagePulPolicy: Always}]}`,
	} {
		var tree map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(`{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, namespace: default},
			spec: {selector: {matchLabels: {a: a}}, template: {metadata: {labels: {a: a}}, spec: `+pod+`}}}`), &tree))
		all[name] = []*unstructured.Unstructured{decoded(t, tree)}
	}
	var rollout map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(`{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, namespace: default},
		spec: {strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}, selector: {matchLabels: {a: a}},
		template: {metadata: {labels: {a: a}}, spec: {containers: [{name: a, image: a}]}}}}`), &rollout))
	all["a rollout that cannot move"] = []*unstructured.Unstructured{decoded(t, rollout)}
	return all
}

func buildIsvcCheck(t *testing.T, path string) {
	t.Helper()
	for _, arguments := range [][]string{{"generate", "."}, {"build", "-trimpath", "-o", path, "."}} {
		command := exec.Command("go", arguments...)
		command.Dir = filepath.Join("..", "cmd", "isvc-check")
		output, err := command.CombinedOutput()
		require.NoError(t, err, string(output))
	}
}

// startIsvcCheck builds isvc-check and starts it.
func startIsvcCheck(t *testing.T) *check.Program {
	t.Helper()
	path := filepath.Join(t.TempDir(), check.ProgramName)
	buildIsvcCheck(t, path)
	program, err := check.Start(context.Background(), path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, program.Stop()) })
	t.Logf("isvc-check has %s, and checks %v", program.Kubernetes, slices.Sorted(maps.Keys(program.Kinds)))
	return program
}
