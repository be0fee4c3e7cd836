package compose

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/isvc-io/isvc/api/accelerators"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/podspec"
	"github.com/isvc-io/isvc/sync/compose/merge"
)

// completeResources returns the resources of a runner with what the container of its name has, in
// the pod or in an old-style runtime, and with what the accelerator class has. A router does not get
// what an old-style runtime and a class have.
func completeResources(s *sources, draft podDraft) corev1.ResourceRequirements {
	resources := mergeResources(s, draft.containerOfRunner().Resources, draft.runner.Resources)
	if s.servesModel() {
		if template := topLevelContainer(s, draft.runner); template != nil && draft.serviceResources == nil {
			below := corev1.ResourceRequirements{Requests: template.Resources.Requests, Limits: template.Resources.Limits}
			resources = mergeResources(s, below, resources)
		}
		if s.accelerator != nil {
			resources = addClassResources(s, draft, resources)
		}
	}
	warnAboutClaims(s, draft, resources)
	return levelResources(s, resources, draft.serviceResources, runnerName(draft.runner), draft.origins)
}

// mergeResources returns resources of one source over those of another. The arguments are not
// changed.
func mergeResources(s *sources, below, over corev1.ResourceRequirements) corev1.ResourceRequirements {
	merged := below.DeepCopy()
	merge.Into(merged, over.DeepCopy(), merge.Rules{Accelerators: s.accelerators})
	return *merged
}

// topLevelContainer is the container of the runner's name in spec.containers of an old-style
// runtime; nil without.
func topLevelContainer(s *sources, runner *corev1.Container) *corev1.Container {
	if s.runtime == nil || runner == nil {
		return nil
	}
	return podspec.ContainerNamed(s.runtime.Spec.Containers, runner.Name)
}

// setQuantity sets a quantity in a list, which it makes where there is none.
func setQuantity(list corev1.ResourceList, name corev1.ResourceName, quantity resource.Quantity) corev1.ResourceList {
	if list == nil {
		list = corev1.ResourceList{}
	}
	list[name] = quantity
	return list
}

// addClassResources adds the resources of the accelerator class. The class says which kind of
// accelerators it is, not how many are needed: a count that the runner has is kept, under the class's
// name of the resource, and the class's own quantity fills in only where there is no count. A claim
// does not say how many accelerators it is, so that it stays, and the class adds none.
func addClassResources(s *sources, draft podDraft, resources corev1.ResourceRequirements) corev1.ResourceRequirements {
	demand := s.accelerators.DemandOf(&resources)
	device, hasDevice := deviceOfClass(s, resources)
	if hasDevice && len(demand.Claims) == 0 {
		warnAboutReplacedByClass(s, draft, device)
		resources = s.accelerators.WithoutReplaced(resources, accelerators.Demand{Devices: []corev1.ResourceName{device}})
	}
	for _, r := range s.accelerator.Class.Spec.Resources {
		name, quantity := corev1.ResourceName(r.Name), quantityOfClass(r)
		isOtherAccelerator := name != device && slices.Contains(s.accelerators.ResourcesOfClass(s.accelerator.Class), name)
		isBesideClaim := s.accelerators.IsAccelerator(name) && len(demand.Claims) > 0
		if hasResource(resources, name) || isOtherAccelerator || isBesideClaim {
			continue
		}
		if name == device && demand.Count > 0 {
			quantity = *resource.NewQuantity(demand.Count, resource.DecimalSI)
		}
		resources.Requests = setQuantity(resources.Requests, name, quantity)
		resources.Limits = setQuantity(resources.Limits, name, quantity)
		by := origin{reason: FromAccelerator, source: s.className() + " spec.resources"}
		draft.origins.addValue(runnerName(draft.runner), resourceField("requests"), r.Name, quantity.String(), by)
		draft.origins.addValue(runnerName(draft.runner), resourceField("limits"), r.Name, quantity.String(), by)
	}
	return resources
}

// deviceOfClass is the kind of accelerators that a runner gets from its class: of several the one
// that the runner has already, else the first.
func deviceOfClass(s *sources, resources corev1.ResourceRequirements) (device corev1.ResourceName, found bool) {
	devices := s.accelerators.ResourcesOfClass(s.accelerator.Class)
	if len(devices) == 0 {
		return "", false
	}
	at := slices.IndexFunc(devices, func(name corev1.ResourceName) bool { return hasResource(resources, name) })
	return devices[max(0, at)], true
}

// warnAboutReplacedByClass says that the service asks for another kind of accelerators than its
// class has.
func warnAboutReplacedByClass(s *sources, draft podDraft, device corev1.ResourceName) {
	if draft.serviceResources == nil {
		return
	}
	asked := s.accelerators.DemandOf(draft.serviceResources)
	left := s.accelerators.WithoutReplaced(*draft.serviceResources, accelerators.Demand{Devices: []corev1.ResourceName{device}})
	if remains := s.accelerators.DemandOf(&left); len(asked.Devices) > 0 && len(remains.Devices) == 0 {
		s.record.AddFinding(s.traceSubject("accelerator"), ReasonAcceleratorReplaced, fmt.Sprintf(
			"spec.%s%s asks for %s, and %s is %s, of which the pods ask for the same number: ask for %s, or choose a class of %s",
			s.component, draft.field, joinNames(asked.Devices), s.className(), device, device, joinNames(asked.Devices)))
	}
}

func joinNames[T ~string](names []T) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = string(name)
	}
	return strings.Join(texts, ", ")
}

// quantityOfClass is how much of a resource one accelerator is, 1 by default.
func quantityOfClass(r v1beta1.AcceleratorResource) resource.Quantity {
	if r.Quantity == nil {
		return *resource.NewQuantity(1, resource.DecimalSI)
	}
	return *r.Quantity
}

func hasResource(r corev1.ResourceRequirements, name corev1.ResourceName) bool {
	_, limited := r.Limits[name]
	_, requested := r.Requests[name]
	return limited || requested
}

// levelResources makes requests and limits of a container agree, as Kubernetes demands: no request
// exceeds its limit, and both are equal for what cannot be overcommitted. Where the two disagree, the
// side that the service gave wins, else the limit.
func levelResources(
	s *sources, r corev1.ResourceRequirements, fromService *corev1.ResourceRequirements, container string, collected *origins,
) corev1.ResourceRequirements {
	for _, name := range slices.Sorted(maps.Keys(r.Requests)) {
		request := r.Requests[name]
		limit, limited := r.Limits[name]
		order := limit.Cmp(request)
		switch {
		case !limited && !mustBeEqual(name):
		case limited && (order == 0 || order > 0 && !mustBeEqual(name)):
		case limited && !isOnlyRequested(fromService, name):
			if isOfOneSource(fromService, name) {
				warnAboutRequest(s, container, name, request, limit)
			}
			r.Requests[name] = limit
			collected.addEqualResource(container, "requests", "limits", name, limit.String())
		default:
			r.Limits = setQuantity(r.Limits, name, request)
			collected.addEqualResource(container, "limits", "requests", name, request.String())
		}
	}
	return r
}

// isOfOneSource reports whether request and limit of a resource are both the service's, or neither is.
func isOfOneSource(fromService *corev1.ResourceRequirements, name corev1.ResourceName) bool {
	if fromService == nil {
		return true
	}
	_, requested := fromService.Requests[name]
	_, limited := fromService.Limits[name]
	return requested == limited
}

func warnAboutRequest(s *sources, container string, name corev1.ResourceName, request, limit resource.Quantity) {
	remedy := "make the limit at least the request"
	if mustBeEqual(name) {
		remedy = "make the two equal"
	}
	s.record.AddFinding(s.traceSubject("container/"+container), ReasonRequestAdjusted, fmt.Sprintf(
		"container %s of the %s requests %s of %s, and its limit is %s, which Kubernetes refuses: %s is requested; %s",
		container, s.component, request.String(), name, limit.String(), limit.String(), remedy))
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

// mustBeEqual reports whether the request of a resource must be its limit, because the resource
// cannot be overcommitted: devices and other extended resources, and huge pages.
func mustBeEqual(name corev1.ResourceName) bool {
	return accelerators.IsExtended(name) || strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
}

// multiplySaturating multiplies and stops at the greatest number instead of overflowing.
func multiplySaturating(count, pods int64) int64 {
	if pods > 0 && count > math.MaxInt64/pods {
		return math.MaxInt64
	}
	return count * pods
}
