package ignored

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/podspec"
)

// portsThatKnativeDoesNotTake: Knative takes one port of one container, and no ports of nodes. Containers
// listen on the others all the same.
func portsThatKnativeDoesNotTake(in *Input) []idle {
	var all []idle
	for _, p := range in.parts() {
		if p.mode.Name != v1beta1.Serverless {
			continue
		}
		if p.spec.Runner != nil {
			all = append(all, p.portsNotTaken("runner.ports", &p.spec.Runner.Container, true)...)
		}
		for i := range p.spec.Containers {
			container := &p.spec.Containers[i]
			all = append(all, p.portsNotTaken("containers["+container.Name+"].ports", container, container.Name == p.component.Runner)...)
		}
	}
	return all
}

// portsNotTaken are the ports of a container that Knative does not take, and the ports of nodes.
func (p part) portsNotTaken(field string, container *corev1.Container, isRunner bool) []idle {
	var undeclared []string
	var all []idle
	for _, port := range container.Ports {
		switch {
		case p.isReplaced(container.Name, port, isRunner):
		case !isRunner || port.ContainerPort != modes.ServingPort(p.component):
			undeclared = append(undeclared, strconv.Itoa(int(port.ContainerPort)))
		case port.HostPort != 0:
			all = append(all, p.fieldIgnored(field+".hostPort", " in mode Serverless: Knative gives its pods no ports of nodes; remove it"))
		case port.HostIP != "":
			all = append(all, p.fieldIgnored(field+".hostIP", " in mode Serverless: Knative gives its pods no ports of nodes; remove it"))
		}
	}
	if len(undeclared) > 0 {
		all = append(all, p.fieldIgnored(field, " beside the port that takes requests: Knative takes one port of one container, so that %s of %s is not declared",
			strings.Join(undeclared, ", "), cmp.Or(container.Name, p.component.Runner)))
	}
	return all
}

// isReplaced reports whether the service gives a port of the number, or of the name, to the same container.
func (p part) isReplaced(name string, port corev1.ContainerPort, isRunner bool) bool {
	if p.over == nil {
		return false
	}
	over := podspec.ContainerNamed(p.over.Containers, name)
	if isRunner && p.over.Runner != nil {
		over = &p.over.Runner.Container
	}
	return over != nil && slices.ContainsFunc(over.Ports, func(other corev1.ContainerPort) bool {
		return other.ContainerPort == port.ContainerPort || other.Name != "" && other.Name == port.Name
	})
}
