package modes

import (
	corev1 "k8s.io/api/core/v1"
	"knative.dev/pkg/kmap"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// makeServiceObject makes the Service object in front of a component's pods. Its labels and
// selector depend on the mode; annotations give its type and address.
func makeServiceObject(c *Component, labels, selector map[string]string) *corev1.Service {
	kind := serviceTypeFromAnnotation(c.Annotations[v1beta1.AnnotationServiceType])
	service := &corev1.Service{
		TypeMeta:   typeMetaOf(kinds.Service),
		ObjectMeta: componentObjectMeta(c, names.Service(c.Name), labels, annotationsOfServiceObject(c)),
		Spec: corev1.ServiceSpec{
			Type:     kind,
			Selector: kmap.Union(selector),
			Ports:    componentServicePorts(c),
		},
	}
	if kind == corev1.ServiceTypeLoadBalancer {
		service.Spec.LoadBalancerIP = c.Annotations[v1beta1.AnnotationLoadBalancerIP]
	}
	return service
}

// serviceTypeFromAnnotation reads the annotation ome.io/service-type: LoadBalancer, NodePort or
// ClusterIP. Any other value is ClusterIP, as in OME.
func serviceTypeFromAnnotation(annotation string) corev1.ServiceType {
	switch kind := corev1.ServiceType(annotation); kind {
	case corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeNodePort:
		return kind
	}
	return corev1.ServiceTypeClusterIP
}
