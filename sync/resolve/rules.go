package resolve

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// requirements are a model, and what else a service asks of a runtime. They are not changed after
// newRequirements.
type requirements struct {
	// model is never nil; a service without a model has an empty one.
	model *v1beta1.BaseModelSpec
	// formatUnknown is true when the model does not say its format. Then no rule rejects a runtime
	// for what the model does not say.
	formatUnknown bool
	// accelerators must all be listed by the runtime.
	accelerators []string
	// undecodable says why a runtime cannot be read, by KindAndName.
	undecodable map[string]string
	// explain is true when messages are wanted; formatting them is slow with many runtimes.
	explain bool
	// selecting is true when the service names no runtime.
	selecting bool
	// rules must all hold for a runtime, entryRules for one of its entries.
	rules      []rule
	entryRules []entryRule
}

func newRequirements(cat *Catalog, in RuntimeInput, selecting, explain bool) *requirements {
	req := &requirements{
		model: &v1beta1.BaseModelSpec{}, accelerators: in.RequiredAccelerators, undecodable: cat.Broken,
		selecting: selecting, explain: explain, rules: rulesOfUse(), entryRules: entryRules(),
	}
	if selecting {
		for _, support := range supportRules() {
			req.rules = append(req.rules, support.holds)
		}
		req.rules = append(req.rules, rulesOfSelection()...)
	}
	if in.Model != nil {
		req.model = in.Model.Spec
	}
	req.formatUnknown = req.model.ModelFormat.Name == ""
	return req
}

// messagef formats a message where messages are wanted.
func (req *requirements) messagef(format string, args ...any) string {
	if !req.explain {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// rule checks one thing about a candidate. It returns whether the rule holds, and the reason and a
// message for the case that it does not.
type rule func(req *requirements, c *candidate) (reason, message string, holds bool)

// rulesOfUse are the rules for every runtime, in order.
func rulesOfUse() []rule {
	return []rule{
		runtimeIsReadable,        // it could be decoded
		runtimeIsEnabled,         // spec.disabled is not true
		runtimeListsAccelerators, // every class that the service names is listed
	}
}

// fieldRule is a rule about one field of a runtime.
type fieldRule struct {
	field string
	holds rule
}

// supportRules say whether a runtime declares that it supports the model, in order. A runtime that a
// service names is used without, as in OME since v1.1.0.
func supportRules() []fieldRule {
	return []fieldRule{
		{"spec.supportedModelFormats", someFormatMatches}, // one of them matches the whole model
		{"spec.modelSizeRange", sizeIsInRange},            // the model's size is within it
	}
}

// rulesOfSelection are further rules for a runtime that is to be selected, in order.
func rulesOfSelection() []rule {
	return []rule{
		formatIsAutoSelected, // the entry that matches has autoSelect true
		formatHasScore,       // the score of that entry is positive
	}
}

func runtimeIsReadable(req *requirements, c *candidate) (reason, message string, holds bool) {
	if c.runtime.Spec != nil {
		return "", "", true
	}
	return RuntimeInvalid, req.messagef("runtime cannot be read: %s", req.undecodable[KindAndName(c.runtime.Kind, c.runtime.Name)]), false
}

func runtimeIsEnabled(_ *requirements, c *candidate) (reason, message string, holds bool) {
	return RuntimeDisabled, "runtime is disabled", !isTrue(c.runtime.Spec.Disabled)
}

func runtimeListsAccelerators(req *requirements, c *candidate) (reason, message string, holds bool) {
	for _, class := range req.accelerators {
		if !slices.Contains(listedClasses(c.runtime.Spec), class) {
			return AcceleratorUnsupported, req.messagef("runtime does not support the required accelerator class %s", class), false
		}
	}
	return "", "", true
}

// listedClasses are the names of the accelerator classes that a runtime lists.
func listedClasses(spec *v1beta1.ServingRuntimeSpec) []string {
	if spec.AcceleratorRequirements == nil {
		return nil
	}
	return spec.AcceleratorRequirements.AcceleratorClasses
}

func someFormatMatches(req *requirements, c *candidate) (reason, message string, holds bool) {
	if len(c.matching) > 0 {
		return "", "", true
	}
	if len(c.mismatches) == 0 {
		return FormatsUndefined, req.formatMessage("no supported formats defined"), req.formatUnknown
	}
	return c.nearestMismatch().reason, req.formatMessage(c.explainMismatches()), false
}

// formatMessage says that no entry of a runtime matches the model, and why.
func (req *requirements) formatMessage(why string) string {
	if !req.explain {
		return ""
	}
	return fmt.Sprintf("model format '%s' not in supported formats: %s", modelLabel(req.model), why)
}

func sizeIsInRange(req *requirements, c *candidate) (reason, message string, holds bool) {
	size, limits := req.model.ModelParameterSize, c.runtime.Spec.ModelSizeRange
	if size == nil || limits == nil {
		return "", "", true
	}
	if value, _ := parseSize(*size); isInRange(value, limits) {
		return "", "", true
	}
	return SizeOutOfRange, req.messagef("model size %s is outside supported range %s", *size, describeRange(limits)), false
}

func formatIsAutoSelected(req *requirements, c *candidate) (reason, message string, holds bool) {
	return AutoSelectOff, "the entry that matches does not have autoSelect true, so the runtime is used only when it is named", c.bestEntry(req.selecting) != nil
}

func formatHasScore(req *requirements, c *candidate) (reason, message string, holds bool) {
	score := entryScore(c.bestEntry(req.selecting))
	if score > 0 {
		return "", "", true
	}
	return NoScore, req.messagef("the entry that matches has the score %d", score), false
}

// modelLabel describes a model in OME's words:
// "mt:safetensors:1.0.0:LlamaForCausalLM:fp8:transformers:4.47.0".
func modelLabel(m *v1beta1.BaseModelSpec) string {
	parts := []string{"mt", m.ModelFormat.Name}
	add := func(text *string) {
		if text != nil {
			parts = append(parts, *text)
		}
	}
	add(m.ModelFormat.Version)
	add(m.ModelArchitecture)
	add((*string)(m.Quantization))
	if m.ModelFramework != nil {
		add(&m.ModelFramework.Name)
		add(m.ModelFramework.Version)
	}
	return strings.Join(parts, ":")
}
