package compose

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/trace"
)

// ReasonPortIgnored: two ports of a container have one number, and the first is
// used. Seen in SpecHonored. Fix: give each port a number of its own.
const ReasonPortIgnored = "PortIgnored"

// distinct makes lists safe to be merged by their keys. Kubernetes takes the
// last of several variables of one name, so that one is kept, in the place of
// the first. A container port only informs, so of several with one number the
// first is kept; of several with one name too, which is the service's, since
// what the service adds stands before what the runtime has.
func (b *builder) distinct(spec *corev1.PodSpec) {
	for _, list := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range list {
			list[i].Env = distinctEnv(list[i].Env)
			list[i].Ports = b.distinctPorts(&list[i])
		}
	}
}

func distinctEnv(env []corev1.EnvVar) []corev1.EnvVar {
	at := make(map[string]int, len(env))
	out := env[:0:0]
	for _, variable := range env {
		if i, known := at[variable.Name]; known {
			out[i] = variable
			continue
		}
		at[variable.Name] = len(out)
		out = append(out, variable)
	}
	return out
}

func (b *builder) distinctPorts(c *corev1.Container) []corev1.ContainerPort {
	numbers, names := map[int32]bool{}, map[string]bool{}
	out := c.Ports[:0:0]
	for _, port := range c.Ports {
		switch {
		case numbers[port.ContainerPort]:
			b.Record.Note(string(b.kind)+"/ports", ReasonPortIgnored, fmt.Sprintf(
				"container %s of the %s declares port %d twice: the first is used, because Metacontroller merges ports by their number",
				c.Name, b.kind, port.ContainerPort))
		case names[port.Name]:
			b.tell(string(b.kind)+"/ports/"+port.Name, trace.Overridden, "SameName",
				fmt.Sprintf("port %d gives way to the port of the same name that the service sets", port.ContainerPort))
		default:
			numbers[port.ContainerPort] = true
			names[port.Name] = port.Name != ""
			out = append(out, port)
		}
	}
	return out
}
