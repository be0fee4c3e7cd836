package compose

import (
	"fmt"
	"math"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/compose/merge"
)

// The replicas of a component for which neither the service nor the runtime says a number.
const (
	defaultMinReplicas       = 1
	defaultMaxReplicas       = 3
	defaultMaxRouterReplicas = 2
)

// decideScaling decides how many replicas there are and who decides it later.
func decideScaling(s *sources, merged *componentSpec, mode modes.Mode, annotations map[string]string) (modes.Scaling, *finding.Finding) {
	keda := mergeKedaConfigs(s)
	asked, problem := requestedAutoscaler(s, annotations, keda.EnableKeda)
	if problem != nil {
		return modes.Scaling{}, problem
	}
	minReplicas, maxReplicas := replicaBounds(s, merged)
	scaling := modes.Scaling{
		Autoscaler: mode.UsableAutoscaler(asked, minReplicas, maxReplicas, merged.MaxReplicas == 0),
		Min:        minReplicas,
		Max:        maxReplicas,
		Target:     clampPointer(merged.ScaleTarget),
	}
	if merged.ScaleMetric != nil {
		scaling.Metric = string(*merged.ScaleMetric)
	}
	switch scaling.Autoscaler {
	case modes.AutoscalerKEDA:
		scaling.Keda = keda
	case modes.AutoscalerNone:
		scaling.Replicas = &minReplicas
	}
	if s.record.On() {
		s.record.Add(trace.Entry{
			Subject: s.traceSubject("autoscaler"), Verdict: trace.Chosen, Value: string(scaling.Autoscaler),
			Reason: "Scaling", Message: fmt.Sprintf("%d to %d replicas", minReplicas, maxReplicas),
		})
	}
	return scaling, nil
}

// replicaBounds returns the least and the greatest number of replicas. The greatest is raised to
// the least, as OME does.
func replicaBounds(s *sources, merged *componentSpec) (least, greatest int32) {
	least = defaultMinReplicas
	if merged.MinReplicas != nil {
		least = clampToInt32(*merged.MinReplicas)
	}
	greatest = clampToInt32(merged.MaxReplicas)
	switch {
	case greatest == 0 && s.servesModel():
		greatest = defaultMaxReplicas
	case greatest == 0:
		greatest = defaultMaxRouterReplicas
	case greatest < least:
		s.record.Note(s.traceSubject("maxReplicas"), ReasonReplicasAdjusted, fmt.Sprintf(
			"spec.%s: minReplicas %d exceeds maxReplicas %d: %d replicas are used; set maxReplicas to at least minReplicas",
			s.component, least, greatest, least))
	}
	return least, max(least, greatest)
}

// requestedAutoscaler reads the class of the annotation and the switch enableKeda of kedaConfig:
// false turns KEDA off, true turns it on where no class is named.
func requestedAutoscaler(s *sources, annotations map[string]string, enableKeda *bool) (modes.Autoscaler, *finding.Finding) {
	named, present := annotations[v1beta1.AnnotationAutoscalerClass]
	switch class := modes.Autoscaler(named); {
	case !present && enableKeda != nil && *enableKeda:
		return modes.AutoscalerKEDA, nil
	case !present || named == "":
		return modes.AutoscalerHPA, nil
	case class == modes.AutoscalerKEDA && enableKeda != nil && !*enableKeda:
		return modes.AutoscalerHPA, nil
	case class == modes.AutoscalerHPA, class == modes.AutoscalerKEDA,
		class == modes.AutoscalerExternal, class == modes.AutoscalerNone:
		return class, nil
	}
	return "", &finding.Finding{Reason: ReasonInvalidAutoscaler, Message: fmt.Sprintf(
		"annotation %s of the %s is %q: use hpa, keda, external or none",
		v1beta1.AnnotationAutoscalerClass, s.component, named)}
}

// mergeKedaConfigs merges the KEDA configurations field by field: the runtime's, the service's on
// top, the component's on top.
func mergeKedaConfigs(s *sources) *v1beta1.KedaConfig {
	merged := &v1beta1.KedaConfig{}
	if s.fromRuntime != nil {
		merge.Into(merged, s.fromRuntime.KedaConfig.DeepCopy(), nil)
	}
	merge.Into(merged, s.service.Spec.KedaConfig.DeepCopy(), nil)
	merge.Into(merged, s.fromService.KedaConfig.DeepCopy(), nil)
	return merged
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
