package load

import (
	"maps"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/observed"
)

// owners finds the service that an object belongs to.
type owners struct {
	services map[string]*service
	// byName holds the services by the keys of the objects that they make. It is filled when an
	// object needs it, as objects of a cluster never do.
	byName map[string]*service
}

// serviceOfChild returns the service that owns a child, or nil. A controller reference decides;
// without one the label does, then the name. The name says nothing about an object that a cluster has
// shown, which would have the others if it were a child.
func (b *owners) serviceOfChild(o *object) *service {
	if owner, has := controllerReference(o); has {
		return b.serviceByReference(o, owner)
	}
	if o.labelValue(v1beta1.LabelInferenceService) != "" {
		return b.serviceByLabel(o, v1beta1.LabelInferenceService)
	}
	if o.Metadata.UID != "" {
		return nil
	}
	return b.serviceByName(o)
}

// controllerReference returns the reference that is marked as the controller, or else the first one
// to a service.
func controllerReference(o *object) (ownerReference, bool) {
	for _, ref := range o.Metadata.OwnerReferences {
		if ref.Controller {
			return ref, true
		}
	}
	for _, ref := range o.Metadata.OwnerReferences {
		if refersToService(ref) {
			return ref, true
		}
	}
	return ownerReference{}, false
}

func refersToService(ref ownerReference) bool {
	return ref.Kind == v1beta1.KindInferenceService && strings.HasPrefix(ref.APIVersion, v1beta1.GroupName+"/")
}

// serviceByReference returns the service that the reference means. Files often lack the uid; where
// both have one, they must agree.
func (b *owners) serviceByReference(o *object, ref ownerReference) *service {
	if !refersToService(ref) {
		return nil
	}
	svc := b.services[observed.ObjectKey(o.Metadata.Namespace, ref.Name)]
	if svc == nil || svc.Metadata.UID != "" && ref.UID != "" && svc.Metadata.UID != ref.UID {
		return nil
	}
	return svc
}

// serviceByLabel returns the service that the first present label names.
func (b *owners) serviceByLabel(o *object, keys ...string) *service {
	for _, key := range keys {
		if name := o.labelValue(key); name != "" {
			return b.services[observed.ObjectKey(o.Metadata.Namespace, name)]
		}
	}
	return nil
}

// serviceByName returns the service that makes an object of this name.
func (b *owners) serviceByName(o *object) *service {
	if b.byName == nil {
		b.indexChildNames()
	}
	if svc := b.byName[o.key()]; svc != nil || !mayBearServiceName(o.kind()) {
		return svc
	}
	return b.services[o.key()]
}

// mayBearServiceName reports whether an object of the kind may have the name of the service itself,
// because it leads requests to it.
func mayBearServiceName(kind kinds.Kind) bool {
	switch kind {
	case kinds.Service, kinds.Ingress, kinds.HTTPRoute, kinds.VirtualService, kinds.KnativeService:
		return true
	}
	return false
}

func (b *owners) indexChildNames() {
	b.byName = map[string]*service{}
	for _, key := range slices.Sorted(maps.Keys(b.services)) {
		svc := b.services[key]
		for _, name := range childNames(svc.Metadata.Name) {
			b.byName[observed.ObjectKey(svc.Metadata.Namespace, name)] = svc
		}
	}
}

// childNames are the names of the objects that a service has in any mode.
func childNames(service string) []string {
	made := []string{names.ModelConfig(service)}
	for _, component := range []v1beta1.ComponentType{v1beta1.EngineComponent, v1beta1.DecoderComponent, v1beta1.RouterComponent} {
		name := names.Component(service, string(component))
		made = append(made, name, names.Service(name), names.KnativeService(name),
			names.LeaderWorkerSet(name), names.ScaledObject(name), names.RayCluster(name, 0))
	}
	return made
}
