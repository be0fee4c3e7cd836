package resolve

import (
	"fmt"
	"strings"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// candidate is a runtime whose entries have been compared with a model.
type candidate struct {
	runtime *Runtime
	// matching are the entries that match the model, in order.
	matching []*v1beta1.SupportedModelFormat
	// mismatches are the entries that do not, in order.
	mismatches []mismatch
}

// mismatch is the first rule that does not hold for an entry.
type mismatch struct {
	reason, message string
	// rulesPassed is how many rules held before.
	rulesPassed int
}

// evaluation is the result of the rules for a candidate.
type evaluation struct {
	runtime *Runtime
	// holds is true when every rule holds: the runtime can be used.
	holds bool
	// reason and message are of the first rule that did not hold.
	reason, message string
	// rulesPassed grows with the rules that held before, and with those for the nearest entry; more
	// is nearer to fitting.
	rulesPassed int
	// entry is the entry that applies, and score its score; nil when the model does not say enough
	// to choose one.
	entry *v1beta1.SupportedModelFormat
	score int64
	// sizeDistance is how far the size range is from the model's size, see distanceFromRange.
	sizeDistance int64
}

// evaluate checks the rules for a runtime in order and stops at the first that does not hold.
func (req *requirements) evaluate(r *Runtime) evaluation {
	c, v := req.matchEntries(r), evaluation{runtime: r}
	for i, check := range req.rules {
		if v.reason, v.message, v.holds = check(req, c); !v.holds {
			v.rulesPassed = i * len(req.entryRules)
			if near := c.nearestMismatch(); near.reason == v.reason {
				v.rulesPassed += near.rulesPassed
			}
			return v
		}
	}
	v.reason, v.message = "", ""
	v.sizeDistance = distanceFromRange(req.model.ModelParameterSize, r.Spec.ModelSizeRange)
	if req.formatUnknown && len(c.matching) > 1 {
		return v // which of the entries applies is unknown
	}
	if v.entry = c.bestEntry(req.selecting); v.entry != nil {
		v.score = entryScore(v.entry)
	}
	return v
}

// lacksSupport says why a runtime does not declare that it supports the model; empty where it does.
func (req *requirements) lacksSupport(r *Runtime) string {
	c := req.matchEntries(r)
	var messages []string
	for _, support := range supportRules() {
		if _, message, holds := support.holds(req, c); !holds {
			messages = append(messages, support.field+": "+message)
		}
	}
	return strings.Join(messages, "; ")
}

// matchEntries checks the rules for entries on every entry of a runtime.
func (req *requirements) matchEntries(r *Runtime) *candidate {
	c := &candidate{runtime: r}
	if r.Spec == nil {
		return c
	}
	for i := range r.Spec.SupportedModelFormats {
		e := &r.Spec.SupportedModelFormats[i]
		if broken, found := req.firstBrokenEntryRule(e); found {
			c.mismatches = append(c.mismatches, broken)
		} else {
			c.matching = append(c.matching, e)
		}
	}
	return c
}

// firstBrokenEntryRule returns the first rule that does not hold for an entry, or false.
func (req *requirements) firstBrokenEntryRule(e *v1beta1.SupportedModelFormat) (broken mismatch, found bool) {
	for i, check := range req.entryRules {
		if reason, message, holds := check(req, e); !holds {
			return mismatch{reason: reason, message: message, rulesPassed: i}, true
		}
	}
	return mismatch{}, false
}

// nearestMismatch is the mismatch of the entry for which most rules held, the first of equals.
func (c *candidate) nearestMismatch() mismatch {
	var best mismatch
	for i, m := range c.mismatches {
		if i == 0 || m.rulesPassed > best.rulesPassed {
			best = m
		}
	}
	return best
}

// maxMismatches limits how many entries a message explains.
const maxMismatches = 5

// explainMismatches lists for each entry why it does not match.
func (c *candidate) explainMismatches() string {
	shown := c.mismatches[:min(len(c.mismatches), maxMismatches)]
	messages := make([]string, 0, len(shown)+1)
	for _, m := range shown {
		messages = append(messages, m.message)
	}
	if more := len(c.mismatches) - len(shown); more > 0 {
		messages = append(messages, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(messages, "; ")
}

// bestEntry is the entry that applies: the matching one with the highest score, the first of
// equals. For a selection it must have autoSelect true; it is nil where none has.
func (c *candidate) bestEntry(selecting bool) *v1beta1.SupportedModelFormat {
	var best *v1beta1.SupportedModelFormat
	for _, e := range c.matching {
		if selecting && !isTrue(e.AutoSelect) {
			continue
		}
		if best == nil || entryScore(e) > entryScore(best) {
			best = e
		}
	}
	return best
}

// Weights that OME gives to a format and a framework whose weight is 0; one whose weight is absent
// has v1beta1.DefaultModelWeight.
const (
	zeroFormatWeight    = 10
	zeroFrameworkWeight = 5
)

// entryScore is (weight of the format + weight of the framework) x priority.
func entryScore(e *v1beta1.SupportedModelFormat) int64 {
	score, _ := scoreInNumbers(e)
	return score
}

// scoreInNumbers is entryScore with how it comes about: "(1 for the format + 1 for the framework) x priority 2".
func scoreInNumbers(e *v1beta1.SupportedModelFormat) (score int64, inWords string) {
	var parts []string
	add := func(weight int64, of string) {
		score += weight
		parts = append(parts, fmt.Sprintf("%d for the %s", weight, of))
	}
	if e.ModelFormat != nil {
		add(weightOr(e.ModelFormat.Weight, zeroFormatWeight), "format")
	}
	if e.ModelFramework != nil {
		add(weightOr(e.ModelFramework.Weight, zeroFrameworkWeight), "framework")
	}
	inWords = strings.Join(parts, " + ")
	if e.Priority != nil {
		score *= int64(*e.Priority)
		inWords = fmt.Sprintf("(%s) x priority %d", inWords, *e.Priority)
	}
	return score, inWords
}

func weightOr(weight *int64, zero int64) int64 {
	switch {
	case weight == nil:
		return v1beta1.DefaultModelWeight
	case *weight == 0:
		return zero
	}
	return *weight
}

// traceEntry records an evaluation with what became of the candidate.
func (v evaluation) traceEntry(outcome trace.Verdict) trace.Entry {
	sum := ""
	if v.score != 0 && v.entry != nil {
		_, sum = scoreInNumbers(v.entry)
	}
	return trace.Entry{
		Value: sum, Subject: "runtime/" + v.runtime.Name, Verdict: outcome, Reason: v.reason, Message: v.message,
		Source: KindAndName(v.runtime.Kind, v.runtime.Name), Score: v.score,
	}
}

// describeEntry describes an entry: "safetensors transformers LlamaForCausalLM".
func describeEntry(e *v1beta1.SupportedModelFormat) string {
	var parts []string
	if e.ModelFormat != nil {
		parts = append(parts, e.ModelFormat.Name)
	}
	if e.ModelFramework != nil {
		parts = append(parts, e.ModelFramework.Name)
	}
	for _, text := range []*string{e.ModelArchitecture, (*string)(e.Quantization)} {
		if text != nil {
			parts = append(parts, *text)
		}
	}
	return strings.Join(parts, " ")
}
