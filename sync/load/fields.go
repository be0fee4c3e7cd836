package load

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync"
	"github.com/isvc-io/isvc/sync/observed"
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

// maxDecodeProblems is how many fields of the wrong form are reported of one object.
const maxDecodeProblems = 20

// checkFields reports the fields that the kind does not have and those that keep the object from
// being decoded.
func checkFields(o *object) []Problem {
	var problems []Problem
	raw := o.raw
	unknown, err := v1beta1.DecodeAndListUnknown(raw, newObjectOfKind(o.kind()))
	for err != nil {
		problems = append(problems, decodeProblem(o, err))
		if raw = withoutWrongValue(raw, err); raw == nil || len(problems) == maxDecodeProblems {
			return problems
		}
		unknown, err = v1beta1.DecodeAndListUnknown(raw, newObjectOfKind(o.kind()))
	}
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

// withoutWrongValue is an object without the value that could not be decoded, so that others can; nil where it is not
// known which one that is.
func withoutWrongValue(raw []byte, err error) []byte {
	var field *v1beta1.FieldError
	tree, unreadable := observed.DecodeTree(raw)
	if !errors.As(err, &field) || field.Pointer == "" || unreadable != nil {
		return nil
	}
	var at any = tree
	for token := range field.Pointer.Parent().Tokens() {
		at = memberOf(at, token)
	}
	last := field.Pointer.LastToken()
	switch holder := at.(type) {
	case map[string]any:
		delete(holder, last)
	case []any:
		if i, err := strconv.Atoi(last); err == nil && i < len(holder) {
			holder[i] = nil
		}
	default:
		return nil
	}
	text, err := json.Marshal(tree)
	if err != nil {
		return nil
	}
	return text
}

// memberOf is a member of an object, or an item of a list; nil without one.
func memberOf(value any, token string) any {
	switch holder := value.(type) {
	case map[string]any:
		return holder[token]
	case []any:
		if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(holder) {
			return holder[i]
		}
	}
	return nil
}

func decodeProblem(o *object, err error) Problem {
	var field *v1beta1.FieldError
	if errors.As(err, &field) {
		return o.objectProblem(Error, field.Field, field.Problem)
	}
	return o.objectProblem(Error, "", err.Error())
}
