package v1beta1

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// ComponentAutoscalerClass says what decides the replicas of a component with an autoscaler block.
// +kubebuilder:validation:Enum=HPA;KEDA;External;None
type ComponentAutoscalerClass string

// Autoscaler classes of a block. The annotation ome.io/autoscalerClass has them in lower case.
const (
	// ClassHPA scales with a HorizontalPodAutoscaler.
	ClassHPA ComponentAutoscalerClass = "HPA"
	// ClassKEDA scales with a ScaledObject of KEDA.
	ClassKEDA ComponentAutoscalerClass = "KEDA"
	// ClassExternal leaves the replicas to an autoscaler that the user makes.
	ClassExternal ComponentAutoscalerClass = "External"
	// ClassNone fixes the replicas at minReplicas.
	ClassNone ComponentAutoscalerClass = "None"
)

// ComponentAutoscaler says what decides the replicas of a component. It counts as a whole: the
// service's block replaces the runtime's, and each replaces kedaConfig, scaleMetric, scaleTarget and
// the annotations of autoscaling.
type ComponentAutoscaler struct {
	// Class says what decides the replicas: HPA makes a HorizontalPodAutoscaler, KEDA a ScaledObject,
	// External leaves them to software of your own, None fixes them at minReplicas.
	Class ComponentAutoscalerClass `json:"class"`
	// HPA are the settings of class HPA. Without metrics, the use of the CPU is kept at 80 percent.
	// +optional
	HPA *HPAAutoscaler `json:"hpa,omitempty"`
	// Keda are the settings of class KEDA, which needs at least one trigger.
	// +optional
	Keda *KedaAutoscaler `json:"keda,omitempty"`
}

// HPAAutoscaler is the part of a HorizontalPodAutoscaler that a user writes; it is copied.
type HPAAutoscaler struct {
	// Metrics that the autoscaler follows. Default: the use of the CPU, 80 percent of its request.
	// +optional
	// +listType=atomic
	Metrics []autoscalingv2.MetricSpec `json:"metrics,omitempty"`
	// Behavior limits how fast the replicas change, as in a HorizontalPodAutoscaler.
	// +optional
	Behavior *autoscalingv2.HorizontalPodAutoscalerBehavior `json:"behavior,omitempty"`
}

// KedaAutoscaler is the part of a ScaledObject that a user writes; it is copied. What is KEDA's own is
// any object, so that every version of KEDA can have its own fields.
type KedaAutoscaler struct {
	// Triggers are sources of metrics, each with a type and metadata. At least one is needed.
	// +kubebuilder:validation:MinItems=1
	// +listType=atomic
	Triggers []runtime.RawExtension `json:"triggers"`
	// Advanced settings of the ScaledObject, such as horizontalPodAutoscalerConfig.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	Advanced *runtime.RawExtension `json:"advanced,omitempty"`
	// PollingInterval is the time between two looks at a trigger, in seconds. Default: KEDA's.
	// +optional
	PollingInterval *int32 `json:"pollingInterval,omitempty"`
	// CooldownPeriod is the time without an active trigger after which KEDA scales to zero or to
	// idleReplicaCount, in seconds. Default: KEDA's.
	// +optional
	CooldownPeriod *int32 `json:"cooldownPeriod,omitempty"`
	// IdleReplicaCount is the number of replicas while no trigger is active; less than minReplicas.
	// +optional
	IdleReplicaCount *int32 `json:"idleReplicaCount,omitempty"`
	// Fallback are the replicas while a source of metrics cannot be read.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	Fallback *runtime.RawExtension `json:"fallback,omitempty"`
}

// AutoscalerPolicyReference names an AutoscalerPolicy. It has no effect: that kind is not served.
type AutoscalerPolicyReference struct {
	// Name of the AutoscalerPolicy.
	Name string `json:"name"`
	// Kind of the object: AutoscalerPolicy.
	// +optional
	Kind string `json:"kind,omitempty"`
}

// ComponentAutoscalerStatus says what decides the replicas of a component with an autoscaler block.
type ComponentAutoscalerStatus struct {
	// Class that is in force: HPA, KEDA, External or None.
	Class ComponentAutoscalerClass `json:"class"`
	// ManagedBy is "ome" where isvc makes the autoscaler, "external" where the user does, and "none"
	// without one.
	ManagedBy string `json:"managedBy"`
	// SpecSource is "isvc" for the block of the service and "runtime" for that of the runtime.
	SpecSource string `json:"specSource"`
	// CurrentReplicas that the workload has.
	// +optional
	CurrentReplicas int32 `json:"currentReplicas,omitempty"`
	// DesiredReplicas that the workload should have.
	// +optional
	DesiredReplicas int32 `json:"desiredReplicas,omitempty"`
	// LastScaleTime is when the autoscaler last changed the replicas, as far as it says so.
	// +optional
	LastScaleTime *metav1.Time `json:"lastScaleTime,omitempty"`
}
