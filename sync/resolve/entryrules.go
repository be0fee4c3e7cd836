package resolve

import (
	"sort"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// entryRule decides one thing about an entry of supportedModelFormats. It
// returns ok, or the reason and a message why the model is not of that kind.
// Texts are compared exactly, case included.
type entryRule func(q *question, e *v1beta1.SupportedModelFormat) (reason, message string, ok bool)

// entryRules are the rules for one entry, in order; all must hold.
func entryRules() []entryRule {
	return []entryRule{
		diffusionFits,        // a pipeline that the entry requires is the model's
		architectureFits,     // the same architecture, or none on both sides
		quantizationFits,     // the same quantization, or none on both sides
		formatFits,           // the same format
		formatVersionFits,    // versions of the format that go together
		frameworkFits,        // the same framework, or none on both sides
		frameworkVersionFits, // versions of the framework that go together
	}
}

func architectureFits(q *question, e *v1beta1.SupportedModelFormat) (reason, message string, ok bool) {
	message, ok = sameText(q, "architecture", q.model.ModelArchitecture, e.ModelArchitecture)
	return ArchitectureMismatch, message, ok
}

func quantizationFits(q *question, e *v1beta1.SupportedModelFormat) (reason, message string, ok bool) {
	message, ok = sameText(q, "quantization", (*string)(q.model.Quantization), (*string)(e.Quantization))
	return QuantizationMismatch, message, ok
}

// sameText wants the same text on both sides or none on both sides.
func sameText(q *question, what string, model, runtime *string) (message string, ok bool) {
	switch {
	case same(model, runtime):
		return "", true
	case model == nil:
		return q.say("model has no %s but runtime requires %s", what, *runtime), q.partial
	case runtime == nil:
		return q.say("model has %s %s but runtime has no %s requirement", what, *model, what), q.partial
	}
	return q.say("%s mismatch (model=%s, runtime=%s)", what, *model, *runtime), false
}

// same reports whether two texts are equal or both absent.
func same(a, b *string) bool {
	return a == b || a != nil && b != nil && *a == *b
}

func formatFits(q *question, e *v1beta1.SupportedModelFormat) (reason, message string, ok bool) {
	name := q.model.ModelFormat.Name
	switch {
	case name == "":
		return "", "", true // only a partial question has no name
	case e.ModelFormat == nil:
		return FormatMismatch, "the runtime's entry has no modelFormat", false
	case name == e.ModelFormat.Name:
		return "", "", true
	}
	return FormatMismatch, q.say("format name mismatch (model=%s, runtime=%s)", name, e.ModelFormat.Name), false
}

func formatVersionFits(q *question, e *v1beta1.SupportedModelFormat) (reason, message string, ok bool) {
	if q.model.ModelFormat.Name == "" {
		return "", "", true
	}
	message, ok = sameVersion(q, "format", q.model.ModelFormat.Version, e.ModelFormat.Version, e.ModelFormat.Operator)
	return FormatVersionMismatch, message, ok
}

func frameworkFits(q *question, e *v1beta1.SupportedModelFormat) (reason, message string, ok bool) {
	model, runtime := q.model.ModelFramework, e.ModelFramework
	switch {
	case model == nil && runtime == nil:
		return "", "", true
	case model == nil:
		return FrameworkMismatch, q.say("model has no framework but runtime requires %s", runtime.Name), q.partial
	case runtime == nil:
		return FrameworkMismatch, q.say("model has framework %s but runtime has no framework requirement", model.Name), q.partial
	case model.Name == runtime.Name:
		return "", "", true
	}
	return FrameworkMismatch, q.say("framework name mismatch (model=%s, runtime=%s)", model.Name, runtime.Name), false
}

func frameworkVersionFits(q *question, e *v1beta1.SupportedModelFormat) (reason, message string, ok bool) {
	model, runtime := q.model.ModelFramework, e.ModelFramework
	if model == nil || runtime == nil {
		return "", "", true
	}
	message, ok = sameVersion(q, "framework", model.Version, runtime.Version, runtime.Operator)
	return FrameworkVersionMismatch, message, ok
}

// sameVersion wants versions that go together by the runtime's operator, or
// none on both sides.
func sameVersion(q *question, what string, model, runtime, operator *string) (message string, ok bool) {
	switch {
	case model == nil && runtime == nil:
		return "", true
	case model == nil:
		return q.say("model has no %s version but runtime requires %s", what, *runtime), q.partial
	case runtime == nil:
		return q.say("model has %s version but runtime has no version requirement", what), q.partial
	case versionsMatch(*runtime, *model, operator):
		return "", true
	}
	return q.say("%s version mismatch (model=%s, runtime=%s)", what, *model, *runtime), false
}

// diffusionFits looks only at what the entry requires of the pipeline; an entry
// that requires none takes any model.
func diffusionFits(q *question, e *v1beta1.SupportedModelFormat) (reason, message string, ok bool) {
	model, runtime := q.model.DiffusionPipeline, e.DiffusionPipeline
	switch {
	case runtime == nil:
		return "", "", true
	case model == nil:
		return DiffusionMismatch, "diffusion pipeline required by runtime but not specified in model", q.partial
	}
	if runtime.ClassName != nil && (model.ClassName == nil || *model.ClassName != *runtime.ClassName) {
		return DiffusionMismatch, q.say("pipeline class mismatch (model=%s, runtime=%s)", textOrNil(model.ClassName), *runtime.ClassName), false
	}
	message, ok = pipelinePartsFit(q, model, runtime)
	return DiffusionMismatch, message, ok
}

// pipelinePartsFit compares the parts of two pipelines, the named ones first.
func pipelinePartsFit(q *question, model, runtime *v1beta1.DiffusionPipelineSpec) (message string, ok bool) {
	for _, part := range []struct {
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
		case part.runtime == nil:
			continue
		case part.model == nil:
			return q.say("component %s required by runtime but not specified in model", part.name), false
		}
		if message, ok := partFits(q, part.name, *part.model, *part.runtime); !ok {
			return message, false
		}
	}
	return additionalPartsFit(q, model.AdditionalComponents, runtime.AdditionalComponents)
}

// additionalPartsFit wants every further part of the runtime in the model.
func additionalPartsFit(q *question, model, runtime map[string]v1beta1.DiffusionComponent) (message string, ok bool) {
	if len(runtime) > 0 && len(model) == 0 {
		return "diffusion pipeline missing required additional components", false
	}
	parts := make([]string, 0, len(runtime))
	for name := range runtime {
		parts = append(parts, name)
	}
	sort.Strings(parts)
	for _, name := range parts {
		part, present := model[name]
		if !present {
			return q.say("diffusion component %s missing in model", name), false
		}
		if message, ok := partFits(q, name, part, runtime[name]); !ok {
			return message, false
		}
	}
	return "", true
}

// partFits compares the library and type that the runtime requires.
func partFits(q *question, name string, model, runtime v1beta1.DiffusionComponent) (message string, ok bool) {
	if runtime.Library != "" && runtime.Library != model.Library {
		return q.say("%s library mismatch (model=%s, runtime=%s)", name, model.Library, runtime.Library), false
	}
	if runtime.Type != "" && runtime.Type != model.Type {
		return q.say("%s type mismatch (model=%s, runtime=%s)", name, model.Type, runtime.Type), false
	}
	return "", true
}

func textOrNil(text *string) string {
	if text == nil {
		return "<nil>"
	}
	return *text
}
