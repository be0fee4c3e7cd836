package modes

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/isvc-io/isvc/api/finding"
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
// container may declare ports, and only one port, with one of Knative's names. A finding names the
// ports that are removed; a container listens on them although they are not declared.
func adaptPodToKnative(c *Component, pod *corev1.PodSpec) []finding.Finding {
	runner := max(0, slices.IndexFunc(pod.Containers, func(container corev1.Container) bool { return container.Name == c.Runner }))
	nameContainersForKnative(pod.InitContainers, knativeInitContainer, containerNamesOf(*pod))
	nameContainersForKnative(pod.Containers, knativeUserContainer, containerNamesOf(*pod))
	var dropped []string
	for i := range pod.Containers {
		container := &pod.Containers[i]
		replaceProbePortNames(container)
		if i == runner {
			dropped = append(dropped, declareServingPortOnly(c, container, len(pod.Containers) > 1)...)
			continue
		}
		dropped = append(dropped, describeContainerPorts(*container, container.Ports)...)
		container.Ports = nil
	}
	if len(dropped) == 0 {
		return nil
	}
	return []finding.Finding{ignoredField(c, "ports",
		"Knative takes one port of one container, so that these ports are not declared: "+strings.Join(dropped, ", "))}
}

// declareServingPortOnly removes all ports of a container except the one that takes requests, and
// describes those that it removed. Beside other containers the port must be declared.
func declareServingPortOnly(c *Component, container *corev1.Container, declare bool) []string {
	if len(container.Ports) == 0 {
		if declare {
			container.Ports = []corev1.ContainerPort{{ContainerPort: runnerPortOf(c), Protocol: corev1.ProtocolTCP}}
		}
		return nil
	}
	serving := max(0, slices.IndexFunc(container.Ports, func(p corev1.ContainerPort) bool {
		return p.ContainerPort == servingPortOf(container)
	}))
	port := container.Ports[serving]
	dropped := describeContainerPorts(*container, slices.Delete(slices.Clone(container.Ports), serving, serving+1))
	port.Name, port.HostPort = knativePortName(port.Name), 0
	container.Ports = []corev1.ContainerPort{port}
	return dropped
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

func describeContainerPorts(container corev1.Container, ports []corev1.ContainerPort) []string {
	var described []string
	for _, port := range ports {
		described = append(described, fmt.Sprintf("%d of %s", port.ContainerPort, container.Name))
	}
	return described
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
