package explain

import (
	"slices"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
	"github.com/isvc-io/isvc/sync/status"
)

// AddObserved adds what the request shows: which objects of the service exist, which of them go, and its pods.
func AddObserved(service *Service, request *sync.Request, response *sync.Response) {
	service.Configured = request.Config != nil
	wanted := map[kinds.Kind][]string{}
	for i, child := range response.Children {
		kind := kinds.New(child.GetKind(), child.GetAPIVersion())
		wanted[kind] = append(wanted[kind], child.GetName())
		if i < len(service.Children) {
			service.Children[i].Component = componentOfLabels(child.GetLabels())
			service.Children[i].Observed = request.Children.Get(kind, service.Namespace, child.GetName()).Exists()
		}
	}
	if response.RetryAfter == 0 {
		service.Leaving = leavingObjects(request.Children, wanted)
	}
	for _, pod := range status.ReportPods(service.Name, request.Related[kinds.Pod]) {
		kind, _ := pod.Workload.NameAndVersion()
		service.Pods = append(service.Pods, Pod{
			Name: pod.Name, Component: string(pod.Component), WorkloadKind: kind, State: pod.State,
			Reason: pod.Word, Message: pod.Message,
		})
	}
}

// leavingObjects are the observed objects that are not wanted, by kind and name.
func leavingObjects(children observed.Objects, wanted map[kinds.Kind][]string) []Child {
	var leaving []Child
	for kind, key := range children.All() {
		_, name := observed.SplitKey(key)
		if slices.Contains(wanted[kind], name) {
			continue
		}
		child := Child{Name: name, Observed: true}
		child.Kind, child.APIVersion = kind.NameAndVersion()
		tree, err := observed.DecodeTree(children[kind][key].Member("metadata", "labels"))
		if label, _ := tree[v1beta1.LabelComponent].(string); err == nil && isComponent(label) {
			child.Component = label
		}
		leaving = append(leaving, child)
	}
	return leaving
}

// componentOfLabels is the component of an object; empty for an object of the service as a whole.
func componentOfLabels(labels map[string]string) string {
	if component := labels[v1beta1.LabelComponent]; isComponent(component) {
		return component
	}
	return ""
}
