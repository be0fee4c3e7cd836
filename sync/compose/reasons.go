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
	// ReasonInvalidAutoscaler: the annotation ome.io/autoscalerClass, or the class of an autoscaler
	// block, has a value that does not exist. Fix: use hpa, keda, external or none in the annotation,
	// and HPA, KEDA, External or None in the block.
	ReasonInvalidAutoscaler = "InvalidAutoscalerClass"
)

// The reasons of findings that do not stop a component. Seen in SpecHonored.
const (
	// ReasonReplicasAdjusted: minReplicas exceeds maxReplicas, which was raised, or one of them is
	// negative, and the default is used. Fix: set maxReplicas to at least minReplicas, and both to
	// 0 or more.
	ReasonReplicasAdjusted = "ReplicasAdjusted"
	// ReasonRolloutAdjusted: maxSurge and maxUnavailable of a deploymentStrategy or lifecycle are both 0, and
	// maxSurge became 1; or one of them is no number or percentage that Kubernetes accepts, and the default
	// is used. Fix: set one of the two to 1 or more, or correct what the message names.
	ReasonRolloutAdjusted = "RolloutAdjusted"
	// ReasonRequestAdjusted: a container requests more of a resource than its limit, or another amount of one
	// that cannot be overcommitted, and the limit is requested. Fix: make the limit at least the request, or
	// the two equal.
	ReasonRequestAdjusted = "RequestAdjusted"
	// ReasonOMENativeReplaced: a component asks for the mode OMENative, which OME's own controller alone
	// makes; it runs as a LeaderWorkerSet or a Deployment. Fix: nothing, or name RawDeployment, or
	// describe leader and worker.
	ReasonOMENativeReplaced = "OMENativeReplaced"
	// ReasonVolumeElsewhere: the claim of a model lies in another namespace, and pods cannot mount
	// it. Fix: create a claim of the same name in the namespace of the service.
	ReasonVolumeElsewhere = "ClaimInOtherNamespace"
	// ReasonAcceleratorReplaced: a component has one kind of accelerators, and the one that the
	// service or the runtime asks for gives way to the accelerator class's, to a claim, or to what
	// the service asks for in place of a claim. Fix: ask for one kind only, as the message says.
	ReasonAcceleratorReplaced = "AcceleratorReplaced"
	// ReasonPlaceholderEmpty: a container has a placeholder for a label or annotation that the service
	// does not have. Fix: add the label or annotation to the service, or remove the placeholder.
	ReasonPlaceholderEmpty = "PlaceholderEmpty"
	// ReasonOverrideIgnored: what a runtime says about parallelism for the accelerator class has no
	// effect, because the runner has no flag for it. Fix: write the flag into the arguments of the
	// runner, or into runtimeArgsOverride.
	ReasonOverrideIgnored = "AcceleratorOverrideIgnored"
	// ReasonAcceleratorsNotCounted: a runner refers to the variable PARALLELISM_SIZE, and it asks for
	// its accelerators by a claim or by a share, which do not say how many they are. Fix: set the
	// variable PARALLELISM_SIZE in env of the runner.
	ReasonAcceleratorsNotCounted = "AcceleratorsNotCounted"
)

// ReasonAccountNamed: the specification names the service account of a router, which gets no rights
// from isvc. Seen in isvc explain.
const ReasonAccountNamed = "AccountNamed"

// ScalingDecided: what decides the replicas of a component. Seen in isvc explain.
const ScalingDecided = "Scaling"

// ServerRecognised: which program a component runs that KEDA scales, as far as it is known. Seen in isvc
// explain.
const ServerRecognised = "Server"
