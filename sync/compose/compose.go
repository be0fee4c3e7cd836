package compose

import (
	"maps"

	"github.com/isvc-io/isvc/api/finding"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/resolve"
)

// Input is what the components of one service are made of.
type Input struct {
	// Service is the InferenceService after Effective.
	Service *v1beta1.InferenceService
	// Model is the base model; nil when the service names none.
	Model *resolve.Model
	// Weight is the fine-tuned weight; nil when the service names none.
	Weight *resolve.Weight
	// Runtime is the serving runtime; nil when complete runners need none.
	Runtime *resolve.Runtime
	// Accelerators are the classes chosen for engine and decoder.
	Accelerators map[v1beta1.ComponentType]*resolve.Accelerator
	// Record receives decisions and findings.
	Record *trace.Recorder
}

// Result is one component, or the mistake that prevents it.
type Result struct {
	Type      v1beta1.ComponentType
	Component *modes.Component
	Problem   *finding.Finding
}

// Components composes the components that the service asks for, in the order
// engine, decoder, router. A runtime alone never adds a component.
func Components(in *Input) []Result {
	var results []Result
	for _, t := range Present(in.Service) {
		c, problem := component(in, t)
		results = append(results, Result{Type: t, Component: c, Problem: problem})
	}
	return results
}

// Present lists the components that the service asks for.
func Present(service *v1beta1.InferenceService) []v1beta1.ComponentType {
	var types []v1beta1.ComponentType
	if service.Spec.Engine != nil {
		types = append(types, v1beta1.EngineComponent)
	}
	if service.Spec.Decoder != nil {
		types = append(types, v1beta1.DecoderComponent)
	}
	if service.Spec.Router != nil {
		types = append(types, v1beta1.RouterComponent)
	}
	return types
}

// builder composes one component.
type builder struct {
	*Input
	kind v1beta1.ComponentType
	// own is what the service says, base what the runtime says, and spec the
	// one on top of the other. Only spec is changed.
	own, base, spec *parts
	// accelerator is the class of this component, nil without.
	accelerator *resolve.Accelerator
	out         *modes.Component
}

func component(in *Input, t v1beta1.ComponentType) (*modes.Component, *finding.Finding) {
	b := &builder{
		Input:       in,
		kind:        t,
		own:         ownParts(in.Service, t),
		accelerator: in.Accelerators[t],
		out: &modes.Component{
			Type:      t,
			Service:   in.Service.Name,
			Namespace: in.Service.Namespace,
			Name:      names.Component(in.Service.Name, string(t)),
		},
	}
	b.base = b.templateParts()
	b.spec = b.merged()
	b.out.Mode = b.mode()
	b.out.Extension = b.spec.ComponentExtensionSpec
	b.out.Labels = b.labels()
	b.out.Annotations = b.annotations()
	b.out.QueueLabels = queueLabels(b.out.Annotations)
	b.tellLabels()
	if in.Weight != nil {
		b.out.Injection.Weight = in.Weight.Object
	}
	if problem := b.pods(); problem != nil {
		return nil, problem
	}
	b.out.Canary = b.canary()
	b.noteIgnored()
	return b.out, b.scale()
}

// serving reports whether the component computes with the model; a router
// only forwards.
func (b *builder) serving() bool { return b.kind != v1beta1.RouterComponent }

// runtimeSource names the runtime in a trace.
func (b *builder) runtimeSource() string {
	if b.Runtime == nil {
		return ""
	}
	return b.Runtime.Kind + "/" + b.Runtime.Name
}

// serviceSource names a field of the service in a trace.
func (b *builder) serviceSource(field string) string {
	return "InferenceService/" + b.Service.Name + " spec." + string(b.kind) + field
}

// united returns the union of maps; later maps win.
func united(all ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range all {
		maps.Copy(out, m)
	}
	return out
}
