package modes

import (
	corev1 "k8s.io/api/core/v1"
	"knative.dev/pkg/kmap"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// componentService is the Service in front of a component's pods. Its labels
// and selector depend on the mode; its type and address come from annotations.
func componentService(c *Component, labels, selector map[string]string) *corev1.Service {
	kind := serviceType(c.Annotations[v1beta1.AnnotationServiceType])
	service := &corev1.Service{
		TypeMeta:   typeMeta(kinds.Service),
		ObjectMeta: objectMeta(c, names.Service(c.Name), labels, serviceAnnotations(c)),
		Spec: corev1.ServiceSpec{
			Type:     kind,
			Selector: kmap.Union(selector),
			Ports:    servicePorts(c),
		},
	}
	if kind == corev1.ServiceTypeLoadBalancer {
		service.Spec.LoadBalancerIP = c.Annotations[v1beta1.AnnotationLoadBalancerIP]
	}
	return service
}

// serviceType reads the annotation ome.io/service-type: LoadBalancer, NodePort
// or ClusterIP; anything else is ClusterIP, as in OME.
func serviceType(annotation string) corev1.ServiceType {
	switch kind := corev1.ServiceType(annotation); kind {
	case corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeNodePort:
		return kind
	}
	return corev1.ServiceTypeClusterIP
}
