package sync

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/observed"
	"github.com/isvc-io/isvc/sync/status"
)

// withServicesPinned leaves the external Service object, and the one in front of a component, while that
// changes its mode, on the pods of the first of some workloads: by service and component alone they would
// select the other pods too, among them workers that do not serve. Where the Deployment beside a canary does
// not serve, the first one is the canary. Where a Service object selects pods of another workload already, it
// stays on those: that workload was ready before, and serves with its former template while it takes another
// one. It comes back where nothing of that serves any more, and where somebody deleted it: comesBack tells.
func withServicesPinned(
	all children, c *modes.Component, workloads []childKey, comesBack func(service childKey) bool, current observedState,
) children {
	if len(workloads) == 0 {
		return all
	}
	out, pinnedTo := all, workloads[0]
	mode, _ := modes.OfWorkload(pinnedTo.kind)
	serving := c
	if workload := current.workloadAmong(all, pinnedTo); workload != nil {
		serving = withPortsOfPod(c, servingPod(workload, mode))
	}
	pods := current.listeningPods(serving)[c.Type]
	label, value := mode.ServingPodLabel(pinnedTo.name)
	external := childKey{kinds.Service, c.Service}
	for _, key := range []childKey{external, ownService(c)} {
		service := all[key]
		if service == nil || key == external && service.GetLabels()[v1beta1.LabelComponent] != v1beta1.ExternalServiceComponent {
			continue
		}
		service, _ = withPortsNamed(service, serving, pods)
		out = out.with(children{key: service})
		selector, _, _ := unstructured.NestedStringMap(service.Object, "spec", "selector")
		apps := []string{names.App(c.Name), names.App(names.Canary(c.Name))}
		isOfComponent := selector[v1beta1.LabelComponent] == string(c.Type) || slices.Contains(apps, selector[v1beta1.LabelApp])
		switch {
		case selector[label] == value:
			continue
		case comesBack(key) && (isOfComponent || key == ownService(c)):
			selector = modes.SelectorOfServingPods(c, pinnedTo.kind)
		case !isOfComponent && (key == external || selector[label] == ""):
			continue // of another component
		}
		delete(selector, label) // of another pin
		if current.podsHaveLabels(pinnedTo, selector) {
			selector[label] = value
			madeAnewAt := int64(0)
			if _, exists := current.child(key); !exists {
				madeAnewAt = append(current.portsOfRoutes()[key.name], int64(modes.ServingPort(serving)))[0]
			}
			pinned, _ := withPortsNamed(servicePinnedTo(service, madeAnewAt, serving, selector), serving, pods)
			out = out.with(children{key: pinned})
		}
	}
	return out
}

// workloadAmong is a workload as it will be, or as it is where it is not among the children; nil without one.
func (s observedState) workloadAmong(all children, key childKey) *unstructured.Unstructured {
	if object := all[key]; object != nil {
		return object
	}
	workload, _ := s.child(key)
	return workload.decode()
}

// servicePinnedTo is a Service object with a selector for pods, and with the port on which a component serves in them.
// One that is made anew, because somebody deleted it, is reached at the port to which the routes that stay lead; 0 for
// one that exists.
func servicePinnedTo(
	service *unstructured.Unstructured, madeAnewAt int64, serving *modes.Component, selector map[string]string,
) *unstructured.Unstructured {
	out := service.DeepCopy()
	_ = unstructured.SetNestedStringMap(out.Object, selector, "spec", "selector") // the path was just read
	ports := portsOf(out)
	at := ports.servingPlace()
	if at < 0 {
		return out
	}
	served, reached := ports[at]["targetPort"], ports[at].portNumber() // several ports may lead to it
	ports = slices.DeleteFunc(ports, func(port servicePort) bool {
		return port.portNumber() == madeAnewAt && port.portNumber() != reached
	})
	for _, port := range ports {
		if !child.Equal(port["targetPort"], served) {
			continue
		}
		port["targetPort"] = int64(modes.ServingPort(serving))
		if madeAnewAt != 0 && port.portNumber() == reached {
			port["port"] = madeAnewAt
		}
	}
	return withPorts(out, ports)
}

// withOwnPodsPinned leaves the Service objects of a component on the pods of its own workload, or of its canary.
func withOwnPodsPinned(all children, c *modes.Component, current observedState) children {
	leading := current.servingFirst(c, append([]childKey{workloadKey(c)}, besideWorkload(c)...))
	return withServicesPinned(all, c, leading, func(childKey) bool { return false }, current)
}

// podsOfOtherModesRun reports whether pods of a former workload of a component are still there, or of what watched it.
func (s observedState) podsOfOtherModesRun(c *modes.Component) bool {
	for has := range observed.LivePods(s.pods) {
		mode, known := modes.OfPod(has)
		if !known || has[v1beta1.LabelComponent] != string(c.Type) {
			continue
		}
		app := has[v1beta1.LabelApp]
		isOfProber := mode.Name == v1beta1.RawDeployment && app != names.App(c.Name) && app != names.App(names.Canary(c.Name))
		if isOfProber && c.Mode != v1beta1.MultiNodeRayVLLM || !isOfProber && mode.Name != c.Mode {
			return true
		}
	}
	return false
}

// servingFirst puts workloads of which nothing serves behind the others: beside a canary, a component may have two
// former Deployments. Groups of which nothing serves are left out, because a canary of the new mode may serve.
func (s observedState) servingFirst(c *modes.Component, workloads []childKey) []childKey {
	var serving, idle []childKey
	for _, key := range workloads {
		mode, _ := modes.OfWorkload(key.kind)
		switch serves := s.someServes(c, key); {
		case serves:
			serving = append(serving, key)
		case !mode.PodsFormGroups:
			idle = append(idle, key)
		}
	}
	return append(serving, idle...)
}

// podsHaveLabels reports whether the pods of a workload that serve have some labels. A workload that is not
// there yet may have them.
func (s observedState) podsHaveLabels(key childKey, wanted map[string]string) bool {
	workload, _ := s.child(key)
	object := workload.decode()
	if object == nil {
		return true
	}
	mode, _ := modes.OfWorkload(key.kind)
	has, _, _ := unstructured.NestedStringMap(servingPod(object, mode), "metadata", "labels")
	return labels.SelectorFromSet(wanted).Matches(labels.Set(has))
}

// newServes reports whether some of the workloads that a component should have serves, or of its canary.
func (s observedState) newServes(c *modes.Component, desired children) bool {
	mode, _ := modes.Of(c.Mode)
	workloads := append(desired.keysOfKind(mode.Workload), besideWorkload(c)...)
	return slices.ContainsFunc(workloads, func(key childKey) bool { return s.someServes(c, key) })
}

// newServesBehind reports whether something of that serves which a Service object leads to; false without the object.
func (s observedState) newServesBehind(service childKey, c *modes.Component, desired children) bool {
	shown, _ := s.child(service)
	object := shown.decode()
	if object == nil {
		return false
	}
	selector, _, _ := unstructured.NestedStringMap(object.Object, "spec", "selector")
	mode, _ := modes.Of(c.Mode)
	workloads := append(desired.keysOfKind(mode.Workload), besideWorkload(c)...)
	return slices.ContainsFunc(workloads, func(key childKey) bool { return s.someServes(c, key) && s.podsHaveLabels(key, selector) })
}

// besideWorkload is the workload of a canary beside that of the component; empty in modes that have none.
func besideWorkload(c *modes.Component) []childKey {
	if mode, _ := modes.Of(c.Mode); mode.Canary != modes.CanaryInWorkloadBeside {
		return nil
	}
	return []childKey{canaryWorkloadKey(c)}
}

// someServes reports whether a replica of a workload of a component takes requests.
func (s observedState) someServes(c *modes.Component, key childKey) bool {
	switch key.kind {
	case kinds.Deployment:
		return status.RolloutOf(s.namespace, s.children, key.name).Serves
	case kinds.LeaderWorkerSet:
		return status.RolloutOfGroups(s.namespace, s.children, key.name).Serving > 0
	case kinds.RayCluster:
		mode, _ := modes.OfWorkload(key.kind)
		for i := range int(mode.MaxReplicas) {
			if names.RayCluster(c.Name, i) == key.name {
				serves, _ := status.RayClusterServes(s.namespace, s.children, s.pods, c.Name, i)
				return serves
			}
		}
		return false
	}
	return true // Knative takes requests before a pod serves
}
