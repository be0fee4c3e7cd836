package resolve

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
)

func modelRef(name string, kind ...string) *v1beta1.ModelRef {
	ref := &v1beta1.ModelRef{Name: name}
	if len(kind) > 0 {
		ref.Kind = &kind[0]
	}
	return ref
}

func off(s *v1beta1.BaseModelSpec) { s.Disabled = ptr(true) }

func TestFindModel(t *testing.T) {
	for sentence, c := range map[string]struct {
		cat     *Catalog
		ref     *v1beta1.ModelRef
		want    string // kind of the model
		reasons []string
	}{
		"a ClusterBaseModel without a kind": {
			catalog(clusterBaseModel("llama")), modelRef("llama"), KindClusterBaseModel, nil},
		"a BaseModel by its kind": {
			catalog(baseModel("llama")), modelRef("llama", KindBaseModel), KindBaseModel, nil},
		"a BaseModel without a kind, because there is no ClusterBaseModel": {
			catalog(baseModel("llama")), modelRef("llama"), KindBaseModel, nil},
		"a ClusterBaseModel although the kind is BaseModel": {
			catalog(clusterBaseModel("llama")), modelRef("llama", KindBaseModel), KindClusterBaseModel, nil},
		"the ClusterBaseModel that is named although the namespace has one too": {
			catalog(clusterBaseModel("llama"), baseModel("llama")), modelRef("llama", KindClusterBaseModel), KindClusterBaseModel, nil},
		"the BaseModel that is named although the cluster has one too": {
			catalog(clusterBaseModel("llama"), baseModel("llama")), modelRef("llama", KindBaseModel), KindBaseModel, nil},
		"the ClusterBaseModel of two when no kind is named": {
			catalog(clusterBaseModel("llama"), baseModel("llama")), modelRef("llama"), KindClusterBaseModel, nil},
		"the default kind when the kind is unknown": {
			catalog(clusterBaseModel("llama")), modelRef("llama", "Model"), KindClusterBaseModel, []string{ReferenceKindUnknown}},
		"the model of the weight that is named in its place": {
			catalog(clusterBaseModel("llama"), weight("mine", "", "{}")), modelRef("mine", KindFineTunedWeight), KindClusterBaseModel, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			rec := trace.NewExplainingRecorder()
			got, failure := FindModel(c.cat, c.ref, rec)
			require.Nil(t, failure)
			assert.Equal(t, "llama", got.Name)
			assert.Equal(t, c.want, got.Kind)
			assert.Equal(t, c.want == KindBaseModel, got.Namespace == "team-a")
			assert.Equal(t, c.reasons, findingReasons(rec))
		})
	}
}

func TestFindModelFails(t *testing.T) {
	elsewhere := weight("mine", "", "{}")
	elsewhere.Spec.BaseModelRef.Namespace = ptr("team-b")
	for sentence, c := range map[string]struct {
		cat     *Catalog
		ref     *v1beta1.ModelRef
		reason  string
		failure v1beta1.FailureReason
		message string
	}{
		"when neither scope has the model": {
			catalog(), modelRef("llama"), ModelNotFound, v1beta1.BaseModelNotFound,
			"neither a BaseModel of this name in namespace team-a nor a ClusterBaseModel"},
		"when the reference has no name": {
			catalog(), modelRef(""), ModelNotFound, v1beta1.BaseModelNotFound, "spec.model.name is empty"},
		"when the model is disabled": {
			catalog(clusterBaseModel("llama", off)), modelRef("llama"), ModelDisabled, v1beta1.BaseModelNotReady,
			"ClusterBaseModel llama is disabled"},
		"when the model is spread over nodes": {
			catalog(clusterBaseModel("llama", sharded)), modelRef("llama"), ModelSharded, v1beta1.BaseModelNotReady,
			"ClusterBaseModel llama has spec.distribution Sharded"},
		"when the model that is named is disabled and the other scope's is not": {
			catalog(clusterBaseModel("llama", off), baseModel("llama")), modelRef("llama"), ModelDisabled, v1beta1.BaseModelNotReady,
			"ClusterBaseModel llama is disabled"},
		"when the model cannot be decoded, even if the other scope has one": {
			catalog(baseModel("llama")).breaking("ClusterBaseModel/llama"), modelRef("llama"), ModelInvalid, v1beta1.BaseModelNotReady,
			"ClusterBaseModel llama cannot be read: spec: wrong type"},
		"when the weight in the model's place does not exist": {
			catalog(clusterBaseModel("mine")), modelRef("mine", KindFineTunedWeight), FineTunedWeightNotFound, v1beta1.InvalidPredictorSpec, "FineTunedWeight mine"},
		"when the weight's model is in another namespace": {
			catalog(elsewhere, baseModel("llama")), modelRef("mine", KindFineTunedWeight), ModelNotFound, v1beta1.BaseModelNotFound, "team-b"},
	} {
		t.Run(sentence, func(t *testing.T) {
			got, failure := FindModel(c.cat, c.ref, &trace.Recorder{})
			assert.Nil(t, got)
			require.NotNil(t, failure)
			assert.Equal(t, c.reason, failure.Reason)
			assert.Equal(t, c.failure, failure.ModelReason)
			assert.Contains(t, failure.Message, c.message)
		})
	}
}

func TestFindModelWithoutReferenceIsNoFailure(t *testing.T) {
	got, failure := FindModel(catalog(), nil, nil)
	assert.Nil(t, got)
	assert.Nil(t, failure)
}

func TestFindModelTellsAStateButUsesTheModel(t *testing.T) {
	failed := clusterBaseModel("llama")
	failed.Status.State = v1beta1.LifeCycleFailed
	rec := trace.NewExplainingRecorder()
	got, failure := FindModel(catalog(failed), modelRef("llama"), rec)
	require.Nil(t, failure)
	assert.Equal(t, v1beta1.LifeCycleFailed, got.Status.State)
	assert.Empty(t, rec.Findings())
	last := rec.Entries()[len(rec.Entries())-1]
	assert.Equal(t, ModelNotReady, last.Reason)
	assert.Equal(t, "Failed", last.Value)
}

func TestFindModelTracesTheScopeThatWasTried(t *testing.T) {
	rec := trace.NewExplainingRecorder()
	_, failure := FindModel(catalog(baseModel("llama")), modelRef("llama"), rec)
	require.Nil(t, failure)
	require.GreaterOrEqual(t, len(rec.Entries()), 2)
	assert.Equal(t, trace.Absent, rec.Entries()[0].Verdict)
	assert.Equal(t, "ClusterBaseModel/llama", rec.Entries()[0].Source)
	assert.Equal(t, OtherScope, rec.Entries()[1].Reason)
	assert.Contains(t, rec.Entries()[1].Message, "spec.model has no kind, which means ClusterBaseModel")
}

func TestFindWeight(t *testing.T) {
	for sentence, c := range map[string]struct {
		weight   *v1beta1.FineTunedWeight
		merged   bool
		strategy string
		reasons  []string
	}{
		"an adapter":                         {weight("mine", `{"merged_weights":false}`, `{"strategy":"lora"}`), false, "lora", nil},
		"merged weights":                     {weight("mine", `{"merged_weights": true}`, `{"strategy":"tfew"}`), true, "tfew", nil},
		"the text true is not merged":        {weight("mine", `{"merged_weights":"true"}`, `{"strategy":"lora"}`), false, "lora", nil},
		"no configuration is not merged":     {weight("mine", "", `{"strategy":"lora"}`), false, "lora", nil},
		"a null configuration is not merged": {weight("mine", "null", `{"strategy":"lora"}`), false, "lora", nil},
		"no strategy is reported":            {weight("mine", "", `{"epochs":3}`), false, "", []string{FineTunedWeightStrategyMissing}},
		"no parameters at all are reported":  {weight("mine", "", ""), false, "", []string{FineTunedWeightStrategyMissing}},
		"a null strategy is none":            {weight("mine", "", `{"strategy":null}`), false, "", []string{FineTunedWeightStrategyMissing}},
		"an empty strategy is one":           {weight("mine", "", `{"strategy":""}`), false, "", nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			rec := &trace.Recorder{}
			got, failure := FindWeight(catalog(c.weight), &v1beta1.ModelRef{Name: "llama", FineTunedWeights: []string{"mine"}}, rec)
			require.Nil(t, failure)
			assert.Same(t, c.weight, got.Object)
			assert.Equal(t, c.merged, got.Merged)
			assert.Equal(t, c.strategy, got.Strategy)
			assert.Equal(t, c.reasons, findingReasons(rec))
		})
	}
}

func TestFindWeightFails(t *testing.T) {
	for sentence, c := range map[string]struct {
		cat     *Catalog
		names   []string
		reason  string
		message string
	}{
		"for two weights": {
			catalog(), []string{"a", "b"}, FineTunedWeightsUnsupported, "keep one of [a b]"},
		"for a weight that does not exist": {
			catalog(), []string{"mine"}, FineTunedWeightNotFound, "FineTunedWeight mine"},
		"for a weight that cannot be decoded": {
			catalog().breaking("FineTunedWeight/mine"), []string{"mine"}, FineTunedWeightInvalid, "cannot be read"},
		"for a strategy that is a number": {
			catalog(weight("mine", "", `{"strategy":7}`)), []string{"mine"}, FineTunedWeightInvalid, "spec.hyperParameters.strategy is 7: it must be a string"},
		"for a configuration that is a list": {
			catalog(weight("mine", "[]", `{"strategy":"lora"}`)), []string{"mine"}, FineTunedWeightInvalid, "spec.configuration must be a JSON object"},
	} {
		t.Run(sentence, func(t *testing.T) {
			got, failure := FindWeight(c.cat, &v1beta1.ModelRef{Name: "llama", FineTunedWeights: c.names}, nil)
			assert.Nil(t, got)
			require.NotNil(t, failure)
			assert.Equal(t, c.reason, failure.Reason)
			assert.Contains(t, failure.Message, c.message)
		})
	}
}

func TestFindWeightOfAServiceWithoutWeights(t *testing.T) {
	for sentence, ref := range map[string]*v1beta1.ModelRef{
		"no model":      nil,
		"no weights":    modelRef("llama"),
		"an empty name": {Name: "llama", FineTunedWeights: []string{""}},
	} {
		t.Run(sentence, func(t *testing.T) {
			got, failure := FindWeight(catalog(), ref, nil)
			assert.Nil(t, got)
			assert.Nil(t, failure)
		})
	}
}

func TestFindWeightReportsWhatWasHardlyMeant(t *testing.T) {
	w := weight("mine", "", `{"strategy":"lora"}`)
	w.Spec.Disabled = ptr(true)
	rec := &trace.Recorder{}
	_, failure := FindWeight(catalog(w), &v1beta1.ModelRef{Name: "mistral", FineTunedWeights: []string{"mine", "mine"}}, rec)
	require.Nil(t, failure)
	assert.Equal(t, []string{FineTunedWeightDisabled, FineTunedWeightForOtherModel}, findingReasons(rec))
}

func TestFindWeightInTheModelsPlace(t *testing.T) {
	rec := &trace.Recorder{}
	got, failure := FindWeight(catalog(weight("mine", "", `{"strategy":"lora"}`)), modelRef("mine", KindFineTunedWeight), rec)
	require.Nil(t, failure)
	assert.Equal(t, "mine", got.Object.Name)
	assert.Empty(t, rec.Findings())
}

func TestBothScopesAreTold(t *testing.T) {
	rec := trace.NewExplainingRecorder()
	_, failure := FindModel(catalog(clusterBaseModel("llama"), baseModel("llama")), modelRef("llama", KindBaseModel), rec)
	require.Nil(t, failure)
	assert.Empty(t, rec.Findings(), "a kind that is named needs no warning")
	require.NotEmpty(t, rec.Entries())
	assert.Equal(t, ReferenceAmbiguous, rec.Entries()[0].Reason)
	assert.Equal(t, "ClusterBaseModel/llama", rec.Entries()[0].Source)
}
