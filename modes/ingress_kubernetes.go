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
func kubernetesIngress(env *Env, r Route, entry *Component) (Objects, *finding.Finding) {
	host, problem := r.domain(env, env.Parent.Name)
	if problem != nil {
		return nil, problem
	}
	others, problem := r.componentRoutes(env, []string{host})
	if problem != nil {
		return nil, problem
	}
	ingress := &networkingv1.Ingress{}
	ingress.TypeMeta, ingress.ObjectMeta = routeMeta(env, kinds.Ingress, env.Parent.Name)
	ingress.Spec.IngressClassName = r.Config.IngressClassName
	for _, route := range append([]componentRoute{{host: host, to: entry}}, others...) {
		ingress.Spec.Rules = append(ingress.Spec.Rules, ingressRule(route))
	}
	noteUnroutable(env, "an Ingress", v1beta1.AnnotationIngressPathTemplate, v1beta1.AnnotationIngressAdditionalDomains)
	noteVisible(env, "an Ingress")
	return Objects{ingress}, nil
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

// noteUnroutable notes the annotations of the service that a kind of route
// cannot follow.
func noteUnroutable(env *Env, kind string, annotations ...string) {
	for _, annotation := range annotations {
		if env.Parent.Annotations[annotation] != "" {
			env.Record.Note("ingress/"+annotation, ReasonFieldIgnored,
				"annotation "+annotation+" has no effect: the service is reached through "+kind+", which has no such setting")
		}
	}
}

// noteVisible notes that a kind of route ignores the label by which Knative
// keeps services inside the cluster.
func noteVisible(env *Env, kind string) {
	if clusterLocal(env.Parent) {
		env.Record.Note("ingress/visibility", ReasonFieldIgnored,
			"label "+v1beta1.LabelKnativeVisibility+" has no effect: the service is reached through "+kind+
				"; set annotation "+v1beta1.AnnotationIngressDisableCreation+" to \"true\" to have none")
	}
}
