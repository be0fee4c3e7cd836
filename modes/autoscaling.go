package modes

import (
	"fmt"
	"slices"
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
		return makeHorizontalPodAutoscaler(env, c, labels, target)
	case AutoscalerKEDA:
		return makeScaledObject(env, c, target)
	}
	return Built{}, nil
}

// scaleTargetReference refers to the object that an autoscaler scales.
func scaleTargetReference(kind kinds.Kind, name string) autoscalingv2.CrossVersionObjectReference {
	kindName, apiVersion := kind.NameAndVersion()
	return autoscalingv2.CrossVersionObjectReference{APIVersion: apiVersion, Kind: kindName, Name: name}
}

// autoscalerBounds are the smallest and the largest number of replicas that an autoscaler may set. One
// that measures the pods keeps at least one replica, because without pods there is nothing to measure:
// a finding says so where the component asks for none.
func autoscalerBounds(c *Component, measuresPods bool) (minReplicas, maxReplicas int32, findings []finding.Finding) {
	minReplicas = max(0, c.Scaling.Min)
	if measuresPods && minReplicas == 0 {
		minReplicas = 1
		findings = []finding.Finding{{
			Subject: string(c.Type) + "/minReplicas", Reason: ReasonScaleToZeroUnavailable, Message: fmt.Sprintf(
				"spec.%s.minReplicas is 0, and one replica stays, because without pods the autoscaler has nothing to measure: "+
					"set it to 1, or scale by class KEDA with triggers that need no pods (spec.%s.autoscaler)", c.Type, c.Type),
		}}
	}
	return minReplicas, max(1, c.Scaling.Max, minReplicas), findings
}

// makeHorizontalPodAutoscaler scales on the metrics of the autoscaler block, else on the use of cpu or
// memory.
func makeHorizontalPodAutoscaler(env *Env, c *Component, labels map[string]string, target autoscalingv2.CrossVersionObjectReference) (Built, *finding.Finding) {
	minReplicas, maxReplicas, findings := autoscalerBounds(c, !env.Config.Deploy.HPAScaleToZero || !hasMetricWithoutPods(c.Scaling.Block))
	scaler := &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta:   typeMetaOf(kinds.HorizontalPodAutoscaler),
		ObjectMeta: componentObjectMeta(c, c.Name, labels, c.Annotations),
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: target,
			MinReplicas:    &minReplicas,
			MaxReplicas:    maxReplicas,
			Behavior:       behaviorOfHPA(c.Scaling),
		},
	}
	built := Built{Objects: Objects{scaler}, Findings: findings}
	if c.Scaling.Block == nil {
		resource, followed, metricFindings := resourceMetricOfHPA(c)
		utilization, targetFindings := targetUtilizationOfHPA(c, followed)
		scaler.Spec.Metrics = utilizationMetric(resource, utilization)
		built.Findings = slices.Concat(findings, metricFindings, targetFindings)
		return built, nil
	}
	scaler.Spec.Metrics = utilizationMetric(corev1.ResourceCPU, defaultUtilization)
	if given := c.Scaling.Block.HPA; given != nil {
		if problem := malformedMetric(c, given.Metrics); problem != nil {
			return Built{Findings: findings}, problem
		}
		if len(given.Metrics) > 0 {
			scaler.Spec.Metrics = given.Metrics
		}
	}
	return built, nil
}

// hasMetricWithoutPods reports whether a HorizontalPodAutoscaler has a metric that has a value while there are
// no pods: the condition under which Kubernetes lets it scale to zero (KEP-2021).
func hasMetricWithoutPods(block *v1beta1.ComponentAutoscaler) bool {
	return block != nil && block.HPA != nil && slices.ContainsFunc(block.HPA.Metrics, func(metric autoscalingv2.MetricSpec) bool {
		return metric.Type == autoscalingv2.ObjectMetricSourceType || metric.Type == autoscalingv2.ExternalMetricSourceType
	})
}

// behaviorOfHPA is how fast a HorizontalPodAutoscaler scales: as the autoscaler block says.
func behaviorOfHPA(scaling Scaling) *autoscalingv2.HorizontalPodAutoscalerBehavior {
	var behavior *autoscalingv2.HorizontalPodAutoscalerBehavior
	if scaling.Block != nil && scaling.Block.HPA != nil {
		behavior = scaling.Block.HPA.Behavior
	}
	if scaling.OnlyOut {
		return onlyScalingOut(behavior)
	}
	return behavior
}

// utilizationMetric follows the use of a resource as a percentage of its request.
func utilizationMetric(resource corev1.ResourceName, percent int32) []autoscalingv2.MetricSpec {
	return []autoscalingv2.MetricSpec{{
		Type: autoscalingv2.ResourceMetricSourceType,
		Resource: &autoscalingv2.ResourceMetricSource{
			Name: resource,
			Target: autoscalingv2.MetricTarget{
				Type:               autoscalingv2.UtilizationMetricType,
				AverageUtilization: &percent,
			},
		},
	}}
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
