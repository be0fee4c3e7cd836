package compose

import (
	"fmt"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/compose/merge"
)

// askedAutoscaler is what is asked to decide the replicas of a component, before its mode has a say.
type askedAutoscaler struct {
	class  modes.Autoscaler
	source modes.AutoscalerSource
	// place is the field that asks, with the runtime where it is the runtime's, and trace is the object
	// and field for an explanation; empty without.
	place, trace string
	// block is the autoscaler block that asks; nil where none does.
	block *v1beta1.ComponentAutoscaler
	// keda are the merged kedaConfigs; nil beside a block.
	keda *v1beta1.KedaConfig
}

// findAskedAutoscaler finds what asks for an autoscaler. The first of these counts, as a whole:
//
//	the autoscaler block of the service
//	the autoscaler block of the runtime
//	kedaConfig, scaleMetric, scaleTarget and the annotations, of the service and the runtime
//	nothing: a HorizontalPodAutoscaler on the CPU
func findAskedAutoscaler(s *sources, merged *componentSpec, annotations map[string]string) (askedAutoscaler, *finding.Finding) {
	if block := s.fromService.Autoscaler; block != nil {
		asked, problem := autoscalerOfBlock(s, block, modes.SourceService, "spec."+string(s.component)+".autoscaler")
		asked.trace = s.serviceField(".autoscaler")
		return asked, problem
	}
	if s.fromRuntime != nil && s.fromRuntime.Autoscaler != nil {
		return autoscalerOfBlock(s, s.fromRuntime.Autoscaler, modes.SourceRuntime, s.runtimeField(".autoscaler"))
	}
	keda := mergeKedaConfigs(s)
	class, problem := autoscalerOfAnnotation(s, annotations, keda.EnableKeda)
	if problem != nil {
		return askedAutoscaler{}, problem
	}
	asked := askedAutoscaler{class: class, source: modes.SourceDefault, keda: keda}
	_, hasClass := annotations[v1beta1.AnnotationAutoscalerClass]
	_, hasTarget := annotations[v1beta1.AnnotationTargetUtilization]
	if hasClass || hasTarget || keda.EnableKeda != nil || merged.ScaleMetric != nil || merged.ScaleTarget != nil {
		asked.source = modes.SourceLegacy
	}
	return asked, nil
}

// autoscalerOfBlock is what a block asks for.
func autoscalerOfBlock(
	s *sources, block *v1beta1.ComponentAutoscaler, source modes.AutoscalerSource, place string,
) (askedAutoscaler, *finding.Finding) {
	class, known := modes.AutoscalerOfClass(block.Class)
	switch {
	case block.Class == "":
		return askedAutoscaler{}, &finding.Finding{Reason: ReasonInvalidAutoscaler, Message: fmt.Sprintf(
			"%s of the %s has no class: use HPA, KEDA, External or None", place, s.component)}
	case !known:
		return askedAutoscaler{}, &finding.Finding{Reason: ReasonInvalidAutoscaler, Message: fmt.Sprintf(
			"%s.class of the %s is %q: use HPA, KEDA, External or None", place, s.component, block.Class)}
	}
	return askedAutoscaler{class: class, source: source, place: place, trace: place, block: block}, nil
}

// autoscalerOfAnnotation reads the class of the annotation and the switch enableKeda of kedaConfig:
// false turns KEDA off, true turns it on where no class is named.
func autoscalerOfAnnotation(s *sources, annotations map[string]string, enableKeda *bool) (modes.Autoscaler, *finding.Finding) {
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
		merge.Into(merged, s.fromRuntime.KedaConfig.DeepCopy(), merge.Rules{})
	}
	merge.Into(merged, s.service.Spec.KedaConfig.DeepCopy(), merge.Rules{Zeros: s.zerosOfKeda})
	merge.Into(merged, s.fromService.KedaConfig.DeepCopy(), s.mergeRules("kedaConfig"))
	return merged
}
