package compose

import (
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// mode decides how the component is deployed, by OME's rules:
//
//	engine   its own annotation, else leader or worker -> MultiNode, else
//	         minReplicas 0 -> Serverless, else RawDeployment; beside a decoder
//	         never Serverless
//	decoder  leader or worker -> MultiNode, else RawDeployment
//	router   minReplicas 0 -> Serverless, else RawDeployment
//
// The annotation of the service's metadata has no part in it.
func (b *builder) mode() v1beta1.DeploymentMode {
	mode, reason, message := b.choose()
	if mode == v1beta1.Serverless && b.Service.Spec.Decoder != nil && b.kind == v1beta1.EngineComponent {
		mode, reason, message = v1beta1.RawDeployment, "DecoderPresent",
			"an engine beside a decoder is never serverless"
	}
	b.Record.Add(trace.Entry{
		Subject: string(b.kind) + "/mode", Verdict: trace.Chosen,
		Reason: reason, Message: message, Value: string(mode),
	})
	return mode
}

func (b *builder) choose() (mode v1beta1.DeploymentMode, reason, message string) {
	multi := b.spec.Leader != nil || b.spec.Worker != nil
	zero := b.spec.MinReplicas != nil && *b.spec.MinReplicas == 0
	annotated := v1beta1.DeploymentMode(b.spec.Annotations[v1beta1.AnnotationDeploymentMode])
	switch {
	case b.kind == v1beta1.EngineComponent && deployable(annotated):
		return annotated, "ComponentAnnotation", "the engine's annotation ome.io/deploymentMode says so"
	case multi:
		return v1beta1.MultiNode, "LeaderOrWorker", "the component has a leader or a worker"
	case zero && b.kind != v1beta1.DecoderComponent:
		return v1beta1.Serverless, "MinReplicasZero", "minReplicas is 0"
	}
	return v1beta1.RawDeployment, "Default", "nothing asks for another mode"
}

// deployable reports whether a component can be asked for a mode by name.
func deployable(mode v1beta1.DeploymentMode) bool {
	switch mode {
	case v1beta1.Serverless, v1beta1.RawDeployment, v1beta1.MultiNode, v1beta1.MultiNodeRayVLLM:
		return true
	}
	return false
}

// multiNode reports whether the component's pods are a leader and workers.
func (b *builder) multiNode() bool {
	return b.out.Mode == v1beta1.MultiNode || b.out.Mode == v1beta1.MultiNodeRayVLLM
}
