package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/cmd/isvc/plan"
	"github.com/isvc-io/isvc/e2e/driver"
	"github.com/isvc-io/isvc/sync/effect"
)

// plannedEdits are edits of the services of a fleet, as merge patches, with what the plan must say.
var plannedEdits = map[string]struct {
	patch string
	want  effect.Effect
}{
	"fixed-00":   {`{"metadata":{"labels":{"team":"x"}}}`, effect.Metadata},
	"fixed-01":   {`{"spec":{"engine":{"minReplicas":3,"maxReplicas":3}}}`, effect.Scale},
	"fixed-02":   {`{"spec":{"engine":{"deploymentStrategy":{"type":"Recreate"}}}}`, effect.Metadata},
	"fixed-03":   {`{"spec":{"engine":{"runner":{"name":"ome-container","image":"registry.example/engine:1.5"}}}}`, effect.Rolling},
	"fixed-04":   {`{"spec":{"engine":{"deploymentStrategy":{"type":"Recreate"},"runner":{"name":"ome-container","image":"registry.example/engine:1.5"}}}}`, effect.Recreate},
	"scaled-00":  {`{"spec":{"engine":{"minReplicas":2}}}`, effect.Scale},
	"scaled-01":  {`{"spec":{"engine":{"minAvailable":1}}}`, effect.Eviction},
	"routed-00":  {`{"spec":{"router":null}}`, effect.Delete},
	"pair-00":    {`{"spec":{"decoder":{"runner":{"name":"ome-container","image":"registry.example/engine:1.5"}}}}`, effect.Rolling},
	"groups-00":  {`{"spec":{"engine":{"leader":{"runner":{"name":"ome-container","image":"registry.example/engine:1.5"}}}}}`, effect.Rolling},
	"knative-00": {`{"spec":{"engine":{"runner":{"name":"ome-container","image":"registry.example/engine:1.5"}}}}`, effect.NewRevision},
	"fixed-06":   {`{"metadata":{"annotations":{"isvc.io/release":"nothing is held"}}}`, effect.Metadata},
}

// removedService is a service of the fleet that goes.
const removedService = "fixed-05"

// TestPlanIsWhatHappens plans edits of the services of a fleet, makes them, and compares the plan with what
// happens to each object, and to pods by UID.
func TestPlanIsWhatHappens(t *testing.T) {
	start := time.Now()
	f := newFleet(t, "plan", "driver", 17)
	p := &planned{fleet: f, watch: watchPods(t, f.api, "fleet-plan-")}
	f.drive(t, driver.DynamicApply)
	for _, service := range f.services {
		f.create(t, service)
	}
	f.await(t, "Ready", func() error { return f.every(t, isReady) })
	f.lookedAt(t)

	t.Run("edits of services", p.editServices)
	t.Run("an edit of a runtime", p.editRuntime)
	numbers.record("plans and what happened", "%d services, two plans, in %.0f s", len(f.services), time.Since(start).Seconds())
}

// planned is a fleet whose edits are planned.
type planned struct {
	*fleet
	watch *podWatch
}

func (p *planned) editServices(t *testing.T) {
	edits, removed := map[string]string{}, ""
	for _, service := range p.services {
		edits[keyOf(service)] = plannedEdits[service.GetName()].patch
		if service.GetName() == removedService {
			removed = keyOf(service)
		}
	}
	var files []*unstructured.Unstructured
	for key, patch := range edits {
		if patch != "" {
			files = append(files, p.edited(t, "InferenceService", key, patch))
		}
	}
	report := p.plan(t, files, "--without", "InferenceService/"+removed)
	before := p.state(t)
	for key, patch := range edits {
		if patch != "" {
			p.patch(t, key, patch)
		}
	}
	for _, service := range p.services {
		if keyOf(service) == removed {
			p.delete(t, service)
		}
	}
	p.compare(t, report, before)
	for _, service := range report {
		want := plannedEdits[service.Name].want
		if service.Name == removedService {
			want = effect.Delete
		}
		assert.Equal(t, want.String(), service.Effect.String(), service.Name)
	}
}

func (p *planned) editRuntime(t *testing.T) {
	const image = `{"spec":{"engineConfig":{"runner":{"name":"ome-container","image":"registry.example/engine:2.0"}}}}`
	key := "/single-" + p.name
	report := p.plan(t, []*unstructured.Unstructured{p.edited(t, "ClusterServingRuntime", key, image)})
	before := p.state(t)
	p.patchObject(t, v1beta1.APIVersion, "ClusterServingRuntime", key, types.MergePatchType, image)
	p.compare(t, report, before)
	var changing []string
	for _, service := range report {
		if service.Restarts != nil || service.Unnoticed { // the pods of a Ray cluster stay, and its template changes
			changing = append(changing, service.Namespace+"/"+service.Name)
		}
	}
	slices.Sort(changing)
	assert.Greater(t, len(changing), 5)
	assert.Equal(t, changing, before.running.lostIn(p.instances(t)), "the services of the runtime, and no others")
}

// edited is an object of the fleet as it is after a patch, which is not made.
func (p *planned) edited(t *testing.T, kind, key, patch string) *unstructured.Unstructured {
	t.Helper()
	namespace, name, _ := strings.Cut(key, "/")
	resource, err := p.api.Kind(v1beta1.APIVersion, kind, namespace)
	require.NoError(t, err)
	return patched(t, resource, name, patch)
}

// patched is an object as it is after a merge patch, which is not made.
func patched(t *testing.T, resource dynamic.ResourceInterface, name, patch string) *unstructured.Unstructured {
	t.Helper()
	object, err := resource.Patch(context.Background(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
	require.NoError(t, err)
	return stripped(object)
}

// plan runs isvc plan on the cluster, and returns the services of the fleet.
func (p *planned) plan(t *testing.T, edit []*unstructured.Unstructured, more ...string) []plan.Service {
	t.Helper()
	return planOf(t, p.versions.present, p.namespaces, edit, more...)
}

// planOf runs a program's plan on the cluster, and returns the services of some namespaces.
func planOf(t *testing.T, program string, namespaces []string, edit []*unstructured.Unstructured, more ...string) []plan.Service {
	t.Helper()
	kubeconfig, err := plane.Kubeconfig("tester")
	require.NoError(t, err)
	args := append([]string{"plan", "--with", writeObjects(t, edit), "--output", "json", "--cluster", "--kubeconfig", kubeconfig}, more...)
	command := exec.Command(program, args...)
	command.Env = withPrograms(t)
	var messages strings.Builder
	command.Stderr = &messages
	output, err := command.Output()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) { // services of other tests may be unresolved
		require.NoError(t, err, messages.String())
	}
	var report plan.Report
	require.NoError(t, json.Unmarshal(output, &report))
	return slices.DeleteFunc(report.Services, func(s plan.Service) bool { return !slices.Contains(namespaces, s.Namespace) })
}

// writeObjects writes objects into a file.
func writeObjects(t *testing.T, objects []*unstructured.Unstructured) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "objects.json")
	var text []byte
	for _, object := range objects {
		line, err := object.MarshalJSON()
		require.NoError(t, err)
		text = append(text, line...)
	}
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// fleetState is what there is at a moment.
type fleetState struct {
	event   int
	running instances
	// pods are the UIDs of pods by Deployment, contents the objects by service, kind and name.
	pods     map[string][]string
	contents map[string]string
}

func (p *planned) state(t *testing.T) fleetState {
	t.Helper()
	s := fleetState{event: p.watch.now(), running: p.instances(t), pods: map[string][]string{}, contents: map[string]string{}}
	for _, pod := range p.pods(t) {
		for _, owner := range pod.GetOwnerReferences() {
			deployment := strings.TrimSuffix(owner.Name, "-"+pod.GetLabels()["pod-template-hash"])
			key := pod.GetNamespace() + "/" + deployment
			s.pods[key] = append(s.pods[key], string(pod.GetUID()))
		}
	}
	for _, object := range p.children(t) {
		content := stripped(object)
		annotations := content.GetAnnotations()
		delete(annotations, "deployment.kubernetes.io/revision")
		content.SetAnnotations(annotations)
		if strings.Contains(serviceOf(object), "/scaled-") {
			unstructured.RemoveNestedField(content.Object, "spec", "replicas") // they are the autoscaler's
		}
		text, err := content.MarshalJSON()
		require.NoError(t, err)
		s.contents[contentKey(object.GetNamespace(), object.GetAPIVersion(), object.GetKind(), object.GetName())] = string(text)
	}
	return s
}

func contentKey(namespace, apiVersion, kind, name string) string {
	return strings.Join([]string{namespace, apiVersion, kind, name}, " ")
}

// compare waits until the edits are made, and compares the plan with what happened.
func (p *planned) compare(t *testing.T, report []plan.Service, before fleetState) {
	t.Helper()
	p.lookedAt(t)
	p.await(t, "Ready", func() error { return p.every(t, isReady) })
	p.lookedAt(t)
	p.watch.touch()
	p.await(t, "pods that stay", func() error {
		if p.watch.quietFor() < quietTime {
			return errors.New("pods come and go")
		}
		return nil
	})
	after := p.state(t)
	for _, service := range report {
		onlyDeployments := true
		for _, child := range service.Children {
			key := contentKey(service.Namespace, child.APIVersion, child.Kind, child.Name)
			assert.Equal(t, child.Effect > effect.None, before.contents[key] != after.contents[key],
				"whether %s is written, which the plan calls %s", key, child.Effect)
			switch child.Kind {
			case "Deployment":
				p.comparePods(t, service, child, before.pods[service.Namespace+"/"+child.Name], after.pods[service.Namespace+"/"+child.Name])
			case "LeaderWorkerSet", "RayCluster":
				onlyDeployments = false
			case "Service":
				onlyDeployments = onlyDeployments && child.APIVersion == "v1"
			}
		}
		if onlyDeployments {
			name := service.Namespace + "/" + service.Name
			assert.Equal(t, service.Pods.Before, int64(len(before.running[name])), "pods of %s before", name)
			assert.Equal(t, service.Pods.After, int64(len(p.podsOf(t, name))), "pods of %s after", name)
			assert.Equal(t, service.Pods.Peak, p.watch.mostSince(before.event, name), "most pods of %s at once", name)
			numbers.count("services whose plan is what happened to their pods", 1)
		}
	}
}

// comparePods compares what the plan says about a Deployment with its pods before and after.
func (p *planned) comparePods(t *testing.T, service plan.Service, child plan.Child, before, after []string) {
	t.Helper()
	kept := 0
	for _, uid := range before {
		if slices.Contains(after, uid) {
			kept++
		}
	}
	what := fmt.Sprintf("%s of %s, which the plan calls %s", child.Name, service.Name, child.Effect)
	switch {
	case child.Effect == effect.Delete:
		assert.Empty(t, after, what)
	case child.Restarts != nil:
		assert.Equal(t, child.Restarts.Pods, int64(len(before)), what)
		assert.Zero(t, kept, what)
		assert.NotEmpty(t, after, what)
	default:
		assert.Equal(t, min(len(before), len(after)), kept, what)
	}
}
