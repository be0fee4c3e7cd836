package resolve

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// question is a model, and what else a service asks of a runtime.
type question struct {
	// model is never nil; a service without a model has an empty one.
	model *v1beta1.BaseModelSpec
	// partial is true when the model does not say its format: then what it
	// does not say is not held against a runtime.
	partial bool
	// accelerators must all be listed by the runtime.
	accelerators []string
	// broken says why a runtime cannot be read, by Key.
	broken map[string]string
	// words is true when messages are wanted; they are costly.
	words bool
	// selecting is true when the service names no runtime.
	selecting bool
	// rules are those that a runtime must keep, entryRules those for an entry.
	rules      []rule
	entryRules []entryRule
}

func newQuestion(cat *Catalog, in RuntimeInput, selecting bool) *question {
	q := &question{
		model: &v1beta1.BaseModelSpec{}, accelerators: in.RequiredAccelerators, broken: cat.Broken,
		selecting: selecting, rules: namedRules(), entryRules: entryRules(),
	}
	if selecting {
		q.rules = selectionRules()
	}
	if in.Model != nil {
		q.model = in.Model.Spec
	}
	q.partial = q.model.ModelFormat.Name == ""
	return q
}

// say formats a message, if anybody wants it.
func (q *question) say(format string, args ...any) string {
	if !q.words {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// rule decides one thing about a candidate. It returns ok, or the reason and a
// message why the candidate cannot serve the model.
type rule func(q *question, c *candidate) (reason, message string, ok bool)

// namedRules are the rules for a runtime that a service names, in order.
func namedRules() []rule {
	return []rule{
		readable,         // it could be decoded
		enabled,          // spec.disabled is not true
		acceleratorsHeld, // every class that the service names is listed
		someEntryFits,    // one of supportedModelFormats matches the whole model
		sizeFits,         // the model's size is within modelSizeRange
	}
}

// selectionRules are the rules for a runtime that is to be selected, in order.
func selectionRules() []rule {
	return append(namedRules(),
		autoSelectable, // the entry that matches has autoSelect true
		scored,         // the score of that entry is positive
	)
}

func readable(q *question, c *candidate) (reason, message string, ok bool) {
	if c.runtime.Spec != nil {
		return "", "", true
	}
	return RuntimeInvalid, q.say("runtime cannot be read: %s", q.broken[Key(c.runtime.Kind, c.runtime.Name)]), false
}

func enabled(_ *question, c *candidate) (reason, message string, ok bool) {
	return RuntimeDisabled, "runtime is disabled", !isTrue(c.runtime.Spec.Disabled)
}

func acceleratorsHeld(q *question, c *candidate) (reason, message string, ok bool) {
	for _, class := range q.accelerators {
		if !slices.Contains(listedClasses(c.runtime.Spec), class) {
			return AcceleratorUnsupported, q.say("runtime does not support the required accelerator class %s", class), false
		}
	}
	return "", "", true
}

// listedClasses are the accelerator classes that a runtime lists.
func listedClasses(spec *v1beta1.ServingRuntimeSpec) []string {
	if spec.AcceleratorRequirements == nil {
		return nil
	}
	return spec.AcceleratorRequirements.AcceleratorClasses
}

func someEntryFits(q *question, c *candidate) (reason, message string, ok bool) {
	if len(c.fits) > 0 {
		return "", "", true
	}
	if len(c.misses) == 0 {
		return FormatsUndefined, q.unsupported("no supported formats defined"), q.partial
	}
	return c.nearest().reason, q.unsupported(c.missText()), false
}

// unsupported says that no entry matches, and why.
func (q *question) unsupported(why string) string {
	if !q.words {
		return ""
	}
	return fmt.Sprintf("model format '%s' not in supported formats: %s", modelLabel(q.model), why)
}

func sizeFits(q *question, c *candidate) (reason, message string, ok bool) {
	size, limits := q.model.ModelParameterSize, c.runtime.Spec.ModelSizeRange
	if size == nil || limits == nil {
		return "", "", true
	}
	if value, _ := parseSize(*size); inRange(value, limits) {
		return "", "", true
	}
	return SizeOutOfRange, q.say("model size %s is outside supported range %s", *size, rangeText(limits)), false
}

func autoSelectable(q *question, c *candidate) (reason, message string, ok bool) {
	return AutoSelectOff, "the entry that matches does not have autoSelect true, so the runtime is used only when it is named", c.entry(q.selecting) != nil
}

func scored(q *question, c *candidate) (reason, message string, ok bool) {
	score := entryScore(c.entry(q.selecting))
	if score > 0 {
		return "", "", true
	}
	return NoScore, q.say("the entry that matches has the score %d", score), false
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
