package sync

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/child"
)

// servicePort is a port of a Service object, as JSON has it.
type servicePort map[string]any

// portNumber is 0 without one.
func (p servicePort) portNumber() int64 { return portNumber(p["port"]) }

// givenName is empty for a port that has one only because there are several.
func (p servicePort) givenName() string {
	name, _ := p["name"].(string)
	if modes.IsNameOfPortNumber(name, p.portNumber()) {
		return ""
	}
	return name
}

// isForTCP reports whether requests can come by the port.
func (p servicePort) isForTCP() bool {
	return p["protocol"] == nil || p["protocol"] == string(corev1.ProtocolTCP)
}

// servicePorts are the ports of a Service object.
type servicePorts []servicePort

// portsOf are the ports of a Service object, as a copy; nil without any.
func portsOf(service *unstructured.Unstructured) servicePorts {
	if service == nil {
		return nil
	}
	items, _, _ := unstructured.NestedSlice(service.Object, "spec", "ports")
	var ports servicePorts
	for _, item := range items {
		if port, isObject := item.(map[string]any); isObject {
			ports = append(ports, port)
		}
	}
	return ports
}

// withPorts is a Service object with other ports.
func withPorts(service *unstructured.Unstructured, ports servicePorts) *unstructured.Unstructured {
	var items []any
	for _, port := range ports {
		items = append(items, map[string]any(port))
	}
	out := service.DeepCopy()
	_ = unstructured.SetNestedSlice(out.Object, items, "spec", "ports") // the ports were just read there
	return out
}

// servingPlace is the place of the port at which a component serves: the first by which requests can come; -1 without
// one.
func (ports servicePorts) servingPlace() int {
	return slices.IndexFunc(ports, servicePort.isForTCP)
}

// placeOfNumber is the place of the port of a number; -1 without one.
func (ports servicePorts) placeOfNumber(number int64) int {
	return slices.IndexFunc(ports, func(port servicePort) bool { return port.portNumber() == number })
}

// placeOfName is the place of the port that was given a name, by which requests can come; -1 without one, or a name.
func (ports servicePorts) placeOfName(name string) int {
	return slices.IndexFunc(ports, func(port servicePort) bool { return name != "" && port.givenName() == name && port.isForTCP() })
}

// nameAt is the name of the port at a place. One that is kept beside another has the name of that: both lead to one port
// of pods.
func (ports servicePorts) nameAt(place int) string {
	if name := ports[place].givenName(); name != "" {
		return name
	}
	for _, other := range ports {
		if child.Equal(other["targetPort"], ports[place]["targetPort"]) && other.givenName() != "" {
			return other.givenName()
		}
	}
	return ""
}

// hasName reports whether a port has a name, whoever gave it.
func (ports servicePorts) hasName(name string) bool {
	return slices.ContainsFunc(ports, func(port servicePort) bool { return port["name"] == name })
}
