package load

import (
	"errors"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
)

// newObjectOfKind returns an empty object of a kind of ome.io.
func newObjectOfKind(kind kinds.Kind) any {
	switch kind {
	case kinds.InferenceService:
		return &v1beta1.InferenceService{}
	case kinds.BaseModel:
		return &v1beta1.BaseModel{}
	case kinds.ClusterBaseModel:
		return &v1beta1.ClusterBaseModel{}
	case kinds.FineTunedWeight:
		return &v1beta1.FineTunedWeight{}
	case kinds.ServingRuntime:
		return &v1beta1.ServingRuntime{}
	case kinds.ClusterServingRuntime:
		return &v1beta1.ClusterServingRuntime{}
	case kinds.AcceleratorClass:
		return &v1beta1.AcceleratorClass{}
	}
	return nil
}

// checkFields reports the fields that the kind does not have and the field that keeps the object
// from being decoded.
func checkFields(o *object) []Problem {
	unknown, err := v1beta1.DecodeAndListUnknown(o.raw, newObjectOfKind(o.kind()))
	if err != nil {
		return []Problem{decodeProblem(o, err)}
	}
	var problems []Problem
	for _, field := range unknown {
		problem := o.objectProblem(Warning, field, "is not a field of "+o.Kind+" and was ignored")
		problem.Reason = sync.ReasonUnknownField
		if place := v1beta1.PlaceOfField(newObjectOfKind(o.kind()), field); place != "" {
			problem.Message += ": did you mean " + place + "?"
		}
		if v1beta1.HasField(newObjectOfKind(o.kind()), field) {
			problem.Message = "occurs twice: the later value was used"
		}
		problems = append(problems, problem)
	}
	return problems
}

func decodeProblem(o *object, err error) Problem {
	var field *v1beta1.FieldError
	if errors.As(err, &field) {
		return o.objectProblem(Error, field.Field, field.Problem)
	}
	return o.objectProblem(Error, "", err.Error())
}
