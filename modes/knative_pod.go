package modes

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The names that Knative gives to containers without one.
const (
	knativeUserContainer = "user-container"
	knativeInitContainer = "init-container"
)

// The names of container ports that Knative accepts. A name says which protocol the container
// speaks.
const (
	knativePortHTTP1 = "http1"
	knativePortHTTP2 = "h2c"
)

// adaptPodToKnative changes a pod where Knative refuses what a Deployment accepts. Only one
// container may declare ports, and only one port, with one of Knative's names. Containers listen on
// the ports that are removed although they are not declared; package ignored says so.
func adaptPodToKnative(c *Component, pod *corev1.PodSpec) {
	runner := max(0, slices.IndexFunc(pod.Containers, func(container corev1.Container) bool { return container.Name == c.Runner }))
	nameContainersForKnative(pod.InitContainers, knativeInitContainer, containerNamesOf(*pod))
	nameContainersForKnative(pod.Containers, knativeUserContainer, containerNamesOf(*pod))
	for i := range pod.Containers {
		container := &pod.Containers[i]
		replaceProbePortNames(container)
		if i == runner {
			declareServingPortOnly(c, container, len(pod.Containers) > 1)
			continue
		}
		container.Ports = nil
	}
}

// declareServingPortOnly removes all ports of a container except the one that takes requests, of
// which Knative takes no port of the node. Beside other containers the port must be declared.
func declareServingPortOnly(c *Component, container *corev1.Container, declare bool) {
	if len(container.Ports) == 0 {
		if declare {
			container.Ports = []corev1.ContainerPort{{ContainerPort: ServingPort(c), Protocol: corev1.ProtocolTCP}}
		}
		return
	}
	serving := max(0, slices.IndexFunc(container.Ports, func(p corev1.ContainerPort) bool {
		return p.ContainerPort == servingPortOf(container.Ports)
	}))
	port := container.Ports[serving]
	port.Name, port.HostPort, port.HostIP = knativePortName(port.Name), 0, ""
	container.Ports = []corev1.ContainerPort{port}
}

// knativePortName translates the name of a port to one that Knative accepts.
func knativePortName(name string) string {
	switch {
	case name == "":
		return ""
	case name == knativePortHTTP2, strings.HasPrefix(name, "http2"), strings.HasPrefix(name, "grpc"):
		return knativePortHTTP2
	}
	return knativePortHTTP1
}

// replaceProbePortNames replaces the names of ports in probes by numbers, because the ports lose
// their names.
func replaceProbePortNames(container *corev1.Container) {
	for _, probe := range []*corev1.Probe{container.ReadinessProbe, container.LivenessProbe, container.StartupProbe} {
		if probe == nil {
			continue
		}
		if probe.HTTPGet != nil {
			probe.HTTPGet.Port = numberOfNamedPort(container, probe.HTTPGet.Port)
		}
		if probe.TCPSocket != nil {
			probe.TCPSocket.Port = numberOfNamedPort(container, probe.TCPSocket.Port)
		}
	}
}

func numberOfNamedPort(container *corev1.Container, port intstr.IntOrString) intstr.IntOrString {
	if port.Type != intstr.String {
		return port
	}
	for _, declared := range container.Ports {
		if declared.Name != "" && declared.Name == port.StrVal {
			return intstr.FromInt32(declared.ContainerPort)
		}
	}
	return port
}

// containerNamesOf is the set of the names of a pod's containers.
func containerNamesOf(pod corev1.PodSpec) map[string]bool {
	taken := map[string]bool{}
	for _, container := range pod.InitContainers {
		taken[container.Name] = true
	}
	for _, container := range pod.Containers {
		taken[container.Name] = true
	}
	return taken
}

// nameContainersForKnative names containers as Knative does: with a number unless there is only
// one. Without names the list would never equal the stored list.
func nameContainersForKnative(containers []corev1.Container, name string, taken map[string]bool) {
	next := 0
	for i := range containers {
		if containers[i].Name != "" {
			continue
		}
		candidate := name
		for len(containers) > 1 && candidate == name || taken[candidate] {
			candidate = fmt.Sprintf("%s-%d", name, next)
			next++
		}
		taken[candidate] = true
		containers[i].Name = candidate
	}
}
