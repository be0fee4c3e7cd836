package modes

// Server is the program that a component runs, as far as it can be recognised: by it the built-in
// queries of KEDA know which metrics there are.
type Server struct {
	// Engine is the program; empty where it is not recognised.
	Engine Engine
	// Why says what it was recognised by, or what was looked at in vain, for people.
	Why string
	// NoMetrics says why the program serves no metrics, such as a flag that is missing; empty where it
	// does or where nobody can tell.
	NoMetrics string
}

// Engine is a program that serves models.
type Engine string

// The programs whose metrics are known.
const (
	EngineVLLM   Engine = "vllm"
	EngineSGLang Engine = "sglang"
	// EngineTensorRT is trtllm-serve, TensorRT-LLM's own server.
	EngineTensorRT Engine = "trtllm-serve"
	// EngineTriton is Triton with the backend of TensorRT-LLM.
	EngineTriton Engine = "triton"
)

// KnownEngines are the programs whose metrics are known, in the order in which queries ask for them.
func KnownEngines() []Engine { return []Engine{EngineVLLM, EngineSGLang, EngineTensorRT, EngineTriton} }

// Title is the name of the program in prose; "a program that is not recognised" for none.
func (e Engine) Title() string {
	switch e {
	case EngineVLLM:
		return "vLLM"
	case EngineSGLang:
		return "SGLang"
	case EngineTensorRT:
		return "TensorRT-LLM"
	case EngineTriton:
		return "Triton with TensorRT-LLM"
	}
	return "a program that is not recognised"
}

// series is a metric of a program, with the label that chooses its series; the label may be empty.
type series struct{ name, label string }

// metricsOfEngine are the metrics by which a program is scaled. Lists have the names of newer versions
// first: each version has one of them.
type metricsOfEngine struct {
	// queue is the number of requests that wait.
	queue []series
	// cache is the used share of the KV cache, from 0 to 1.
	cache []series
	// tokens counts the tokens that were generated, requests the requests that were answered; empty
	// where no counter is known.
	tokens, requests []series
}

// metricsOf are the metrics of a program; of an unknown one those of all that are known, because a query
// asks only for the pods of its component and takes what these have.
//
// The names were checked in November 2026: vLLM renamed gpu_cache_usage_perc to kv_cache_usage_perc
// (vllm-project/vllm#18354); SGLang's are in its page
// "Production Metrics"; TensorRT-LLM's are those that the endpoint picker of the Gateway API Inference
// Extension reads, in its page "Plugin Metric Protocol".
func metricsOf(engine Engine) metricsOfEngine {
	switch engine {
	case EngineVLLM:
		return metricsOfEngine{
			queue:    []series{{name: "vllm:num_requests_waiting"}},
			cache:    []series{{name: "vllm:kv_cache_usage_perc"}, {name: "vllm:gpu_cache_usage_perc"}},
			tokens:   []series{{name: "vllm:generation_tokens_total"}},
			requests: []series{{name: "vllm:request_success_total"}},
		}
	case EngineSGLang:
		return metricsOfEngine{
			queue:    []series{{name: "sglang:num_queue_reqs"}},
			cache:    []series{{name: "sglang:token_usage"}},
			tokens:   []series{{name: "sglang:generation_tokens_total"}},
			requests: []series{{name: "sglang:num_requests_total"}},
		}
	case EngineTensorRT:
		return metricsOfEngine{
			queue:    []series{{name: "trtllm_num_requests_waiting"}},
			cache:    []series{{name: "trtllm_kv_cache_utilization"}},
			tokens:   []series{{name: "trtllm_generation_tokens_total"}},
			requests: []series{{name: "trtllm_request_success_total"}},
		}
	case EngineTriton:
		return metricsOfEngine{
			queue: []series{{"nv_trt_llm_request_metrics", `request_type="waiting"`}},
			cache: []series{{"nv_trt_llm_kv_cache_block_metrics", `kv_cache_block_type="fraction"`}},
		}
	}
	var all metricsOfEngine
	for _, known := range KnownEngines() {
		m := metricsOf(known)
		all.queue, all.cache = append(all.queue, m.queue...), append(all.cache, m.cache...)
		all.tokens, all.requests = append(all.tokens, m.tokens...), append(all.requests, m.requests...)
	}
	return all
}
