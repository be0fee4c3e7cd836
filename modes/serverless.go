package modes

import (
	"fmt"
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
	"knative.dev/pkg/kmap"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// knativePodAutoscaler is the class of Knative's own autoscaler.
const knativePodAutoscaler = "kpa.autoscaling.knative.dev"

// KnativeHorizontalAutoscaler is the class of Knative's autoscaler that can follow cpu and memory. It
// never goes below one replica.
const KnativeHorizontalAutoscaler = "hpa.autoscaling.knative.dev"

// The tags of traffic targets: each gets a URL of its own.
const (
	tagLatest   = "latest"
	tagPrevious = "prev"
)

// allTraffic is the whole traffic, in percent.
const allTraffic = 100

// serverlessMode is the mode in which Knative runs the pods and scales them, down to zero.
func serverlessMode() Mode {
	return Mode{
		Name:         v1beta1.Serverless,
		Workload:     kinds.KnativeService,
		WorkloadName: names.KnativeService,
		MakesService: true,
		ServicesOfController: func(workload map[string]any) []string {
			name := nameIn(workload)
			services := []string{name}
			traffic, _, _ := unstructured.NestedSlice(workload, "spec", "traffic")
			for _, target := range traffic {
				fields, _ := target.(map[string]any)
				if tag, _ := fields["tag"].(string); tag != "" {
					services = append(services, tag+"-"+name)
				}
			}
			return services
		},
		PodTemplates:        []PodTemplate{{Path: "spec.template"}},
		TemplatePaths:       []string{"spec.template"},
		Admitted:            admittedByKnative,
		ScalingIsInTemplate: true,
		PodMarks: PodMarks{
			Workload: []string{v1beta1.LabelKnativeRevision},
			Revision: v1beta1.LabelKnativeRevision,
		},
		ServingPodLabel: func(workload string) (key, value string) {
			return v1beta1.LabelKnativeService, workload
		},
		UsableAutoscaler: func(Autoscaler, int32, int32, bool) Autoscaler { return AutoscalerKnative },
		Uses:             []string{"maxReplicas", "scaleTarget", "scaleMetric", "containerConcurrency", "timeoutSeconds"},
		Canary:           CanaryInRevision,
		InsteadOfField: map[string]string{
			"autoscaler": "Knative scales these pods; class KEDA scales a Deployment, down to zero too, and with minReplicas 1 or more so does every other class",
		},
		build: serverlessObjects,
	}
}

// serverlessObjects are the Knative Service of a component.
func serverlessObjects(env *Env, c *Component) (Built, *finding.Finding) {
	template, findings, problem := makePodTemplate(env, c, c.Pod.DeepCopy(), labelsOfRevision(c), annotationsOfRevision(c))
	if problem != nil {
		return Built{Findings: findings}, problem
	}
	adaptPodToKnative(c, &template.Spec)
	service := &servingv1.Service{
		TypeMeta:   typeMetaOf(kinds.KnativeService),
		ObjectMeta: componentObjectMeta(c, names.KnativeService(c.Name), componentAndQueueLabels(c), annotationsOfKnativeService(c)),
		Spec: servingv1.ServiceSpec{
			ConfigurationSpec: servingv1.ConfigurationSpec{Template: servingv1.RevisionTemplateSpec{
				ObjectMeta: template.ObjectMeta,
				Spec: servingv1.RevisionSpec{
					PodSpec:                     template.Spec,
					ContainerConcurrency:        c.Extension.ContainerConcurrency,
					TimeoutSeconds:              c.Extension.TimeoutSeconds,
					ResponseStartTimeoutSeconds: c.Extension.TimeoutSeconds,
				},
			}},
			RouteSpec: servingv1.RouteSpec{Traffic: knativeTrafficTargets(c)},
		},
	}
	findings = append(findings, scaleToZeroFindings(c)...)
	findings = append(findings, knativeAutoscalerFindings(service)...)
	findings = append(findings, knativeAdmissionFindings(service)...)
	return Built{Objects: Objects{service}, Findings: findings}, nil
}

// labelsOfRevision are the labels of revisions. The label of visibility belongs on the Knative
// Service alone. Queues look at pods, so the queue's labels are on both.
func labelsOfRevision(c *Component) map[string]string {
	labels := podLabels(c)
	delete(labels, v1beta1.LabelKnativeVisibility)
	return labels
}

// knativeServiceAnnotationKeys are the annotations that Knative reads on the Service and not on
// revisions.
func knativeServiceAnnotationKeys() []string {
	return []string{v1beta1.AnnotationKnativeRolloutDuration, v1beta1.AnnotationKnativePassthrough}
}

// annotationsOfKnativeService are the annotations of the Knative Service itself.
func annotationsOfKnativeService(c *Component) map[string]string {
	annotations := map[string]string{}
	for _, key := range knativeServiceAnnotationKeys() {
		if value, found := c.Annotations[key]; found {
			annotations[key] = value
		}
	}
	return annotations
}

// annotationsOfRevision are the annotations of revisions: those of pods, and the settings of the
// autoscaler, where the component's fields win over its annotations.
func annotationsOfRevision(c *Component) map[string]string {
	annotations := kmap.Union(c.PodAnnotations)
	for _, key := range knativeServiceAnnotationKeys() {
		delete(annotations, key)
	}
	maps.Copy(annotations, knativeScaleAnnotations(c))
	if annotations[v1beta1.AnnotationKnativeClass] == "" {
		annotations[v1beta1.AnnotationKnativeClass] = knativeAutoscalerClass(annotations[v1beta1.AnnotationKnativeMetric])
	}
	return annotations
}

// knativeScaleAnnotations are the decision about replicas as Knative's annotations.
func knativeScaleAnnotations(c *Component) map[string]string {
	annotations := map[string]string{
		v1beta1.AnnotationKnativeMinScale: fmt.Sprint(max(0, c.Scaling.Min)),
	}
	if c.Scaling.Max > 0 {
		annotations[v1beta1.AnnotationKnativeMaxScale] = fmt.Sprint(c.Scaling.Max)
	}
	if c.Scaling.Target != nil {
		annotations[v1beta1.AnnotationKnativeTarget] = fmt.Sprint(*c.Scaling.Target)
	}
	if c.Scaling.Metric != "" {
		annotations[v1beta1.AnnotationKnativeMetric] = c.Scaling.Metric
	}
	return annotations
}

// knativeAutoscalerClass is the autoscaler that can follow a metric. OME always asks for the pod
// autoscaler, which refuses cpu and memory.
func knativeAutoscalerClass(metric string) string {
	if isResourceMetric(metric) {
		return KnativeHorizontalAutoscaler
	}
	return knativePodAutoscaler
}

// isResourceMetric reports whether a metric is the use of a resource.
func isResourceMetric(metric string) bool {
	return metric == string(v1beta1.ScaleMetricCPU) || metric == string(v1beta1.ScaleMetricMemory)
}

// scaleToZeroFindings say that a component which scales by a resource does not scale to zero.
func scaleToZeroFindings(c *Component) []finding.Finding {
	if c.Scaling.Min > 0 || !isResourceMetric(c.Scaling.Metric) {
		return nil
	}
	return []finding.Finding{ignoredField(c, "minReplicas", "Knative keeps one replica when it scales by "+c.Scaling.Metric+
		"; set scaleMetric to concurrency or rps to scale to zero")}
}

// knativeTrafficTargets split the requests between the latest revision and the one that was rolled
// out before. Every field that Knative defaults is written, because Metacontroller replaces the
// list as a whole.
func knativeTrafficTargets(c *Component) []servingv1.TrafficTarget {
	percent := int64(allTraffic)
	if c.Canary.Percent != nil && c.Canary.Previous != "" {
		percent = min(max(*c.Canary.Percent, 0), allTraffic)
	}
	latest := servingv1.TrafficTarget{LatestRevision: ptr.To(true), Percent: ptr.To(percent)}
	if c.Annotations[v1beta1.AnnotationEnableTagRouting] == "true" {
		latest.Tag = tagLatest
	}
	if percent == allTraffic {
		return []servingv1.TrafficTarget{latest}
	}
	previous := servingv1.TrafficTarget{
		RevisionName:   c.Canary.Previous,
		LatestRevision: ptr.To(false),
		Percent:        ptr.To(allTraffic - percent),
		Tag:            tagPrevious,
	}
	return []servingv1.TrafficTarget{latest, previous}
}
