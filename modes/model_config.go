package modes

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// modelsKey is the key of the ConfigMap that describes the model.
const modelsKey = "models.json"

// modelEntry is one model in models.json. The order of the fields is OME's.
type modelEntry struct {
	ModelName           string      `json:"modelName"`
	ModelSpec           modelFacts  `json:"modelSpec"`
	FineTunedWeightSpec *modelFacts `json:"fineTunedWeightSpec,omitempty"`
}

// modelFacts are what models.json says about a model or a weight.
type modelFacts struct {
	StorageURI            *string           `json:"storageUri,omitempty"`
	Path                  *string           `json:"path,omitempty"`
	SchemaPath            *string           `json:"schemaPath,omitempty"`
	Parameters            map[string]string `json:"parameters,omitempty"`
	StorageKey            *string           `json:"storageKey,omitempty"`
	ModelFormatName       *string           `json:"modelFormatName,omitempty"`
	ModelFormatVersion    *string           `json:"modelFormatVersion,omitempty"`
	ModelType             *string           `json:"modelType,omitempty"`
	ModelFrameworkName    *string           `json:"modelFrameworkName,omitempty"`
	ModelFrameworkVersion *string           `json:"modelFrameworkVersion,omitempty"`
}

// MakeModelConfigMap makes the ConfigMap that describes the service's model to programs that read
// it: models.json, a JSON list with one entry. The model is the one that the pods mount; weight is
// nil without a fine-tuned weight.
func MakeModelConfigMap(env *Env, modelName string, model *v1beta1.BaseModelSpec, weight *v1beta1.FineTunedWeightSpec) *corev1.ConfigMap {
	entry := modelEntry{ModelName: modelName, ModelSpec: describeBaseModel(model)}
	if weight != nil {
		facts := describeStorage(weight.Storage)
		facts.ModelType = weight.ModelType
		entry.FineTunedWeightSpec = &facts
	}
	models, _ := json.Marshal([]modelEntry{entry}) // strings and maps of strings always marshal
	return &corev1.ConfigMap{
		TypeMeta:   typeMetaOf(kinds.ConfigMap),
		ObjectMeta: serviceObjectMeta(env.Parent, names.ModelConfig(env.Parent.Name), nil),
		Data:       map[string]string{modelsKey: string(models)},
	}
}

// describeBaseModel describes a base model.
func describeBaseModel(model *v1beta1.BaseModelSpec) modelFacts {
	facts := describeStorage(model.Storage)
	facts.ModelFormatName, facts.ModelFormatVersion = &model.ModelFormat.Name, model.ModelFormat.Version
	facts.ModelType = model.ModelType
	if framework := model.ModelFramework; framework != nil {
		facts.ModelFrameworkName, facts.ModelFrameworkVersion = &framework.Name, framework.Version
	}
	return facts
}

// describeStorage describes where a model is stored.
func describeStorage(storage *v1beta1.StorageSpec) modelFacts {
	if storage == nil {
		return modelFacts{}
	}
	return modelFacts{
		StorageURI: &storage.StorageURI,
		Path:       storage.Path,
		SchemaPath: storage.SchemaPath,
		Parameters: storage.Parameters,
		StorageKey: storage.StorageKey,
	}
}
