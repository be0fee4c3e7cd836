package compose

import (
	"maps"
	"strings"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/compose/merge"
)

// parts is the common form of the three component specs: a router is an
// engine without leader and worker and with a config. It shares the memory of the
// spec that it is made from; copied does not.
type parts struct {
	v1beta1.EngineSpec `json:",inline"`
	Config             map[string]string `json:"config,omitempty"`
}

// copied is a deep copy, which may be changed; nil of nil.
func (p *parts) copied() *parts {
	if p == nil {
		return nil
	}
	out := &parts{Config: maps.Clone(p.Config)}
	p.EngineSpec.DeepCopyInto(&out.EngineSpec)
	return out
}

func fromEngine(e *v1beta1.EngineSpec) *parts {
	if e == nil {
		return nil
	}
	return &parts{EngineSpec: *e}
}

func fromDecoder(d *v1beta1.DecoderSpec) *parts {
	if d == nil {
		return nil
	}
	return &parts{EngineSpec: v1beta1.EngineSpec(*d)}
}

func fromRouter(r *v1beta1.RouterSpec) *parts {
	if r == nil {
		return nil
	}
	return &parts{
		EngineSpec: v1beta1.EngineSpec{
			PodSpec:                r.PodSpec,
			ComponentExtensionSpec: r.ComponentExtensionSpec,
			Runner:                 r.Runner,
			Resources:              r.Resources,
		},
		Config: r.Config,
	}
}

// ownParts is what the service itself says of a component; it is only read.
func ownParts(service *v1beta1.InferenceService, t v1beta1.ComponentType) *parts {
	switch t {
	case v1beta1.DecoderComponent:
		return fromDecoder(service.Spec.Decoder)
	case v1beta1.RouterComponent:
		return fromRouter(service.Spec.Router)
	default:
		return fromEngine(service.Spec.Engine)
	}
}

// templateParts is what the runtime gives for a component; it is only read. An
// accelerator choice of a runtime is never carried over.
func (b *builder) templateParts() *parts {
	if b.Runtime == nil {
		return nil
	}
	var p *parts
	switch b.kind {
	case v1beta1.DecoderComponent:
		p = fromDecoder(b.Runtime.Spec.DecoderConfig)
	case v1beta1.RouterComponent:
		p = fromRouter(b.Runtime.Spec.RouterConfig)
	default:
		p = fromEngine(b.Runtime.Spec.EngineConfig)
	}
	if p != nil {
		p.AcceleratorOverride = nil
	}
	return p
}

// merged puts the service's component on top of the runtime's template. The
// field resources counts as resources of the runner, below what the runner of
// the same object says itself.
func (b *builder) merged() *parts {
	template, own := b.base.copied(), b.own.copied()
	if template == nil {
		b.tell(string(b.kind)+"/template", trace.Absent, "NoTemplate",
			"the runtime has no template for the "+string(b.kind)+"; only the service describes it")
		spreadResources(own)
		return own
	}
	spreadResources(template)
	spreadResourcesOn(own, template)
	merge.Into(template, own, b.observer())
	return template
}

// spreadResources moves the field resources into the runners of its own side.
func spreadResources(p *parts) { spreadResourcesOn(p, p) }

// spreadResourcesOn moves the field resources of p into its runners; shape
// says which runners the merged component will have.
func spreadResourcesOn(p, shape *parts) {
	if p.Resources == nil {
		return
	}
	if shape.Leader == nil && p.Leader == nil {
		p.Runner = withResources(p.Runner, p)
	} else {
		p.Leader = ensure(p.Leader)
		p.Leader.Runner = withResources(p.Leader.Runner, p)
	}
	if shape.Worker != nil || p.Worker != nil {
		p.Worker = ensure(p.Worker)
		p.Worker.Runner = withResources(p.Worker.Runner, p)
	}
	p.Resources = nil
}

func withResources(runner *v1beta1.RunnerSpec, p *parts) *v1beta1.RunnerSpec {
	runner = ensure(runner)
	resources := p.Resources.DeepCopy()
	merge.Into(resources, runner.Resources.DeepCopy(), nil)
	runner.Resources = *resources
	return runner
}

func ensure[T any](p *T) *T {
	if p == nil {
		return new(T)
	}
	return p
}

// The reasons of the entries about fields of a component that the service
// brings to the runtime's template. Seen in isvc explain.
const (
	// ServiceSets: the template does not have the field.
	ServiceSets = "ServiceSets"
	// ServiceOverridesRuntime: the template has another value.
	ServiceOverridesRuntime = "ServiceOverridesRuntime"
)

// observer records what the service overrides while it is merged, outside of
// containers.
func (b *builder) observer() merge.Observer {
	if !b.Record.On() {
		return nil
	}
	return func(path string, replaced, value any) {
		if inContainer(path) {
			return
		}
		entry := trace.Entry{
			Subject: string(b.kind) + "/" + path,
			Verdict: trace.Set,
			Reason:  ServiceSets,
			Source:  b.serviceSource(""),
			Value:   scalar(value),
		}
		if replaced != nil {
			entry.Verdict = trace.Overridden
			entry.Reason = ServiceOverridesRuntime
			entry.Message = strings.Join(strings.Fields("replaces "+scalar(replaced)+" of "+b.runtimeSource()), " ")
		}
		b.Record.Add(entry)
	}
}

// tell records a decision about this component.
func (b *builder) tell(subject string, verdict trace.Verdict, reason, message string) {
	b.Record.Add(trace.Entry{Subject: subject, Verdict: verdict, Reason: reason, Message: message})
}
