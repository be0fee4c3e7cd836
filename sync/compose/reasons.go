package compose

// The reasons for which a component cannot be composed. Seen in EngineReady, DecoderReady and
// RouterReady.
const (
	// ReasonNoRunner: neither the service nor the runtime gives the component a container. Fix: set
	// runner of the component, or name a runtime that has one.
	ReasonNoRunner = "NoRunner"
	// ReasonNoImage: the component's runner has no image. Fix: set runner.image of the component,
	// or name a runtime that has one.
	ReasonNoImage = "NoImage"
	// ReasonInvalidAutoscaler: the annotation ome.io/autoscalerClass has a value that does not
	// exist. Fix: use hpa, keda, external or none.
	ReasonInvalidAutoscaler = "InvalidAutoscalerClass"
)

// The reasons of findings that do not stop a component. Seen in SpecHonored.
const (
	// ReasonReplicasAdjusted: minReplicas exceeds maxReplicas, which was raised. Fix: set
	// maxReplicas to at least minReplicas.
	ReasonReplicasAdjusted = "ReplicasAdjusted"
	// ReasonVolumeElsewhere: the claim of a model lies in another namespace, and pods cannot mount
	// it. Fix: create a claim of the same name in the namespace of the service.
	ReasonVolumeElsewhere = "ClaimInOtherNamespace"
)
