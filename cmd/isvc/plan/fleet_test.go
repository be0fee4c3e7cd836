package plan_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/plan"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/hooktest"
	"github.com/isvc-io/isvc/sync/load"
)

// The catalogue of the tests: a model, and a runtime for each mode. A replica of h100 has 8 GPUs, of
// l4 one, a group of pair 16 in two pods, a cluster of ray 16 in two pods.
const catalogue = `apiVersion: ome.io/v1beta1
kind: ClusterBaseModel
metadata: {name: llama}
spec:
  modelFormat: {name: safetensors}
  modelParameterSize: 8B
  storage: {storageUri: "hf://meta/llama", path: /models/llama}
---
apiVersion: ome.io/v1beta1
kind: ClusterServingRuntime
metadata: {name: h100}
spec:
  supportedModelFormats: [{modelFormat: {name: safetensors}, autoSelect: true, priority: 2}]
  engineConfig:
    runner:
      name: ome-container
      image: server:1
      args: [--model, llama]
      env: [{name: HF_TOKEN, value: hf_verysecrettoken1}]
      resources: {limits: {nvidia.com/gpu: 8}}
---
apiVersion: ome.io/v1beta1
kind: ClusterServingRuntime
metadata: {name: l4}
spec:
  supportedModelFormats: [{modelFormat: {name: safetensors}, autoSelect: true, priority: 1}]
  engineConfig:
    runner: {name: ome-container, image: small:1, resources: {limits: {nvidia.com/gpu: 1}}}
---
apiVersion: ome.io/v1beta1
kind: ClusterServingRuntime
metadata: {name: pair}
spec:
  supportedModelFormats: [{modelFormat: {name: safetensors}}]
  engineConfig:
    leader: {runner: {name: ome-container, image: group:1, resources: {limits: {nvidia.com/gpu: 8}}}}
    worker: {size: 1, runner: {name: ome-container, image: group:1, resources: {limits: {nvidia.com/gpu: 8}}}}
---
apiVersion: ome.io/v1beta1
kind: ClusterServingRuntime
metadata: {name: ray}
spec:
  supportedModelFormats: [{modelFormat: {name: safetensors}}]
  engineConfig:
    annotations: {ome.io/deploymentMode: MultiNodeRayVLLM}
    leader: {runner: {name: ome-container, image: ray:1, resources: {limits: {nvidia.com/gpu: 8}}}}
    worker: {size: 1, runner: {name: ome-container, image: ray:1, resources: {limits: {nvidia.com/gpu: 8}}}}
---
apiVersion: ome.io/v1beta1
kind: ClusterServingRuntime
metadata: {name: unused}
spec:
  supportedModelFormats: [{modelFormat: {name: safetensors}}]
  engineConfig:
    runner: {name: ome-container, image: unused:1}
`

// service is the manifest of a service of a runtime, with an engine in flow style.
func service(namespace, name, runtime, engine string) string {
	return fmt.Sprintf(`apiVersion: ome.io/v1beta1
kind: InferenceService
metadata: {name: %s, namespace: %s, uid: "%s/%s"}
spec:
  model: {name: llama}
  runtime: {name: %s}
  engine: %s
`, name, namespace, namespace, name, runtime, engine)
}

// join makes one file of documents.
func join(documents ...string) string { return strings.Join(documents, "---\n") }

// fleet is the catalogue with 104 services: 60 of h100 with 1, 2 or 3 replicas, 20 of l4 which scale
// from 2 to 5, 12 of pair with 2 groups, 8 of ray with 2 clusters, 4 of h100 that are serverless.
func fleet() string {
	all := []string{catalogue}
	for i := range 60 {
		all = append(all, service("team-a", fmt.Sprintf("big-%02d", i), "h100", fmt.Sprintf("{minReplicas: %d, maxReplicas: %d}", 1+i%3, 1+i%3)))
	}
	for i := range 20 {
		all = append(all, service("team-b", fmt.Sprintf("small-%02d", i), "l4", "{minReplicas: 2, maxReplicas: 5}"))
	}
	for i := range 12 {
		all = append(all, service("team-c", fmt.Sprintf("pair-%02d", i), "pair", "{minReplicas: 2, maxReplicas: 2}"))
	}
	for i := range 8 {
		all = append(all, service("team-d", fmt.Sprintf("ray-%02d", i), "ray", "{minReplicas: 2}"))
	}
	for i := range 4 {
		all = append(all, service("team-e", fmt.Sprintf("zero-%02d", i), "h100",
			"{minReplicas: 1, maxReplicas: 3, annotations: {ome.io/deploymentMode: Serverless}}"))
	}
	return join(all...)
}

// document is the document of a catalogue in which a text occurs first.
func document(t *testing.T, all, text string) string {
	t.Helper()
	for _, one := range strings.Split(all, "---\n") {
		if strings.Contains(one, text) {
			return one
		}
	}
	require.Fail(t, "no document has "+text)
	return ""
}

// loaded loads a file.
func loaded(t testing.TB, name, text string) (*load.Set, []load.File) {
	t.Helper()
	if text == "" {
		return nil, nil
	}
	files := []load.File{{Name: name, Data: []byte(text)}}
	set, problems := load.Files(files, "default")
	require.Empty(t, problems)
	return set, files
}

// planned is the plan for an edit of what is.
func planned(t testing.TB, is, with string, without ...load.ObjectName) *plan.Report {
	t.Helper()
	before, _ := loaded(t, "is.yaml", is)
	applied, files := loaded(t, "edit.yaml", with)
	return report(t, plan.Options{Before: before, After: before.After(load.Edit{Apply: applied, Remove: without}), FilesAfter: files})
}

func report(t testing.TB, options plan.Options) *plan.Report {
	t.Helper()
	if options.Kinds == nil {
		options.Kinds = kinds.All()
	}
	planner := plan.NewPlanner(options)
	var services []*plan.Service
	for _, pair := range planner.Pairs() {
		service, err := planner.Compare(pair)
		require.NoError(t, err)
		services = append(services, service)
	}
	return planner.NewReport(services)
}

// running is what is with the objects of its services, as Metacontroller has applied them, each after a
// change by others.
func running(t testing.TB, is string, change func(object map[string]any)) string {
	t.Helper()
	set, _ := loaded(t, "is.yaml", is)
	documents := []string{is}
	for _, request := range set.Requests(load.Options{Kinds: kinds.All()}) {
		response, err := sync.Sync(request)
		require.NoError(t, err)
		for _, child := range response.Children {
			live, err := hooktest.AnnotateLastApplied(child)
			require.NoError(t, err)
			change(live.Object)
			text, err := json.Marshal(live.Object)
			require.NoError(t, err)
			documents = append(documents, string(text)+"\n")
		}
	}
	return join(documents...)
}

// podsOf are pods that run and serve, one of each pod template of the services of what is.
func podsOf(t testing.TB, is string) string {
	t.Helper()
	set, _ := loaded(t, "is.yaml", is)
	var documents []string
	for _, request := range set.Requests(load.Options{Kinds: kinds.All()}) {
		response, err := sync.Sync(request)
		require.NoError(t, err)
		for _, child := range response.Children {
			mode, isWorkload := modes.OfWorkload(kinds.New(child.GetKind(), child.GetAPIVersion()))
			if !isWorkload {
				continue
			}
			for i, template := range mode.FindPodTemplates(child.Object) {
				pod := &unstructured.Unstructured{Object: map[string]any{"spec": template.Template["spec"], "metadata": template.Template["metadata"]}}
				pod = pod.DeepCopy()
				pod.SetAPIVersion("v1")
				pod.SetKind("Pod")
				pod.SetName(fmt.Sprintf("%s-%d", child.GetName(), i))
				pod.SetNamespace(child.GetNamespace())
				pod.Object["status"] = map[string]any{
					"phase": "Running", "conditions": []any{map[string]any{"type": "Ready", "status": "True"}},
				}
				text, err := json.Marshal(pod)
				require.NoError(t, err)
				documents = append(documents, string(text)+"\n")
			}
		}
	}
	return join(documents...)
}

// of finds a service in a report.
func of(t *testing.T, r *plan.Report, name string) plan.Service {
	t.Helper()
	for _, service := range r.Services {
		if service.Name == name {
			return service
		}
	}
	require.Fail(t, "no service "+name)
	return plan.Service{}
}

// configMap is a configuration.
func configMap(sections string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + config.MapName + ", namespace: ome}\ndata:\n" + sections
}
