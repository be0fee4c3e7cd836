package modes

import (
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/utils/ptr"
	"knative.dev/pkg/kmap"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// BuildCanary makes the objects of a canary of a component, with the pod template of the component and a
// fixed number of replicas: a workload, a Service object and a disruption budget with names of their own.
// With a problem there are no objects. The mode must be one whose canary is a workload beside.
func BuildCanary(env *Env, c *Component, replicas int32) (Built, *finding.Finding) {
	mode, _ := Of(c.Mode)
	built, problem := mode.build(env, canaryOf(c, replicas))
	if problem != nil {
		return Built{Findings: built.Findings}, problem
	}
	return built, nil
}

// canaryOf is the canary of a component as a component. It is for comparison with what serves, so that
// it has no load balancer, and a drain may take any one of its pods. It takes no requests while its
// template changes: its pods are replaced without others beside them, which would need accelerators.
func canaryOf(c *Component, replicas int32) *Component {
	canary := *c
	canary.Name = names.Canary(c.Name)
	canary.Canary = Canary{}
	canary.Scaling = Scaling{Autoscaler: AutoscalerNone, Min: replicas, Max: replicas, Replicas: &replicas}
	canary.Extension.DeploymentStrategy = &appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}
	canary.Extension.MinAvailable, canary.Extension.MaxUnavailable = nil, wholeNumber(1)
	canary.Annotations = kmap.Filter(c.Annotations, func(key string) bool {
		return key == v1beta1.AnnotationServiceType || key == v1beta1.AnnotationLoadBalancerIP
	})
	return &canary
}

// CanaryReplicas is the number of pods of a canary that gets a percentage of the requests beside a number
// of replicas: as many as that share needs, at least one, not more than the component may have, and not
// fewer than it has already.
func CanaryReplicas(c *Component, percent int64, besides, already int32) int32 {
	return min(max(1, replicasForShare(percent, besides), already), max(1, c.Scaling.Max))
}

// CanaryGroups is how many of a number of replicas are a canary that gets a percentage of the requests: as
// many as that share needs, and all but one at most. There is no canary of fewer than two replicas.
func CanaryGroups(percent int64, replicas int32) int32 {
	return max(0, min(replicasForShare(percent, replicas), replicas-1))
}

// replicasForShare is a percentage of some replicas, rounded up; all of them at most.
func replicasForShare(percent int64, replicas int32) int32 {
	share := (percent*int64(replicas) + allTraffic - 1) / allTraffic
	return int32(min(share, int64(replicas))) //nolint:gosec // at most replicas
}

// onlyScalingOut is the behavior of a HorizontalPodAutoscaler that takes no replicas away.
func onlyScalingOut(given *autoscalingv2.HorizontalPodAutoscalerBehavior) *autoscalingv2.HorizontalPodAutoscalerBehavior {
	behavior := given.DeepCopy()
	if behavior == nil {
		behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{}
	}
	if behavior.ScaleDown == nil {
		behavior.ScaleDown = &autoscalingv2.HPAScalingRules{}
	}
	behavior.ScaleDown.SelectPolicy = ptr.To(autoscalingv2.DisabledPolicySelect)
	return behavior
}

// withOnlyScalingOut is the field advanced of a ScaledObject whose HorizontalPodAutoscaler takes no
// replicas away, as JSON in Go values.
func withOnlyScalingOut(advanced map[string]any) map[string]any {
	autoscaler, _ := advanced["horizontalPodAutoscalerConfig"].(map[string]any)
	behavior, _ := autoscaler["behavior"].(map[string]any)
	scaleDown, _ := behavior["scaleDown"].(map[string]any)
	scaleDown = withMember(scaleDown, "selectPolicy", string(autoscalingv2.DisabledPolicySelect))
	behavior = withMember(behavior, "scaleDown", scaleDown)
	return withMember(advanced, "horizontalPodAutoscalerConfig", withMember(autoscaler, "behavior", behavior))
}
