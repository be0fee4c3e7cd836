package modes

import (
	"fmt"
	"strconv"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// defaultUtilization is the percentage of its request that a pod should use where neither the
// service nor the runtime gives one.
const defaultUtilization int32 = 80

// makeAutoscaler makes what scales the target: a HorizontalPodAutoscaler, a ScaledObject, or
// nothing where the replicas are fixed or another program scales them. The target is any workload
// with a scale subresource: a Deployment or a LeaderWorkerSet. The labels are for a
// HorizontalPodAutoscaler.
func makeAutoscaler(env *Env, c *Component, labels map[string]string, target autoscalingv2.CrossVersionObjectReference) (Built, *finding.Finding) {
	switch c.Scaling.Autoscaler {
	case AutoscalerHPA:
		return makeHorizontalPodAutoscaler(c, labels, target), nil
	case AutoscalerKEDA:
		scaler, problem := makeScaledObject(env, c, target)
		if problem != nil {
			return Built{}, problem
		}
		return Built{Objects: Objects{scaler}}, nil
	}
	return Built{}, nil
}

// scaleTargetReference refers to the object that an autoscaler scales.
func scaleTargetReference(kind kinds.Kind, name string) autoscalingv2.CrossVersionObjectReference {
	kindName, apiVersion := kind.Split()
	return autoscalingv2.CrossVersionObjectReference{APIVersion: apiVersion, Kind: kindName, Name: name}
}

// autoscalerBounds are the smallest and the largest number of replicas that an autoscaler may set.
// It keeps at least one replica, because without pods there is nothing to measure.
func autoscalerBounds(s Scaling) (minReplicas, maxReplicas int32) {
	minReplicas = max(1, s.Min)
	return minReplicas, max(s.Max, minReplicas)
}

// makeHorizontalPodAutoscaler scales on the use of cpu or memory.
func makeHorizontalPodAutoscaler(c *Component, labels map[string]string, target autoscalingv2.CrossVersionObjectReference) Built {
	minReplicas, maxReplicas := autoscalerBounds(c.Scaling)
	resource, followed, findings := resourceMetricOfHPA(c)
	utilization, targetFindings := targetUtilizationOfHPA(c, followed)
	scaler := &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta:   typeMetaOf(kinds.HorizontalPodAutoscaler),
		ObjectMeta: componentObjectMeta(c, c.Name, labels, c.Annotations),
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: target,
			MinReplicas:    &minReplicas,
			MaxReplicas:    maxReplicas,
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
	return Built{Objects: Objects{scaler}, Findings: append(findings, targetFindings...)}
}

// resourceMetricOfHPA is the resource that a HorizontalPodAutoscaler follows, and whether it is the
// metric of the component. A HorizontalPodAutoscaler cannot follow requests: then it follows cpu,
// the target of the component does not count, and a finding says so.
func resourceMetricOfHPA(c *Component) (resource corev1.ResourceName, followed bool, findings []finding.Finding) {
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

// targetUtilizationOfHPA is the percentage that a HorizontalPodAutoscaler aims at: the
// annotation's, else the component's where it belongs to the metric that is followed, else 80.
func targetUtilizationOfHPA(c *Component, followed bool) (percent int32, findings []finding.Finding) {
	if value, given := c.Annotations[v1beta1.AnnotationTargetUtilization]; given {
		percent, err := strconv.ParseInt(value, 10, 32)
		if err == nil && percent > 0 {
			return int32(percent), nil
		}
		findings = []finding.Finding{{
			Subject: string(c.Type) + "/autoscaling", Reason: ReasonTargetIgnored, Message: fmt.Sprintf(
				"annotation %s of the %s is %q: it must be a whole number from 1 to 100 and is ignored",
				v1beta1.AnnotationTargetUtilization, c.Type, value),
		}}
	}
	if followed && c.Scaling.Target != nil && *c.Scaling.Target > 0 {
		return *c.Scaling.Target, findings
	}
	return defaultUtilization, findings
}
