package modes

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The part of ray.io/v1 that a Ray cluster for vLLM needs.
//
// The structs are our own because KubeRay's module depends on client-go and controller-runtime.

// RayCluster is a head pod and its worker pods.
type RayCluster struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              RayClusterSpec `json:"spec"`
}

// RayClusterSpec is the desired state of a RayCluster.
type RayClusterSpec struct {
	// UpgradeStrategy says what KubeRay does when the rest of the specification changes. KubeRay before
	// 1.6 does not have the field, and leaves the pods as they are.
	UpgradeStrategy  *RayUpgradeStrategy `json:"upgradeStrategy,omitempty"`
	HeadGroupSpec    RayHeadGroup        `json:"headGroupSpec"`
	WorkerGroupSpecs []RayWorkerGroup    `json:"workerGroupSpecs,omitempty"`
}

// RayUpgradeStrategy is Recreate, which replaces all pods of the cluster, or None.
type RayUpgradeStrategy struct {
	Type string `json:"type"`
}

// RayHeadGroup describes the head pod and the Service object that KubeRay makes in front of it.
type RayHeadGroup struct {
	ServiceType    corev1.ServiceType     `json:"serviceType"`
	HeadService    *RayHeadService        `json:"headService,omitempty"`
	RayStartParams map[string]string      `json:"rayStartParams"`
	Template       corev1.PodTemplateSpec `json:"template"`
}

// RayHeadService gives the head's Service object its name and labels, and says how it is reached.
// KubeRay adds ports and selector.
type RayHeadService struct {
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              corev1.ServiceSpec `json:"spec,omitzero"`
}

// RayWorkerGroup describes workers of one kind. Fields which the API server defaults are always
// written, because Metacontroller replaces the list of groups as a whole.
type RayWorkerGroup struct {
	GroupName      string                 `json:"groupName"`
	Replicas       int32                  `json:"replicas"`
	MinReplicas    int32                  `json:"minReplicas"`
	MaxReplicas    int32                  `json:"maxReplicas"`
	NumOfHosts     int32                  `json:"numOfHosts"`
	RayStartParams map[string]string      `json:"rayStartParams"`
	Template       corev1.PodTemplateSpec `json:"template"`
}
