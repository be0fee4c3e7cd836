package compose

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// ReasonPortIgnored: two ports of a container have one number or one name, and the first is used.
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

// dropDuplicatePorts leaves the first of several ports of one number or of one name that one author
// gives; a container port only informs.
func dropDuplicatePorts(s *sources, c *corev1.Container) []corev1.ContainerPort {
	numbers, names := map[int32]bool{}, map[string]bool{}
	unique := c.Ports[:0:0]
	for _, port := range c.Ports {
		switch {
		case numbers[port.ContainerPort]:
			s.record.AddFinding(s.traceSubject("ports"), ReasonPortIgnored, fmt.Sprintf(
				"container %s of the %s declares port %d twice: the first is used, because Metacontroller merges ports by their number",
				c.Name, s.component, port.ContainerPort))
		case names[port.Name]:
			s.record.AddFinding(s.traceSubject("ports"), ReasonPortIgnored, fmt.Sprintf(
				"container %s of the %s declares two ports %s: port %d is left out, because Kubernetes refuses two of one name; give it another name",
				c.Name, s.component, port.Name, port.ContainerPort))
		default:
			numbers[port.ContainerPort] = true
			names[port.Name] = port.Name != ""
			unique = append(unique, port)
		}
	}
	return unique
}
