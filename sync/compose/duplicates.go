package compose

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/modes"
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

// dropDuplicatePorts leaves one of several ports of one number, as modes.OnePortPerNumber does, and one name of a kind
// that one author gives: to the first port for TCP, by which requests come, else to the first. A container port only
// informs.
func dropDuplicatePorts(s *sources, c *corev1.Container) []corev1.ContainerPort {
	report := func(format string, args ...any) {
		s.record.AddFinding(s.traceSubject("ports"), ReasonPortIgnored, fmt.Sprintf(
			"container %s of the %s declares "+format, append([]any{c.Name, s.component}, args...)...))
	}
	declared := map[int32]int{}
	for _, port := range c.Ports {
		if declared[port.ContainerPort]++; declared[port.ContainerPort] == 2 {
			report("port %d twice: the one for TCP is used, else the first, because Metacontroller merges ports by their number", port.ContainerPort)
		}
	}
	ports := modes.OnePortPerNumber(c.Ports)
	unique := slices.Clone(ports)
	for i, port := range ports {
		isOfName := func(other corev1.ContainerPort) bool { return other.Name == port.Name }
		if port.Name != "" && i != modes.FirstPortForTCP(ports, isOfName) {
			report("two ports %s: port %d is left without the name, because Kubernetes refuses two of one name; give it another name", port.Name, port.ContainerPort)
			unique[i].Name = ""
		}
	}
	return unique
}
