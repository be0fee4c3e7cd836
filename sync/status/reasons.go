package status

// Reasons of conditions that this package gives itself. Seen in EngineReady, DecoderReady and
// RouterReady.
const (
	// ReasonWorkloadNotCreated: the workload of the component does not exist yet. Fix: wait for the
	// next call; if it stays, read the events of the service, where Metacontroller reports what the
	// API server refused.
	ReasonWorkloadNotCreated = "WorkloadNotCreated"
	// ReasonWorkloadTerminating: the workload, or an object that leads to it, is being deleted and will
	// be created again. Seen in EngineReady, DecoderReady, RouterReady and IngressReady. Fix: wait; if
	// it stays, look at the finalizers of the object.
	ReasonWorkloadTerminating = "WorkloadTerminating"
	// ReasonInitializing: the controller of the workload has not reported yet. Fix: wait; if it
	// stays, check that the controller of the kind runs.
	ReasonInitializing = "Initializing"
	// ReasonGenerationNotObserved: what the controller of the workload or route reports is about an
	// older generation. Seen in EngineReady, DecoderReady, RouterReady and IngressReady. Fix: wait;
	// if it stays, check that the controller of the kind runs.
	ReasonGenerationNotObserved = "GenerationNotObserved"
	// ReasonUpdateNotApplied: an object does not have the specification of the newest generation yet.
	// Seen in EngineReady, DecoderReady, RouterReady and IngressReady. Fix: wait a few seconds; if it
	// stays, read the events of the service, where Metacontroller reports what the API server refuses.
	ReasonUpdateNotApplied = "UpdateNotApplied"
	// ReasonNameTaken: an object that carries traffic to the service has a name that an object of
	// somebody else has already. Seen in EngineReady, DecoderReady, RouterReady, IngressReady and
	// SpecHonored. Fix: rename the service, or what the message names.
	ReasonNameTaken = "NameTaken"
	// ReasonMinimumGroupsAvailable: as many groups of a LeaderWorkerSet are ready as its rollout
	// strategy keeps. Fix: nothing, the component serves.
	ReasonMinimumGroupsAvailable = "MinimumGroupsAvailable"
	// ReasonGroupsNotReady: a LeaderWorkerSet is not available and does not say why. Fix: look at
	// the pods of the component.
	ReasonGroupsNotReady = "GroupsNotReady"
	// ReasonRayClusterReady: head and workers of every cluster are ready, and no prober watches them.
	// Fix: nothing, the component serves.
	ReasonRayClusterReady = "RayClusterReady"
	// ReasonRayHeadNotReady: the head of a cluster is not ready, and KubeRay gives no reason. Fix: look
	// at the head's pod.
	ReasonRayHeadNotReady = "RayHeadNotReady"
	// ReasonRayWorkersNotReady: a cluster lacks workers. Fix: look at the pods of the workers.
	ReasonRayWorkersNotReady = "RayWorkersNotReady"
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

	// ReasonAllOverlaysMounted: engine and decoder have every model of spec.model.overlays. Seen in
	// OverlaysReady. Fix: nothing.
	ReasonAllOverlaysMounted = "AllOverlaysMounted"
	// ReasonOverlaysSkipped: pods are without one of the models of spec.model.overlays. Seen in
	// OverlaysReady. Fix: see the finding OverlaySkipped in SpecHonored.
	ReasonOverlaysSkipped = "OverlaysSkipped"

	// ReasonNoComponent: the service has neither engine, decoder nor router. Seen in Ready. Fix:
	// set spec.engine.
	ReasonNoComponent = "NoComponent"
	// ReasonVirtualDeployment: other software serves the model; OME uses the same reason. Seen in
	// Ready and Serving. Fix: nothing; remove the annotation ome.io/deploymentMode to have the service
	// deployed.
	ReasonVirtualDeployment = "VirtualDeployment"

	// ReasonServes: requests are answered by what the service asks for. Seen in Serving. Fix: nothing.
	ReasonServes = "Serves"
	// ReasonServesAsBefore: the service is not Ready, and requests are answered nevertheless, by what was
	// applied before. Seen in Serving. Fix: correct what Ready says; nothing is down.
	ReasonServesAsBefore = "ServesAsBefore"
	// ReasonNothingServes: a part of the service answers no requests, so that the service is down. Seen in
	// Serving. Fix: see Ready, and the part that the message names.
	ReasonNothingServes = "NothingServes"

	// ReasonIngressDisabled: the configuration or an annotation turns routes off; OME uses the same
	// reason. Seen in IngressReady. Fix: nothing; set disableIngressCreation to false to have
	// routes.
	ReasonIngressDisabled = "IngressDisabled"
	// ReasonIngressNotNeeded: Knative alone routes to the entry component. Seen in IngressReady.
	// Fix: nothing.
	ReasonIngressNotNeeded = "IngressNotNeeded"
	// ReasonIngressNotCreated: a Service object or route that leads to the service does not exist yet.
	// Seen in EngineReady, DecoderReady, RouterReady and IngressReady. Fix: wait for the next call; if
	// it stays, read the events of the service.
	ReasonIngressNotCreated = "IngressNotCreated"
	// ReasonRouteNotReported: no gateway has said whether it accepts a route. Seen in IngressReady.
	// Fix: check that the gateway of omeIngressGateway exists and has a controller.
	ReasonRouteNotReported = "RouteNotReported"
	// ReasonHostInUse: a host or path of the service is that of another service of its namespace, whose
	// route is older. Metacontroller shows a service no routes of other namespaces; isvc render, validate
	// and lint compare them. Seen in IngressReady. Fix: give one of the two services another host.
	ReasonHostInUse = "HostInUse"
	// ReasonNotResolved: the routes are unknown until the service is resolved. Seen in
	// IngressReady. Fix: correct what Ready says.
	ReasonNotResolved = "NotResolved"

	// ReasonSeveralUpdatesHeld: pods keep their template for different reasons. Seen in
	// UpdateAvailable. Fix: see each part of the message; nothing is broken.
	ReasonSeveralUpdatesHeld = "SeveralUpdatesHeld"
	// ReasonMinimumClustersAvailable: all Ray clusters of a component but one serve, and the pods of that
	// are replaced. Seen in EngineReady, DecoderReady and RouterReady. Fix: nothing is broken; if it
	// stays, see the message.
	ReasonMinimumClustersAvailable = "MinimumClustersAvailable"
	// ReasonAutoscalerFails: the autoscaler of a component that serves cannot read its metric, or cannot
	// scale. Seen in AutoscalerReady and SpecHonored. Fix: see what its controller says in the message; the
	// metrics API of the cluster, or the Prometheus server that KEDA asks, must have the metric.
	ReasonAutoscalerFails = "AutoscalerFails"
	// ReasonAutoscalerPaused: an annotation pauses KEDA, or somebody scaled the workload of a
	// HorizontalPodAutoscaler to zero, which pauses that. Seen in AutoscalerReady. Fix: remove the annotation, or
	// scale the workload to one replica.
	ReasonAutoscalerPaused = "AutoscalerPaused"
	// ReasonAtMaxReplicas: the metric of a HorizontalPodAutoscaler asks for more replicas than maxReplicas. Seen
	// in AutoscalerReady. Fix: nothing, or raise maxReplicas.
	ReasonAtMaxReplicas = "AtMaxReplicas"
	// ReasonAutoscalersScale: the autoscalers have their metrics. Seen in AutoscalerReady. Fix: nothing.
	ReasonAutoscalersScale = "AutoscalersScale"
	// ReasonSeveralAutoscalers: autoscalers of several components have different problems. Seen in
	// AutoscalerReady. Fix: see each part of the message.
	ReasonSeveralAutoscalers = "SeveralAutoscalers"
	// ReasonSeveralCanaries: components have canaries in different states. Seen in CanaryReady. Fix: see
	// each part of the message.
	ReasonSeveralCanaries = "SeveralCanaries"
	// ReasonSeveralFindings: SpecHonored lists findings of different reasons. Seen in SpecHonored.
	// Fix: see each finding in the message.
	ReasonSeveralFindings = "SeveralFindings"
)

// Messages that OME's users know.
const (
	messageIngressDisabled   = "Ingress creation is disabled, using external service for access"
	messageVirtualDeployment = "InferenceService is in VirtualDeployment mode"
)
