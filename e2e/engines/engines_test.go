package engines

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

func ask(t *testing.T, s *Server, path string) (status int, text string) {
	t.Helper()
	response, err := http.Get("http://" + s.Address() + path)
	require.NoError(t, err)
	defer func() { assert.NoError(t, response.Body.Close()) }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

func TestOnePodHasTheLoad(t *testing.T) {
	s := Start()
	defer s.Close()
	s.Set("a", VLLM, Load{Queue: 12, Cache: 0.5})
	_, alone := ask(t, s, "/pods/a/one/metrics")
	assert.Contains(t, alone, `vllm:num_requests_waiting{model_name="model"} 12`)
	assert.Contains(t, alone, `vllm:kv_cache_usage_perc{model_name="model"} 0.5`)
	_, other := ask(t, s, "/pods/a/two/metrics")
	assert.Contains(t, other, `vllm:num_requests_waiting{model_name="model"} 0`)
	assert.Contains(t, other, `vllm:kv_cache_usage_perc{model_name="model"} 0`)
	_, again := ask(t, s, "/pods/a/one/metrics")
	assert.Contains(t, again, `vllm:num_requests_waiting{model_name="model"} 12`)
	s.namespaces["a"].asked = time.Now().Add(-time.Minute)
	_, heir := ask(t, s, "/pods/a/two/metrics")
	assert.Contains(t, heir, `vllm:num_requests_waiting{model_name="model"} 12`, "the other pod is gone")
	s.Set("b", SGLang, Load{})
	_, gateway := ask(t, s, "/gateway/metrics")
	assert.Contains(t, gateway, `gateway_requests_waiting{model_namespace="a"} 12`)
	assert.Contains(t, gateway, `gateway_requests_waiting{model_namespace="b"} 0`)
}

func TestDialects(t *testing.T) {
	s := Start()
	defer s.Close()
	for dialect, want := range map[Dialect][]string{
		VLLM:              {"vllm:num_requests_waiting{", "vllm:kv_cache_usage_perc{"},
		VLLMBefore2025May: {"vllm:num_requests_waiting{", "vllm:gpu_cache_usage_perc{"},
		SGLang:            {"sglang:num_queue_reqs{", "sglang:token_usage{"},
	} {
		s.Set("a", dialect, Load{Queue: 1})
		_, text := ask(t, s, "/pods/a/one/metrics")
		for _, metric := range want {
			assert.Contains(t, text, "\n"+metric, dialect)
		}
	}
	s.Set("a", Silent, Load{Queue: 1})
	status, _ := ask(t, s, "/pods/a/one/metrics")
	assert.Equal(t, http.StatusNotFound, status)
	status, _ = ask(t, s, "/pods/unknown/one/metrics")
	assert.Equal(t, http.StatusNotFound, status)
}

func TestTheConfigurationOfPrometheusIsYAML(t *testing.T) {
	s := Start()
	defer s.Close()
	var configuration map[string]any
	require.NoError(t, yaml.UnmarshalStrict([]byte(s.PrometheusConfiguration("/tmp/a b")), &configuration))
	assert.Len(t, configuration["scrape_configs"], 2)
}
