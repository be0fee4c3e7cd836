package modes

import (
	"fmt"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// requestTimeoutOf is the limit of requests through a route to a component, in seconds: its own, else
// that of the configuration; nil without one.
func (r Route) requestTimeoutOf(c *Component) *int64 {
	if own := c.Extension.TimeoutSeconds; own != nil && *own >= 0 {
		return own
	}
	return r.Config.DefaultRouteTimeoutSeconds
}

// ignoredTimeouts reports each timeoutSeconds of the service that limits nothing, or only the requests
// that do not come in through the router. Knative itself limits the requests to a serverless component.
func (r Route) ignoredTimeouts(env *Env, entry *Component) []finding.Finding {
	var findings []finding.Finding
	for _, c := range r.Components {
		if !setsTimeout(env.Parent, c.Type) || c.Mode == v1beta1.Serverless {
			continue
		}
		why := ""
		switch {
		case !r.usesHTTPRoutes(entry):
			why = "here: only HTTPRoutes and mode Serverless limit requests, and the service is reached without them; remove it"
		case c.Type != entry.Type && entry.Extension.TimeoutSeconds == nil:
			why = fmt.Sprintf("on requests to the service, which go through the %s: set spec.%s.timeoutSeconds", entry.Type, entry.Type)
		default:
			continue
		}
		findings = append(findings, finding.Finding{
			Subject: string(c.Type) + "/timeoutSeconds", Reason: ReasonFieldIgnored,
			Message: fmt.Sprintf("spec.%s.timeoutSeconds has no effect %s", c.Type, why),
		})
	}
	return findings
}

// setsTimeout reports whether the service itself, and not its runtime, limits requests to a component.
func setsTimeout(parent *v1beta1.InferenceService, component v1beta1.ComponentType) bool {
	spec := parent.Spec
	switch {
	case component == v1beta1.EngineComponent && spec.Engine != nil:
		return spec.Engine.TimeoutSeconds != nil
	case component == v1beta1.DecoderComponent && spec.Decoder != nil:
		return spec.Decoder.TimeoutSeconds != nil
	case component == v1beta1.RouterComponent && spec.Router != nil:
		return spec.Router.TimeoutSeconds != nil
	}
	return false
}
