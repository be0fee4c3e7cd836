package lint

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// workload is a child that runs pods.
type workload struct {
	child     *unstructured.Unstructured
	kind      kinds.Kind
	component v1beta1.ComponentType
	pods      []pod
}

// pod is a pod template of a workload.
type pod struct {
	// field is the path of the pod's spec.
	field string
	// count is how many pods of the template one replica has.
	count int64
	spec  corev1.PodSpec
}

// container is a container and where it is.
type container struct {
	*corev1.Container
	workload *workload
	pod      *pod
	// field is the path of the container.
	field string
}

func (w *workload) objectName() string { return w.child.GetKind() + "/" + w.child.GetName() }

func readWorkloads(children []*unstructured.Unstructured) []workload {
	var all []workload
	for _, child := range children {
		w := workload{
			child: child, kind: kinds.New(child.GetKind(), child.GetAPIVersion()),
			component: v1beta1.ComponentType(child.GetLabels()[v1beta1.LabelComponent]),
		}
		w.readPods()
		if len(w.pods) > 0 {
			all = append(all, w)
		}
	}
	return slices.DeleteFunc(all, func(w workload) bool { return watchesRayCluster(w, all) })
}

// watchesRayCluster reports whether a workload is the Deployment that only watches the Ray cluster
// of its component.
func watchesRayCluster(w workload, all []workload) bool {
	return w.kind == kinds.Deployment && slices.ContainsFunc(all, func(other workload) bool {
		return other.kind == kinds.RayCluster && other.component == w.component
	})
}

// readPods reads the pod templates, which are in other fields in each kind.
func (w *workload) readPods() {
	switch w.kind {
	case kinds.Deployment, kinds.KnativeService:
		w.readPod(1, "spec", "template")
	case kinds.LeaderWorkerSet:
		size, found, err := unstructured.NestedInt64(w.child.Object, "spec", "leaderWorkerTemplate", "size")
		if !found || err != nil {
			size = 1
		}
		if w.readPod(1, "spec", "leaderWorkerTemplate", "leaderTemplate") {
			size--
		}
		if size > 0 {
			w.readPod(size, "spec", "leaderWorkerTemplate", "workerTemplate")
		}
	case kinds.RayCluster:
		w.readPod(1, "spec", "headGroupSpec", "template")
		w.readGroups()
	}
}

// readGroups reads the pod templates of the worker groups of a Ray cluster.
func (w *workload) readGroups() {
	groups, _, _ := unstructured.NestedSlice(w.child.Object, "spec", "workerGroupSpecs")
	for i, raw := range groups {
		group, is := raw.(map[string]any)
		if !is {
			continue
		}
		count, found, err := unstructured.NestedInt64(group, "replicas")
		if !found || err != nil {
			count = 1
		}
		w.addPod(count, group, fmt.Sprintf("spec.workerGroupSpecs[%d].", i), "template")
	}
}

// readPod reads the pod template at a path and reports whether it is there.
func (w *workload) readPod(count int64, path ...string) bool {
	return w.addPod(count, w.child.Object, "", path...)
}

func (w *workload) addPod(count int64, from map[string]any, prefix string, path ...string) bool {
	path = append(path, "spec")
	raw, found, err := unstructured.NestedMap(from, path...)
	if !found || err != nil {
		return false
	}
	p := pod{field: prefix + strings.Join(path, "."), count: count}
	text, err := json.Marshal(raw)
	if err != nil || v1beta1.Unmarshal(text, &p.spec) != nil {
		return false
	}
	w.pods = append(w.pods, p)
	return true
}

// mainContainers returns the containers of all pods without the init containers.
func (s *subject) mainContainers() []container {
	var all []container
	for i := range s.workloads {
		w := &s.workloads[i]
		for j := range w.pods {
			p := &w.pods[j]
			for k := range p.spec.Containers {
				c := &p.spec.Containers[k]
				all = append(all, container{Container: c, workload: w, pod: p, field: p.field + ".containers[" + c.Name + "]"})
			}
		}
	}
	return all
}

// acceleratedContainers returns the containers that use accelerators.
func (s *subject) acceleratedContainers() []container {
	var all []container
	for _, c := range s.mainContainers() {
		if s.countAccelerators(&c.Resources) > 0 {
			all = append(all, c)
		}
	}
	return all
}

// countAccelerators is the number of accelerators in resources.
func (s *subject) countAccelerators(r *corev1.ResourceRequirements) int64 {
	for _, list := range []corev1.ResourceList{r.Limits, r.Requests} {
		var total int64
		for name, quantity := range list {
			if s.isAccelerator(name) {
				total += quantity.Value()
			}
		}
		if total > 0 {
			return total
		}
	}
	return 0
}

// isAccelerator reports whether a resource is an accelerator of a common vendor or the first
// resource of an accelerator class of the cluster.
func (s *subject) isAccelerator(name corev1.ResourceName) bool {
	switch name {
	case "nvidia.com/gpu", "amd.com/gpu", "google.com/tpu":
		return true
	}
	for _, class := range s.classes {
		if len(class.Spec.Resources) > 0 && class.Spec.Resources[0].Name == string(name) {
			return true
		}
	}
	return strings.HasPrefix(string(name), "gpu.intel.com/") || strings.HasPrefix(string(name), "nvidia.com/mig-")
}

// acceleratorsOfReplica is the number of accelerators in all pods of one replica.
func (s *subject) acceleratorsOfReplica(w *workload) int64 {
	var total int64
	for i := range w.pods {
		for j := range w.pods[i].spec.Containers {
			total += w.pods[i].count * s.countAccelerators(&w.pods[i].spec.Containers[j].Resources)
		}
	}
	return total
}

// computesWithModel reports whether a component computes with the model.
func computesWithModel(t v1beta1.ComponentType) bool {
	return t == v1beta1.EngineComponent || t == v1beta1.DecoderComponent
}

// childOfComponent returns the child of a kind that belongs to a component, or nil.
func (s *subject) childOfComponent(kind kinds.Kind, t v1beta1.ComponentType) *unstructured.Unstructured {
	for _, child := range s.response.Children {
		if kinds.New(child.GetKind(), child.GetAPIVersion()) == kind && child.GetLabels()[v1beta1.LabelComponent] == string(t) {
			return child
		}
	}
	return nil
}
