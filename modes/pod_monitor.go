package modes

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"knative.dev/pkg/kmap"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// The part of monitoring.coreos.com/v1 that lets Prometheus scrape pods.
//
// The structs are our own because the module of the Prometheus Operator's types is built for one version
// of Kubernetes and of controller-runtime.

// PodMonitor makes Prometheus scrape pods.
type PodMonitor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              PodMonitorSpec `json:"spec"`
}

// PodMonitorSpec says which pods are scraped, and where.
type PodMonitorSpec struct {
	Selector            metav1.LabelSelector `json:"selector"`
	PodMetricsEndpoints []PodMetricsEndpoint `json:"podMetricsEndpoints"`
	// PodTargetLabels are labels of pods that series have too.
	PodTargetLabels []string `json:"podTargetLabels,omitempty"`
}

// PodMetricsEndpoint is a port of a container, by its name or, where it has none, by its number.
type PodMetricsEndpoint struct {
	Port       string `json:"port,omitempty"`
	PortNumber int32  `json:"portNumber,omitempty"`
	Path       string `json:"path"`
}

// makePodMonitor lets Prometheus scrape what the built-in queries ask: the pods of a component, those of its
// canary too. A finding says where it cannot be made and nothing else asks for scraping. Pods that something
// else scrapes as well count once: see oncePerServer.
//
// There is none for a query of the user, whose metrics are scraped already, and none where the configuration
// says that something else scrapes.
func makePodMonitor(env *Env, c *Component) Built {
	isRouter := c.Server.Engine == "" && c.Type == v1beta1.RouterComponent
	if !c.AsksBuiltInQuery() || !env.Config.Keda.PodMonitors || c.Server.NoMetrics != "" || isRouter {
		return Built{}
	}
	endpoint, declared := metricsEndpointOf(c)
	switch {
	case !env.Kinds.Has(kinds.PodMonitor):
		return Built{Findings: notScraped(c, "install the Prometheus Operator and add manifests/components/"+
			kinds.ManifestComponentOf(kinds.PodMonitor)+" to the kustomization, so that isvc makes a PodMonitor")}
	case !declared:
		return Built{Findings: notScraped(c, "declare the port of the metrics in the container that serves, so that isvc makes a PodMonitor")}
	}
	spec := PodMonitorSpec{
		Selector:            metav1.LabelSelector{MatchLabels: componentIdentityLabels(c)},
		PodMetricsEndpoints: []PodMetricsEndpoint{endpoint},
	}
	if findsPodsByLabel(c, env.Config.Keda.MatchPodsBy) {
		spec.PodTargetLabels = labelsThatFindPods()
	}
	return Built{Objects: Objects{&PodMonitor{
		TypeMeta:   typeMetaOf(kinds.PodMonitor),
		ObjectMeta: componentObjectMeta(c, c.Name, kmap.Union(env.Config.Keda.PodMonitorLabels, componentLabels(c)), nil),
		Spec:       spec,
	}}}
}

// notScraped finds that nothing is seen that makes Prometheus scrape the pods of a component: neither a
// PodMonitor nor annotations. Of a program that is not recognised, more is wrong, which is said elsewhere.
func notScraped(c *Component, remedy string) []finding.Finding {
	announced := c.PodAnnotations[v1beta1.AnnotationPrometheusScrape] == "true" || c.PodAnnotations[v1beta1.AnnotationObservabilityProfile] != ""
	if announced || c.Server.Engine == "" {
		return nil
	}
	return []finding.Finding{{Subject: string(c.Type) + "/autoscaling", Reason: ReasonMetricsNotScraped, Message: fmt.Sprintf(
		"KEDA asks Prometheus about the pods of the %s, and nothing that isvc can see makes Prometheus scrape them: %s, "+
			"or set podMonitors to false in key %s of ConfigMap %s where something else scrapes them",
		c.Type, remedy, config.SectionKeda, config.MapName)}}
}

// IsDisprovedByKEDA reports whether a finding about the metrics of a component is no longer true once KEDA
// says that it has them.
func IsDisprovedByKEDA(found finding.Finding) bool { return found.Reason == ReasonMetricsNotScraped }

// tritonMetricsPort is where Triton serves metrics unless it is told otherwise.
const tritonMetricsPort int32 = 8002

// metricsEndpointOf is where the program of a component serves metrics: where the annotations of Prometheus
// say, else where the program does by itself. It returns false for a port that the container does not
// declare.
func metricsEndpointOf(c *Component) (PodMetricsEndpoint, bool) {
	port, path := ServingPort(c), "/metrics"
	switch c.Server.Engine {
	case EngineTensorRT:
		path = "/prometheus/metrics"
	case EngineTriton:
		port = tritonMetricsPort
	}
	if given, err := strconv.ParseInt(c.PodAnnotations[v1beta1.AnnotationPrometheusPort], 10, 32); err == nil {
		port = int32(given)
	}
	runner := runnerContainerOf(c)
	if runner == nil {
		return PodMetricsEndpoint{}, false
	}
	at := slices.IndexFunc(runner.Ports, func(p corev1.ContainerPort) bool {
		return p.ContainerPort == port && ProtocolOf(p) == corev1.ProtocolTCP
	})
	if at < 0 {
		return PodMetricsEndpoint{}, false
	}
	endpoint := PodMetricsEndpoint{Port: runner.Ports[at].Name, Path: cmp.Or(c.PodAnnotations[v1beta1.AnnotationPrometheusPath], path)}
	if endpoint.Port == "" {
		endpoint.PortNumber = port
	}
	return endpoint, true
}

// findsPodsByLabel reports whether queries find the pods of a component by labels of the pods.
func findsPodsByLabel(c *Component, by config.MatchPodsBy) bool {
	return by == config.MatchPodsByLabel || podNamePattern(c) == ""
}

// labelsThatFindPods are the labels of pods by which queries find them.
func labelsThatFindPods() []string {
	return []string{v1beta1.LabelInferenceService, v1beta1.LabelComponent, v1beta1.LabelApp}
}
