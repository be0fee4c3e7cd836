package compose

import (
	"github.com/isvc-io/isvc/api/accelerators"
	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/compose/merge"
	"github.com/isvc-io/isvc/sync/resolve"
)

// sources are what there is to know about one component before anything is decided. They are only
// read, except for the record.
type sources struct {
	component v1beta1.ComponentType
	service   *v1beta1.InferenceService
	// askedMode is the service's own annotation of the mode, which chooses none.
	askedMode string
	// fromService is what the service says of the component; never nil.
	fromService *componentSpec
	// fromRuntime is the runtime's template for the component; nil without.
	fromRuntime *componentSpec
	model       *resolve.Model   // nil when the service names none
	weight      *resolve.Weight  // nil when the service names none, and for a router
	overlays    []*resolve.Model // none for a router
	runtime     *resolve.Runtime // nil when complete runners need none
	// accelerator is the class of this component; nil without.
	accelerator *resolve.Accelerator
	// accelerators say which resources are accelerators, those of the class among them.
	accelerators accelerators.List
	// zeros are the zero values that the service says of the component, zerosOfKeda those in its
	// kedaConfig for all components.
	zeros, zerosOfKeda merge.Zeros

	config *config.Config
	kinds  kinds.Set
	record *trace.Recorder
}

func readSources(in *Input, component v1beta1.ComponentType) *sources {
	s := &sources{
		component:   component,
		service:     in.Service,
		askedMode:   in.AskedMode,
		fromService: specFromService(in.Service, component),
		fromRuntime: specFromRuntime(in.Runtime, component),
		model:       in.Model,
		weight:      in.Weight,
		overlays:    in.Overlays,
		runtime:     in.Runtime,
		accelerator: in.Accelerators[component],
		zeros:       in.Zeros.Below(string(component)),
		zerosOfKeda: in.Zeros.Below("kedaConfig"),
		config:      in.Config,
		kinds:       in.Kinds,
		record:      in.Record,
	}
	s.accelerators = accelerators.Known(s.config)
	if s.accelerator != nil {
		s.accelerators = s.accelerators.WithClass(s.accelerator.Class)
	}
	if !s.servesModel() {
		s.weight, s.overlays = nil, nil
	}
	return s
}

// servesModel reports whether the component computes with the model; a router only forwards.
func (s *sources) servesModel() bool { return s.component != v1beta1.RouterComponent }

// replacesModel reports whether the weight is a complete model that replaces the base model.
func (s *sources) replacesModel() bool { return s.weight != nil && s.weight.Merged }

// weightObject is the fine-tuned weight of the component; nil without.
func (s *sources) weightObject() *v1beta1.FineTunedWeight {
	if s.weight == nil {
		return nil
	}
	return s.weight.Object
}

// acceleratorConfig is what the runtime says of the chosen class for the model format that it
// serves; nil without.
func (s *sources) acceleratorConfig() *v1beta1.AcceleratorModelConfig {
	if s.accelerator == nil {
		return nil
	}
	return s.accelerator.Config
}

// mergeRules are the rules by which something that the service says is merged over something else.
// The path is that of the value below the component, such as "leader/runner"; empty for the whole.
func (s *sources) mergeRules(path string) merge.Rules {
	rules := merge.Rules{Zeros: s.zeros, Accelerators: s.accelerators}
	if path != "" {
		rules.Zeros = s.zeros.Below(path)
	}
	return rules
}

// The methods below name objects and fields as the trace and messages do.

// traceSubject is a part of the component, such as "engine/mode" for "mode".
func (s *sources) traceSubject(part string) string { return string(s.component) + "/" + part }

// serviceField is a field below the component's, such as "InferenceService/chat spec.engine.runner"
// for ".runner".
func (s *sources) serviceField(field string) string {
	return "InferenceService/" + s.service.Name + " spec." + string(s.component) + field
}

// runtimeField is a field below the template for the component, such as "ClusterServingRuntime/x
// spec.engineConfig.runner" for ".runner".
func (s *sources) runtimeField(field string) string {
	return s.runtimeName() + " spec." + string(s.component) + "Config" + field
}

// runtimeName is "<kind>/<name>"; empty without a runtime.
func (s *sources) runtimeName() string {
	if s.runtime == nil {
		return ""
	}
	return resolve.KindAndName(s.runtime.Kind, s.runtime.Name)
}

// modelName is "<kind>/<name>"; there must be a model.
func (s *sources) modelName() string { return resolve.KindAndName(s.model.Kind, s.model.Name) }

// weightName is "FineTunedWeight/<name>"; there must be a weight.
func (s *sources) weightName() string {
	return resolve.KindAndName(resolve.KindFineTunedWeight, s.weight.Object.Name)
}

// className is "AcceleratorClass/<name>"; there must be a class.
func (s *sources) className() string {
	return resolve.KindAndName(resolve.KindAcceleratorClass, s.accelerator.Name)
}
