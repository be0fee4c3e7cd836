package compose

import (
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/podspec"
)

// completeResources returns the resources of a runner with what an old-style runtime has in the
// container of the same name and what the accelerator class has. A router gets neither.
func completeResources(s *sources, draft podDraft) corev1.ResourceRequirements {
	resources := draft.runner.Resources
	if s.servesModel() {
		if template := topLevelContainer(s, draft.runner); template != nil && draft.serviceResources == nil {
			resources.Requests = fillInQuantities(resources.Requests, template.Resources.Requests)
			resources.Limits = fillInQuantities(resources.Limits, template.Resources.Limits)
		}
		if s.accelerator != nil {
			resources = addClassResources(s, draft, resources)
		}
	}
	return levelResources(resources, draft)
}

// topLevelContainer is the container of the runner's name in spec.containers of an old-style
// runtime; nil without.
func topLevelContainer(s *sources, runner *corev1.Container) *corev1.Container {
	if s.runtime == nil || runner == nil {
		return nil
	}
	return podspec.ContainerNamed(s.runtime.Spec.Containers, runner.Name)
}

// fillInQuantities adds the quantities that a list lacks.
func fillInQuantities(list, from corev1.ResourceList) corev1.ResourceList {
	for name, quantity := range from {
		if _, present := list[name]; !present {
			list = setQuantity(list, name, quantity)
		}
	}
	return list
}

// setQuantity sets a quantity in a list, which it makes where there is none.
func setQuantity(list corev1.ResourceList, name corev1.ResourceName, quantity resource.Quantity) corev1.ResourceList {
	if list == nil {
		list = corev1.ResourceList{}
	}
	list[name] = quantity
	return list
}

// addClassResources adds the resources of the accelerator class. The class says which resource it
// is, not how many are needed: a count that the runner has is kept, under the class's name of the
// resource where the runtime gave it; the class's own quantity fills in where there is no count.
// Where the service itself asks for another accelerator resource, the class adds none.
func addClassResources(s *sources, draft podDraft, resources corev1.ResourceRequirements) corev1.ResourceRequirements {
	for _, r := range s.accelerator.Class.Spec.Resources {
		name := corev1.ResourceName(r.Name)
		if hasResource(resources, name) {
			continue
		}
		quantity := quantityOfClass(r)
		if isAccelerator(name) {
			if serviceAsksForAccelerators(draft) {
				continue
			}
			if count := countAccelerators(&resources, nil); count > 0 {
				quantity = *resource.NewQuantity(count, resource.DecimalSI)
			}
			resources = removeAccelerators(resources)
		}
		resources.Requests = setQuantity(resources.Requests, name, quantity)
		resources.Limits = setQuantity(resources.Limits, name, quantity)
		by := origin{reason: FromAccelerator, source: s.className() + " spec.resources"}
		draft.origins.addValue(runnerName(draft.runner), resourceField("requests"), r.Name, quantity.String(), by)
		draft.origins.addValue(runnerName(draft.runner), resourceField("limits"), r.Name, quantity.String(), by)
	}
	return resources
}

// quantityOfClass is how much of a resource one accelerator is, 1 by default.
func quantityOfClass(r v1beta1.AcceleratorResource) resource.Quantity {
	if r.Quantity == nil {
		return *resource.NewQuantity(1, resource.DecimalSI)
	}
	return *r.Quantity
}

func serviceAsksForAccelerators(draft podDraft) bool {
	return draft.serviceResources != nil && countAccelerators(draft.serviceResources, nil) > 0
}

func hasResource(r corev1.ResourceRequirements, name corev1.ResourceName) bool {
	_, limited := r.Limits[name]
	_, requested := r.Requests[name]
	return limited || requested
}

func removeAccelerators(r corev1.ResourceRequirements) corev1.ResourceRequirements {
	for _, list := range []corev1.ResourceList{r.Limits, r.Requests} {
		for name := range list {
			if isAccelerator(name) {
				delete(list, name)
			}
		}
	}
	return r
}

// isAccelerator reports whether a resource is a device that computes.
func isAccelerator(name corev1.ResourceName) bool {
	switch name {
	case "nvidia.com/gpu", "amd.com/gpu", "google.com/tpu":
		return true
	}
	return strings.HasPrefix(string(name), "gpu.intel.com/")
}

// countAccelerators is the number of accelerators in resources, by limits, else by requests. Extra
// names resources that count when none of the known ones is there.
func countAccelerators(r *corev1.ResourceRequirements, extra []corev1.ResourceName) int64 {
	isExtra := func(name corev1.ResourceName) bool { return slices.Contains(extra, name) }
	for _, counts := range []func(corev1.ResourceName) bool{isAccelerator, isExtra} {
		for _, list := range []corev1.ResourceList{r.Limits, r.Requests} {
			if n := sumQuantities(list, counts); n > 0 {
				return n
			}
		}
	}
	return 0
}

func sumQuantities(list corev1.ResourceList, counts func(corev1.ResourceName) bool) int64 {
	var total int64
	for name, quantity := range list {
		if counts(name) {
			total += quantity.Value()
		}
	}
	return total
}

// levelResources makes requests and limits agree, as Kubernetes demands: no request exceeds its
// limit, and for an extended resource, which cannot be overcommitted, both are equal. Where the two
// disagree, the side that the service gave wins, else the limit.
func levelResources(r corev1.ResourceRequirements, draft podDraft) corev1.ResourceRequirements {
	container := runnerName(draft.runner)
	for name, request := range r.Requests {
		limit, limited := r.Limits[name]
		order := limit.Cmp(request)
		switch {
		case !limited && !isExtended(name):
		case limited && (order == 0 || order > 0 && !isExtended(name)):
		case limited && !isOnlyRequested(draft.serviceResources, name):
			r.Requests[name] = limit
			draft.origins.addEqualResource(container, "requests", "limits", name, limit.String())
		default:
			r.Limits = setQuantity(r.Limits, name, request)
			draft.origins.addEqualResource(container, "limits", "requests", name, request.String())
		}
	}
	return r
}

// isOnlyRequested reports whether the service requests a resource and sets no limit for it.
func isOnlyRequested(fromService *corev1.ResourceRequirements, name corev1.ResourceName) bool {
	if fromService == nil {
		return false
	}
	_, requested := fromService.Requests[name]
	_, limited := fromService.Limits[name]
	return requested && !limited
}

// isExtended reports whether a resource cannot be overcommitted: it has a domain that is not
// Kubernetes' own.
func isExtended(name corev1.ResourceName) bool {
	domain, _, found := strings.Cut(string(name), "/")
	return found && !strings.HasSuffix(domain, "kubernetes.io")
}

// resourceOfClass is the resource of the accelerator class that counts as an accelerator although
// its name is not known as one: the first.
func resourceOfClass(s *sources) []corev1.ResourceName {
	if s.accelerator == nil || len(s.accelerator.Class.Spec.Resources) == 0 {
		return nil
	}
	return []corev1.ResourceName{corev1.ResourceName(s.accelerator.Class.Spec.Resources[0].Name)}
}

// multiplySaturating multiplies and stops at the greatest number instead of overflowing.
func multiplySaturating(count, pods int64) int64 {
	if pods > 0 && count > math.MaxInt64/pods {
		return math.MaxInt64
	}
	return count * pods
}
