package compose

// The reasons for which a component cannot be composed.
const (
	// ReasonNoRunner: neither the service nor the runtime gives the component
	// a container.
	ReasonNoRunner = "NoRunner"
	// ReasonNoImage: the component's runner has no image.
	ReasonNoImage = "NoImage"
	// ReasonInvalidAutoscaler: the annotation ome.io/autoscalerClass has a
	// value that does not exist.
	ReasonInvalidAutoscaler = "InvalidAutoscalerClass"
)

// The reasons of findings that do not stop a component.
const (
	// ReasonReplicasAdjusted: minReplicas exceeds maxReplicas, which was raised.
	ReasonReplicasAdjusted = "ReplicasAdjusted"
	// ReasonVolumeElsewhere: the claim of a model lies in another namespace.
	ReasonVolumeElsewhere = "ClaimInOtherNamespace"
)
