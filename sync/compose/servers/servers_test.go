package servers

import (
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
)

func TestRecognize(t *testing.T) {
	type container = corev1.Container
	for sentence, test := range map[string]struct {
		serving     *container
		annotations map[string]string
		want        modes.Engine
		noMetrics   string
	}{
		"vllm serve":                       {serving: &container{Image: "i", Command: []string{"vllm", "serve"}}, want: modes.EngineVLLM},
		"a module of vLLM":                 {serving: &container{Image: "i", Command: []string{"python3", "-m", "vllm.entrypoints.openai.api_server"}}, want: modes.EngineVLLM},
		"vLLM in a script":                 {serving: &container{Image: "i", Command: []string{"bash", "-c"}, Args: []string{"set -e; ulimit -n 9\n/usr/bin/vllm serve \\\n --port 1"}}, want: modes.EngineVLLM},
		"vLLM behind Ray":                  {serving: &container{Image: "i", Args: []string{"ray start --head && vllm serve m"}}, want: modes.EngineVLLM},
		"vLLM by its image":                {serving: &container{Image: "docker.io/vllm/vllm-openai:v0.9.1", Args: []string{"--port=1"}}, want: modes.EngineVLLM},
		"vLLM that logs nothing":           {serving: &container{Command: []string{"vllm", "serve", "--disable-log-stats"}}, want: modes.EngineVLLM, noMetrics: "--disable-log-stats"},
		"SGLang with metrics":              {serving: &container{Command: []string{"python3", "-m", "sglang.launch_server"}, Args: []string{"--enable-metrics"}}, want: modes.EngineSGLang},
		"SGLang with an underscore":        {serving: &container{Command: []string{"sglang", "serve", "--enable_metrics"}}, want: modes.EngineSGLang},
		"SGLang without metrics":           {serving: &container{Command: []string{"python3", "-m", "sglang.launch_server", "--served-model-name", "vllm"}}, want: modes.EngineSGLang, noMetrics: "--enable-metrics"},
		"SGLang, script without metrics":   {serving: &container{Command: []string{"sh", "-c", "'python3 -m sglang.launch_server --model-path=m'"}}, want: modes.EngineSGLang, noMetrics: "--enable-metrics"},
		"SGLang with a file of settings":   {serving: &container{Command: []string{"sglang.launch_server", "--config=x.yaml"}}, want: modes.EngineSGLang},
		"SGLang by its image alone":        {serving: &container{Image: "docker.io/lmsysorg/sglang:v0.4.9", Command: []string{"/start.sh"}}, want: modes.EngineSGLang},
		"the command wins over the image":  {serving: &container{Image: "vllm/vllm-openai:v1", Command: []string{"sglang.launch_server", "--enable-metrics"}}, want: modes.EngineSGLang},
		"TensorRT-LLM":                     {serving: &container{Command: []string{"trtllm-serve", "m"}}, want: modes.EngineTensorRT},
		"TensorRT-LLM by its image":        {serving: &container{Image: "nvcr.io/nvidia/tensorrt-llm/release:1.0"}, want: modes.EngineTensorRT},
		"Triton with TensorRT-LLM":         {serving: &container{Image: "nvcr.io/nvidia/tritonserver:25.05-trtllm-python-py3", Command: []string{"tritonserver"}}, want: modes.EngineTriton},
		"Triton with something else":       {serving: &container{Image: "nvcr.io/nvidia/tritonserver:25.05-py3"}},
		"a router of SGLang":               {serving: &container{Image: "lmsysorg/sglang:v1", Command: []string{"python3", "-m", "sglang_router.launch_router"}}},
		"a router by its image":            {serving: &container{Image: "lmsysorg/sglang-router:v1"}},
		"a registry with the name":         {serving: &container{Image: "vllm.example.com/server:1"}},
		"an annotation about it":           {serving: &container{Image: "i"}, annotations: map[string]string{v1beta1.AnnotationProbeProfile: "sglang-http"}, want: modes.EngineSGLang},
		"the image wins over annotations":  {serving: &container{Image: "vllm:1"}, annotations: map[string]string{v1beta1.AnnotationProbeProfile: "sglang-http"}, want: modes.EngineVLLM},
		"nothing":                          {serving: &container{Image: "registry.example/engine:1.4"}},
		"a folder with the name in a flag": {serving: &container{Image: "i", Command: []string{"serve", "--cache=/vllm"}}},
		"no container":                     {},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := Recognize(test.serving, test.annotations)
			assert.Equal(t, test.want, got.Engine)
			assert.NotEmpty(t, got.Why)
			if test.noMetrics == "" {
				assert.Empty(t, got.NoMetrics)
			} else {
				assert.Contains(t, got.NoMetrics, test.noMetrics)
			}
		})
	}
}
