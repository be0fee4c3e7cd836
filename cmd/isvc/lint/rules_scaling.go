package lint

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/isvc-io/isvc/api/kinds"
)

// largeModel is the size in bytes from which weights take minutes to load.
const largeModel = 20 * gigabyte

// leastReplicas is how many replicas a workload has at least: the minimum of its autoscaler, or its
// own number, or 1.
func (s *subject) leastReplicas(w *workload) int64 {
	for _, from := range []struct {
		kind kinds.Kind
		path string
	}{{kinds.HorizontalPodAutoscaler, "minReplicas"}, {kinds.ScaledObject, "minReplicaCount"}} {
		if scaler := s.childOfComponent(from.kind, w.component); scaler != nil {
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
		budget := s.childOfComponent(kinds.PodDisruptionBudget, w.component)
		if budget == nil || w.kind == kinds.RayCluster {
			continue
		}
		replicas := s.leastReplicas(w)
		object := "PodDisruptionBudget/" + budget.GetName()
		if least := numberOrPercent(budget, "minAvailable"); least != nil && replicas > 0 && scaledNumber(*least, replicas, true) >= replicas {
			found(object, "spec.minAvailable", "minAvailable %s of %d replicas lets no pod go: set it below minReplicas, or use maxUnavailable 1", least.String(), replicas)
		}
		if most := numberOrPercent(budget, "maxUnavailable"); most != nil && scaledNumber(*most, 100, true) == 0 {
			found(object, "spec.maxUnavailable", "maxUnavailable %s lets no pod go: set it to 1", most.String())
		}
	}
}

// numberOrPercent reads a number or percentage at a path below spec.
func numberOrPercent(object *unstructured.Unstructured, path ...string) *intstr.IntOrString {
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

// scaledNumber is a number, or a percentage of the total; -1 for any other value.
func scaledNumber(v intstr.IntOrString, total int64, up bool) int64 {
	n, err := intstr.GetScaledValueFromIntOrPercent(&v, int(total), up)
	if err != nil {
		return -1
	}
	return int64(n)
}

func maxReplicasUnset(s *subject, found report) {
	for _, t := range s.componentTypes() {
		if s.components[t].MaxReplicas != 0 || !computesWithModel(t) {
			continue
		}
		for _, kind := range []kinds.Kind{kinds.HorizontalPodAutoscaler, kinds.ScaledObject, kinds.KnativeService} {
			if scaler := s.childOfComponent(kind, t); scaler != nil {
				found(s.serviceObject(), "spec."+string(t)+".maxReplicas", "maxReplicas is not set, so a default bounds what %s/%s can take: set it", scaler.GetKind(), scaler.GetName())
			}
		}
	}
}

func scaleToZeroLargeModel(s *subject, found report) {
	for _, t := range s.componentTypes() {
		least := s.components[t].MinReplicas
		if computesWithModel(t) && least != nil && *least == 0 && s.weightBytes() > largeModel {
			found(s.serviceObject(), "spec."+string(t)+".minReplicas", "minReplicas is 0, and the first request after a pause waits until %s GB are loaded: set it to 1", exactGB(s.weightBytes()))
		}
	}
}

func zeroWithoutScaler(s *subject, found report) {
	for _, t := range s.componentTypes() {
		least := s.components[t].MinReplicas
		if least == nil || *least != 0 {
			continue
		}
		if scaler := s.childOfComponent(kinds.HorizontalPodAutoscaler, t); scaler != nil {
			found(s.serviceObject(), "spec."+string(t)+".minReplicas", "minReplicas is 0, but HorizontalPodAutoscaler/%s keeps at least one replica: set it to 1, or scale with KEDA", scaler.GetName())
		}
	}
}

func scalesOnCPU(s *subject, found report) {
	for i := range s.workloads {
		w := &s.workloads[i]
		scaler := s.childOfComponent(kinds.HorizontalPodAutoscaler, w.component)
		if scaler == nil || s.acceleratorsOfReplica(w) == 0 {
			continue
		}
		metrics, _, _ := unstructured.NestedSlice(scaler.Object, "spec", "metrics")
		for _, raw := range metrics {
			metric, _ := raw.(map[string]any)
			if name, _, _ := unstructured.NestedString(metric, "resource", "name"); name == "cpu" {
				found("HorizontalPodAutoscaler/"+scaler.GetName(), "spec.metrics",
					"%s uses accelerators and scales by the load of its CPU: scale with KEDA by a metric of the server", w.objectName())
			}
		}
	}
}

// wholeNode is how many accelerators a common node has.
const wholeNode = 8

func surgeNeedsAccelerators(s *subject, found report) {
	for i := range s.workloads {
		w := &s.workloads[i]
		count := s.acceleratorsOfReplica(w)
		surge, unavailable := numberOrPercent(w.child, "strategy", "rollingUpdate", "maxSurge"), numberOrPercent(w.child, "strategy", "rollingUpdate", "maxUnavailable")
		if w.kind != kinds.Deployment || count < wholeNode || surge == nil || unavailable == nil {
			continue
		}
		replicas := s.leastReplicas(w)
		if scaledNumber(*surge, replicas, true) > 0 && scaledNumber(*unavailable, replicas, false) == 0 {
			found(w.objectName(), "spec.strategy", "an update needs %d free accelerators on one node before a pod goes: keep them free, or set maxSurge 0 and maxUnavailable 1", count)
		}
	}
}
