package modes

import (
	"fmt"
	"strconv"

	"github.com/isvc-io/isvc/api/finding"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// defaultUtilization is the share of its request that a pod should use, in
// percent, where nothing else is said.
const defaultUtilization int32 = 80

// autoscaler builds what scales the target: a HorizontalPodAutoscaler, a
// ScaledObject, or nil where somebody else or nobody does. The target is any
// workload with a scale subresource: a Deployment or a LeaderWorkerSet. The labels
// are those of a HorizontalPodAutoscaler.
func autoscaler(env *Env, c *Component, labels map[string]string, target autoscalingv2.CrossVersionObjectReference) (any, *finding.Finding) {
	switch c.Scaling.Autoscaler {
	case AutoscalerHPA:
		return horizontalPodAutoscaler(env, c, labels, target), nil
	case AutoscalerKEDA:
		return scaledObject(env, c, target)
	}
	return nil, nil
}

// replicaBounds are the bounds of an autoscaler: it keeps one replica at least,
// because without pods there is nothing to measure.
func replicaBounds(s Scaling) (least, most int32) {
	least = max(1, s.Min)
	return least, max(s.Max, least)
}

// horizontalPodAutoscaler scales on the use of cpu or memory.
func horizontalPodAutoscaler(env *Env, c *Component, labels map[string]string, target autoscalingv2.CrossVersionObjectReference) *autoscalingv2.HorizontalPodAutoscaler {
	least, most := replicaBounds(c.Scaling)
	resource, usable := resourceMetric(env, c)
	utilization := targetUtilization(env, c, usable)
	return &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta:   typeMeta(kinds.HorizontalPodAutoscaler),
		ObjectMeta: objectMeta(c, c.Name, labels, c.Annotations),
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: target,
			MinReplicas:    &least,
			MaxReplicas:    most,
			Metrics: []autoscalingv2.MetricSpec{{
				Type: autoscalingv2.ResourceMetricSourceType,
				Resource: &autoscalingv2.ResourceMetricSource{
					Name: resource,
					Target: autoscalingv2.MetricTarget{
						Type:               autoscalingv2.UtilizationMetricType,
						AverageUtilization: &utilization,
					},
				},
			}},
		},
	}
}

// resourceMetric is the resource that a HorizontalPodAutoscaler follows. It
// cannot follow requests: then it follows cpu, the target of the other metric
// means nothing, and a note says so.
func resourceMetric(env *Env, c *Component) (resource corev1.ResourceName, usable bool) {
	switch metric := c.Scaling.Metric; metric {
	case "":
		return corev1.ResourceCPU, true
	case string(corev1.ResourceCPU), string(corev1.ResourceMemory):
		return corev1.ResourceName(metric), true
	default:
		env.Record.Note(string(c.Type)+"/autoscaling", ReasonMetricIgnored, fmt.Sprintf(
			"spec.%s.scaleMetric %q cannot be followed by a HorizontalPodAutoscaler, which scales on cpu instead: "+
				"set scaleMetric to cpu or memory, or scale with KEDA (annotation %s: keda)",
			c.Type, metric, v1beta1.AnnotationAutoscalerClass))
		return corev1.ResourceCPU, false
	}
}

// targetUtilization is the percentage to keep: the annotation's, else the
// component's where it belongs to the metric, else 80.
func targetUtilization(env *Env, c *Component, own bool) int32 {
	if text, given := c.Annotations[v1beta1.AnnotationTargetUtilization]; given {
		percent, err := strconv.ParseInt(text, 10, 32)
		if err == nil && percent > 0 {
			return int32(percent)
		}
		env.Record.Note(string(c.Type)+"/autoscaling", ReasonTargetIgnored, fmt.Sprintf(
			"annotation %s of the %s is %q: it must be a whole number from 1 to 100 and is ignored",
			v1beta1.AnnotationTargetUtilization, c.Type, text))
	}
	if own && c.Scaling.Target != nil && *c.Scaling.Target > 0 {
		return *c.Scaling.Target
	}
	return defaultUtilization
}
