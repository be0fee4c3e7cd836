package lint

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/isvc-io/isvc/api/kinds"
)

// largeModel is the size of weights in bytes that take minutes to load.
const largeModel = 20 * gigabyte

// leastReplicas is how many replicas a workload has at least: what its
// autoscaler keeps, else its own number, else 1.
func (s *subject) leastReplicas(w *workload) int64 {
	for _, from := range []struct {
		kind kinds.Kind
		path string
	}{{kinds.HorizontalPodAutoscaler, "minReplicas"}, {kinds.ScaledObject, "minReplicaCount"}} {
		if scaler := s.child(from.kind, w.component); scaler != nil {
			if n, found, err := unstructured.NestedInt64(scaler.Object, "spec", from.path); found && err == nil {
				return n
			}
		}
	}
	if n, found, err := unstructured.NestedInt64(w.child.Object, "spec", "replicas"); found && err == nil {
		return n
	}
	return 1
}

func budgetBlocksDrains(s *subject, found report) {
	for i := range s.workloads {
		w := &s.workloads[i]
		budget := s.child(kinds.PodDisruptionBudget, w.component)
		if budget == nil || w.kind == kinds.RayCluster {
			continue
		}
		replicas := s.leastReplicas(w)
		object := "PodDisruptionBudget/" + budget.GetName()
		if least := bound(budget, "minAvailable"); least != nil && replicas > 0 && scaled(*least, replicas, true) >= replicas {
			found(object, "spec.minAvailable", "minAvailable %s of %d replicas lets no pod go: set it below minReplicas, or use maxUnavailable 1", least.String(), replicas)
		}
		if most := bound(budget, "maxUnavailable"); most != nil && scaled(*most, 100, true) == 0 {
			found(object, "spec.maxUnavailable", "maxUnavailable %s lets no pod go: set it to 1", most.String())
		}
	}
}

// bound reads a number or percentage below spec.
func bound(object *unstructured.Unstructured, path ...string) *intstr.IntOrString {
	value, found, err := unstructured.NestedFieldNoCopy(object.Object, append([]string{"spec"}, path...)...)
	if !found || err != nil {
		return nil
	}
	switch v := value.(type) {
	case int64:
		n := intstr.FromInt32(int32(min(max(v, 0), 1<<30)))
		return &n
	case string:
		text := intstr.Parse(v)
		return &text
	}
	return nil
}

// scaled is a number, or a percentage of the total.
func scaled(v intstr.IntOrString, total int64, up bool) int64 {
	n, err := intstr.GetScaledValueFromIntOrPercent(&v, int(total), up)
	if err != nil {
		return -1
	}
	return int64(n)
}

func maxReplicasUnset(s *subject, found report) {
	for _, t := range s.types() {
		if s.components[t].MaxReplicas != 0 || !serves(t) {
			continue
		}
		for _, kind := range []kinds.Kind{kinds.HorizontalPodAutoscaler, kinds.ScaledObject, kinds.KnativeService} {
			if scaler := s.child(kind, t); scaler != nil {
				found(s.object(), "spec."+string(t)+".maxReplicas", "maxReplicas is not set, so a default bounds what %s/%s can take: set it", scaler.GetKind(), scaler.GetName())
			}
		}
	}
}

func scaleToZeroLargeModel(s *subject, found report) {
	for _, t := range s.types() {
		least := s.components[t].MinReplicas
		if serves(t) && least != nil && *least == 0 && s.weights() > largeModel {
			found(s.object(), "spec."+string(t)+".minReplicas", "minReplicas is 0, and the first request after a pause waits until %s GB are loaded: set it to 1", gb(s.weights()))
		}
	}
}

func zeroWithoutScaler(s *subject, found report) {
	for _, t := range s.types() {
		least := s.components[t].MinReplicas
		if least == nil || *least != 0 {
			continue
		}
		if scaler := s.child(kinds.HorizontalPodAutoscaler, t); scaler != nil {
			found(s.object(), "spec."+string(t)+".minReplicas", "minReplicas is 0, but HorizontalPodAutoscaler/%s keeps at least one replica: set it to 1, or scale with KEDA", scaler.GetName())
		}
	}
}

func scalesOnCPU(s *subject, found report) {
	for i := range s.workloads {
		w := &s.workloads[i]
		scaler := s.child(kinds.HorizontalPodAutoscaler, w.component)
		if scaler == nil || s.acceleratorsOfReplica(w) == 0 {
			continue
		}
		metrics, _, _ := unstructured.NestedSlice(scaler.Object, "spec", "metrics")
		for _, raw := range metrics {
			metric, _ := raw.(map[string]any)
			if name, _, _ := unstructured.NestedString(metric, "resource", "name"); name == "cpu" {
				found("HorizontalPodAutoscaler/"+scaler.GetName(), "spec.metrics",
					"%s uses accelerators and scales by the load of its CPU: scale with KEDA by a metric of the server", w.object())
			}
		}
	}
}

// wholeNode is the number of accelerators of a common node.
const wholeNode = 8

func surgeNeedsAccelerators(s *subject, found report) {
	for i := range s.workloads {
		w := &s.workloads[i]
		count := s.acceleratorsOfReplica(w)
		surge, unavailable := bound(w.child, "strategy", "rollingUpdate", "maxSurge"), bound(w.child, "strategy", "rollingUpdate", "maxUnavailable")
		if w.kind != kinds.Deployment || count < wholeNode || surge == nil || unavailable == nil {
			continue
		}
		replicas := s.leastReplicas(w)
		if scaled(*surge, replicas, true) > 0 && scaled(*unavailable, replicas, false) == 0 {
			found(w.object(), "spec.strategy", "an update needs %d free accelerators on one node before a pod goes: keep them free, or set maxSurge 0 and maxUnavailable 1", count)
		}
	}
}
