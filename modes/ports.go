package modes

import (
	"cmp"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/isvc-io/isvc/modes/podspec"
)

// defaultPort is where a runner listens that declares no port.
const defaultPort int32 = 8080

// runnerContainer returns the container that serves: the one named by the
// component, else the first; nil in a pod without containers.
func runnerContainer(c *Component) *corev1.Container {
	if runner := podspec.ContainerNamed(c.Pod.Containers, c.Runner); runner != nil {
		return runner
	}
	if len(c.Pod.Containers) == 0 {
		return nil
	}
	return &c.Pod.Containers[0]
}

// runnerPort is the port on which the component takes requests: the runner's
// first TCP port, else its first port, else 8080.
func runnerPort(c *Component) int32 { return servingPort(runnerContainer(c)) }

// servingPort is the port on which a container takes requests.
func servingPort(container *corev1.Container) int32 {
	if container == nil || len(container.Ports) == 0 {
		return defaultPort
	}
	for _, port := range container.Ports {
		if protocolOf(port) == corev1.ProtocolTCP {
			return port.ContainerPort
		}
	}
	return container.Ports[0].ContainerPort
}

// servicePorts are the ports of the component's Service: those of the runner,
// whatever other containers declare, each to itself. A runner without ports
// has one, 8080, named after the container.
//
// Two ports of one number (TCP and UDP) become one, the TCP one: lists of
// ports are merged by number when objects are applied, and the two would
// overwrite each other.
func servicePorts(c *Component) []corev1.ServicePort {
	runner := runnerContainer(c)
	if runner == nil || len(runner.Ports) == 0 {
		return []corev1.ServicePort{servicePort(c.Runner, defaultPort, corev1.ProtocolTCP)}
	}
	var ports []corev1.ServicePort
	for _, declared := range distinctPorts(runner.Ports) {
		ports = append(ports, servicePort(declared.Name, declared.ContainerPort, protocolOf(declared)))
	}
	return namePorts(ports)
}

// servicePort forwards a port to the same number.
func servicePort(name string, number int32, protocol corev1.Protocol) corev1.ServicePort {
	return corev1.ServicePort{
		Name: name, Port: number, TargetPort: intstr.FromInt32(number), Protocol: protocol,
	}
}

// distinctPorts keeps one port of each number: the first TCP one, else the
// first, at the place where the number appears first.
func distinctPorts(declared []corev1.ContainerPort) []corev1.ContainerPort {
	place := map[int32]int{}
	var kept []corev1.ContainerPort
	for _, port := range declared {
		at, seen := place[port.ContainerPort]
		switch {
		case !seen:
			place[port.ContainerPort] = len(kept)
			kept = append(kept, port)
		case protocolOf(kept[at]) != corev1.ProtocolTCP && protocolOf(port) == corev1.ProtocolTCP:
			kept[at] = port
		}
	}
	return kept
}

// namePorts gives every port a name where there are several, because a Service
// then requires one: "port-9000".
func namePorts(ports []corev1.ServicePort) []corev1.ServicePort {
	if len(ports) < 2 {
		return ports
	}
	for i := range ports {
		if ports[i].Name == "" {
			ports[i].Name = "port-" + strconv.Itoa(int(ports[i].Port))
		}
	}
	return ports
}

// protocolOf is a port's protocol, TCP when none is given.
func protocolOf(port corev1.ContainerPort) corev1.Protocol {
	return cmp.Or(port.Protocol, corev1.ProtocolTCP)
}
