package sync

import (
	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/compose"
	"github.com/isvc-io/isvc/sync/observed"
	"github.com/isvc-io/isvc/sync/resolve"
)

// found is what a service refers to.
type found struct {
	model        *resolve.Model
	weight       *resolve.Weight
	runtime      *resolve.Runtime
	accelerators map[v1beta1.ComponentType]*resolve.Accelerator
}

// resolve finds model, weight, runtime and accelerators. A service whose
// components are complete in themselves needs neither model nor runtime.
func (p *pass) resolve() *finding.Finding {
	catalog := p.catalog()
	complete := completeRunners(p.service)
	if p.service.Spec.Model != nil || !complete {
		model, failed := resolve.FindModel(catalog, p.service.Spec.Model, p.record)
		if failed != nil {
			return failed
		}
		p.found.model = model
		if p.found.weight, failed = resolve.FindWeight(catalog, p.service.Spec.Model, p.record); failed != nil {
			return failed
		}
	}
	if failed := p.resolveRuntime(catalog, complete); failed != nil {
		return failed
	}
	return p.resolveAccelerators(catalog)
}

// resolveRuntime finds the runtime. Where none is named and none fits, complete
// runners go without, unless they run with one: then the runtime was lost.
func (p *pass) resolveRuntime(catalog *resolve.Catalog, complete bool) *finding.Finding {
	ref := p.service.Spec.Runtime
	named := ref != nil && ref.Name != ""
	if complete && !named && p.found.model == nil {
		p.record.Add(trace.Entry{Subject: "runtime", Verdict: trace.Absent, Reason: "CompleteRunners",
			Message: "no model and no runtime are named, and every component brings its own container"})
		return nil
	}
	runtime, failed := resolve.FindRuntime(catalog, resolve.RuntimeInput{
		Ref: ref, Model: p.found.model,
		RequiredAccelerators: resolve.RequiredAccelerators(p.service),
	}, p.record)
	if failed != nil && complete && !named {
		if former := p.formerRuntime(); former != "" {
			failed.Message += ": what runs was made with runtime " + former +
				" and stays; delete the workloads of the service to have them made without a runtime"
			return failed
		}
		p.record.Add(trace.Entry{Subject: "runtime", Verdict: trace.Absent, Reason: "CompleteRunners",
			Message: "no runtime fits, and none is needed: every component brings its own container"})
		return nil
	}
	p.found.runtime = runtime
	return failed
}

// formerRuntime is the runtime with which the observed workloads were made;
// empty when there are none or they were made without.
func (p *pass) formerRuntime() string {
	for _, kind := range workloadKinds {
		for _, key := range p.req.Children.Keys(kind) {
			if child := decodeChild(p.req.Children[kind][key].Raw); child != nil {
				if name := child.GetLabels()[v1beta1.LabelServingRuntime]; name != "" {
					return name
				}
			}
		}
	}
	return ""
}

func (p *pass) resolveAccelerators(catalog *resolve.Catalog) *finding.Finding {
	overrides := map[v1beta1.ComponentType]*v1beta1.AcceleratorSelector{}
	if e := p.service.Spec.Engine; e != nil {
		overrides[v1beta1.EngineComponent] = e.AcceleratorOverride
	}
	if d := p.service.Spec.Decoder; d != nil {
		overrides[v1beta1.DecoderComponent] = d.AcceleratorOverride
	}
	p.found.accelerators = map[v1beta1.ComponentType]*resolve.Accelerator{}
	for _, t := range compose.ComponentTypes(p.service) {
		override, serves := overrides[t]
		if !serves {
			continue
		}
		accelerator, failed := resolve.FindAccelerator(catalog, resolve.AcceleratorInput{
			Component: t, Override: override, Selector: p.service.Spec.AcceleratorSelector,
			Annotation: p.service.Annotations[v1beta1.AnnotationAcceleratorClass], Runtime: p.found.runtime,
		}, p.record)
		if failed != nil {
			return failed
		}
		p.found.accelerators[t] = accelerator
	}
	return nil
}

// completeRunners reports whether every component brings its own image, so
// that nothing is missing without a runtime.
func completeRunners(service *v1beta1.InferenceService) bool {
	e, d, r := service.Spec.Engine, service.Spec.Decoder, service.Spec.Router
	complete := e != nil && completeEngine(e)
	if d != nil {
		engine := v1beta1.EngineSpec(*d)
		complete = complete && completeEngine(&engine)
	}
	if r != nil {
		complete = complete && (hasImage(r.Runner) || len(r.Containers) > 0)
	}
	return complete
}

func completeEngine(e *v1beta1.EngineSpec) bool {
	switch {
	case e.Leader != nil && e.Worker != nil:
		return hasImage(e.Leader.Runner) && hasImage(e.Worker.Runner)
	case e.Leader != nil:
		return hasImage(e.Leader.Runner)
	}
	return hasImage(e.Runner)
}

func hasImage(runner *v1beta1.RunnerSpec) bool { return runner != nil && runner.Image != "" }

// catalog decodes the related objects that the service can refer to: the named
// model and weights, the named runtime or all of them, and all classes.
func (p *pass) catalog() *resolve.Catalog {
	c := &resolve.Catalog{Namespace: p.service.Namespace, Broken: map[string]string{}}
	d := decoder{related: p.req.Related, namespace: p.service.Namespace, cache: p.req.Cache, broken: c.Broken}
	c.FineTunedWeights = decodeAll[v1beta1.FineTunedWeight](d, kinds.FineTunedWeight, p.isWeight)
	model := p.isModel(c.FineTunedWeights)
	c.BaseModels = decodeAll[v1beta1.BaseModel](d, kinds.BaseModel, model)
	c.ClusterBaseModels = decodeAll[v1beta1.ClusterBaseModel](d, kinds.ClusterBaseModel, model)
	c.ServingRuntimes = decodeAll[v1beta1.ServingRuntime](d, kinds.ServingRuntime, p.isRuntime)
	c.ClusterServingRuntimes = decodeAll[v1beta1.ClusterServingRuntime](d, kinds.ClusterServingRuntime, p.isRuntime)
	c.AcceleratorClasses = decodeAll[v1beta1.AcceleratorClass](d, kinds.AcceleratorClass, func(string) bool { return true })
	return c
}

// isModel tells the model that the service names, or that the weight which it
// names in its place was tuned from.
func (p *pass) isModel(weights map[string]*v1beta1.FineTunedWeight) func(name string) bool {
	ref := p.service.Spec.Model
	return func(name string) bool {
		if ref == nil {
			return false
		}
		weight := weights[ref.Name]
		return name == ref.Name || (weight != nil && named(weight.Spec.BaseModelRef.Name, name))
	}
}

func (p *pass) isWeight(name string) bool {
	ref := p.service.Spec.Model
	if ref == nil {
		return false
	}
	for _, weight := range ref.FineTunedWeights {
		if weight == name {
			return true
		}
	}
	return ref.Kind != nil && *ref.Kind == resolve.KindFineTunedWeight && ref.Name == name
}

func (p *pass) isRuntime(name string) bool {
	ref := p.service.Spec.Runtime
	return ref == nil || ref.Name == "" || ref.Name == name
}

// decoder decodes related objects of one namespace and of the cluster.
type decoder struct {
	related   observed.Objects
	namespace string
	cache     *observed.Cache
	broken    map[string]string
}

func decodeAll[T any](d decoder, kind kinds.Kind, wanted func(name string) bool) map[string]*T {
	out := map[string]*T{}
	for key, found := range d.related[kind] {
		namespace, name := observed.SplitKey(key)
		if (namespace != "" && namespace != d.namespace) || !wanted(name) {
			continue
		}
		object, err := observed.Decode[T](d.cache, found.Raw)
		if err != nil {
			short, _ := kind.Split()
			d.broken[resolve.KindAndName(short, name)] = err.Error()
			continue
		}
		out[name] = object
	}
	return out
}

func named(reference *string, name string) bool {
	return reference != nil && *reference == name
}
