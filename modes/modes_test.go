package modes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

func TestBuildRefusesModesThatAreNoWorkload(t *testing.T) {
	for _, mode := range []v1beta1.DeploymentMode{v1beta1.VirtualDeployment, v1beta1.PDDisaggregated, "Other", ""} {
		objects, problem := objectsOf(BuildComponent(sampleEnv(), sampleComponent(v1beta1.EngineComponent, mode)))
		require.NotNil(t, problem, "mode %q", mode)
		assert.Empty(t, objects)
		assert.Equal(t, ReasonModeUnsupported, problem.Reason)
	}
}

func TestBuildReturnsOnlyKindsThatAreManaged(t *testing.T) {
	for _, kind := range []kinds.Kind{kinds.Deployment, kinds.Service, kinds.HorizontalPodAutoscaler, kinds.PodDisruptionBudget} {
		objects, problem := objectsOf(BuildComponent(sampleEnv(withoutKind(kind)), sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment)))
		require.NotNil(t, problem, "without %s", kind)
		assert.Empty(t, objects)
		assert.Equal(t, ReasonKindNotInstalled, problem.Reason)
	}
}

// Objects may share maps with their component and with each other, because they
// are only written down, and what is written is a copy.
func TestBuildingChangesNoComponent(t *testing.T) {
	for _, mode := range []v1beta1.DeploymentMode{v1beta1.RawDeployment, v1beta1.Serverless, v1beta1.MultiNode, v1beta1.MultiNodeRayVLLM} {
		c, untouched := sampleComponent(v1beta1.RouterComponent, mode), sampleComponent(v1beta1.RouterComponent, mode)
		objects, problem := objectsOf(BuildComponent(sampleEnv(), c))
		require.Nil(t, problem)
		assert.Equal(t, untouched, c, mode)
		before := tree(objects[1])
		metadata := tree(objects[0])["metadata"].(map[string]any)
		metadata["labels"].(map[string]any)["changed"] = "yes"
		assert.Equal(t, before, tree(objects[1]))
		assert.Equal(t, untouched, c, mode)
	}
}

func TestAProblemLeavesTheFindingsBeforeIt(t *testing.T) {
	two := intstr.FromInt32(2)
	built, problem := BuildComponent(sampleEnv(), sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment, func(c *Component) {
		c.Extension.MinAvailable, c.Extension.MaxUnavailable = &two, &two
		c.Scaling = Scaling{Autoscaler: AutoscalerKEDA, Min: 1, Max: 3, Keda: &v1beta1.KedaConfig{ScalingThreshold: "none"}}
	}))
	require.NotNil(t, problem)
	assert.Equal(t, ReasonInvalidAutoscaling, problem.Reason)
	assert.Empty(t, built.Objects)
	assert.Equal(t, []string{ReasonBudgetIgnored}, reasonsOf(built.Findings))
}

func TestBuildingTwiceGivesTheSame(t *testing.T) {
	for _, mode := range All() {
		env, c := sampleEnv(), sampleOf(mode.Name)
		first, problem := BuildComponent(env, c)
		require.Nil(t, problem)
		second, problem := BuildComponent(env, c)
		require.Nil(t, problem)
		assert.Equal(t, first, second, mode.Name)
	}
}

func TestObjectsHaveNoOwners(t *testing.T) {
	objects, problem := objectsOf(BuildComponent(sampleEnv(), sampleComponent(v1beta1.RouterComponent, v1beta1.RawDeployment)))
	require.Nil(t, problem)
	for _, object := range objects {
		metadata := tree(object)["metadata"].(map[string]any)
		assert.NotContains(t, metadata, "ownerReferences")
		assert.Equal(t, "team-a", metadata["namespace"])
	}
}

func TestLongNamesFitTheirLabels(t *testing.T) {
	c := sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment,
		named("a-service-name-that-is-as-long-as-names-of-services-may-be-here"),
		func(c *Component) { c.Labels[v1beta1.LabelBaseModelName] = "a model/with: signs" })
	objects, problem := objectsOf(BuildComponent(sampleEnv(), c))
	require.Nil(t, problem)
	const short = "a0090385-hat-is-as-long-as-names-of-services-may-be-here-engine"
	for _, object := range objects {
		labels := object.(interface{ GetLabels() map[string]string }).GetLabels()
		assert.Equal(t, short, labels["app"])
		assert.Regexp(t, "^[a-z0-9]{8}-a-model-with--signs$", labels[v1beta1.LabelBaseModelName])
	}
	assert.Equal(t, c.Name, objects[0].(interface{ GetName() string }).GetName(), "a Deployment keeps the whole name")
	assert.Equal(t, short, objects[1].(interface{ GetName() string }).GetName())
}
