package v1beta1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// InferenceServiceSpec says what to serve (model), with what (runtime), and how (engine, decoder,
// router).
// +kubebuilder:validation:XValidation:rule="!has(self.decoder) || has(self.engine) || (has(self.predictor) && (has(self.predictor.model) || has(self.predictor.minReplicas) || has(self.predictor.maxReplicas) || has(self.predictor.serviceAccountName) || has(self.predictor.containers) || has(self.predictor.volumes) || has(self.predictor.nodeSelector) || has(self.predictor.tolerations) || has(self.predictor.affinity) || has(self.predictor.workerSpec)))",message="decoder cannot be specified without engine: add engine (the prefill half), or rename decoder to engine",fieldPath=".decoder"
// +kubebuilder:validation:XValidation:rule="!has(self.router) || has(self.engine) || (has(self.predictor) && (has(self.predictor.model) || has(self.predictor.minReplicas) || has(self.predictor.maxReplicas) || has(self.predictor.serviceAccountName) || has(self.predictor.containers) || has(self.predictor.volumes) || has(self.predictor.nodeSelector) || has(self.predictor.tolerations) || has(self.predictor.affinity) || has(self.predictor.workerSpec)))",message="router cannot be specified without engine: add engine, to which the router sends requests",fieldPath=".router"
type InferenceServiceSpec struct {
	// Predictor is deprecated, and OME has removed it in v1.2.0: use engine, model and runtime. It has no
	// effect beside engine.
	// +optional
	Predictor PredictorSpec `json:"predictor,omitempty,omitzero"`
	// Engine runs the model server, or its prefill half when there is a decoder. Even an empty object
	// asks for one. What it leaves out comes from engineConfig of the runtime.
	// +optional
	Engine *EngineSpec `json:"engine,omitempty"`
	// Decoder runs the decode half of a service that splits prefill and decode. It needs an engine. What
	// it leaves out comes from decoderConfig of the runtime.
	// +optional
	Decoder *DecoderSpec `json:"decoder,omitempty"`
	// Router runs a proxy that spreads requests over the pods of engine and decoder; requests to the
	// service then go to it. It needs an engine. What it leaves out comes from routerConfig of the
	// runtime.
	// +optional
	Router *RouterSpec `json:"router,omitempty"`
	// DeploymentMode of every component: OMENative or RawDeployment. Absent means that it is derived
	// from what the component asks for. The annotation ome.io/deploymentMode of a component wins.
	// Since OME v1.3.
	// +optional
	// +kubebuilder:validation:Enum=OMENative;RawDeployment
	DeploymentMode DeploymentMode `json:"deploymentMode,omitempty"`
	// Model to serve. Without one, the runner must bring its own, and a runtime must be named where one is
	// needed.
	// +optional
	Model *ModelRef `json:"model,omitempty"`
	// Runtime to serve with. Without one, the runtime is taken that supports the model best, among those
	// with autoSelect.
	// +optional
	Runtime *ServingRuntimeRef `json:"runtime,omitempty"`
	// KedaConfig has the settings of KEDA for every component. A component's own kedaConfig wins field by
	// field, and its autoscaler replaces all of it.
	// +optional
	KedaConfig *KedaConfig `json:"kedaConfig,omitempty"`
	// AcceleratorSelector chooses the accelerator class of engine and decoder. A component's
	// acceleratorOverride wins.
	// +optional
	AcceleratorSelector *AcceleratorSelector `json:"acceleratorSelector,omitempty"`
	// Traffic is how a gateway balances requests. Of OME v1.3: it has no effect, and a finding says so.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	Traffic *runtime.RawExtension `json:"traffic,omitempty"`
	// Rollout is how OME's own mode rolls a change out. Of OME v1.3: it has no effect, and a finding
	// says so.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	Rollout *runtime.RawExtension `json:"rollout,omitempty"`
	// ScalingPolicy couples the numbers of replicas of the components. Of OME v1.3, which has no other
	// than Independent yet.
	// +optional
	ScalingPolicy *ScalingPolicy `json:"scalingPolicy,omitempty"`
	// Placement chooses clusters. Of OME v1.3: it has no effect, and a finding says so.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	Placement *runtime.RawExtension `json:"placement,omitempty"`
	// Routing spreads requests over clusters. Of OME v1.3: it has no effect, and a finding says so.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	Routing *runtime.RawExtension `json:"routing,omitempty"`
	// ReplicaRefs names InferenceReplicas that serve instead of an engine of this service. Of OME v1.3:
	// a service without an engine is not served.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	ReplicaRefs *runtime.RawExtension `json:"replicaRefs,omitempty"`
}

// ScalingPolicy couples the numbers of replicas of the components.
type ScalingPolicy struct {
	// Mode of the policy; default Independent.
	// +optional
	// +kubebuilder:validation:Enum=Independent;Proportional;Pinned
	Mode ScalingPolicyMode `json:"mode,omitempty"`
	// Proportional has the ratios of the mode Proportional.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	Proportional *runtime.RawExtension `json:"proportional,omitempty"`
}

// ScalingPolicyMode says how the numbers of replicas of components depend on each other.
type ScalingPolicyMode string

// ScalingIndependent is the mode in which each component scales alone.
const ScalingIndependent ScalingPolicyMode = "Independent"

// ModelRef names the model to serve.
type ModelRef struct {
	// Name of the BaseModel or ClusterBaseModel, for example llama-3-1-8b-instruct.
	Name string `json:"name"`
	// Kind of the model: BaseModel or ClusterBaseModel. Default ClusterBaseModel. Where there is none of
	// this kind, the other kind is looked for.
	// +optional
	// +kubebuilder:default=ClusterBaseModel
	Kind *string `json:"kind,omitempty"`
	// APIGroup of the model is ome.io; another text has no effect.
	// +optional
	// +kubebuilder:default="ome.io"
	APIGroup *string `json:"apiGroup,omitempty"`
	// Overlays are models that engine and decoder have beside this one, read-only at
	// /opt/ml/model-overlays/NAME. The variable OVERLAY_NAME_MODEL_PATH has the path, with the name in
	// upper case and underscores. Since OME v1.3.
	// +optional
	// +listType=map
	// +listMapKey=name
	Overlays []ModelOverlay `json:"overlays,omitempty"`
	// FineTunedWeights are the names of FineTunedWeights to add to the model, such as LoRA adapters.
	// +optional
	// +listType=atomic
	FineTunedWeights []string `json:"fineTunedWeights,omitempty"`
}

// ModelOverlay names a model that is mounted beside the one that is served.
type ModelOverlay struct {
	// Name of the ClusterBaseModel.
	Name string `json:"name"`
	// Kind of the model; default ClusterBaseModel.
	// +optional
	Kind *string `json:"kind,omitempty"`
	// APIGroup of the model; default ome.io.
	// +optional
	APIGroup *string `json:"apiGroup,omitempty"`
}

// ServingRuntimeRef names the runtime to serve with.
type ServingRuntimeRef struct {
	// Name of the ServingRuntime or ClusterServingRuntime. A runtime that is named is used also where it
	// does not declare support for the model; the condition SpecHonored then says so.
	Name string `json:"name"`
	// Kind of the runtime: ServingRuntime or ClusterServingRuntime. Default ClusterServingRuntime. Where
	// there is none of this kind, the other kind is looked for.
	// +optional
	// +kubebuilder:default=ClusterServingRuntime
	Kind *string `json:"kind,omitempty"`
	// APIGroup of the runtime is ome.io; another text has no effect.
	// +optional
	// +kubebuilder:default="ome.io"
	APIGroup *string `json:"apiGroup,omitempty"`
	// AutoSync false keeps running pods as they are when the runtime is edited; another text in the
	// annotation ome.io/runtime-sync lets them take it. Default true.
	// +optional
	AutoSync *bool `json:"autoSync,omitempty"`
	// Revision names a record of OME's own controller. It has no effect.
	// +optional
	Revision *string `json:"revision,omitempty"`
}

// PredictorSpec is the deprecated form of engine, model and runtime.
type PredictorSpec struct {
	// Model and runtime to serve with, and settings of the container of the model server.
	// +optional
	Model                  *ModelSpec `json:"model,omitempty"`
	PodSpec                `json:",inline"`
	ComponentExtensionSpec `json:",inline"`
	// WorkerSpec describes further pods beside the first one, for a model that does not fit into one node.
	// +optional
	WorkerSpec *WorkerSpec `json:"workerSpec,omitempty"`
}

// ModelSpec is the model of the deprecated predictor.
type ModelSpec struct {
	// Runtime is the name of the runtime; spec.runtime wins.
	// +optional
	Runtime *string `json:"runtime,omitempty"`
	// BaseModel is the name of the model; spec.model wins.
	// +optional
	BaseModel *string `json:"baseModel,omitempty"`
	// FineTunedWeights are the names of FineTunedWeights to add to the model, such as LoRA adapters.
	// +optional
	// +listType=atomic
	FineTunedWeights []string `json:"fineTunedWeights,omitempty"`
	// StorageURI says where the model is stored. It becomes the variable STORAGE_URI of the container.
	// +optional
	StorageURI *string `json:"storageUri,omitempty"`
	// RuntimeVersion has no effect: set the image with its version in spec.engine.runner.image.
	// +optional
	RuntimeVersion *string `json:"runtimeVersion,omitempty"`
	// ProtocolVersion that the model server speaks. It becomes the variable PROTOCOL_VERSION of the
	// container.
	// +optional
	ProtocolVersion  *string `json:"protocolVersion,omitempty"`
	corev1.Container `json:",inline"`
}

// InferenceService serves one model at one address.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=isvc
// +kubebuilder:printcolumn:name="Ready",type="string",JSONPath=".status.summary.ready"
// +kubebuilder:printcolumn:name="Reason",type="string",JSONPath=".status.summary.reason"
// +kubebuilder:printcolumn:name="Mode",type="string",JSONPath=".status.summary.mode"
// +kubebuilder:printcolumn:name="Runtime",type="string",JSONPath=".status.summary.shortRuntime"
// +kubebuilder:printcolumn:name="Model",type="string",JSONPath=".status.summary.shortModel"
// +kubebuilder:printcolumn:name="Replicas",type="string",JSONPath=".status.summary.replicas"
// +kubebuilder:printcolumn:name="GPUs",type="string",JSONPath=".status.summary.accelerators"
// +kubebuilder:printcolumn:name="URL",type="string",JSONPath=".status.summary.shortURL"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
// +kubebuilder:printcolumn:name="Address",type="string",priority=1,JSONPath=".status.summary.url"
// +kubebuilder:printcolumn:name="RuntimeName",type="string",priority=1,JSONPath=".status.summary.runtime"
// +kubebuilder:printcolumn:name="ModelName",type="string",priority=1,JSONPath=".spec.model.name"
// +kubebuilder:printcolumn:name="Prev",type="integer",priority=1,JSONPath=".status.components.engine.traffic[?(@.tag=='prev')].percent"
// +kubebuilder:printcolumn:name="Latest",type="integer",priority=1,JSONPath=".status.components.engine.traffic[?(@.latestRevision==true)].percent"
// +kubebuilder:printcolumn:name="Canary",type="string",priority=1,JSONPath=".status.conditions[?(@.type=='CanaryReady')].reason"
// +kubebuilder:printcolumn:name="Autoscaler",type="string",priority=1,JSONPath=".status.components.engine.autoscaler.class"
// +kubebuilder:printcolumn:name="Update",type="string",priority=1,JSONPath=".status.conditions[?(@.type=='UpdateAvailable')].reason"
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",message="the name must match [a-z]([-a-z0-9]*[a-z0-9])?: start with a lower-case letter, go on with lower-case letters, digits and '-', end with a letter or digit"
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="the name must have at most 63 characters, because it is also a label value"
type InferenceService struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec says what to serve (model), with what (runtime), and how (engine, decoder, router). What a
	// component leaves out comes from the runtime.
	// +optional
	Spec InferenceServiceSpec `json:"spec,omitempty"`
	// Status is what is known of the service: whether it is ready and why not, its address, and the
	// state of its model. Users do not write it.
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
