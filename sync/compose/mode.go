package compose

import (
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
)

// chooseMode decides how the component is deployed, by OME's rules:
//
//	engine   its own annotation, else leader or worker -> MultiNode, else
//	         minReplicas 0 -> Serverless, else RawDeployment; beside a decoder
//	         never Serverless
//	decoder  leader or worker -> MultiNode, else RawDeployment
//	router   minReplicas 0 -> Serverless, else RawDeployment
//
// The annotation of the service's metadata has no effect on a component.
func chooseMode(s *sources, merged *componentSpec) modes.Mode {
	name, reason, message := modeByRules(s.component, merged)
	if name == v1beta1.Serverless && s.service.Spec.Decoder != nil && s.component == v1beta1.EngineComponent {
		name, reason, message = v1beta1.RawDeployment, "DecoderPresent",
			"an engine beside a decoder is never serverless"
	}
	s.record.Add(trace.Entry{
		Subject: s.traceSubject("mode"), Verdict: trace.Chosen,
		Reason: reason, Message: message, Value: string(name),
	})
	mode, _ := modes.Of(name)
	return mode
}

func modeByRules(component v1beta1.ComponentType, merged *componentSpec) (name v1beta1.DeploymentMode, reason, message string) {
	hasGroups := merged.Leader != nil || merged.Worker != nil
	startsAtZero := merged.MinReplicas != nil && *merged.MinReplicas == 0
	annotated := v1beta1.DeploymentMode(merged.Annotations[v1beta1.AnnotationDeploymentMode])
	_, annotationNamesMode := modes.Of(annotated)
	switch {
	case component == v1beta1.EngineComponent && annotationNamesMode:
		return annotated, "ComponentAnnotation", "the engine's annotation ome.io/deploymentMode says so"
	case hasGroups:
		return v1beta1.MultiNode, "LeaderOrWorker", "the component has a leader or a worker"
	case startsAtZero && component != v1beta1.DecoderComponent:
		return v1beta1.Serverless, "MinReplicasZero", "minReplicas is 0"
	}
	return v1beta1.RawDeployment, "Default", "nothing asks for another mode"
}
