package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	// GroupName is the API group of every kind in this package.
	GroupName = "ome.io"
	// Version is the API version of every kind in this package.
	Version = "v1beta1"
	// APIVersion is the value of apiVersion in a manifest: "ome.io/v1beta1".
	APIVersion = GroupName + "/" + Version
)

// Kinds of the group.
const (
	KindInferenceService      = "InferenceService"
	KindBaseModel             = "BaseModel"
	KindClusterBaseModel      = "ClusterBaseModel"
	KindFineTunedWeight       = "FineTunedWeight"
	KindServingRuntime        = "ServingRuntime"
	KindClusterServingRuntime = "ClusterServingRuntime"
	KindAcceleratorClass      = "AcceleratorClass"
)

// GroupVersion identifies ome.io/v1beta1.
var GroupVersion = schema.GroupVersion{Group: GroupName, Version: Version}

// AddToScheme registers every kind of the group and its list.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&InferenceService{}, &InferenceServiceList{},
		&BaseModel{}, &BaseModelList{},
		&ClusterBaseModel{}, &ClusterBaseModelList{},
		&FineTunedWeight{}, &FineTunedWeightList{},
		&ServingRuntime{}, &ServingRuntimeList{},
		&ClusterServingRuntime{}, &ClusterServingRuntimeList{},
		&AcceleratorClass{}, &AcceleratorClassList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
