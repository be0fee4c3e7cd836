package v1beta1

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// AcceleratorClassSpec describes one kind of accelerator and the nodes that have it.
type AcceleratorClassSpec struct {
	// Vendor of the accelerator, for example nvidia.
	// +optional
	Vendor string `json:"vendor,omitempty"`
	// Family of the accelerator, for example hopper.
	// +optional
	Family string `json:"family,omitempty"`
	// Model of the accelerator, for example h100.
	// +optional
	Model string `json:"model,omitempty"`
	// Discovery says how to find nodes with the accelerator.
	Discovery AcceleratorDiscovery `json:"discovery"`
	// Capabilities of one accelerator.
	Capabilities AcceleratorCapabilities `json:"capabilities"`
	// Resources that a pod requests to get the accelerator.
	// +optional
	// +listType=atomic
	Resources []AcceleratorResource `json:"resources,omitempty"`
	// Integration names the accelerator for schedulers. It has no effect.
	// +optional
	Integration *AcceleratorIntegration `json:"integration,omitempty"`
	// Cost of one accelerator, for the policy Cheapest.
	// +optional
	Cost *AcceleratorCost `json:"cost,omitempty"`
}

// AcceleratorDiscovery says how to find nodes with an accelerator.
type AcceleratorDiscovery struct {
	// NodeSelector lists the labels of the nodes that have the accelerator. Pods that use the class get it.
	// +optional
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	// Affinity of pods that use the class, beside nodeSelector.
	// +optional
	Affinity *corev1.Affinity `json:"affinity,omitempty"`
	// PCIVendorID is the vendor's number on the PCI bus, for example 10de. It has no effect.
	// +optional
	PCIVendorID string `json:"pciVendorID,omitempty"`
	// DeviceIDs are the device's numbers on the PCI bus. They have no effect.
	// +optional
	// +listType=atomic
	DeviceIDs []string `json:"deviceIDs,omitempty"`
}

// AcceleratorCapabilities are the technical data of one accelerator.
type AcceleratorCapabilities struct {
	// MemoryGB is the memory of one accelerator, in GB, for example "80".
	// +optional
	MemoryGB *resource.Quantity `json:"memoryGB,omitempty"`
	// ComputeCapability is the version of the architecture, for example "9.0".
	// +optional
	ComputeCapability string `json:"computeCapability,omitempty"`
	// LevelZeroVersion of Intel accelerators.
	// +optional
	LevelZeroVersion string `json:"levelZeroVersion,omitempty"`
	// ClockSpeedMHz is the clock frequency, in MHz.
	// +optional
	ClockSpeedMHz *int32 `json:"clockSpeedMHz,omitempty"`
	// MemoryBandwidthGBps is the bandwidth of the memory, in GB per second.
	// +optional
	MemoryBandwidthGBps *resource.Quantity `json:"memoryBandwidthGBps,omitempty"`
	// Features of the accelerator, for example tensor-cores.
	// +optional
	// +listType=atomic
	Features []string `json:"features,omitempty"`
	// Performance of one accelerator, by number format.
	// +optional
	Performance *AcceleratorPerformance `json:"performance,omitempty"`
}

// AcceleratorPerformance is the performance of one accelerator by precision.
type AcceleratorPerformance struct {
	// Fp32Tflops is the performance with fp32, in TFLOPS.
	// +optional
	Fp32Tflops *int64 `json:"fp32Tflops,omitempty"`
	// Fp16Tflops is the performance with fp16, in TFLOPS.
	// +optional
	Fp16Tflops *int64 `json:"fp16Tflops,omitempty"`
	// Int8Tops is the performance with int8, in TOPS.
	// +optional
	Int8Tops *int64 `json:"int8Tops,omitempty"`
	// Int4Tops is the performance with int4, in TOPS.
	// +optional
	Int4Tops *int64 `json:"int4Tops,omitempty"`
	// Latency of one accelerator.
	// +optional
	Latency *AcceleratorLatency `json:"latency,omitempty"`
}

// AcceleratorLatency is the latency of one accelerator.
type AcceleratorLatency struct {
	// AverageMillis is the average latency, in milliseconds.
	// +optional
	AverageMillis *int64 `json:"averageMillis,omitempty"`
	// MaximumMillis is the longest latency, in milliseconds.
	// +optional
	MaximumMillis *int64 `json:"maximumMillis,omitempty"`
}

// AcceleratorResource is a resource that a pod requests to get an accelerator.
type AcceleratorResource struct {
	// Name of the resource, for example nvidia.com/gpu.
	Name string `json:"name"`
	// Quantity of the resource; default 1.
	// +optional
	// +kubebuilder:default="1"
	Quantity *resource.Quantity `json:"quantity,omitempty"`
	// Divisible is true when a part of the resource can be requested.
	// +optional
	Divisible bool `json:"divisible,omitempty"`
}

// AcceleratorIntegration names the accelerator for schedulers.
type AcceleratorIntegration struct {
	// KueueResourceFlavor is the name of the ResourceFlavor of Kueue. It has no effect.
	// +optional
	KueueResourceFlavor string `json:"kueueResourceFlavor,omitempty"`
	// VolcanoGPUType is the name that Volcano has for the accelerator. It has no effect.
	// +optional
	VolcanoGPUType string `json:"volcanoGPUType,omitempty"`
}

// AcceleratorCost is the cost of one accelerator.
type AcceleratorCost struct {
	// PerHour is the price of one hour, in dollars, for example "2.5". The policy Cheapest compares it.
	// +optional
	PerHour *resource.Quantity `json:"perHour,omitempty"`
	// PerMillionTokens is the price of a million tokens, in dollars.
	// +optional
	PerMillionTokens *resource.Quantity `json:"perMillionTokens,omitempty"`
	// SpotPerHour is the price of one hour of a machine that may be taken away, in dollars.
	// +optional
	SpotPerHour *resource.Quantity `json:"spotPerHour,omitempty"`
	// Tier of the price, where it is not known: low, medium or high.
	// +optional
	Tier string `json:"tier,omitempty"`
}

// AcceleratorClassStatus says which nodes have the accelerator.
type AcceleratorClassStatus struct {
	// Nodes are the names of the nodes that have the accelerator.
	// +optional
	// +listType=atomic
	Nodes []string `json:"nodes,omitempty"`
	// TotalAccelerators is the number of such accelerators in the cluster.
	// +optional
	TotalAccelerators int32 `json:"totalAccelerators,omitempty"`
	// AvailableAccelerators is the number of such accelerators that are free.
	// +optional
	AvailableAccelerators int32 `json:"availableAccelerators,omitempty"`
	// LastUpdated is when this status was written.
	// +optional
	LastUpdated metav1.Time `json:"lastUpdated,omitempty,omitzero"`
	// Conditions of the class, one for each type.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type"`
	// AvailableNodes is the number of nodes that have the accelerator.
	// +optional
	AvailableNodes int32 `json:"availableNodes,omitempty"`
}

// AcceleratorClass is one kind of accelerator.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster
// +kubebuilder:printcolumn:name="Vendor",type="string",JSONPath=".spec.vendor"
// +kubebuilder:printcolumn:name="Family",type="string",JSONPath=".spec.family"
// +kubebuilder:printcolumn:name="Memory",type="string",JSONPath=".spec.capabilities.memoryGB"
// +kubebuilder:printcolumn:name="Nodes",type="integer",JSONPath=".status.availableNodes"
type AcceleratorClass struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec describes one kind of accelerator and the nodes that have it.
	// +optional
	Spec AcceleratorClassSpec `json:"spec,omitempty"`
	// Status says which nodes have the accelerator. OME's controller writes it; isvc does not need it.
	// +optional
	Status AcceleratorClassStatus `json:"status,omitempty,omitzero"`
}

// AcceleratorClassList is a list of AcceleratorClasses.
// +kubebuilder:object:root=true
type AcceleratorClassList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []AcceleratorClass `json:"items"`
}
