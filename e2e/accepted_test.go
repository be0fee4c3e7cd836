package e2e

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/isvc-io/isvc/e2e/cases"
	"github.com/isvc-io/isvc/e2e/cluster"
	isvc "github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
)

// strictly creates without storing and refuses unknown and repeated fields.
var strictly = metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict}

// allCases reads the cases and says which are absent.
func allCases(t *testing.T) []cases.Case {
	t.Helper()
	all, absent, err := cases.All("..")
	require.NoError(t, err)
	for _, what := range absent {
		t.Logf("skipped: %s", what)
	}
	require.NotEmpty(t, all)
	return all
}

// TestEveryChildIsAccepted creates every child of every case as the API server
// would take it from Metacontroller, without storing it.
func TestEveryChildIsAccepted(t *testing.T) {
	api := connect(t, "accepted")
	for _, c := range allCases(t) {
		response, err := isvc.Sync(c.Request(observed.Objects{}, time.Time{}))
		require.NoError(t, err, c.Name)
		if len(response.Children) == 0 {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			ensureNamespace(t, api, c.Service.GetNamespace())
			for _, child := range response.Children {
				if message, refused := refusedChildren[c.Name+" "+child.GetKind()+"/"+child.GetName()]; refused {
					refuseChild(t, api, child, message)
					continue
				}
				acceptChild(t, api, child)
			}
			countPass(t, "cases whose children are accepted")
		})
	}
}

// refusedChildren are the children that must not be accepted, with a part of the message. A finding of the
// service says so before.
var refusedChildren = map[string]string{
	"serverless-refused Service/chat-engine": "unknown field",
}

func refuseChild(t *testing.T, api *cluster.Client, child *unstructured.Unstructured, message string) {
	t.Helper()
	resource, err := api.Of(child)
	require.NoError(t, err)
	_, err = resource.Create(context.Background(), child, strictly)
	assert.ErrorContains(t, err, message)
}

func acceptChild(t *testing.T, api *cluster.Client, child *unstructured.Unstructured) {
	t.Helper()
	resource, err := api.Of(child)
	require.NoError(t, err)
	stored, err := resource.Create(context.Background(), child, strictly)
	for _, warning := range api.Warnings() {
		t.Logf("warning: %s/%s: %s", child.GetKind(), child.GetName(), warning)
		numbers.count("warnings of the API server about children", 1)
	}
	if assert.NoError(t, err, "%s/%s", child.GetKind(), child.GetName()) {
		numbers.count("children accepted", 1)
		assert.Empty(t, dropped("", child.Object, stored.Object), "%s/%s: fields that the server does not keep", child.GetKind(), child.GetName())
	}
}

// dropped lists the fields of maps that were sent and are not in the answer.
func dropped(path string, sent, stored any) []string {
	var paths []string
	switch s := sent.(type) {
	case map[string]any:
		kept, _ := stored.(map[string]any)
		for key, value := range s {
			if _, there := kept[key]; !there {
				paths = append(paths, path+"."+key)
				continue
			}
			paths = append(paths, dropped(path+"."+key, value, kept[key])...)
		}
	case []any:
		kept, _ := stored.([]any)
		for i, value := range s {
			if i < len(kept) {
				paths = append(paths, dropped(path+"[]", value, kept[i])...)
			}
		}
	}
	return paths
}

// refusedServices are the cases whose service must not be accepted, with a part
// of the message.
var refusedServices = map[string]string{
	"invalid-quantity":                         "resources.limits",
	"ome/227-invalid-quantity":                 "resources.limits",
	"ome/010-keda-spec-default-query":          "scaleMetric: Unsupported value",
	"samples/default.exaone-3-5-7-8b-instruct": "spec.model.name: Required value",
	"autoscaler-block-refused.class-unknown":   "spec.engine.autoscaler.class: Unsupported value",
	"autoscaler-block-refused.triggers-empty":  "spec.engine.autoscaler.keda.triggers in body should have at least 1 items",
	"held-invalid":                             "scaleTarget must be 1 or more",
	"invalid-decoder-alone":                    "decoder cannot be specified without engine",
	"name-64":                                  "the name must have at most 63 characters",
	"ome/055-router-only":                      "router cannot be specified without engine",
	"ome/226-invalid-decoder-without-engine":   "decoder cannot be specified without engine",
	"ome/235-invalid-name":                     "the name must match",
}

// TestEveryServiceIsAccepted creates every InferenceService of the cases without
// storing it. Unknown fields are dropped and reported in the status, so they are
// not refused here.
func TestEveryServiceIsAccepted(t *testing.T) {
	api := connect(t, "accepted")
	for _, c := range allCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			ensureNamespace(t, api, c.Service.GetNamespace())
			_, err := create(api, c.Service, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			if message, refused := refusedServices[c.Name]; refused {
				assert.ErrorContains(t, err, message)
				return
			}
			if assert.NoError(t, err) {
				numbers.count("services accepted", 1)
			}
		})
	}
}

// TestEveryStatusIsAccepted writes the status of every case into a stored
// service.
func TestEveryStatusIsAccepted(t *testing.T) {
	api := connect(t, "accepted")
	ensureNamespace(t, api, "status")
	holder, err := create(api, service("status", "holder", nil), metav1.CreateOptions{})
	require.NoError(t, err)
	services, err := api.Of(holder)
	require.NoError(t, err)
	for _, c := range allCases(t) {
		response, err := isvc.Sync(c.Request(observed.Objects{}, time.Unix(1, 0)))
		require.NoError(t, err, c.Name)
		status := tree(t, response.Status)
		if len(status) == 0 {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			asked := holder.DeepCopy()
			asked.Object["status"] = status
			stored, err := services.UpdateStatus(context.Background(), asked, metav1.UpdateOptions{
				DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict})
			require.NoError(t, err)
			assert.Empty(t, dropped("status", status, stored.Object["status"]))
			countPass(t, "statuses accepted")
		})
	}
}

// tree is a value as the tree that its JSON decodes to.
func tree(t *testing.T, value any) map[string]any {
	t.Helper()
	data, err := json.Marshal(value)
	require.NoError(t, err)
	var out map[string]any
	require.NoError(t, utiljson.Unmarshal(data, &out))
	return out
}

// create creates an object.
func create(api *cluster.Client, object *unstructured.Unstructured, options metav1.CreateOptions) (*unstructured.Unstructured, error) {
	return api.Create(context.Background(), object, options)
}

// deleteObject deletes an object, and then what it owns.
func deleteObject(t testing.TB, api *cluster.Client, object *unstructured.Unstructured) {
	t.Helper()
	resource, err := api.Of(object)
	require.NoError(t, err)
	background := metav1.DeletePropagationBackground
	require.NoError(t, resource.Delete(context.Background(), object.GetName(), metav1.DeleteOptions{PropagationPolicy: &background}))
}

func ensureNamespace(t testing.TB, api *cluster.Client, name string) {
	t.Helper()
	namespace := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name}}}
	if _, err := create(api, namespace, metav1.CreateOptions{}); !apierrors.IsAlreadyExists(err) {
		require.NoError(t, err)
	}
}

// service is an InferenceService with a specification.
func service(namespace, name string, spec map[string]any) *unstructured.Unstructured {
	if spec == nil {
		spec = map[string]any{}
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "ome.io/v1beta1", "kind": "InferenceService",
		"metadata": map[string]any{"namespace": namespace, "name": name}, "spec": spec,
	}}
}
