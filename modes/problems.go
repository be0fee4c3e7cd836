package modes

// The reasons of problems and notes that building can give.
const (
	// ReasonKindNotInstalled: the component needs a kind that is not installed
	// or that Metacontroller does not manage for isvc.
	ReasonKindNotInstalled = "KindNotInstalled"
	// ReasonModeUnsupported: no workload can be built for the mode.
	ReasonModeUnsupported = "DeploymentModeUnsupported"
	// ReasonInvalidAutoscaling: a value of the autoscaling configuration
	// cannot be used.
	ReasonInvalidAutoscaling = "InvalidAutoscaling"

	// ReasonMetricIgnored notes a scaleMetric that the autoscaler cannot use.
	ReasonMetricIgnored = "MetricIgnored"
	// ReasonTargetIgnored notes a target utilisation that is not a number.
	ReasonTargetIgnored = "TargetIgnored"
	// ReasonBudgetIgnored notes one of two bounds that exclude each other.
	ReasonBudgetIgnored = "DisruptionBudgetIgnored"
)
