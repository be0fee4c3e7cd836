package v1beta1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ServingRuntimeSpec says which models a runtime can serve and how.
type ServingRuntimeSpec struct {
	// SupportedModelFormats lists the kinds of models that the runtime can serve.
	// +optional
	// +listType=atomic
	SupportedModelFormats []SupportedModelFormat `json:"supportedModelFormats,omitempty"`
	// ModelSizeRange limits the number of parameters of the models that the runtime can serve.
	// +optional
	ModelSizeRange *ModelSizeRangeSpec `json:"modelSizeRange,omitempty"`
	// Disabled true keeps services from using the runtime.
	// +optional
	Disabled *bool `json:"disabled,omitempty"`
	// RouterConfig is the template of the router of services. What a service says in spec.router wins.
	// +optional
	RouterConfig *RouterSpec `json:"routerConfig,omitempty"`
	// EngineConfig is the template of the engine of services. What a service says in spec.engine wins.
	// +optional
	EngineConfig *EngineSpec `json:"engineConfig,omitempty"`
	// DecoderConfig is the template of the decoder of services. What a service says in spec.decoder wins.
	// +optional
	DecoderConfig *DecoderSpec `json:"decoderConfig,omitempty"`
	// ProtocolVersions are the protocols that the model server speaks, for example openAI. They have no
	// effect on selection.
	// +optional
	// +listType=atomic
	ProtocolVersions []string `json:"protocolVersions,omitempty"`

	ServingRuntimePodSpec `json:",inline"`

	// Workers of the older template. They have no effect: write engineConfig.worker.
	// +optional
	WorkerPodSpec *WorkerPodSpec `json:"workers,omitempty"`
	// AcceleratorRequirements say which accelerator classes the runtime can use.
	// +optional
	AcceleratorRequirements *AcceleratorRequirements `json:"acceleratorRequirements,omitempty"`
}

// Protocol versions of a model server.
const (
	ProtocolOpenAI          = "openAI"
	ProtocolOpenInferenceV1 = "openInference-v1"
	ProtocolOpenInferenceV2 = "openInference-v2"
)

// ServingRuntimePodSpec is the older pod template of a runtime. Only its node selector and the
// resources of its containers have an effect on services.
type ServingRuntimePodSpec struct {
	// Containers of the older template. Only their resources have an effect.
	// +optional
	// +listType=map
	// +listMapKey=name
	Containers []corev1.Container `json:"containers,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	// Volumes of the older template. They have no effect: write them in engineConfig.
	// +optional
	// +listType=map
	// +listMapKey=name
	Volumes []corev1.Volume `json:"volumes,omitempty" patchStrategy:"merge,retainKeys" patchMergeKey:"name"`
	// NodeSelector of the older template: labels that a node must have.
	// +optional
	// +mapType=atomic
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	// Affinity of the older template. It has no effect: write it in engineConfig.
	// +optional
	Affinity *corev1.Affinity `json:"affinity,omitempty"`
	// Tolerations of the older template. They have no effect: write them in engineConfig.
	// +optional
	// +listType=atomic
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`
	// Labels of the older template. They have no effect: write them in engineConfig.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`
	// Annotations of the older template. They have no effect: write them in engineConfig.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
	// ImagePullSecrets of the older template. They have no effect: write them in engineConfig.
	// +optional
	// +listType=map
	// +listMapKey=name
	ImagePullSecrets []corev1.LocalObjectReference `json:"imagePullSecrets,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	// SchedulerName of the older template. It has no effect: write it in engineConfig.
	// +optional
	SchedulerName string `json:"schedulerName,omitempty"`
	// HostIPC of the older template. It has no effect: write it in engineConfig.
	// +optional
	HostIPC bool `json:"hostIPC,omitempty"`
	// DNSPolicy of the older template. It has no effect: write it in engineConfig.
	// +optional
	DNSPolicy corev1.DNSPolicy `json:"dnsPolicy,omitempty"`
	// HostNetwork of the older template. It has no effect: write it in engineConfig.
	// +optional
	HostNetwork bool `json:"hostNetwork,omitempty"`
}

// WorkerPodSpec is the older worker template of a runtime.
type WorkerPodSpec struct {
	// Size is the number of worker pods. It has no effect here.
	// +optional
	Size *int `json:"size,omitempty"`

	ServingRuntimePodSpec `json:",inline"`
}

// ModelSizeRangeSpec limits the number of parameters of a model. An absent limit is open.
type ModelSizeRangeSpec struct {
	// Min is the least number of parameters, with a suffix M, B or T, for example 5B. Without it there is
	// no lower limit.
	// +optional
	Min *string `json:"min,omitempty"`
	// Max is the largest number of parameters, with a suffix M, B or T, for example 9B. Without it there is
	// no upper limit.
	// +optional
	Max *string `json:"max,omitempty"`
}

// SupportedModelFormat is one kind of model that a runtime can serve.
type SupportedModelFormat struct {
	// Name of the entry, for people.
	// +optional
	Name string `json:"name,omitempty"`
	// ModelFormat that the files of a model must have.
	ModelFormat *ModelFormat `json:"modelFormat"`
	// ModelType is deprecated and has no effect.
	// +optional
	ModelType *string `json:"modelType,omitempty"`
	// Version of the entry, for people. It has no effect on selection.
	// +optional
	Version *string `json:"version,omitempty"`
	// ModelFramework that a model must be written for.
	ModelFramework *ModelFrameworkSpec `json:"modelFramework"`
	// ModelArchitecture that a model must have, for example LlamaForCausalLM. Without one, only models without an
	// architecture match.
	// +optional
	ModelArchitecture *string `json:"modelArchitecture,omitempty"`
	// Quantization that the weights of a model must have, for example fp8.
	// +optional
	Quantization *ModelQuantization `json:"quantization,omitempty"`
	// DiffusionPipeline that a diffusion model must have.
	// +optional
	DiffusionPipeline *DiffusionPipelineSpec `json:"diffusionPipeline,omitempty"`
	// AutoSelect true lets services that name no runtime use this one for models of this entry. Default
	// false.
	// +optional
	AutoSelect *bool `json:"autoSelect,omitempty"`
	// Priority multiplies the score of this entry when a runtime is selected: the highest score wins.
	// Default 1.
	// +optional
	// +kubebuilder:validation:Minimum=1
	Priority *int32 `json:"priority,omitempty"`
	// AcceleratorConfig adjusts the component to an accelerator class, by its name.
	// +optional
	AcceleratorConfig map[string]AcceleratorModelConfig `json:"acceleratorConfig,omitempty"`
}

// AcceleratorModelConfig adjusts a component to one accelerator class.
type AcceleratorModelConfig struct {
	// MinMemoryPerBillionParams is the memory that the model needs for a billion parameters, in GB. It has
	// no effect: ask for enough accelerators in the resources of the runner.
	// +optional
	// +kubebuilder:validation:Minimum=0
	MinMemoryPerBillionParams *int64 `json:"minMemoryPerBillionParams,omitempty"`
	// TensorParallelismOverride replaces the sizes of parallelism in the arguments of the runner.
	// +optional
	TensorParallelismOverride *TensorParallelismConfig `json:"tensorParallelismOverride,omitempty"`
	// RuntimeArgsOverride are arguments of the runner: a flag that it has already gets the new value, others
	// are added.
	// +optional
	// +listType=atomic
	RuntimeArgsOverride []string `json:"runtimeArgsOverride,omitempty"`
	// EnvironmentOverride are variables of the runner: one that it has already gets the new value, others are
	// added.
	// +optional
	EnvironmentOverride map[string]string `json:"environmentOverride,omitempty"`
}

// TensorParallelismConfig holds degrees of parallelism; 0 means no override.
type TensorParallelismConfig struct {
	// TensorParallelSize is the number of accelerators that share each layer.
	// +optional
	// +kubebuilder:validation:Minimum=0
	TensorParallelSize *int64 `json:"tensorParallelSize,omitempty"`
	// PipelineParallelSize is the number of stages that the layers are split into.
	// +optional
	// +kubebuilder:validation:Minimum=0
	PipelineParallelSize *int64 `json:"pipelineParallelSize,omitempty"`
	// DataParallelSize is the number of copies of the model in a component.
	// +optional
	// +kubebuilder:validation:Minimum=0
	DataParallelSize *int64 `json:"dataParallelSize,omitempty"`
}

// AcceleratorRequirements say which accelerators a runtime can use.
type AcceleratorRequirements struct {
	// AcceleratorClasses are the names of the classes that the runtime can use, the preferred one first.
	// +optional
	// +listType=atomic
	AcceleratorClasses []string `json:"acceleratorClasses,omitempty"`
	// MinMemory is the least memory of one accelerator, in GB. It has no effect: list the classes that
	// have it.
	// +optional
	// +kubebuilder:validation:Minimum=0
	MinMemory *int64 `json:"minMemory,omitempty"`
	// MinComputePerformanceTFLOPS is the least performance of one accelerator, in TFLOPS. It has no
	// effect: list the classes that have it.
	// +optional
	// +kubebuilder:validation:Minimum=0
	MinComputePerformanceTFLOPS *int64 `json:"minComputePerformanceTFLOPS,omitempty"`
	// MinArchitectureVersion is the least version of the architecture of the accelerator (its compute
	// capability), for example "9.0". It has no effect: list the classes that have it.
	// +optional
	MinArchitectureVersion *string `json:"minArchitectureVersion,omitempty"`
	// RequiredFeatures are features that the accelerator must have, for example tensor-cores. They have no
	// effect: list the classes that have them.
	// +optional
	// +listType=atomic
	RequiredFeatures []string `json:"requiredFeatures,omitempty"`
	// PreferredPrecisions are number formats that the accelerator should be good at. They have no effect:
	// list the preferred classes first.
	// +optional
	// +listType=atomic
	PreferredPrecisions []string `json:"preferredPrecisions,omitempty"`
}

// ServingRuntimeStatus is empty: a runtime has no state.
type ServingRuntimeStatus struct{}

// ServingRuntime is a template that the services of its namespace may use.
// +kubebuilder:object:root=true
// +kubebuilder:printcolumn:name="Disabled",type="boolean",JSONPath=".spec.disabled"
// +kubebuilder:printcolumn:name="ModelFormat",type="string",JSONPath=".spec.supportedModelFormats[*].modelFormat.name"
// +kubebuilder:printcolumn:name="ModelFramework",type="string",JSONPath=".spec.supportedModelFormats[*].modelFramework.name"
// +kubebuilder:printcolumn:name="ModelFrameworkVersion",type="string",JSONPath=".spec.supportedModelFormats[*].modelFramework.version"
// +kubebuilder:printcolumn:name="ModelArchitecture",type="string",JSONPath=".spec.supportedModelFormats[*].modelArchitecture"
// +kubebuilder:printcolumn:name="ModelSizeMin",type="string",JSONPath=".spec.modelSizeRange.min"
// +kubebuilder:printcolumn:name="ModelSizeMax",type="string",JSONPath=".spec.modelSizeRange.max"
// +kubebuilder:printcolumn:name="Images",type="string",JSONPath=".spec.containers[*].image"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
type ServingRuntime struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec says which models the runtime can serve, and with which pods.
	// +optional
	Spec ServingRuntimeSpec `json:"spec,omitempty"`
	// Status is empty: a runtime has no state.
	// +optional
	Status ServingRuntimeStatus `json:"status,omitempty,omitzero"`
}

// ServingRuntimeList is a list of ServingRuntimes.
// +kubebuilder:object:root=true
type ServingRuntimeList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ServingRuntime `json:"items"`
}

// ClusterServingRuntime is a template that every service of the cluster may use.
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Cluster
// +kubebuilder:printcolumn:name="Disabled",type="boolean",JSONPath=".spec.disabled"
// +kubebuilder:printcolumn:name="ModelFormat",type="string",JSONPath=".spec.supportedModelFormats[*].modelFormat.name"
// +kubebuilder:printcolumn:name="ModelFramework",type="string",JSONPath=".spec.supportedModelFormats[*].modelFramework.name"
// +kubebuilder:printcolumn:name="ModelFrameworkVersion",type="string",JSONPath=".spec.supportedModelFormats[*].modelFramework.version"
// +kubebuilder:printcolumn:name="ModelArchitecture",type="string",JSONPath=".spec.supportedModelFormats[*].modelArchitecture"
// +kubebuilder:printcolumn:name="ModelSizeMin",type="string",JSONPath=".spec.modelSizeRange.min"
// +kubebuilder:printcolumn:name="ModelSizeMax",type="string",JSONPath=".spec.modelSizeRange.max"
// +kubebuilder:printcolumn:name="Images",type="string",JSONPath=".spec.containers[*].image"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
type ClusterServingRuntime struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec says which models the runtime can serve, and with which pods.
	// +optional
	Spec ServingRuntimeSpec `json:"spec,omitempty"`
	// Status is empty: a runtime has no state.
	// +optional
	Status ServingRuntimeStatus `json:"status,omitempty,omitzero"`
}

// ClusterServingRuntimeList is a list of ClusterServingRuntimes.
// +kubebuilder:object:root=true
type ClusterServingRuntimeList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ClusterServingRuntime `json:"items"`
}
