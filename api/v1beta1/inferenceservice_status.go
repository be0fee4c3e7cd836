package v1beta1

import (
	"maps"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
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
	// Annotations are further facts, by key.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
	// Address of the service for clients inside the cluster.
	// +optional
	Address *Address `json:"address,omitempty"`
	// URL at which clients reach the service: through the ingress where there is one, else inside the
	// cluster.
	// +optional
	URL string `json:"url,omitempty"`
	// Components holds the status of each component, by its type.
	// +optional
	Components map[ComponentType]ComponentStatusSpec `json:"components,omitempty"`
	// ModelStatus is the state of the model in the pods.
	// +optional
	ModelStatus ModelStatus `json:"modelStatus,omitempty,omitzero"`
	// MountedOverlays are the models of spec.model.overlays that engine and decoder have.
	// +optional
	// +listType=atomic
	MountedOverlays []MountedOverlay `json:"mountedOverlays,omitempty"`
	// Summary is the service in short, for the columns of kubectl. OME does not have it.
	// +optional
	Summary *ServiceSummary `json:"summary,omitempty"`
	// Transitions are the last 10 changes of Ready, of the conditions that it depends on, and of Serving,
	// CanaryReady and UpdateAvailable, the oldest first. OME does not have them.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	Transitions []ConditionTransition `json:"transitions,omitempty"`
}

// ServiceSummary is a service in short: one word or number a field, for the columns of kubectl and for
// dashboards. Conditions and components have the same in full.
type ServiceSummary struct {
	// Ready is the status of the condition Ready: True, False or Unknown. It is Serving where that is not
	// True and requests are answered nevertheless, as they were before.
	// +optional
	Ready string `json:"ready,omitempty"`
	// Reason is why the service is not Ready: what its newest pod says, such as OOMKilled or
	// Unschedulable, else the reason of Ready. For a service that is Ready, it is empty, or Standby where
	// no replica runs until the next request.
	// +optional
	Reason string `json:"reason,omitempty"`
	// Mode is how engine and decoder run: Raw, MultiNode, Ray or Serverless; "MultiNode+Raw" where they
	// differ, in this order.
	// +optional
	Mode string `json:"mode,omitempty"`
	// Runtime is the name of the runtime in use, also of one that was selected. It is empty without one.
	// +optional
	Runtime string `json:"runtime,omitempty"`
	// ShortRuntime is the name of the runtime in short, so that a line of kubectl get has 120 columns: what
	// does not fit is left out in the middle.
	// +optional
	ShortRuntime string `json:"shortRuntime,omitempty"`
	// ShortModel is the name of spec.model in short, as that of the runtime.
	// +optional
	ShortModel string `json:"shortModel,omitempty"`
	// ShortURL is the beginning of url, as much as a line of kubectl get has room for.
	// +optional
	ShortURL string `json:"shortURL,omitempty"`
	// RuntimeKind is the kind of the runtime: ServingRuntime or ClusterServingRuntime.
	// +optional
	RuntimeKind string `json:"runtimeKind,omitempty"`
	// Replicas are the ready and the desired replicas of engine and decoder: "1/2", or "1/1+2/4" with a
	// decoder. A replica of several nodes counts as one.
	// +optional
	Replicas string `json:"replicas,omitempty"`
	// Accelerators is the number of devices that the desired pods of all components ask for. It is "?"
	// where they ask for claims or shares of devices, which are not counted.
	// +optional
	Accelerators string `json:"accelerators,omitempty"`
	// URL is the address of status.url in short: without http:// and without the domain of the cluster,
	// so that it can be called from inside the cluster.
	// +optional
	URL string `json:"url,omitempty"`
}

// ConditionTransition is a change of a condition.
type ConditionTransition struct {
	// Time of the change.
	Time metav1.Time `json:"time"`
	// Type of the condition.
	Type ConditionType `json:"type"`
	// Status that it changed to. It is empty where the condition went away.
	// +optional
	Status corev1.ConditionStatus `json:"status,omitempty"`
	// Reason that it changed to.
	// +optional
	Reason string `json:"reason,omitempty"`
	// Message at the moment of the change, at most 256 bytes of it.
	// +optional
	Message string `json:"message,omitempty"`
}

// MountedOverlay is a model that pods have beside the one that they serve.
type MountedOverlay struct {
	// Name of the model.
	Name string `json:"name"`
	// EnvVar is the variable with the path.
	EnvVar string `json:"envVar"`
	// MountPath is the directory of the model in the pods.
	MountPath string `json:"mountPath"`
	// Distribution of the model over nodes.
	// +optional
	Distribution ModelDistribution `json:"distribution,omitempty"`
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

	// OverlaysReady says whether pods have all models of spec.model.overlays. It is absent without
	// such models and never affects Ready.
	OverlaysReady ConditionType = "OverlaysReady"
	// SpecHonored is False while there are findings about the specification that do not stop the
	// service: ignored fields, adjusted values and the like. It is absent without findings, and OME
	// does not have it.
	SpecHonored ConditionType = "SpecHonored"
	// CanaryReady is True while the canary of a component takes requests, and False while it does not.
	// It is absent without a canary.
	CanaryReady ConditionType = "CanaryReady"
	// AutoscalerReady is False while an autoscaler of the service cannot scale or is paused, and True
	// while all have their metrics. It is absent where none says anything, and never affects Ready.
	AutoscalerReady ConditionType = "AutoscalerReady"
	// Serving is True while requests are answered, be it by what was applied before: a service that is not
	// Ready and Serving needs a correction, and one that is not Serving is down. It never affects Ready,
	// and OME does not have it.
	Serving ConditionType = "Serving"
	// UpdateAvailable is True while pods keep their template although another one was computed. It
	// never affects Ready.
	UpdateAvailable ConditionType = "UpdateAvailable"
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
	// Type of the condition, such as Ready.
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
	// URL at which it can be called.
	// +optional
	URL string `json:"url,omitempty"`
	// Name of the address.
	// +optional
	Name *string `json:"name,omitempty"`
	// CACerts in PEM form that verify the address.
	// +optional
	CACerts *string `json:"CACerts,omitempty"`
	// Audience that tokens for the address must have.
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
	// Traffic is how requests are split over revisions.
	// +optional
	// +listType=atomic
	Traffic []TrafficTarget `json:"traffic,omitempty"`
	// URL of the component for clients.
	// +optional
	URL string `json:"url,omitempty"`
	// RestURL is the address of the component for REST calls.
	// +optional
	RestURL string `json:"restURL,omitempty"`
	// Address of the component inside the cluster.
	// +optional
	Address *Address `json:"address,omitempty"`
	// SelectedAccelerator is the accelerator class in use and why it was chosen.
	// +optional
	SelectedAccelerator *SelectedAccelerator `json:"selectedAccelerator,omitempty"`
	// Autoscaler is what decides the replicas of a component with an autoscaler block. Unlike OME: it
	// is absent without such a block.
	// +optional
	Autoscaler *ComponentAutoscalerStatus `json:"autoscaler,omitempty"`
	// ScaleTargetRef is the object whose replicas are decided, for an autoscaler of your own. It is
	// there beside autoscaler.
	// +optional
	ScaleTargetRef *autoscalingv2.CrossVersionObjectReference `json:"scaleTargetRef,omitempty"`
	// Workload is how the component runs: its mode, its replicas and what they ask for. OME does not have
	// it.
	// +optional
	Workload *ComponentWorkload `json:"workload,omitempty"`
}

// ComponentWorkload is how a component runs.
type ComponentWorkload struct {
	// Mode is RawDeployment, MultiNode, MultiNodeRayVLLM or Serverless.
	// +optional
	Mode DeploymentMode `json:"mode,omitempty"`
	// DesiredReplicas are the replicas that the workload should have: Deployment pods, groups of a
	// LeaderWorkerSet, Ray clusters, or pods of a Knative revision.
	// +kubebuilder:default=0
	DesiredReplicas int32 `json:"desiredReplicas"`
	// ReadyReplicas are the ones that serve.
	// +kubebuilder:default=0
	ReadyReplicas int32 `json:"readyReplicas"`
	// Pods is the number of desired pods, those of a canary and of a former mode among them.
	// +kubebuilder:default=0
	Pods int64 `json:"pods"`
	// Accelerators are what these pods ask for together, by resource: "nvidia.com/gpu" to 16. Claims of
	// dynamic resource allocation are counted as "resource.k8s.io/claim", each an unknown number of devices.
	// +optional
	Accelerators map[string]int64 `json:"accelerators,omitempty"`
}

// TrafficTarget is the share of traffic of one revision. It has the wire form of Knative's.
type TrafficTarget struct {
	// Tag gives the revision its own URL.
	// +optional
	Tag string `json:"tag,omitempty"`
	// RevisionName is the name of the revision that gets the share.
	// +optional
	RevisionName string `json:"revisionName,omitempty"`
	// ConfigurationName is the name of the Knative Configuration whose latest ready revision gets the share.
	// +optional
	ConfigurationName string `json:"configurationName,omitempty"`
	// LatestRevision is true when the target follows the latest ready revision.
	// +optional
	LatestRevision *bool `json:"latestRevision,omitempty"`
	// Percent of the requests, 0 to 100.
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
	// Reason why the class was chosen.
	// +optional
	Reason string `json:"reason,omitempty"`
	// NodeSelector that the pods got from the class.
	// +optional
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	// ResourceRequests that the pods got from the class.
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
	// LastFailureInfo describes the last failure to load or serve the model.
	// +optional
	LastFailureInfo *FailureInfo `json:"lastFailureInfo,omitempty"`
	// ModelCopies counts the pods that hold the model.
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
	// ActiveModelState is the state of the model in use.
	// +kubebuilder:default=Pending
	ActiveModelState ModelState `json:"activeModelState"`
	// TargetModelState is the state of the model that the specification asks for.
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
	// Reason is one word for programs.
	// +optional
	Reason FailureReason `json:"reason,omitempty"`
	// Message is a sentence for people.
	// +optional
	Message string `json:"message,omitempty"`
	// ModelRevisionName is the name of the revision that failed.
	// +optional
	ModelRevisionName string `json:"modelRevisionName,omitempty"`
	// Time of the failure.
	// +optional
	Time *metav1.Time `json:"time,omitempty"`
	// ExitCode with which the container ended.
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

// ReportedAddresses are the addresses of the service and of its components, those of components by name.
func (s *InferenceServiceStatus) ReportedAddresses() []string {
	addresses := []string{s.URL}
	if s.Address != nil {
		addresses = append(addresses, s.Address.URL)
	}
	for _, component := range slices.Sorted(maps.Keys(s.Components)) {
		status := s.Components[component]
		addresses = append(addresses, status.URL)
		if status.Address != nil {
			addresses = append(addresses, status.Address.URL)
		}
	}
	return addresses
}
