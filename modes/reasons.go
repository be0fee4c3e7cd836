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
	// EngineReady, DecoderReady and RouterReady. Fix: correct the field or annotation of KEDA that
	// the message names.
	ReasonInvalidAutoscaling = "InvalidAutoscaling"
	// ReasonInvalidIngressConfig: the ingress configuration, or an annotation that overrides it,
	// cannot be used. Seen in IngressReady. Fix: correct the section ingress of the ConfigMap
	// inferenceservice-config, or the annotation that the message names.
	ReasonInvalidIngressConfig = "InvalidIngressConfig"

	// ReasonMetricIgnored notes a scaleMetric that the autoscaler cannot use; cpu is used. Fix: set
	// scaleMetric to cpu or memory, or scale with KEDA.
	ReasonMetricIgnored = "MetricIgnored"
	// ReasonTargetIgnored notes a target utilisation that is not a number. Fix: use a whole number
	// from 1 to 100.
	ReasonTargetIgnored = "TargetIgnored"
	// ReasonBudgetIgnored notes one of two bounds that exclude each other. Fix: keep minAvailable
	// or maxUnavailable.
	ReasonBudgetIgnored = "DisruptionBudgetIgnored"
	// ReasonFieldIgnored notes a field that has no effect in the mode of the component, or a
	// setting that the kind of route does not have. Fix: remove the field, or choose a mode that
	// uses it.
	ReasonFieldIgnored = "FieldIgnored"
	// ReasonKnativeFeatureNeeded notes features of Knative that are off by default and that the pod
	// needs. Fix: set the features that the message names to enabled in the ConfigMap
	// config-features of Knative.
	ReasonKnativeFeatureNeeded = "KnativeFeatureNeeded"
	// ReasonKnativeRefuses notes what Knative's admission refuses. Fix: remove or lower the fields
	// that the message names, or raise Knative's limits.
	ReasonKnativeRefuses = "KnativeRefuses"
	// ReasonHostTaken notes a component whose host leads to another component. Fix: use {{ .Name }}
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
