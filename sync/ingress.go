package sync

import (
	"encoding/json"
	"maps"

	"github.com/isvc-io/isvc/api/finding"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
)

// ingress is how the service is reached.
type ingress struct {
	disabled  bool
	addresses modes.Addresses
	// routes are the objects that lead to the service, for the status.
	routes []childKey
	// problem is why the routes that exist were kept instead.
	problem *finding.Finding
}

// buildIngress adds the external Service or the routes. Where it cannot, what
// exists is kept.
func (p *pass) buildIngress() {
	if p.ingress.problem = p.routes(); p.ingress.problem != nil {
		p.ingress.addresses.URL, p.ingress.addresses.Address = "", ""
	}
}

func (p *pass) routes() *finding.Finding {
	route := modes.Route{Components: p.composed(), KnativeURLs: p.knativeURLs()}
	resolved, problem := modes.IngressConfigOf(p.config, p.service)
	if problem != nil {
		return problem
	}
	route.Config = resolved
	p.ingress.disabled = resolved.DisableIngressCreation
	if problem := p.unreachable(); problem != nil {
		return problem
	}
	if p.ingress.addresses, problem = modes.ComputeAddresses(p.env(), route); problem != nil {
		return problem
	}
	routes, problem := modes.BuildRoutes(p.env(), route)
	p.recordFindings(routes.Findings)
	if problem != nil {
		return problem
	}
	built := children{}
	keys := built.add(routes.Objects...)
	if external := modes.MakeExternalService(p.env(), route.EntryComponent()); external != nil && p.ingress.disabled {
		built.add(external)
	}
	if problem := built.refused(p.req.Managed); problem != nil {
		return problem
	}
	maps.Copy(p.children, built)
	p.ingress.routes = keys
	return nil
}

// unreachable is the mistake that stops the entry component.
func (p *pass) unreachable() *finding.Finding {
	entry := v1beta1.EngineComponent
	if p.service.Spec.Router != nil {
		entry = v1beta1.RouterComponent
	}
	for _, result := range p.components {
		if result.Type == entry && result.Problem != nil {
			return result.Problem
		}
	}
	return nil
}

// knativeURLs are the URLs that Knative gave the serverless components.
func (p *pass) knativeURLs() map[v1beta1.ComponentType]string {
	urls := map[v1beta1.ComponentType]string{}
	for _, c := range p.composed() {
		if c.Mode != v1beta1.Serverless {
			continue
		}
		var service struct {
			Status struct {
				URL string `json:"url"`
			} `json:"status"`
		}
		raw := p.req.Children.Raw(kinds.KnativeService, c.Namespace, names.KnativeService(c.Name))
		if json.Unmarshal(raw, &service) == nil && service.Status.URL != "" {
			urls[c.Type] = service.Status.URL
		}
	}
	return urls
}
