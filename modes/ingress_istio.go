package modes

import (
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
)

// meshGateway is Istio's name for the proxies of the mesh.
const meshGateway = "mesh"

// knativeGatewayPort is the port on which Knative's local gateway takes plain requests.
const knativeGatewayPort int32 = 8080

// istioRouteObjects are the VirtualService of a service whose entry component is serverless, and
// the Service object by which its name leads to the local gateway inside the cluster. Requests go
// on to Knative's local gateway under the entry component's name, so that Knative starts pods for
// them.
//
// The host outside the cluster is the one that Knative gave the component. Until Knative has
// reported it, and for a cluster-local service, only the name inside the cluster leads to the
// service.
func istioRouteObjects(env *Env, r Route, entry *Component) (Built, *finding.Finding) {
	if problem := checkIstioConfig(env, r.Config); problem != nil {
		return Built{}, problem
	}
	path, problem := r.pathOnIngressDomain(env)
	if problem != nil {
		return Built{}, problem
	}
	outside, findings := r.hostsOutsideCluster(env, entry)
	if isClusterLocal(env.Parent) {
		path = ""
	}
	rules := []IstioRule{virtualServiceRuleForHosts(env, r, entry, outside)}
	if path != "" {
		rules = append(rules, virtualServiceRuleForPath(env, r, entry, path))
	}
	virtualService := &VirtualService{
		TypeMeta:   typeMetaOf(kinds.VirtualService),
		ObjectMeta: serviceObjectMeta(env.Parent, env.Parent.Name, AnnotationsInheritedFromService(env.Parent.Annotations)),
		Spec: VirtualServiceSpec{
			Hosts:    virtualServiceHosts(env, r, outside, path),
			Gateways: virtualServiceGateways(env, r),
			HTTP:     rules,
		},
	}
	return Built{Objects: Objects{virtualService, makeLocalGatewayAlias(env, r.Config)}, Findings: findings}, nil
}

// checkIstioConfig returns the problem of the first key that a VirtualService needs and that the
// configuration lacks.
func checkIstioConfig(env *Env, in config.Ingress) *finding.Finding {
	const gateway = "<namespace>/<name> of an Istio Gateway"
	const host = "the host of the gateway's Service"
	for _, key := range []struct{ name, value, want string }{
		{"ingressGateway", in.IngressGateway, gateway},
		{"localGateway", in.LocalGateway, gateway},
		{"localGatewayService", in.LocalGatewayService, host},
		{"knativeLocalGatewayService", in.KnativeLocalGatewayService, host},
	} {
		if key.value == "" {
			return unusableIngressKey(env, key.name, key.value, key.want+", or set disableIstioVirtualHost to true")
		}
	}
	return nil
}

// hostsOutsideCluster are the hosts by which users reach the service from outside; none while
// Knative has not reported a host that isvc can derive one from.
func (r Route) hostsOutsideCluster(env *Env, entry *Component) ([]string, []finding.Finding) {
	host := r.hostFromKnative(entry)
	taken := host == "" || host == serviceHostInCluster(env) || host == hostOfURL(r.KnativeURLs[entry.Type])
	if isClusterLocal(env.Parent) || taken {
		return nil, nil
	}
	additional, findings := r.hostsOnAdditionalDomains(env, host)
	return append([]string{host}, additional...), findings
}

// virtualServiceHosts are the hosts of the VirtualService: inside the cluster, outside, and the
// domain on which the service has a path.
func virtualServiceHosts(env *Env, r Route, outside []string, path string) []string {
	hosts := []string{serviceHostInCluster(env)}
	if len(outside) > 0 {
		hosts = append(hosts, outside[0])
	}
	if path != "" {
		hosts = append(hosts, r.Config.IngressDomain)
	}
	if len(outside) > 1 {
		hosts = append(hosts, outside[1:]...)
	}
	return hosts
}

// virtualServiceGateways are the gateways at which requests to the hosts enter.
func virtualServiceGateways(env *Env, r Route) []string {
	gateways := []string{r.Config.LocalGateway, meshGateway}
	if !isClusterLocal(env.Parent) {
		gateways = append(gateways, r.Config.IngressGateway)
	}
	return gateways
}

// virtualServiceRuleForHosts leads every path of the service's hosts to the entry component.
func virtualServiceRuleForHosts(env *Env, r Route, entry *Component, outside []string) IstioRule {
	rule := ruleToKnativeGateway(env, r, entry)
	rule.Match = []IstioMatch{{
		Authority: &IstioStringMatch{Regex: authorityInClusterRegex(env)},
		Gateways:  []string{r.Config.LocalGateway, meshGateway},
	}}
	for _, host := range outside {
		rule.Match = append(rule.Match, IstioMatch{
			Authority: &IstioStringMatch{Regex: authorityRegex(host)},
			Gateways:  []string{r.Config.IngressGateway},
		})
	}
	return rule
}

// virtualServiceRuleForPath leads the paths below a prefix of the ingress domain to the entry
// component and removes the prefix.
func virtualServiceRuleForPath(env *Env, r Route, entry *Component, path string) IstioRule {
	rule := ruleToKnativeGateway(env, r, entry)
	rule.Rewrite = &IstioRewrite{URI: "/"}
	for _, uri := range []*IstioStringMatch{{Prefix: path + "/"}, {Exact: path}} {
		rule.Match = append(rule.Match, IstioMatch{
			URI:       uri,
			Authority: &IstioStringMatch{Regex: authorityRegex(r.Config.IngressDomain)},
			Gateways:  []string{r.Config.IngressGateway},
		})
	}
	return rule
}

// ruleToKnativeGateway sends requests to Knative's local gateway, which knows the entry component
// by its host. It matches all requests.
func ruleToKnativeGateway(env *Env, r Route, entry *Component) IstioRule {
	return IstioRule{
		Route: []IstioDestination{{
			Destination: IstioHost{
				Host: r.Config.KnativeLocalGatewayService,
				Port: IstioPortNumber{Number: knativeGatewayPort},
			},
			Weight: allTraffic,
		}},
		Headers: &IstioHeaders{Request: IstioHeaderOperations{Set: map[string]string{
			"Host":          componentHostInCluster(env, entry),
			headerName:      env.Parent.Name,
			headerNamespace: env.Parent.Namespace,
		}}},
	}
}

// optionalPort matches the port that a client may write after a host.
const optionalPort = `(?::\d{1,5})?`

// authorityRegex matches a host with or without a port.
func authorityRegex(host string) string {
	return "^" + regexp.QuoteMeta(host) + optionalPort + "$"
}

// authorityInClusterRegex matches every name of the service inside the cluster: "chat.prod",
// "chat.prod.svc" and "chat.prod.svc.cluster.local".
func authorityInClusterRegex(env *Env) string {
	short := strings.Join([]string{env.Parent.Name, env.Parent.Namespace}, ".")
	return "^" + regexp.QuoteMeta(short) + `(\.svc(\.` + regexp.QuoteMeta(env.Config.ClusterDomain) + `)?)?` + optionalPort + "$"
}

// makeLocalGatewayAlias makes the service's name inside the cluster an alias of the local gateway.
func makeLocalGatewayAlias(env *Env, in config.Ingress) *corev1.Service {
	return &corev1.Service{
		TypeMeta:   typeMetaOf(kinds.Service),
		ObjectMeta: serviceObjectMeta(env.Parent, env.Parent.Name, nil),
		Spec: corev1.ServiceSpec{
			Type:            corev1.ServiceTypeExternalName,
			ExternalName:    in.LocalGatewayService,
			SessionAffinity: corev1.ServiceAffinityNone,
		},
	}
}
