package compose

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// hostPort is a port of the node.
type hostPort struct {
	number   int32
	protocol corev1.Protocol
	address  string
}

func hostPortOf(port corev1.ContainerPort) hostPort {
	protocol := port.Protocol
	if protocol == "" {
		protocol = corev1.ProtocolTCP
	}
	return hostPort{port.HostPort, protocol, port.HostIP}
}

// freeHostPorts makes the ports of the node that a pod takes what Kubernetes accepts. In the network
// of the node they are the container's. A port of the node is taken once: by the port to which the
// service gives it, else by the first.
func freeHostPorts(draft podDraft, pod *corev1.PodSpec) {
	ofService := map[int32]bool{} // the container ports to which the service gives a port of the node
	described := corev1.PodSpec{Containers: slices.Clip(draft.ofService.spec.Containers)}
	if runner := draft.ofService.runner; runner != nil {
		described.Containers = append(described.Containers, *runner)
	}
	for _, port := range portsOf(&described) {
		ofService[port.ContainerPort] = ofService[port.ContainerPort] || port.HostPort != 0
	}
	taken := map[hostPort]*corev1.ContainerPort{}
	for _, port := range portsOf(pod) {
		if port.HostPort == 0 {
			continue
		}
		if pod.HostNetwork {
			port.HostPort = port.ContainerPort
		}
		key := hostPortOf(*port)
		switch other := taken[key]; {
		case other == nil:
			taken[key] = port
		case ofService[port.ContainerPort] && !ofService[other.ContainerPort]:
			other.HostPort, taken[key] = 0, port
		default:
			port.HostPort = 0
		}
	}
}

// portsOf lists the ports of a pod's containers, which are part of it.
func portsOf(pod *corev1.PodSpec) []*corev1.ContainerPort {
	var ports []*corev1.ContainerPort
	for i := range pod.Containers {
		for j := range pod.Containers[i].Ports {
			ports = append(ports, &pod.Containers[i].Ports[j])
		}
	}
	return ports
}

// allowPauses makes the time that a pod has to stop long enough for the pauses of its containers
// before they stop, or shortens a pause of the runtime where the service gives the time.
func allowPauses(draft podDraft, pod *corev1.PodSpec) {
	for i := range pod.Containers {
		lifecycle := pod.Containers[i].Lifecycle
		if lifecycle == nil || lifecycle.PreStop == nil || lifecycle.PreStop.Sleep == nil {
			continue
		}
		pause, grace := &lifecycle.PreStop.Sleep.Seconds, ptr.Deref(pod.TerminationGracePeriodSeconds, corev1.DefaultTerminationGracePeriodSeconds)
		switch {
		case *pause <= grace:
		case draft.ofService.spec.TerminationGracePeriodSeconds != nil:
			*pause = grace
		default:
			longer := *pause
			pod.TerminationGracePeriodSeconds = &longer
		}
	}
}
