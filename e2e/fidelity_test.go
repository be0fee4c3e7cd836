package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/e2e/driver"
)

// outcome is what the second sync of a child does.
type outcome struct {
	// refused is a part of the API server's message.
	refused string
	// writes is how many requests are made, changes whether they change anything.
	writes  int
	changes bool
	// field is compact JSON of the field that the row looks at.
	field string
}

// quiet is a second sync without any request.
var quiet = outcome{}

// row is one recorded behaviour of Metacontroller: a child is created, somebody
// patches it, and it is synced again.
type row struct {
	first, patch, subresource, second string
	// path is the field that the outcomes speak of.
	path          string
	dynamic, side outcome
}

const (
	twoProtocols = `{apiVersion: v1, kind: Service, metadata: {name: dns}, spec: {selector: {a: b}, ports: [{name: t, port: 53, protocol: TCP}, {name: u, port: 53, protocol: UDP}]}}`
	oneService   = `{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {a: b}, ports: [{name: http, port: 80, protocol: TCP}]}}`
	namedCanary  = `{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: named}, spec: {rules: [{name: r, backendRefs: [{name: old, port: 80, weight: 90}, {name: new, port: 80, weight: 10}]}]}}`
	policy       = `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: atomic}, spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: 80}]}]}}`
)

// workload writes a Deployment with fields of its own in spec and pod.
func workload(name, spec, pod string) string {
	return fmt.Sprintf(`{apiVersion: apps/v1, kind: Deployment, metadata: {name: %[1]s, labels: {kept: "yes"}}, spec: {%[2]s selector: {matchLabels: {app: %[1]s}}, `+
		`template: {metadata: {labels: {app: %[1]s}}, spec: {%[3]s}}}}`, name, spec, pod)
}

func container(fields string) string { return `containers: [{name: c, image: i` + fields + `}]` }

// TestDriverIsFaithful repeats what was recorded with the real Metacontroller
// against a real API server, including what it does badly. The driver writes what
// hooktest.ForecastClientSideApply forecasts, so that this compares the forecast
// too; hooktest's own tests compare it with what Metacontroller's code made of
// many objects.
func TestDriverIsFaithful(t *testing.T) {
	rows := map[string]row{
		"two ports of one number": {first: twoProtocols, path: "spec.ports",
			dynamic: outcome{refused: "Duplicate value"}},
		"a foreign edit of a port": {first: oneService, patch: `[{"op":"replace","path":"/spec/ports/0/port","value":81}]`, path: "spec.ports",
			dynamic: outcome{refused: "Duplicate value"}, side: outcome{refused: "Duplicate value"}},
		"a named rule with two backends on one port": {first: namedCanary, path: "spec.rules.0.backendRefs.0.weight",
			dynamic: outcome{writes: 1, changes: true, field: "10"}, side: outcome{field: "90"}},
		"a default in a list without keys": {first: policy,
			dynamic: outcome{writes: 1}},
		"a quantity that is not canonical": {first: workload("quantity", "", container(`, resources: {requests: {cpu: 1000m}}`)),
			dynamic: outcome{writes: 1}},
		"an empty map": {first: workload("empty", "", `nodeSelector: {}, `+container("")),
			dynamic: outcome{writes: 1}},
		"a new first init container": {
			first:   workload("init", "", `initContainers: [{name: b, image: i}], `+container("")),
			second:  workload("init", "", `initContainers: [{name: a, image: i}, {name: b, image: i}], `+container("")),
			path:    "spec.template.spec.initContainers.0.name",
			dynamic: outcome{writes: 1, changes: true, field: `"b"`}, side: outcome{writes: 1, changes: true, field: `"a"`}},
		"replicas that were never ours": {first: workload("free", "", container("")), patch: `{"spec":{"replicas":7}}`, subresource: "scale",
			path: "spec.replicas", dynamic: outcome{field: "7"}, side: outcome{writes: 1, field: "7"}},
		"replicas that are no longer written": {
			first: workload("freed", "replicas: 7, ", container("")), second: workload("freed", "", container("")), path: "spec.replicas",
			dynamic: outcome{writes: 1, changes: true, field: "1"}, side: outcome{writes: 1, changes: true, field: "1"}},
		"replicas that an autoscaler took over": {
			first: workload("taken", "replicas: 2, ", container("")), patch: `{"spec":{"replicas":7}}`, subresource: "scale",
			second: workload("taken", "", container("")), path: "spec.replicas",
			dynamic: outcome{writes: 1, changes: true, field: "1"}, side: outcome{writes: 1, field: "7"}},
		"a foreign label in place of ours": {first: workload("label", "", container("")), patch: `[{"op":"replace","path":"/metadata/labels/kept","value":"no"}]`,
			path:    "metadata.labels.kept",
			dynamic: outcome{writes: 1, changes: true, field: `"yes"`}, side: outcome{field: `"no"`}},
		"what is as it should be": {first: oneService, dynamic: quiet, side: quiet},
	}
	for _, strategy := range []driver.Strategy{driver.DynamicApply, driver.ServerSideApply} {
		for name, r := range rows {
			t.Run(string(strategy)+"/"+name, func(t *testing.T) {
				want := r.dynamic
				if strategy == driver.ServerSideApply {
					want = r.side
				}
				r.check(t, strategy, want)
				countPass(t, "recorded behaviours that the driver repeats")
			})
		}
	}
}

func (r row) check(t *testing.T, strategy driver.Strategy, want outcome) {
	ctx := context.Background()
	api := connect(t, "driver")
	namespace := "faithful-" + strings.ToLower(strings.Map(letters, t.Name()))
	namespace = strings.Trim(namespace[:10]+namespace[max(10, len(namespace)-50):], "-")
	ensureNamespace(t, api, namespace)
	parent, err := create(api, service(namespace, "parent", nil), metav1.CreateOptions{})
	require.NoError(t, err)
	first := object(t, r.first)
	d := &driver.Driver{API: api, Strategy: strategy, Kinds: kinds.Set{kinds.New(first.GetKind(), first.GetAPIVersion()): true}}
	require.NoError(t, manage(ctx, d, parent, &driver.Result{}, first))

	resource, err := api.Kind(first.GetAPIVersion(), first.GetKind(), namespace)
	require.NoError(t, err)
	r.meddle(t, resource, first.GetName())
	second := first
	if r.second != "" {
		second = object(t, r.second)
	}
	result, err := again(ctx, d, parent, second)
	if want.refused != "" {
		require.ErrorContains(t, err, want.refused)
		return
	}
	require.NoError(t, err)
	assert.Len(t, result.Writes, want.writes, "%v", result.Writes)
	for _, write := range result.Writes {
		assert.Equal(t, want.changes, write.Changed, "%s", write)
	}
	if want.field != "" {
		stored, err := resource.Get(ctx, first.GetName(), metav1.GetOptions{})
		require.NoError(t, err)
		assert.Equal(t, want.field, at(t, stored.Object, r.path))
	}
}

// again syncs a child until the pass is not overtaken by a controller that
// writes the child's status.
func again(ctx context.Context, d *driver.Driver, parent, child *unstructured.Unstructured) (*driver.Result, error) {
	for {
		result := &driver.Result{}
		err := manage(ctx, d, parent, result, child)
		if err != nil || len(result.Writes) == 0 || !result.Writes[0].Late {
			return result, err
		}
	}
}

// manage syncs one child.
func manage(ctx context.Context, d *driver.Driver, parent *unstructured.Unstructured, result *driver.Result, child *unstructured.Unstructured) error {
	children, err := d.Observe(ctx, parent)
	if err != nil {
		return err
	}
	return d.Manage(ctx, result, parent, children, []map[string]any{child.DeepCopy().Object})
}

// meddle patches the child as somebody else.
func (r row) meddle(t *testing.T, resource dynamic.ResourceInterface, name string) {
	t.Helper()
	if r.patch == "" {
		return
	}
	kind, subresources := types.JSONPatchType, []string(nil)
	if r.subresource != "" {
		kind, subresources = types.MergePatchType, []string{r.subresource}
	}
	_, err := resource.Patch(context.Background(), name, kind, []byte(r.patch), metav1.PatchOptions{FieldManager: "somebody"}, subresources...)
	require.NoError(t, err)
}

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(text))
	require.NoError(t, err)
	object := &unstructured.Unstructured{}
	require.NoError(t, object.UnmarshalJSON(raw))
	return object
}

// at is a field as JSON; a number in the path is an index.
func at(t *testing.T, node any, path string) string {
	t.Helper()
	for _, step := range strings.Split(path, ".") {
		switch n := node.(type) {
		case map[string]any:
			node = n[step]
		case []any:
			var i int
			_, err := fmt.Sscan(step, &i)
			require.NoError(t, err)
			node = n[i]
		}
	}
	text, err := json.Marshal(node)
	require.NoError(t, err)
	return string(text)
}

// letters keeps what a namespace's name may hold.
func letters(r rune) rune {
	if r >= 'a' && r <= 'z' {
		return r
	}
	return '-'
}
