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
	// ModelSizeRange limits the number of parameters of a model.
	// +optional
	ModelSizeRange *ModelSizeRangeSpec `json:"modelSizeRange,omitempty"`
	// Disabled true keeps services from using the runtime.
	// +optional
	Disabled *bool `json:"disabled,omitempty"`
	// RouterConfig is the template of a service's router.
	// +optional
	RouterConfig *RouterSpec `json:"routerConfig,omitempty"`
	// EngineConfig is the template of a service's engine.
	// +optional
	EngineConfig *EngineSpec `json:"engineConfig,omitempty"`
	// DecoderConfig is the template of a service's decoder.
	// +optional
	DecoderConfig *DecoderSpec `json:"decoderConfig,omitempty"`
	// ProtocolVersions that the model server speaks.
	// +optional
	// +listType=atomic
	ProtocolVersions []string `json:"protocolVersions,omitempty"`

	ServingRuntimePodSpec `json:",inline"`

	// WorkerPodSpec is the older form of engineConfig.worker.
	// +optional
	WorkerPodSpec *WorkerPodSpec `json:"workers,omitempty"`
	// AcceleratorRequirements say which accelerators the runtime can use.
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
	// Containers of the pod.
	// +optional
	// +listType=map
	// +listMapKey=name
	Containers []corev1.Container `json:"containers,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	// Volumes of the pod.
	// +optional
	// +listType=map
	// +listMapKey=name
	Volumes []corev1.Volume `json:"volumes,omitempty" patchStrategy:"merge,retainKeys" patchMergeKey:"name"`
	// NodeSelector of the pod.
	// +optional
	// +mapType=atomic
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	// Affinity of the pod.
	// +optional
	Affinity *corev1.Affinity `json:"affinity,omitempty"`
	// Tolerations of the pod.
	// +optional
	// +listType=atomic
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`
	// Labels of the pod.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`
	// Annotations of the pod.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
	// ImagePullSecrets of the pod.
	// +optional
	// +listType=map
	// +listMapKey=name
	ImagePullSecrets []corev1.LocalObjectReference `json:"imagePullSecrets,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	// SchedulerName of the pod.
	// +optional
	SchedulerName string `json:"schedulerName,omitempty"`
	// HostIPC of the pod.
	// +optional
	HostIPC bool `json:"hostIPC,omitempty"`
	// DNSPolicy of the pod.
	// +optional
	DNSPolicy corev1.DNSPolicy `json:"dnsPolicy,omitempty"`
	// HostNetwork of the pod.
	// +optional
	HostNetwork bool `json:"hostNetwork,omitempty"`
}

// WorkerPodSpec is the older worker template of a runtime.
type WorkerPodSpec struct {
	// Size is the number of worker pods.
	// +optional
	Size *int `json:"size,omitempty"`

	ServingRuntimePodSpec `json:",inline"`
}

// ModelSizeRangeSpec limits the number of parameters of a model. An absent limit is open.
type ModelSizeRangeSpec struct {
	// Min number of parameters with a suffix M, B or T, for example 5B.
	// +optional
	Min *string `json:"min,omitempty"`
	// Max number of parameters with a suffix M, B or T, for example 9B.
	// +optional
	Max *string `json:"max,omitempty"`
}

// SupportedModelFormat is one kind of model that a runtime can serve.
type SupportedModelFormat struct {
	// Name of the entry.
	// +optional
	Name string `json:"name,omitempty"`
	// ModelFormat that a model must have.
	ModelFormat *ModelFormat `json:"modelFormat"`
	// ModelType is deprecated and has no effect.
	// +optional
	ModelType *string `json:"modelType,omitempty"`
	// Version of the entry; it has no effect on selection.
	// +optional
	Version *string `json:"version,omitempty"`
	// ModelFramework that a model must have.
	ModelFramework *ModelFrameworkSpec `json:"modelFramework"`
	// ModelArchitecture that a model must have.
	// +optional
	ModelArchitecture *string `json:"modelArchitecture,omitempty"`
	// Quantization that a model must have.
	// +optional
	Quantization *ModelQuantization `json:"quantization,omitempty"`
	// DiffusionPipeline that a model must have.
	// +optional
	DiffusionPipeline *DiffusionPipelineSpec `json:"diffusionPipeline,omitempty"`
	// AutoSelect true lets services without a runtime use this one.
	// +optional
	AutoSelect *bool `json:"autoSelect,omitempty"`
	// Priority multiplies the score of this entry. Default 1.
	// +optional
	// +kubebuilder:validation:Minimum=1
	Priority *int32 `json:"priority,omitempty"`
	// AcceleratorConfig adjusts the component to an accelerator class, by its name.
	// +optional
	AcceleratorConfig map[string]AcceleratorModelConfig `json:"acceleratorConfig,omitempty"`
}

// AcceleratorModelConfig adjusts a component to one accelerator class.
type AcceleratorModelConfig struct {
	// MinMemoryPerBillionParams in GB.
	// +optional
	// +kubebuilder:validation:Minimum=0
	MinMemoryPerBillionParams *int64 `json:"minMemoryPerBillionParams,omitempty"`
	// TensorParallelismOverride replaces the parallelism in the runner's arguments.
	// +optional
	TensorParallelismOverride *TensorParallelismConfig `json:"tensorParallelismOverride,omitempty"`
	// RuntimeArgsOverride is merged into the runner's arguments.
	// +optional
	// +listType=atomic
	RuntimeArgsOverride []string `json:"runtimeArgsOverride,omitempty"`
	// EnvironmentOverride is merged into the runner's environment.
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
	// AcceleratorClasses that the runtime can use, by name, in order of preference.
	// +optional
	// +listType=atomic
	AcceleratorClasses []string `json:"acceleratorClasses,omitempty"`
	// MinMemory in GB.
	// +optional
	// +kubebuilder:validation:Minimum=0
	MinMemory *int64 `json:"minMemory,omitempty"`
	// MinComputePerformanceTFLOPS in TFLOPS.
	// +optional
	// +kubebuilder:validation:Minimum=0
	MinComputePerformanceTFLOPS *int64 `json:"minComputePerformanceTFLOPS,omitempty"`
	// MinArchitectureVersion is the least compute capability, for example "9.0".
	// +optional
	MinArchitectureVersion *string `json:"minArchitectureVersion,omitempty"`
	// RequiredFeatures of the accelerator.
	// +optional
	// +listType=atomic
	RequiredFeatures []string `json:"requiredFeatures,omitempty"`
	// PreferredPrecisions in order of preference.
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

	// +optional
	Spec ServingRuntimeSpec `json:"spec,omitempty"`
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

	// +optional
	Spec ServingRuntimeSpec `json:"spec,omitempty"`
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
