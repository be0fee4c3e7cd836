package modes

// The reasons of problems and notes that building can give. Seen in SpecHonored.
const (
	// ReasonKindNotInstalled: the component, the routes or the ConfigMap of the
	// model need a kind that is not installed or that Metacontroller does not
	// manage for isvc. Seen in EngineReady, DecoderReady, RouterReady,
	// IngressReady and SpecHonored. Fix: install the kind and add it to
	// childResources of the CompositeController, or choose a mode, an
	// autoscaler or routes without it.
	ReasonKindNotInstalled = "KindNotInstalled"
	// ReasonModeUnsupported: no workload can be built for the mode. Seen in
	// EngineReady, DecoderReady and RouterReady. Fix: use RawDeployment,
	// MultiNode, MultiNodeRayVLLM or Serverless.
	ReasonModeUnsupported = "DeploymentModeUnsupported"
	// ReasonInvalidAutoscaling: a value of the autoscaling configuration cannot
	// be used. Seen in EngineReady, DecoderReady and RouterReady. Fix: correct
	// the field or annotation of KEDA that the message names.
	ReasonInvalidAutoscaling = "InvalidAutoscaling"

	// ReasonMetricIgnored notes a scaleMetric that the autoscaler cannot use;
	// cpu is used. Fix: set scaleMetric to cpu or memory, or scale with KEDA.
	ReasonMetricIgnored = "MetricIgnored"
	// ReasonTargetIgnored notes a target utilisation that is not a number. Fix:
	// use a whole number from 1 to 100.
	ReasonTargetIgnored = "TargetIgnored"
	// ReasonBudgetIgnored notes one of two bounds that exclude each other. Fix:
	// keep minAvailable or maxUnavailable.
	ReasonBudgetIgnored = "DisruptionBudgetIgnored"
)
