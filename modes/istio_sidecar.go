package modes

import (
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// istioSidecar limits the proxies of a multi-node component's pods to the port
// that serves, so that the traffic between the pods of a group passes by them.
// It exists where the label "sidecar.istio.io/inject" asks for proxies. It
// selects the pods of this component; OME's selects none.
func istioSidecar(c *Component) Objects {
	if c.Labels[v1beta1.LabelIstioInject] != "true" {
		return nil
	}
	port := SidecarPort{Number: runnerPort(c), Protocol: "HTTP"}
	return Objects{&Sidecar{
		TypeMeta:   typeMeta(kinds.Sidecar),
		ObjectMeta: objectMeta(c, c.Name, identityLabels(c), nil),
		Spec: SidecarSpec{
			WorkloadSelector: SidecarSelector{Labels: identityLabels(c)},
			Ingress:          []SidecarListener{{Port: port}},
			Egress:           []SidecarListener{{Port: port, Hosts: []string{"./*"}}},
		},
	}}
}

// identityLabels say to which service and component an object or pod belongs.
func identityLabels(c *Component) map[string]string {
	return legalLabels(map[string]string{
		v1beta1.LabelInferenceService: c.Service,
		v1beta1.LabelComponent:        string(c.Type),
	})
}
