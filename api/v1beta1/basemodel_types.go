package v1beta1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// BaseModelSpec describes a model: its form, its size and where it is stored.
type BaseModelSpec struct {
	// ModelFormat of the stored files, for example safetensors.
	// +optional
	ModelFormat ModelFormat `json:"modelFormat,omitempty,omitzero"`
	// ModelType is the model's type as its configuration names it, for example llama.
	// +optional
	ModelType *string `json:"modelType,omitempty"`
	// ModelFramework that the model is written for, for example transformers.
	// +optional
	ModelFramework *ModelFrameworkSpec `json:"modelFramework,omitempty"`
	// ModelArchitecture, for example LlamaForCausalLM.
	// +optional
	ModelArchitecture *string `json:"modelArchitecture,omitempty"`
	// Quantization of the stored weights, for example fp8.
	// +optional
	Quantization *ModelQuantization `json:"quantization,omitempty"`
	// ModelParameterSize is the number of parameters with a suffix M, B or T, for example 7B.
	// +optional
	ModelParameterSize *string `json:"modelParameterSize,omitempty"`
	// ModelCapabilities, for example TEXT_TO_TEXT. Any string is accepted.
	// +optional
	// +listType=atomic
	ModelCapabilities []string `json:"modelCapabilities,omitempty"`
	// APICapabilities that the model can be called with. Any string is accepted.
	// +optional
	// +listType=atomic
	APICapabilities []string `json:"apiCapabilities,omitempty"`
	// ModelConfiguration is the model's own configuration, in any form.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	ModelConfiguration runtime.RawExtension `json:"modelConfiguration,omitempty,omitzero"`
	// Storage says where the model is stored.
	Storage *StorageSpec `json:"storage"`

	ModelExtensionSpec `json:",inline"`

	// ServingMode in which the model may be served. Any string is accepted.
	// +optional
	// +listType=atomic
	ServingMode []string `json:"servingMode,omitempty"`
	// MaxTokens is the length of the model's context.
	// +optional
	MaxTokens *int32 `json:"maxTokens,omitempty"`
	// DiffusionPipeline describes the parts of a diffusion model.
	// +optional
	DiffusionPipeline *DiffusionPipelineSpec `json:"diffusionPipeline,omitempty"`
	// AdditionalMetadata are further facts about the model.
	// +optional
	AdditionalMetadata map[string]string `json:"additionalMetadata,omitempty"`
}

// ModelExtensionSpec is what models and fine-tuned weights have in common.
type ModelExtensionSpec struct {
	// DisplayName for people.
	// +optional
	DisplayName *string `json:"displayName,omitempty"`
	// Version of the model.
	// +optional
	Version *string `json:"version,omitempty"`
	// Disabled true keeps services from using the model.
	// +optional
	Disabled *bool `json:"disabled,omitempty"`
	// Vendor of the model, for example meta.
	// +optional
	Vendor *string `json:"vendor,omitempty"`
	// CompartmentID of the model's owner.
	// +optional
	CompartmentID *string `json:"compartmentID,omitempty"`
}

// DefaultModelWeight is the weight of a format or framework that gives none.
const DefaultModelWeight int64 = 1

// Version operators. A runtime's version stands on the left, a model's on the right.
const (
	VersionEqual              = "Equal"
	VersionGreaterThan        = "GreaterThan"
	VersionGreaterThanOrEqual = "GreaterThanOrEqual"
)

// ModelFormat is a storage format of a model, in one version.
type ModelFormat struct {
	// Name of the format, for example safetensors.
	Name string `json:"name"`
	// Version of the format.
	// +optional
	Version *string `json:"version,omitempty"`
	// Operator that compares a runtime's version with a model's; only a runtime's operator has an
	// effect. Default Equal.
	// +optional
	// +kubebuilder:default=Equal
	Operator *string `json:"operator,omitempty"`
	// Weight of a match of this format in the score of a runtime. Default 1.
	// +optional
	// +kubebuilder:default=1
	Weight *int64 `json:"weight,omitempty"`
}

// ModelFrameworkSpec is a framework of a model, in one version.
type ModelFrameworkSpec struct {
	// Name of the framework, for example transformers.
	Name string `json:"name"`
	// Version of the framework.
	// +optional
	Version *string `json:"version,omitempty"`
	// Operator that compares a runtime's version with a model's; only a runtime's operator has an
	// effect. Default Equal.
	// +optional
	// +kubebuilder:default=Equal
	Operator *string `json:"operator,omitempty"`
	// Weight of a match of this framework in the score of a runtime. Default 1.
	// +optional
	// +kubebuilder:default=1
	Weight *int64 `json:"weight,omitempty"`
}

// ModelQuantization is a form of reduced precision. Any string is accepted.
type ModelQuantization string

// Common quantizations. isvc compares them as strings and knows none of them.
const (
	QuantizationFP8       ModelQuantization = "fp8"
	QuantizationFbgemmFP8 ModelQuantization = "fbgemm_fp8"
	QuantizationINT4      ModelQuantization = "int4"
)

// DiffusionPipelineSpec describes the parts of a diffusion model.
type DiffusionPipelineSpec struct {
	// ClassName of the pipeline.
	// +optional
	ClassName *string `json:"className,omitempty"`
	// Scheduler of the pipeline.
	// +optional
	Scheduler *DiffusionComponent `json:"scheduler,omitempty"`
	// TextEncoder of the pipeline.
	// +optional
	TextEncoder *DiffusionComponent `json:"textEncoder,omitempty"`
	// Tokenizer of the pipeline.
	// +optional
	Tokenizer *DiffusionComponent `json:"tokenizer,omitempty"`
	// Transformer of the pipeline.
	// +optional
	Transformer *DiffusionComponent `json:"transformer,omitempty"`
	// VAE of the pipeline.
	// +optional
	VAE *DiffusionComponent `json:"vae,omitempty"`
	// AdditionalComponents by name.
	// +optional
	// +mapType=atomic
	AdditionalComponents map[string]DiffusionComponent `json:"additionalComponents,omitempty"`
}

// DiffusionComponent is one part of a diffusion model.
type DiffusionComponent struct {
	// Library that has the type, for example diffusers.
	// +optional
	Library string `json:"library,omitempty"`
	// Type in the library.
	// +optional
	Type string `json:"type,omitempty"`
}

// StorageSpec says where a model is stored and where nodes keep it.
type StorageSpec struct {
	// Path of the model on the node, or of its mount in pods.
	// +optional
	Path *string `json:"path,omitempty"`
	// SchemaPath of the model's schema.
	// +optional
	SchemaPath *string `json:"schemaPath,omitempty"`
	// Parameters of the storage.
	// +optional
	Parameters map[string]string `json:"parameters,omitempty"`
	// StorageKey is the name of the secret key for the storage.
	// +optional
	StorageKey *string `json:"key,omitempty"`
	// StorageURI of the model: a scheme such as hf, oci, s3, pvc or local, and a path.
	StorageURI string `json:"storageUri"`
	// NodeSelector of the nodes that keep the model.
	// +optional
	// +mapType=atomic
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	// NodeAffinity of the nodes that keep the model.
	// +optional
	NodeAffinity *corev1.NodeAffinity `json:"nodeAffinity,omitempty"`
	// DownloadPolicy of the nodes that keep the model.
	// +optional
	DownloadPolicy *DownloadPolicy `json:"downloadPolicy,omitempty"`
}

// DownloadPolicy says when a node fetches a model.
// +kubebuilder:validation:Enum=AlwaysDownload;ReuseIfExists
type DownloadPolicy string

// Download policies. They are for OME's model agent and have no effect here.
const (
	AlwaysDownload DownloadPolicy = "AlwaysDownload"
	ReuseIfExists  DownloadPolicy = "ReuseIfExists"
)

// Schemes of StorageSpec.StorageURI. isvc reads only oci://, for adapters; the others are for OME's
// model agent.
const (
	StorageSchemeHuggingFace = "hf://"
	StorageSchemeOCI         = "oci://"
	StorageSchemePVC         = "pvc://"
	StorageSchemeS3          = "s3://"
	StorageSchemeAzure       = "az://"
	StorageSchemeGCS         = "gs://"
	StorageSchemeGitHub      = "github://"
	StorageSchemeVendor      = "vendor://"
	StorageSchemeLocal       = "local://"
)

// ModelStatusSpec is the status of a model or a fine-tuned weight.
type ModelStatusSpec struct {
	// Lifecycle of the model.
	// +optional
	Lifecycle *string `json:"lifecycle,omitempty"`
	// State of the model over all nodes.
	State LifeCycleState `json:"state"`
	// NodesReady are the nodes that have the model.
	// +optional
	// +listType=atomic
	NodesReady []string `json:"nodesReady,omitempty"`
	// NodesFailed are the nodes that could not fetch the model.
	// +optional
	// +listType=atomic
	NodesFailed []string `json:"nodesFailed,omitempty"`
}

// LifeCycleState is the state of a model over all nodes.
// +kubebuilder:validation:Enum=Creating;Importing;In_Transit;In_Training;Ready;Failed
type LifeCycleState string

// Life cycle states. A service can use a model in any state, as in OME: its pods wait for a node
// that has the model.
const (
	LifeCycleCreating   LifeCycleState = "Creating"
	LifeCycleImporting  LifeCycleState = "Importing"
	LifeCycleInTransit  LifeCycleState = "In_Transit"
	LifeCycleInTraining LifeCycleState = "In_Training"
	LifeCycleReady      LifeCycleState = "Ready"
	LifeCycleFailed     LifeCycleState = "Failed"
)

// BaseModel is a model that the services of its namespace may use.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Disabled",type="boolean",JSONPath=".spec.disabled"
// +kubebuilder:printcolumn:name="Version",type="string",JSONPath=".spec.version"
// +kubebuilder:printcolumn:name="Vendor",type="string",JSONPath=".spec.vendor"
// +kubebuilder:printcolumn:name="Framework",type="string",JSONPath=".spec.modelFramework.name"
// +kubebuilder:printcolumn:name="FrameworkVersion",type="string",JSONPath=".spec.modelFramework.version"
// +kubebuilder:printcolumn:name="ModelFormat",type="string",JSONPath=".spec.modelFormat.name"
// +kubebuilder:printcolumn:name="Architecture",type="string",JSONPath=".spec.modelArchitecture"
// +kubebuilder:printcolumn:name="Capabilities",type="string",JSONPath=".spec.modelCapabilities[*]"
// +kubebuilder:printcolumn:name="Size",type="string",JSONPath=".spec.modelParameterSize"
// +kubebuilder:printcolumn:name="CompartmentID",type="string",JSONPath=".spec.compartmentID"
// +kubebuilder:printcolumn:name="Ready",type="string",JSONPath=".status.state"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
type BaseModel struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// +optional
	Spec BaseModelSpec `json:"spec,omitempty"`
	// +optional
	Status ModelStatusSpec `json:"status,omitempty,omitzero"`
}

// BaseModelList is a list of BaseModels.
// +kubebuilder:object:root=true
type BaseModelList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []BaseModel `json:"items"`
}

// ClusterBaseModel is a model that every service of the cluster may use.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster
// +kubebuilder:printcolumn:name="Disabled",type="boolean",JSONPath=".spec.disabled"
// +kubebuilder:printcolumn:name="Version",type="string",JSONPath=".spec.version"
// +kubebuilder:printcolumn:name="Vendor",type="string",JSONPath=".spec.vendor"
// +kubebuilder:printcolumn:name="Framework",type="string",JSONPath=".spec.modelFramework.name"
// +kubebuilder:printcolumn:name="FrameworkVersion",type="string",JSONPath=".spec.modelFramework.version"
// +kubebuilder:printcolumn:name="ModelFormat",type="string",JSONPath=".spec.modelFormat.name"
// +kubebuilder:printcolumn:name="Architecture",type="string",JSONPath=".spec.modelArchitecture"
// +kubebuilder:printcolumn:name="Capabilities",type="string",JSONPath=".spec.modelCapabilities[*]"
// +kubebuilder:printcolumn:name="Size",type="string",JSONPath=".spec.modelParameterSize"
// +kubebuilder:printcolumn:name="CompartmentID",type="string",JSONPath=".spec.compartmentID"
// +kubebuilder:printcolumn:name="Ready",type="string",JSONPath=".status.state"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
type ClusterBaseModel struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// +optional
	Spec BaseModelSpec `json:"spec,omitempty"`
	// +optional
	Status ModelStatusSpec `json:"status,omitempty,omitzero"`
}

// ClusterBaseModelList is a list of ClusterBaseModels.
// +kubebuilder:object:root=true
type ClusterBaseModelList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ClusterBaseModel `json:"items"`
}
