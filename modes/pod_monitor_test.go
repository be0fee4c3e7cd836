package modes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

func TestPodMonitor(t *testing.T) {
	monitorOf := func(t *testing.T, c *Component, edits ...func(*Env)) *PodMonitor {
		t.Helper()
		return find[*PodMonitor](t, built(t, sampleEnv(edits...), c))
	}
	byKeda := func(engine Engine, ports ...corev1.ContainerPort) *Component {
		c := keda(v1beta1.KedaConfig{})
		c.Server.Engine = engine
		c.Pod.Containers[0].Ports = ports
		return c
	}
	http := corev1.ContainerPort{Name: "http", ContainerPort: 8080}
	for sentence, test := range map[string]struct {
		component *Component
		want      PodMetricsEndpoint
	}{
		"a port with a name":             {byKeda(EngineVLLM, http), PodMetricsEndpoint{Port: "http", Path: "/metrics"}},
		"a port without a name":          {byKeda(EngineSGLang, corev1.ContainerPort{ContainerPort: 30000}), PodMetricsEndpoint{PortNumber: 30000, Path: "/metrics"}},
		"trtllm-serve":                   {byKeda(EngineTensorRT, http), PodMetricsEndpoint{Port: "http", Path: "/prometheus/metrics"}},
		"Triton":                         {byKeda(EngineTriton, http, corev1.ContainerPort{Name: "stats", ContainerPort: 8002}), PodMetricsEndpoint{Port: "stats", Path: "/metrics"}},
		"a program that is not known":    {byKeda("", http), PodMetricsEndpoint{Port: "http", Path: "/metrics"}},
		"another port, as annotated":     {annotatedPod(byKeda(EngineVLLM, http, corev1.ContainerPort{Name: "m", ContainerPort: 9000}), "prometheus.io/port", "9000"), PodMetricsEndpoint{Port: "m", Path: "/metrics"}},
		"another path, as annotated":     {annotatedPod(byKeda(EngineVLLM, http), "prometheus.io/path", "/m"), PodMetricsEndpoint{Port: "http", Path: "/m"}},
		"an annotation that is no port":  {annotatedPod(byKeda(EngineVLLM, http), "prometheus.io/port", "http"), PodMetricsEndpoint{Port: "http", Path: "/metrics"}},
		"a query of isvc by a threshold": {withThreshold(byKeda(EngineVLLM, http)), PodMetricsEndpoint{Port: "http", Path: "/metrics"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			monitor := monitorOf(t, test.component)
			assert.Equal(t, []PodMetricsEndpoint{test.want}, monitor.Spec.PodMetricsEndpoints)
			assert.Equal(t, "chat-engine", monitor.Name)
			assert.Equal(t, componentIdentityLabels(test.component), monitor.Spec.Selector.MatchLabels, "a canary's pods too")
			assert.Empty(t, monitor.Spec.PodTargetLabels)
		})
	}
	t.Run("has the labels by which a Prometheus selects it", func(t *testing.T) {
		monitor := monitorOf(t, byKeda(EngineVLLM, http), func(env *Env) {
			env.Config.Keda.PodMonitorLabels = map[string]string{"release": "prometheus", "component": "mine"}
		})
		assert.Equal(t, "prometheus", monitor.Labels["release"])
		assert.Equal(t, "engine", monitor.Labels["component"], "it stays recognisable")
	})
	t.Run("gives series the labels by which queries find pods", func(t *testing.T) {
		monitor := monitorOf(t, byKeda(EngineVLLM, http), func(env *Env) { env.Config.Keda.MatchPodsBy = config.MatchPodsByLabel })
		assert.Equal(t, []string{"ome.io/inferenceservice", "component", "app"}, monitor.Spec.PodTargetLabels)
	})
}

func annotatedPod(c *Component, key, value string) *Component {
	c.PodAnnotations = map[string]string{key: value}
	return c
}

func withThreshold(c *Component) *Component {
	c.Scaling.Keda.ScalingThreshold = "5"
	return c
}

func TestWhatNothingScrapesIsSaid(t *testing.T) {
	const install, declare = "manifests/components/prometheus-operator", "declare the port"
	withoutPodMonitors := func(env *Env) { env.Config.Keda.PodMonitors = false }
	for sentence, test := range map[string]struct {
		change func(*Component)
		env    func(*Env)
		want   string
	}{
		"no kind":                            {nil, withoutKind(kinds.PodMonitor), install},
		"no kind, and a threshold":           {func(c *Component) { withThreshold(c) }, withoutKind(kinds.PodMonitor), install},
		"no port":                            {func(c *Component) { c.Pod.Containers[0].Ports = nil }, nil, declare},
		"no kind, but an annotation":         {func(c *Component) { annotatedPod(c, "prometheus.io/scrape", "true") }, withoutKind(kinds.PodMonitor), ""},
		"no kind, but an annotated profile":  {func(c *Component) { annotatedPod(c, "runtime.ome.io/observability-profile", "prometheus") }, withoutKind(kinds.PodMonitor), ""},
		"no kind, and an annotation against": {func(c *Component) { annotatedPod(c, "prometheus.io/scrape", "false") }, withoutKind(kinds.PodMonitor), install},
		"something else scrapes":             {nil, withoutPodMonitors, ""},
		"a query of the user":                {func(c *Component) { c.Scaling.Keda.CustomPromQuery = "q" }, nil, ""},
	} {
		t.Run(sentence, func(t *testing.T) {
			c := keda(v1beta1.KedaConfig{})
			if test.change != nil {
				test.change(c)
			}
			env := sampleEnv()
			if test.env != nil {
				test.env(env)
			}
			made, problem := BuildComponent(env, c)
			require.Nil(t, problem)
			assert.Zero(t, count[*PodMonitor](made.Objects))
			if test.want == "" {
				assert.Empty(t, made.Findings)
				return
			}
			require.Equal(t, []string{ReasonMetricsNotScraped}, reasonsOf(made.Findings))
			assert.Contains(t, made.Findings[0].Message, test.want)
			assert.Contains(t, made.Findings[0].Message, "podMonitors to false")
		})
	}
}
