package compose

import (
	"fmt"
	"math"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/compose/merge"
)

// The replicas of a component for which neither the service, the runtime nor the configuration says a
// number.
const (
	defaultMinReplicas       = 1
	defaultMaxReplicas       = 3
	defaultMaxRouterReplicas = 2
)

// decideScaling decides how many replicas there are and who decides it later.
func decideScaling(s *sources, merged *componentSpec, chosen chosenMode, asked askedAutoscaler) modes.Scaling {
	least, greatest := replicaBounds(s, merged)
	if chosen.keepsOneReplica && least == 0 {
		least, greatest = 1, max(1, greatest)
	}
	idle := least
	if asked.block != nil && asked.block.Keda != nil && asked.block.Keda.IdleReplicaCount != nil {
		idle = min(idle, *asked.block.Keda.IdleReplicaCount)
	}
	scaling := modes.Scaling{
		Autoscaler: chosen.mode.UsableAutoscaler(asked.class, idle, greatest, merged.MaxReplicas <= 0 && asked.block == nil),
		Min:        least,
		Max:        greatest,
		Target:     clampPointer(merged.ScaleTarget),
		Source:     asked.source,
		Place:      asked.place,
		Block:      asked.block,
	}
	if merged.ScaleMetric != nil {
		scaling.Metric = string(*merged.ScaleMetric)
	}
	switch scaling.Autoscaler {
	case modes.AutoscalerKEDA:
		scaling.Keda = asked.keda
	case modes.AutoscalerNone:
		scaling.Replicas = &least
	}
	if s.record.IsExplaining() {
		s.record.AddEntry(trace.Entry{
			Subject: s.traceSubject("autoscaler"), Verdict: trace.Chosen, Value: string(scaling.Autoscaler),
			Reason: ScalingDecided, Message: fmt.Sprintf("%d to %d replicas", least, greatest), Source: asked.trace,
		})
	}
	return scaling
}

// metricsOfServer says which servers' metrics are asked.
func metricsOfServer(server modes.Server) string {
	if server.Engine == "" {
		return "all servers that are known"
	}
	return server.Engine.Title()
}

// explainServer says which program a component that KEDA scales runs, by which KEDA's built-in queries are
// chosen.
func explainServer(s *sources, scaling modes.Scaling, server modes.Server) {
	if !s.record.IsExplaining() || scaling.Autoscaler != modes.AutoscalerKEDA || scaling.Block != nil {
		return
	}
	s.record.AddEntry(trace.Entry{
		Subject: s.traceSubject("server"), Verdict: trace.Chosen, Value: string(server.Engine), Reason: ServerRecognised,
		Message: "queries of isvc ask for the metrics of " + metricsOfServer(server) + ": " + server.Why,
	})
}

// replicaBounds returns the least and the greatest number of replicas. A negative number counts as
// none, and the greatest is raised to the least, as OME does.
func replicaBounds(s *sources, merged *componentSpec) (least, greatest int32) {
	byDefault, greatestByDefault := defaultBounds(s)
	least = byDefault
	if given := merged.MinReplicas; given != nil && *given >= 0 {
		least = clampToInt32(*given)
	} else if given != nil {
		warnAboutNegativeReplicas(s, "minReplicas", *given, byDefault)
	}
	greatest = clampToInt32(merged.MaxReplicas)
	if greatest == 0 {
		greatest = greatestByDefault
		if merged.MaxReplicas < 0 {
			warnAboutNegativeReplicas(s, "maxReplicas", merged.MaxReplicas, greatest)
		}
	} else if greatest < least {
		s.record.AddFinding(s.traceSubject("maxReplicas"), ReasonReplicasAdjusted, fmt.Sprintf(
			"spec.%s: minReplicas %d exceeds maxReplicas %d: %d replicas are used; set maxReplicas to at least minReplicas",
			s.component, least, greatest, least))
	}
	return least, max(least, greatest)
}

// defaultBounds are the bounds of a component that says none: those of the configuration, else isvc's.
func defaultBounds(s *sources) (least, greatest int32) {
	configured := s.config.Deploy.Replicas
	least = clampToInt32(ptr.Deref(configured.DefaultMinReplicas, defaultMinReplicas))
	switch greatestOf := configured.DefaultMaxReplicas; s.component {
	case v1beta1.DecoderComponent:
		greatest = clampToInt32(ptr.Deref(greatestOf.Decoder, defaultMaxReplicas))
	case v1beta1.RouterComponent:
		greatest = clampToInt32(ptr.Deref(greatestOf.Router, defaultMaxRouterReplicas))
	default:
		greatest = clampToInt32(ptr.Deref(greatestOf.Engine, defaultMaxReplicas))
	}
	return least, greatest
}

// warnAboutNegativeReplicas warns of a bound that counts as if it were absent.
func warnAboutNegativeReplicas(s *sources, field string, given int, used int32) {
	s.record.AddFinding(s.traceSubject(field), ReasonReplicasAdjusted, fmt.Sprintf(
		"spec.%s.%s is %d, and the default of %d is used: set it to 0 or more, or remove it", s.component, field, given, used))
}

// decideCanary splits the traffic between the latest revision and the one that was rolled out
// before it.
func decideCanary(s *sources, merged *componentSpec) modes.Canary {
	return modes.Canary{
		Percent:  merged.CanaryTrafficPercent,
		Previous: s.service.Status.Components[s.component].LatestRolledoutRevision,
	}
}

// clampPointer is clampToInt32 of a number that may be absent.
func clampPointer(n *int) *int32 {
	if n == nil {
		return nil
	}
	clamped := clampToInt32(*n)
	return &clamped
}

// clampToInt32 brings a number into the range from 0 to the greatest of 32 bits.
func clampToInt32(n int) int32 {
	return int32(min(max(n, 0), math.MaxInt32))
}

// strategyThatRolls is the strategy of a component whose mode uses one: its own, else that of its lifecycle,
// else that of the configuration for pods with accelerators. Kubernetes refuses a rolling update with
// neither a replica more nor a replica less, with a number below 0 and with maxUnavailable above 100 %.
func strategyThatRolls(s *sources, merged *componentSpec, mode modes.Mode, hasAccelerators bool) *appsv1.DeploymentStrategy {
	strategy, place := merged.DeploymentStrategy, "deploymentStrategy"
	if !slices.Contains(mode.Uses, place) {
		return strategy
	}
	if strategy == nil {
		strategy, place = strategyOfLifecycle(merged.Lifecycle), "lifecycle.updateStrategy"
	}
	if configured := s.config.Deploy.AcceleratorStrategy; strategy == nil && configured != nil && hasAccelerators {
		return rollingStrategy(configured.MaxSurge, configured.MaxUnavailable)
	}
	if strategy == nil || strategy.RollingUpdate == nil || strategy.Type == appsv1.RecreateDeploymentStrategyType {
		return strategy
	}
	warn := func(what string) {
		s.record.AddFinding(s.traceSubject(place), ReasonRolloutAdjusted, fmt.Sprintf("spec.%s.%s: %s", s.component, place, what))
	}
	rolling := strategy.RollingUpdate.DeepCopy()
	for _, bound := range []struct {
		name     string
		value    **intstr.IntOrString
		greatest int
	}{{"maxSurge", &rolling.MaxSurge, math.MaxInt32}, {"maxUnavailable", &rolling.MaxUnavailable, 100}} {
		given := *bound.value
		if given == nil {
			continue
		}
		n, err := intstr.GetScaledValueFromIntOrPercent(given, 100, true)
		if err != nil || n < 0 || given.Type == intstr.String && n > bound.greatest {
			warn(fmt.Sprintf("%s %q is ignored: it must be a whole number of 0 or more, or a percentage such as \"25%%\"", bound.name, given.String()))
			*bound.value = nil
		}
	}
	if merge.IsZeroPods(rolling.MaxSurge) && merge.IsZeroPods(rolling.MaxUnavailable) {
		warn("maxSurge and maxUnavailable are both 0, so that no pod could be replaced: maxSurge 1 is used; set one of the two to 1 or more")
		rolling.MaxSurge = ptr.To(intstr.FromInt32(1))
	}
	return &appsv1.DeploymentStrategy{Type: strategy.Type, RollingUpdate: rolling}
}

// strategyOfLifecycle is what a lifecycle says about the replacement of pods as the strategy of a
// workload; nil where it says nothing. RecreatePod adds no replica and takes away at least one.
func strategyOfLifecycle(lifecycle *v1beta1.LifecycleSpec) *appsv1.DeploymentStrategy {
	if lifecycle == nil || lifecycle.UpdateStrategy == nil {
		return nil
	}
	update := lifecycle.UpdateStrategy
	rolling := ptr.Deref(update.RollingUpdate, v1beta1.LifecycleRollingUpdate{})
	surge, unavailable := rolling.MaxSurge, rolling.MaxUnavailable
	if update.Type == v1beta1.UpdateRecreatePod {
		surge = ptr.To(intstr.FromInt32(0))
		if unavailable == nil {
			unavailable = ptr.To(intstr.FromInt32(1))
		}
	}
	if surge == nil && unavailable == nil {
		return nil
	}
	return rollingStrategy(surge, unavailable)
}

// rollingStrategy is a strategy that replaces some replicas at a time.
func rollingStrategy(surge, unavailable *intstr.IntOrString) *appsv1.DeploymentStrategy {
	return &appsv1.DeploymentStrategy{RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: surge, MaxUnavailable: unavailable}}
}

// hasAccelerators reports whether any of some pods, which may be nil, asks for accelerators.
func (s *sources) hasAccelerators(pods ...*corev1.PodSpec) bool {
	return slices.ContainsFunc(pods, func(pod *corev1.PodSpec) bool {
		return pod != nil && slices.ContainsFunc(slices.Concat(pod.InitContainers, pod.Containers), func(c corev1.Container) bool {
			return !s.accelerators.DemandOf(&c.Resources).IsNone()
		})
	})
}
