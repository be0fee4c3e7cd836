package modes

import (
	"fmt"

	"github.com/isvc-io/isvc/api/finding"
)

// The reasons of the problems and findings of builders. Seen in SpecHonored.
const (
	// ReasonKindNotInstalled: the component, the routes or the ConfigMap of the model need a kind
	// that is not installed or that Metacontroller does not manage for isvc. Seen in EngineReady,
	// DecoderReady, RouterReady, IngressReady and SpecHonored. Fix: install the kind and add it to
	// childResources of the CompositeController, or choose a mode, an autoscaler or routes without
	// it.
	ReasonKindNotInstalled = "KindNotInstalled"
	// ReasonModeUnsupported: no workload can be built for the mode. Seen in EngineReady,
	// DecoderReady and RouterReady. Fix: use RawDeployment, MultiNode, MultiNodeRayVLLM or
	// Serverless.
	ReasonModeUnsupported = "DeploymentModeUnsupported"
	// ReasonInvalidAutoscaling: a value of the autoscaling configuration cannot be used. Seen in
	// EngineReady, DecoderReady and RouterReady. Fix: correct the field of the autoscaler, or the field
	// or annotation of KEDA, that the message names.
	ReasonInvalidAutoscaling = "InvalidAutoscaling"
	// ReasonInvalidIngressConfig: the ingress configuration, or an annotation that overrides it,
	// cannot be used. Seen in IngressReady and SpecHonored. Fix: correct the section ingress of the ConfigMap
	// inferenceservice-config, or the annotation that the message names.
	ReasonInvalidIngressConfig = "InvalidIngressConfig"

	// ReasonMetricIgnored: a scaleMetric that the autoscaler cannot use; cpu is used. Fix: set
	// scaleMetric to cpu or memory, or scale with KEDA.
	ReasonMetricIgnored = "MetricIgnored"
	// ReasonTargetIgnored: a target utilisation that is not a number. Fix: use a whole number
	// from 1 to 100.
	ReasonTargetIgnored = "TargetIgnored"
	// ReasonScaleToZeroUnavailable: minReplicas is 0, and one replica stays: the autoscaler measures the
	// pods, or Knative, which scales to zero, is not among the kinds that isvc may create. Fix: set
	// minReplicas to 1, scale by class KEDA with triggers that need no pods, or install Knative.
	ReasonScaleToZeroUnavailable = "ScaleToZeroUnavailable"
	// ReasonThresholdRounded: a threshold of KEDA with more than three decimals, of which KEDA counts
	// three. Fix: use fewer decimals, or multiply the query and the threshold by one number.
	ReasonThresholdRounded = "ThresholdRounded"
	// ReasonMetricsNotServed: KEDA asks for metrics of the server, and the server runs without any. Fix: start
	// it as the message says, or scale by another query.
	ReasonMetricsNotServed = "MetricsNotServed"
	// ReasonMetricsUnknown: KEDA has no query for a component whose program is not recognised. The metrics of
	// the servers that are known are asked for. Fix: give it a customPromQuery, or triggers in the autoscaler
	// block.
	ReasonMetricsUnknown = "MetricsUnknown"
	// ReasonMetricsNotScraped: KEDA asks Prometheus about the pods, and there is neither a PodMonitor nor an
	// annotation by which Prometheus finds them. Said until KEDA has its metrics. Fix: let isvc make
	// PodMonitors, or set podMonitors to false in the section kedaConfig of the ConfigMap
	// inferenceservice-config where something else scrapes the pods.
	ReasonMetricsNotScraped = "MetricsNotScraped"
	// ReasonNothingWakes: KEDA may take the last replica of a component, and all of its triggers measure pods,
	// so that none brings a replica back. Fix: add a trigger that has a value without pods, or set minReplicas
	// to 1.
	ReasonNothingWakes = "NothingWakesFromZero"
	// ReasonBudgetIgnored: one of two bounds that exclude each other, or bounds of the configuration that
	// cannot be used. Fix: keep minAvailable or maxUnavailable, or correct the section
	// podDisruptionBudget of the ConfigMap inferenceservice-config.
	ReasonBudgetIgnored = "DisruptionBudgetIgnored"
	// ReasonFieldIgnored: a field that has no effect in the mode of the component or without another
	// field, or a setting that the kind of route does not have. Fix: remove the field, choose a mode
	// that uses it, or set the field that the message names.
	ReasonFieldIgnored = "FieldIgnored"
	// ReasonKnativeFeatureNeeded: features of Knative that are off by default and that the pod
	// needs. Said until Knative has taken the pod template. Fix: set the features that the message names to enabled in the ConfigMap
	// config-features of Knative.
	ReasonKnativeFeatureNeeded = "KnativeFeatureNeeded"
	// ReasonKnativeAutoscalerNeeded: the component scales by cpu or memory, and Knative's autoscaler
	// for these is installed separately; without it no revision becomes ready. Said until one is. Fix:
	// install Knative's HPA autoscaling extension, or set scaleMetric to concurrency or rps.
	ReasonKnativeAutoscalerNeeded = "KnativeAutoscalerNeeded"
	// ReasonKnativeRefuses: what Knative's admission refuses with its default limits and all
	// features that the pod needs. Said until Knative has taken the pod template. Fix: remove or
	// change the fields that the message names, or raise Knative's limits.
	ReasonKnativeRefuses = "KnativeRefuses"
	// ReasonHostTaken: a component whose host leads to another component. Fix: use {{ .Name }}
	// in domainTemplate.
	ReasonHostTaken = "HostTaken"
	// ReasonProberNotConfigured: the configuration names no image for the Deployments that watch
	// Ray clusters. Fix: set image in the section multinodeProber of the ConfigMap
	// inferenceservice-config.
	ReasonProberNotConfigured = "ProberNotConfigured"
)

// ignoredField says that the mode of a component does not use a field.
func ignoredField(c *Component, field, why string) finding.Finding {
	return finding.Finding{
		Subject: string(c.Type) + "/" + field, Reason: ReasonFieldIgnored,
		Message: fmt.Sprintf("spec.%s.%s has no effect: %s", c.Type, field, why),
	}
}
