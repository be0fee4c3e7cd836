package modes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/internal/omecases"
)

// keda is an engine that scales with KEDA between 2 and 8.
func keda(config v1beta1.KedaConfig, annotations ...string) *Component {
	return scaled(Scaling{Autoscaler: AutoscalerKEDA, Min: 2, Max: 8, Keda: &config}, annotations...)
}

// trigger is the trigger of the ScaledObject of a component.
func trigger(t *testing.T, c *Component) ScaleTrigger {
	t.Helper()
	objects, problem := objectsOf(BuildComponent(sampleEnv(), c))
	require.Nil(t, problem)
	return find[*ScaledObject](t, objects).Spec.Triggers[0]
}

func TestScaledObjectEqualsOMEs(t *testing.T) {
	const folder = "016-keda-auth-query-without-placeholder"
	c := keda(v1beta1.KedaConfig{
		CustomPromQuery: "sum(queue_depth)", AuthModes: "bearer,tls", AuthenticationRef: &v1beta1.AuthenticationRef{Name: "prom-auth"},
	}, v1beta1.AnnotationAutoscalerClass, "keda")
	c.Scaling.Min, c.Scaling.Max = 1, 4
	want := recordedObject(t, folder, omecases.Children, "ScaledObject", "scaledobject-chat-engine")
	metadata := want["spec"].(map[string]any)["triggers"].([]any)[0].(map[string]any)["metadata"].(map[string]any)
	metadata["query"] = "sum(queue_depth)"
	delete(metadata, "operator")
	delete(metadata, "metricName")
	objects, problem := objectsOf(BuildComponent(sampleEnv(), c))
	require.Nil(t, problem)
	assert.Equal(t, want, tree(find[*ScaledObject](t, objects)))
}

func TestQueryOfTheUser(t *testing.T) {
	cases := map[string]struct {
		component *Component
		query     string
		kind      string
	}{
		"is used as it is": {
			keda(v1beta1.KedaConfig{CustomPromQuery: "sum(queue) > 50%"}), "sum(queue) > 50%", ""},
		"has the Service's name for every placeholder": {
			keda(v1beta1.KedaConfig{CustomPromQuery: `a{x="%s"} / b{x="%s"} % 50`}), `a{x="chat-engine"} / b{x="chat-engine"} % 50`, ""},
		"scales out above the threshold": {
			keda(v1beta1.KedaConfig{CustomPromQuery: "q", ScalingOperator: v1beta1.ScalingGreaterThan}), "q", ""},
		"is inverted to scale out below the threshold": {
			keda(v1beta1.KedaConfig{CustomPromQuery: "q", ScalingThreshold: "5", ScalingOperator: v1beta1.ScalingLessThan}),
			"5 * 5 / ((\nq\n) + 5 / 1000)", "Value"},
		"loses to the annotation, which is verbatim": {
			keda(v1beta1.KedaConfig{CustomPromQuery: "q"}, v1beta1.AnnotationKedaQuery, "other %s"), "other %s", ""},
		"is inverted by the annotation's operator": {
			keda(v1beta1.KedaConfig{CustomPromQuery: "q", ScalingOperator: v1beta1.ScalingGreaterThan},
				v1beta1.AnnotationKedaOperator, v1beta1.ScalingLessThanOrEqual),
			"10 * 10 / ((\nq\n) + 10 / 1000)", "Value"},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			got := trigger(t, c.component)
			assert.Equal(t, c.query, got.Metadata["query"])
			assert.Equal(t, c.kind, got.MetricType)
		})
	}
}

func TestBuiltInQuery(t *testing.T) {
	const pods = `{ome_io_inferenceservice="chat", component="engine"}`
	cases := map[string]struct {
		operator string
		query    string
		kind     string
	}{
		"scales out when the starved replicas are many": {
			v1beta1.ScalingGreaterThanOrEqual,
			"sum(avg_over_time(vllm:avg_generation_throughput_toks_per_s" + pods + "[5m]) < bool 10)" +
				" * sum(rate(vllm:request_success_total" + pods + "[1m]) > bool 0.50)", ""},
		"scales out when throughput is low under load": {
			v1beta1.ScalingLessThanOrEqual,
			"10 * 10 / ((\navg(avg_over_time(vllm:avg_generation_throughput_toks_per_s" + pods + "[5m]))\n) + 10 / 1000)" +
				" * (sum(rate(vllm:request_success_total" + pods + "[1m])) > bool 0.50)", "Value"},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			got := trigger(t, keda(v1beta1.KedaConfig{ScalingOperator: c.operator}))
			assert.Equal(t, c.query, got.Metadata["query"])
			assert.Equal(t, c.kind, got.MetricType)
		})
	}
	t.Run("follows throughput without an operator", func(t *testing.T) {
		assert.Equal(t, trigger(t, keda(v1beta1.KedaConfig{ScalingOperator: v1beta1.ScalingLessThanOrEqual})), trigger(t, keda(v1beta1.KedaConfig{})))
	})
}

func TestTriggerValues(t *testing.T) {
	const config, annotation = "http://config:9090", "http://annotation:9090"
	cases := map[string]struct {
		component *Component
		want      map[string]string
		absent    []string
	}{
		"the defaults": {
			keda(v1beta1.KedaConfig{}),
			map[string]string{"threshold": "10", "serverAddress": "http://prometheus-operated.monitoring.svc.cluster.local:9090"},
			[]string{"operator", "metricName", "authModes"}},
		"the configuration": {
			keda(v1beta1.KedaConfig{PromServerAddress: config, ScalingThreshold: "2.5"}),
			map[string]string{"threshold": "2.5", "serverAddress": config}, nil},
		"the annotations win": {
			keda(v1beta1.KedaConfig{PromServerAddress: config, ScalingThreshold: "2.5"},
				v1beta1.AnnotationKedaThreshold, "7", v1beta1.AnnotationKedaServerAddress, annotation),
			map[string]string{"threshold": "7", "serverAddress": annotation}, nil},
		"ways of authentication need credentials": {
			keda(v1beta1.KedaConfig{AuthModes: "bearer"}), map[string]string{}, []string{"authModes"}},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			got := trigger(t, c.component)
			assert.Subset(t, got.Metadata, c.want)
			for _, key := range c.absent {
				assert.NotContains(t, got.Metadata, key)
			}
		})
	}
}

func TestUnusableAutoscalingIsExplained(t *testing.T) {
	cases := map[string]struct {
		config  v1beta1.KedaConfig
		message string
	}{
		"a threshold that is no number": {v1beta1.KedaConfig{ScalingThreshold: "many"}, `threshold "many"`},
		"a threshold of zero":           {v1beta1.KedaConfig{ScalingThreshold: "0"}, "greater than 0"},
		"a threshold without end":       {v1beta1.KedaConfig{ScalingThreshold: "Inf"}, `threshold "Inf"`},
		"an operator that is unknown":   {v1beta1.KedaConfig{ScalingOperator: "About"}, `operator "About"`},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			objects, problem := objectsOf(BuildComponent(sampleEnv(), keda(c.config)))
			require.NotNil(t, problem)
			assert.Empty(t, objects)
			assert.Equal(t, ReasonInvalidAutoscaling, problem.Reason)
			assert.Contains(t, problem.Message, c.message)
			assert.Contains(t, problem.Message, "engine of InferenceService team-a/chat")
		})
	}
}

func TestScaledObjectNeedsKeda(t *testing.T) {
	objects, problem := objectsOf(BuildComponent(sampleEnv(withoutKind(kinds.ScaledObject)), keda(v1beta1.KedaConfig{})))
	require.NotNil(t, problem)
	assert.Empty(t, objects)
	assert.Equal(t, ReasonKindNotInstalled, problem.Reason)
	assert.Contains(t, problem.Message, "ScaledObject (keda.sh/v1alpha1)")
}
