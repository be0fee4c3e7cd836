package hook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/hooktest"
	"github.com/isvc-io/isvc/sync/load"
	"github.com/isvc-io/isvc/sync/observed"
)

// materials are the requests that are measured: what they are and from which
// golden case they are made.
var materials = []struct {
	name, from string
	// runtimes is how many runtimes are related beside those of the case.
	runtimes int
}{
	{"typical", "mission-raw", 0},
	{"large", "runtime-selected", 200},
	{"disaggregated", "mission-prefill-decode", 0},
}

// material builds the body that Metacontroller sends for a case at rest:
// the children as they were applied, with annotation and managed fields, and
// four pods.
func material(t testing.TB, from string, runtimes int) []byte {
	t.Helper()
	request := request(t, from)
	response, err := sync.Sync(request)
	require.NoError(t, err)
	require.Nil(t, response.Hold)
	children := map[kinds.Kind]map[string]any{}
	for kind := range request.Managed {
		children[kind] = map[string]any{}
	}
	for _, child := range response.Children {
		kind := kinds.New(child.GetKind(), child.GetAPIVersion())
		children[kind][observed.ObjectKey(child.GetNamespace(), child.GetName())] = atRest(t, child)
	}
	related := map[kinds.Kind]map[string]any{kinds.Pod: pods(t, request, response)}
	for kind, objects := range request.Related {
		related[kind] = map[string]any{}
		for key, raw := range objects {
			related[kind][key] = raw
		}
	}
	addRuntimes(t, related, runtimes)
	body, err := json.Marshal(map[string]any{
		"controller": controller(), "parent": request.Parent,
		"children": children, "related": related, "finalizing": false,
	})
	require.NoError(t, err)
	return body
}

func request(t testing.TB, from string) *sync.Request {
	t.Helper()
	names, err := filepath.Glob("../../testdata/" + from + "/in/*.yaml")
	require.NoError(t, err)
	var files []load.File
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		files = append(files, load.File{Name: name, Data: data})
	}
	set, _ := load.Files(files, "default")
	requests := set.Requests(load.Options{Kinds: kinds.All()})
	require.NotEmpty(t, requests)
	return requests[0]
}

// atRest is a child as it is observed: annotated, owned, with managed fields
// of two managers and a status.
func atRest(t testing.TB, child *unstructured.Unstructured) any {
	t.Helper()
	annotated, err := hooktest.AnnotateLastApplied(child)
	require.NoError(t, err)
	fields := map[string]any{"f:metadata": fieldsOf(child.Object["metadata"]), "f:spec": fieldsOf(child.Object["spec"])}
	annotated.SetUID("11111111-2222-3333-4444-555555555555")
	annotated.SetResourceVersion("123456")
	annotated.SetGeneration(2)
	annotated.SetOwnerReferences([]metav1.OwnerReference{{
		APIVersion: "ome.io/v1beta1", Kind: "InferenceService", Name: "chat", UID: "99999999-2222-3333-4444-555555555555",
		Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(true),
	}})
	annotated.Object["metadata"].(map[string]any)["managedFields"] = []any{
		map[string]any{"manager": "metacontroller", "operation": "Update", "apiVersion": child.GetAPIVersion(), "fieldsType": "FieldsV1", "fieldsV1": fields},
		map[string]any{"manager": "kube-controller-manager", "operation": "Update", "apiVersion": child.GetAPIVersion(), "subresource": "status", "fieldsType": "FieldsV1",
			"fieldsV1": map[string]any{"f:status": map[string]any{"f:conditions": map[string]any{}, "f:replicas": map[string]any{}}}},
	}
	annotated.Object["status"] = map[string]any{
		"observedGeneration": int64(2), "replicas": int64(2), "readyReplicas": int64(2), "updatedReplicas": int64(2), "availableReplicas": int64(2),
		"conditions": []any{map[string]any{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "message": "Deployment has minimum availability."}},
	}
	return annotated.Object
}

func fieldsOf(value any) map[string]any {
	out := map[string]any{}
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			out["f:"+key] = fieldsOf(item)
		}
	case []any:
		for _, item := range v {
			if m, ok := item.(map[string]any); ok && m["name"] != nil {
				fields := fieldsOf(m)
				fields["."] = map[string]any{}
				out[fmt.Sprintf(`k:{"name":%q}`, m["name"])] = fields
			}
		}
	}
	return out
}

// pods are four pods of the engine with the specification of its template and
// managed fields, as the API server shows them.
func pods(t testing.TB, request *sync.Request, response *sync.Response) map[string]any {
	t.Helper()
	parent, err := DecodeParent(request.Parent)
	require.NoError(t, err)
	out := map[string]any{}
	for i := range 4 {
		name := fmt.Sprintf("%s-engine-7c9d8b6f5-%05d", parent.Name, i)
		pod := map[string]any{
			"apiVersion": "v1", "kind": "Pod",
			"metadata": map[string]any{"name": name, "namespace": parent.Namespace, "creationTimestamp": "2026-01-01T00:00:00Z",
				"labels": map[string]any{"ome.io/inferenceservice": parent.Name, "component": "engine", "pod-template-hash": "7c9d8b6f5"}},
			"status": map[string]any{"phase": "Running", "containerStatuses": []any{map[string]any{
				"name": "ome-container", "ready": true, "restartCount": 0, "state": map[string]any{"running": map[string]any{"startedAt": "2026-01-01T00:00:00Z"}}}}},
		}
		if template := engineTemplate(response); template != nil {
			pod["spec"] = template["spec"]
			pod["metadata"].(map[string]any)["annotations"] = template["metadata"].(map[string]any)["annotations"]
			pod["metadata"].(map[string]any)["managedFields"] = []any{map[string]any{"manager": "kube-controller-manager", "operation": "Update",
				"apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": map[string]any{"f:metadata": fieldsOf(template["metadata"]), "f:spec": fieldsOf(template["spec"])}}}
		}
		out[observed.ObjectKey(parent.Namespace, name)] = pod
	}
	return out
}

// engineTemplate is the pod template of the first Deployment; nil without.
func engineTemplate(response *sync.Response) map[string]any {
	for _, child := range response.Children {
		if child.GetKind() == "Deployment" {
			return child.Object["spec"].(map[string]any)["template"].(map[string]any)
		}
	}
	return nil
}

// addRuntimes adds copies of a runtime that serve other models.
func addRuntimes(t testing.TB, related map[kinds.Kind]map[string]any, n int) {
	t.Helper()
	for key, raw := range related[kinds.ClusterServingRuntime] {
		for i := range n {
			name := fmt.Sprintf("other-%03d", i)
			copied := bytes.ReplaceAll(raw.(observed.Object).Raw, []byte(`"name":"`+key+`"`), []byte(`"name":"`+name+`"`))
			copied = bytes.ReplaceAll(copied, []byte("ForCausalLM"), fmt.Appendf(nil, "Other%dForCausalLM", i))
			related[kinds.ClusterServingRuntime][name] = json.RawMessage(copied)
		}
		return
	}
}

func controller() any {
	return map[string]any{"apiVersion": "metacontroller.k8s.io/v1alpha1", "kind": "CompositeController", "metadata": map[string]any{"name": "isvc"},
		"spec": map[string]any{"hooks": map[string]any{"sync": map[string]any{"version": "v2"}, "customize": map[string]any{"version": "v2"}}}}
}

// compute is what serving a request does but for HTTP.
func compute(t testing.TB, body []byte, cache *observed.Cache) {
	request, parent, err := DecodeSync(body)
	require.NoError(t, err)
	request.Cache = cache
	response, err := sync.Sync(request)
	require.NoError(t, err)
	require.Nil(t, response.Hold)
	_, err = encodeSync(request, parent, response)
	require.NoError(t, err)
}

// BenchmarkSync measures calls whose related objects were seen before, and calls that see them for
// the first time.
func BenchmarkSync(b *testing.B) {
	for _, m := range materials {
		body := material(b, m.from, m.runtimes)
		for _, first := range []bool{false, true} {
			name := m.name + "/steady"
			if first {
				name = m.name + "/first"
			}
			b.Run(name, func(b *testing.B) {
				cache := observed.NewCache(64 << 20)
				compute(b, body, cache)
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					if first {
						cache = observed.NewCache(64 << 20)
					}
					compute(b, body, cache)
				}
			})
		}
	}
}

// BenchmarkCustomize measures calls of the customize hook.
func BenchmarkCustomize(b *testing.B) {
	request := request(b, "mission-raw")
	body, err := json.Marshal(map[string]any{"controller": controller(), "parent": request.Parent})
	require.NoError(b, err)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		parent, declared, _, err := DecodeCustomize(body)
		require.NoError(b, err)
		_, err = sync.Customize(parent, sync.CustomizeOptions{Pods: true, Declared: declared})
		require.NoError(b, err)
	}
}
