package main

import (
	"encoding/json"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/cmd/isvc/check"
	"github.com/isvc-io/isvc/cmd/isvc/lint"
	"github.com/isvc-io/isvc/sync/load"
)

// inputsAtOnce is how many objects of the input are sent to isvc-check together.
const inputsAtOnce = 64

// refusedInputs are what isvc-check says about the objects of the input: what the definitions of their
// kinds refuse. What the loader could not decode is left out, because it said so; so are unknown fields.
func (in *input) refusedInputs(program *check.Program) ([]lint.Finding, error) {
	if program == nil {
		return nil, nil
	}
	reported := in.undecodableObjects()
	var inputs []load.Input
	for _, object := range in.set.Inputs() {
		if object.Kind != kinds.ConfigMap && !reported[object.String()] {
			inputs = append(inputs, object)
		}
	}
	var all []lint.Finding
	for len(inputs) > 0 {
		some := inputs[:min(len(inputs), inputsAtOnce)]
		inputs = inputs[len(some):]
		var objects []json.RawMessage
		for _, object := range some {
			objects = append(objects, object.Raw)
		}
		results, err := program.Check(objects)
		if err != nil {
			return nil, err
		}
		for i, result := range results {
			all = append(all, in.findingsOfInput(some[i], result)...)
		}
	}
	return all, nil
}

func (in *input) findingsOfInput(object load.Input, result check.Result) []lint.Finding {
	var all []lint.Finding
	for _, said := range result.Findings {
		if said.Cause == check.CauseUnknownField {
			continue
		}
		found := lint.NewFinding(lint.RuleDefinition, said.Message)
		found.Object, found.Field, found.By = objectForPeople(object.ObjectName, ""), said.Field, said.By
		if object.Kind == kinds.InferenceService {
			found.Namespace, found.Name, found.Object = object.Namespace, object.Name, v1beta1.KindInferenceService+"/"+object.Name
		}
		in.placeFinding(&found, object.File, in.lines.PositionOf(object, said.Field))
		all = append(all, found)
	}
	return all
}
