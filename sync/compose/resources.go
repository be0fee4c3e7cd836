package compose

import (
	"math"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// addResources completes the resources of a runner: from the container of the
// same name that an old-style runtime has, then from the accelerator class.
func (b *builder) addResources(p *pod) {
	if !b.serving() {
		level(&p.runner.Resources, b.ownResources(p))
		return
	}
	if b.ownResources(p) == nil {
		b.addTemplateResources(p)
	}
	if b.accelerator != nil {
		b.addClassResources(p)
	}
	level(&p.runner.Resources, b.ownResources(p))
}

// ownResources are the resources that the service itself gives to a pod's
// runner, nil when it gives none.
func (b *builder) ownResources(p *pod) *corev1.ResourceRequirements {
	if own := p.own.runner; own != nil && specified(&own.Resources) {
		return &own.Resources
	}
	if b.own.Resources != nil && specified(b.own.Resources) {
		return b.own.Resources
	}
	return nil
}

// specified reports whether resources say anything; an empty map counts.
func specified(r *corev1.ResourceRequirements) bool {
	return r.Limits != nil || r.Requests != nil || len(r.Claims) > 0
}

// addTemplateResources fills in what the runtime's top-level container of the
// runner's name has and the runner lacks.
func (b *builder) addTemplateResources(p *pod) {
	if b.Runtime == nil {
		return
	}
	at := containerNamed(b.Runtime.Spec.Containers, p.runner.Name)
	if at < 0 {
		return
	}
	template := b.Runtime.Spec.Containers[at].Resources
	fillIn(&p.runner.Resources.Requests, template.Requests)
	fillIn(&p.runner.Resources.Limits, template.Limits)
}

func fillIn(into *corev1.ResourceList, from corev1.ResourceList) {
	for name, quantity := range from {
		if _, present := (*into)[name]; !present {
			setQuantity(into, name, quantity)
		}
	}
}

func setQuantity(into *corev1.ResourceList, name corev1.ResourceName, quantity resource.Quantity) {
	if *into == nil {
		*into = corev1.ResourceList{}
	}
	(*into)[name] = quantity
}

// addClassResources asks for the resources of the accelerator class. The class
// says which resource it is, not how many are needed: a count that the runner
// has is kept, under the class's name of the resource where the runtime gave
// it; the class's own quantity fills in where there is no count.
func (b *builder) addClassResources(p *pod) {
	for _, r := range b.accelerator.Class.Spec.Resources {
		name := corev1.ResourceName(r.Name)
		if hasResource(p.runner, name) {
			b.tellContainer(p, "resources/"+r.Name, trace.Set, "RunnerCount", "")
			continue
		}
		quantity := classQuantity(r)
		if isAccelerator(name) {
			if b.keepsOther(p) {
				continue
			}
			if count := takeAccelerators(p.runner); count > 0 {
				quantity = *resource.NewQuantity(count, resource.DecimalSI)
			}
		}
		setQuantity(&p.runner.Resources.Requests, name, quantity)
		setQuantity(&p.runner.Resources.Limits, name, quantity)
		b.tellContainer(p, "resources/"+r.Name, trace.Set, "AcceleratorClass", quantity.String())
	}
}

// classQuantity is how much of a resource one accelerator is, 1 by default.
func classQuantity(r v1beta1.AcceleratorResource) resource.Quantity {
	if r.Quantity == nil {
		return *resource.NewQuantity(1, resource.DecimalSI)
	}
	return *r.Quantity
}

// keepsOther reports whether the service itself asks for another accelerator
// resource than the class has; then the service is right.
func (b *builder) keepsOther(p *pod) bool {
	own := b.ownResources(p)
	return own != nil && acceleratorCount(own, nil) > 0
}

func hasResource(c *corev1.Container, name corev1.ResourceName) bool {
	_, limited := c.Resources.Limits[name]
	_, requested := c.Resources.Requests[name]
	return limited || requested
}

// takeAccelerators removes a container's accelerators and returns their number.
func takeAccelerators(c *corev1.Container) int64 {
	count := acceleratorCount(&c.Resources, nil)
	for _, list := range []corev1.ResourceList{c.Resources.Limits, c.Resources.Requests} {
		for name := range list {
			if isAccelerator(name) {
				delete(list, name)
			}
		}
	}
	return count
}

// isAccelerator reports whether a resource is a device that computes.
func isAccelerator(name corev1.ResourceName) bool {
	switch name {
	case "nvidia.com/gpu", "amd.com/gpu", "google.com/tpu":
		return true
	}
	return strings.HasPrefix(string(name), "gpu.intel.com/")
}

// acceleratorCount is the number of accelerators in resources, by limits, else
// by requests. Extra names resources that count when none of the known ones is
// there.
func acceleratorCount(r *corev1.ResourceRequirements, extra []corev1.ResourceName) int64 {
	known := func(name corev1.ResourceName) bool { return isAccelerator(name) }
	other := func(name corev1.ResourceName) bool { return slices.Contains(extra, name) }
	for _, counts := range []func(corev1.ResourceName) bool{known, other} {
		for _, list := range []corev1.ResourceList{r.Limits, r.Requests} {
			if n := sum(list, counts); n > 0 {
				return n
			}
		}
	}
	return 0
}

func sum(list corev1.ResourceList, counts func(corev1.ResourceName) bool) int64 {
	var total int64
	for name, quantity := range list {
		if counts(name) {
			total += quantity.Value()
		}
	}
	return total
}

// level makes requests and limits agree, as Kubernetes demands: no request
// exceeds its limit, and those of an extended resource, which cannot be
// overcommitted, are equal. Where the two disagree, the side that the service
// gave wins, else the limit.
func level(r, own *corev1.ResourceRequirements) {
	for name, request := range r.Requests {
		limit, limited := r.Limits[name]
		switch {
		case !limited && !isExtended(name):
			continue
		case limited && (limit.Cmp(request) == 0 || limit.Cmp(request) > 0 && !isExtended(name)):
			continue
		case limited && !onlyRequested(own, name):
			request = limit
		}
		setQuantity(&r.Requests, name, request)
		setQuantity(&r.Limits, name, request)
	}
}

func onlyRequested(own *corev1.ResourceRequirements, name corev1.ResourceName) bool {
	if own == nil {
		return false
	}
	_, requested := own.Requests[name]
	_, limited := own.Limits[name]
	return requested && !limited
}

// isExtended reports whether a resource cannot be overcommitted: it has a
// domain that is not Kubernetes' own.
func isExtended(name corev1.ResourceName) bool {
	domain, _, found := strings.Cut(string(name), "/")
	return found && !strings.HasSuffix(domain, "kubernetes.io")
}

// addParallelism tells the runner how many accelerators one replica has in
// all its pods, unless somebody said so.
func (b *builder) addParallelism(p *pod) {
	if !b.serving() {
		return
	}
	count := acceleratorCount(&p.runner.Resources, b.classResource())
	size := saturated(count, int64(b.workerSize())+b.leaders())
	if size > 0 {
		b.addIfAbsent(p, envParallelism, strconv.FormatInt(size, 10), "AcceleratorsOfOneReplica")
	}
}

// classResource is the resource of the accelerator class that counts as an
// accelerator although its name is not known as one: the first.
func (b *builder) classResource() []corev1.ResourceName {
	if b.accelerator == nil || len(b.accelerator.Class.Spec.Resources) == 0 {
		return nil
	}
	return []corev1.ResourceName{corev1.ResourceName(b.accelerator.Class.Spec.Resources[0].Name)}
}

// leaders is the number of pods of one replica that are not workers.
func (b *builder) leaders() int64 {
	if b.kind == v1beta1.DecoderComponent && b.spec.Leader == nil && b.spec.Runner == nil {
		return 0
	}
	return 1
}

// saturated multiplies without overflow.
func saturated(count, pods int64) int64 {
	if pods > 0 && count > math.MaxInt64/pods {
		return math.MaxInt64
	}
	return count * pods
}
