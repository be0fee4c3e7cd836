// Package kinds names the kinds of objects that isvc reads and makes, at their exact versions.
package kinds

import (
	"maps"
	"slices"
	"strings"
)

// Kind names a kind and its exact version in Metacontroller's form: "Service.v1" for the core
// group, "Deployment.apps/v1" otherwise.
type Kind string

// New returns the Kind of an object's kind and apiVersion.
func New(kind, apiVersion string) Kind { return Kind(kind + "." + apiVersion) }

// NameAndVersion returns the kind and the apiVersion.
func (k Kind) NameAndVersion() (kind, apiVersion string) {
	kind, apiVersion, _ = strings.Cut(string(k), ".")
	return kind, apiVersion
}

// Set is a set of kinds.
type Set map[Kind]bool

// Has reports whether the set contains the kind.
func (s Set) Has(kind Kind) bool { return s[kind] }

// Sorted returns the kinds in alphabetical order.
func (s Set) Sorted() []Kind { return slices.Sorted(maps.Keys(s)) }

// The kinds that isvc makes or reads, at the exact versions it uses.
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
	PodMonitor      Kind = "PodMonitor.monitoring.coreos.com/v1"
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

// Core lists the child kinds that every Kubernetes cluster has.
func Core() []Kind {
	return []Kind{
		ConfigMap, Service, ServiceAccount, Deployment, HorizontalPodAutoscaler,
		PodDisruptionBudget, Role, RoleBinding, Ingress,
	}
}

// Optional lists the child kinds that need a custom resource definition.
func Optional() []Kind {
	var kinds []Kind
	for _, c := range ManifestComponents() {
		kinds = append(kinds, c.Kinds...)
	}
	return kinds
}

// ManifestComponent is a group of optional kinds that are installed together.
type ManifestComponent struct {
	// Name is the name of the folder in manifests/components which declares the kinds to
	// Metacontroller.
	Name  string
	Kinds []Kind
}

// ManifestComponents lists the groups of optional kinds by name.
func ManifestComponents() []ManifestComponent {
	return []ManifestComponent{
		{"gateway-api", []Kind{HTTPRoute}},
		{"istio", []Kind{VirtualService, Sidecar}},
		{"keda", []Kind{ScaledObject}},
		{"knative", []Kind{KnativeService}},
		{"lws", []Kind{LeaderWorkerSet}},
		{"prometheus-operator", []Kind{PodMonitor}},
		{"ray", []Kind{RayCluster}},
	}
}

// ManifestComponentOf returns the name of the component that declares a kind; empty for a kind that
// every cluster has.
func ManifestComponentOf(kind Kind) string {
	for _, c := range ManifestComponents() {
		if slices.Contains(c.Kinds, kind) {
			return c.Name
		}
	}
	return ""
}

// All returns every child kind as a set.
func All() Set {
	kinds := Set{}
	for _, kind := range append(Core(), Optional()...) {
		kinds[kind] = true
	}
	return kinds
}
