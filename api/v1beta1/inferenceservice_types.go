package v1beta1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// InferenceServiceSpec says what to serve (model), with what (runtime), and how (engine, decoder,
// router).
// +kubebuilder:validation:XValidation:rule="!has(self.decoder) || has(self.engine) || (has(self.predictor) && (has(self.predictor.model) || has(self.predictor.minReplicas) || has(self.predictor.maxReplicas) || has(self.predictor.serviceAccountName) || has(self.predictor.containers) || has(self.predictor.volumes) || has(self.predictor.nodeSelector) || has(self.predictor.tolerations) || has(self.predictor.affinity) || has(self.predictor.workerSpec)))",message="decoder cannot be specified without engine: add engine (the prefill half), or rename decoder to engine",fieldPath=".decoder"
// +kubebuilder:validation:XValidation:rule="!has(self.router) || has(self.engine) || (has(self.predictor) && (has(self.predictor.model) || has(self.predictor.minReplicas) || has(self.predictor.maxReplicas) || has(self.predictor.serviceAccountName) || has(self.predictor.containers) || has(self.predictor.volumes) || has(self.predictor.nodeSelector) || has(self.predictor.tolerations) || has(self.predictor.affinity) || has(self.predictor.workerSpec)))",message="router cannot be specified without engine: add engine, to which the router sends requests",fieldPath=".router"
type InferenceServiceSpec struct {
	// Predictor is deprecated: use engine, model and runtime.
	// +optional
	Predictor PredictorSpec `json:"predictor,omitempty,omitzero"`
	// Engine serves the model, or its prefill phase when there is a decoder.
	// +optional
	Engine *EngineSpec `json:"engine,omitempty"`
	// Decoder serves the decode phase.
	// +optional
	Decoder *DecoderSpec `json:"decoder,omitempty"`
	// Router distributes requests over engine and decoder.
	// +optional
	Router *RouterSpec `json:"router,omitempty"`
	// Model to serve.
	// +optional
	Model *ModelRef `json:"model,omitempty"`
	// Runtime to serve with; absent means that one is selected by the model.
	// +optional
	Runtime *ServingRuntimeRef `json:"runtime,omitempty"`
	// KedaConfig for every component that KEDA scales.
	// +optional
	KedaConfig *KedaConfig `json:"kedaConfig,omitempty"`
	// AcceleratorSelector for engine and decoder.
	// +optional
	AcceleratorSelector *AcceleratorSelector `json:"acceleratorSelector,omitempty"`
}

// ModelRef names the model to serve.
type ModelRef struct {
	// Name of the BaseModel or ClusterBaseModel.
	Name string `json:"name"`
	// Kind of the model: BaseModel or ClusterBaseModel; default ClusterBaseModel.
	// +optional
	// +kubebuilder:default=ClusterBaseModel
	Kind *string `json:"kind,omitempty"`
	// APIGroup of the model; default ome.io.
	// +optional
	// +kubebuilder:default="ome.io"
	APIGroup *string `json:"apiGroup,omitempty"`
	// FineTunedWeights are names of the weights to add to the model.
	// +optional
	// +listType=atomic
	FineTunedWeights []string `json:"fineTunedWeights,omitempty"`
}

// ServingRuntimeRef names the runtime to serve with.
type ServingRuntimeRef struct {
	// Name of the ServingRuntime or ClusterServingRuntime.
	Name string `json:"name"`
	// Kind of the runtime: ServingRuntime or ClusterServingRuntime; default ClusterServingRuntime.
	// +optional
	// +kubebuilder:default=ClusterServingRuntime
	Kind *string `json:"kind,omitempty"`
	// APIGroup of the runtime; default ome.io.
	// +optional
	// +kubebuilder:default="ome.io"
	APIGroup *string `json:"apiGroup,omitempty"`
}

// PredictorSpec is the deprecated form of engine, model and runtime.
type PredictorSpec struct {
	// Model and runtime to serve with.
	// +optional
	Model                  *ModelSpec `json:"model,omitempty"`
	PodSpec                `json:",inline"`
	ComponentExtensionSpec `json:",inline"`
	// WorkerSpec makes the predictor multi-node.
	// +optional
	WorkerSpec *WorkerSpec `json:"workerSpec,omitempty"`
}

// ModelSpec is the model of the deprecated predictor.
type ModelSpec struct {
	// Runtime is the name of the runtime.
	// +optional
	Runtime *string `json:"runtime,omitempty"`
	// BaseModel is the name of the model.
	// +optional
	BaseModel *string `json:"baseModel,omitempty"`
	// FineTunedWeights are names of the weights to add to the model.
	// +optional
	// +listType=atomic
	FineTunedWeights []string `json:"fineTunedWeights,omitempty"`
	// StorageURI of the model.
	// +optional
	StorageURI *string `json:"storageUri,omitempty"`
	// RuntimeVersion of the runtime's image.
	// +optional
	RuntimeVersion *string `json:"runtimeVersion,omitempty"`
	// ProtocolVersion that the model server speaks.
	// +optional
	ProtocolVersion  *string `json:"protocolVersion,omitempty"`
	corev1.Container `json:",inline"`
}

// InferenceService serves one model.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=isvc
// +kubebuilder:printcolumn:name="URL",type="string",JSONPath=".status.url"
// +kubebuilder:printcolumn:name="Ready",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].status"
// +kubebuilder:printcolumn:name="BaseModel",type="string",JSONPath=".spec.model.name"
// +kubebuilder:printcolumn:name="Runtime",type="string",JSONPath=".spec.runtime.name"
// +kubebuilder:printcolumn:name="Prev",type="integer",JSONPath=".status.components.engine.traffic[?(@.tag=='prev')].percent"
// +kubebuilder:printcolumn:name="Latest",type="integer",JSONPath=".status.components.engine.traffic[?(@.latestRevision==true)].percent"
// +kubebuilder:printcolumn:name="PrevRolledoutRevision",type="string",JSONPath=".status.components.engine.traffic[?(@.tag=='prev')].revisionName"
// +kubebuilder:printcolumn:name="LatestReadyRevision",type="string",JSONPath=".status.components.engine.traffic[?(@.latestRevision==true)].revisionName"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",message="the name must match [a-z]([-a-z0-9]*[a-z0-9])?: start with a lower-case letter, go on with lower-case letters, digits and '-', end with a letter or digit"
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="the name must have at most 63 characters, because it is also a label value"
type InferenceService struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// +optional
	Spec InferenceServiceSpec `json:"spec,omitempty"`
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	Status InferenceServiceStatus `json:"status,omitempty,omitzero"`
}

// InferenceServiceList is a list of InferenceServices.
// +kubebuilder:object:root=true
type InferenceServiceList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []InferenceService `json:"items"`
}
