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

// httpPort is the port on which a service is reached without naming one.
const httpPort int32 = 80

// ExternalService is the Service, named like the InferenceService, by which it
// is reached where no ingress is made. It leads to the pods of the entry
// component (the router, else the engine) that take requests.
//
// It listens on port 80, so that the plain address works, and on the runner's
// port, where OME's has it. A service labelled cluster-local has none: nil.
func ExternalService(env *Env, entry *Component) *corev1.Service {
	parent := env.Parent
	if clusterLocal(parent) {
		return nil
	}
	return &corev1.Service{
		TypeMeta: typeMeta(kinds.Service),
		ObjectMeta: metav1.ObjectMeta{
			Name:      parent.Name,
			Namespace: parent.Namespace,
			Labels: legalLabels(map[string]string{
				v1beta1.LabelInferenceService: parent.Name,
				v1beta1.LabelComponent:        v1beta1.ExternalServiceComponent,
			}),
			Annotations: externalAnnotations(parent.Annotations),
		},
		Spec: corev1.ServiceSpec{
			Type:     serviceType(parent.Annotations[v1beta1.AnnotationServiceType]),
			Selector: podSelector(entry),
			Ports:    externalPorts(runnerPort(entry)),
		},
	}
}

// externalPorts are the runner's port, named "http" as in OME, and port 80.
func externalPorts(runner int32) []corev1.ServicePort {
	ports := []corev1.ServicePort{servicePort("http", runner, corev1.ProtocolTCP)}
	if runner != httpPort {
		plain := servicePort("http-"+strconv.Itoa(int(httpPort)), httpPort, corev1.ProtocolTCP)
		plain.TargetPort = intstr.FromInt32(runner)
		ports = append(ports, plain)
	}
	return ports
}

// externalAnnotations keeps what cloud providers read on Services.
func externalAnnotations(annotations map[string]string) map[string]string {
	return kmap.Filter(annotations, func(key string) bool {
		return !hasPrefix(key, []string{
			v1beta1.AnnotationPrefixServiceBeta, v1beta1.AnnotationPrefixGoogleCloud, v1beta1.AnnotationPrefixService,
		})
	})
}
