package lint

import (
	"fmt"
	"maps"
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/isvc-io/isvc/api/v1beta1"
)

func acceleratorWithoutLimit(s *subject, found report) {
	for _, t := range s.componentTypes() {
		for _, r := range runnerResourcesOf(s.components[t]) {
			s.compareLimits(&r.resources, s.serviceObject(), "spec."+string(t)+r.field, found)
		}
	}
	for _, c := range s.mainContainers() {
		s.compareLimits(&c.Resources, c.workload.objectName(), c.field+".resources", found)
	}
}

// runnerResources are the resources of a runner in the service's spec.
type runnerResources struct {
	field     string
	resources corev1.ResourceRequirements
}

func runnerResourcesOf(e *v1beta1.EngineSpec) []runnerResources {
	var all []runnerResources
	add := func(field string, r *v1beta1.RunnerSpec) {
		if r != nil {
			all = append(all, runnerResources{field + ".runner.resources", r.Resources})
		}
	}
	add("", e.Runner)
	if e.Leader != nil {
		add(".leader", e.Leader.Runner)
	}
	if e.Worker != nil {
		add(".worker", e.Worker.Runner)
	}
	if e.Resources != nil {
		all = append(all, runnerResources{".resources", *e.Resources})
	}
	return all
}

func (s *subject) compareLimits(r *corev1.ResourceRequirements, object, field string, found report) {
	for _, name := range slices.Sorted(maps.Keys(r.Requests)) {
		request, limit := r.Requests[name], r.Limits[name]
		if s.accelerators.IsAccelerator(name) && request.Cmp(limit) != 0 {
			found(object, field, "%s has the request %s and the limit %s: write the same number under requests and limits",
				name, request.String(), orNone(r.Limits, name))
		}
	}
}

func orNone(list corev1.ResourceList, name corev1.ResourceName) string {
	if quantity, present := list[name]; present {
		return quantity.String()
	}
	return "none"
}

func noAccelerator(s *subject, found report) {
	for i := range s.workloads {
		w := &s.workloads[i]
		if s.model != nil && computesWithModel(w.component) && s.acceleratorsOfReplica(w).isNone() {
			found(w.objectName(), w.pods[0].field, "no container asks for an accelerator: write one under requests and limits of spec.%s.runner.resources, for example nvidia.com/gpu",
				w.component)
		}
	}
}

func modelLargerThanAccelerators(s *subject, found report) {
	weights := s.weightBytes()
	for i := range s.workloads {
		w := &s.workloads[i]
		demand, memory := s.acceleratorsOfReplica(w), s.largestMemory(w)
		count := demand.count
		if computesWithModel(w.component) && count > 0 && !demand.isUncounted && memory > 0 && weights > float64(count)*memory {
			found(w.objectName(), "spec", "the weights of the model have about %s GB, but the %d accelerators of one replica have at most %s GB each: ask for at least %d, or use a quantized model",
				exactGB(weights), count, exactGB(memory), int64(math.Ceil(weights/memory)))
		}
	}
}

// largestMemory is the memory in bytes of the largest class with a resource that the workload
// requests; 0 when no class states its memory.
func (s *subject) largestMemory(w *workload) float64 {
	requested, most := s.acceleratorsByName(w), 0.0
	for _, class := range s.classes {
		memory := class.Spec.Capabilities.MemoryGB
		for _, r := range class.Spec.Resources {
			if memory != nil && requested[corev1.ResourceName(r.Name)] > 0 {
				most = max(most, memory.AsApproximateFloat64()*gigabyte)
			}
		}
	}
	return most
}

// acceleratorsByName is how many of each accelerator resource one replica requests.
func (s *subject) acceleratorsByName(w *workload) map[corev1.ResourceName]int64 {
	all := map[corev1.ResourceName]int64{}
	for i := range w.pods {
		for _, c := range w.pods[i].spec.Containers {
			for _, name := range s.accelerators.DemandOf(&c.Resources).Devices {
				all[name] += w.pods[i].count * c.Resources.Limits.Name(name, resource.DecimalSI).Value()
			}
		}
	}
	return all
}

func acceleratorsNotInCluster(s *subject, found report) {
	total, known := s.clusterTotals()
	if len(total) == 0 {
		return
	}
	for i := range s.workloads {
		w := &s.workloads[i]
		requested := s.acceleratorsByName(w)
		for _, name := range slices.Sorted(maps.Keys(requested)) {
			switch has, present := total[name]; {
			case !present:
				found(w.objectName(), "spec", "asks for %s, which no AcceleratorClass has: use the resource of a class", name)
			case known[name] && requested[name] > has:
				found(w.objectName(), "spec", "one replica asks for %d of %s, but the cluster has %d: ask for fewer", requested[name], name, has)
			}
		}
	}
}

// clusterTotals counts accelerators by resource. A total is known when all classes with the
// resource state their number.
func (s *subject) clusterTotals() (total map[corev1.ResourceName]int64, known map[corev1.ResourceName]bool) {
	total, known = map[corev1.ResourceName]int64{}, map[corev1.ResourceName]bool{}
	for _, class := range s.classes {
		for _, r := range class.Spec.Resources {
			name := corev1.ResourceName(r.Name)
			if _, seen := total[name]; !seen {
				known[name] = true
			}
			total[name] += int64(class.Status.TotalAccelerators)
			known[name] = known[name] && class.Status.TotalAccelerators > 0
		}
	}
	return total, known
}

func sharedMemoryMissing(s *subject, found report) {
	for _, c := range s.acceleratedContainers() {
		split := max(s.accelerators.DemandOf(&c.Resources).Count, tensorSize(c.Container))
		if split > 1 && !c.pod.spec.HostIPC && !sharesMemory(c) {
			found(c.workload.objectName(), c.field+".volumeMounts",
				"the server is split over %d accelerators and has no memory-backed volume at /dev/shm: add an emptyDir with medium Memory and mount it there", split)
		}
	}
}

func sharesMemory(c container) bool {
	for _, mount := range c.VolumeMounts {
		if mount.MountPath != "/dev/shm" && mount.MountPath != "/dev/shm/" {
			continue
		}
		for _, volume := range c.pod.spec.Volumes {
			if volume.Name == mount.Name && volume.EmptyDir != nil && volume.EmptyDir.Medium == corev1.StorageMediumMemory {
				return true
			}
		}
	}
	return false
}

func memoryRequestSmall(s *subject, found report) {
	s.compareMemory(func(w *workload, weights float64) {
		switch requested, _ := w.totalMemory(func(r corev1.ResourceRequirements) corev1.ResourceList { return r.Requests }); {
		case requested == 0:
			found(w.objectName(), "spec", "no memory is requested: request 2 to 4 times the %s GB of the model's weights", exactGB(weights))
		case requested < 2*weights:
			found(w.objectName(), "spec", "%s GB of memory are requested for one replica, less than twice the %s GB of the model's weights: request %s to %s GB",
				wholeGB(requested), exactGB(weights), exactGB(2*weights), exactGB(4*weights))
		}
	})
}

func memoryLimitBelowModel(s *subject, found report) {
	s.compareMemory(func(w *workload, weights float64) {
		limit, all := w.totalMemory(func(r corev1.ResourceRequirements) corev1.ResourceList { return r.Limits })
		if all && limit < weights {
			found(w.objectName(), "spec", "the memory of one replica is limited to %s GB, less than the %s GB of the model's weights: raise the limit, or remove it",
				wholeGB(limit), exactGB(weights))
		}
	})
}

// compareMemory visits the workloads that load a model of known size onto accelerators.
func (s *subject) compareMemory(visit func(*workload, float64)) {
	weights := s.weightBytes()
	for i := range s.workloads {
		w := &s.workloads[i]
		if weights > 0 && computesWithModel(w.component) && !s.acceleratorsOfReplica(w).isNone() {
			visit(w, weights)
		}
	}
}

// totalMemory adds up the memory of one replica; all is false when some container does not state
// it.
func (w *workload) totalMemory(of func(corev1.ResourceRequirements) corev1.ResourceList) (total float64, all bool) {
	all = true
	for i := range w.pods {
		for _, c := range w.pods[i].spec.Containers {
			quantity, present := of(c.Resources)[corev1.ResourceMemory]
			all = all && present
			total += float64(w.pods[i].count) * quantity.AsApproximateFloat64()
		}
	}
	return total, all
}

// wholeGB is a number of bytes in GB without decimals.
func wholeGB(bytes float64) string { return fmt.Sprintf("%.0f", bytes/gigabyte) }

func cpuRequestSmall(s *subject, found report) {
	least := resource.MustParse("4")
	for _, c := range s.acceleratedContainers() {
		if cpu := c.Resources.Requests.Cpu(); cpu.Cmp(least) < 0 {
			found(c.workload.objectName(), c.field+".resources.requests", "%s CPUs are requested beside accelerators: request at least 4", cpu.String())
		}
	}
}
