package modes

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/internal/omecases"
	"github.com/isvc-io/isvc/internal/yamlstream"
)

// recordedModel is the first model of a case.
func recordedModel(t *testing.T, name string) *v1beta1.ClusterBaseModel {
	t.Helper()
	models, err := yamlstream.Documents(omecases.Get(t, name).Data(omecases.Models))
	require.NoError(t, err)
	model := &v1beta1.ClusterBaseModel{}
	require.NoError(t, json.Unmarshal(models[0], model))
	return model
}

func TestModelConfigEqualsOMEs(t *testing.T) {
	for sentence, folder := range map[string]string{
		"a model":                          "001-raw-minimal",
		"a model with a weight":            "188-ftw-adapter",
		"a model on a claim":               "100-storage-pvc-with-path",
		"a model with every storage field": "103-storage-s3",
		"a model without a path":           "104-storage-no-path",
		"a model without storage":          "106-storage-none",
	} {
		t.Run(sentence, func(t *testing.T) {
			model := recordedModel(t, folder)
			var weight *v1beta1.FineTunedWeightSpec
			if recorded := recordedWeight(t, folder); recorded != nil {
				weight = &recorded.Spec
			}
			assert.Equal(t, recordedObject(t, folder, omecases.Children, "ConfigMap", "modelconfig-chat"),
				tree(MakeModelConfigMap(sampleEnv(), model.Name, &model.Spec, weight)))
		})
	}
}

func TestModelConfigOfALongNameIsItsOwn(t *testing.T) {
	model := &v1beta1.BaseModelSpec{}
	name := func(service string) string {
		return MakeModelConfigMap(sampleEnv(func(env *Env) { env.Parent.Name = service }), "m", model, nil).Name
	}
	assert.NotEqual(t, name("blue-0123456789-abcdefgh"), name("green-0123456789-abcdefgh"))
}
