package lint

import (
	"fmt"
	"math"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
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
		pods := s.leastReplicas(w) * w.podsOfReplica()
		object := "PodDisruptionBudget/" + budget.GetName()
		if least := numberOrPercent(budget, "minAvailable"); least != nil && pods > 0 && scaledNumber(*least, pods, true) >= pods {
			found(object, "spec.minAvailable", "minAvailable %s of %d pods lets no pod go: set it below minReplicas, or use maxUnavailable 1", least.String(), pods)
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
	findingsWith(modes.ReasonScaleToZeroUnavailable)(s, found)
	for _, t := range s.componentTypes() {
		least := s.components[t].MinReplicas
		set := s.childOfComponent(kinds.LeaderWorkerSet, t)
		if least == nil || *least != 0 || set == nil || s.components[t].MaxReplicas == 0 {
			continue
		}
		if n, given, _ := unstructured.NestedInt64(set.Object, "spec", "replicas"); given && n == 0 {
			found(s.serviceObject(), "spec."+string(t)+".minReplicas", "minReplicas is 0, and nothing scales groups from zero, so that there are none: set it to 1")
		}
	}
}

func scalesOnCPU(s *subject, found report) {
	for i := range s.workloads {
		w := &s.workloads[i]
		scaler := s.childOfComponent(kinds.HorizontalPodAutoscaler, w.component)
		if scaler == nil || !scalesInRange(scaler) || s.acceleratorsOfReplica(w).isNone() {
			continue
		}
		metrics, _, _ := unstructured.NestedSlice(scaler.Object, "spec", "metrics")
		followsOther := slices.ContainsFunc(metrics, func(metric any) bool { return !followsCPU(metric) })
		if len(metrics) > 0 && !followsOther {
			found("HorizontalPodAutoscaler/"+scaler.GetName(), "spec.metrics",
				"%s uses accelerators and scales by the load of its CPU: scale by a metric of the server, with KEDA or with metrics in spec.%s.autoscaler", w.objectName(), w.component)
		}
	}
}

// scalesInRange reports whether a HorizontalPodAutoscaler has more than one number of replicas to choose
// from.
func scalesInRange(scaler *unstructured.Unstructured) bool {
	least, given, _ := unstructured.NestedInt64(scaler.Object, "spec", "minReplicas")
	most, _, _ := unstructured.NestedInt64(scaler.Object, "spec", "maxReplicas")
	return most > least && (given || most > 1)
}

// followsCPU reports whether a metric is the load of the CPU, of pods or of a container.
func followsCPU(metric any) bool {
	fields, _ := metric.(map[string]any)
	return slices.ContainsFunc([]string{"resource", "containerResource"}, func(source string) bool {
		name, _, _ := unstructured.NestedString(fields, source, "name")
		return name == "cpu"
	})
}

func surgeNeedsAccelerators(s *subject, found report) {
	for i := range s.workloads {
		w := &s.workloads[i]
		demand := s.acceleratorsOfReplica(w)
		if demand.isNone() {
			continue
		}
		if w.kind == kinds.KnativeService {
			found(w.objectName(), "spec.template", "an update starts the pods of a new revision first, each of which needs %s: keep them free, because Knative always updates so", demand.free())
			continue
		}
		update, rolls := s.updateOf(w)
		if !rolls || !modes.StartsNewReplicasFirst(update.surge, update.unavailable, update.replicas) {
			continue
		}
		what, where := "pod", "one node"
		if w.kind == kinds.LeaderWorkerSet {
			what, where = "group", countOf(int(w.podsOfReplica()), "node")
		}
		found(w.objectName(), update.field, "an update needs %s on %s before a %s goes: keep them free, or set maxSurge 0 and maxUnavailable 1 in spec.%s.deploymentStrategy",
			demand.free(), where, what, w.component)
	}
}

func updateStopsServing(s *subject, found report) {
	for i := range s.workloads {
		w := &s.workloads[i]
		if w.kind == kinds.RayCluster {
			if clusters := s.workloadsOf(kinds.RayCluster, w.component); clusters == 1 {
				found(w.objectName(), "spec", "an update replaces the only Ray cluster of the %[1]s, and nothing serves until the new one does: set spec.%[1]s.minReplicas to 2 or more", w.component)
			}
			continue
		}
		update, rolls := s.updateOf(w)
		if !rolls || !modes.TakesAllReplicas(update.surge, update.unavailable, update.replicas) {
			continue
		}
		taken, remedy := "the only replica", "maxSurge 1 and maxUnavailable 0"
		if update.replicas > 1 {
			taken, remedy = fmt.Sprintf("all %d replicas", update.replicas), "maxUnavailable 1"
		}
		found(w.objectName(), update.field, "an update takes %s away at once, and nothing serves until a new one does: set %s in spec.%s.deploymentStrategy",
			taken, remedy, w.component)
	}
}

// workloadsOf counts the workloads of a kind that a component has.
func (s *subject) workloadsOf(kind kinds.Kind, component v1beta1.ComponentType) int {
	n := 0
	for i := range s.workloads {
		if s.workloads[i].kind == kind && s.workloads[i].component == component {
			n++
		}
	}
	return n
}

// updateOfReplicas is how a workload replaces its replicas, at the least number of them.
type updateOfReplicas struct {
	// field is the path of the strategy in the workload.
	field              string
	surge, unavailable intstr.IntOrString
	replicas           int32
}

// updateOf reads the strategy of a Deployment or LeaderWorkerSet; false for other kinds. What is absent has
// the defaults of the API server.
func (s *subject) updateOf(w *workload) (update updateOfReplicas, rolls bool) {
	strategy, rolling := "strategy", "rollingUpdate"
	update.surge, update.unavailable = intstr.FromString("25%"), intstr.FromString("25%")
	switch w.kind {
	case kinds.Deployment:
	case kinds.LeaderWorkerSet:
		strategy, rolling = "rolloutStrategy", "rollingUpdateConfiguration"
		update.surge, update.unavailable = intstr.FromInt32(0), intstr.FromInt32(1)
	default:
		return updateOfReplicas{}, false
	}
	update.field = "spec." + strategy
	update.replicas = int32(min(max(0, s.leastReplicas(w)), math.MaxInt32)) //nolint:gosec // in this range
	if kind, _, _ := unstructured.NestedString(w.child.Object, "spec", strategy, "type"); kind == string(appsv1.RecreateDeploymentStrategyType) {
		update.surge, update.unavailable = intstr.FromInt32(0), intstr.FromString("100%")
		return update, true
	}
	update.surge = ptr.Deref(numberOrPercent(w.child, strategy, rolling, "maxSurge"), update.surge)
	update.unavailable = ptr.Deref(numberOrPercent(w.child, strategy, rolling, "maxUnavailable"), update.unavailable)
	return update, true
}

// free are the accelerators of one replica in words.
func (d replicaDemand) free() string {
	if d.count == 0 {
		return "the accelerators of one replica free"
	}
	return countOf(int(min(d.count, math.MaxInt32)), "free accelerator")
}
