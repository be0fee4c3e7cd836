package modes

import (
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"knative.dev/pkg/kmap"
)

// rayPort is a port on which Ray itself listens on the head of a cluster.
type rayPort struct {
	// name is how KubeRay calls the port of the head's container; empty for a port that nobody
	// outside of the pod uses.
	name string
	// nameInService is how the component's Service object calls the port, as in OME; empty where it
	// does not have it.
	nameInService string
	// parameter is the parameter of "ray start" that moves the port.
	parameter string
	// byDefault is where Ray listens when nothing is said.
	byDefault int32
	// number is where Ray listens.
	number int32
}

// rayPorts are the ports of Ray, in the order in which they find their numbers. The names are
// KubeRay's: it makes the Service object in front of the head from the named ports of the head's
// container, and adds a port "metrics" 8080 where there is none of that name.
func rayPorts() []rayPort {
	return []rayPort{
		{name: "gcs-server", nameInService: "redis", parameter: "port", byDefault: 6379, number: 6379},
		{name: "dashboard", nameInService: "dashboard", parameter: "dashboard-port", byDefault: 8265, number: 8265},
		{name: "client", parameter: "ray-client-server-port", byDefault: 10001, number: 10001},
		{name: rayMetrics, nameInService: "metrics", parameter: rayMetricsParameter, byDefault: 8080, number: 8000},
		{parameter: "dashboard-agent-listen-port", byDefault: 52365, number: 52365},
	}
}

// The port of Ray that workers have too.
const (
	rayMetrics          = "metrics"
	rayMetricsParameter = "metrics-export-port"
)

// isRayPort reports whether a port of the runner's container is Ray's, by its name.
func isRayPort(name string) bool {
	return slices.ContainsFunc(rayPorts(), func(port rayPort) bool { return port.hasName(name) })
}

// rayLayout says where the server and Ray listen in the pods of a component.
type rayLayout struct {
	// runner are the ports of the runner's container that are not Ray's.
	runner []corev1.ContainerPort
	// ray are Ray's ports.
	ray []rayPort
}

// layOutRayPorts gives each port of Ray its number. Where the runner's container has a port of that
// name, Ray listens there. Else it has its usual number, or the next lower one that no container of
// the pod uses: from 10002 on, numbers belong to Ray's workers.
func layOutRayPorts(c *Component) rayLayout {
	layout := rayLayout{runner: portsOfRunner(c), ray: rayPorts()}
	used := map[int32]bool{ServingPort(c): true}
	for _, container := range slices.Concat(c.Pod.InitContainers, c.Pod.Containers) {
		for _, port := range container.Ports {
			used[port.ContainerPort] = true
		}
	}
	for i := range layout.ray {
		port := &layout.ray[i]
		if declared := port.declaredIn(runnerContainerOf(c)); declared != 0 {
			port.number = declared
			continue
		}
		for used[port.number] {
			port.number--
		}
		used[port.number] = true
	}
	return layout
}

// declaredIn is the number of the port in a container; 0 where the container does not have it.
func (p rayPort) declaredIn(container *corev1.Container) int32 {
	if container == nil {
		return 0
	}
	at := slices.IndexFunc(container.Ports, func(port corev1.ContainerPort) bool { return p.hasName(port.Name) })
	if at < 0 {
		return 0
	}
	return container.Ports[at].ContainerPort
}

// hasName reports whether a port of a container is Ray's by its name: KubeRay's name of it, or the one
// that it has in the component's Service object.
func (p rayPort) hasName(name string) bool {
	name = strings.TrimPrefix(name, rayNamePrefix)
	return name != "" && (name == p.name || name == p.nameInService)
}

// headPorts are the ports of the container that serves and runs Ray.
func (l rayLayout) headPorts() []corev1.ContainerPort { return l.containerPorts(l.ray) }

// workerPorts are the ports of a worker's Ray container. The server does not run there, but the
// ports of the runner stay, as in OME.
func (l rayLayout) workerPorts() []corev1.ContainerPort {
	return l.containerPorts(slices.DeleteFunc(slices.Clone(l.ray), func(port rayPort) bool { return port.name != rayMetrics }))
}

// containerPorts are the runner's ports and the named ones of Ray.
func (l rayLayout) containerPorts(ray []rayPort) []corev1.ContainerPort {
	ports := make([]corev1.ContainerPort, 0, len(l.runner)+len(l.ray))
	taken := map[string]bool{}
	for _, port := range l.runner {
		port.Protocol = ProtocolOf(port)
		ports, taken[port.Name] = append(ports, port), true
	}
	for _, port := range ray {
		if port.name != "" {
			ports = append(ports, corev1.ContainerPort{
				Name: freePortName(port.name, taken), ContainerPort: port.number, Protocol: corev1.ProtocolTCP,
			})
		}
	}
	return ports
}

// servicePorts adds Ray's ports to those of the component's Service object.
func (l rayLayout) servicePorts(ports []corev1.ServicePort) []corev1.ServicePort {
	taken := map[string]bool{}
	for _, port := range ports {
		taken[port.Name] = true
	}
	for _, nameInService := range []string{"dashboard", "metrics", "redis"} { // OME's order
		at := slices.IndexFunc(l.ray, func(port rayPort) bool { return port.nameInService == nameInService })
		ports = append(ports, makeServicePort(freePortName(nameInService, taken), l.ray[at].number, corev1.ProtocolTCP))
	}
	return nameSeveralPorts(ports)
}

// rayNamePrefix is put before the name of a port of Ray where the runner's port has the name.
const rayNamePrefix = "ray-"

// freePortName is a name that no port has yet. It becomes empty where the runner has even the
// second choice.
func freePortName(name string, taken map[string]bool) string {
	if taken[name] {
		name = rayNamePrefix + name
	}
	if taken[name] {
		return ""
	}
	taken[name] = true
	return name
}

// headParameters are the parameters of "ray start" that say where Ray listens on the head.
func (l rayLayout) headParameters() map[string]string {
	parameters := map[string]string{}
	for _, port := range l.ray {
		if port.number != port.byDefault {
			parameters[port.parameter] = strconv.Itoa(int(port.number))
		}
	}
	return parameters
}

// workerParameters are those of them that workers need.
func (l rayLayout) workerParameters() map[string]string {
	return kmap.Filter(l.headParameters(), func(key string) bool { return key != rayMetricsParameter })
}
