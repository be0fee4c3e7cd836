package compose

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/compose/args"
)

// The reasons of the entries that say where a value of a pod comes from. Their
// subjects are "engine/container/<name>/<field>/<key>" and "engine/label/<key>",
// with "leader/" or "worker/" after the component for those pods. The last
// entry of a subject has the verdict Set and holds the value; entries of the
// same subject with the verdict Overridden hold what it replaced. Seen in isvc
// explain.
const (
	// FromService: the InferenceService says it.
	FromService = "FromService"
	// FromRuntime: the serving runtime says it.
	FromRuntime = "FromRuntime"
	// FromAccelerator: the accelerator class, or what the runtime says of it.
	FromAccelerator = "FromAccelerator"
	// FromModel: the base model says it.
	FromModel = "FromModel"
	// FromWeight: the fine-tuned weight asks for it.
	FromWeight = "FromWeight"
	// FromDefault: nobody says it; it is computed or a default.
	FromDefault = "FromDefault"
)

// value is a value with its origin.
type value struct {
	reason, source, text, message string
}

// layer is a container, or labels, as one side gives them.
type layer struct {
	reason, source string
	container      *corev1.Container
	labels         map[string]string
}

// trail records where the values of one pod come from.
type trail struct {
	b       *builder
	p       *pod
	subject string
	// template and own are what runtime and service say of the component.
	template, own *parts
}

// tellOrigins records where each image, word, variable and resource of a pod's
// containers comes from and what it replaced.
func (b *builder) tellOrigins(p *pod, runner string) {
	if !b.Record.On() {
		return
	}
	t := &trail{b: b, p: p, subject: p.subject(b.kind), template: b.base.copied(), own: b.own.copied()}
	if t.template != nil {
		spreadResources(t.template)
		spreadResourcesOn(t.own, t.template)
	} else {
		spreadResources(t.own)
	}
	for i := range p.spec.InitContainers {
		t.container(&p.spec.InitContainers[i], t.layers(p.spec.InitContainers[i].Name, false))
	}
	for i := range p.spec.Containers {
		name := p.spec.Containers[i].Name
		t.container(&p.spec.Containers[i], t.layers(name, name == runner))
	}
}

// subject is the pod in a trace: "engine" or "engine/worker".
func (p *pod) subject(kind v1beta1.ComponentType) string {
	if p.field == "" {
		return string(kind)
	}
	return string(kind) + "/" + p.field[1:]
}

// layers are the containers of which the one of a name was made, those that
// others override first.
func (t *trail) layers(name string, runner bool) []layer {
	runtime := t.b.runtimeSource() + " spec." + string(t.b.kind) + "Config" + t.p.field
	service := t.b.serviceSource(t.p.field)
	var all []layer
	add := func(reason, source string, c *corev1.Container) {
		if c != nil {
			all = append(all, layer{reason: reason, source: source, container: c})
		}
	}
	template, templateRunner := containersOf(t.template, t.p.field)
	own, ownRunner := containersOf(t.own, t.p.field)
	if t.b.Runtime != nil && runner {
		add(FromRuntime, t.b.runtimeSource()+" spec.containers", resourcesOnly(find(t.b.Runtime.Spec.Containers, name)))
	}
	add(FromRuntime, runtime+".containers", find(template, name))
	add(FromService, service+".containers", find(own, name))
	if runner {
		add(FromRuntime, runtime+".runner", templateRunner)
		add(FromService, service+".runner", ownRunner)
	}
	return all
}

// containersOf are the containers and the runner that one side gives a pod.
func containersOf(p *parts, field string) ([]corev1.Container, *corev1.Container) {
	if p == nil {
		return nil, nil
	}
	spec, runner := p.PodSpec, p.Runner
	switch {
	case field == ".leader" && p.Leader != nil:
		spec, runner = p.Leader.PodSpec, p.Leader.Runner
	case field == ".worker" && p.Worker != nil:
		spec, runner = p.Worker.PodSpec, p.Worker.Runner
	case field != "":
		return nil, nil
	}
	core := spec.ToCore()
	return slices.Concat(core.InitContainers, core.Containers), container(runner)
}

func find(all []corev1.Container, name string) *corev1.Container {
	if at := containerNamed(all, name); at >= 0 {
		return &all[at]
	}
	return nil
}

// resourcesOnly is what an old-style runtime's top-level container gives to
// the runner of its name.
func resourcesOnly(c *corev1.Container) *corev1.Container {
	if c == nil {
		return nil
	}
	return &corev1.Container{Resources: corev1.ResourceRequirements{Limits: c.Resources.Limits, Requests: c.Resources.Requests}}
}

// remember keeps why composition put a value into the runner.
func (b *builder) remember(p *pod, what, reason string) {
	origins := map[string]value{
		"ModelStorage":             {reason: FromModel, source: b.modelSourceField() + " spec.storage"},
		"FineTunedWeight":          {reason: FromWeight, source: b.weightSource()},
		"AcceleratorClass":         {reason: FromAccelerator, source: b.classSource() + " spec.resources"},
		"AcceleratorOverride":      {reason: FromAccelerator, source: b.runtimeSource() + " spec.supportedModelFormats.acceleratorConfig for " + b.classSource()},
		"AcceleratorsOfOneReplica": {reason: FromDefault, message: "the accelerators in all pods of one replica"},
		"RouterConfig":             b.configOrigin(what),
	}
	origin, known := origins[reason]
	if !known {
		return
	}
	if p.told == nil {
		p.told = map[string]value{}
	}
	p.told[what] = origin
	if config := b.acceleratorConfig(); what == "args" && config != nil {
		for _, flag := range args.Flags(config.RuntimeArgsOverride) {
			p.told["args/"+flag.Key] = origin
		}
	}
}

func (b *builder) modelSourceField() string {
	if b.Model == nil {
		return ""
	}
	return b.Model.Kind + "/" + b.Model.Name
}

func (b *builder) weightSource() string {
	if b.Weight == nil {
		return ""
	}
	return "FineTunedWeight/" + b.Weight.Object.Name
}

func (b *builder) classSource() string {
	if b.accelerator == nil {
		return ""
	}
	return "AcceleratorClass/" + b.accelerator.Name
}

// configOrigin is the side that gives a router a line of its config.
func (b *builder) configOrigin(what string) value {
	for name := range b.own.Config {
		if what == "env/"+name {
			return value{reason: FromService, source: b.serviceSource(".config")}
		}
	}
	return value{reason: FromRuntime, source: b.runtimeSource() + " spec." + string(b.kind) + "Config.config"}
}

// inContainer reports whether a path leads into a container, of whose values
// the origins are recorded one by one.
func inContainer(path string) bool {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "leader/"), "worker/")
	field, _, _ := strings.Cut(path, "/")
	return field == "runner" || field == "containers" || field == "initContainers"
}

// scalar shows a value that is neither a list nor a structure, which may hold
// secrets; empty for others.
func scalar(value any) string {
	text := brief(value)
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		return ""
	}
	return text
}
