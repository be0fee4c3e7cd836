package modes

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/internal/omecases"
	"github.com/isvc-io/isvc/modes/names"
)

// keda is an engine that scales with KEDA between 2 and 8.
func keda(config v1beta1.KedaConfig, annotations ...string) *Component {
	c := scaled(Scaling{Autoscaler: AutoscalerKEDA, Min: 2, Max: 8, Keda: &config}, annotations...)
	c.Server = Server{Engine: EngineVLLM}
	return c
}

// trigger is the trigger of the ScaledObject of a component.
func trigger(t *testing.T, c *Component) ScaleTrigger {
	t.Helper()
	objects, problem := objectsOf(BuildComponent(sampleEnv(), c))
	require.Nil(t, problem)
	return find[*ScaledObject](t, objects).Spec.Triggers[0].(ScaleTrigger)
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
		"is none where it is blank": {
			keda(v1beta1.KedaConfig{CustomPromQuery: " \n", ScalingOperator: v1beta1.ScalingGreaterThan}),
			trigger(t, keda(v1beta1.KedaConfig{ScalingOperator: v1beta1.ScalingGreaterThan})).Metadata["query"], ""},
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

func TestOMEsQuery(t *testing.T) {
	const pods = `{namespace="team-a", pod=~"chat-engine-[^aeiou-]+(-[^aeiou-]{5})?"}`
	cases := map[string]struct {
		operator string
		query    string
		kind     string
	}{
		"scales out when the starved replicas are many": {
			v1beta1.ScalingGreaterThanOrEqual,
			"sum(avg by (instance) (sum by (instance, job) (rate(vllm:generation_tokens_total" + pods + "[5m]))) < bool 10)" +
				" * sum(avg by (instance) (sum by (instance, job) (rate(vllm:request_success_total" + pods + "[1m]))) > bool 0.50)", ""},
		"scales out when throughput is low under load": {
			v1beta1.ScalingLessThanOrEqual,
			"10 * 10 / ((\navg(avg by (instance) (sum by (instance, job) (rate(vllm:generation_tokens_total" + pods + "[5m]))))\n) + 10 / 1000)" +
				" * (sum(avg by (instance) (sum by (instance, job) (rate(vllm:request_success_total" + pods + "[1m])))) > bool 0.50)", "Value"},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			got := trigger(t, keda(v1beta1.KedaConfig{ScalingOperator: c.operator}))
			assert.Equal(t, c.query, got.Metadata["query"])
			assert.Equal(t, c.kind, got.MetricType)
			assert.NotContains(t, got.Metadata, "ignoreNullValues", "a service without requests has no rate")
		})
	}
	t.Run("follows throughput where a threshold alone is given", func(t *testing.T) {
		assert.Equal(t,
			trigger(t, keda(v1beta1.KedaConfig{ScalingThreshold: "10", ScalingOperator: v1beta1.ScalingLessThanOrEqual})),
			trigger(t, keda(v1beta1.KedaConfig{ScalingThreshold: "10"})))
	})
	t.Run("asks every counter where the server has none that is known", func(t *testing.T) {
		c := keda(v1beta1.KedaConfig{ScalingThreshold: "10"})
		c.Server.Engine = EngineTriton
		assert.Contains(t, trigger(t, c).Metadata["query"], "vllm:generation_tokens_total"+pods+"[5m]) or rate(sglang:generation_tokens_total")
	})
}

func TestLoadTriggers(t *testing.T) {
	const pods = `namespace="team-a", pod=~"chat-engine-[^aeiou-]+(-[^aeiou-]{5})?"`
	triggersOf := func(t *testing.T, c *Component, edits ...func(*Env)) []ScaleTrigger {
		t.Helper()
		objects, problem := objectsOf(BuildComponent(sampleEnv(edits...), c))
		require.Nil(t, problem)
		var all []ScaleTrigger
		for _, each := range find[*ScaledObject](t, objects).Spec.Triggers {
			all = append(all, each.(ScaleTrigger))
		}
		return all
	}
	for engine, want := range map[Engine][2]string{
		EngineVLLM: {
			"sum(avg by (instance) (sum by (instance, job) (vllm:num_requests_waiting{" + pods + "})))",
			"sum(avg by (instance) (vllm:kv_cache_usage_perc{" + pods + "} or vllm:gpu_cache_usage_perc{" + pods + "}))"},
		EngineSGLang: {
			"sum(avg by (instance) (sum by (instance, job) (sglang:num_queue_reqs{" + pods + "})))", "sum(avg by (instance) (sglang:token_usage{" + pods + "}))"},
		EngineTensorRT: {
			"sum(avg by (instance) (sum by (instance, job) (trtllm_num_requests_waiting{" + pods + "})))", "sum(avg by (instance) (trtllm_kv_cache_utilization{" + pods + "}))"},
		EngineTriton: {
			`sum(avg by (instance) (sum by (instance, job) (nv_trt_llm_request_metrics{request_type="waiting", ` + pods + "})))",
			`sum(avg by (instance) (nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="fraction", ` + pods + "}))"},
	} {
		t.Run(string(engine), func(t *testing.T) {
			c := keda(v1beta1.KedaConfig{PromServerAddress: "http://p", AuthModes: "bearer", AuthenticationRef: &v1beta1.AuthenticationRef{Name: "token"}})
			c.Server.Engine = engine
			got := triggersOf(t, c)
			require.Len(t, got, 2)
			for i, name := range []string{"queue-length", "kv-cache-usage"} {
				assert.Equal(t, name, got[i].Name)
				assert.Equal(t, "AverageValue", got[i].MetricType)
				assert.Equal(t, "token", got[i].AuthenticationRef.Name)
				assert.Equal(t, map[string]string{
					"serverAddress": "http://p", "authModes": "bearer", "ignoreNullValues": "false",
					"threshold": []string{"10", "0.7"}[i], "query": want[i],
				}, got[i].Metadata)
			}
		})
	}
	t.Run("ask every server's metrics where the server is not recognised", func(t *testing.T) {
		c := keda(v1beta1.KedaConfig{})
		c.Server = Server{Why: "its image is x"}
		built, problem := BuildComponent(sampleEnv(), c)
		require.Nil(t, problem)
		query := find[*ScaledObject](t, built.Objects).Spec.Triggers[0].(ScaleTrigger).Metadata["query"]
		for _, engine := range KnownEngines() {
			assert.Contains(t, query, metricsOf(engine).queue[0].name)
		}
		require.Equal(t, []string{ReasonMetricsUnknown}, reasonsOf(built.Findings))
		assert.Contains(t, built.Findings[0].Message, "its image is x")
	})
	t.Run("have the thresholds of the configuration", func(t *testing.T) {
		got := triggersOf(t, keda(v1beta1.KedaConfig{}), func(env *Env) {
			env.Config.Keda.QueueLength, env.Config.Keda.KVCacheUsage = 2.5, 0.9
		})
		assert.Equal(t, "2.5", got[0].Metadata["threshold"])
		assert.Equal(t, "0.9", got[1].Metadata["threshold"])
	})
	t.Run("find pods by labels where the configuration says so", func(t *testing.T) {
		got := triggersOf(t, keda(v1beta1.KedaConfig{}), func(env *Env) { env.Config.Keda.MatchPodsBy = config.MatchPodsByLabel })
		assert.Equal(t, `sum(avg by (instance) (sum by (instance, job) (vllm:num_requests_waiting{namespace="team-a", ome_io_inferenceservice="chat", component="engine", app="chat-engine"})))`, got[0].Metadata["query"])
	})
	for _, asked := range []v1beta1.KedaConfig{{ScalingThreshold: "3"}, {ScalingOperator: v1beta1.ScalingGreaterThan}, {CustomPromQuery: "q"}} {
		assert.Len(t, triggersOf(t, keda(asked)), 1, "%+v asks for something else", asked)
	}
}

// Names of pods are those that the controllers of Kubernetes make: 58 characters of the name of the
// ReplicaSet, which ends with a hash, and five more.
func TestPodsAreFoundByName(t *testing.T) {
	podOf := func(deployment string) string {
		before := deployment + "-7d9f8bcxz4-"
		return before[:min(len(before), 58)] + "bv5kx"
	}
	matches := func(c *Component, pod string) bool {
		return regexp.MustCompile("^(?:" + podNamePattern(c) + ")$").MatchString(pod)
	}
	byName := 0
	for length := 1; length <= 63; length++ {
		c := keda(v1beta1.KedaConfig{})
		named(strings.Repeat("b", length))(c)
		if podNamePattern(c) == "" {
			continue
		}
		byName++
		assert.True(t, matches(c, podOf(c.Name)), c.Name)
		assert.False(t, matches(c, podOf(names.Canary(c.Name))), "the canary of %s", c.Name)
		assert.False(t, matches(c, podOf(c.Name+"-more")), c.Name)
		assert.False(t, matches(c, podOf("b"+c.Name)), c.Name)
	}
	assert.Equal(t, 48, byName, "longer names are found by labels")
	groups := keda(v1beta1.KedaConfig{})
	groups.Mode = v1beta1.MultiNode
	assert.True(t, matches(groups, "lws-chat-engine-12"), "a leader")
	assert.False(t, matches(groups, "lws-chat-engine-12-1"), "a worker")
}

func TestAServerWithoutMetricsIsSaid(t *testing.T) {
	const missing = "add --enable-metrics"
	byKeda := func(query string) *Component {
		c := keda(v1beta1.KedaConfig{CustomPromQuery: query})
		c.Server = Server{Engine: EngineSGLang, NoMetrics: missing}
		return c
	}
	byBlock := func(query string) *Component {
		c := scaledByBlock(t, 1, 2, `{class: KEDA, keda: {triggers: [{type: prometheus, metadata: {query: "`+query+`"}}]}}`)
		c.Server = Server{Engine: EngineSGLang, NoMetrics: missing}
		return c
	}
	for sentence, test := range map[string]struct {
		component *Component
		said      bool
	}{
		"asked by isvc":             {byKeda(""), true},
		"asked by a query":          {byKeda("sum(sglang:num_queue_reqs)"), true},
		"asked by a trigger":        {byBlock("sum(sglang:num_queue_reqs)"), true},
		"another metric":            {byKeda("sum(gateway_queue)"), false},
		"another metric, a trigger": {byBlock("sum(gateway_queue)"), false},
	} {
		t.Run(sentence, func(t *testing.T) {
			built, problem := BuildComponent(sampleEnv(), test.component)
			require.Nil(t, problem)
			if !test.said {
				assert.Empty(t, built.Findings)
				return
			}
			require.Equal(t, []string{ReasonMetricsNotServed}, reasonsOf(built.Findings))
			assert.Contains(t, built.Findings[0].Message, missing)
		})
	}
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
		"ways of authentication without what KEDA refuses": {
			keda(v1beta1.KedaConfig{AuthModes: "bearer, tls,,bearer", AuthenticationRef: &v1beta1.AuthenticationRef{Name: "token"}}),
			map[string]string{"authModes": "bearer,tls"}, nil},
		"a number in the form that KEDA reads": {
			keda(v1beta1.KedaConfig{ScalingThreshold: "+.5"}), map[string]string{"threshold": "0.5"}, nil},
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

// Each value is checked wherever it stands: in a kedaConfig or an annotation, and under any way of
// turning KEDA on, which is not known here.
func TestUnusableAutoscalingIsExplained(t *testing.T) {
	type values = v1beta1.KedaConfig
	credentials := &v1beta1.AuthenticationRef{Name: "token"}
	cases := map[string]struct {
		config      values
		annotations []string
		message     string
	}{
		"a threshold that is no number":                        {config: values{ScalingThreshold: "many"}, message: `threshold "many" (kedaConfig.scalingThreshold)`},
		"a threshold of zero":                                  {config: values{ScalingThreshold: "0"}, message: "greater than 0"},
		"a threshold below zero":                               {config: values{ScalingThreshold: "-5"}, message: "greater than 0"},
		"a threshold that is NaN":                              {config: values{ScalingThreshold: "NaN"}, message: "greater than 0"},
		"a threshold without end":                              {config: values{ScalingThreshold: "Inf"}, message: "too many"},
		"a threshold beyond 64 bits":                           {config: values{ScalingThreshold: "1e16"}, message: "below 9223372036854775"},
		"a threshold below thousandths":                        {config: values{ScalingThreshold: "0.0004"}, message: "at least 0.001"},
		"a threshold that only some versions of KEDA round up": {config: values{ScalingThreshold: "0.0009"}, message: "at least 0.001"},
		"an annotation's threshold": {
			config: values{ScalingThreshold: "5"}, annotations: []string{v1beta1.AnnotationKedaThreshold, "0.0004"},
			message: `threshold "0.0004" (annotation autoscaling.keda.sh/threshold)`},

		"an operator that is unknown": {config: values{ScalingOperator: "About"}, message: `operator "About" (kedaConfig.scalingOperator)`},
		"an annotation's operator": {
			annotations: []string{v1beta1.AnnotationKedaOperator, "About"}, message: `operator "About" (annotation autoscaling.keda.sh/operator)`},

		"a server without a scheme":   {config: values{PromServerAddress: "prometheus.monitoring:9090"}, message: "http://host:port"},
		"a server of another scheme":  {config: values{PromServerAddress: "grpc://prometheus:9090"}, message: "http://host:port"},
		"a server without a host":     {config: values{PromServerAddress: "http://:9090"}, message: "http://host:port"},
		"a server on no port":         {config: values{PromServerAddress: "http://prometheus:90900"}, message: "http://host:port"},
		"a server with a query":       {config: values{PromServerAddress: "http://prometheus/?tenant=a"}, message: "a path at most"},
		"a server with a fragment":    {config: values{PromServerAddress: "http://prometheus/#a"}, message: "a path at most"},
		"a server that is no address": {config: values{PromServerAddress: "http://prome theus"}, message: "http://host:port"},
		"an annotation's server":      {annotations: []string{v1beta1.AnnotationKedaServerAddress, "p:1"}, message: `"p:1" (annotation`},

		"an authentication that is unknown": {
			config: values{AuthModes: "bearer,magic", AuthenticationRef: credentials}, message: "use basic, tls, bearer, custom"},
		"two authentications that exclude each other": {
			config: values{AuthModes: "bearer,tls,basic", AuthenticationRef: credentials}, message: "only one of basic, bearer"},
		"credentials without a name":     {config: values{AuthenticationRef: &v1beta1.AuthenticationRef{}}, message: "kedaConfig.authenticationRef.name"},
		"credentials of an unknown kind": {config: values{AuthenticationRef: &v1beta1.AuthenticationRef{Name: "x", Kind: "Secret"}}, message: `"Secret" (kedaConfig.authenticationRef.kind)`},
	}
	for sentence, c := range cases {
		t.Run(sentence, func(t *testing.T) {
			objects, problem := objectsOf(BuildComponent(sampleEnv(), keda(c.config, c.annotations...)))
			require.NotNil(t, problem)
			assert.Empty(t, objects)
			assert.Equal(t, ReasonInvalidAutoscaling, problem.Reason)
			assert.Contains(t, problem.Message, c.message)
			assert.Contains(t, problem.Message, "engine of InferenceService team-a/chat")
		})
	}
	t.Run("a configured server", func(t *testing.T) {
		env := sampleEnv(func(env *Env) { env.Config.Keda.PromServerAddress = "prometheus:9090" })
		_, problem := BuildComponent(env, keda(v1beta1.KedaConfig{}))
		require.NotNil(t, problem)
		assert.Contains(t, problem.Message, "promServerAddress in key kedaConfig of ConfigMap inferenceservice-config")
		_, problem = BuildComponent(env, keda(v1beta1.KedaConfig{PromServerAddress: "http://prometheus:9090"}))
		assert.Nil(t, problem, "one that is not used does not count")
	})
}

func TestWhatKEDADoesNotTakeAsItIsIsSaid(t *testing.T) {
	for sentence, c := range map[string]struct {
		config  v1beta1.KedaConfig
		reasons []string
		message string
	}{
		"more than thousandths": {v1beta1.KedaConfig{ScalingThreshold: "0.0125001"}, []string{ReasonThresholdRounded}, "use 0.012,"},
		"thousandths":           {v1beta1.KedaConfig{ScalingThreshold: "2.003"}, nil, ""},
		"a whole number":        {v1beta1.KedaConfig{ScalingThreshold: "1e6"}, nil, ""},
		"authentication without credentials": {
			v1beta1.KedaConfig{AuthModes: "bearer"}, []string{ReasonFieldIgnored}, "without kedaConfig.authenticationRef"},
		"credentials alone": {v1beta1.KedaConfig{AuthenticationRef: &v1beta1.AuthenticationRef{Name: "token"}}, nil, ""},
	} {
		t.Run(sentence, func(t *testing.T) {
			made, problem := BuildComponent(sampleEnv(), keda(c.config))
			require.Nil(t, problem)
			require.Equal(t, c.reasons, reasonsOf(made.Findings))
			if c.message != "" {
				assert.Contains(t, made.Findings[0].Message, c.message)
			}
		})
	}
}

func TestAScaledObjectOfALongNameNamesItsAutoscaler(t *testing.T) {
	nameOfHPA := func(service string) string {
		objects, problem := objectsOf(BuildComponent(sampleEnv(), func() *Component {
			c := keda(v1beta1.KedaConfig{})
			named(service)(c)
			return c
		}()))
		require.Nil(t, problem)
		scaler := find[*ScaledObject](t, objects)
		if scaler.Spec.Advanced == nil {
			return "keda-hpa-" + scaler.Name // as KEDA has it
		}
		return scaler.Spec.Advanced["horizontalPodAutoscalerConfig"].(map[string]any)["name"].(string)
	}
	seen := map[string]bool{}
	for length := 1; length <= 63; length++ {
		name := nameOfHPA(strings.Repeat("a", length))
		assert.LessOrEqual(t, len(name), 63, "KEDA refuses longer ones")
		assert.False(t, seen[name], name)
		seen[name] = true
	}
	assert.Equal(t, "keda-hpa-scaledobject-chat-engine", nameOfHPA("chat"))
}

func TestScaledObjectNeedsKeda(t *testing.T) {
	objects, problem := objectsOf(BuildComponent(sampleEnv(withoutKind(kinds.ScaledObject)), keda(v1beta1.KedaConfig{})))
	require.NotNil(t, problem)
	assert.Empty(t, objects)
	assert.Equal(t, ReasonKindNotInstalled, problem.Reason)
	assert.Contains(t, problem.Message, "ScaledObject (keda.sh/v1alpha1)")
}
