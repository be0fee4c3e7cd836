package v1beta1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// InferenceServiceStatus is what is known of a service.
type InferenceServiceStatus struct {
	// ObservedGeneration is the generation of the service that this status describes.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Conditions of the service and its components, sorted by type.
	// +optional
	Conditions []Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type"`
	// Annotations are further facts.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
	// Address of the service inside the cluster.
	// +optional
	Address *Address `json:"address,omitempty"`
	// URL of the service.
	// +optional
	URL string `json:"url,omitempty"`
	// Components holds the status of each component, by its type.
	// +optional
	Components map[ComponentType]ComponentStatusSpec `json:"components,omitempty"`
	// ModelStatus is the state of the model in the pods.
	// +optional
	ModelStatus ModelStatus `json:"modelStatus,omitempty,omitzero"`
}

// ConditionType names one aspect of a service.
type ConditionType string

// Condition types. Ready is the summary. isvc does not set PredictorRouteReady and
// PredictorConfigurationReady, which OME declares.
const (
	Ready        ConditionType = "Ready"
	IngressReady ConditionType = "IngressReady"

	EngineReady    ConditionType = "EngineReady"
	DecoderReady   ConditionType = "DecoderReady"
	RouterReady    ConditionType = "RouterReady"
	PredictorReady ConditionType = "PredictorReady"

	EngineRouteReady    ConditionType = "EngineRouteReady"
	DecoderRouteReady   ConditionType = "DecoderRouteReady"
	RouterRouteReady    ConditionType = "RouterRouteReady"
	PredictorRouteReady ConditionType = "PredictorRouteReady"

	EngineConfigurationReady    ConditionType = "EngineConfigurationReady"
	DecoderConfigurationReady   ConditionType = "DecoderConfigurationReady"
	RouterConfigurationReady    ConditionType = "RouterConfigurationReady"
	PredictorConfigurationReady ConditionType = "PredictorConfigurationReady"

	// RoutesReady and LatestDeploymentReady summarize serverless components.
	RoutesReady           ConditionType = "RoutesReady"
	LatestDeploymentReady ConditionType = "LatestDeploymentReady"

	// SpecHonored is False while there are findings about the specification that do not stop the
	// service: ignored fields, adjusted values and the like. It is absent without findings, and OME
	// does not have it.
	SpecHonored ConditionType = "SpecHonored"
)

// ConditionSeverity says how much a condition that is not true matters.
type ConditionSeverity string

// Severities. Error is the empty string and the default.
const (
	SeverityError   ConditionSeverity = ""
	SeverityWarning ConditionSeverity = "Warning"
	SeverityInfo    ConditionSeverity = "Info"
)

// Condition is the state of one aspect of a service. It has the wire form of a Knative condition.
type Condition struct {
	// Type of the condition.
	Type ConditionType `json:"type"`
	// Status is True, False or Unknown.
	Status corev1.ConditionStatus `json:"status"`
	// Severity of a condition that is not true; empty is an error.
	// +optional
	Severity ConditionSeverity `json:"severity,omitempty"`
	// LastTransitionTime is when the condition last changed.
	// +optional
	LastTransitionTime metav1.Time `json:"lastTransitionTime,omitempty,omitzero"`
	// Reason is one word for programs.
	// +optional
	Reason string `json:"reason,omitempty"`
	// Message is a sentence for people.
	// +optional
	Message string `json:"message,omitempty"`
}

// Address is where something can be called.
type Address struct {
	// URL of the address.
	// +optional
	URL string `json:"url,omitempty"`
	// Name of the address.
	// +optional
	Name *string `json:"name,omitempty"`
	// CACerts in PEM form that verify the address.
	// +optional
	CACerts *string `json:"CACerts,omitempty"`
	// Audience of tokens for the address.
	// +optional
	Audience *string `json:"audience,omitempty"`
}

// ComponentStatusSpec is the status of one component.
type ComponentStatusSpec struct {
	// LatestReadyRevision is the newest revision that is ready.
	// +optional
	LatestReadyRevision string `json:"latestReadyRevision,omitempty"`
	// LatestCreatedRevision is the newest revision.
	// +optional
	LatestCreatedRevision string `json:"latestCreatedRevision,omitempty"`
	// PreviousRolledoutRevision had all traffic before latestRolledoutRevision.
	// +optional
	PreviousRolledoutRevision string `json:"previousRolledoutRevision,omitempty"`
	// LatestRolledoutRevision is the newest revision that had all traffic.
	// +optional
	LatestRolledoutRevision string `json:"latestRolledoutRevision,omitempty"`
	// Traffic split over revisions.
	// +optional
	// +listType=atomic
	Traffic []TrafficTarget `json:"traffic,omitempty"`
	// URL of the component.
	// +optional
	URL string `json:"url,omitempty"`
	// RestURL of the component's REST endpoint.
	// +optional
	RestURL string `json:"restURL,omitempty"`
	// Address of the component inside the cluster.
	// +optional
	Address *Address `json:"address,omitempty"`
	// SelectedAccelerator is the accelerator class in use and why it was chosen.
	// +optional
	SelectedAccelerator *SelectedAccelerator `json:"selectedAccelerator,omitempty"`
}

// TrafficTarget is the share of traffic of one revision. It has the wire form of Knative's.
type TrafficTarget struct {
	// Tag gives the revision its own URL.
	// +optional
	Tag string `json:"tag,omitempty"`
	// RevisionName of the target.
	// +optional
	RevisionName string `json:"revisionName,omitempty"`
	// ConfigurationName whose latest ready revision is the target.
	// +optional
	ConfigurationName string `json:"configurationName,omitempty"`
	// LatestRevision is true when the target follows the latest ready revision.
	// +optional
	LatestRevision *bool `json:"latestRevision,omitempty"`
	// Percent of traffic, 0 to 100.
	// +optional
	Percent *int64 `json:"percent,omitempty"`
	// URL of the tagged revision.
	// +optional
	URL string `json:"url,omitempty"`
}

// SelectedAccelerator reports the accelerator class of a component.
type SelectedAccelerator struct {
	// AcceleratorClass is the name of the class.
	AcceleratorClass string `json:"acceleratorClass"`
	// Reason of the choice.
	// +optional
	Reason string `json:"reason,omitempty"`
	// NodeSelector that came from the class.
	// +optional
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	// ResourceRequests that came from the class.
	// +optional
	ResourceRequests corev1.ResourceList `json:"resourceRequests,omitempty"`
}

// ModelStatus is the state of the model in the pods.
type ModelStatus struct {
	// TransitionStatus says whether the pods serve the model that the spec asks for.
	// +kubebuilder:default=UpToDate
	TransitionStatus TransitionStatus `json:"transitionStatus"`
	// ModelRevisionStates are the states of the model in use and the model wanted.
	// +optional
	ModelRevisionStates *ModelRevisionStates `json:"modelRevisionStates,omitempty"`
	// LastFailureInfo describes the last failure to load.
	// +optional
	LastFailureInfo *FailureInfo `json:"lastFailureInfo,omitempty"`
	// ModelCopies counts copies of the model.
	// +optional
	ModelCopies *ModelCopies `json:"modelCopies,omitempty"`
}

// TransitionStatus says whether the pods serve the model that the spec asks for.
// +kubebuilder:validation:Enum="";UpToDate;InProgress;BlockedByFailedLoad;InvalidSpec
type TransitionStatus string

// Transition statuses.
const (
	UpToDate            TransitionStatus = "UpToDate"
	InProgress          TransitionStatus = "InProgress"
	BlockedByFailedLoad TransitionStatus = "BlockedByFailedLoad"
	InvalidSpec         TransitionStatus = "InvalidSpec"
)

// ModelState is the state of a model in its pods.
// +kubebuilder:validation:Enum="";Pending;Standby;Loading;Loaded;FailedToLoad
type ModelState string

// Model states.
const (
	// Pending means that no copy is being loaded yet.
	Pending ModelState = "Pending"
	// Standby means that the model is ready to be loaded on demand.
	Standby ModelState = "Standby"
	// Loading means that a copy is being loaded.
	Loading ModelState = "Loading"
	// Loaded means that at least one copy is loaded.
	Loaded ModelState = "Loaded"
	// FailedToLoad means that no copy could be loaded.
	FailedToLoad ModelState = "FailedToLoad"
)

// ModelRevisionStates are the states of the model in use and of the model wanted.
type ModelRevisionStates struct {
	// ActiveModelState of the model in use.
	// +kubebuilder:default=Pending
	ActiveModelState ModelState `json:"activeModelState"`
	// TargetModelState of the model wanted.
	// +optional
	// +kubebuilder:default=""
	TargetModelState ModelState `json:"targetModelState,omitempty"`
}

// FailureReason is the cause of a failure, for programs. The custom resource definition of OME
// allows the first eight only.
// +kubebuilder:validation:Enum=BaseModelNotReady;BaseModelNotFound;ModelLoadFailed;RuntimeUnhealthy;RuntimeDisabled;NoSupportingRuntime;RuntimeNotRecognized;InvalidPredictorSpec
type FailureReason string

// Failure reasons that the API server accepts. Seen in status.modelStatus.lastFailureInfo.
const (
	// BaseModelNotReady: the model is disabled, cannot be read or does not say its format. Fix: see
	// the condition Ready.
	BaseModelNotReady FailureReason = "BaseModelNotReady"
	// BaseModelNotFound: the model does not exist. Fix: see the condition Ready.
	BaseModelNotFound FailureReason = "BaseModelNotFound"
	// ModelLoadFailed: a container ended while it loaded the model or served it. Fix: read the log
	// of the pod in location; exitCode says how it ended.
	ModelLoadFailed FailureReason = "ModelLoadFailed"
	// RuntimeUnhealthy: a container cannot be started, or its pod has ended. Fix: see the message,
	// and the events of the pod in location.
	RuntimeUnhealthy FailureReason = "RuntimeUnhealthy"
	// RuntimeDisabled: the runtime is disabled. Fix: see the condition Ready.
	RuntimeDisabled FailureReason = "RuntimeDisabled"
	// NoSupportingRuntime: no runtime supports the model, or not the one that is named. Fix: see
	// the condition Ready.
	NoSupportingRuntime FailureReason = "NoSupportingRuntime"
	// RuntimeNotRecognized: the runtime does not exist or cannot be read. Fix: see the condition
	// Ready.
	RuntimeNotRecognized FailureReason = "RuntimeNotRecognized"
	// InvalidPredictorSpec: everything else that keeps the service or a component from being
	// computed. Fix: see Ready and the conditions of the components.
	InvalidPredictorSpec FailureReason = "InvalidPredictorSpec"
)

// Failure reasons that OME declares. They have no effect: isvc does not use them, and the API
// server rejects them in status.modelStatus.
const (
	FineTunedWeightsNotFound   FailureReason = "FineTunedWeightsNotFound"
	BaseModelDisabled          FailureReason = "BaseModelDisabled"
	FineTunedWeightsDisabled   FailureReason = "FineTunedWeightsDisabled"
	BaseModelDeprecated        FailureReason = "BaseModelDeprecated"
	FineTunedWeightsDeprecated FailureReason = "FineTunedWeightsDeprecated"
	FineTuneWeightLoadFailed   FailureReason = "FineTuneWeightLoadFailed"
	InvalidRouterSpec          FailureReason = "InvalidRouterSpec"
)

// FailureInfo describes a failure to load a model.
type FailureInfo struct {
	// Location is the pod or component in which the failure occurred.
	// +optional
	Location string `json:"location,omitempty"`
	// Reason for programs.
	// +optional
	Reason FailureReason `json:"reason,omitempty"`
	// Message for people.
	// +optional
	Message string `json:"message,omitempty"`
	// ModelRevisionName of the revision that failed.
	// +optional
	ModelRevisionName string `json:"modelRevisionName,omitempty"`
	// Time of the failure.
	// +optional
	Time *metav1.Time `json:"time,omitempty"`
	// ExitCode of the container.
	// +optional
	ExitCode int32 `json:"exitCode,omitempty"`
}

// ModelCopies counts copies of a model.
type ModelCopies struct {
	// FailedCopies is the number of copies that failed to load.
	// +kubebuilder:default=0
	FailedCopies int `json:"failedCopies"`
	// TotalCopies is the number of copies.
	// +optional
	TotalCopies int `json:"totalCopies,omitempty"`
}
