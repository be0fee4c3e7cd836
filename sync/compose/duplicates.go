package compose

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// ReasonPortIgnored: two ports of a container have one number or one name, and one of them is used.
// Seen in SpecHonored. Fix: give each port a number and a name of its own.
const ReasonPortIgnored = "PortIgnored"

// dropDuplicateKeys returns containers whose variables and ports are unique by the keys by which
// Metacontroller merges lists.
func dropDuplicateKeys(s *sources, containers []corev1.Container) []corev1.Container {
	for i := range containers {
		containers[i].Env = dropDuplicateEnv(containers[i].Env)
		containers[i].Ports = dropDuplicatePorts(s, &containers[i])
	}
	return containers
}

// dropDuplicateEnv keeps the last of several variables of one name, as Kubernetes does, in the
// place of the first.
func dropDuplicateEnv(env []corev1.EnvVar) []corev1.EnvVar {
	position := make(map[string]int, len(env))
	unique := env[:0:0]
	for _, variable := range env {
		if at, known := position[variable.Name]; known {
			unique[at] = variable
			continue
		}
		position[variable.Name] = len(unique)
		unique = append(unique, variable)
	}
	return unique
}

// dropDuplicatePorts leaves one of several ports of one number or of one name that one author gives; a container port only
// informs. Of a number it is the one for TCP, by which requests come, else the first; of a name the first.
func dropDuplicatePorts(s *sources, c *corev1.Container) []corev1.ContainerPort {
	place := map[int32]int{}
	numbered := c.Ports[:0:0]
	for _, port := range c.Ports {
		at, seen := place[port.ContainerPort]
		if !seen {
			place[port.ContainerPort] = len(numbered)
			numbered = append(numbered, port)
			continue
		}
		s.record.AddFinding(s.traceSubject("ports"), ReasonPortIgnored, fmt.Sprintf(
			"container %s of the %s declares port %d twice: the one for TCP is used, else the first, because Metacontroller merges ports by their number",
			c.Name, s.component, port.ContainerPort))
		if !isTCP(numbered[at]) && isTCP(port) {
			numbered[at] = port
		}
	}
	names := map[string]bool{}
	unique := numbered[:0:0]
	for _, port := range numbered {
		if names[port.Name] {
			s.record.AddFinding(s.traceSubject("ports"), ReasonPortIgnored, fmt.Sprintf(
				"container %s of the %s declares two ports %s: port %d is left out, because Kubernetes refuses two of one name; give it another name",
				c.Name, s.component, port.Name, port.ContainerPort))
			continue
		}
		names[port.Name] = port.Name != ""
		unique = append(unique, port)
	}
	return unique
}

func isTCP(port corev1.ContainerPort) bool {
	return port.Protocol == "" || port.Protocol == corev1.ProtocolTCP
}
