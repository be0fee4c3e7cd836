package modes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
)

func TestCanaryReplicas(t *testing.T) {
	for _, c := range []struct {
		percent               int64
		besides, already, max int32
		want                  int32
		why                   string
	}{
		{10, 1, 0, 10, 1, "at least one"},
		{10, 0, 0, 10, 1, "at least one, also beside none"},
		{10, 20, 0, 40, 2, "its share"},
		{11, 20, 0, 40, 3, "rounded up"},
		{99, 4, 0, 10, 4, "not more than there are"},
		{10, 20, 5, 40, 5, "it does not shrink"},
		{50, 10, 0, 3, 3, "not more than the component may have"},
		{50, 10, 9, 3, 3, "nor when that was lowered"},
		{50, 10, 0, 0, 1, "without a greatest number"},
		{50, 2147483647, 0, 2147483647, 1073741824, "as many as there can be"},
	} {
		assert.Equal(t, c.want, CanaryReplicas(&Component{Scaling: Scaling{Max: c.max}}, c.percent, c.besides, c.already), c.why)
	}
}

// TestACanaryIsAComponentOfItsOwn: it shares no selector with the pods beside it, does not scale, has no
// load balancer, and lets a drain pass.
func TestACanaryIsAComponentOfItsOwn(t *testing.T) {
	env, c := sampleEnv(), sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment)
	c.Annotations = map[string]string{v1beta1.AnnotationServiceType: "LoadBalancer", v1beta1.AnnotationLoadBalancerIP: "1.2.3.4"}
	c.Extension.MinAvailable = wholeNumber(1)
	built, problem := BuildCanary(env, c, 2)
	require.Nil(t, problem)
	require.Len(t, built.Objects, 3)
	base, problem := BuildComponent(env, c)
	require.Nil(t, problem)
	deployment := built.Objects[0].(*appsv1.Deployment)
	assert.Equal(t, "chat-engine-canary", deployment.Name)
	assert.EqualValues(t, 2, *deployment.Spec.Replicas)
	assert.Equal(t, appsv1.RecreateDeploymentStrategyType, deployment.Spec.Strategy.Type)
	baseDeployment := base.Objects[0].(*appsv1.Deployment)
	assert.NotEqual(t, baseDeployment.Spec.Selector.MatchLabels, deployment.Spec.Selector.MatchLabels)
	assert.Equal(t, baseDeployment.Spec.Template.Spec, deployment.Spec.Template.Spec, "the pods are those of the component")
	for _, key := range []string{v1beta1.LabelComponent, v1beta1.LabelInferenceService} {
		assert.Equal(t, baseDeployment.Spec.Template.Labels[key], deployment.Spec.Template.Labels[key])
	}
	assert.Equal(t, corev1.ServiceTypeClusterIP, built.Objects[1].(*corev1.Service).Spec.Type)
	budget := built.Objects[2].(*policyv1.PodDisruptionBudget)
	assert.Nil(t, budget.Spec.MinAvailable)
	assert.EqualValues(t, 1, budget.Spec.MaxUnavailable.IntVal)
}

// TestAnAutoscalerTakesNothingAwayBesideACanary: in both autoscalers, whatever else their behavior says.
func TestAnAutoscalerTakesNothingAwayBesideACanary(t *testing.T) {
	window := int32(30)
	given := &autoscalingv2.HorizontalPodAutoscalerBehavior{
		ScaleUp: &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: &window}, ScaleDown: &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: &window},
	}
	c := &Component{Type: v1beta1.EngineComponent, Scaling: Scaling{
		OnlyOut: true, Autoscaler: AutoscalerHPA, Min: 1, Max: 4, Block: &v1beta1.ComponentAutoscaler{HPA: &v1beta1.HPAAutoscaler{Behavior: given}},
	}}
	behavior := behaviorOfHPA(c.Scaling)
	assert.Equal(t, autoscalingv2.DisabledPolicySelect, *behavior.ScaleDown.SelectPolicy)
	assert.Equal(t, window, *behavior.ScaleDown.StabilizationWindowSeconds)
	assert.Equal(t, given.ScaleUp, behavior.ScaleUp)
	assert.Nil(t, given.ScaleDown.SelectPolicy, "what was given is not changed")

	advanced := map[string]any{"horizontalPodAutoscalerConfig": map[string]any{"name": "n", "behavior": map[string]any{"scaleUp": map[string]any{"a": "b"}}}}
	assert.Equal(t, map[string]any{"horizontalPodAutoscalerConfig": map[string]any{"name": "n", "behavior": map[string]any{
		"scaleUp": map[string]any{"a": "b"}, "scaleDown": map[string]any{"selectPolicy": "Disabled"},
	}}}, withOnlyScalingOut(advanced))
	assert.NotContains(t, advanced["horizontalPodAutoscalerConfig"].(map[string]any)["behavior"], "scaleDown")
}
