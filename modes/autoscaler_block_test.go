package modes

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// scaledByBlock is an engine that scales between bounds as an autoscaler block says.
func scaledByBlock(t *testing.T, least, most int32, block string) *Component {
	t.Helper()
	given := &v1beta1.ComponentAutoscaler{}
	require.NoError(t, yaml.UnmarshalStrict([]byte(block), given))
	autoscaler, known := AutoscalerOfClass(given.Class)
	require.True(t, known)
	return scaled(Scaling{Autoscaler: autoscaler, Min: least, Max: most, Source: SourceService, Place: "spec.engine.autoscaler", Block: given})
}

func TestMetricsThatKubernetesRefuses(t *testing.T) {
	for metric, want := range map[string]string{
		`{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}`:                                "",
		`{type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 500m}}}`:                                   "",
		`{type: ContainerResource, containerResource: {name: cpu, container: c, target: {type: Utilization, averageUtilization: 1}}}`: "",
		`{type: Pods, pods: {metric: {name: m}, target: {type: AverageValue, averageValue: 5}}}`:                                      "",
		`{type: Object, object: {describedObject: {kind: Service, name: s}, metric: {name: m}, target: {type: Value, value: 5}}}`:     "",
		`{type: External, external: {metric: {name: m}, target: {type: AverageValue, averageValue: 5}}}`:                              "",
		`{resource: {name: cpu}}`: `.hpa.metrics[0].type asks: "" is no type`,
		`{type: Cpu}`:             `.hpa.metrics[0].type asks: "Cpu" is no type`,
		`{type: Resource}`:        ".hpa.metrics[0] asks: its type is Resource, and it has no resource",
		`{type: Resource, resource: {target: {type: Utilization, averageUtilization: 70}}}`:                              ".resource asks: it has no name",
		`{type: Resource, resource: {name: cpu, target: {type: Value, value: 1}}}`:                                       `cannot aim at "Value": use Utilization or AverageValue`,
		`{type: Resource, resource: {name: cpu, target: {type: Utilization}}}`:                                           ".resource.target asks: its type is Utilization, and it has no averageUtilization above 0",
		`{type: ContainerResource, containerResource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}`: "it has no container",
		`{type: Pods, pods: {target: {type: AverageValue, averageValue: 5}}}`:                                            "it has no metric.name",
		`{type: Pods, pods: {metric: {name: m}, target: {type: AverageValue, averageValue: 0}}}`:                         "no averageValue above 0",
		`{type: Object, object: {metric: {name: m}, target: {type: Value, value: 5}}}`:                                   "it has no describedObject with kind and name",
		`{type: Object, object: {describedObject: {kind: Service, name: s}, target: {type: Value, value: 5}}}`:           "it has no metric.name",
		`{type: External, external: {metric: {name: m}, target: {type: Value}}}`:                                         "no value above 0",
		`{type: External, external: {target: {type: Value, value: 1}}}`:                                                  "it has no metric.name",
	} {
		t.Run(metric, func(t *testing.T) {
			c := scaledByBlock(t, 1, 3, "class: HPA\nhpa: {metrics: ["+metric+"]}")
			built, problem := makeAutoscaler(sampleEnv(), c, labelsWithApp(c), theDeployment())
			if want == "" {
				require.Nil(t, problem)
				scaler := find[*autoscalingv2.HorizontalPodAutoscaler](t, built.Objects)
				assert.Equal(t, c.Scaling.Block.HPA.Metrics, scaler.Spec.Metrics)
				return
			}
			require.NotNil(t, problem)
			assert.Equal(t, ReasonInvalidAutoscaling, problem.Reason)
			assert.Contains(t, problem.Message, want)
			assert.Empty(t, built.Objects)
		})
	}
}

func TestABlockOfClassHPAWithoutMetricsFollowsTheCPU(t *testing.T) {
	c := scaledByBlock(t, 0, 3, "class: HPA\nhpa: {behavior: {scaleDown: {stabilizationWindowSeconds: 0}}}")
	c.Annotations[v1beta1.AnnotationTargetUtilization] = "10"
	c.Scaling.Metric, c.Scaling.Target = "memory", ptr.To[int32](20)
	built, problem := makeAutoscaler(sampleEnv(), c, labelsWithApp(c), theDeployment())
	require.Nil(t, problem)
	scaler := find[*autoscalingv2.HorizontalPodAutoscaler](t, built.Objects)
	assert.Equal(t, utilizationMetric("cpu", 80), scaler.Spec.Metrics)
	assert.EqualValues(t, 0, *scaler.Spec.Behavior.ScaleDown.StabilizationWindowSeconds)
	assert.EqualValues(t, 1, *scaler.Spec.MinReplicas)
	assert.Equal(t, []string{ReasonScaleToZeroUnavailable}, reasonsOf(built.Findings))
}

func TestABlockOfClassKEDA(t *testing.T) {
	const triggers = `triggers: [{type: cron, metadata: {}}]`
	for keda, want := range map[string]string{
		triggers:                                             "",
		"idleReplicaCount: 0\n" + triggers:                   "",
		"idleReplicaCount: 2\n" + triggers:                   ".keda.idleReplicaCount asks: it is 2",
		"idleReplicaCount: -1\n" + triggers:                  ".keda.idleReplicaCount asks: it is -1",
		"triggers: []":                                       ".keda.triggers asks",
		"triggers: [null]":                                   ".keda.triggers[0] asks: it is not an object",
		"triggers: [{type: cron}]":                           "it has no metadata",
		"triggers: [{metadata: {}}]":                         "it has no type",
		"advanced: [1]\n" + triggers:                         ".keda.advanced asks: it is not an object",
		"fallback: text\n" + triggers:                        ".keda.fallback asks: it is not an object",
		`triggers: [{type: t, metadata: {a: "1", b: true}}]`: "metadata.b is not a string",
	} {
		t.Run(keda, func(t *testing.T) {
			c := scaledByBlock(t, 2, 8, "class: KEDA\nkeda:\n  "+strings.ReplaceAll(keda, "\n", "\n  "))
			built, problem := makeAutoscaler(sampleEnv(), c, labelsWithApp(c), theDeployment())
			if want == "" {
				require.Nil(t, problem)
				assert.Equal(t, "scaledobject-chat-engine", find[*ScaledObject](t, built.Objects).Name)
				return
			}
			require.NotNil(t, problem)
			assert.Contains(t, problem.Message, want)
		})
	}
}

// TestTheNameOfKEDAsAutoscalerBesideAdvancedSettings: what the user says of it stays.
func TestTheNameOfKEDAsAutoscalerBesideAdvancedSettings(t *testing.T) {
	service := strings.Repeat("a", 50)
	for advanced, isNamed := range map[string]bool{
		`{}`: false,
		`{horizontalPodAutoscalerConfig: {name: mine}}`:                true,
		`{horizontalPodAutoscalerConfig: {behavior: {scaleDown: {}}}}`: false,
	} {
		c := scaledByBlock(t, 1, 3, "class: KEDA\nkeda: {advanced: "+advanced+", triggers: [{type: cron, metadata: {}}]}")
		named(service)(c)
		built, problem := makeAutoscaler(sampleEnv(), c, labelsWithApp(c), theDeployment())
		require.Nil(t, problem)
		config, _ := find[*ScaledObject](t, built.Objects).Spec.Advanced["horizontalPodAutoscalerConfig"].(map[string]any)
		name, _ := config["name"].(string)
		assert.LessOrEqual(t, len(name), 63)
		if isNamed {
			assert.Equal(t, "mine", name)
			continue
		}
		assert.True(t, strings.HasPrefix(name, "keda-hpa-"), name)
		if strings.Contains(advanced, "behavior") {
			assert.Contains(t, config, "behavior")
		}
	}
}

func TestAHorizontalPodAutoscalerScalesToZeroWhereKubernetesLetsIt(t *testing.T) {
	const external = `{type: External, external: {metric: {name: m}, target: {type: AverageValue, averageValue: 5}}}`
	const ofPods = `{type: Pods, pods: {metric: {name: m}, target: {type: AverageValue, averageValue: 5}}}`
	for sentence, test := range map[string]struct {
		metrics   string
		isAllowed bool
		least     int32
	}{
		"a metric of something else, allowed":     {ofPods + ", " + external, true, 0},
		"a metric of something else, not allowed": {external, false, 1},
		"a metric of pods":                        {ofPods, true, 1},
		"no metric":                               {"", true, 1},
	} {
		t.Run(sentence, func(t *testing.T) {
			c := scaledByBlock(t, 0, 3, `{class: HPA, hpa: {metrics: [`+test.metrics+`]}}`)
			built, problem := BuildComponent(sampleEnv(func(env *Env) { env.Config.Deploy.HPAScaleToZero = test.isAllowed }), c)
			require.Nil(t, problem)
			assert.Equal(t, test.least, *find[*autoscalingv2.HorizontalPodAutoscaler](t, built.Objects).Spec.MinReplicas)
			assert.Len(t, built.Findings, int(test.least), "a finding where one replica stays")
		})
	}
}
