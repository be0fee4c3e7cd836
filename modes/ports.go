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

// runnerPortOf is the port on which the component takes requests: the runner's first TCP port, else
// its first port, else 8080.
func runnerPortOf(c *Component) int32 { return servingPortOf(runnerContainerOf(c)) }

// servingPortOf is the port on which a container takes requests.
func servingPortOf(container *corev1.Container) int32 {
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

// componentServicePorts are the ports of the component's Service object: the runner's, each
// forwarded to the same number. Ports of other containers do not count. A runner without ports has
// one, 8080, named after the container.
//
// Two ports of one number (TCP and UDP) become one, the TCP one: lists of ports are merged by
// number when objects are applied, and the two would overwrite each other.
func componentServicePorts(c *Component) []corev1.ServicePort {
	runner := runnerContainerOf(c)
	if runner == nil || len(runner.Ports) == 0 {
		return []corev1.ServicePort{makeServicePort(c.Runner, defaultPort, corev1.ProtocolTCP)}
	}
	var ports []corev1.ServicePort
	for _, declared := range onePortPerNumber(runner.Ports) {
		ports = append(ports, makeServicePort(declared.Name, declared.ContainerPort, protocolOf(declared)))
	}
	return nameSeveralPorts(ports)
}

// makeServicePort forwards a port to the same number.
func makeServicePort(name string, number int32, protocol corev1.Protocol) corev1.ServicePort {
	return corev1.ServicePort{
		Name: name, Port: number, TargetPort: intstr.FromInt32(number), Protocol: protocol,
	}
}

// onePortPerNumber keeps one port of each number: the first TCP port, else the first port. It takes
// the position at which the number appears first.
func onePortPerNumber(declared []corev1.ContainerPort) []corev1.ContainerPort {
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

// nameSeveralPorts names every port "port-<number>" that has no name where there are several,
// because a Service object then requires names.
func nameSeveralPorts(ports []corev1.ServicePort) []corev1.ServicePort {
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

// protocolOf is a port's protocol; TCP where none is given.
func protocolOf(port corev1.ContainerPort) corev1.Protocol {
	return cmp.Or(port.Protocol, corev1.ProtocolTCP)
}
