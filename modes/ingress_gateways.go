package modes

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// withGatewaysOf chooses the Gateways of a service's HTTPRoutes: those of its annotations, else those of
// its namespace, else those of the cluster. The main Gateway and the additional ones are chosen one by
// one. Without HTTPRoutes nothing is chosen.
func withGatewaysOf(in config.Ingress, parent *v1beta1.InferenceService) config.Ingress {
	if !in.EnableGatewayAPI {
		return in
	}
	ofNamespace := in.NamespaceIngressGateways[parent.Namespace]
	switch named, annotated := parent.Annotations[v1beta1.AnnotationIngressGateway]; {
	case annotated && named != "":
		in.OMEIngressGateway = named
	case annotated:
	case ofNamespace.Primary.OMEIngressGateway != "":
		in.OMEIngressGateway = ofNamespace.Primary.OMEIngressGateway
		if domain := ofNamespace.Primary.IngressDomain; domain != "" {
			in.IngressDomain = domain
		}
	}
	text, annotated := parent.Annotations[v1beta1.AnnotationIngressAdditionalGateways]
	switch gateways, ok := AdditionalGatewaysIn(text); {
	case annotated && ok:
		in.AdditionalIngressGateways = gateways
	case annotated:
	case ofNamespace.Additional != nil:
		in.AdditionalIngressGateways = ofNamespace.Additional
	}
	return in
}

// AdditionalGatewaysIn reads the list of Gateways in an annotation; ok is false for any other text.
func AdditionalGatewaysIn(text string) (gateways []config.IngressGateway, ok bool) {
	if err := json.Unmarshal([]byte(text), &gateways); err != nil || gateways == nil {
		return nil, false
	}
	return gateways, true
}

// withSchemeOf decides whether the service has a host of its own, or a path on the one that all share.
func withSchemeOf(in config.Ingress, annotations map[string]string) config.Ingress {
	if value, annotated := annotations[v1beta1.AnnotationIngressPerISVCSubdomain]; annotated {
		in.PerISVCSubdomain = ptr.To(value == "true")
	}
	if prefix, annotated := annotations[v1beta1.AnnotationIngressSharedHostPrefix]; annotated {
		in.SharedHostPrefix = &prefix
	}
	return in
}

// sharesHost reports whether the service is a path on the host that the HTTPRoutes of all services share.
func (r Route) sharesHost(entry *Component) bool {
	return r.Config.SharesHost() && r.usesHTTPRoutes(entry)
}

// sharedHosts are the hosts that all services share: one on each domain, the main one first. It leaves
// out duplicates, and reports domains without a host. The problem is that of the main domain.
func (r Route) sharedHosts(env *Env) (hosts []string, findings []finding.Finding, problem *finding.Finding) {
	domains := append([]string{r.Config.IngressDomain}, r.Config.AdditionalIngressDomains...)
	for _, gateway := range r.Config.AdditionalIngressGateways {
		domains = append(domains, gateway.IngressDomain)
	}
	for i, domain := range domains {
		host := domain
		if prefix := ptr.Deref(r.Config.SharedHostPrefix, ""); prefix != "" {
			host = prefix + "." + domain
		}
		if err := checkDomainName(host); err != nil {
			wrong := finding.Finding{Subject: "ingress/" + domain, Reason: ReasonInvalidIngressConfig, Message: fmt.Sprintf(
				"InferenceService %s/%s has no host on the domain %q: %v; correct the domain or sharedHostPrefix in key %s of ConfigMap %s, or the annotations ome.io/ingress-...",
				env.Parent.Namespace, env.Parent.Name, shortenForMessage(domain), err, config.SectionIngress, config.MapName)}
			if i == 0 {
				return nil, nil, &wrong
			}
			findings = append(findings, wrong)
			continue
		}
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts, findings, nil
}

// pathOnSharedHost is the prefix of a service, or of a component, on the host that all services share.
func pathOnSharedHost(env *Env, name string) string {
	return "/" + env.Parent.Namespace + "/" + name + "/"
}

// gatewayReferences refer to the Gateways of a service's HTTPRoutes, the main one first. It leaves out
// duplicates.
func gatewayReferences(env *Env, r Route) ([]ParentReference, *finding.Finding) {
	main, problem := gatewayReference(env, r)
	if problem != nil {
		return nil, problem
	}
	references := []ParentReference{main}
	for _, gateway := range r.Config.AdditionalIngressGateways {
		if reference, _ := parseGateway(gateway.OMEIngressGateway); !slices.Contains(references, reference) {
			references = append(references, reference)
		}
	}
	return references, nil
}

// withUsableGateways leaves out further Gateways that have no name, and reports them.
func (r Route) withUsableGateways(env *Env) (Route, []finding.Finding) {
	var usable []config.IngressGateway
	var findings []finding.Finding
	for i, gateway := range r.Config.AdditionalIngressGateways {
		if _, ok := parseGateway(gateway.OMEIngressGateway); ok {
			usable = append(usable, gateway)
			continue
		}
		findings = append(findings, finding.Finding{
			Subject: "ingress/gateways", Reason: ReasonInvalidIngressConfig, Message: fmt.Sprintf(
				"InferenceService %s/%s is not reached by item %d of additionalIngressGateways: omeIngressGateway is %q and must be <namespace>/<name>; correct it in key %s of ConfigMap %s, or in annotation %s",
				env.Parent.Namespace, env.Parent.Name, i, shortenForMessage(gateway.OMEIngressGateway),
				config.SectionIngress, config.MapName, v1beta1.AnnotationIngressAdditionalGateways)})
	}
	r.Config.AdditionalIngressGateways = usable
	return r, findings
}

// parseGateway refers to the Gateway "<namespace>/<name>"; ok is false for any other text.
func parseGateway(text string) (reference ParentReference, ok bool) {
	namespace, name, _ := strings.Cut(text, "/")
	return ParentReference{Group: gatewayGroup, Kind: gatewayKind, Namespace: namespace, Name: name}, isNamespaceName(namespace) && isObjectName(name)
}

// hostsOnGateways are the hosts of a service or a component on the domains of further Gateways, made as
// the main one is. A domain that the service's annotation names counts for every Gateway.
func (r Route) hostsOnGateways(env *Env, name string) (hosts []string, findings []finding.Finding) {
	for _, gateway := range r.Config.AdditionalIngressGateways {
		onGateway := r
		if env.Parent.Annotations[v1beta1.AnnotationIngressDomain] == "" && gateway.IngressDomain != "" {
			onGateway.Config.IngressDomain = gateway.IngressDomain
		}
		host, problem := onGateway.externalHost(env, name)
		if problem != nil {
			findings = append(findings, finding.Finding{Subject: "ingress/gateways", Reason: problem.Reason, Message: problem.Message})
			continue
		}
		hosts = append(hosts, host)
	}
	return hosts, findings
}

// makeRoutesOnSharedHost makes the HTTPRoutes of a service on the host that all services share: one for
// the service, and one for each of its components.
func makeRoutesOnSharedHost(env *Env, r Route, entry *Component, gateways []ParentReference) (Built, *finding.Finding) {
	hosts, findings, problem := r.sharedHosts(env)
	if problem != nil {
		return Built{}, problem
	}
	route := func(name string, to *Component) *HTTPRoute {
		return makeHTTPRoute(env, gateways, name, hosts, routeRuleForPath(env, r, to, pathOnSharedHost(env, name)))
	}
	routes := Objects{route(env.Parent.Name, entry)}
	for _, componentType := range []v1beta1.ComponentType{v1beta1.RouterComponent, v1beta1.EngineComponent, v1beta1.DecoderComponent} {
		if c := r.componentOfType(componentType); c != nil {
			routes = append(routes, route(c.Name, c))
		}
	}
	return Built{Objects: routes, Findings: findings}, nil
}
