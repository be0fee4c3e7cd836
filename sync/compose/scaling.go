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

// The replicas of a component for which neither the service nor the runtime
// says a number.
const (
	defaultMinReplicas       = 1
	defaultMaxReplicas       = 3
	defaultMaxRouterReplicas = 2
)

// scale decides how many replicas there are and who decides it later.
func (b *builder) scale() *finding.Finding {
	autoscaler, problem := b.autoscaler()
	if problem != nil {
		return problem
	}
	s := &b.out.Scaling
	s.Min, s.Max = b.bounds()
	s.Metric = metric(b.spec.ScaleMetric)
	s.Target = narrow(b.spec.ScaleTarget)
	s.Autoscaler = b.usable(autoscaler)
	if s.Autoscaler == modes.AutoscalerKEDA {
		s.Keda = b.keda()
	}
	if s.Autoscaler == modes.AutoscalerNone {
		s.Replicas = &s.Min
	}
	if b.Record.On() {
		b.Record.Add(trace.Entry{
			Subject: string(b.kind) + "/autoscaler", Verdict: trace.Chosen, Value: string(s.Autoscaler),
			Reason: "Scaling", Message: fmt.Sprintf("%d to %d replicas", s.Min, s.Max),
		})
	}
	return nil
}

// bounds returns the least and the greatest number of replicas. The greatest
// is raised to the least, as OME does.
func (b *builder) bounds() (least, greatest int32) {
	least = defaultMinReplicas
	if b.spec.MinReplicas != nil {
		least = clamp(*b.spec.MinReplicas)
	}
	greatest = clamp(b.spec.MaxReplicas)
	if greatest == 0 {
		return least, max(least, b.defaultMax())
	}
	if greatest < least {
		b.Record.Note(string(b.kind)+"/maxReplicas", ReasonReplicasAdjusted, fmt.Sprintf(
			"spec.%s: minReplicas %d exceeds maxReplicas %d: %d replicas are used; set maxReplicas to at least minReplicas",
			b.kind, least, greatest, least))
	}
	return least, max(least, greatest)
}

func (b *builder) defaultMax() int32 {
	if b.serving() {
		return defaultMaxReplicas
	}
	return defaultMaxRouterReplicas
}

// autoscaler reads the class of the annotation and the switch of kedaConfig:
// false turns KEDA off, true turns it on where no class is named.
func (b *builder) autoscaler() (modes.Autoscaler, *finding.Finding) {
	named, present := b.out.Annotations[v1beta1.AnnotationAutoscalerClass]
	enabled := b.keda().EnableKeda
	switch class := modes.Autoscaler(named); {
	case !present && enabled != nil && *enabled:
		return modes.AutoscalerKEDA, nil
	case !present || named == "":
		return modes.AutoscalerHPA, nil
	case class == modes.AutoscalerKEDA && enabled != nil && !*enabled:
		return modes.AutoscalerHPA, nil
	case class == modes.AutoscalerHPA, class == modes.AutoscalerKEDA,
		class == modes.AutoscalerExternal, class == modes.AutoscalerNone:
		return class, nil
	}
	return "", &finding.Finding{Reason: ReasonInvalidAutoscaler, Message: fmt.Sprintf(
		"annotation %s of the %s is %q: use hpa, keda, external or none",
		v1beta1.AnnotationAutoscalerClass, b.kind, named)}
}

// usable narrows the autoscaler to what the mode has: Knative scales its own,
// Ray clusters are not scaled, and a multi-node component is scaled only when
// it is given a greatest number of replicas above the least. A
// HorizontalPodAutoscaler cannot start from zero, so zero stays zero.
func (b *builder) usable(asked modes.Autoscaler) modes.Autoscaler {
	switch b.out.Mode {
	case v1beta1.Serverless:
		return modes.AutoscalerKnative
	case v1beta1.MultiNodeRayVLLM:
		return modes.AutoscalerNone
	case v1beta1.MultiNode:
		if asked == modes.AutoscalerExternal {
			return asked
		}
		zero := b.out.Scaling.Min == 0 && asked == modes.AutoscalerHPA
		if zero || b.spec.MaxReplicas == 0 || b.out.Scaling.Max <= b.out.Scaling.Min {
			return modes.AutoscalerNone
		}
	}
	return asked
}

// keda is the KEDA configuration field by field: the runtime's, the service's
// on top, the component's on top.
func (b *builder) keda() *v1beta1.KedaConfig {
	out := &v1beta1.KedaConfig{}
	if b.base != nil {
		merge.Into(out, b.base.KedaConfig.DeepCopy(), nil)
	}
	merge.Into(out, b.Service.Spec.KedaConfig.DeepCopy(), nil)
	merge.Into(out, b.own.KedaConfig.DeepCopy(), nil)
	return out
}

// canary is the split of the traffic between the latest revision and the one
// that was rolled out before it.
func (b *builder) canary() modes.Canary {
	return modes.Canary{
		Percent:  b.spec.CanaryTrafficPercent,
		Previous: b.Service.Status.Components[b.kind].LatestRolledoutRevision,
	}
}

func metric(m *v1beta1.ScaleMetric) string {
	if m == nil {
		return ""
	}
	return string(*m)
}

// narrow converts a number of the API to the width that Kubernetes uses.
func narrow(n *int) *int32 {
	if n == nil {
		return nil
	}
	out := clamp(*n)
	return &out
}

// clamp brings a number into the range from 0 to the greatest of 32 bits.
func clamp(n int) int32 {
	return int32(min(max(n, 0), math.MaxInt32))
}
