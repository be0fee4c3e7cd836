package modes

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// The part of keda.sh/v1alpha1 that scaling by a Prometheus query needs.
//
// The structs are our own because KEDA's module depends on client-go, controller-runtime and the
// clients of all its metric sources.

// ScaledObject makes KEDA scale a workload.
type ScaledObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              ScaledObjectSpec `json:"spec"`
}

// ScaledObjectSpec says what is scaled, how far and by what.
type ScaledObjectSpec struct {
	ScaleTargetRef  ScaleTarget `json:"scaleTargetRef"`
	MinReplicaCount int32       `json:"minReplicaCount"`
	MaxReplicaCount int32       `json:"maxReplicaCount"`
	// The fields below are nil unless an autoscaler block has them.
	PollingInterval  *int32         `json:"pollingInterval,omitempty"`
	CooldownPeriod   *int32         `json:"cooldownPeriod,omitempty"`
	IdleReplicaCount *int32         `json:"idleReplicaCount,omitempty"`
	Fallback         map[string]any `json:"fallback,omitempty"`
	// Advanced is nil unless an autoscaler block has it, or the HorizontalPodAutoscaler needs another
	// name than KEDA's.
	Advanced map[string]any `json:"advanced,omitempty"`
	// Triggers are a ScaleTrigger each, or what an autoscaler block has, as JSON in Go values.
	Triggers []any `json:"triggers"`
}

// ScaleTarget names a workload that has a scale subresource.
type ScaleTarget struct {
	APIVersion string `json:"apiVersion,omitempty"`
	Kind       string `json:"kind,omitempty"`
	Name       string `json:"name"`
}

// ScaleTrigger is a source of a metric. Metadata has the keys of its type.
type ScaleTrigger struct {
	Type string `json:"type"`
	// Name is empty where there is one trigger only.
	Name string `json:"name,omitempty"`
	// MetricType is AverageValue (per replica; KEDA's default) or Value.
	MetricType        string              `json:"metricType,omitempty"`
	Metadata          map[string]string   `json:"metadata"`
	AuthenticationRef *ScaleTriggerSecret `json:"authenticationRef,omitempty"`
}

// ScaleTriggerSecret names the KEDA object that holds the credentials.
type ScaleTriggerSecret struct {
	Name string `json:"name"`
	Kind string `json:"kind,omitempty"`
}
