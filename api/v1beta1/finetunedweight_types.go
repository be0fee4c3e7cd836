package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// FineTunedWeightSpec describes weights that adapt a base model.
type FineTunedWeightSpec struct {
	// BaseModelRef names the model that the weights adapt.
	BaseModelRef ObjectReference `json:"baseModelRef"`
	// ModelType of the weights, for example LoRA.
	ModelType *string `json:"modelType"`
	// HyperParameters of the training. The key "strategy" names the method, for example lora or
	// tfew.
	// +kubebuilder:pruning:PreserveUnknownFields
	HyperParameters runtime.RawExtension `json:"hyperParameters"`

	ModelExtensionSpec `json:",inline"`

	// Configuration of the weights. The key "merged_weights" with the value true means that the
	// stored files hold the complete, adapted model.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	Configuration runtime.RawExtension `json:"configuration,omitempty,omitzero"`
	// Storage says where the weights are stored.
	Storage *StorageSpec `json:"storage"`
	// TrainingJobRef names the job that made the weights.
	// +optional
	TrainingJobRef *ObjectReference `json:"trainingJobRef,omitempty"`
}

// ObjectReference names an object; without a namespace it is cluster-scoped or in the namespace of
// the referrer.
type ObjectReference struct {
	// Name of the object that is referred to.
	Name *string `json:"name"`
	// Namespace of the object that is referred to; empty for a cluster-scoped one or the same namespace.
	// +optional
	Namespace *string `json:"namespace,omitempty"`
}

// FineTunedWeight holds weights that adapt a base model.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster
// +kubebuilder:printcolumn:name="Disabled",type="boolean",JSONPath=".spec.disabled"
// +kubebuilder:printcolumn:name="Version",type="string",JSONPath=".spec.version"
// +kubebuilder:printcolumn:name="Vendor",type="string",JSONPath=".spec.vendor"
// +kubebuilder:printcolumn:name="CompartmentID",type="string",JSONPath=".spec.compartmentID"
// +kubebuilder:printcolumn:name="ModelType",type="string",JSONPath=".spec.modelType"
// +kubebuilder:printcolumn:name="Ready",type="string",JSONPath=".status.state"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
type FineTunedWeight struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec says which model the weights adapt, how they were made and where they are stored.
	// +optional
	Spec FineTunedWeightSpec `json:"spec,omitempty"`
	// Status is on which nodes the weights are. OME's model agent writes it.
	// +optional
	Status ModelStatusSpec `json:"status,omitempty,omitzero"`
}

// FineTunedWeightList is a list of FineTunedWeights.
// +kubebuilder:object:root=true
type FineTunedWeightList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []FineTunedWeight `json:"items"`
}
