package modes

import (
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// makeIstioSidecar limits the proxies of a multi-node component's pods to the port that serves, so
// that the traffic between the pods of a group bypasses them. There is one where the label
// "sidecar.istio.io/inject" asks for proxies. It selects the pods of this component; OME's selects
// none.
func makeIstioSidecar(c *Component) Objects {
	if c.Labels[v1beta1.LabelIstioInject] != "true" {
		return nil
	}
	port := SidecarPort{Number: ServingPort(c), Protocol: istioProtocolOfPortName(servingPortName(c))}
	return Objects{&Sidecar{
		TypeMeta:   typeMetaOf(kinds.Sidecar),
		ObjectMeta: componentObjectMeta(c, c.Name, componentIdentityLabels(c), nil),
		Spec: SidecarSpec{
			WorkloadSelector: SidecarSelector{Labels: componentIdentityLabels(c)},
			Ingress:          []SidecarListener{{Port: port}},
			Egress:           []SidecarListener{{Port: port, Hosts: []string{"./*"}}},
		},
	}}
}
