package resolve

import (
	"maps"
	"slices"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// entryRule checks one thing about an entry of supportedModelFormats. It returns whether the rule
// holds, and the reason and a message for the case that it does not. Strings are compared exactly,
// case included.
type entryRule func(req *requirements, e *v1beta1.SupportedModelFormat) (reason, message string, holds bool)

// entryRules are the rules for one entry, in order; all must hold.
func entryRules() []entryRule {
	return []entryRule{
		pipelineMatches,         // a pipeline that the entry requires is the model's
		architectureMatches,     // the same architecture, or none on both sides
		quantizationMatches,     // the same quantization, or none on both sides
		formatMatches,           // the same format
		formatVersionMatches,    // versions of the format that go together
		frameworkMatches,        // the same framework, or none on both sides
		frameworkVersionMatches, // versions of the framework that go together
	}
}

func architectureMatches(req *requirements, e *v1beta1.SupportedModelFormat) (reason, message string, holds bool) {
	message, holds = optionalStringsMatch(req, "architecture", req.model.ModelArchitecture, e.ModelArchitecture)
	return ArchitectureMismatch, message, holds
}

func quantizationMatches(req *requirements, e *v1beta1.SupportedModelFormat) (reason, message string, holds bool) {
	message, holds = optionalStringsMatch(req, "quantization", (*string)(req.model.Quantization), (*string)(e.Quantization))
	return QuantizationMismatch, message, holds
}

// optionalStringsMatch reports whether a string is the same on both sides or absent on both sides.
func optionalStringsMatch(req *requirements, what string, model, runtime *string) (message string, holds bool) {
	switch {
	case equalOrBothAbsent(model, runtime):
		return "", true
	case model == nil:
		return req.messagef("model has no %s but runtime requires %s", what, *runtime), req.formatUnknown
	case runtime == nil:
		return req.messagef("model has %s %s but runtime has no %s requirement", what, *model, what), req.formatUnknown
	}
	return req.messagef("%s mismatch (model=%s, runtime=%s)", what, *model, *runtime), false
}

// equalOrBothAbsent reports whether two strings are equal or both absent.
func equalOrBothAbsent(a, b *string) bool {
	return a == b || a != nil && b != nil && *a == *b
}

func formatMatches(req *requirements, e *v1beta1.SupportedModelFormat) (reason, message string, holds bool) {
	name := req.model.ModelFormat.Name
	switch {
	case name == "":
		return "", "", true // formatUnknown
	case e.ModelFormat == nil:
		return FormatMismatch, "the runtime's entry has no modelFormat", false
	case name == e.ModelFormat.Name:
		return "", "", true
	}
	return FormatMismatch, req.messagef("format name mismatch (model=%s, runtime=%s)", name, e.ModelFormat.Name), false
}

func formatVersionMatches(req *requirements, e *v1beta1.SupportedModelFormat) (reason, message string, holds bool) {
	if req.model.ModelFormat.Name == "" {
		return "", "", true
	}
	message, holds = optionalVersionsMatch(req, "format", req.model.ModelFormat.Version, e.ModelFormat.Version, e.ModelFormat.Operator)
	return FormatVersionMismatch, message, holds
}

func frameworkMatches(req *requirements, e *v1beta1.SupportedModelFormat) (reason, message string, holds bool) {
	model, runtime := req.model.ModelFramework, e.ModelFramework
	switch {
	case model == nil && runtime == nil:
		return "", "", true
	case model == nil:
		return FrameworkMismatch, req.messagef("model has no framework but runtime requires %s", runtime.Name), req.formatUnknown
	case runtime == nil:
		return FrameworkMismatch, req.messagef("model has framework %s but runtime has no framework requirement", model.Name), req.formatUnknown
	case model.Name == runtime.Name:
		return "", "", true
	}
	return FrameworkMismatch, req.messagef("framework name mismatch (model=%s, runtime=%s)", model.Name, runtime.Name), false
}

func frameworkVersionMatches(req *requirements, e *v1beta1.SupportedModelFormat) (reason, message string, holds bool) {
	model, runtime := req.model.ModelFramework, e.ModelFramework
	if model == nil || runtime == nil {
		return "", "", true
	}
	message, holds = optionalVersionsMatch(req, "framework", model.Version, runtime.Version, runtime.Operator)
	return FrameworkVersionMismatch, message, holds
}

// optionalVersionsMatch reports whether two versions go together by the runtime's operator, or are absent
// on both sides.
func optionalVersionsMatch(req *requirements, what string, model, runtime, operator *string) (message string, holds bool) {
	switch {
	case model == nil && runtime == nil:
		return "", true
	case model == nil:
		return req.messagef("model has no %s version but runtime requires %s", what, *runtime), req.formatUnknown
	case runtime == nil:
		return req.messagef("model has %s version but runtime has no version requirement", what), req.formatUnknown
	case versionsMatch(*runtime, *model, operator):
		return "", true
	}
	return req.messagef("%s version mismatch (model=%s, runtime=%s)", what, *model, *runtime), false
}

// pipelineMatches looks only at what the entry requires of the pipeline; an entry that requires
// nothing accepts any model.
func pipelineMatches(req *requirements, e *v1beta1.SupportedModelFormat) (reason, message string, holds bool) {
	model, runtime := req.model.DiffusionPipeline, e.DiffusionPipeline
	switch {
	case runtime == nil:
		return "", "", true
	case model == nil:
		return DiffusionMismatch, "diffusion pipeline required by runtime but not specified in model", req.formatUnknown
	}
	if runtime.ClassName != nil && (model.ClassName == nil || *model.ClassName != *runtime.ClassName) {
		return DiffusionMismatch, req.messagef("pipeline class mismatch (model=%s, runtime=%s)", stringOrNil(model.ClassName), *runtime.ClassName), false
	}
	message, holds = pipelineComponentsMatch(req, model, runtime)
	return DiffusionMismatch, message, holds
}

// pipelineComponentsMatch compares the components of two pipelines, first the fields of their own.
func pipelineComponentsMatch(req *requirements, model, runtime *v1beta1.DiffusionPipelineSpec) (message string, holds bool) {
	for _, component := range []struct {
		name           string
		model, runtime *v1beta1.DiffusionComponent
	}{
		{"scheduler", model.Scheduler, runtime.Scheduler},
		{"text encoder", model.TextEncoder, runtime.TextEncoder},
		{"tokenizer", model.Tokenizer, runtime.Tokenizer},
		{"transformer", model.Transformer, runtime.Transformer},
		{"vae", model.VAE, runtime.VAE},
	} {
		switch {
		case component.runtime == nil:
			continue
		case component.model == nil:
			return req.messagef("component %s required by runtime but not specified in model", component.name), false
		}
		if message, holds := pipelineComponentMatches(req, component.name, *component.model, *component.runtime); !holds {
			return message, false
		}
	}
	return additionalComponentsMatch(req, model.AdditionalComponents, runtime.AdditionalComponents)
}

// additionalComponentsMatch reports whether the model has every additional component that the
// runtime requires.
func additionalComponentsMatch(req *requirements, model, runtime map[string]v1beta1.DiffusionComponent) (message string, holds bool) {
	if len(runtime) > 0 && len(model) == 0 {
		return "diffusion pipeline missing required additional components", false
	}
	for _, name := range slices.Sorted(maps.Keys(runtime)) {
		component, present := model[name]
		if !present {
			return req.messagef("diffusion component %s missing in model", name), false
		}
		if message, holds := pipelineComponentMatches(req, name, component, runtime[name]); !holds {
			return message, false
		}
	}
	return "", true
}

// pipelineComponentMatches compares the library and type that the runtime requires.
func pipelineComponentMatches(req *requirements, name string, model, runtime v1beta1.DiffusionComponent) (message string, holds bool) {
	if runtime.Library != "" && runtime.Library != model.Library {
		return req.messagef("%s library mismatch (model=%s, runtime=%s)", name, model.Library, runtime.Library), false
	}
	if runtime.Type != "" && runtime.Type != model.Type {
		return req.messagef("%s type mismatch (model=%s, runtime=%s)", name, model.Type, runtime.Type), false
	}
	return "", true
}

func stringOrNil(s *string) string {
	if s == nil {
		return "<nil>"
	}
	return *s
}
