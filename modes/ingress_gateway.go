package modes

import (
	"fmt"
	"strings"

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

// The headers by which a backend knows the service that was asked for, spelled as in OME.
const (
	headerName      = "OMe-Isvc-Name"
	headerNamespace = "OME-Isvc-Namespace"
)

// defaultRouteTimeout limits requests where the component does not, in seconds.
const defaultRouteTimeout int64 = 60

// makeHTTPRoutes makes the HTTPRoutes of a service: one for its own hosts, which leads to the entry
// component; one for the host of each component where there are several; and one for the path on
// the ingress domain, if there is a path. The last is an object of its own, because all services
// share the domain.
func makeHTTPRoutes(env *Env, r Route, entry *Component) (Built, *finding.Finding) {
	gateway, problem := gatewayReference(env, r)
	if problem != nil {
		return Built{}, problem
	}
	host, problem := r.externalHost(env, env.Parent.Name)
	if problem != nil {
		return Built{}, problem
	}
	hosts := append([]string{host}, r.hostsOnAdditionalDomains(env, host)...)
	routes := Objects{makeHTTPRoute(env, gateway, env.Parent.Name, hosts, routeRuleForHost(env, entry))}
	others, findings, problem := r.hostsOfComponents(env, hosts)
	if problem != nil {
		return Built{Findings: findings}, problem
	}
	for _, route := range others {
		routes = append(routes, makeHTTPRoute(env, gateway, route.to.Name, []string{route.host}, routeRuleForHost(env, route.to)))
	}
	path, problem := r.pathOnIngressDomain(env)
	if problem != nil {
		return Built{Findings: findings}, problem
	}
	if path != "" {
		name := names.Component(env.Parent.Name, "path")
		routes = append(routes, makeHTTPRoute(env, gateway, name, []string{r.Config.IngressDomain}, routeRuleForPath(env, entry, path)))
	}
	return Built{Objects: routes, Findings: append(findings, ignoredVisibilityLabel(env, "an HTTPRoute")...)}, nil
}

// gatewayReference refers to the Gateway of the configuration, "<namespace>/<name>".
func gatewayReference(env *Env, r Route) (ParentReference, *finding.Finding) {
	namespace, name, _ := strings.Cut(r.Config.OMEIngressGateway, "/")
	if !isNamespaceName(namespace) || !isObjectName(name) {
		return ParentReference{}, unusableIngressKey(env, "omeIngressGateway", r.Config.OMEIngressGateway,
			"<namespace>/<name> of the Gateway, or set enableGatewayAPI to false")
	}
	return ParentReference{Group: gatewayGroup, Kind: gatewayKind, Namespace: namespace, Name: name}, nil
}

// makeHTTPRoute attaches a rule to hosts of a Gateway.
func makeHTTPRoute(env *Env, gateway ParentReference, name string, hosts []string, rule HTTPRouteRule) *HTTPRoute {
	return &HTTPRoute{
		TypeMeta:   typeMetaOf(kinds.HTTPRoute),
		ObjectMeta: serviceObjectMeta(env.Parent, name, AnnotationsInheritedFromService(env.Parent.Annotations)),
		Spec: HTTPRouteSpec{
			ParentRefs: []ParentReference{gateway},
			Hostnames:  hosts,
			Rules:      []HTTPRouteRule{rule},
		},
	}
}

// routeRuleForHost leads every path to a component. OME uses a regular expression for that, which
// some gateways do not support.
func routeRuleForHost(env *Env, c *Component) HTTPRouteRule {
	return HTTPRouteRule{
		Matches: []HTTPRouteMatch{{Path: HTTPPathMatch{Type: gatewayPathPrefix, Value: "/"}}},
		Filters: []HTTPRouteFilter{{
			Type: gatewaySetHeaders,
			RequestHeaderModifier: &HTTPHeaderModifier{Set: []HTTPHeader{
				{Name: headerName, Value: env.Parent.Name},
				{Name: headerNamespace, Value: env.Parent.Namespace},
			}},
		}},
		BackendRefs: []HTTPBackendRef{{Kind: "Service", Name: names.Service(c.Name), Port: portOfServiceObject(c), Weight: 1}},
		Timeouts:    &HTTPTimeouts{Request: gatewayAPIDuration(c.Extension.TimeoutSeconds)},
	}
}

// routeRuleForPath leads the paths below a prefix to a component and removes the prefix.
func routeRuleForPath(env *Env, c *Component, prefix string) HTTPRouteRule {
	rule := routeRuleForHost(env, c)
	rule.Matches[0].Path.Value = prefix
	rule.Filters = append(rule.Filters, HTTPRouteFilter{
		Type:       gatewayRewrite,
		URLRewrite: &HTTPURLRewrite{Path: HTTPPathModifier{Type: gatewayReplacePrefix, ReplacePrefixMatch: "/"}},
	})
	return rule
}

// gatewayAPIDuration writes seconds as a Gateway API duration, whose numbers have at most five
// digits: 30 gives "30s", 100000 gives "27h2800s".
func gatewayAPIDuration(seconds *int64) string {
	const mostDigits, hour = 99999, 3600
	limit := defaultRouteTimeout
	if seconds != nil && *seconds >= 0 {
		limit = *seconds
	}
	if limit <= mostDigits {
		return fmt.Sprintf("%ds", limit)
	}
	return fmt.Sprintf("%dh%ds", min(limit/hour, mostDigits), limit%hour)
}
