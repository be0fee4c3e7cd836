package modes

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"knative.dev/pkg/kmap"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// httpPort is the port of a URL that names none.
const httpPort int32 = 80

// MakeExternalService makes the Service object with the name of the InferenceService, by which
// users reach the service where it has no ingress. It leads to the pods of the entry component (the
// router, else the engine) that take requests.
//
// It listens on port 80, so that a URL without a port works, and on the runner's port as in OME. A
// service with the label cluster-local has none: nil.
func MakeExternalService(env *Env, entry *Component) *corev1.Service {
	parent := env.Parent
	if isClusterLocal(parent) {
		return nil
	}
	return &corev1.Service{
		TypeMeta: typeMetaOf(kinds.Service),
		ObjectMeta: metav1.ObjectMeta{
			Name:      parent.Name,
			Namespace: parent.Namespace,
			Labels: withLegalValues(map[string]string{
				v1beta1.LabelInferenceService: parent.Name,
				v1beta1.LabelComponent:        v1beta1.ExternalServiceComponent,
			}),
			Annotations: cloudProviderAnnotations(parent.Annotations),
		},
		Spec: corev1.ServiceSpec{
			Type:     serviceTypeFromAnnotation(parent.Annotations[v1beta1.AnnotationServiceType]),
			Selector: servingPodSelector(entry),
			Ports:    externalServicePorts(entry),
		},
	}
}

// externalServicePorts are the runner's port and port 80. They are named after the protocol that the
// runner's own name for its port says, "http" without one, as in OME: a mesh reads it there.
func externalServicePorts(entry *Component) []corev1.ServicePort {
	runner, protocol := ServingPort(entry), protocolOfPortName(servingPortName(entry))
	declaredName := servingPortName(entry)
	if len(portsOfRunner(entry)) == 0 {
		declaredName = entry.Runner
	}
	ports := []corev1.ServicePort{withAppProtocol(entry, declaredName, makeServicePort(protocol, runner, corev1.ProtocolTCP))}
	if runner != httpPort {
		plain := withAppProtocol(entry, declaredName, makeServicePort(protocol+"-"+strconv.Itoa(int(httpPort)), httpPort, corev1.ProtocolTCP))
		plain.TargetPort = intstr.FromInt32(runner)
		ports = append(ports, plain)
	}
	return ports
}

// cloudProviderAnnotations are the annotations that cloud providers read on Service objects.
func cloudProviderAnnotations(annotations map[string]string) map[string]string {
	return kmap.Filter(annotations, func(key string) bool {
		return !hasAnyPrefix(key, []string{
			v1beta1.AnnotationPrefixServiceBeta, v1beta1.AnnotationPrefixGoogleCloud, v1beta1.AnnotationPrefixService,
		})
	})
}
