package modes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// theDeployment is what the autoscalers of raw components scale.
func theDeployment() autoscalingv2.CrossVersionObjectReference {
	return autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "chat-engine"}
}

// scaled is an engine with a scaling decision.
func scaled(s Scaling, annotations ...string) *Component {
	return sampleComponent(v1beta1.EngineComponent, v1beta1.RawDeployment, func(c *Component) {
		c.Scaling = s
		for i := 0; i < len(annotations); i += 2 {
			c.Annotations[annotations[i]] = annotations[i+1]
		}
	})
}

func TestHorizontalPodAutoscaler(t *testing.T) {
	target := v1beta1.AnnotationTargetUtilization
	hpa := func(metric string, percent *int32) Scaling {
		return Scaling{Autoscaler: AutoscalerHPA, Min: 1, Max: 3, Metric: metric, Target: percent}
	}
	cases := map[string]struct {
		component *Component
		min, max  int32
		metric    string
		percent   int32
		reasons   []string
	}{
		"cpu at 80 percent by default": {scaled(hpa("", nil)), 1, 3, "cpu", 80, nil},
		"memory":                       {scaled(hpa("memory", ptr.To[int32](60))), 1, 3, "memory", 60, nil},
		"the annotation wins":          {scaled(hpa("cpu", ptr.To[int32](60)), target, "70"), 1, 3, "cpu", 70, nil},
		"an annotation that is not a number is ignored": {scaled(hpa("cpu", ptr.To[int32](60)), target, "much"), 1, 3, "cpu", 60, []string{ReasonTargetIgnored}},
		"a target of zero is ignored":                   {scaled(hpa("cpu", ptr.To[int32](0))), 1, 3, "cpu", 80, nil},
		"requests cannot be followed, nor their target": {
			scaled(hpa("rps", ptr.To[int32](10))), 1, 3, "cpu", 80, []string{ReasonMetricIgnored}},
		"at least one replica":               {scaled(Scaling{Autoscaler: AutoscalerHPA, Min: 0, Max: 0}), 1, 1, "cpu", 80, []string{ReasonScaleToZeroUnavailable}},
		"at most is not fewer than at least": {scaled(Scaling{Autoscaler: AutoscalerHPA, Min: 4, Max: 2}), 4, 4, "cpu", 80, nil},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			built, problem := makeAutoscaler(sampleEnv(), c.component, labelsWithApp(c.component), theDeployment())
			require.Nil(t, problem)
			scaler := find[*autoscalingv2.HorizontalPodAutoscaler](t, built.Objects)
			assert.Equal(t, theDeployment(), scaler.Spec.ScaleTargetRef)
			assert.Equal(t, c.min, *scaler.Spec.MinReplicas)
			assert.Equal(t, c.max, scaler.Spec.MaxReplicas)
			assert.Equal(t, c.metric, string(scaler.Spec.Metrics[0].Resource.Name))
			assert.Equal(t, c.percent, *scaler.Spec.Metrics[0].Resource.Target.AverageUtilization)
			assert.Nil(t, scaler.Spec.Behavior)
			assert.Equal(t, c.reasons, reasonsOf(built.Findings))
		})
	}
}

func TestExternalAndNoneHaveNoAutoscalerOfOurs(t *testing.T) {
	for _, class := range []Autoscaler{AutoscalerExternal, AutoscalerNone, AutoscalerKnative, ""} {
		built, problem := makeAutoscaler(sampleEnv(), scaled(Scaling{Autoscaler: class, Min: 1, Max: 9}), nil, theDeployment())
		assert.Nil(t, problem)
		assert.Empty(t, built, "class %q", class)
	}
}

func TestAnyWorkloadCanBeScaled(t *testing.T) {
	groups := autoscalingv2.CrossVersionObjectReference{APIVersion: "leaderworkerset.x-k8s.io/v1", Kind: "LeaderWorkerSet", Name: "lws-chat-engine"}
	built, problem := makeAutoscaler(sampleEnv(), scaled(Scaling{Autoscaler: AutoscalerHPA, Min: 1, Max: 3}), nil, groups)
	require.Nil(t, problem)
	assert.Equal(t, groups, find[*autoscalingv2.HorizontalPodAutoscaler](t, built.Objects).Spec.ScaleTargetRef)
	built, problem = makeAutoscaler(sampleEnv(), scaled(Scaling{Autoscaler: AutoscalerKEDA, Min: 1, Max: 3}), nil, groups)
	require.Nil(t, problem)
	assert.Equal(t, ScaleTarget{APIVersion: groups.APIVersion, Kind: groups.Kind, Name: groups.Name}, find[*ScaledObject](t, built.Objects).Spec.ScaleTargetRef)
}
