package modes

import (
	"fmt"
	"strings"

	"github.com/isvc-io/isvc/api/finding"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/modes/names"
)

// The words of the Gateway API.
const (
	gatewayGroup         = "gateway.networking.k8s.io"
	gatewayKind          = "Gateway"
	gatewayPathPrefix    = "PathPrefix"
	gatewaySetHeaders    = "RequestHeaderModifier"
	gatewayRewrite       = "URLRewrite"
	gatewayReplacePrefix = "ReplacePrefixMatch"
)

// The headers that tell a backend which service was asked for, spelled as OME
// does.
const (
	headerName      = "OMe-Isvc-Name"
	headerNamespace = "OME-Isvc-Namespace"
)

// defaultRouteTimeout limits requests where the component does not, in
// seconds.
const defaultRouteTimeout int64 = 60

// gatewayIngress returns the HTTPRoutes of a service: one for its own hosts,
// which leads to the entry component; one for the host of each component where
// there are several; and one for the path on the ingress domain if there is
// one, apart from the others, because the domain belongs to all services.
func gatewayIngress(env *Env, r Route, entry *Component) (Built, *finding.Finding) {
	gateway, problem := gatewayRef(env, r)
	if problem != nil {
		return Built{}, problem
	}
	host, problem := r.domain(env, env.Parent.Name)
	if problem != nil {
		return Built{}, problem
	}
	hosts := append([]string{host}, r.additionalHosts(env, host)...)
	routes := Objects{httpRoute(env, gateway, env.Parent.Name, hosts, hostRule(env, entry))}
	others, findings, problem := r.componentRoutes(env, hosts)
	if problem != nil {
		return Built{Findings: findings}, problem
	}
	for _, route := range others {
		routes = append(routes, httpRoute(env, gateway, route.to.Name, []string{route.host}, hostRule(env, route.to)))
	}
	path, problem := r.path(env)
	if problem != nil {
		return Built{Findings: findings}, problem
	}
	if path != "" {
		name := names.Component(env.Parent.Name, "path")
		routes = append(routes, httpRoute(env, gateway, name, []string{r.Config.IngressDomain}, pathRule(env, entry, path)))
	}
	return Built{Objects: routes, Findings: append(findings, visibilityIgnored(env, "an HTTPRoute")...)}, nil
}

// gatewayRef is the Gateway of the configuration: "<namespace>/<name>".
func gatewayRef(env *Env, r Route) (ParentReference, *finding.Finding) {
	namespace, name, _ := strings.Cut(r.Config.OMEIngressGateway, "/")
	if !isLabel(namespace) || !isSubdomain(name) {
		return ParentReference{}, ingressKeyProblem(env, "omeIngressGateway", r.Config.OMEIngressGateway,
			"<namespace>/<name> of the Gateway, or set enableGatewayAPI to false")
	}
	return ParentReference{Group: gatewayGroup, Kind: gatewayKind, Namespace: namespace, Name: name}, nil
}

func httpRoute(env *Env, gateway ParentReference, name string, hosts []string, rule HTTPRouteRule) *HTTPRoute {
	route := &HTTPRoute{Spec: HTTPRouteSpec{
		ParentRefs: []ParentReference{gateway},
		Hostnames:  hosts,
		Rules:      []HTTPRouteRule{rule},
	}}
	route.TypeMeta, route.ObjectMeta = routeMeta(env, kinds.HTTPRoute, name)
	return route
}

// hostRule leads every path to a component. OME's has a regular expression for
// that, which not every gateway supports.
func hostRule(env *Env, c *Component) HTTPRouteRule {
	return HTTPRouteRule{
		Matches: []HTTPRouteMatch{{Path: HTTPPathMatch{Type: gatewayPathPrefix, Value: "/"}}},
		Filters: []HTTPRouteFilter{{
			Type: gatewaySetHeaders,
			RequestHeaderModifier: &HTTPHeaderModifier{Set: []HTTPHeader{
				{Name: headerName, Value: env.Parent.Name},
				{Name: headerNamespace, Value: env.Parent.Namespace},
			}},
		}},
		BackendRefs: []HTTPBackendRef{{Kind: "Service", Name: names.Service(c.Name), Port: backendPort(c), Weight: 1}},
		Timeouts:    &HTTPTimeouts{Request: gatewayDuration(c.Extension.TimeoutSeconds)},
	}
}

// pathRule leads the paths below a prefix to a component and cuts the prefix
// off.
func pathRule(env *Env, c *Component, prefix string) HTTPRouteRule {
	rule := hostRule(env, c)
	rule.Matches[0].Path.Value = prefix
	rule.Filters = append(rule.Filters, HTTPRouteFilter{
		Type:       gatewayRewrite,
		URLRewrite: &HTTPURLRewrite{Path: HTTPPathModifier{Type: gatewayReplacePrefix, ReplacePrefixMatch: "/"}},
	})
	return rule
}

// gatewayDuration writes seconds as a Gateway API duration, whose numbers have
// at most five digits: 30 gives "30s", 100000 gives "27h2800s".
func gatewayDuration(seconds *int64) string {
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
