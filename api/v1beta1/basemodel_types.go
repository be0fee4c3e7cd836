package v1beta1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// BaseModelSpec describes a model: its form, its size and where it is stored.
type BaseModelSpec struct {
	// ModelFormat of the stored files, for example safetensors. A runtime that is selected supports it.
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
	// APICapabilities are the interfaces by which the model can be called. Any string is accepted.
	// +optional
	// +listType=atomic
	APICapabilities []string `json:"apiCapabilities,omitempty"`
	// ModelConfiguration is the model's own configuration, in any form.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	ModelConfiguration runtime.RawExtension `json:"modelConfiguration,omitempty,omitzero"`
	// Storage says where the model is stored.
	Storage *StorageSpec `json:"storage"`
	// Distribution of the files over nodes; default PerNode. Of OME v1.3: a model that is Sharded cannot
	// be served.
	// +optional
	// +kubebuilder:validation:Enum=PerNode;Sharded
	Distribution ModelDistribution `json:"distribution,omitempty"`

	ModelExtensionSpec `json:",inline"`

	// ServingMode lists the modes in which the model may be served. Any string is accepted; it has no effect.
	// +optional
	// +listType=atomic
	ServingMode []string `json:"servingMode,omitempty"`
	// MaxTokens is the length of the model's context, in tokens.
	// +optional
	MaxTokens *int32 `json:"maxTokens,omitempty"`
	// DiffusionPipeline describes the parts of a diffusion model.
	// +optional
	DiffusionPipeline *DiffusionPipelineSpec `json:"diffusionPipeline,omitempty"`
	// AdditionalMetadata are further facts about the model.
	// +optional
	AdditionalMetadata map[string]string `json:"additionalMetadata,omitempty"`
}

// ModelDistribution says how the files of a model are spread over nodes.
type ModelDistribution string

// Distributions of models.
const (
	// DistributionPerNode is the default: a node that holds the model has all of it.
	DistributionPerNode ModelDistribution = "PerNode"
	// DistributionSharded spreads one model over several nodes.
	DistributionSharded ModelDistribution = "Sharded"
)

// ModelExtensionSpec is what models and fine-tuned weights have in common.
type ModelExtensionSpec struct {
	// DisplayName is the name that people see.
	// +optional
	DisplayName *string `json:"displayName,omitempty"`
	// Version of the model, for people.
	// +optional
	Version *string `json:"version,omitempty"`
	// Disabled true keeps services from using it. Default false.
	// +optional
	Disabled *bool `json:"disabled,omitempty"`
	// Vendor of the model, for example meta.
	// +optional
	Vendor *string `json:"vendor,omitempty"`
	// CompartmentID is the identifier of the owner's compartment in Oracle Cloud.
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
	// Version of the format, for example "1.0".
	// +optional
	Version *string `json:"version,omitempty"`
	// Operator that compares a runtime's version with a model's; only a runtime's operator has an
	// effect. Default Equal.
	// +optional
	// +kubebuilder:default=Equal
	Operator *string `json:"operator,omitempty"`
	// Weight is what a match of this format counts in the score of a runtime. Default 1.
	// +optional
	// +kubebuilder:default=1
	Weight *int64 `json:"weight,omitempty"`
}

// ModelFrameworkSpec is a framework of a model, in one version.
type ModelFrameworkSpec struct {
	// Name of the framework, for example transformers.
	Name string `json:"name"`
	// Version of the framework, for example "4.45.0".
	// +optional
	Version *string `json:"version,omitempty"`
	// Operator that compares a runtime's version with a model's; only a runtime's operator has an
	// effect. Default Equal.
	// +optional
	// +kubebuilder:default=Equal
	Operator *string `json:"operator,omitempty"`
	// Weight is what a match of this framework counts in the score of a runtime. Default 1.
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
	// ClassName of the pipeline, for example StableDiffusion3Pipeline.
	// +optional
	ClassName *string `json:"className,omitempty"`
	// Scheduler is the part that controls the steps of denoising.
	// +optional
	Scheduler *DiffusionComponent `json:"scheduler,omitempty"`
	// TextEncoder is the part that encodes the prompt.
	// +optional
	TextEncoder *DiffusionComponent `json:"textEncoder,omitempty"`
	// Tokenizer is the part that splits the prompt into tokens.
	// +optional
	Tokenizer *DiffusionComponent `json:"tokenizer,omitempty"`
	// Transformer is the part that denoises the image.
	// +optional
	Transformer *DiffusionComponent `json:"transformer,omitempty"`
	// VAE is the part that decodes the image, a variational autoencoder.
	// +optional
	VAE *DiffusionComponent `json:"vae,omitempty"`
	// AdditionalComponents are further parts of the pipeline, by name.
	// +optional
	// +mapType=atomic
	AdditionalComponents map[string]DiffusionComponent `json:"additionalComponents,omitempty"`
}

// DiffusionComponent is one part of a diffusion model.
type DiffusionComponent struct {
	// Library of the part, for example diffusers.
	// +optional
	Library string `json:"library,omitempty"`
	// Type of the part in its library.
	// +optional
	Type string `json:"type,omitempty"`
}

// StorageSpec says where a model is stored and where nodes keep it.
type StorageSpec struct {
	// Path of the model on the node; with a storageUri pvc://, the path of its mount in pods.
	// +optional
	Path *string `json:"path,omitempty"`
	// SchemaPath is the path of the schema of the model. It is copied into the ConfigMap of the model.
	// +optional
	SchemaPath *string `json:"schemaPath,omitempty"`
	// Parameters are settings of the storage for OME's model agent.
	// +optional
	Parameters map[string]string `json:"parameters,omitempty"`
	// Key of the secret with the credentials for the storage, for OME's model agent.
	// +optional
	StorageKey *string `json:"key,omitempty"`
	// StorageURI says where the files are: a scheme such as hf, oci, s3, pvc or local, and a path, for
	// example hf://meta-llama/Llama-3.1-8B-Instruct or pvc://models/llama.
	StorageURI string `json:"storageUri"`
	// NodeSelector lists the labels of the nodes that keep the model, for OME's model agent.
	// +optional
	// +mapType=atomic
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	// NodeAffinity chooses the nodes that keep the model, for OME's model agent.
	// +optional
	NodeAffinity *corev1.NodeAffinity `json:"nodeAffinity,omitempty"`
	// DownloadPolicy says whether OME's model agent fetches a model that a node has already: AlwaysDownload
	// or ReuseIfExists.
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
	// Lifecycle of the model, such as experimental or deprecated.
	// +optional
	Lifecycle *string `json:"lifecycle,omitempty"`
	// State over all nodes: Creating, Importing, In_Transit, In_Training, Ready or Failed.
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

	// Spec describes the model: its form, its size and where it is stored.
	// +optional
	Spec BaseModelSpec `json:"spec,omitempty"`
	// Status is on which nodes the model is. OME's model agent writes it.
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

	// Spec describes the model: its form, its size and where it is stored.
	// +optional
	Spec BaseModelSpec `json:"spec,omitempty"`
	// Status is on which nodes the model is. OME's model agent writes it.
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
