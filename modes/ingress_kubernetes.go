package modes

import (
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// makeIngress makes the Ingress of a service: the service's own host leads to the entry component,
// and in a service of several components each component has its own host too.
func makeIngress(env *Env, r Route, entry *Component) (Built, *finding.Finding) {
	host, problem := r.externalHost(env, env.Parent.Name)
	if problem != nil {
		return Built{}, problem
	}
	others, findings := r.hostsOfComponents(env, []string{host})
	rules := []networkingv1.IngressRule{ingressRuleForHost(componentHost{host: host, to: entry})}
	for _, other := range others {
		rules = append(rules, ingressRuleForHost(other))
	}
	ingress := &networkingv1.Ingress{
		TypeMeta:   typeMetaOf(kinds.Ingress),
		ObjectMeta: serviceObjectMeta(env.Parent, env.Parent.Name, AnnotationsInheritedFromService(env.Parent.Annotations)),
		Spec:       networkingv1.IngressSpec{IngressClassName: r.Config.IngressClassName, Rules: rules},
	}
	r.markSharedHosts(env, ingress, host)
	findings = append(findings, ignoredRouteAnnotations(env, "an Ingress",
		v1beta1.AnnotationIngressPathTemplate, v1beta1.AnnotationIngressAdditionalDomains)...)
	findings = append(findings, ignoredVisibilityLabel(env, "an Ingress")...)
	return Built{Objects: Objects{ingress}, Findings: findings}, nil
}

// ingressRuleForHost leads every path of a host to its component.
func ingressRuleForHost(route componentHost) networkingv1.IngressRule {
	path := networkingv1.HTTPIngressPath{
		Path:     "/",
		PathType: ptr.To(networkingv1.PathTypePrefix),
		Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
			Name: names.Service(route.to.Name),
			Port: networkingv1.ServiceBackendPort{Number: portOfServiceObject(route.to)},
		}},
	}
	return networkingv1.IngressRule{
		Host: route.host,
		IngressRuleValue: networkingv1.IngressRuleValue{
			HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{path}},
		},
	}
}

// ignoredRouteAnnotations reports the annotations of the service that have no effect on a kind of
// route.
func ignoredRouteAnnotations(env *Env, kind string, annotations ...string) []finding.Finding {
	var findings []finding.Finding
	for _, annotation := range annotations {
		if env.Parent.Annotations[annotation] != "" {
			findings = append(findings, finding.Finding{
				Subject: "ingress/" + annotation, Reason: ReasonFieldIgnored,
				Message: "annotation " + annotation + " has no effect: the service is reached through " + kind + ", which has no such setting",
			})
		}
	}
	return findings
}

// ignoredVisibilityLabel reports that a kind of route ignores the label by which Knative makes a
// service private to the cluster.
func ignoredVisibilityLabel(env *Env, kind string) []finding.Finding {
	if !isClusterLocal(env.Parent) {
		return nil
	}
	return []finding.Finding{{
		Subject: "ingress/visibility", Reason: ReasonFieldIgnored,
		Message: "label " + v1beta1.LabelKnativeVisibility + " has no effect: the service is reached through " + kind +
			"; set annotation " + v1beta1.AnnotationIngressDisableCreation + " to \"true\" to have none",
	}}
}
