package child

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// defaultRules are the rules of each kind. Kinds of children that have none, and why: RoleBinding and
// HTTPRoute (their builders write every field that has a default, as they do in the traffic of a
// Knative Service and the groups of a RayCluster), HorizontalPodAutoscaler (metrics is replaced as a
// whole, but the server adds nothing to its items), PodDisruptionBudget and ConfigMap (no lists of
// objects), Role (rules: nothing is added), Ingress (pathType is required and has no default),
// ScaledObject, VirtualService and Sidecar (their schemas have no defaults in lists). In pod templates
// the same holds for tolerations, topologySpreadConstraints, envFrom and affinity terms.
var defaultRules = map[schema.GroupKind][]rule{
	{Kind: "Service"}: {{"spec.ports[]", missing("protocol", "TCP"), listKey}},
	{Group: "apps", Kind: "Deployment"}: append(podRules("spec.template.spec"), rule{
		"spec.template.spec", mirrorServiceAccount, "the server copies serviceAccountName to serviceAccount " +
			"and back: unless both are ours, the account cannot be removed"}),
	{Group: "leaderworkerset.x-k8s.io", Kind: "LeaderWorkerSet"}: slices.Concat(
		podRules("spec.leaderWorkerTemplate.leaderTemplate.spec"),
		podRules("spec.leaderWorkerTemplate.workerTemplate.spec")),
	{Group: "serving.knative.dev", Kind: "Service"}: podRules("spec.template.spec"),
	{Group: "ray.io", Kind: "RayCluster"}:           rayRules(),
}

const listKey = "part of the list's key under server-side apply, and required there by CRD schemas"

// podRules are the rules for a pod spec at the path, in the server's own kinds and in custom resources
// that embed one.
func podRules(path string) []rule {
	const atomic = "projected sources have no merge key and are replaced as a whole"
	sources := path + ".volumes[].projected.sources[]."
	return []rule{
		{path + ".containers[].ports[]", missing("protocol", "TCP"), listKey},
		{path + ".initContainers[].ports[]", missing("protocol", "TCP"), listKey},
		{sources + "serviceAccountToken", missing("expirationSeconds", int64(3600)), atomic},
		{sources + "podCertificate", missing("maxExpirationSeconds", int64(86400)), atomic},
		{sources + "downwardAPI.items[].fieldRef", missing("apiVersion", "v1"), atomic},
		{sources + "downwardAPI.items[].resourceFieldRef", missing("divisor", "0"), atomic},
	}
}

func rayRules() []rule {
	const atomic = "worker groups have no merge key and are replaced as a whole"
	groups := "spec.workerGroupSpecs[]"
	rules := slices.Concat(podRules("spec.headGroupSpec.template.spec"), podRules(groups+".template.spec"))
	for _, containers := range []string{"containers[]", "initContainers[]"} {
		for _, probe := range []string{"livenessProbe", "readinessProbe", "startupProbe"} {
			path := groups + ".template.spec." + containers + "." + probe + ".grpc"
			rules = append(rules, rule{path, missing("service", ""), atomic})
		}
	}
	return rules
}

func mirrorServiceAccount(podSpec map[string]any) {
	if name := podSpec["serviceAccountName"]; !isUnset(name) {
		podSpec["serviceAccount"] = name
	}
}
