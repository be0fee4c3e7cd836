package compose

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/compose/merge"
	"github.com/isvc-io/isvc/sync/resolve"
)

// componentSpec is the common form of the three component specs: a router is an engine without
// leader and worker and with a config. It shares the memory of the spec that it is made from;
// deepCopy does not.
type componentSpec struct {
	v1beta1.EngineSpec `json:",inline"`
	Config             map[string]string `json:"config,omitempty"`
}

// deepCopy is a copy that may be changed.
func (c *componentSpec) deepCopy() *componentSpec {
	out := &componentSpec{Config: maps.Clone(c.Config)}
	c.EngineSpec.DeepCopyInto(&out.EngineSpec)
	return out
}

func specFromEngine(e *v1beta1.EngineSpec) *componentSpec {
	if e == nil {
		return nil
	}
	spec := &componentSpec{EngineSpec: *e}
	nameServiceAccount(&spec.PodSpec)
	if e.Leader != nil {
		leader := *e.Leader
		nameServiceAccount(&leader.PodSpec)
		spec.Leader = &leader
	}
	if e.Worker != nil {
		worker := *e.Worker
		nameServiceAccount(&worker.PodSpec)
		spec.Worker = &worker
	}
	return spec
}

// nameServiceAccount writes an account that has only its old field under the present one, as the API
// server does.
func nameServiceAccount(pod *v1beta1.PodSpec) {
	pod.ServiceAccountName = cmp.Or(pod.ServiceAccountName, pod.DeprecatedServiceAccount)
}

func specFromDecoder(d *v1beta1.DecoderSpec) *componentSpec {
	return specFromEngine((*v1beta1.EngineSpec)(d))
}

func specFromRouter(r *v1beta1.RouterSpec) *componentSpec {
	if r == nil {
		return nil
	}
	spec := specFromEngine(&v1beta1.EngineSpec{
		PodSpec:                r.PodSpec,
		ComponentExtensionSpec: r.ComponentExtensionSpec,
		Runner:                 r.Runner,
		Resources:              r.Resources,
	})
	spec.Config = r.Config
	return spec
}

// specFromService is what the service itself says of a component; it is only read.
func specFromService(service *v1beta1.InferenceService, component v1beta1.ComponentType) *componentSpec {
	switch component {
	case v1beta1.DecoderComponent:
		return specFromDecoder(service.Spec.Decoder)
	case v1beta1.RouterComponent:
		return specFromRouter(service.Spec.Router)
	default:
		return specFromEngine(service.Spec.Engine)
	}
}

// specFromRuntime is the runtime's template for a component; it is only read, and nil without. The
// acceleratorOverride of a runtime has no effect, as in OME.
func specFromRuntime(runtime *resolve.Runtime, component v1beta1.ComponentType) *componentSpec {
	if runtime == nil {
		return nil
	}
	var template *componentSpec
	switch component {
	case v1beta1.DecoderComponent:
		template = specFromDecoder(runtime.Spec.DecoderConfig)
	case v1beta1.RouterComponent:
		template = specFromRouter(runtime.Spec.RouterConfig)
	default:
		template = specFromEngine(runtime.Spec.EngineConfig)
	}
	if template != nil {
		template.AcceleratorOverride = nil
	}
	return template
}

// layer is what one source says of the component, as it was laid on the layers before it.
type layer struct {
	by   origin
	spec *componentSpec
}

// mergeSpecs lays what the service says of the component on the runtime's template. The field
// resources counts as resources of the runners, below what the runner of the same source says
// itself. The layers, for an explanation only, are the two sides; the later one wins.
func mergeSpecs(s *sources) (merged *componentSpec, layers []layer) {
	fromService := s.fromService.deepCopy()
	if s.fromRuntime == nil {
		s.record.AddEntry(trace.Entry{
			Subject: s.traceSubject("template"), Verdict: trace.Absent, Reason: "NoTemplate",
			Message: "the runtime has no template for the " + string(s.component) + "; only the service describes it",
		})
		moveResourcesToRunners(s, fromService, fromService)
		return fromService, copyLayers(s, nil, fromService)
	}
	fromRuntime := s.fromRuntime.deepCopy()
	moveResourcesToRunners(s, fromRuntime, fromRuntime)
	moveResourcesToRunners(s, fromService, fromRuntime)
	layers = copyLayers(s, fromRuntime, fromService)
	rules := s.mergeRules("")
	rules.Observe = fieldObserver(s)
	merge.Into(fromRuntime, fromService, rules)
	return fromRuntime, layers
}

// copyLayers copies the sides of a merge when an explanation is wanted.
func copyLayers(s *sources, fromRuntime, fromService *componentSpec) []layer {
	if !s.record.IsExplaining() {
		return nil
	}
	var layers []layer
	if fromRuntime != nil {
		layers = append(layers, layer{origin{reason: FromRuntime, source: s.runtimeField("")}, fromRuntime.deepCopy()})
	}
	return append(layers, layer{origin{reason: FromService, source: s.serviceField("")}, fromService.deepCopy()})
}

// moveResourcesToRunners moves the field resources of a spec into its runners. The template says
// which runners the merged component will have. Beside a leader, the component's own runner serves in
// modes without groups.
func moveResourcesToRunners(s *sources, spec, template *componentSpec) {
	if spec.Resources == nil {
		return
	}
	hasLeader := template.Leader != nil || spec.Leader != nil
	if !hasLeader || template.Runner != nil || spec.Runner != nil {
		spec.Runner = runnerWithResources(s, spec.Runner, spec)
	}
	if hasLeader {
		spec.Leader = newIfNil(spec.Leader)
		spec.Leader.Runner = runnerWithResources(s, spec.Leader.Runner, spec)
	}
	if template.Worker != nil || spec.Worker != nil {
		spec.Worker = newIfNil(spec.Worker)
		spec.Worker.Runner = runnerWithResources(s, spec.Worker.Runner, spec)
	}
	spec.Resources = nil
}

// runnerWithResources gives a runner the resources of its spec where it says nothing itself. Claims stay
// beside accelerators of the runner: one author who writes both means both.
func runnerWithResources(s *sources, runner *v1beta1.RunnerSpec, spec *componentSpec) *v1beta1.RunnerSpec {
	runner = newIfNil(runner)
	resources := spec.Resources.DeepCopy()
	merge.Into(resources, runner.Resources.DeepCopy(), merge.Rules{Accelerators: s.accelerators})
	for _, claim := range spec.Resources.Claims {
		if !slices.ContainsFunc(resources.Claims, func(other corev1.ResourceClaim) bool { return other.Name == claim.Name }) {
			resources.Claims = append(slices.Clip(resources.Claims), claim)
		}
	}
	runner.Resources = *resources
	return runner
}

func newIfNil[T any](p *T) *T {
	if p == nil {
		return new(T)
	}
	return p
}

// The reasons of the entries about fields of a component that the service brings to the runtime's
// template. Seen in isvc explain.
const (
	// ServiceSets: the template does not have the field.
	ServiceSets = "ServiceSets"
	// ServiceOverridesRuntime: the template has another value.
	ServiceOverridesRuntime = "ServiceOverridesRuntime"
)

// fieldObserver records what the service overrides while it is merged, outside of containers.
func fieldObserver(s *sources) merge.Observer {
	if !s.record.IsExplaining() {
		return nil
	}
	return func(path string, replaced, value any) {
		if isInContainer(path) {
			return
		}
		entry := trace.Entry{
			Subject: s.traceSubject(path),
			Verdict: trace.Set,
			Reason:  ServiceSets,
			Source:  s.serviceField(""),
			Value:   scalarText(value),
		}
		if replaced != nil {
			entry.Verdict = trace.Overridden
			entry.Reason = ServiceOverridesRuntime
			entry.Message = fmt.Sprintf("replaces %s of %s", cmp.Or(scalarText(replaced), "the value"), s.runtimeName())
		}
		s.record.AddEntry(entry)
	}
}

// isInContainer reports whether a path leads into a container; the origins of its values are
// recorded one by one, see origins.
func isInContainer(path string) bool {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "leader/"), "worker/")
	field, _, _ := strings.Cut(path, "/")
	return field == "runner" || field == "containers" || field == "initContainers"
}
