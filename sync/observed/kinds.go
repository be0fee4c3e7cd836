package observed

import "slices"

// The kinds that isvc produces or reads, at the exact versions it uses.
const (
	ConfigMap      Kind = "ConfigMap.v1"
	Service        Kind = "Service.v1"
	ServiceAccount Kind = "ServiceAccount.v1"
	Pod            Kind = "Pod.v1"

	Deployment              Kind = "Deployment.apps/v1"
	HorizontalPodAutoscaler Kind = "HorizontalPodAutoscaler.autoscaling/v2"
	PodDisruptionBudget     Kind = "PodDisruptionBudget.policy/v1"
	Role                    Kind = "Role.rbac.authorization.k8s.io/v1"
	RoleBinding             Kind = "RoleBinding.rbac.authorization.k8s.io/v1"
	Ingress                 Kind = "Ingress.networking.k8s.io/v1"

	KnativeService  Kind = "Service.serving.knative.dev/v1"
	LeaderWorkerSet Kind = "LeaderWorkerSet.leaderworkerset.x-k8s.io/v1"
	RayCluster      Kind = "RayCluster.ray.io/v1"
	ScaledObject    Kind = "ScaledObject.keda.sh/v1alpha1"
	HTTPRoute       Kind = "HTTPRoute.gateway.networking.k8s.io/v1"
	VirtualService  Kind = "VirtualService.networking.istio.io/v1beta1"
	Sidecar         Kind = "Sidecar.networking.istio.io/v1beta1"

	InferenceService      Kind = "InferenceService.ome.io/v1beta1"
	BaseModel             Kind = "BaseModel.ome.io/v1beta1"
	ClusterBaseModel      Kind = "ClusterBaseModel.ome.io/v1beta1"
	FineTunedWeight       Kind = "FineTunedWeight.ome.io/v1beta1"
	ServingRuntime        Kind = "ServingRuntime.ome.io/v1beta1"
	ClusterServingRuntime Kind = "ClusterServingRuntime.ome.io/v1beta1"
	AcceleratorClass      Kind = "AcceleratorClass.ome.io/v1beta1"
)

// known are the kinds by name, so that naming one anew takes no memory.
var known = func() map[string]Kind {
	all := append(AllKinds().Sorted(), Pod, InferenceService, BaseModel, ClusterBaseModel,
		FineTunedWeight, ServingRuntime, ClusterServingRuntime, AcceleratorClass)
	names := make(map[string]Kind, len(all))
	for _, kind := range all {
		names[string(kind)] = kind
	}
	return names
}()

// CoreKinds are the child kinds that every Kubernetes cluster has.
func CoreKinds() []Kind {
	return []Kind{
		ConfigMap, Service, ServiceAccount, Deployment, HorizontalPodAutoscaler,
		PodDisruptionBudget, Role, RoleBinding, Ingress,
	}
}

// OptionalKinds are the child kinds that need a custom resource definition.
func OptionalKinds() []Kind {
	var kinds []Kind
	for _, c := range Components() {
		kinds = append(kinds, c.Kinds...)
	}
	return kinds
}

// Component is a group of optional kinds that are installed together.
type Component struct {
	// Name is that of the folder of manifests/components which declares the
	// kinds to Metacontroller.
	Name  string
	Kinds []Kind
}

// Components lists the groups of optional kinds by name.
func Components() []Component {
	return []Component{
		{"gateway-api", []Kind{HTTPRoute}},
		{"istio", []Kind{VirtualService, Sidecar}},
		{"keda", []Kind{ScaledObject}},
		{"knative", []Kind{KnativeService}},
		{"lws", []Kind{LeaderWorkerSet}},
		{"ray", []Kind{RayCluster}},
	}
}

// ComponentOf names the component that declares a kind; empty for a kind that
// every cluster has.
func ComponentOf(kind Kind) string {
	for _, c := range Components() {
		if slices.Contains(c.Kinds, kind) {
			return c.Name
		}
	}
	return ""
}

// AllKinds returns every child kind as a set.
func AllKinds() Kinds {
	kinds := Kinds{}
	for _, kind := range append(CoreKinds(), OptionalKinds()...) {
		kinds[kind] = true
	}
	return kinds
}
