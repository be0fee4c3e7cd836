package resolve

import (
	"fmt"
	"strings"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// candidate is a runtime whose entries have been held against a model.
type candidate struct {
	runtime *Runtime
	// fits are the entries that match the model, in order.
	fits []*v1beta1.SupportedModelFormat
	// misses are the entries that do not, in order.
	misses []miss
}

// miss says which rule an entry broke first.
type miss struct {
	reason, message string
	// passed is how many rules held before.
	passed int
}

// verdict is what the rules make of a candidate.
type verdict struct {
	runtime *Runtime
	ok      bool
	// reason and message are those of the first rule that did not hold.
	reason, message string
	// passed tells how far the candidate came; more is nearer to fitting.
	passed int
	// entry is the entry that applies, and score its score.
	entry *v1beta1.SupportedModelFormat
	score int64
	// distance is how far the size range is from the model's size.
	distance int64
}

// judge holds a runtime against the rules in order and stops at the first that
// does not hold.
func (q *question) judge(r *Runtime) verdict {
	c, v := q.examine(r), verdict{runtime: r}
	for i, holds := range q.rules {
		if v.reason, v.message, v.ok = holds(q, c); !v.ok {
			v.passed = i * len(q.entryRules)
			if near := c.nearest(); near.reason == v.reason {
				v.passed += near.passed
			}
			return v
		}
	}
	v.reason, v.message = "", ""
	v.distance = distance(q.model.ModelParameterSize, r.Spec.ModelSizeRange)
	if q.partial && len(c.fits) > 1 {
		return v // nothing tells which of the entries applies
	}
	if v.entry = c.entry(q.selecting); v.entry != nil {
		v.score = entryScore(v.entry)
	}
	return v
}

// examine holds every entry of a runtime against the rules for entries.
func (q *question) examine(r *Runtime) *candidate {
	c := &candidate{runtime: r}
	if r.Spec == nil {
		return c
	}
	for i := range r.Spec.SupportedModelFormats {
		e := &r.Spec.SupportedModelFormats[i]
		if m, ok := q.hold(e); ok {
			c.fits = append(c.fits, e)
		} else {
			c.misses = append(c.misses, m)
		}
	}
	return c
}

// hold returns the first rule that an entry breaks.
func (q *question) hold(e *v1beta1.SupportedModelFormat) (miss, bool) {
	for i, holds := range q.entryRules {
		if reason, message, ok := holds(q, e); !ok {
			return miss{reason: reason, message: message, passed: i}, false
		}
	}
	return miss{}, true
}

// nearest is the miss that came furthest, the first of equals.
func (c *candidate) nearest() miss {
	var best miss
	for i, m := range c.misses {
		if i == 0 || m.passed > best.passed {
			best = m
		}
	}
	return best
}

// maxMisses bounds how many entries a message explains.
const maxMisses = 5

// missText lists why each entry does not match.
func (c *candidate) missText() string {
	shown := c.misses[:min(len(c.misses), maxMisses)]
	texts := make([]string, 0, len(shown)+1)
	for _, m := range shown {
		texts = append(texts, m.message)
	}
	if more := len(c.misses) - len(shown); more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(texts, "; ")
}

// entry is the entry that applies: of those that match the one with the highest
// score, the first of equals. For a selection it must have autoSelect true.
func (c *candidate) entry(selecting bool) *v1beta1.SupportedModelFormat {
	var best *v1beta1.SupportedModelFormat
	for _, e := range c.fits {
		if selecting && !isTrue(e.AutoSelect) {
			continue
		}
		if best == nil || entryScore(e) > entryScore(best) {
			best = e
		}
	}
	return best
}

// Weights that OME gives to a format and a framework whose weight is 0; absent
// ones have v1beta1.DefaultModelWeight.
const (
	zeroFormatWeight    = 10
	zeroFrameworkWeight = 5
)

// entryScore is (weight of the format + weight of the framework) x priority.
func entryScore(e *v1beta1.SupportedModelFormat) int64 {
	var sum int64
	if e.ModelFormat != nil {
		sum += weightOr(e.ModelFormat.Weight, zeroFormatWeight)
	}
	if e.ModelFramework != nil {
		sum += weightOr(e.ModelFramework.Weight, zeroFrameworkWeight)
	}
	if e.Priority != nil {
		sum *= int64(*e.Priority)
	}
	return sum
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

// trace is the entry that records a verdict.
func (v verdict) trace(outcome trace.Verdict) trace.Entry {
	return trace.Entry{
		Subject: "runtime/" + v.runtime.Name, Verdict: outcome, Reason: v.reason, Message: v.message,
		Source: Key(v.runtime.Kind, v.runtime.Name), Score: v.score,
	}
}

// entryText describes an entry: "safetensors transformers LlamaForCausalLM".
func entryText(e *v1beta1.SupportedModelFormat) string {
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
