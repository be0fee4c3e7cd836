package v1beta1

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// ComponentType names a component of an InferenceService. It is the value of the component label
// and the key of status.components.
type ComponentType string

// Component types. Predictor is the deprecated form of engine.
const (
	EngineComponent    ComponentType = "engine"
	DecoderComponent   ComponentType = "decoder"
	RouterComponent    ComponentType = "router"
	PredictorComponent ComponentType = "predictor"
)

// DeploymentMode says which workload kind a component becomes.
type DeploymentMode string

// Deployment modes, as written in the annotation ome.io/deploymentMode.
const (
	// Serverless is a Knative Service.
	Serverless DeploymentMode = "Serverless"
	// RawDeployment is a Deployment with its Service and autoscaler.
	RawDeployment DeploymentMode = "RawDeployment"
	// MultiNodeRayVLLM is a set of Ray clusters that run vLLM.
	MultiNodeRayVLLM DeploymentMode = "MultiNodeRayVLLM"
	// MultiNode is a LeaderWorkerSet.
	MultiNode DeploymentMode = "MultiNode"
	// VirtualDeployment makes no workload: something else serves the model.
	VirtualDeployment DeploymentMode = "VirtualDeployment"
	// PDDisaggregated is written by OME on services with an engine (prefill) and a decoder
	// (decode); it chooses no workload kind.
	PDDisaggregated DeploymentMode = "PDDisaggregated"
)

// ScaleMetric is the metric that an autoscaler follows.
// +kubebuilder:validation:Enum=cpu;memory;concurrency;rps
type ScaleMetric string

// Scale metrics. Concurrency and RPS need Knative. TPS is KEDA's default metric name: OME's custom
// resource definition does not allow it, so it comes from files only.
const (
	ScaleMetricCPU         ScaleMetric = "cpu"
	ScaleMetricMemory      ScaleMetric = "memory"
	ScaleMetricConcurrency ScaleMetric = "concurrency"
	ScaleMetricRPS         ScaleMetric = "rps"
	ScaleMetricTPS         ScaleMetric = "tps"
)

// AutoscalerClass is the value of the annotation ome.io/autoscalerClass.
type AutoscalerClass string

// Autoscaler classes.
const (
	// AutoscalerHPA scales with a HorizontalPodAutoscaler.
	AutoscalerHPA AutoscalerClass = "hpa"
	// AutoscalerKEDA scales with a KEDA ScaledObject.
	AutoscalerKEDA AutoscalerClass = "keda"
	// AutoscalerExternal leaves the replica count to other software.
	AutoscalerExternal AutoscalerClass = "external"
	// AutoscalerNone fixes the replica count at minReplicas.
	AutoscalerNone AutoscalerClass = "none"
)

// ComponentExtensionSpec holds scaling, traffic, disruption and metadata settings of a component.
// +kubebuilder:validation:XValidation:rule="!has(self.minReplicas) || self.minReplicas >= 0",message="minReplicas must not be negative: use 0 to scale to zero, or leave it out for the default of 1",fieldPath=".minReplicas"
// +kubebuilder:validation:XValidation:rule="!has(self.maxReplicas) || self.maxReplicas >= 0",message="maxReplicas must not be negative: leave it out, or use 0, for the default",fieldPath=".maxReplicas"
// +kubebuilder:validation:XValidation:rule="!has(self.minReplicas) || !has(self.maxReplicas) || self.maxReplicas <= 0 || self.minReplicas <= self.maxReplicas",message="minReplicas must not be greater than maxReplicas: raise maxReplicas or lower minReplicas",fieldPath=".minReplicas"
// +kubebuilder:validation:XValidation:rule="!has(self.scaleTarget) || self.scaleTarget >= 1",message="scaleTarget must be 1 or more: it is the value of scaleMetric for one replica",fieldPath=".scaleTarget"
// +kubebuilder:validation:XValidation:rule="!has(self.containerConcurrency) || self.containerConcurrency >= 0",message="containerConcurrency must not be negative: use 0 for no limit",fieldPath=".containerConcurrency"
// +kubebuilder:validation:XValidation:rule="!has(self.timeoutSeconds) || self.timeoutSeconds >= 0",message="timeoutSeconds must not be negative: leave it out for the default",fieldPath=".timeoutSeconds"
// +kubebuilder:validation:XValidation:rule="!has(self.canaryTrafficPercent) || (self.canaryTrafficPercent >= 0 && self.canaryTrafficPercent <= 100)",message="canaryTrafficPercent must be between 0 and 100: it is the share of requests for the latest revision",fieldPath=".canaryTrafficPercent"
type ComponentExtensionSpec struct {
	// MinReplicas is the lower limit of replicas; 0 scales to zero. Default 1.
	// +optional
	MinReplicas *int `json:"minReplicas,omitempty"`
	// MaxReplicas is the upper limit of replicas; 0 means the default, which is 3 for an engine or
	// decoder and 2 for a router.
	// +optional
	MaxReplicas int `json:"maxReplicas,omitempty"`
	// ScaleTarget is the value of scaleMetric that one replica should see: percent for cpu and
	// memory, requests for concurrency and rps.
	// +optional
	ScaleTarget *int `json:"scaleTarget,omitempty"`
	// ScaleMetric is what the autoscaler follows.
	// +optional
	ScaleMetric *ScaleMetric `json:"scaleMetric,omitempty"`
	// ContainerConcurrency limits concurrent requests of a replica; serverless only.
	// +optional
	ContainerConcurrency *int64 `json:"containerConcurrency,omitempty"`
	// TimeoutSeconds limits the time of one request.
	// +optional
	TimeoutSeconds *int64 `json:"timeoutSeconds,omitempty"`
	// CanaryTrafficPercent is the share of requests for the latest revision; serverless only.
	// +optional
	CanaryTrafficPercent *int64 `json:"canaryTrafficPercent,omitempty"`
	// Labels are added to the component's pods and other objects.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`
	// Annotations are added to the component's pods and other objects.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
	// MinAvailable pods during a voluntary disruption: a count or a percentage.
	// +optional
	MinAvailable *intstr.IntOrString `json:"minAvailable,omitempty"`
	// MaxUnavailable pods during a voluntary disruption: a count or a percentage.
	// +optional
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`
	// DeploymentStrategy of the component's Deployment; RawDeployment only.
	// +optional
	DeploymentStrategy *appsv1.DeploymentStrategy `json:"deploymentStrategy,omitempty"`
	// KedaConfig overrides the service's kedaConfig field by field.
	// +optional
	KedaConfig *KedaConfig `json:"kedaConfig,omitempty"`
}

// KedaConfig configures scaling by a Prometheus query with KEDA.
type KedaConfig struct {
	// EnableKeda turns KEDA on or off; absent leaves the choice to the annotation
	// ome.io/autoscalerClass.
	// +optional
	EnableKeda *bool `json:"enableKeda,omitempty"`
	// PromServerAddress is the http or https URL of the Prometheus server.
	// +optional
	PromServerAddress string `json:"promServerAddress,omitempty"`
	// CustomPromQuery replaces the built-in query. Each "%s" in it becomes the name of the
	// component's Service.
	// +optional
	CustomPromQuery string `json:"customPromQuery,omitempty"`
	// ScalingThreshold is the number that the query's value is compared with.
	// +optional
	ScalingThreshold string `json:"scalingThreshold,omitempty"`
	// ScalingOperator says on which side of the threshold to add replicas. One of GreaterThan,
	// GreaterThanOrEqual, LessThan, LessThanOrEqual.
	// +optional
	ScalingOperator string `json:"scalingOperator,omitempty"`
	// AuthenticationRef names the KEDA object with the credentials for Prometheus.
	// +optional
	AuthenticationRef *AuthenticationRef `json:"authenticationRef,omitempty"`
	// AuthModes is a comma-separated list out of basic, tls, bearer, custom.
	// +optional
	AuthModes string `json:"authModes,omitempty"`
}

// Scaling operators of KedaConfig.
const (
	ScalingGreaterThan        = "GreaterThan"
	ScalingGreaterThanOrEqual = "GreaterThanOrEqual"
	ScalingLessThan           = "LessThan"
	ScalingLessThanOrEqual    = "LessThanOrEqual"
)

// Authentication modes of KedaConfig.
const (
	AuthModeBasic  = "basic"
	AuthModeTLS    = "tls"
	AuthModeBearer = "bearer"
	AuthModeCustom = "custom"
)

// Kinds of an AuthenticationRef.
const (
	TriggerAuthenticationKind        = "TriggerAuthentication"
	ClusterTriggerAuthenticationKind = "ClusterTriggerAuthentication"
)

// AuthenticationRef names a TriggerAuthentication or ClusterTriggerAuthentication.
type AuthenticationRef struct {
	// Name of the object.
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`
	// Kind of the object; default TriggerAuthentication.
	// +optional
	// +kubebuilder:validation:Enum=TriggerAuthentication;ClusterTriggerAuthentication
	// +kubebuilder:default=TriggerAuthentication
	Kind string `json:"kind,omitempty"`
}

// RunnerSpec is the container that runs the model server. Its name may be absent.
type RunnerSpec struct {
	corev1.Container `json:",inline"`
}

// LeaderSpec describes the leader pod of a multi-node component.
type LeaderSpec struct {
	PodSpec `json:",inline"`
	// Runner is the model server container of the leader.
	// +optional
	Runner *RunnerSpec `json:"runner,omitempty"`
}

// WorkerSpec describes the worker pods of a multi-node component.
// +kubebuilder:validation:XValidation:rule="!has(self.size) || self.size >= 0",message="worker size must not be negative: it is the number of worker pods beside the leader",fieldPath=".size"
type WorkerSpec struct {
	PodSpec `json:",inline"`
	// Size is the number of worker pods beside the leader.
	// +optional
	Size *int `json:"size,omitempty"`
	// Runner is the model server container of each worker.
	// +optional
	Runner *RunnerSpec `json:"runner,omitempty"`
}

// EngineSpec describes the engine: the model server, or its prefill half when the service has a
// decoder.
type EngineSpec struct {
	PodSpec                `json:",inline"`
	ComponentExtensionSpec `json:",inline"`
	// Runner is the model server container.
	// +optional
	Runner *RunnerSpec `json:"runner,omitempty"`
	// Leader makes the component multi-node.
	// +optional
	Leader *LeaderSpec `json:"leader,omitempty"`
	// Worker makes the component multi-node.
	// +optional
	Worker *WorkerSpec `json:"worker,omitempty"`
	// AcceleratorOverride replaces the service's acceleratorSelector for this component.
	// +optional
	AcceleratorOverride *AcceleratorSelector `json:"acceleratorOverride,omitempty"`
	// Resources of the runner container.
	// +optional
	Resources *corev1.ResourceRequirements `json:"resources,omitempty"`
}

// DecoderSpec describes the decoder: the decode half of a disaggregated service.
type DecoderSpec struct {
	PodSpec                `json:",inline"`
	ComponentExtensionSpec `json:",inline"`
	// Runner is the model server container.
	// +optional
	Runner *RunnerSpec `json:"runner,omitempty"`
	// Leader makes the component multi-node.
	// +optional
	Leader *LeaderSpec `json:"leader,omitempty"`
	// Worker makes the component multi-node.
	// +optional
	Worker *WorkerSpec `json:"worker,omitempty"`
	// AcceleratorOverride replaces the service's acceleratorSelector for this component.
	// +optional
	AcceleratorOverride *AcceleratorSelector `json:"acceleratorOverride,omitempty"`
	// Resources of the runner container.
	// +optional
	Resources *corev1.ResourceRequirements `json:"resources,omitempty"`
}

// RouterSpec describes the router in front of engine and decoder.
type RouterSpec struct {
	PodSpec                `json:",inline"`
	ComponentExtensionSpec `json:",inline"`
	// Runner is the router container.
	// +optional
	Runner *RunnerSpec `json:"runner,omitempty"`
	// Config becomes environment variables of the runner.
	// +optional
	Config map[string]string `json:"config,omitempty"`
	// Resources of the runner container.
	// +optional
	Resources *corev1.ResourceRequirements `json:"resources,omitempty"`
}

// AcceleratorSelector chooses an accelerator class, by name or by policy.
type AcceleratorSelector struct {
	// AcceleratorClass names the class; it wins over policy.
	// +optional
	AcceleratorClass *string `json:"acceleratorClass,omitempty"`
	// Constraints narrow the classes that the policy chooses among.
	// +optional
	Constraints *AcceleratorConstraints `json:"constraints,omitempty"`
	// Policy chooses among the classes that the runtime lists.
	// +optional
	Policy AcceleratorSelectionPolicy `json:"policy,omitempty"`
}

// AcceleratorSelectionPolicy says how to choose among several accelerator classes.
// +kubebuilder:validation:Enum=BestFit;Cheapest;MostCapable;FirstAvailable
type AcceleratorSelectionPolicy string

// Accelerator selection policies.
const (
	// BestFit prefers the least memory and compute that satisfy the constraints.
	BestFit AcceleratorSelectionPolicy = "BestFit"
	// Cheapest prefers the lowest cost.
	Cheapest AcceleratorSelectionPolicy = "Cheapest"
	// MostCapable prefers the most memory, bandwidth and compute.
	MostCapable AcceleratorSelectionPolicy = "MostCapable"
	// FirstAvailable takes the runtime's first class.
	FirstAvailable AcceleratorSelectionPolicy = "FirstAvailable"
)

// AcceleratorConstraints are minimum and maximum demands on an accelerator class.
type AcceleratorConstraints struct {
	// MinMemory in GB.
	// +optional
	MinMemory *int64 `json:"minMemory,omitempty"`
	// MaxMemory in GB.
	// +optional
	MaxMemory *int64 `json:"maxMemory,omitempty"`
	// MinComputePerformanceTFLOPS in TFLOPS.
	// +optional
	MinComputePerformanceTFLOPS *int64 `json:"minComputePerformanceTFLOPS,omitempty"`
	// MinArchitectureVersion is the least compute capability, for example "9.0".
	// +optional
	MinArchitectureVersion *string `json:"minArchitectureVersion,omitempty"`
	// RequiredFeatures must all be present; case does not matter.
	// +optional
	// +listType=atomic
	RequiredFeatures []string `json:"requiredFeatures,omitempty"`
	// ExcludedClasses are names of classes that must not be chosen.
	// +optional
	// +listType=atomic
	ExcludedClasses []string `json:"excludedClasses,omitempty"`
	// ArchitectureFamilies of which one must match: "hopper" or "nvidia-hopper".
	// +optional
	// +listType=atomic
	ArchitectureFamilies []string `json:"architectureFamilies,omitempty"`
	// PreferredPrecisions in order of preference, for example fp8, fp16.
	// +optional
	// +listType=atomic
	PreferredPrecisions []string `json:"preferredPrecisions,omitempty"`
}
