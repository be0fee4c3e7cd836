package lint

import (
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/modes"
)

// deadMetric is a metric that servers do not have.
type deadMetric struct {
	name   string
	engine modes.Engine
	// since is when it went, for people; empty for one that no version ever had.
	since string
	// living is the name of the metric to ask instead, and instead how; living is empty without one.
	living, instead string
	// source is where that was read.
	source string
}

// deadMetrics are as of November 2026. A version of vLLM hides a metric that is deprecated, and two versions
// later it is gone.
func deadMetrics() []deadMetric {
	const repository = "https://github.com/vllm-project/vllm/pull/"
	return []deadMetric{
		{"vllm:avg_generation_throughput_toks_per_s", modes.EngineVLLM, "January 2025",
			"vllm:generation_tokens_total", "rate(vllm:generation_tokens_total[5m])", repository + "12383"},
		{"vllm:avg_prompt_throughput_toks_per_s", modes.EngineVLLM, "January 2025",
			"vllm:prompt_tokens_total", "rate(vllm:prompt_tokens_total[5m])", repository + "12383"},
		{"vllm:gpu_cache_usage_perc", modes.EngineVLLM, "November 2025",
			"vllm:kv_cache_usage_perc", "vllm:kv_cache_usage_perc or vllm:gpu_cache_usage_perc, which older versions have", repository + "29330"},
		{"vllm:cpu_cache_usage_perc", modes.EngineVLLM, "its engine V1",
			"vllm:kv_cache_usage_perc", "vllm:kv_cache_usage_perc", repository + "14136"},
		{"vllm:num_requests_swapped", modes.EngineVLLM, "its engine V1",
			"vllm:num_requests_waiting", "vllm:num_requests_waiting", repository + "14136"},
		{"vllm:cpu_prefix_cache_hit_rate", modes.EngineVLLM, "its engine V1", "", "", repository + "14136"},
		{"vllm:gpu_prefix_cache_hit_rate", modes.EngineVLLM, "its engine V1",
			"vllm:prefix_cache_hits_total", "rate(vllm:prefix_cache_hits_total[5m]) / rate(vllm:prefix_cache_queries_total[5m])", repository + "14136"},
		{"vllm:time_in_queue_requests", modes.EngineVLLM, "its engine V1",
			"vllm:request_queue_time_seconds", "rate(vllm:request_queue_time_seconds_sum[5m])", repository + "15458"},
		{"vllm:request_latency_seconds", modes.EngineVLLM, "",
			"vllm:e2e_request_latency_seconds", "histogram_quantile(0.9, sum by (le) (rate(vllm:e2e_request_latency_seconds_bucket[5m])))",
			"https://docs.vllm.ai/en/latest/usage/metrics.html"},
	}
}

// metricName is the form of a metric in a query.
var metricName = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*`)

// metricsIn are the names in a query, without the ends of the series of a histogram.
func metricsIn(query string) map[string]bool {
	names := map[string]bool{}
	for _, name := range metricName.FindAllString(query, -1) {
		names[name] = true
		for _, end := range []string{"_bucket", "_sum", "_count"} {
			names[strings.TrimSuffix(name, end)] = true
		}
	}
	return names
}

// asksDeadMetric finds metrics in queries of KEDA that no server answers. A query that asks the living metric
// too is for old and new versions.
func asksDeadMetric(s *subject, found report) {
	for _, scaler := range s.response.Children {
		if kinds.New(scaler.GetKind(), scaler.GetAPIVersion()) != kinds.ScaledObject {
			continue
		}
		triggers, _, _ := unstructured.NestedSlice(scaler.Object, "spec", "triggers")
		for i, trigger := range triggers {
			fields, _ := trigger.(map[string]any)
			query, _, _ := unstructured.NestedString(fields, "metadata", "query")
			asked := metricsIn(query)
			for _, dead := range deadMetrics() {
				if !asked[dead.name] || asked[dead.living] {
					continue
				}
				found("ScaledObject/"+scaler.GetName(), fmt.Sprintf("spec.triggers[%d].metadata.query", i), "%s", dead.inWords())
			}
		}
	}
}

// inWords says since when nobody has the metric, and what to ask.
func (m deadMetric) inWords() string {
	text := fmt.Sprintf("%s has no metric %s", m.engine.Title(), m.name)
	if m.since != "" {
		text += " since " + m.since
	}
	if m.instead != "" {
		text += ": ask " + m.instead
	} else {
		text += ": ask another metric"
	}
	return text + " (" + m.source + ", checked in November 2026)"
}
