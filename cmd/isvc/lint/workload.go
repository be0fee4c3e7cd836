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
	if err != nil || v1beta1.DecodeLenient(text, &p.spec) != nil {
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
		if !s.accelerators.DemandOf(&c.Resources).IsNone() {
			all = append(all, c)
		}
	}
	return all
}

// podsOfReplica is the number of pods of one replica.
func (w *workload) podsOfReplica() int64 {
	var total int64
	for i := range w.pods {
		total += w.pods[i].count
	}
	return total
}

// acceleratorsOfReplica is what all pods of one replica ask for. Its count is the number of
// accelerators where all are counted.
func (s *subject) acceleratorsOfReplica(w *workload) replicaDemand {
	var total replicaDemand
	for i := range w.pods {
		for j := range w.pods[i].spec.Containers {
			demand := s.accelerators.DemandOf(&w.pods[i].spec.Containers[j].Resources)
			total.count += w.pods[i].count * demand.Count
			total.isUncounted = total.isUncounted || demand.IsUncounted()
		}
	}
	return total
}

// replicaDemand is what the pods of one replica ask for.
type replicaDemand struct {
	// count is the number of accelerators, without those of which the number is not known.
	count int64
	// isUncounted is true where claims or shares ask for accelerators of unknown number.
	isUncounted bool
}

// isNone reports whether the pods ask for no accelerator.
func (d replicaDemand) isNone() bool { return d.count == 0 && !d.isUncounted }

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
