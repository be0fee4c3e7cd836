package resolve

import (
	"sort"
	"strings"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// The kinds of objects that a Catalog holds.
const (
	KindBaseModel             = "BaseModel"
	KindClusterBaseModel      = "ClusterBaseModel"
	KindServingRuntime        = "ServingRuntime"
	KindClusterServingRuntime = "ClusterServingRuntime"
	KindAcceleratorClass      = "AcceleratorClass"
	KindFineTunedWeight       = "FineTunedWeight"
)

// Catalog holds the objects that a service may refer to, by name. Any map may
// be nil. Nothing in it is ever changed.
type Catalog struct {
	// Namespace of the service; BaseModels and ServingRuntimes are those of it.
	Namespace string

	BaseModels             map[string]*v1beta1.BaseModel
	ClusterBaseModels      map[string]*v1beta1.ClusterBaseModel
	ServingRuntimes        map[string]*v1beta1.ServingRuntime
	ClusterServingRuntimes map[string]*v1beta1.ClusterServingRuntime
	AcceleratorClasses     map[string]*v1beta1.AcceleratorClass
	FineTunedWeights       map[string]*v1beta1.FineTunedWeight

	// Broken holds, by Key, why an object that exists could not be decoded.
	// Such an object is never used; where it was asked for, that is a failure.
	Broken map[string]string
}

// Key names an object in Catalog.Broken: "ClusterServingRuntime/srt-llama".
func Key(kind, name string) string { return kind + "/" + name }

// model returns the model of a kind and name, or nil.
func (c *Catalog) model(kind, name string) *Model {
	if kind == KindBaseModel {
		return namespacedModel(c.BaseModels[name])
	}
	return clusterModel(c.ClusterBaseModels[name])
}

func namespacedModel(m *v1beta1.BaseModel) *Model {
	if m == nil {
		return nil
	}
	return &Model{
		Name: m.Name, Namespace: m.Namespace, Kind: KindBaseModel,
		Spec: &m.Spec, Meta: m.ObjectMeta, Status: m.Status,
	}
}

func clusterModel(m *v1beta1.ClusterBaseModel) *Model {
	if m == nil {
		return nil
	}
	return &Model{
		Name: m.Name, Kind: KindClusterBaseModel,
		Spec: &m.Spec, Meta: m.ObjectMeta, Status: m.Status,
	}
}

// runtime returns the runtime of a kind and name, or nil.
func (c *Catalog) runtime(kind, name string) *Runtime {
	if kind == KindServingRuntime {
		if r := c.ServingRuntimes[name]; r != nil {
			return &Runtime{Name: name, Namespace: c.Namespace, Kind: kind, Spec: &r.Spec}
		}
		return nil
	}
	if r := c.ClusterServingRuntimes[name]; r != nil {
		return &Runtime{Name: name, Kind: kind, Spec: &r.Spec}
	}
	return nil
}

// runtimes returns every runtime: those of the namespace, then those of the
// cluster, each by name. One that could not be decoded has no Spec.
func (c *Catalog) runtimes() []*Runtime {
	all := make([]*Runtime, 0, len(c.ServingRuntimes)+len(c.ClusterServingRuntimes))
	broken := c.broken(KindServingRuntime)
	for _, name := range names(c.ServingRuntimes, broken) {
		if broken[name] {
			all = append(all, &Runtime{Name: name, Namespace: c.Namespace, Kind: KindServingRuntime})
			continue
		}
		all = append(all, c.runtime(KindServingRuntime, name))
	}
	broken = c.broken(KindClusterServingRuntime)
	for _, name := range names(c.ClusterServingRuntimes, broken) {
		if broken[name] {
			all = append(all, &Runtime{Name: name, Kind: KindClusterServingRuntime})
			continue
		}
		all = append(all, c.runtime(KindClusterServingRuntime, name))
	}
	return all
}

// broken returns the names of the objects of a kind that could not be decoded.
func (c *Catalog) broken(kind string) map[string]bool {
	found := map[string]bool{}
	for key := range c.Broken {
		if name, ok := strings.CutPrefix(key, kind+"/"); ok {
			found[name] = true
		}
	}
	return found
}

// names returns the union of the keys with a value, in alphabetical order.
func names[T any](objects map[string]*T, more map[string]bool) []string {
	all := make([]string, 0, len(objects)+len(more))
	for name, object := range objects {
		if object != nil && !more[name] {
			all = append(all, name)
		}
	}
	for name := range more {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}
