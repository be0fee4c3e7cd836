package modes

import (
	"maps"
	"strconv"

	"github.com/isvc-io/isvc/api/finding"

	"k8s.io/utils/ptr"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// The classes of Knative's autoscaler. Only the second can follow cpu and
// memory, and it never goes below one replica.
const (
	knativePodAutoscaler        = "kpa.autoscaling.knative.dev"
	knativeHorizontalAutoscaler = "hpa.autoscaling.knative.dev"
)

// The tags of traffic targets: each gets a URL of its own.
const (
	tagLatest   = "latest"
	tagPrevious = "prev"
)

// allTraffic is the whole of the traffic, in percent.
const allTraffic = 100

// serverlessMode is the mode in which Knative runs the pods and scales them, down to zero.
func serverlessMode() Mode {
	return Mode{
		Name:         v1beta1.Serverless,
		Workload:     kinds.KnativeService,
		WorkloadName: names.KnativeService,
		MakesService: true,
		PodTemplates: []PodTemplate{{Path: "spec.template"}},
		PodMarks: PodMarks{
			Workload: []string{v1beta1.LabelKnativeRevision},
			Revision: v1beta1.LabelKnativeRevision,
		},
		ServingPodLabel: func(_, workload string) (key, value string) {
			return v1beta1.LabelKnativeService, workload
		},
		UsableAutoscaler: func(Autoscaler, int32, int32, bool) Autoscaler { return AutoscalerKnative },
		OnlySomeModesUse: []string{"canaryTrafficPercent", "containerConcurrency"},
		build:            serverlessObjects,
	}
}

// serverlessObjects are the Knative Service of a component.
func serverlessObjects(env *Env, c *Component) (Objects, *finding.Finding) {
	template, problem := podTemplate(env, c, c.Pod.DeepCopy(), knativePodLabels(c), knativePodAnnotations(c))
	if problem != nil {
		return nil, problem
	}
	adaptPodToKnative(env, c, &template.Spec)
	service := &servingv1.Service{
		TypeMeta:   typeMeta(kinds.KnativeService),
		ObjectMeta: objectMeta(c, names.KnativeService(c.Name), queueLabels(c), knativeServiceAnnotations(c)),
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
			RouteSpec: servingv1.RouteSpec{Traffic: knativeTraffic(c)},
		},
	}
	noteScaleToZero(env, c)
	noteKnativeFeatures(env, service)
	noteKnativeRefusals(env, service)
	return Objects{service}, nil
}

// knativePodLabels are the labels of revisions. Visibility belongs on the
// Knative Service alone. Queues look at pods, so that the queue's labels are
// on both.
func knativePodLabels(c *Component) map[string]string {
	labels := queueLabels(c)
	delete(labels, v1beta1.LabelKnativeVisibility)
	return labels
}

// knativeServiceOnly lists the annotations that Knative reads on the Service
// and not on revisions.
func knativeServiceOnly() []string {
	return []string{v1beta1.AnnotationKnativeRolloutDuration, v1beta1.AnnotationKnativePassthrough}
}

// knativeServiceAnnotations are the annotations of the Knative Service itself.
func knativeServiceAnnotations(c *Component) map[string]string {
	annotations := map[string]string{}
	for _, key := range knativeServiceOnly() {
		if value, found := c.Annotations[key]; found {
			annotations[key] = value
		}
	}
	return annotations
}

// knativePodAnnotations are the annotations of revisions: the component's and
// the settings of the autoscaler, which the component's fields win.
func knativePodAnnotations(c *Component) map[string]string {
	annotations := join(c.Annotations)
	for _, key := range knativeServiceOnly() {
		delete(annotations, key)
	}
	maps.Copy(annotations, scaleAnnotations(c))
	if annotations[v1beta1.AnnotationKnativeClass] == "" {
		annotations[v1beta1.AnnotationKnativeClass] = knativeClass(annotations[v1beta1.AnnotationKnativeMetric])
	}
	return annotations
}

// scaleAnnotations are the decision about replicas in Knative's words.
func scaleAnnotations(c *Component) map[string]string {
	annotations := map[string]string{
		v1beta1.AnnotationKnativeMinScale: itoa(max(0, c.Scaling.Min)),
	}
	if c.Scaling.Max > 0 {
		annotations[v1beta1.AnnotationKnativeMaxScale] = itoa(c.Scaling.Max)
	}
	if c.Scaling.Target != nil {
		annotations[v1beta1.AnnotationKnativeTarget] = itoa(*c.Scaling.Target)
	}
	if c.Scaling.Metric != "" {
		annotations[v1beta1.AnnotationKnativeMetric] = c.Scaling.Metric
	}
	return annotations
}

// knativeClass is the autoscaler that can follow a metric. OME always asks for
// the pod autoscaler, which refuses cpu and memory.
func knativeClass(metric string) string {
	if followsResource(metric) {
		return knativeHorizontalAutoscaler
	}
	return knativePodAutoscaler
}

func followsResource(metric string) bool {
	return metric == string(v1beta1.ScaleMetricCPU) || metric == string(v1beta1.ScaleMetricMemory)
}

func noteScaleToZero(env *Env, c *Component) {
	if c.Scaling.Min <= 0 && followsResource(c.Scaling.Metric) {
		noteIgnored(env, c, "minReplicas", "Knative keeps one replica when it scales by "+c.Scaling.Metric+
			"; set scaleMetric to concurrency or rps to scale to zero")
	}
}

// knativeTraffic splits the requests between the latest revision and the one
// that was rolled out before. Every field that Knative defaults is written,
// because Metacontroller replaces the list as a whole.
func knativeTraffic(c *Component) []servingv1.TrafficTarget {
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

func itoa(n int32) string { return strconv.Itoa(int(n)) }
