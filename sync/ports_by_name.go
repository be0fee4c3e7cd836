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

// ReasonFormerPodsUnreachable: a pod template with another port rolls out, and pods of the former one take no requests
// until they are replaced. Seen in SpecHonored. Fix: for the next such change, give the port one name in both
// templates: requests then find it in all pods. Or let the change begin as a canary, behind an HTTPRoute.
const ReasonFormerPodsUnreachable = "FormerPodsUnreachable"

// withPortsByName lets Service objects lead to a port by its name while the pods behind them have several numbers under
// that name, as while a template with another port rolls out. Before and after that they lead to the number, so that a
// port can get a name, or another one, and no request is lost.
func withPortsByName(all children, components []builtComponent, current observedState, record *trace.Recorder) children {
	out := all
	for _, key := range all.keysOfKind(kinds.Service) {
		for _, c := range builtComponents(components) {
			service, unreached := current.withPortsNamed(out[key], c)
			out = out.with(children{key: service})
			if unreached != 0 {
				record.AddFinding(string(c.Type)+"/ports", ReasonFormerPodsUnreachable, fmt.Sprintf(
					"the %s now serves on port %d, and pods of its former template do not: they take no requests until they are replaced", c.Type, unreached))
			}
		}
	}
	return out
}

// withPortsNamed is a Service object that leads by name to each port of a component that does not have the same number
// in all pods behind it. unreached is a port that some of them, in the mode of the component, have neither by number nor
// by name; 0 without one.
func (s observedState) withPortsNamed(service *unstructured.Unstructured, c *modes.Component) (out *unstructured.Unstructured, unreached int32) {
	selector, _, _ := unstructured.NestedStringMap(service.Object, "spec", "selector")
	pods := s.podsBehind(selector, c.Type)
	if len(pods) == 0 {
		return service, 0
	}
	out = service.DeepCopy()
	ports, _, _ := unstructured.NestedSlice(out.Object, "spec", "ports")
	for _, item := range ports {
		fields, _ := item.(map[string]any)
		number, isNumber := fields["targetPort"].(int64)
		if !isNumber {
			continue
		}
		target := int32(number) //nolint:gosec // a port
		name := nameInAll(pods, append([]string{modes.PortName(c, target)}, namesOfPort(pods, target)...))
		isElsewhere := func(pod listeningPod) bool {
			return pod.mode == c.Mode && len(namesOfPort([]listeningPod{pod}, target)) == 0
		}
		switch {
		case name == "" && slices.ContainsFunc(pods, isElsewhere):
			unreached = target
		case name != "" && slices.ContainsFunc(pods, func(pod listeningPod) bool { return pod.numberOf(name) != target }):
			fields["targetPort"] = name
		}
	}
	_ = unstructured.SetNestedSlice(out.Object, ports, "spec", "ports") // the path was just read
	return out, unreached
}

// listeningPod is a pod that declares ports.
type listeningPod struct {
	mode  v1beta1.DeploymentMode
	ports []corev1.ContainerPort
}

// numberOf is the number of the port of a name; 0 without one. Of several, Service objects lead to the first.
func (p listeningPod) numberOf(name string) int32 {
	at := slices.IndexFunc(p.ports, func(port corev1.ContainerPort) bool { return port.Name == name })
	if at < 0 {
		return 0
	}
	return p.ports[at].ContainerPort
}

// namesOfPort are the names that some pods have for a port of a number, sorted.
func namesOfPort(pods []listeningPod, number int32) []string {
	var names []string
	for _, pod := range pods {
		for _, port := range pod.ports {
			if port.ContainerPort == number {
				names = append(names, port.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// nameInAll is the first of some names that all pods have for a port; empty without one.
func nameInAll(pods []listeningPod, names []string) string {
	for _, name := range names {
		if name != "" && !slices.ContainsFunc(pods, func(pod listeningPod) bool { return pod.numberOf(name) == 0 }) {
			return name
		}
	}
	return ""
}

// podsBehind are the pods of a component that a selector finds, without those that declare no ports: on which one they
// listen is not known.
func (s observedState) podsBehind(selector map[string]string, component v1beta1.ComponentType) []listeningPod {
	var pods []listeningPod
	for labels, pod := range observed.LivePods(s.pods) {
		if labels[v1beta1.LabelComponent] != string(component) || !selectsPods(selector, labels) {
			continue
		}
		var containers []struct {
			Ports []corev1.ContainerPort `json:"ports"`
		}
		if v1beta1.DecodeLenient(pod.Member("spec", "containers"), &containers) != nil {
			continue
		}
		var ports []corev1.ContainerPort
		for _, container := range containers {
			ports = append(ports, container.Ports...)
		}
		if mode, _ := modes.OfPod(labels); len(ports) > 0 {
			pods = append(pods, listeningPod{mode.Name, ports})
		}
	}
	return pods
}
