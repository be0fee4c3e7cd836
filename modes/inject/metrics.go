package inject

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/podspec"
)

// Where metrics can be read: of Knative's proxy alone, or of the proxy and the runner together.
const (
	proxyMetricsPort     = "9091"
	aggregateMetricsPort = "9088"
	defaultMetricsPort   = "8080"
	defaultMetricsPath   = "/metrics"
	queueProxy           = "queue-proxy"
)

// injectMetricsAnnotations writes whether metrics are aggregated and scraped, and where.
//
// Knative's proxy is configured only where the template has one. Knative adds its own proxy to
// pods, not to the template.
func injectMetricsAnnotations(template *corev1.PodTemplateSpec, defaults config.Metrics) {
	annotations := annotationsOfTemplate(template)
	setIfAbsent(annotations, v1beta1.AnnotationEnableMetricAggregation, defaults.EnableMetricAggregation)
	setIfAbsent(annotations, v1beta1.AnnotationEnablePrometheusScraping, defaults.EnablePrometheusScraping)
	aggregated := annotations[v1beta1.AnnotationEnableMetricAggregation] == "true"
	if aggregated {
		configureProxyMetrics(&template.Spec, annotations)
	}
	if annotations[v1beta1.AnnotationEnablePrometheusScraping] == "true" {
		annotations[v1beta1.AnnotationPrometheusPort] = proxyMetricsPort
		if aggregated {
			annotations[v1beta1.AnnotationPrometheusPort] = aggregateMetricsPort
		}
		annotations[v1beta1.AnnotationPrometheusPath] = defaultMetricsPath
	}
}

// configureProxyMetrics sets where Knative's proxy reads the runner's metrics.
func configureProxyMetrics(pod *corev1.PodSpec, annotations map[string]string) {
	proxy := podspec.ContainerNamed(pod.Containers, queueProxy)
	if proxy == nil {
		return
	}
	podspec.AddVariableIfAbsent(proxy, "CONTAINER_PROMETHEUS_METRICS_PORT", cmp.Or(annotations[v1beta1.AnnotationMetricsPort], defaultMetricsPort))
	podspec.AddVariableIfAbsent(proxy, "CONTAINER_PROMETHEUS_METRICS_PATH", cmp.Or(annotations[v1beta1.AnnotationMetricsPath], defaultMetricsPath))
	podspec.AddVariableIfAbsent(proxy, "AGGREGATE_PROMETHEUS_METRICS_PORT", aggregateMetricsPort)
	for _, port := range proxy.Ports {
		if port.Name == "aggr-metric" || port.ContainerPort == 9088 {
			return
		}
	}
	proxy.Ports = append(proxy.Ports, corev1.ContainerPort{
		Name: "aggr-metric", ContainerPort: 9088, Protocol: corev1.ProtocolTCP,
	})
}

// annotationsOfTemplate returns the template's annotations and creates the map if there is none.
func annotationsOfTemplate(template *corev1.PodTemplateSpec) map[string]string {
	if template.Annotations == nil {
		template.Annotations = map[string]string{}
	}
	return template.Annotations
}

// setIfAbsent sets a key that is absent.
func setIfAbsent(m map[string]string, key, value string) {
	if _, present := m[key]; !present {
		m[key] = value
	}
}
