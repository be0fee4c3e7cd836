package modes

import (
	"regexp"
	"strings"

	"github.com/isvc-io/isvc/api/finding"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
)

// meshGateway is Istio's word for the proxies of the mesh.
const meshGateway = "mesh"

// knativeGatewayPort is the port on which Knative's local gateway takes plain
// requests.
const knativeGatewayPort int32 = 8080

// istioIngress returns the VirtualService of a service whose entry component
// is serverless, and the Service by which its name leads to the local gateway
// inside the cluster. Requests go on to Knative's local gateway under the
// entry component's name, so that Knative starts pods for them.
//
// The host outside the cluster is the one that Knative made up. Until Knative
// has said it, and for a cluster-local service, only the name inside the
// cluster leads to the service.
func istioIngress(env *Env, r Route, entry *Component) (Built, *finding.Finding) {
	if problem := checkIstioConfig(env, r.Config); problem != nil {
		return Built{}, problem
	}
	path, problem := r.path(env)
	if problem != nil {
		return Built{}, problem
	}
	outside := r.outsideHosts(env, entry)
	if clusterLocal(env.Parent) {
		path = ""
	}
	virtual := &VirtualService{Spec: VirtualServiceSpec{
		Hosts:    istioHosts(env, r, outside, path),
		Gateways: istioGateways(env, r),
		HTTP:     []IstioRule{istioHostRule(env, r, entry, outside)},
	}}
	virtual.TypeMeta, virtual.ObjectMeta = routeMeta(env, kinds.VirtualService, env.Parent.Name)
	if path != "" {
		virtual.Spec.HTTP = append(virtual.Spec.HTTP, istioPathRule(env, r, entry, path))
	}
	return Built{Objects: Objects{virtual, gatewayAlias(env, r.Config)}}, nil
}

// checkIstioConfig returns the problem of the first key that a VirtualService
// needs and the configuration lacks.
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
			return ingressKeyProblem(env, key.name, key.value, key.want+", or set disableIstioVirtualHost to true")
		}
	}
	return nil
}

// outsideHosts are the hosts by which the service is reached from outside.
func (r Route) outsideHosts(env *Env, entry *Component) []string {
	host := r.knativeHost(entry)
	taken := host == "" || host == parentHost(env) || host == urlHost(r.KnativeURLs[entry.Type])
	if clusterLocal(env.Parent) || taken {
		return nil
	}
	return append([]string{host}, r.additionalHosts(env, host)...)
}

// istioHosts are the hosts of the VirtualService: inside the cluster, outside,
// and the domain on which the service has a path.
func istioHosts(env *Env, r Route, outside []string, path string) []string {
	hosts := []string{parentHost(env)}
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

// istioGateways are where the hosts enter.
func istioGateways(env *Env, r Route) []string {
	gateways := []string{r.Config.LocalGateway, meshGateway}
	if !clusterLocal(env.Parent) {
		gateways = append(gateways, r.Config.IngressGateway)
	}
	return gateways
}

// istioHostRule leads every path of the service's hosts to the entry component.
func istioHostRule(env *Env, r Route, entry *Component, outside []string) IstioRule {
	rule := istioRule(env, r, entry)
	rule.Match = []IstioMatch{{
		Authority: &IstioStringMatch{Regex: insideRegex(env)},
		Gateways:  []string{r.Config.LocalGateway, meshGateway},
	}}
	for _, host := range outside {
		rule.Match = append(rule.Match, IstioMatch{
			Authority: &IstioStringMatch{Regex: hostRegex(host)},
			Gateways:  []string{r.Config.IngressGateway},
		})
	}
	return rule
}

// istioPathRule leads the paths below a prefix of the ingress domain to the
// entry component and cuts the prefix off.
func istioPathRule(env *Env, r Route, entry *Component, path string) IstioRule {
	rule := istioRule(env, r, entry)
	rule.Rewrite = &IstioRewrite{URI: "/"}
	for _, uri := range []*IstioStringMatch{{Prefix: path + "/"}, {Exact: path}} {
		rule.Match = append(rule.Match, IstioMatch{
			URI:       uri,
			Authority: &IstioStringMatch{Regex: hostRegex(r.Config.IngressDomain)},
			Gateways:  []string{r.Config.IngressGateway},
		})
	}
	return rule
}

// istioRule sends requests to Knative's local gateway, which knows the entry
// component by its host.
func istioRule(env *Env, r Route, entry *Component) IstioRule {
	return IstioRule{
		Route: []IstioDestination{{
			Destination: IstioHost{
				Host: r.Config.KnativeLocalGatewayService,
				Port: IstioPortNumber{Number: knativeGatewayPort},
			},
			Weight: allTraffic,
		}},
		Headers: &IstioHeaders{Request: IstioHeaderOperations{Set: map[string]string{
			"Host":          componentHost(env, entry),
			headerName:      env.Parent.Name,
			headerNamespace: env.Parent.Namespace,
		}}},
	}
}

// optionalPort matches the port that a client may put behind a host.
const optionalPort = `(?::\d{1,5})?`

// hostRegex matches a host with or without a port.
func hostRegex(host string) string {
	return "^" + regexp.QuoteMeta(host) + optionalPort + "$"
}

// insideRegex matches every name of the service inside the cluster:
// "chat.prod", "chat.prod.svc" and "chat.prod.svc.cluster.local".
func insideRegex(env *Env) string {
	short := strings.Join([]string{env.Parent.Name, env.Parent.Namespace}, ".")
	return "^" + regexp.QuoteMeta(short) + `(\.svc(\.` + regexp.QuoteMeta(env.Config.ClusterDomain) + `)?)?` + optionalPort + "$"
}

// gatewayAlias makes the service's name inside the cluster an alias of the
// local gateway.
func gatewayAlias(env *Env, in config.Ingress) *corev1.Service {
	service := &corev1.Service{Spec: corev1.ServiceSpec{
		Type:            corev1.ServiceTypeExternalName,
		ExternalName:    in.LocalGatewayService,
		SessionAffinity: corev1.ServiceAffinityNone,
	}}
	service.TypeMeta, service.ObjectMeta = routeMeta(env, kinds.Service, env.Parent.Name)
	service.Annotations = nil
	return service
}
