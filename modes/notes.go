package modes

import (
	"fmt"

	"github.com/isvc-io/isvc/api/finding"
)

// The reasons of problems and notes about modes other than raw and about
// ingress. Seen in SpecHonored.
const (
	// ReasonInvalidIngressConfig: the ingress configuration, or an annotation
	// that overrides it, cannot be used. Seen in IngressReady. Fix: correct the
	// section ingress of the ConfigMap inferenceservice-config, or the
	// annotation that the message names.
	ReasonInvalidIngressConfig = "InvalidIngressConfig"

	// ReasonFieldIgnored notes a field that has no effect in the mode of the
	// component, or a setting that the kind of route does not have. Fix: remove
	// the field, or choose a mode that uses it.
	ReasonFieldIgnored = "FieldIgnored"
	// ReasonKnativeFeatureNeeded notes features of Knative that are off by
	// default and that the pod needs. Fix: set the features that the message
	// names to enabled in the ConfigMap config-features of Knative.
	ReasonKnativeFeatureNeeded = "KnativeFeatureNeeded"
	// ReasonKnativeRefuses notes what Knative's admission refuses. Fix: remove
	// or lower the fields that the message names, or raise Knative's limits.
	ReasonKnativeRefuses = "KnativeRefuses"
	// ReasonHostTaken notes a component whose host leads to another component.
	// Fix: use {{ .Name }} in domainTemplate.
	ReasonHostTaken = "HostTaken"
	// ReasonProberNotConfigured: the configuration names no image for the
	// Deployments that watch Ray clusters. Fix: set image in the section
	// multinodeProber of the ConfigMap inferenceservice-config.
	ReasonProberNotConfigured = "ProberNotConfigured"
)

// fieldIgnored says that the mode of a component does not use a field.
func fieldIgnored(c *Component, field, why string) finding.Finding {
	return finding.Finding{
		Subject: string(c.Type) + "/" + field, Reason: ReasonFieldIgnored,
		Message: fmt.Sprintf("spec.%s.%s has no effect: %s", c.Type, field, why),
	}
}
