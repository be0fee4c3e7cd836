// Package engines speaks the metrics of programs that serve models, for pods that
// compute nothing, and those of a gateway before them.
package engines

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// Dialect is whose metrics pods have.
type Dialect string

// The programs, in versions that differ in what they call their metrics.
const (
	VLLM Dialect = "vLLM"
	// VLLMBefore2025May calls the use of the KV cache as versions before May 2025 do.
	VLLMBefore2025May Dialect = "vLLM before May 2025"
	SGLang            Dialect = "SGLang"
	// Silent pods have no metrics, as SGLang without --enable-metrics.
	Silent Dialect = "silent"
)

// names are what a program calls its metrics: the number of requests that wait, and the used share of
// the KV cache.
var names = map[Dialect]struct{ queue, cache string }{
	VLLM:              {"vllm:num_requests_waiting", "vllm:kv_cache_usage_perc"},
	VLLMBefore2025May: {"vllm:num_requests_waiting", "vllm:gpu_cache_usage_perc"},
	SGLang:            {"sglang:num_queue_reqs", "sglang:token_usage"},
}

// GatewayMetric is the number of requests that wait in the gateway for the models of a namespace, which
// its label "model_namespace" has. It has a value while no pod runs.
const GatewayMetric = "gateway_requests_waiting"

// attention is how long a pod has the load that is not asked any more.
const attention = 3 * time.Second

// Load is what all pods of a namespace together have to do.
type Load struct {
	// Queue is the number of requests that wait, and Cache how many KV caches they fill. One pod has both, as
	// long as it is there, so that their sum stays the same while pods come and go, which are not all asked at
	// once.
	Queue, Cache float64
}

// Server answers for all pods. Its paths are /pods/NAMESPACE/NAME/metrics and /gateway/metrics.
type Server struct {
	http *httptest.Server

	mutex      sync.Mutex
	namespaces map[string]*namespace
}

type namespace struct {
	dialect Dialect
	load    Load
	// loaded is the pod that has the load, which was last asked at a time.
	loaded string
	asked  time.Time
}

// Start runs a server on loopback.
func Start() *Server {
	s := &Server{namespaces: map[string]*namespace{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pods/{namespace}/{pod}/metrics", s.servePod)
	mux.HandleFunc("GET /gateway/metrics", s.serveGateway)
	s.http = httptest.NewServer(mux)
	return s
}

// Close ends the server.
func (s *Server) Close() { s.http.Close() }

// Address is where the server listens, as host:port.
func (s *Server) Address() string { return strings.TrimPrefix(s.http.URL, "http://") }

// Set gives the pods of a namespace a dialect and something to do.
func (s *Server) Set(name string, dialect Dialect, load Load) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.namespaces[name] == nil {
		s.namespaces[name] = &namespace{}
	}
	s.namespaces[name].dialect, s.namespaces[name].load = dialect, load
}

func (s *Server) servePod(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	n := s.namespaces[r.PathValue("namespace")]
	if n == nil || n.dialect == Silent {
		http.NotFound(w, r)
		return
	}
	pod, now := r.PathValue("pod"), time.Now()
	if now.Sub(n.asked) > attention {
		n.loaded = pod
	}
	var load Load
	if n.loaded == pod {
		load, n.asked = n.load, now
	}
	called := names[n.dialect]
	write(w, called.queue, load.Queue)
	write(w, called.cache, load.Cache)
}

func (s *Server) serveGateway(w http.ResponseWriter, _ *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	w.Header().Set("Content-Type", contentType)
	fmt.Fprintf(w, "# TYPE %s gauge\n", GatewayMetric)
	for name, n := range s.namespaces {
		fmt.Fprintf(w, "%s{model_namespace=%q} %g\n", GatewayMetric, name, n.load.Queue)
	}
}

// contentType is that of Prometheus' text format.
const contentType = "text/plain; version=0.0.4; charset=utf-8"

func write(w http.ResponseWriter, metric string, value float64) {
	w.Header().Set("Content-Type", contentType)
	fmt.Fprintf(w, "# TYPE %s gauge\n%s{model_name=\"model\"} %g\n", metric, metric, value)
}

// PrometheusConfiguration scrapes the pods of services each second, as a PodMonitor for their port
// "http" does, but from this server, and the gateway. The kubeconfig reaches the API server.
func (s *Server) PrometheusConfiguration(kubeconfig string) string {
	return fmt.Sprintf(`global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
- job_name: pods
  kubernetes_sd_configs:
  - {role: pod, kubeconfig_file: %[1]q}
  relabel_configs:
  - {action: keep, source_labels: [__meta_kubernetes_pod_labelpresent_ome_io_inferenceservice], regex: "true"}
  - {action: keep, source_labels: [__meta_kubernetes_pod_container_port_name], regex: http}
  - {action: keep, source_labels: [__meta_kubernetes_pod_phase], regex: Running}
  - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
  - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
  - {source_labels: [__address__], target_label: instance}
  - {source_labels: [namespace, pod], separator: /, regex: (.+), target_label: __metrics_path__, replacement: /pods/$1/metrics}
  - {target_label: __address__, replacement: %[2]q}
- job_name: gateway
  metrics_path: /gateway/metrics
  static_configs: [{targets: [%[2]q]}]
`, kubeconfig, s.Address())
}
