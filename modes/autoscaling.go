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
// ScaledObject, or nothing where somebody else or nobody does. The target is any
// workload with a scale subresource: a Deployment or a LeaderWorkerSet. The labels
// are those of a HorizontalPodAutoscaler.
func autoscaler(env *Env, c *Component, labels map[string]string, target autoscalingv2.CrossVersionObjectReference) (Built, *finding.Finding) {
	switch c.Scaling.Autoscaler {
	case AutoscalerHPA:
		return horizontalPodAutoscaler(c, labels, target), nil
	case AutoscalerKEDA:
		scaler, problem := scaledObject(env, c, target)
		if problem != nil {
			return Built{}, problem
		}
		return Built{Objects: Objects{scaler}}, nil
	}
	return Built{}, nil
}

// scaleTarget refers to an object that is scaled.
func scaleTarget(kind kinds.Kind, name string) autoscalingv2.CrossVersionObjectReference {
	kindName, apiVersion := kind.Split()
	return autoscalingv2.CrossVersionObjectReference{APIVersion: apiVersion, Kind: kindName, Name: name}
}

// replicaBounds are the bounds of an autoscaler: it keeps one replica at least,
// because without pods there is nothing to measure.
func replicaBounds(s Scaling) (least, most int32) {
	least = max(1, s.Min)
	return least, max(s.Max, least)
}

// horizontalPodAutoscaler scales on the use of cpu or memory.
func horizontalPodAutoscaler(c *Component, labels map[string]string, target autoscalingv2.CrossVersionObjectReference) Built {
	least, most := replicaBounds(c.Scaling)
	resource, followed, findings := resourceMetric(c)
	utilization, more := targetUtilization(c, followed)
	scaler := &autoscalingv2.HorizontalPodAutoscaler{
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
	return Built{Objects: Objects{scaler}, Findings: append(findings, more...)}
}

// resourceMetric is the resource that a HorizontalPodAutoscaler follows, and whether it is the one
// that the component asks for. It cannot follow requests: then it follows cpu, the target of the
// other metric means nothing, and a finding says so.
func resourceMetric(c *Component) (resource corev1.ResourceName, followed bool, findings []finding.Finding) {
	switch metric := c.Scaling.Metric; metric {
	case "":
		return corev1.ResourceCPU, true, nil
	case string(corev1.ResourceCPU), string(corev1.ResourceMemory):
		return corev1.ResourceName(metric), true, nil
	default:
		return corev1.ResourceCPU, false, []finding.Finding{{
			Subject: string(c.Type) + "/autoscaling", Reason: ReasonMetricIgnored, Message: fmt.Sprintf(
				"spec.%s.scaleMetric %q cannot be followed by a HorizontalPodAutoscaler, which scales on cpu instead: "+
					"set scaleMetric to cpu or memory, or scale with KEDA (annotation %s: keda)",
				c.Type, metric, v1beta1.AnnotationAutoscalerClass),
		}}
	}
}

// targetUtilization is the percentage to reach: the annotation's, else the component's where it
// belongs to the metric that is followed, else 80.
func targetUtilization(c *Component, followed bool) (percent int32, findings []finding.Finding) {
	if text, given := c.Annotations[v1beta1.AnnotationTargetUtilization]; given {
		percent, err := strconv.ParseInt(text, 10, 32)
		if err == nil && percent > 0 {
			return int32(percent), nil
		}
		findings = []finding.Finding{{
			Subject: string(c.Type) + "/autoscaling", Reason: ReasonTargetIgnored, Message: fmt.Sprintf(
				"annotation %s of the %s is %q: it must be a whole number from 1 to 100 and is ignored",
				v1beta1.AnnotationTargetUtilization, c.Type, text),
		}}
	}
	if followed && c.Scaling.Target != nil && *c.Scaling.Target > 0 {
		return *c.Scaling.Target, findings
	}
	return defaultUtilization, findings
}
