package modes

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	lwsv1 "sigs.k8s.io/lws/api/leaderworkerset/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// templatesOfGroups are the templates of leader and worker.
func templatesOfGroups(t *testing.T, c *Component) (leader, worker corev1.PodTemplateSpec) {
	t.Helper()
	template := find[*lwsv1.LeaderWorkerSet](t, built(t, sampleEnv(), c)).Spec.LeaderWorkerTemplate
	return *template.LeaderTemplate, template.WorkerTemplate
}

func valuesOf(env []corev1.EnvVar) map[string]string {
	values := map[string]string{}
	for _, v := range env {
		values[v.Name] = v.Value
		if v.ValueFrom != nil && v.ValueFrom.FieldRef != nil {
			values[v.Name] = v.ValueFrom.FieldRef.FieldPath
		}
	}
	return values
}

func TestAGroupThatUsesOMEsVariablesHasThem(t *testing.T) {
	c := ofGroups(func(c *Component) {
		c.WorkerSize = 3
		c.Pod.Containers[0].Args = []string{"--dist-init-addr", "$(OME_LEADER_ADDRESS):5000", "--node-rank", "$(OME_INSTANCE_POD_RANK)"}
		c.Pod.Containers = append(c.Pod.Containers, corev1.Container{Name: "sidecar", Image: "s", Env: []corev1.EnvVar{{Name: "OME_RUNNER", Value: "mine"}}})
		c.Worker.Containers[0].Command = []string{"serve", "--nnodes=$(OME_INSTANCE_POD_COUNT)"}
	})
	leader, worker := templatesOfGroups(t, c)
	common := map[string]string{
		"OME_INFERENCESERVICE_NAME": "chat", "OME_COMPONENT": "engine", "OME_INSTANCE_POD_COUNT": "4",
		"OME_INSTANCE_INDEX":    "metadata.labels['leaderworkerset.sigs.k8s.io/group-index']",
		"OME_INSTANCE_POD_RANK": "metadata.labels['leaderworkerset.sigs.k8s.io/worker-index']",
		"OME_LEADER_ADDRESS":    "lws-chat-engine-$(OME_INSTANCE_INDEX).lws-chat-engine.team-a",
	}
	for name, value := range common {
		assert.Equal(t, value, valuesOf(leader.Spec.Containers[0].Env)[name], name)
		assert.Equal(t, value, valuesOf(worker.Spec.Containers[0].Env)[name], name)
	}
	of := func(template corev1.PodTemplateSpec, container int, name string) string {
		return valuesOf(template.Spec.Containers[container].Env)[name]
	}
	assert.Equal(t, []string{"leader", "1", "0"}, []string{of(leader, 0, "OME_RUNNER"), of(leader, 0, "OME_RUNNER_SIZE"), of(leader, 0, "OME_RUNNER_INDEX")})
	assert.Equal(t, []string{"worker", "3", ""}, []string{of(worker, 0, "OME_RUNNER"), of(worker, 0, "OME_RUNNER_SIZE"), of(worker, 0, "OME_RUNNER_INDEX")})
	assert.Equal(t, "mine", of(leader, 1, "OME_RUNNER"), "what a container has wins")
	assert.Equal(t, "leader", leader.Labels[v1beta1.LabelRunner])
	assert.Equal(t, "worker", worker.Labels[v1beta1.LabelRunner])
}

func TestPodsThatDoNotUseOMEsVariablesHaveNone(t *testing.T) {
	leader, worker := templatesOfGroups(t, ofGroups())
	for _, template := range []corev1.PodTemplateSpec{leader, worker} {
		assert.NotContains(t, template.Labels, v1beta1.LabelRunner)
		for name := range valuesOf(template.Spec.Containers[0].Env) {
			assert.NotContains(t, name, "OME_")
		}
	}
}

func TestAPodOfEveryModeHasTheNames(t *testing.T) {
	for _, mode := range All() {
		c := sampleComponent(v1beta1.EngineComponent, mode.Name, func(c *Component) {
			c.Pod.Containers[0].Env = append(c.Pod.Containers[0].Env, corev1.EnvVar{Name: "WHO", Value: "$(OME_COMPONENT) of $(OME_INFERENCESERVICE_NAME)"})
		})
		templates := 0
		for _, object := range built(t, sampleEnv(), c) {
			for _, found := range mode.FindPodTemplates(tree(object)) {
				templates++
				text, err := json.Marshal(found.Template)
				require.NoError(t, err)
				assert.Contains(t, string(text), `{"name":"OME_INFERENCESERVICE_NAME","value":"chat"},{"name":"OME_COMPONENT","value":"engine"}`, mode.Name)
				assert.Less(t, strings.Index(string(text), `"OME_COMPONENT"`), strings.Index(string(text), `"WHO"`), mode.Name)
			}
		}
		assert.Positive(t, templates, mode.Name)
	}
}
