package load

import (
	"fmt"
	"strings"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/spelling"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// use says what an object is to a request.
type use int

const (
	// foreign objects have no use here.
	foreign use = iota
	// parent is an InferenceService.
	parent
	// related objects are what Customize asks for.
	related
	// pod is a pod of a service.
	pod
	// owned objects may belong to a service.
	owned
)

// CatalogueKinds are the kinds of the group ome.io that requests are made of: services, and what they
// refer to or select from.
func CatalogueKinds() []kinds.Kind {
	return []kinds.Kind{
		kinds.AcceleratorClass, kinds.BaseModel, kinds.ClusterBaseModel,
		kinds.ClusterServingRuntime, kinds.FineTunedWeight,
		kinds.InferenceService, kinds.ServingRuntime,
	}
}

// useOf says what an object of a kind is to a request.
func useOf(kind kinds.Kind) use {
	switch kind {
	case kinds.InferenceService:
		return parent
	case kinds.AcceleratorClass, kinds.BaseModel, kinds.ClusterBaseModel,
		kinds.ClusterServingRuntime, kinds.FineTunedWeight, kinds.ServingRuntime:
		return related
	case kinds.Pod:
		return pod
	case kinds.ConfigMap, kinds.Service, kinds.ServiceAccount, kinds.Deployment,
		kinds.HorizontalPodAutoscaler, kinds.PodDisruptionBudget, kinds.Role,
		kinds.RoleBinding, kinds.Ingress, kinds.KnativeService, kinds.LeaderWorkerSet,
		kinds.RayCluster, kinds.ScaledObject, kinds.PodMonitor, kinds.HTTPRoute, kinds.VirtualService,
		kinds.Sidecar:
		return owned
	}
	return foreign
}

// isUsed reports whether objects of the kind can be part of a request.
func isUsed(kind kinds.Kind) bool { return useOf(kind) != foreign }

// isClusterScoped reports whether objects of the kind have no namespace.
func isClusterScoped(kind kinds.Kind) bool {
	switch kind {
	case kinds.AcceleratorClass, kinds.ClusterBaseModel,
		kinds.ClusterServingRuntime, kinds.FineTunedWeight:
		return true
	}
	return false
}

// checkForeign reports a foreign object that was probably meant for isvc: its group is ome.io, but
// its kind or version is unknown, or its kind is one of ome.io's in another group.
func checkForeign(o *object) []Problem {
	group, version, _ := strings.Cut(o.APIVersion, "/")
	kind := kinds.New(o.Kind, v1beta1.APIVersion)
	whyNotServed, isOMEs := unservedKinds[o.Kind]
	switch {
	case group == v1beta1.GroupName && version == v1beta1.Version && isOMEs:
		if whyNotServed == "" {
			return nil
		}
		return []Problem{o.objectProblem(Warning, "kind", "was passed over: "+whyNotServed)}
	case group == v1beta1.GroupName && version == v1beta1.Version:
		return []Problem{o.objectProblem(Unusable, "kind", fmt.Sprintf("%s has no kind %s: it has %s",
			v1beta1.APIVersion, o.Kind, strings.Join(omeKindNames(), ", ")))}
	case group == v1beta1.GroupName && version != v1beta1.Version:
		return []Problem{o.objectProblem(Unusable, "apiVersion", fmt.Sprintf("version %q of %s is not known: use %s",
			version, v1beta1.GroupName, v1beta1.APIVersion))}
	case group != v1beta1.GroupName && isUsed(kind) && (version == "" || spelling.Nearest(group, []string{v1beta1.GroupName}) != ""):
		return []Problem{o.objectProblem(Unusable, "apiVersion", fmt.Sprintf("%q is no version of %s: write %s", o.APIVersion, o.Kind, v1beta1.APIVersion))}
	case group != v1beta1.GroupName && isUsed(kind):
		return []Problem{o.objectProblem(Warning, "apiVersion", fmt.Sprintf("%s of %s was ignored: only those of %s are used",
			o.Kind, o.APIVersion, v1beta1.APIVersion))}
	}
	return nil
}

// unservedKinds are the kinds of OME that no request is made of, and what to do instead; empty for a
// kind that has another purpose than serving. All but BenchmarkJob are OME's since v1.3.
var unservedKinds = map[string]string{
	"AcceleratorQuota": "isvc limits no accelerators: use a ResourceQuota or Kueue",
	"AutoscalerPolicy": "isvc reads no policies of autoscalers: write the settings into the component",
	"BenchmarkJob":     "",
	"InferenceReplica": "isvc makes workloads of InferenceServices alone: write one with the same engine",
	"RolloutPolicy":    "workloads roll as their own controllers do: see deploymentStrategy of the component",
	"TrafficMap":       "isvc serves in one cluster, and its routes follow its own services",
	"WorkloadCluster":  "isvc serves in the cluster in which it runs",
}

// omeKindNames are the kinds of ome.io for a message.
func omeKindNames() []string {
	var names []string
	for _, kind := range CatalogueKinds() {
		name, _ := kind.NameAndVersion()
		names = append(names, name)
	}
	return names
}
