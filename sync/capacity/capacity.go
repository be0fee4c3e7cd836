// Package capacity counts what workloads ask for: replicas, pods, and accelerators by resource. The status,
// explain and plan count alike.
package capacity

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/accelerators"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/quantity"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/observed"
)

// ClaimsOfDevices is the name under which claims of dynamic resource allocation are counted among
// accelerators. Each is an unknown number of devices.
const ClaimsOfDevices = "resource.k8s.io/claim"

// Usage is a number of pods with their accelerators by resource.
type Usage struct {
	Pods         int64
	Accelerators map[string]int64
	// Shared are the claims of devices that exist by themselves, however many pods use them.
	Shared map[string]bool
}

// Counts are the accelerators by resource, with all claims.
func (u Usage) Counts() map[string]int64 {
	out := Usage{}.Plus(u).Accelerators
	out[ClaimsOfDevices] += int64(len(u.Shared))
	maps.DeleteFunc(out, func(_ string, count int64) bool { return count == 0 })
	if len(out) == 0 {
		return nil
	}
	return out
}

func unionOfNames(a, b map[string]bool) map[string]bool {
	if len(b) == 0 {
		return a
	}
	out := maps.Clone(b)
	maps.Copy(out, a)
	return out
}

// Times is the usage of several replicas.
func (u Usage) Times(n int64) Usage {
	out := Usage{Pods: u.Pods * n, Accelerators: map[string]int64{}}
	if n == 0 {
		return out
	}
	out.Shared = u.Shared
	for name, count := range u.Accelerators {
		out.Accelerators[name] = count * n
	}
	return out
}

// Plus is the usage of both together.
func (u Usage) Plus(other Usage) Usage {
	out := Usage{Pods: u.Pods + other.Pods, Accelerators: maps.Clone(u.Accelerators), Shared: unionOfNames(u.Shared, other.Shared)}
	if out.Accelerators == nil {
		out.Accelerators = map[string]int64{}
	}
	for name, count := range other.Accelerators {
		out.Accelerators[name] += count
	}
	return out
}

// Max is the larger number of each.
func (u Usage) Max(other Usage) Usage {
	out := Usage{Pods: max(u.Pods, other.Pods), Accelerators: maps.Clone(u.Accelerators), Shared: unionOfNames(u.Shared, other.Shared)}
	if out.Accelerators == nil {
		out.Accelerators = map[string]int64{}
	}
	for name, count := range other.Accelerators {
		out.Accelerators[name] = max(out.Accelerators[name], count)
	}
	return out
}

// Counter knows the numbers of replicas of the workloads of one service in one state.
type Counter struct {
	// Objects are the objects of the service in that state, in any order.
	Objects []*unstructured.Unstructured
	// Shown are the objects that the input shows, whose autoscalers have set the replicas.
	Shown observed.Objects
	// Pods are the pods of the service, of which those of Knative are counted; nil where they are not known. Then
	// the least number counts.
	Pods map[string]observed.Object
	// Accelerators says which resources are accelerators.
	Accelerators accelerators.List
}

// ByComponent is what the workloads of each component ask for, those of a canary and of a former mode
// among them. The key is the label of the component.
func (c Counter) ByComponent() map[v1beta1.ComponentType]Usage {
	sums := map[v1beta1.ComponentType]Usage{}
	for _, object := range c.Objects {
		mode, isWorkload := modes.OfWorkload(kindOf(object))
		if !isWorkload || c.WatchesRayCluster(object) {
			continue
		}
		component := v1beta1.ComponentType(object.GetLabels()[v1beta1.LabelComponent])
		ofReplica, replicas := c.OfWorkload(object, mode)
		sums[component] = sums[component].Plus(ofReplica.Times(replicas))
	}
	return sums
}

func kindOf(object *unstructured.Unstructured) kinds.Kind {
	return kinds.New(object.GetKind(), object.GetAPIVersion())
}

// WatchesRayCluster reports whether a workload is the Deployment that only watches a Ray cluster of its
// component.
func (c Counter) WatchesRayCluster(workload *unstructured.Unstructured) bool {
	if workload == nil || workload.GetKind() != "Deployment" {
		return false
	}
	for _, other := range c.Objects {
		if kindOf(other) == kinds.RayCluster && other.GetLabels()[v1beta1.LabelComponent] == workload.GetLabels()[v1beta1.LabelComponent] {
			return true
		}
	}
	return false
}

// OfWorkload is the usage of one replica of a workload, and the number of replicas; zero without one.
func (c Counter) OfWorkload(workload *unstructured.Unstructured, mode modes.Mode) (ofReplica Usage, replicas int64) {
	if workload == nil {
		return Usage{}, 0
	}
	for _, template := range mode.FindPodTemplates(workload.Object) {
		ofReplica = ofReplica.Plus(c.ofTemplate(template.Template).Times(template.Pods))
	}
	return ofReplica, c.ReplicasOfWorkload(workload, mode)
}

// ofTemplate is what one pod of a template asks for.
func (c Counter) ofTemplate(template map[string]any) Usage {
	ofPod := Usage{Pods: 1, Accelerators: c.acceleratorsOfPod(template)}
	ofPod.addClaims(c.claimsOfPod(template))
	return ofPod
}

// ReplicasOfWorkload is the number of replicas of a workload: what isvc writes, else what an autoscaler has
// made of the workload that the input shows, else its least number, else 1.
func (c Counter) ReplicasOfWorkload(workload *unstructured.Unstructured, mode modes.Mode) int64 {
	if mode.ReplicasPath == "" {
		if mode.MakesService {
			component := v1beta1.ComponentType(workload.GetLabels()[v1beta1.LabelComponent])
			return max(LeastReplicasOfRevision(workload), ServerlessReplicas(c.Pods, component))
		}
		return 1
	}
	path := strings.Split(mode.ReplicasPath, ".")
	if n, found, err := unstructured.NestedInt64(workload.Object, path...); found && err == nil {
		return n
	}
	least, most, scaled := c.boundsOf(workload)
	raw := c.Shown.Get(mode.Workload, workload.GetNamespace(), workload.GetName()).Member(path...)
	n, err := strconv.ParseInt(string(raw), 10, 64)
	switch {
	case err != nil && scaled:
		return least
	case err != nil:
		return 1
	case scaled:
		return min(max(n, least), most)
	}
	return n
}

// ServerlessReplicas is how many of the pods of a service Knative made for a component. No object has that number.
func ServerlessReplicas(pods map[string]observed.Object, component v1beta1.ComponentType) int64 {
	count := int64(0)
	for range ServerlessPods(pods, component) {
		count++
	}
	return count
}

// ServerlessPods are the pods of a service that Knative made for a component, with the names of their revisions.
func ServerlessPods(pods map[string]observed.Object, component v1beta1.ComponentType) iter.Seq2[string, observed.Object] {
	return func(yield func(string, observed.Object) bool) {
		for labels, pod := range observed.LivePods(pods) {
			mode, _ := modes.OfPod(labels)
			isOne := mode.Name == v1beta1.Serverless && labels[v1beta1.LabelComponent] == string(component)
			if isOne && !yield(labels[v1beta1.LabelKnativeRevision], pod) {
				return
			}
		}
	}
}

// OfPod is what a pod asks for; false where the input shows no containers of it.
func (c Counter) OfPod(pod observed.Object) (Usage, bool) {
	tree, err := observed.DecodeTree(pod.Member("spec"))
	if containers, _ := tree["containers"].([]any); err != nil || len(containers) == 0 {
		return Usage{}, false
	}
	return c.ofTemplate(map[string]any{"spec": tree}), true
}

// LeastReplicasOfRevision is the least number of pods that a Knative Service asks for in its revisions.
func LeastReplicasOfRevision(workload *unstructured.Unstructured) int64 {
	return scaleOfRevision(workload, "min-scale", "minScale")
}

// MostReplicasOfRevision is the largest number of pods that it asks for; 0 without one.
func MostReplicasOfRevision(workload *unstructured.Unstructured) int64 {
	return scaleOfRevision(workload, "max-scale", "maxScale")
}

// scaleOfRevision is the number of the first of some annotations of Knative's autoscaler; 0 without one.
func scaleOfRevision(workload *unstructured.Unstructured, names ...string) int64 {
	for _, name := range names {
		text, _, _ := unstructured.NestedString(workload.Object, "spec", "template", "metadata", "annotations", "autoscaling.knative.dev/"+name)
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	}
	return 0
}

// boundsOf are the bounds of the autoscaler of a workload; ok is false without one.
func (c Counter) boundsOf(workload *unstructured.Unstructured) (least, most int64, ok bool) {
	for _, bounds := range []struct {
		kind        kinds.Kind
		least, most string
	}{
		{kinds.HorizontalPodAutoscaler, "minReplicas", "maxReplicas"},
		{kinds.ScaledObject, "minReplicaCount", "maxReplicaCount"},
	} {
		for _, scaler := range c.Objects {
			target, _, _ := unstructured.NestedString(scaler.Object, "spec", "scaleTargetRef", "name")
			if kindOf(scaler) != bounds.kind || target != workload.GetName() {
				continue
			}
			low, found, err := unstructured.NestedInt64(scaler.Object, "spec", bounds.least)
			if !found || err != nil {
				low = 1
			}
			high, found, err := unstructured.NestedInt64(scaler.Object, "spec", bounds.most)
			if !found || err != nil {
				high = max(low, 100) // KEDA's default
			}
			return low, high, true
		}
	}
	return 0, 0, false
}

// acceleratorsOfPod are the accelerators that the scheduler reserves for a pod: those of its containers
// and of init containers that keep running, or of another init container if it has more.
func (c Counter) acceleratorsOfPod(template map[string]any) map[string]int64 {
	sum, most := map[string]int64{}, map[string]int64{}
	for _, list := range []string{"containers", "initContainers"} {
		containers, _, _ := unstructured.NestedFieldNoCopy(template, "spec", list)
		items, _ := containers.([]any)
		for _, item := range items {
			container, _ := item.(map[string]any)
			isSidecar := container["restartPolicy"] == "Always"
			for name, count := range c.acceleratorsOfContainer(container) {
				if list == "containers" || isSidecar {
					sum[name] += count
				} else {
					most[name] = max(most[name], count)
				}
			}
		}
	}
	for name, count := range most {
		sum[name] = max(sum[name], count)
	}
	return sum
}

// claimsOfPod are the claims of a pod that its containers use for accelerators.
func (c Counter) claimsOfPod(template map[string]any) (claims []map[string]any) {
	used := map[string]bool{}
	for _, list := range []string{"containers", "initContainers"} {
		containers, _, _ := unstructured.NestedFieldNoCopy(template, "spec", list)
		items, _ := containers.([]any)
		for _, item := range items {
			container, _ := item.(map[string]any)
			demand, _ := c.demandOf(container)
			for _, name := range demand.Claims {
				used[name] = true
			}
		}
	}
	ofPod, _, _ := unstructured.NestedFieldNoCopy(template, "spec", "resourceClaims")
	items, _ := ofPod.([]any)
	for _, item := range items {
		claim, _ := item.(map[string]any)
		if name, _ := claim["name"].(string); used[name] {
			claims = append(claims, claim)
		}
	}
	return claims
}

// addClaims counts claims of a pod: each pod has its own, except for those that exist by themselves.
func (u *Usage) addClaims(claims []map[string]any) {
	for _, claim := range claims {
		name, exists := claim["resourceClaimName"].(string)
		if !exists {
			u.Accelerators[ClaimsOfDevices]++
			continue
		}
		u.Shared = unionOfNames(u.Shared, map[string]bool{name: true})
	}
}

// demandOf is what a container asks for, and with which quantities.
func (c Counter) demandOf(container map[string]any) (accelerators.Demand, corev1.ResourceRequirements) {
	r := corev1.ResourceRequirements{Limits: resourceList(container, "limits"), Requests: resourceList(container, "requests")}
	listed, _, _ := unstructured.NestedFieldNoCopy(container, "resources", "claims")
	items, _ := listed.([]any)
	for _, item := range items {
		claim, _ := item.(map[string]any)
		name, _ := claim["name"].(string)
		r.Claims = append(r.Claims, corev1.ResourceClaim{Name: name})
	}
	return c.Accelerators.DemandOf(&r), r
}

// acceleratorsOfContainer are the accelerators of a container: its devices, or where it has none the
// shares of devices.
func (c Counter) acceleratorsOfContainer(container map[string]any) map[string]int64 {
	demand, r := c.demandOf(container)
	out := map[string]int64{}
	for _, name := range append(demand.Devices, demand.Shares...) {
		amount, limited := r.Limits[name]
		if !limited {
			amount = r.Requests[name]
		}
		if len(demand.Devices) == 0 || slices.Contains(demand.Devices, name) {
			out[string(name)] = amount.Value()
		}
	}
	return out
}

// resourceList are the limits or requests of a container. What is not a quantity is left out.
func resourceList(container map[string]any, field string) corev1.ResourceList {
	resources, _, _ := unstructured.NestedMap(container, "resources", field)
	list := corev1.ResourceList{}
	for name, value := range resources {
		if amount, err := quantity.Parse(fmt.Sprint(value)); err == nil {
			list[corev1.ResourceName(name)] = amount
		}
	}
	return list
}
