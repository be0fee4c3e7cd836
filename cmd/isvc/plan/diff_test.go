package plan_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/cmd/isvc/plan"
	"github.com/isvc-io/isvc/sync/effect"
	"github.com/isvc-io/isvc/sync/load"
)

// diffed compares the services of a file.
func diffed(t *testing.T, text string, values *plan.Values) *plan.Diff {
	t.Helper()
	set, _ := loaded(t, "is.yaml", text)
	var services []*plan.ServiceDiff
	for _, request := range set.Requests(load.Options{Kinds: kinds.All()}) {
		service, err := plan.DiffService(request, values)
		require.NoError(t, err)
		services = append(services, service)
	}
	return plan.NewDiff(services, values)
}

// onDeployment changes the Deployments of what runs.
func onDeployment(change func(o *unstructured.Unstructured)) func(map[string]any) {
	return func(object map[string]any) {
		if object["kind"] == "Deployment" {
			change(&unstructured.Unstructured{Object: object})
		}
	}
}

// firstContainer is the first container of a Deployment.
func firstContainer(o *unstructured.Unstructured) map[string]any {
	containers, _, _ := unstructured.NestedFieldNoCopy(o.Object, "spec", "template", "spec", "containers")
	return containers.([]any)[0].(map[string]any)
}

func TestADiffTellsDriftFromWhatIsvcWants(t *testing.T) {
	chat := service("team-a", "chat", "h100", "{minReplicas: 2, maxReplicas: 4}")
	nothing := func(map[string]any) {}
	for sentence, test := range map[string]struct {
		happens func(object map[string]any)
		edit    func(text string) string
		changes []string
		drift   []string
		effect  effect.Effect
	}{
		"nothing happened": {happens: nothing},
		"the API server and others added something": {happens: onDeployment(func(o *unstructured.Unstructured) {
			labels := o.GetLabels()
			labels["stranger"] = "x"
			o.SetLabels(labels)
			o.SetResourceVersion("7")
			container := firstContainer(o)
			container["terminationMessagePath"] = "/dev/termination-log"
			container["env"] = append(container["env"].([]any), map[string]any{"name": "ADDED", "value": "1"})
			_ = unstructured.SetNestedField(o.Object, int64(3), "spec", "replicas")
		}), drift: nil, changes: nil, effect: effect.None},
		"others changed the image": {happens: onDeployment(func(o *unstructured.Unstructured) { firstContainer(o)["image"] = "hotfix:1" }),
			drift: []string{"spec.template.spec.containers[ome-container].image"}, effect: effect.Rolling},
		"others removed an argument": {happens: onDeployment(func(o *unstructured.Unstructured) { delete(firstContainer(o), "args") }),
			drift: []string{"spec.template.spec.containers[ome-container].args"}, effect: effect.Rolling},
		"others removed a variable": {happens: onDeployment(func(o *unstructured.Unstructured) {
			container := firstContainer(o)
			container["env"] = container["env"].([]any)[1:]
		}), drift: []string{"spec.template.spec.containers[ome-container].env[HF_TOKEN]"}, effect: effect.Rolling},
		"the runtime was edited": {happens: nothing, edit: func(text string) string { return strings.Replace(text, "server:1", "server:2", 1) },
			changes: []string{"metadata.annotations[isvc.io/input]", "spec.template.spec.containers[ome-container].image"}, effect: effect.Rolling},
		"the runtime was edited, and others changed something else": {
			happens: onDeployment(func(o *unstructured.Unstructured) { delete(firstContainer(o), "args") }),
			edit:    func(text string) string { return strings.Replace(text, "server:1", "server:2", 1) },
			changes: []string{"metadata.annotations[isvc.io/input]", "spec.template.spec.containers[ome-container].image"},
			drift:   []string{"spec.template.spec.containers[ome-container].args"}, effect: effect.Rolling},
		"the runtime lost an argument list": {happens: nothing, edit: func(text string) string { return strings.Replace(text, "      args: [--model, llama]\n", "", 1) },
			changes: []string{"metadata.annotations[isvc.io/input]", "spec.template.spec.containers[ome-container].args"}, effect: effect.Rolling},
	} {
		t.Run(sentence, func(t *testing.T) {
			text := running(t, join(catalogue, chat), test.happens)
			if test.edit != nil {
				text = test.edit(text)
			}
			d := diffed(t, text, nil)
			var changes, drift []string
			for _, object := range d.Services[0].Children {
				assert.Equal(t, "Deployment", object.Kind)
				for _, change := range object.Changes {
					changes = append(changes, change.Path)
				}
				for _, change := range object.Drift {
					drift = append(drift, change.Path)
				}
			}
			assert.Equal(t, test.changes, changes)
			assert.Equal(t, test.drift, drift)
			assert.Equal(t, test.effect.String(), d.Summary.Effect.String())
		})
	}
}

func TestADiffNamesObjectsThatAreMissingOrTooMany(t *testing.T) {
	text := running(t, join(catalogue, service("team-a", "chat", "h100", "{minReplicas: 2, maxReplicas: 4}")), func(map[string]any) {})
	missing := document(t, text, `"kind":"PodDisruptionBudget"`)
	text = strings.Replace(text, missing, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: stray, namespace: team-a, labels: {ome.io/inferenceservice: chat}}\n", 1)
	d := diffed(t, text, nil)
	edits := map[string]string{}
	for _, object := range d.Services[0].Children {
		edits[object.Kind+" "+object.Name] = object.Edit
	}
	assert.Equal(t, map[string]string{"PodDisruptionBudget chat-engine": plan.Added, "ConfigMap stray": plan.Removed}, edits)
}

func TestADiffNamesWhoChangedAField(t *testing.T) {
	text := running(t, join(catalogue, service("team-a", "chat", "h100", "{minReplicas: 2, maxReplicas: 4}")), onDeployment(func(o *unstructured.Unstructured) {
		firstContainer(o)["image"] = "hotfix:1"
		_ = unstructured.SetNestedSlice(o.Object, []any{
			map[string]any{"manager": "metacontroller", "operation": "Update", "apiVersion": "apps/v1", "fieldsType": "FieldsV1",
				"fieldsV1": map[string]any{"f:spec": map[string]any{"f:template": map[string]any{"f:spec": map[string]any{"f:containers": map[string]any{
					`k:{"name":"ome-container"}`: map[string]any{".": map[string]any{}, "f:args": map[string]any{}}}}}}}},
			map[string]any{"manager": "kubectl-set", "operation": "Update", "apiVersion": "apps/v1", "fieldsType": "FieldsV1",
				"fieldsV1": map[string]any{"f:spec": map[string]any{"f:template": map[string]any{"f:spec": map[string]any{"f:containers": map[string]any{
					`k:{"name":"ome-container"}`: map[string]any{"f:image": map[string]any{}}}}}}}},
		}, "metadata", "managedFields")
	}))
	d := diffed(t, text, plan.NewValues([]byte("salt")))
	require.Len(t, d.Services[0].Children, 1)
	drift := d.Services[0].Children[0].Drift
	require.Len(t, drift, 1)
	assert.Equal(t, []string{"kubectl-set"}, drift[0].Managers)
	assert.Equal(t, "hotfix:1", drift[0].Before)
	assert.Equal(t, "server:1", drift[0].After)
	assert.Equal(t, `others have changed objects of 1 service; the worst effect is rolling.

team-a/chat: rolling
  rolling       Deployment chat-engine
                  spec.template.spec.containers[ome-container].image, changed by kubectl-set: is put back
                  - "hotfix:1"
                  + "server:1"
`, plan.DiffText(d, plan.TextOptions{Width: 120, Full: true}))
}
