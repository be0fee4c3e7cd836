// Package accelerators says which resources of pods are accelerators, and what a container asks for.
// There is one list for everyone who asks: composition, injection, lint.
package accelerators

import (
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// List says which resources are accelerators: those of known vendors, those that the configuration
// names, and those of accelerator classes.
type List struct {
	configured config.KeyPatterns
	ofClasses  []corev1.ResourceName
}

// Known is the list of the known vendors with the resources that the configuration names.
func Known(conf *config.Config) List {
	return List{configured: slices.Concat(conf.Deploy.AcceleratorResources, conf.Accelerators)}
}

// WithClass adds the resource of an accelerator class whose vendor is not known, see ResourcesOfClass.
func (l List) WithClass(class *v1beta1.AcceleratorClass) List {
	return List{configured: l.configured, ofClasses: append(slices.Clip(l.ofClasses), l.ResourcesOfClass(class)...)}
}

// ResourcesOfClass are the resources of an accelerator class that are devices, in its order. Where
// none is known as one, it is the first resource that Kubernetes does not have by itself.
func (l List) ResourcesOfClass(class *v1beta1.AcceleratorClass) []corev1.ResourceName {
	var devices, others []corev1.ResourceName
	for _, r := range class.Spec.Resources {
		name := corev1.ResourceName(r.Name)
		switch {
		case l.isDevice(name):
			devices = append(devices, name)
		case !l.isShare(name) && IsExtended(name):
			others = append(others, name)
		}
	}
	if len(devices) == 0 && len(others) > 0 {
		return others[:1]
	}
	return devices
}

// IsAccelerator reports whether a resource is an accelerator or a part of one.
func (l List) IsAccelerator(name corev1.ResourceName) bool {
	return l.isDevice(name) || l.isShare(name)
}

func (l List) isDevice(name corev1.ResourceName) bool {
	if known, found := lookUp(name); found {
		return !known.share
	}
	return slices.Contains(l.ofClasses, name) || l.configured.Match(string(name))
}

func (l List) isShare(name corev1.ResourceName) bool { return IsShare(name) }

// IsShare reports whether a resource is counted in parts of devices, such as memory slices.
func IsShare(name corev1.ResourceName) bool {
	known, found := lookUp(name)
	return found && known.share
}

// Demand is what a container asks for. The zero value asks for no accelerator.
type Demand struct {
	// Devices are the resources whose units are devices, or slices that a container sees as devices,
	// sorted.
	Devices []corev1.ResourceName
	// Count is the number of all devices.
	Count int64
	// Shares are the resources whose units are parts of devices, sorted.
	Shares []corev1.ResourceName
	// Claims are the claims of dynamic resource allocation, which do not say how many devices they
	// are. They count as accelerators only where there are neither devices nor shares: beside these
	// they are something else, such as network adapters.
	Claims []string
}

// IsNone reports whether a container asks for no accelerator.
func (d Demand) IsNone() bool { return len(d.Devices) == 0 && !d.IsUncounted() }

// IsUncounted reports whether a container asks for accelerators of unknown number.
func (d Demand) IsUncounted() bool {
	return len(d.Devices) == 0 && (len(d.Shares) > 0 || len(d.Claims) > 0)
}

// DemandOf is what a container with the resources asks for, by its limits, else by its requests. A
// quantity of zero asks for nothing.
func (l List) DemandOf(r *corev1.ResourceRequirements) Demand {
	var demand Demand
	for _, list := range []corev1.ResourceList{r.Limits, r.Requests} {
		for _, name := range slices.Sorted(maps.Keys(list)) {
			quantity := list[name]
			switch {
			case quantity.Sign() <= 0:
			case l.isDevice(name):
				demand.Devices = append(demand.Devices, name)
				demand.Count += quantity.Value()
			case l.isShare(name):
				demand.Shares = append(demand.Shares, name)
			}
		}
		if !demand.IsNone() {
			return demand
		}
	}
	for _, claim := range r.Claims {
		demand.Claims = append(demand.Claims, claim.Name)
	}
	return demand
}

// WithoutReplaced returns resources without the accelerators that the demand of another source
// replaces, because a pod that asks for two kinds of accelerators fits no node. What is left has the
// kind that the other source asks for, its shares or its devices. The argument is not changed.
func (l List) WithoutReplaced(r corev1.ResourceRequirements, by Demand) corev1.ResourceRequirements {
	if by.IsNone() {
		return r
	}
	own := l.DemandOf(&r)
	isReplaced := func(name corev1.ResourceName, _ resource.Quantity) bool {
		return l.IsAccelerator(name) && !belongsTo(name, by)
	}
	r.Limits, r.Requests = maps.Clone(r.Limits), maps.Clone(r.Requests)
	maps.DeleteFunc(r.Limits, isReplaced)
	maps.DeleteFunc(r.Requests, isReplaced)
	if len(own.Claims) > 0 && len(by.Claims) == 0 {
		r.Claims = nil
	}
	return r
}

// belongsTo reports whether an accelerator resource can stand beside a demand: it is one of its
// resources, a share of its devices, or the devices of its shares.
func belongsTo(name corev1.ResourceName, demand Demand) bool {
	if slices.Contains(demand.Devices, name) || slices.Contains(demand.Shares, name) {
		return true
	}
	isShareOf := func(share, device corev1.ResourceName) bool {
		known, found := lookUp(share)
		return found && known.of != "" && share != device && matchesPattern(known.of, string(device))
	}
	return slices.ContainsFunc(demand.Devices, func(device corev1.ResourceName) bool { return isShareOf(name, device) }) ||
		len(demand.Devices) == 0 && slices.ContainsFunc(demand.Shares, func(share corev1.ResourceName) bool { return isShareOf(share, name) })
}

// IsExtended reports whether a resource is a device plugin's or another controller's, and none of
// Kubernetes itself.
func IsExtended(name corev1.ResourceName) bool {
	return strings.Contains(string(name), "/") && !strings.Contains(string(name), corev1.ResourceDefaultNamespacePrefix)
}

// lookUp returns the row of the known resources that speaks of a name.
func lookUp(name corev1.ResourceName) (row, bool) {
	for _, candidate := range indexed()[domainOf(string(name))] {
		if matchesPattern(candidate.name, string(name)) {
			return candidate, true
		}
	}
	for _, candidate := range indexed()[anyDomain] {
		if matchesPattern(candidate.name, string(name)) {
			return candidate, true
		}
	}
	return row{}, false
}

// anyDomain is where indexed has the rows whose domain has a star.
const anyDomain = "*"

// indexed are the known resources by their domain.
var indexed = sync.OnceValue(func() map[string][]row {
	index := map[string][]row{}
	for _, r := range knownResources() {
		domain := domainOf(r.name)
		if strings.Contains(domain, "*") {
			domain = anyDomain
		}
		index[domain] = append(index[domain], r)
	}
	return index
})

func domainOf(name string) string {
	domain, _, _ := strings.Cut(name, "/")
	return domain
}

// matchesPattern reports whether a name fits one of a row. Names of resources have at most one slash, which
// a star may stand for.
func matchesPattern(pattern, name string) bool {
	matched, err := path.Match(strings.ReplaceAll(pattern, "/", ":"), strings.ReplaceAll(name, "/", ":"))
	return err == nil && matched
}
