package modes

import (
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/finding"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// kubernetesIngress returns the Ingress of a service: its own host leads to
// the entry component, and in a service of several components each has a host
// beside it.
func kubernetesIngress(env *Env, r Route, entry *Component) (Built, *finding.Finding) {
	host, problem := r.domain(env, env.Parent.Name)
	if problem != nil {
		return Built{}, problem
	}
	others, findings, problem := r.componentRoutes(env, []string{host})
	if problem != nil {
		return Built{Findings: findings}, problem
	}
	ingress := &networkingv1.Ingress{}
	ingress.TypeMeta, ingress.ObjectMeta = routeMeta(env, kinds.Ingress, env.Parent.Name)
	ingress.Spec.IngressClassName = r.Config.IngressClassName
	for _, route := range append([]componentRoute{{host: host, to: entry}}, others...) {
		ingress.Spec.Rules = append(ingress.Spec.Rules, ingressRule(route))
	}
	findings = append(findings, annotationsIgnored(env, "an Ingress",
		v1beta1.AnnotationIngressPathTemplate, v1beta1.AnnotationIngressAdditionalDomains)...)
	findings = append(findings, visibilityIgnored(env, "an Ingress")...)
	return Built{Objects: Objects{ingress}, Findings: findings}, nil
}

// ingressRule leads every path of a host to a component.
func ingressRule(route componentRoute) networkingv1.IngressRule {
	path := networkingv1.HTTPIngressPath{
		Path:     "/",
		PathType: ptr.To(networkingv1.PathTypePrefix),
		Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
			Name: names.Service(route.to.Name),
			Port: networkingv1.ServiceBackendPort{Number: backendPort(route.to)},
		}},
	}
	return networkingv1.IngressRule{
		Host: route.host,
		IngressRuleValue: networkingv1.IngressRuleValue{
			HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{path}},
		},
	}
}

// annotationsIgnored names the annotations of the service that a kind of route cannot follow.
func annotationsIgnored(env *Env, kind string, annotations ...string) []finding.Finding {
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

// visibilityIgnored says that a kind of route ignores the label by which Knative makes services
// private to the cluster.
func visibilityIgnored(env *Env, kind string) []finding.Finding {
	if !clusterLocal(env.Parent) {
		return nil
	}
	return []finding.Finding{{
		Subject: "ingress/visibility", Reason: ReasonFieldIgnored,
		Message: "label " + v1beta1.LabelKnativeVisibility + " has no effect: the service is reached through " + kind +
			"; set annotation " + v1beta1.AnnotationIngressDisableCreation + " to \"true\" to have none",
	}}
}
