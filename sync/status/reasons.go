package status

// Reasons of conditions that this package gives itself.
const (
	// ReasonWorkloadNotCreated: the workload of the component does not exist.
	ReasonWorkloadNotCreated = "WorkloadNotCreated"
	// ReasonWorkloadTerminating: the workload is being deleted and will be made
	// again.
	ReasonWorkloadTerminating = "WorkloadTerminating"
	// ReasonInitializing: the controller of the workload has not reported yet.
	ReasonInitializing = "Initializing"
	// ReasonGenerationNotObserved: what the controller of the workload or route
	// reports is about an older generation.
	ReasonGenerationNotObserved = "GenerationNotObserved"
	// ReasonMinimumGroupsAvailable: as many groups of a LeaderWorkerSet are
	// ready as its rollout strategy keeps.
	ReasonMinimumGroupsAvailable = "MinimumGroupsAvailable"
	// ReasonGroupsNotReady: a LeaderWorkerSet is not available and does not say
	// why.
	ReasonGroupsNotReady = "GroupsNotReady"
	// ReasonRayClusterReady: KubeRay reports every cluster ready, and no prober
	// watches them.
	ReasonRayClusterReady = "RayClusterReady"
	// ReasonRayClusterFailed: KubeRay reports a cluster failed.
	ReasonRayClusterFailed = "RayClusterFailed"
	// ReasonSuspended: somebody, for example a queue, suspended the workload.
	ReasonSuspended = "Suspended"
	// ReasonNoReplicas: the component has no replica and nothing scales it.
	ReasonNoReplicas = "NoReplicas"
	// ReasonModeUnknown: the mode is none that a component can have.
	ReasonModeUnknown = "DeploymentModeUnknown"

	// ReasonNoComponent: the service has neither engine, decoder nor router.
	ReasonNoComponent = "NoComponent"
	// ReasonVirtualDeployment: somebody else serves; OME's word.
	ReasonVirtualDeployment = "VirtualDeployment"

	// ReasonIngressDisabled: there is no ingress on purpose; OME's word.
	ReasonIngressDisabled = "IngressDisabled"
	// ReasonIngressNotNeeded: the entry component is routed by Knative alone.
	ReasonIngressNotNeeded = "IngressNotNeeded"
	// ReasonIngressNotCreated: an object of the ingress does not exist.
	ReasonIngressNotCreated = "IngressNotCreated"
	// ReasonRouteNotReported: no gateway has said whether it accepts a route.
	ReasonRouteNotReported = "RouteNotReported"
	// ReasonNotResolved: the routes are unknown until the service is resolved.
	ReasonNotResolved = "NotResolved"

	// ReasonSeveralFindings: SpecHonored lists findings of different reasons.
	ReasonSeveralFindings = "SeveralFindings"
)

// Messages that OME's users know.
const (
	messageIngressDisabled   = "Ingress creation is disabled, using external service for access"
	messageVirtualDeployment = "InferenceService is in VirtualDeployment mode"
)
