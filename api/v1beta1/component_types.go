package v1beta1

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
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
	// OMENative is the workload that OME's own controller makes from v1.3 on. A component that asks
	// for it becomes a LeaderWorkerSet with a leader or workers, and else a Deployment.
	OMENative DeploymentMode = "OMENative"
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
// +kubebuilder:validation:XValidation:rule="!has(self.scaleTarget) || self.scaleTarget >= 1",message="scaleTarget must be 1 or more: it is the value of scaleMetric for one replica",fieldPath=".scaleTarget"
// +kubebuilder:validation:XValidation:rule="!has(self.containerConcurrency) || self.containerConcurrency >= 0",message="containerConcurrency must not be negative: use 0 for no limit",fieldPath=".containerConcurrency"
// +kubebuilder:validation:XValidation:rule="!has(self.timeoutSeconds) || self.timeoutSeconds >= 0",message="timeoutSeconds must not be negative: leave it out for the default",fieldPath=".timeoutSeconds"
// +kubebuilder:validation:XValidation:rule="!has(self.canaryTrafficPercent) || (self.canaryTrafficPercent >= 0 && self.canaryTrafficPercent <= 100)",message="canaryTrafficPercent must be between 0 and 100: it is the share of requests for the latest revision",fieldPath=".canaryTrafficPercent"
type ComponentExtensionSpec struct {
	// MinReplicas is the lower limit of replicas; 0 scales to zero: with KEDA where the autoscaler has
	// class KEDA, else with Knative where that is installed and mode RawDeployment is not asked for.
	// Default 1, also for a negative number.
	// +optional
	MinReplicas *int `json:"minReplicas,omitempty"`
	// MaxReplicas is the upper limit of replicas; 0 or a negative number means the default, which is
	// 3 for an engine or decoder and 2 for a router. It is raised to minReplicas.
	// +optional
	MaxReplicas int `json:"maxReplicas,omitempty"`
	// ScaleTarget is the value of scaleMetric that one replica should see: percent for cpu and
	// memory, requests for concurrency and rps.
	// +optional
	ScaleTarget *int `json:"scaleTarget,omitempty"`
	// ScaleMetric is what the autoscaler follows: cpu or memory, and in mode Serverless also concurrency
	// or rps.
	// +optional
	ScaleMetric *ScaleMetric `json:"scaleMetric,omitempty"`
	// ContainerConcurrency limits the requests that a replica serves at the same time; 0 is no limit.
	// It has an effect in mode Serverless only.
	// +optional
	ContainerConcurrency *int64 `json:"containerConcurrency,omitempty"`
	// TimeoutSeconds limits the time of one request, a streamed answer included, in seconds. It has an
	// effect in mode Serverless and on HTTPRoutes. Without it, routes have no limit.
	// +optional
	TimeoutSeconds *int64 `json:"timeoutSeconds,omitempty"`
	// CanaryTrafficPercent is the share of requests, from 0 to 100, for a new pod template. The pods that
	// run keep their template until it is 100 or removed; 0 stops the canary.
	// +optional
	CanaryTrafficPercent *int64 `json:"canaryTrafficPercent,omitempty"`
	// Labels are added to the objects of the component, and to its pods where something reads them there.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`
	// Annotations are added to the objects of the component, and to its pods where something reads them
	// there. Those of ome.io are settings, such as ome.io/deploymentMode.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
	// ServicePortAppProtocols says in which protocol gateways speak to a port of the component: the value
	// becomes appProtocol of the port of the Service object, such as kubernetes.io/h2c. The key is the
	// name of the runner's port, or the runner's name where it has no ports. Since OME v1.3.
	// +optional
	ServicePortAppProtocols map[string]string `json:"servicePortAppProtocols,omitempty"`
	// MinAvailable is how many replicas must stay during a voluntary disruption, such as the drain of a
	// node: a count or a percentage, for the PodDisruptionBudget. It wins over maxUnavailable.
	// +optional
	MinAvailable *intstr.IntOrString `json:"minAvailable,omitempty"`
	// MaxUnavailable is how many replicas may be missing during a voluntary disruption, such as the drain
	// of a node: a count or a percentage, for the PodDisruptionBudget.
	// +optional
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`
	// DeploymentStrategy says how a Deployment replaces its pods, or a LeaderWorkerSet its groups: the
	// numbers count groups there, Recreate takes all of them away first, and maxSurge and maxUnavailable are 1
	// by default. It has an effect in modes RawDeployment and MultiNode. Default: what the configuration says
	// for pods with accelerators, else a Deployment adds one pod before one goes.
	// +optional
	DeploymentStrategy *appsv1.DeploymentStrategy `json:"deploymentStrategy,omitempty"`
	// Lifecycle says how pods are replaced. Since OME v1.3, for its own mode: what a Deployment or a
	// LeaderWorkerSet can do is done, and a finding names the rest. A deploymentStrategy wins.
	// +optional
	Lifecycle *LifecycleSpec `json:"lifecycle,omitempty"`
	// KedaConfig has settings of KEDA for this component. They win over spec.kedaConfig field by field.
	// +optional
	KedaConfig *KedaConfig `json:"kedaConfig,omitempty"`
	// Autoscaler says what decides the replicas: a HorizontalPodAutoscaler, KEDA, software of your own, or
	// nothing. It replaces kedaConfig, scaleMetric, scaleTarget and the annotations of autoscaling. Since
	// OME v1.3.
	// +optional
	Autoscaler *ComponentAutoscaler `json:"autoscaler,omitempty"`
	// AutoscalerPolicyRef names a policy of OME. It has no effect.
	// +optional
	AutoscalerPolicyRef *AutoscalerPolicyReference `json:"autoscalerPolicyRef,omitempty"`
}

// LifecycleSpec says how the pods of a component are replaced.
type LifecycleSpec struct {
	// RestartPolicy is what happens when a pod of a group restarts. Default for a group
	// RecreateInstanceOnPodRestart, for a single pod None.
	// +optional
	// +kubebuilder:validation:Enum=None;RecreateInstanceOnPodRestart
	RestartPolicy string `json:"restartPolicy,omitempty"`
	// UpdateStrategy is how a changed pod template reaches the pods.
	// +optional
	UpdateStrategy *LifecycleUpdateStrategy `json:"updateStrategy,omitempty"`
	// ReadyPolicy says which pods of a group must be ready; isvc knows AllPodReady only.
	// +optional
	ReadyPolicy string `json:"readyPolicy,omitempty"`
	// InstanceReadyTimeout has no effect: pods may take as long as their startup probes allow.
	// +optional
	InstanceReadyTimeout string `json:"instanceReadyTimeout,omitempty"`
	// MinReadySeconds is how long a new pod must be ready before the next one is replaced; Deployments
	// only.
	// +optional
	// +kubebuilder:validation:Minimum=0
	MinReadySeconds *int32 `json:"minReadySeconds,omitempty"`
	// MigrationPolicy has no effect.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	MigrationPolicy *runtime.RawExtension `json:"migrationPolicy,omitempty"`
}

// LifecycleUpdateStrategy is how a changed pod template reaches the pods.
type LifecycleUpdateStrategy struct {
	// Type is SurgeThenDrain, the default, or RecreatePod, which starts no pod before one has gone.
	// isvc does not know InPlaceIfPossible and InPlaceOnly.
	// +optional
	// +kubebuilder:validation:Enum=SurgeThenDrain;RecreatePod;InPlaceIfPossible;InPlaceOnly
	Type string `json:"type,omitempty"`
	// RollingUpdate bounds how many replicas are replaced at once.
	// +optional
	RollingUpdate *LifecycleRollingUpdate `json:"rollingUpdate,omitempty"`
	// InPlaceUpdateStrategy has no effect: pods are replaced, not changed in place.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	InPlaceUpdateStrategy *runtime.RawExtension `json:"inPlaceUpdateStrategy,omitempty"`
}

// LifecycleRollingUpdate bounds how many replicas are replaced at once.
type LifecycleRollingUpdate struct {
	// Partition is how many groups, those with the lowest numbers, keep the former template.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Partition *int32 `json:"partition,omitempty"`
	// MaxUnavailable is how many replicas may be missing while a change is rolled out: a count or a
	// percentage.
	// +optional
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`
	// MaxSurge is how many replicas there may be beside the wanted ones while a change is rolled out: a
	// count or a percentage.
	// +optional
	MaxSurge *intstr.IntOrString `json:"maxSurge,omitempty"`
}

// Values of the fields of a LifecycleSpec.
const (
	RestartNone              = "None"
	RestartRecreatesInstance = "RecreateInstanceOnPodRestart"
	UpdateSurgeThenDrain     = "SurgeThenDrain"
	UpdateRecreatePod        = "RecreatePod"
	ReadyPolicyAllPods       = "AllPodReady"
)

// KedaConfig configures scaling by a Prometheus query with KEDA.
type KedaConfig struct {
	// EnableKeda turns KEDA on or off; absent leaves the choice to the annotation
	// ome.io/autoscalerClass.
	// +optional
	EnableKeda *bool `json:"enableKeda,omitempty"`
	// PromServerAddress is the URL of the Prometheus server, for example
	// http://prometheus.monitoring.svc:9090. Default: the one of the configuration.
	// +optional
	PromServerAddress string `json:"promServerAddress,omitempty"`
	// CustomPromQuery is the query in PromQL, in place of the built-in one. Each "%s" in it becomes the
	// name of the component's Service.
	// +optional
	CustomPromQuery string `json:"customPromQuery,omitempty"`
	// ScalingThreshold is the number that the value of the query is compared with, as text, for example
	// "10".
	// +optional
	ScalingThreshold string `json:"scalingThreshold,omitempty"`
	// ScalingOperator says on which side of the threshold to add replicas. One of GreaterThan,
	// GreaterThanOrEqual, LessThan, LessThanOrEqual.
	// +optional
	ScalingOperator string `json:"scalingOperator,omitempty"`
	// AuthenticationRef names the KEDA object with the credentials for Prometheus.
	// +optional
	AuthenticationRef *AuthenticationRef `json:"authenticationRef,omitempty"`
	// AuthModes are the ways of authentication at Prometheus: a list of basic, tls, bearer and custom,
	// separated by commas.
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
	// Name of the TriggerAuthentication or ClusterTriggerAuthentication of KEDA.
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`
	// Kind of the object: TriggerAuthentication or ClusterTriggerAuthentication. Default
	// TriggerAuthentication.
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
	// Runner is the container of the model server in the leader. It is merged over the runtime's, by
	// field; its name may be left out.
	// +optional
	Runner *RunnerSpec `json:"runner,omitempty"`
}

// WorkerSpec describes the worker pods of a multi-node component.
// +kubebuilder:validation:XValidation:rule="!has(self.size) || self.size >= 0",message="worker size must not be negative: it is the number of worker pods beside the leader",fieldPath=".size"
type WorkerSpec struct {
	PodSpec `json:",inline"`
	// Size is the number of worker pods beside the leader of each replica.
	// +optional
	Size *int `json:"size,omitempty"`
	// Runner is the container of the model server in each worker. It is merged over the runtime's, by
	// field; its name may be left out.
	// +optional
	Runner *RunnerSpec `json:"runner,omitempty"`
}

// TopologySpec says where the pods of an engine or a decoder are placed. Since OME v1.3.
type TopologySpec struct {
	// TopologyKey is a label of nodes: the workers of a group run where it has the value of their
	// leader's node. For groups of pods.
	// +optional
	TopologyKey string `json:"topologyKey,omitempty"`
	// TopologySpread spreads replicas evenly over the values of a label of nodes: Preferred or
	// Required. For Deployments and groups of pods.
	// +optional
	TopologySpread TopologySpread `json:"topologySpread,omitempty"`
	// TopologySpreadKey is the label for topologySpread; default topologyKey.
	// +optional
	TopologySpreadKey string `json:"topologySpreadKey,omitempty"`
}

// TopologySpread says whether replicas must be spread.
// +kubebuilder:validation:Enum=Preferred;Required
type TopologySpread string

// Values of topologySpread.
const (
	SpreadPreferred TopologySpread = "Preferred"
	SpreadRequired  TopologySpread = "Required"
)

// EngineSpec describes the engine: the model server, or its prefill half when the service has a
// decoder.
type EngineSpec struct {
	PodSpec                `json:",inline"`
	ComponentExtensionSpec `json:",inline"`
	// Runner is the container of the model server. It is merged over the runtime's, by field; its name may
	// be left out.
	// +optional
	Runner *RunnerSpec `json:"runner,omitempty"`
	// Leader is the first pod of each replica of a component over several nodes: the one that requests go
	// to. It makes the component one of mode MultiNode, a LeaderWorkerSet.
	// +optional
	Leader *LeaderSpec `json:"leader,omitempty"`
	// Worker are the other pods of each replica of a component over several nodes. It makes the component
	// one of mode MultiNode, a LeaderWorkerSet.
	// +optional
	Worker *WorkerSpec `json:"worker,omitempty"`
	// AcceleratorOverride chooses the accelerator class of this component; what it sets wins over
	// spec.acceleratorSelector.
	// +optional
	AcceleratorOverride *AcceleratorSelector `json:"acceleratorOverride,omitempty"`
	TopologySpec        `json:",inline"`
	// Resources that the runner asks for and may use, when runner.resources does not say it.
	// +optional
	Resources *corev1.ResourceRequirements `json:"resources,omitempty"`
}

// DecoderSpec describes the decoder: the decode half of a disaggregated service.
type DecoderSpec struct {
	PodSpec                `json:",inline"`
	ComponentExtensionSpec `json:",inline"`
	// Runner is the container of the model server. It is merged over the runtime's, by field; its name may
	// be left out.
	// +optional
	Runner *RunnerSpec `json:"runner,omitempty"`
	// Leader is the first pod of each replica of a component over several nodes: the one that requests go
	// to. It makes the component one of mode MultiNode, a LeaderWorkerSet.
	// +optional
	Leader *LeaderSpec `json:"leader,omitempty"`
	// Worker are the other pods of each replica of a component over several nodes. It makes the component
	// one of mode MultiNode, a LeaderWorkerSet.
	// +optional
	Worker *WorkerSpec `json:"worker,omitempty"`
	// AcceleratorOverride chooses the accelerator class of this component; what it sets wins over
	// spec.acceleratorSelector.
	// +optional
	AcceleratorOverride *AcceleratorSelector `json:"acceleratorOverride,omitempty"`
	TopologySpec        `json:",inline"`
	// Resources that the runner asks for and may use, when runner.resources does not say it.
	// +optional
	Resources *corev1.ResourceRequirements `json:"resources,omitempty"`
}

// RouterSpec describes the router in front of engine and decoder.
type RouterSpec struct {
	PodSpec                `json:",inline"`
	ComponentExtensionSpec `json:",inline"`
	// Runner is the container of the router. It is merged over the runtime's, by field; its name may be
	// left out.
	// +optional
	Runner *RunnerSpec `json:"runner,omitempty"`
	// Config becomes environment variables of the runner: each key is the name of one.
	// +optional
	Config map[string]string `json:"config,omitempty"`
	// Resources that the runner asks for and may use, when runner.resources does not say it.
	// +optional
	Resources *corev1.ResourceRequirements `json:"resources,omitempty"`
}

// AcceleratorSelector chooses an accelerator class, by name or by policy.
type AcceleratorSelector struct {
	// AcceleratorClass is the name of the AcceleratorClass to use. It wins over policy.
	// +optional
	AcceleratorClass *string `json:"acceleratorClass,omitempty"`
	// Constraints exclude classes before the policy chooses.
	// +optional
	Constraints *AcceleratorConstraints `json:"constraints,omitempty"`
	// Policy chooses among the classes that the runtime lists: BestFit takes the smallest that satisfies
	// the constraints, Cheapest the one of the lowest cost, MostCapable the largest, FirstAvailable the
	// first of the list.
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
	// MinMemory is the least memory of one accelerator, in GB.
	// +optional
	MinMemory *int64 `json:"minMemory,omitempty"`
	// MaxMemory is the most memory of one accelerator, in GB.
	// +optional
	MaxMemory *int64 `json:"maxMemory,omitempty"`
	// MinComputePerformanceTFLOPS is the least performance of one accelerator, in TFLOPS.
	// +optional
	MinComputePerformanceTFLOPS *int64 `json:"minComputePerformanceTFLOPS,omitempty"`
	// MinArchitectureVersion is the least version of the architecture of the accelerator (its compute
	// capability), for example "9.0".
	// +optional
	MinArchitectureVersion *string `json:"minArchitectureVersion,omitempty"`
	// RequiredFeatures are features that the accelerator must have, all of them, for example
	// tensor-cores; upper and lower case are the same.
	// +optional
	// +listType=atomic
	RequiredFeatures []string `json:"requiredFeatures,omitempty"`
	// ExcludedClasses are the names of AcceleratorClasses that must not be chosen.
	// +optional
	// +listType=atomic
	ExcludedClasses []string `json:"excludedClasses,omitempty"`
	// ArchitectureFamilies are families of which the accelerator must be one, for example "hopper" or
	// "nvidia-hopper".
	// +optional
	// +listType=atomic
	ArchitectureFamilies []string `json:"architectureFamilies,omitempty"`
	// PreferredPrecisions are number formats that the accelerator should be good at, the most important
	// first, for example fp8, fp16.
	// +optional
	// +listType=atomic
	PreferredPrecisions []string `json:"preferredPrecisions,omitempty"`
}
