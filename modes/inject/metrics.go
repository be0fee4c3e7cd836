package inject

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/podspec"
)

// Where metrics are to be had: of Knative's proxy alone, or of the proxy and
// the runner together.
const (
	proxyMetricsPort     = "9091"
	aggregateMetricsPort = "9088"
	defaultMetricsPort   = "8080"
	defaultMetricsPath   = "/metrics"
	queueProxy           = "queue-proxy"
)

// metrics writes whether metrics are aggregated and scraped, and where.
//
// The proxy is configured only where the template has it: Knative adds its own
// to pods, after the template.
func metrics(template *corev1.PodTemplateSpec, defaults config.Metrics) {
	annotations := annotationsOf(template)
	fill(annotations, v1beta1.AnnotationEnableMetricAggregation, defaults.EnableMetricAggregation)
	fill(annotations, v1beta1.AnnotationEnablePrometheusScraping, defaults.EnablePrometheusScraping)
	aggregated := annotations[v1beta1.AnnotationEnableMetricAggregation] == "true"
	if aggregated {
		aggregate(&template.Spec, annotations)
	}
	if annotations[v1beta1.AnnotationEnablePrometheusScraping] == "true" {
		annotations[v1beta1.AnnotationPrometheusPort] = proxyMetricsPort
		if aggregated {
			annotations[v1beta1.AnnotationPrometheusPort] = aggregateMetricsPort
		}
		annotations[v1beta1.AnnotationPrometheusPath] = defaultMetricsPath
	}
}

// aggregate tells the proxy where the runner's metrics are.
func aggregate(pod *corev1.PodSpec, annotations map[string]string) {
	proxy := podspec.ContainerNamed(pod.Containers, queueProxy)
	if proxy == nil {
		return
	}
	podspec.AddVariableIfAbsent(proxy, "CONTAINER_PROMETHEUS_METRICS_PORT", cmp.Or(annotations[v1beta1.AnnotationMetricsPort], defaultMetricsPort))
	podspec.AddVariableIfAbsent(proxy, "CONTAINER_PROMETHEUS_METRICS_PATH", cmp.Or(annotations[v1beta1.AnnotationMetricsPath], defaultMetricsPath))
	podspec.AddVariableIfAbsent(proxy, "AGGREGATE_PROMETHEUS_METRICS_PORT", aggregateMetricsPort)
	for _, port := range proxy.Ports {
		if port.Name == "aggr-metric" {
			return
		}
	}
	proxy.Ports = append(proxy.Ports, corev1.ContainerPort{
		Name: "aggr-metric", ContainerPort: 9088, Protocol: corev1.ProtocolTCP,
	})
}

// annotationsOf returns the template's annotations, creating the map.
func annotationsOf(template *corev1.PodTemplateSpec) map[string]string {
	if template.Annotations == nil {
		template.Annotations = map[string]string{}
	}
	return template.Annotations
}

// fill sets a key that is absent.
func fill(m map[string]string, key, value string) {
	if _, present := m[key]; !present {
		m[key] = value
	}
}
