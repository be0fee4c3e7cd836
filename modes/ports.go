package modes

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/modes/podspec"
)

// DefaultPort is where a runner listens that declares no port.
const DefaultPort int32 = 8080

// runnerContainerOf returns the container that serves: the one that the component names, else the
// first; nil in a pod without containers.
func runnerContainerOf(c *Component) *corev1.Container {
	if runner := podspec.ContainerNamed(c.Pod.Containers, c.Runner); runner != nil {
		return runner
	}
	if len(c.Pod.Containers) == 0 {
		return nil
	}
	return &c.Pod.Containers[0]
}

// portsOfRunner are the ports on which the runner listens: those of its container, without those that
// the mode's controller knows by name as another program's.
func portsOfRunner(c *Component) []corev1.ContainerPort {
	runner := runnerContainerOf(c)
	if runner == nil {
		return nil
	}
	mode, _ := Of(c.Mode)
	if mode.IsOtherPort == nil {
		return runner.Ports
	}
	return slices.DeleteFunc(slices.Clone(runner.Ports), func(port corev1.ContainerPort) bool { return mode.IsOtherPort(port.Name) })
}

// ServingPort is the port on which the component takes requests: the runner's first TCP port, else
// its first port, else 8080.
func ServingPort(c *Component) int32 { return servingPortOf(portsOfRunner(c)) }

// servingPortOf is the port on which a container with the ports takes requests.
func servingPortOf(declared []corev1.ContainerPort) int32 {
	if len(declared) == 0 {
		return DefaultPort
	}
	return declared[FirstPortForTCP(declared, func(corev1.ContainerPort) bool { return true })].ContainerPort
}

// FirstPortForTCP is the place of the first of some ports, but of the first one for TCP, by which requests come, where
// there is one; -1 without any.
func FirstPortForTCP(ports []corev1.ContainerPort, isOne func(corev1.ContainerPort) bool) int {
	forTCP := func(port corev1.ContainerPort) bool { return isOne(port) && ProtocolOf(port) == corev1.ProtocolTCP }
	if place := slices.IndexFunc(ports, forTCP); place >= 0 {
		return place
	}
	return slices.IndexFunc(ports, isOne)
}

// componentServicePorts are the ports of the component's Service object: the runner's, each
// forwarded to the same number. Ports of other containers do not count. A runner without ports has
// one, 8080, named after the container.
//
// Two ports of one number (TCP and UDP) become one, the TCP one: lists of ports are merged by
// number when objects are applied, and the two would overwrite each other.
func componentServicePorts(c *Component) []corev1.ServicePort {
	declared := portsOfRunner(c)
	if len(declared) == 0 {
		return []corev1.ServicePort{withAppProtocol(c, c.Runner, makeServicePort(c.Runner, DefaultPort, corev1.ProtocolTCP))}
	}
	var ports []corev1.ServicePort
	for _, port := range OnePortPerNumber(declared) {
		ports = append(ports, withAppProtocol(c, port.Name, makeServicePort(port.Name, port.ContainerPort, ProtocolOf(port))))
	}
	return nameSeveralPorts(ports)
}

// NamesOfServicePorts are the keys that servicePortAppProtocols of a component can have.
func NamesOfServicePorts(c *Component) []string {
	declared := portsOfRunner(c)
	if len(declared) == 0 {
		return []string{c.Runner}
	}
	var all []string
	for _, port := range OnePortPerNumber(declared) {
		if port.Name != "" {
			all = append(all, port.Name)
		}
	}
	return all
}

// withAppProtocol is a port with the protocol that the component says of the runner's port with a name,
// if it does.
func withAppProtocol(c *Component, name string, port corev1.ServicePort) corev1.ServicePort {
	if protocol := c.Extension.ServicePortAppProtocols[name]; protocol != "" && name != "" {
		port.AppProtocol = &protocol
	}
	return port
}

// servingPortName is the name of the port on which the component takes requests; empty without one.
func servingPortName(c *Component) string { return PortName(c, ServingPort(c)) }

// PortName is the name that the runner has for a port of a number; empty without one.
func PortName(c *Component, number int32) string {
	for _, port := range OnePortPerNumber(portsOfRunner(c)) {
		if port.ContainerPort == number {
			return port.Name
		}
	}
	return ""
}

// makeServicePort forwards a port to the same number. Where its name says HTTP/2, gateways are told
// too.
func makeServicePort(name string, number int32, protocol corev1.Protocol) corev1.ServicePort {
	port := corev1.ServicePort{
		Name: name, Port: number, TargetPort: intstr.FromInt32(number), Protocol: protocol,
	}
	if isHTTP2PortName(name) {
		port.AppProtocol = ptr.To(appProtocolH2C)
	}
	return port
}

// OnePortPerNumber keeps one port of each number: the first TCP port, else the first port.
func OnePortPerNumber(declared []corev1.ContainerPort) []corev1.ContainerPort {
	var kept []corev1.ContainerPort
	for i, port := range declared {
		if i == FirstPortForTCP(declared, func(other corev1.ContainerPort) bool { return other.ContainerPort == port.ContainerPort }) {
			kept = append(kept, port)
		}
	}
	return kept
}

// nameSeveralPorts names every port that has no name where there are several, because a Service object then
// requires names.
func nameSeveralPorts(ports []corev1.ServicePort) []corev1.ServicePort {
	if len(ports) < 2 {
		return ports
	}
	for i := range ports {
		if ports[i].Name == "" {
			ports[i].Name = NameOfPortNumber(int64(ports[i].Port), func(name string) bool {
				return slices.ContainsFunc(ports, func(port corev1.ServicePort) bool { return port.Name == name })
			})
		}
	}
	return ports
}

// NameOfPortNumber is the name of a port without one in a Service object of several: "port-8080", or where that is taken
// "port-8080-1" and so on.
func NameOfPortNumber(number int64, isTaken func(name string) bool) string {
	name := prefixOfPortNumber + strconv.FormatInt(number, 10)
	free := name
	for i := 1; isTaken(free); i++ {
		free = name + "-" + strconv.Itoa(i)
	}
	return free
}

// IsNameOfPortNumber reports whether a name is one that NameOfPortNumber gives to a number. People may have given it
// too.
func IsNameOfPortNumber(name string, number int64) bool {
	rest, isPrefixed := strings.CutPrefix(name, prefixOfPortNumber+strconv.FormatInt(number, 10))
	digits, isNumbered := strings.CutPrefix(rest, "-")
	return isPrefixed && (rest == "" || isNumbered && strings.Trim(digits, "0123456789") == "")
}

const prefixOfPortNumber = "port-"

// ProtocolOf is a port's protocol; TCP where none is given.
func ProtocolOf(port corev1.ContainerPort) corev1.Protocol {
	return cmp.Or(port.Protocol, corev1.ProtocolTCP)
}
