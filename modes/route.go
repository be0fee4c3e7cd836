package modes

import (
	"net/url"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// Route is what decides how users reach a service.
type Route struct {
	// Config is the ingress configuration of the service; see IngressConfigOf.
	Config config.Ingress
	// Components are the components of the service, in any order.
	Components []*Component
	// KnativeURLs are the URLs that Knative reports for serverless components. A component is
	// missing until it has one.
	KnativeURLs map[v1beta1.ComponentType]string
}

// EntryComponent is the component that takes the requests to the service: the router, else the
// engine; nil without either.
func (r Route) EntryComponent() *Component {
	if router := r.componentOfType(v1beta1.RouterComponent); router != nil {
		return router
	}
	return r.componentOfType(v1beta1.EngineComponent)
}

// componentOfType is the component of a type; nil without.
func (r Route) componentOfType(componentType v1beta1.ComponentType) *Component {
	for _, c := range r.Components {
		if c.Type == componentType {
			return c
		}
	}
	return nil
}

// componentHost is a host and the component to which it leads.
type componentHost struct {
	host string
	to   *Component
}

// hostsOfComponents are the hosts of the single components, in OME's order; none in a service of
// one component. A host that is taken keeps its meaning, so that a template without the component's
// name cannot divert requests from the router or the engine. A host that cannot be made is missing, and
// the others work.
func (r Route) hostsOfComponents(env *Env, taken []string) (hosts []componentHost, findings []finding.Finding) {
	if len(r.Components) < 2 {
		return nil, nil
	}
	for _, componentType := range []v1beta1.ComponentType{v1beta1.RouterComponent, v1beta1.EngineComponent, v1beta1.DecoderComponent} {
		c := r.componentOfType(componentType)
		if c == nil {
			continue
		}
		host, problem := r.externalHost(env, c.Name)
		if problem != nil {
			findings = append(findings, finding.Finding{
				Subject: "ingress/" + string(componentType), Reason: problem.Reason,
				Message: "the " + string(componentType) + " has no host of its own: " + problem.Message,
			})
			continue
		}
		if slices.Contains(taken, host) {
			findings = append(findings, finding.Finding{
				Subject: "ingress/" + string(componentType), Reason: ReasonHostTaken,
				Message: "the " + string(componentType) + " has no host of its own: " +
					"domainTemplate gives " + host + ", which leads elsewhere; use {{ .Name }} in the template",
			})
			continue
		}
		taken = append(taken, host)
		hosts = append(hosts, componentHost{host: host, to: c})
	}
	return hosts, findings
}

// BuildRoutes makes the objects by which users reach a service from outside the cluster: none where
// ingress is disabled or there is no component to reach. Their kind depends on the entry component
// and the configuration:
//
//	Serverless, Istio hosts not disabled   VirtualService and ExternalName Service
//	other modes, Gateway API enabled       HTTPRoutes
//	other modes                            Ingress
//
// There are routes from the beginning, while their backends are not ready too.
func BuildRoutes(env *Env, r Route) (Built, *finding.Finding) {
	entry := r.EntryComponent()
	if entry == nil {
		return Built{}, nil
	}
	built, problem := routeBuilderFor(r, entry)(env, r, entry)
	built.Findings = append(built.Findings, r.ignoredTimeouts(env, entry)...)
	if problem == nil {
		problem = checkKindsAreDeclared(env, entry, built.Objects)
	}
	if problem != nil {
		return Built{Findings: built.Findings}, problem
	}
	return built, nil
}

// routeBuilder makes the objects that lead to the entry component.
type routeBuilder func(*Env, Route, *Component) (Built, *finding.Finding)

func routeBuilderFor(r Route, entry *Component) routeBuilder {
	noRoutes := func(*Env, Route, *Component) (Built, *finding.Finding) { return Built{}, nil }
	switch {
	case r.Config.DisableIngressCreation:
		return noRoutes
	case entry.Mode == v1beta1.Serverless && r.Config.DisableIstioVirtualHost:
		return noRoutes
	case entry.Mode == v1beta1.Serverless:
		return istioRouteObjects
	case r.usesHTTPRoutes(entry):
		return makeHTTPRoutes
	}
	return makeIngress
}

// usesHTTPRoutes reports whether HTTPRoutes lead to the entry component.
func (r Route) usesHTTPRoutes(entry *Component) bool {
	return r.Config.EnableGatewayAPI && !r.Config.DisableIngressCreation && entry.Mode != v1beta1.Serverless
}

// WeighsRequestsTo reports whether requests to a component come by routes with weights: by HTTPRoutes that
// lead to the entry component. Other components are reached by their Service objects or by what a router
// knows of their pods.
func (r Route) WeighsRequestsTo(c *Component) bool {
	entry := r.EntryComponent()
	return entry != nil && entry.Type == c.Type && r.usesHTTPRoutes(entry)
}

// HasTimeouts reports whether what leads to the service limits the time of a request, as HTTPRoutes do.
func (r Route) HasTimeouts() bool {
	entry := r.EntryComponent()
	return entry != nil && r.usesHTTPRoutes(entry)
}

// isClusterLocal reports whether the service must not be reachable from outside the cluster.
func isClusterLocal(parent *v1beta1.InferenceService) bool {
	return parent.Labels[v1beta1.LabelKnativeVisibility] == v1beta1.VisibilityClusterLocal
}

// portOfServiceObject is the port of the Service object in front of a component. One that a mode's
// controller makes listens on port 80.
func portOfServiceObject(c *Component) int32 {
	if mode, _ := Of(c.Mode); mode.MakesService {
		return httpPort
	}
	return ServingPort(c)
}

// hostInCluster is the host of a Service object inside the cluster.
func hostInCluster(name, namespace, clusterDomain string) string {
	return name + "." + namespace + ".svc." + clusterDomain
}

// componentHostInCluster is the host of a component's Service object inside the cluster.
func componentHostInCluster(env *Env, c *Component) string {
	return hostInCluster(names.Service(c.Name), c.Namespace, env.Config.ClusterDomain)
}

// serviceHostInCluster is the host of the Service object with the name of the service.
func serviceHostInCluster(env *Env) string {
	return hostInCluster(env.Parent.Name, env.Parent.Namespace, env.Config.ClusterDomain)
}

// hostFromKnative is the host of the service outside the cluster, made from the host that Knative
// gave the entry component: "chat-engine.prod.example.com" gives "chat.prod.example.com". Empty
// until Knative has reported one. A host without the component's name in it is returned as it is:
// Knative routes it already.
func (r Route) hostFromKnative(entry *Component) string {
	return strings.Replace(hostOfURL(r.KnativeURLs[entry.Type]), names.KnativeService(entry.Name), entry.Service, 1)
}

// hostOfURL is the host of a URL without the port; empty for a string that is not a URL.
func hostOfURL(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return parsed.Hostname()
}
