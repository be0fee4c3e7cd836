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
		target, isNumber := fields["targetPort"].(int64)
		if !isNumber || !slices.ContainsFunc(pods, podsWithout(func(port corev1.ContainerPort) bool { return int64(port.ContainerPort) == target })) {
			continue
		}
		name := modes.PortName(c, int32(target))
		isWithoutName := podsWithout(func(port corev1.ContainerPort) bool { return name != "" && port.Name == name })
		switch at := slices.IndexFunc(pods, isWithoutName); {
		case at < 0:
			fields["targetPort"] = name
		case slices.ContainsFunc(pods, func(pod listeningPod) bool { return pod.mode == c.Mode && isWithoutName(pod) }):
			unreached = int32(target)
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

// podsWithout reports of a pod whether none of its ports is a wanted one.
func podsWithout(isWanted func(corev1.ContainerPort) bool) func(listeningPod) bool {
	return func(pod listeningPod) bool { return !slices.ContainsFunc(pod.ports, isWanted) }
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
