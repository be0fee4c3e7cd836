package modes

import (
	"fmt"
	"slices"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/modes/names"
)

// The values of fields that the Gateway API defines.
const (
	gatewayGroup         = "gateway.networking.k8s.io"
	gatewayKind          = "Gateway"
	gatewayPathPrefix    = "PathPrefix"
	gatewaySetHeaders    = "RequestHeaderModifier"
	gatewayRewrite       = "URLRewrite"
	gatewayReplacePrefix = "ReplacePrefixMatch"
)

// PathRoute ends the name of the HTTPRoute for the path of a service, as the type of a component ends
// that of its host.
const PathRoute = "path"

// The headers by which a backend knows the service that was asked for, spelled as in OME.
const (
	headerName      = "OMe-Isvc-Name"
	headerNamespace = "OME-Isvc-Namespace"
)

// makeHTTPRoutes makes the HTTPRoutes of a service: those of its hosts, and one for the path on the ingress
// domain, if there is a path. The last is an object of its own, because all services share the domain.
func makeHTTPRoutes(env *Env, r Route, entry *Component) (Built, *finding.Finding) {
	r, badGateways := r.withUsableGateways(env)
	gateways, problem := gatewayReferences(env, r)
	if problem != nil {
		return Built{}, problem
	}
	makeRoutes := makeRoutesOnOwnHosts
	if r.sharesHost(entry) {
		makeRoutes = makeRoutesOnSharedHost
	}
	built, problem := makeRoutes(env, r, entry, gateways)
	built.Findings = append(badGateways, built.Findings...)
	if problem != nil {
		return Built{Findings: built.Findings}, problem
	}
	path, problem := r.pathOnIngressDomain(env)
	if problem != nil {
		return Built{Findings: built.Findings}, problem
	}
	if path != "" {
		name := names.Component(env.Parent.Name, PathRoute)
		ofPath := makeHTTPRoute(env, gateways, name, []string{r.Config.IngressDomain}, routeRuleForPath(env, r, entry, path))
		if r.pathIsShared(env, path) {
			markSharedRoute(ofPath)
		}
		built.Objects = append(built.Objects, ofPath)
	}
	built.Findings = append(built.Findings, ignoredVisibilityLabel(env, "an HTTPRoute")...)
	return built, nil
}

// makeRoutesOnOwnHosts makes an HTTPRoute for the service's own hosts, which leads to the entry component,
// and one for the host of each component where there are several.
func makeRoutesOnOwnHosts(env *Env, r Route, entry *Component, gateways []ParentReference) (Built, *finding.Finding) {
	host, problem := r.externalHost(env, env.Parent.Name)
	if problem != nil {
		return Built{}, problem
	}
	additional, findings := r.hostsOnAdditionalDomains(env, host)
	onGateways, badDomains := r.hostsOnGateways(env, env.Parent.Name)
	findings = append(findings, badDomains...)
	hosts := withoutDuplicates(slices.Concat([]string{host}, additional, onGateways))
	main := makeHTTPRoute(env, gateways, env.Parent.Name, hosts, routeRuleForHost(env, r, entry))
	r.markSharedHosts(env, main, host)
	routes := Objects{main}
	others, badHosts := r.hostsOfComponents(env, hosts)
	findings = append(findings, badHosts...)
	for _, route := range others {
		onGateways, _ := r.hostsOnGateways(env, route.to.Name)
		ofComponent := withoutDuplicates(append([]string{route.host}, onGateways...))
		routes = append(routes, makeHTTPRoute(env, gateways, route.to.Name, ofComponent, routeRuleForHost(env, r, route.to)))
	}
	return Built{Objects: routes, Findings: findings}, nil
}

// withoutDuplicates keeps the first of equal strings.
func withoutDuplicates(list []string) []string {
	var out []string
	for _, item := range list {
		if !slices.Contains(out, item) {
			out = append(out, item)
		}
	}
	return out
}

// gatewayReference refers to the Gateway of the configuration, "<namespace>/<name>".
func gatewayReference(env *Env, r Route) (ParentReference, *finding.Finding) {
	reference, ok := parseGateway(r.Config.OMEIngressGateway)
	if !ok {
		return ParentReference{}, unusableIngressKey(env, "omeIngressGateway", r.Config.OMEIngressGateway,
			"<namespace>/<name> of the Gateway, or set enableGatewayAPI to false")
	}
	return reference, nil
}

// makeHTTPRoute attaches a rule to hosts of Gateways.
func makeHTTPRoute(env *Env, gateways []ParentReference, name string, hosts []string, rule HTTPRouteRule) *HTTPRoute {
	return &HTTPRoute{
		TypeMeta:   typeMetaOf(kinds.HTTPRoute),
		ObjectMeta: serviceObjectMeta(env.Parent, name, AnnotationsInheritedFromService(env.Parent.Annotations)),
		Spec: HTTPRouteSpec{
			ParentRefs: gateways,
			Hostnames:  hosts,
			Rules:      []HTTPRouteRule{rule},
		},
	}
}

// routeRuleForHost leads every path to a component. OME uses a regular expression for that, which
// some gateways do not support.
func routeRuleForHost(env *Env, r Route, c *Component) HTTPRouteRule {
	return HTTPRouteRule{
		Matches: []HTTPRouteMatch{{Path: HTTPPathMatch{Type: gatewayPathPrefix, Value: "/"}}},
		Filters: []HTTPRouteFilter{{
			Type: gatewaySetHeaders,
			RequestHeaderModifier: &HTTPHeaderModifier{Set: []HTTPHeader{
				{Name: headerName, Value: env.Parent.Name},
				{Name: headerNamespace, Value: env.Parent.Namespace},
			}},
		}},
		BackendRefs: backendsOf(r, c),
		Timeouts:    requestTimeouts(r.requestTimeoutOf(c)),
	}
}

// backendsOf are BackendsOf as HTTPRoutes have them; without the canary where routes do not weigh the requests.
func backendsOf(r Route, c *Component) []HTTPBackendRef {
	if !r.WeighsRequestsTo(c) {
		alone := *c
		alone.Canary.Beside = nil
		c = &alone
	}
	var refs []HTTPBackendRef
	for _, backend := range BackendsOf(c) {
		refs = append(refs, HTTPBackendRef{Kind: "Service", Name: backend.Service, Port: backend.Port, Weight: backend.Weight})
	}
	return refs
}

// Backend is a Service object that takes requests to a component, with its weight among the others.
type Backend struct {
	Service      string
	Port, Weight int32
}

// BackendsOf are the Service objects of a component and of its canary, with their shares, where routes weigh the
// requests to it. One without a share is left out: some gateways send it requests at weight 0.
func BackendsOf(c *Component) []Backend {
	own := Backend{names.Service(c.Name), portOfServiceObject(c), 1}
	beside := c.Canary.Beside
	if beside == nil || beside.Weight == 0 {
		return []Backend{own}
	}
	canary := Backend{beside.Service, beside.Port, 1}
	if beside.Weight >= allTraffic {
		return []Backend{canary}
	}
	own.Weight, canary.Weight = allTraffic-beside.Weight, beside.Weight
	return []Backend{own, canary}
}

// routeRuleForPath leads the paths below a prefix to a component and removes the prefix.
func routeRuleForPath(env *Env, r Route, c *Component, prefix string) HTTPRouteRule {
	rule := routeRuleForHost(env, r, c)
	rule.Matches[0].Path.Value = prefix
	rule.Filters = append(rule.Filters, HTTPRouteFilter{
		Type:       gatewayRewrite,
		URLRewrite: &HTTPURLRewrite{Path: HTTPPathModifier{Type: gatewayReplacePrefix, ReplacePrefixMatch: "/"}},
	})
	return rule
}

// requestTimeouts limits requests to a number of seconds; 0 turns off the limit that a gateway has by
// itself. Nil without a limit: the field counts the whole of a streamed answer, and some gateways
// refuse routes that have it.
func requestTimeouts(seconds *int64) *HTTPTimeouts {
	if seconds == nil {
		return nil
	}
	return &HTTPTimeouts{Request: gatewayAPIDuration(*seconds)}
}

// gatewayAPIDuration writes seconds as a Gateway API duration, whose numbers have at most five
// digits: 30 gives "30s", 100000 gives "27h2800s".
func gatewayAPIDuration(seconds int64) string {
	const mostDigits, hour = 99999, 3600
	if seconds <= mostDigits {
		return fmt.Sprintf("%ds", seconds)
	}
	return fmt.Sprintf("%dh%ds", min(seconds/hour, mostDigits), seconds%hour)
}
