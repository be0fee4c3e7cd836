package sync

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/observed"
)

// ReasonPodsOnAnotherPort: a pod template with another port rolls out, and some pods take no requests until all have
// the same template. Seen in SpecHonored. Fix: for the next such change, give the port one name in both templates:
// requests then find it in all pods.
const ReasonPodsOnAnotherPort = "PodsOnAnotherPort"

// withPortsByName lets Service objects lead to a port by its name while the pods behind them have several numbers under
// that name, as while a template with another port rolls out. Before and after that they lead to the number, so that a
// port can get a name, or another one, and no request is lost.
func withPortsByName(all children, components []builtComponent, current observedState, record *trace.Recorder) children {
	out := all
	built := builtComponents(components)
	pods := current.listeningPods(built...)
	for _, c := range built {
		for _, key := range all.keysOfKind(kinds.Service) {
			service, isReached := withPortsNamed(out[key], c, pods[c.Type])
			out = out.with(children{key: service})
			if !isReached {
				record.AddFinding(string(c.Type)+"/ports", ReasonPodsOnAnotherPort, fmt.Sprintf(
					"requests to the %s go to port %d, and some of its pods serve on another one: they take none until all pods have the same template",
					c.Type, modes.ServingPort(c)))
			}
		}
	}
	return out
}

// withPortsNamed is a Service object that leads by name to each port of a component that does not have the same number
// in those of its pods that the object selects. isReached is false where some of them, in the mode of the component, do
// not have the port on which it serves, neither by number nor by name.
func withPortsNamed(service *unstructured.Unstructured, c *modes.Component, pods []listeningPod) (out *unstructured.Unstructured, isReached bool) {
	selector, _, _ := unstructured.NestedStringMap(service.Object, "spec", "selector")
	pods = slices.DeleteFunc(slices.Clone(pods), func(pod listeningPod) bool { return !selectsPods(selector, pod.labels) })
	if len(pods) == 0 {
		return service, true
	}
	isReached, changed := true, false
	ports := portsOf(service)
	for _, port := range ports {
		number, isNumber := port["targetPort"].(int64)
		if !isNumber || !port.isForTCP() {
			continue
		}
		target := int32(number) //nolint:gosec // a port
		own, _ := port["name"].(string)
		name := nameInAll(pods, namesOfPort(own, modes.PortName(c, target), target, pods))
		isElsewhere := func(pod listeningPod) bool { return pod.mode == c.Mode && !pod.hasPort(target) }
		switch {
		case name == "" && target == modes.ServingPort(c) && slices.ContainsFunc(pods, isElsewhere):
			isReached = false
		case name != "" && slices.ContainsFunc(pods, func(pod listeningPod) bool { return pod.numberOf(name) != target }):
			port["targetPort"], changed = name, true
		}
	}
	if !changed {
		return service, isReached
	}
	return withPorts(service, ports), isReached
}

// listeningPod is a pod with the ports on which it listens.
type listeningPod struct {
	labels map[string]string
	mode   v1beta1.DeploymentMode
	// runner are the ports of its runner, all those of its containers in their order.
	runner, all []corev1.ContainerPort
}

func (p listeningPod) hasPort(number int32) bool {
	return slices.ContainsFunc(p.runner, func(port corev1.ContainerPort) bool { return port.ContainerPort == number })
}

// numberOf is the number of the runner's port of a name; 0 without one, and where Service objects that lead to the name
// find it in another container.
func (p listeningPod) numberOf(name string) int32 {
	isNamed := func(port corev1.ContainerPort) bool {
		return port.Name == name && modes.ProtocolOf(port) == corev1.ProtocolTCP
	}
	first, at := slices.IndexFunc(p.all, isNamed), slices.IndexFunc(p.runner, isNamed)
	if at < 0 || p.all[first].ContainerPort != p.runner[at].ContainerPort {
		return 0
	}
	return p.runner[at].ContainerPort
}

// namesOfPort are the names of a port of a number: the one that the Service object has for it, where a template or a pod
// has that for the number too, the one in the template, and those in pods, sorted. A name of pods counts where all pods
// that have the number have it for that: in the others it is another port's.
func namesOfPort(own, inTemplate string, number int32, pods []listeningPod) []string {
	var names []string
	for _, pod := range pods {
		for _, port := range pod.runner {
			if port.ContainerPort == number && modes.ProtocolOf(port) == corev1.ProtocolTCP {
				names = append(names, port.Name)
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	ofPods := names
	if len(names) > 1 {
		ofPods = nil
	}
	out := append([]string{inTemplate}, ofPods...)
	if own == inTemplate || slices.Contains(names, own) {
		return append([]string{own}, out...)
	}
	return out
}

// nameInAll is the first of some names that the runners of all pods have for a port; empty without one.
func nameInAll(pods []listeningPod, names []string) string {
	for _, name := range names {
		if name != "" && !slices.ContainsFunc(pods, func(pod listeningPod) bool { return pod.numberOf(name) == 0 }) {
			return name
		}
	}
	return ""
}

// listeningPods are the pods of components with their ports.
func (s observedState) listeningPods(components ...*modes.Component) map[v1beta1.ComponentType][]listeningPod {
	pods := map[v1beta1.ComponentType][]listeningPod{}
	for labels, pod := range observed.LivePods(s.pods) {
		at := slices.IndexFunc(components, func(c *modes.Component) bool { return labels[v1beta1.LabelComponent] == string(c.Type) })
		var containers []struct {
			Name  string                 `json:"name"`
			Ports []corev1.ContainerPort `json:"ports"`
		}
		if at < 0 || v1beta1.DecodeLenient(pod.Member("spec", "containers"), &containers) != nil || len(containers) == 0 {
			continue
		}
		mode, _ := modes.OfPod(labels)
		listening := listeningPod{labels: labels, mode: mode.Name, runner: containers[0].Ports}
		for _, container := range containers {
			listening.all = append(listening.all, container.Ports...)
			if container.Name == components[at].Runner {
				listening.runner = container.Ports
			}
		}
		if len(listening.runner) == 0 {
			listening.runner = []corev1.ContainerPort{{ContainerPort: modes.DefaultPort}}
		}
		pods[components[at].Type] = append(pods[components[at].Type], listening)
	}
	return pods
}
