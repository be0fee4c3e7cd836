package sync

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/accelerators"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/observed"
	"github.com/isvc-io/isvc/sync/resolve"
)

// readCatalog decodes the related objects that a service can refer to: the named model
// and weights, the named runtime or all runtimes, and all accelerator classes. An object
// that cannot be decoded is listed as broken.
func readCatalog(req *Request, service inferenceService) *resolve.Catalog {
	catalog := &resolve.Catalog{Namespace: service.effective.Namespace, Broken: map[string]string{}}
	d := catalogDecoder{related: req.Related, namespace: service.effective.Namespace, cache: req.Cache, broken: catalog.Broken}
	spec := service.effective.Spec
	isWeight := func(name string) bool { return refersToWeight(spec.Model, name) }
	catalog.FineTunedWeights = decodeKind[v1beta1.FineTunedWeight](d, kinds.FineTunedWeight, isWeight)
	isModel := func(name string) bool { return refersToModel(spec.Model, catalog.FineTunedWeights, name) }
	catalog.BaseModels = decodeKind[v1beta1.BaseModel](d, kinds.BaseModel, isModel)
	catalog.ClusterBaseModels = decodeKind[v1beta1.ClusterBaseModel](d, kinds.ClusterBaseModel, isModel)
	isRuntime := func(name string) bool { return mayUseRuntime(spec.Runtime, name) }
	catalog.ServingRuntimes = decodeKind[v1beta1.ServingRuntime](d, kinds.ServingRuntime, isRuntime)
	catalog.ClusterServingRuntimes = decodeKind[v1beta1.ClusterServingRuntime](d, kinds.ClusterServingRuntime, isRuntime)
	if spec.Runtime != nil && spec.Runtime.Name != "" {
		catalog.Inherited = inheritedRuntimes(d, catalog, spec.Runtime.Name, accelerators.Known(configOf(req)))
	}
	anyClass := func(string) bool { return true }
	catalog.AcceleratorClasses = decodeKind[v1beta1.AcceleratorClass](d, kinds.AcceleratorClass, anyClass)
	return catalog
}

// refersToModel reports whether a reference names the model, also as an overlay, or names in its place
// a weight that was tuned from the model.
func refersToModel(ref *v1beta1.ModelRef, weights map[string]*v1beta1.FineTunedWeight, name string) bool {
	if ref == nil {
		return false
	}
	isOverlay := func(overlay v1beta1.ModelOverlay) bool { return overlay.Name == name }
	if ref.Name == name || slices.ContainsFunc(ref.Overlays, isOverlay) {
		return true
	}
	weight := weights[ref.Name]
	return weight != nil && weight.Spec.BaseModelRef.Name != nil && *weight.Spec.BaseModelRef.Name == name
}

// refersToWeight reports whether a reference names the weight, beside the model or in its
// place.
func refersToWeight(ref *v1beta1.ModelRef, name string) bool {
	if ref == nil {
		return false
	}
	inPlaceOfModel := ref.Kind != nil && *ref.Kind == resolve.KindFineTunedWeight && ref.Name == name
	return inPlaceOfModel || slices.Contains(ref.FineTunedWeights, name)
}

// mayUseRuntime reports whether the runtime is the one that a reference names; without a
// name every runtime may be selected.
func mayUseRuntime(ref *v1beta1.ServingRuntimeRef, name string) bool {
	return ref == nil || ref.Name == "" || ref.Name == name
}

// catalogDecoder decodes related objects of one namespace and of the cluster.
type catalogDecoder struct {
	related   observed.Objects
	namespace string
	cache     *observed.Cache
	// broken receives the objects that cannot be decoded, with the reason.
	broken map[string]string
}

// decodeKind decodes the objects of a kind whose name is wanted.
func decodeKind[T any](d catalogDecoder, kind kinds.Kind, wanted func(name string) bool) map[string]*T {
	out := map[string]*T{}
	for key, object := range d.related[kind] {
		namespace, name := observed.SplitKey(key)
		if (namespace != "" && namespace != d.namespace) || !wanted(name) {
			continue
		}
		decoded, err := observed.DecodeCached[T](d.cache, object.Raw)
		if err != nil {
			short, _ := kind.NameAndVersion()
			d.broken[resolve.KindAndName(short, name)] = err.Error()
			continue
		}
		out[name] = decoded
	}
	return out
}

// DefaultServiceAccount is the name of the account that pods have which name none.
const DefaultServiceAccount = "default"

// defaultPullSecrets are the pull secrets of the default account of a namespace; none where the
// account is not known or cannot be read.
func defaultPullSecrets(req *Request, namespace string) []corev1.LocalObjectReference {
	raw := req.Related.RawJSON(kinds.ServiceAccount, namespace, DefaultServiceAccount)
	if raw == nil {
		return nil
	}
	account, err := observed.DecodeCached[corev1.ServiceAccount](req.Cache, raw)
	if err != nil {
		return nil
	}
	return account.ImagePullSecrets
}
