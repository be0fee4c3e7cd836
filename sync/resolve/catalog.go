package resolve

import (
	"maps"
	"slices"
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

// Catalog holds the objects that a service may refer to, by name. Any map may be nil. The package
// does not change it.
type Catalog struct {
	// Namespace is the service's; BaseModels and ServingRuntimes are in it.
	Namespace string

	BaseModels             map[string]*v1beta1.BaseModel
	ClusterBaseModels      map[string]*v1beta1.ClusterBaseModel
	ServingRuntimes        map[string]*v1beta1.ServingRuntime
	ClusterServingRuntimes map[string]*v1beta1.ClusterServingRuntime
	AcceleratorClasses     map[string]*v1beta1.AcceleratorClass
	FineTunedWeights       map[string]*v1beta1.FineTunedWeight

	// Inherited holds, by KindAndName, what a runtime that a service names becomes by inheritance.
	Inherited map[string]Inheritance

	// Broken holds, by KindAndName, why an object that exists could not be decoded. Such an object
	// is never used; a service that names it cannot be resolved.
	Broken map[string]string
}

// Inheritance is what a runtime becomes that has the annotation ome.io/inherit-from.
type Inheritance struct {
	// Parents are the runtimes that it inherits from, the nearest first.
	Parents []RuntimeName
	// Spec is that of the runtime over those of its parents; nil beside a Problem.
	Spec *v1beta1.ServingRuntimeSpec
	// Problem is why it cannot inherit; empty where it can.
	Problem string
	// Unlabelled are the parents without the label of profiles, as KindAndName has them.
	Unlabelled []string
}

// RuntimeName names a runtime; the namespace of a ClusterServingRuntime is empty.
type RuntimeName struct{ Kind, Namespace, Name string }

// KindAndName is "<kind>/<name>".
func (r RuntimeName) KindAndName() string { return KindAndName(r.Kind, r.Name) }

// KindAndName names an object in Catalog.Broken and in traces: "ClusterServingRuntime/srt-llama".
func KindAndName(kind, name string) string { return kind + "/" + name }

// modelOfKind returns the model of a kind and name, or nil.
func (c *Catalog) modelOfKind(kind, name string) *Model {
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

// runtimeOfKind returns the runtime of a kind and name, or nil.
func (c *Catalog) runtimeOfKind(kind, name string) *Runtime {
	if kind == KindServingRuntime {
		if r := c.ServingRuntimes[name]; r != nil {
			return &Runtime{Name: name, Namespace: c.Namespace, Kind: kind, Spec: &r.Spec, Meta: r.ObjectMeta}
		}
		return nil
	}
	if r := c.ClusterServingRuntimes[name]; r != nil {
		return &Runtime{Name: name, Kind: kind, Spec: &r.Spec, Meta: r.ObjectMeta}
	}
	return nil
}

// allRuntimes returns every runtime of the namespace, then every runtime of the cluster, each
// sorted by name. A runtime that could not be decoded has no Spec.
func (c *Catalog) allRuntimes() []*Runtime {
	all := make([]*Runtime, 0, len(c.ServingRuntimes)+len(c.ClusterServingRuntimes))
	all = appendRuntimes(all, c, KindServingRuntime, c.Namespace, c.ServingRuntimes)
	return appendRuntimes(all, c, KindClusterServingRuntime, "", c.ClusterServingRuntimes)
}

// appendRuntimes appends the runtimes of one kind.
func appendRuntimes[T any](all []*Runtime, c *Catalog, kind, namespace string, objects map[string]*T) []*Runtime {
	broken := c.brokenNames(kind)
	for _, name := range sortedNames(objects, broken) {
		if broken[name] {
			all = append(all, &Runtime{Name: name, Namespace: namespace, Kind: kind})
			continue
		}
		all = append(all, c.runtimeOfKind(kind, name))
	}
	return all
}

// brokenNames returns the names of the objects of a kind that could not be decoded.
func (c *Catalog) brokenNames(kind string) map[string]bool {
	found := map[string]bool{}
	for key := range c.Broken {
		if name, ok := strings.CutPrefix(key, kind+"/"); ok {
			found[name] = true
		}
	}
	return found
}

// sortedNames returns the names of objects and of broken ones, in alphabetical order.
func sortedNames[T any](objects map[string]*T, broken map[string]bool) []string {
	all := slices.AppendSeq(make([]string, 0, len(objects)+len(broken)), maps.Keys(broken))
	for name, object := range objects {
		if object != nil && !broken[name] {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}
