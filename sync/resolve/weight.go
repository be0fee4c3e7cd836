package resolve

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// Weight is the fine-tuned weight that a service adds to its model.
type Weight struct {
	// Object is never nil and must not be changed.
	Object *v1beta1.FineTunedWeight
	// Merged is true when the stored files hold the complete, adapted model: spec.configuration has
	// merged_weights true.
	Merged bool
	// Strategy is spec.hyperParameters.strategy, for example lora or tfew; empty when the weight
	// does not say.
	Strategy string
}

// FindWeight finds the one weight that ref names; it returns nil when ref does not name one. A
// weight without configuration is not merged; OME fails then.
//
// Findings: FineTunedWeightsUnsupported for more than one weight, FineTunedWeightNotFound,
// FineTunedWeightInvalid.
func FindWeight(cat *Catalog, ref *v1beta1.ModelRef, rec *trace.Recorder) (*Weight, *finding.Finding) {
	named := weightNames(ref)
	switch len(named) {
	case 0:
		return nil, nil
	case 1:
	default:
		return nil, newFailuref(FineTunedWeightsUnsupported,
			"spec.model names %d fine-tuned weights, but only one can be served at a time: keep one of %v", len(named), named)
	}
	object, failure := findWeight(cat, named[0], rec)
	if failure != nil {
		return nil, failure
	}
	weight, failure := readWeight(object, rec)
	if failure != nil {
		return nil, failure
	}
	warnAboutDoubtfulWeight(weight, ref, rec)
	rec.AddEntry(trace.Entry{
		Subject: "weight/" + named[0], Verdict: trace.Chosen, Reason: Named,
		Message: fmt.Sprintf("named by spec.model; strategy %q, merged %t", weight.Strategy, weight.Merged),
		Source:  KindAndName(KindFineTunedWeight, named[0]),
	})
	return weight, nil
}

// weightNames lists the weights that a reference names, each once.
func weightNames(ref *v1beta1.ModelRef) []string {
	var named []string
	if ref == nil {
		return nil
	}
	if namesWeight(ref) {
		named = append(named, ref.Name)
	}
	for _, name := range ref.FineTunedWeights {
		if name != "" && !slices.Contains(named, name) {
			named = append(named, name)
		}
	}
	return named
}

// findWeight looks a weight up by name.
func findWeight(cat *Catalog, name string, rec *trace.Recorder) (*v1beta1.FineTunedWeight, *finding.Finding) {
	if why, broken := cat.Broken[KindAndName(KindFineTunedWeight, name)]; broken {
		return nil, newFailuref(FineTunedWeightInvalid, "FineTunedWeight %s cannot be read: %s: correct it", name, why)
	}
	if weight := cat.FineTunedWeights[name]; weight != nil {
		return weight, nil
	}
	rec.AddEntry(trace.Entry{Subject: "weight/" + name, Verdict: trace.Absent, Reason: FineTunedWeightNotFound, Source: KindAndName(KindFineTunedWeight, name)})
	return nil, newFailuref(FineTunedWeightNotFound, "spec.model names the FineTunedWeight %s, but there is none of this name: create it, or correct the name", name)
}

// readWeight reads the two facts that OME takes from the free-form fields of a weight.
func readWeight(object *v1beta1.FineTunedWeight, rec *trace.Recorder) (*Weight, *finding.Finding) {
	w := &Weight{Object: object}
	configuration, failure := jsonMembers(object.Name, "spec.configuration", object.Spec.Configuration.Raw)
	if failure != nil {
		return nil, failure
	}
	w.Merged = string(configuration["merged_weights"]) == "true"

	parameters, failure := jsonMembers(object.Name, "spec.hyperParameters", object.Spec.HyperParameters.Raw)
	if failure != nil {
		return nil, failure
	}
	strategy := parameters["strategy"]
	if len(strategy) == 0 || string(strategy) == "null" {
		rec.AddFinding("weight/"+object.Name, FineTunedWeightStrategyMissing, fmt.Sprintf(
			"FineTunedWeight %s has no spec.hyperParameters.strategy: write the method of fine-tuning there, for example lora", object.Name))
		return w, nil
	}
	if err := json.Unmarshal(strategy, &w.Strategy); err != nil {
		return nil, newFailuref(FineTunedWeightInvalid, "FineTunedWeight %s spec.hyperParameters.strategy is %s: it must be a string", object.Name, strategy)
	}
	return w, nil
}

// jsonMembers reads a free-form field as an object; an absent field has no members.
func jsonMembers(name, field string, raw []byte) (map[string]json.RawMessage, *finding.Finding) {
	if len(raw) == 0 {
		return nil, nil
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, newFailuref(FineTunedWeightInvalid, "FineTunedWeight %s %s must be a JSON object: %v", name, field, err)
	}
	return m, nil
}

// warnAboutDoubtfulWeight warns of what OME accepts and a user probably did not mean.
func warnAboutDoubtfulWeight(w *Weight, ref *v1beta1.ModelRef, rec *trace.Recorder) {
	name, base := w.Object.Name, w.Object.Spec.BaseModelRef.Name
	if isTrue(w.Object.Spec.Disabled) {
		rec.AddFinding("weight/"+name, FineTunedWeightDisabled, fmt.Sprintf("FineTunedWeight %s is disabled and used all the same: name another weight, or set its spec.disabled to false", name))
	}
	if !namesWeight(ref) && base != nil && *base != ref.Name {
		rec.AddFinding("weight/"+name, FineTunedWeightForOtherModel, fmt.Sprintf(
			"FineTunedWeight %s adapts the model %s, but the service names %s: name that model in spec.model.name, or another weight", name, *base, ref.Name))
	}
}
