package modes

import "fmt"

// The reasons of problems and notes about modes other than raw and about
// ingress.
const (
	// ReasonInvalidIngressConfig: the ingress configuration, or an annotation
	// that overrides it, cannot be used.
	ReasonInvalidIngressConfig = "InvalidIngressConfig"

	// ReasonFieldIgnored notes a field that has no effect in the mode of the
	// component.
	ReasonFieldIgnored = "FieldIgnored"
	// ReasonKnativeFeatureNeeded notes features of Knative that are off by
	// default and that the pod needs.
	ReasonKnativeFeatureNeeded = "KnativeFeatureNeeded"
	// ReasonKnativeRefuses notes what Knative's admission refuses.
	ReasonKnativeRefuses = "KnativeRefuses"
	// ReasonHostTaken notes a component whose host leads to another component.
	ReasonHostTaken = "HostTaken"
	// ReasonProberNotConfigured notes that the configuration names no image for
	// the Deployments that watch Ray clusters.
	ReasonProberNotConfigured = "ProberNotConfigured"
)

// noteIgnored records a field that the mode of a component does not use.
func noteIgnored(env *Env, c *Component, field, why string) {
	env.Record.Note(string(c.Type)+"/"+field, ReasonFieldIgnored,
		fmt.Sprintf("spec.%s.%s has no effect: %s", c.Type, field, why))
}
