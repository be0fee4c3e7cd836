package status

// Reasons of conditions that this package gives itself. Seen in EngineReady, DecoderReady and
// RouterReady.
const (
	// ReasonWorkloadNotCreated: the workload of the component does not exist yet. Fix: wait for the
	// next call; if it stays, read the events of the service, where Metacontroller reports what the
	// API server refused.
	ReasonWorkloadNotCreated = "WorkloadNotCreated"
	// ReasonWorkloadTerminating: the workload is being deleted and will be created again. Fix:
	// wait; if it stays, look at the finalizers of the workload.
	ReasonWorkloadTerminating = "WorkloadTerminating"
	// ReasonInitializing: the controller of the workload has not reported yet. Fix: wait; if it
	// stays, check that the controller of the kind runs.
	ReasonInitializing = "Initializing"
	// ReasonGenerationNotObserved: what the controller of the workload or route reports is about an
	// older generation. Seen in EngineReady, DecoderReady, RouterReady and IngressReady. Fix: wait;
	// if it stays, check that the controller of the kind runs.
	ReasonGenerationNotObserved = "GenerationNotObserved"
	// ReasonMinimumGroupsAvailable: as many groups of a LeaderWorkerSet are ready as its rollout
	// strategy keeps. Fix: nothing, the component serves.
	ReasonMinimumGroupsAvailable = "MinimumGroupsAvailable"
	// ReasonGroupsNotReady: a LeaderWorkerSet is not available and does not say why. Fix: look at
	// the pods of the component.
	ReasonGroupsNotReady = "GroupsNotReady"
	// ReasonRayClusterReady: KubeRay reports every cluster ready, and no prober watches them. Fix:
	// nothing, the component serves.
	ReasonRayClusterReady = "RayClusterReady"
	// ReasonRayClusterFailed: KubeRay reports that a cluster has failed. Fix: look at the
	// RayCluster that the message names.
	ReasonRayClusterFailed = "RayClusterFailed"
	// ReasonSuspended: the workload is suspended, for example by a queue. Fix: wait for the queue,
	// or resume the workload.
	ReasonSuspended = "Suspended"
	// ReasonNoReplicas: the component has no replica and nothing scales it. Fix: set minReplicas to
	// 1 or more.
	ReasonNoReplicas = "NoReplicas"
	// ReasonModeUnknown: a component cannot have the mode. Fix: use RawDeployment, MultiNode,
	// MultiNodeRayVLLM or Serverless.
	ReasonModeUnknown = "DeploymentModeUnknown"

	// ReasonNoComponent: the service has neither engine, decoder nor router. Seen in Ready. Fix:
	// set spec.engine.
	ReasonNoComponent = "NoComponent"
	// ReasonVirtualDeployment: other software serves the model; OME uses the same reason. Seen in
	// Ready. Fix: nothing; remove the annotation ome.io/deploymentMode to have the service
	// deployed.
	ReasonVirtualDeployment = "VirtualDeployment"

	// ReasonIngressDisabled: the configuration or an annotation turns routes off; OME uses the same
	// reason. Seen in IngressReady. Fix: nothing; set disableIngressCreation to false to have
	// routes.
	ReasonIngressDisabled = "IngressDisabled"
	// ReasonIngressNotNeeded: Knative alone routes to the entry component. Seen in IngressReady.
	// Fix: nothing.
	ReasonIngressNotNeeded = "IngressNotNeeded"
	// ReasonIngressNotCreated: an object of the ingress does not exist yet. Seen in IngressReady.
	// Fix: wait for the next call; if it stays, read the events of the service.
	ReasonIngressNotCreated = "IngressNotCreated"
	// ReasonRouteNotReported: no gateway has said whether it accepts a route. Seen in IngressReady.
	// Fix: check that the gateway of omeIngressGateway exists and has a controller.
	ReasonRouteNotReported = "RouteNotReported"
	// ReasonNotResolved: the routes are unknown until the service is resolved. Seen in
	// IngressReady. Fix: correct what Ready says.
	ReasonNotResolved = "NotResolved"

	// ReasonSeveralFindings: SpecHonored lists findings of different reasons. Seen in SpecHonored.
	// Fix: see each finding in the message.
	ReasonSeveralFindings = "SeveralFindings"
)

// Messages that OME's users know.
const (
	messageIngressDisabled   = "Ingress creation is disabled, using external service for access"
	messageVirtualDeployment = "InferenceService is in VirtualDeployment mode"
)
