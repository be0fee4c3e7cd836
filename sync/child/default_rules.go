package child

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// defaultRules are the rules of each kind. Kinds of children that have none, and why: RoleBinding
// and HTTPRoute (their builders write every field that has a default, as they do in the traffic of
// a Knative Service and the groups of a RayCluster), HorizontalPodAutoscaler (metrics is replaced
// as a whole, but the server adds nothing to its items), PodDisruptionBudget and ConfigMap (no
// lists of objects), Role (rules: nothing is added), Ingress (pathType is required and has no
// default), ScaledObject, PodMonitor, VirtualService and Sidecar (their schemas have no defaults in lists). In
// pod templates the same holds for tolerations, topologySpreadConstraints, envFrom and affinity
// terms.
var defaultRules = map[schema.GroupKind][]defaultRule{
	{Kind: "Service"}: {{"spec.ports[]", setIfMissing("protocol", "TCP"), listKey}},
	{Group: "apps", Kind: "Deployment"}: append(podRules("spec.template.spec"), defaultRule{
		"spec.template.spec", mirrorServiceAccount, "the server copies serviceAccountName to serviceAccount " +
			"and back: unless both are ours, the account cannot be removed"}),
	{Group: "leaderworkerset.x-k8s.io", Kind: "LeaderWorkerSet"}: slices.Concat(
		podRules("spec.leaderWorkerTemplate.leaderTemplate.spec"),
		podRules("spec.leaderWorkerTemplate.workerTemplate.spec")),
	{Group: "serving.knative.dev", Kind: "Service"}: podRules("spec.template.spec"),
	{Group: "ray.io", Kind: "RayCluster"}:           rayRules(),
}

const listKey = "part of the list's key under server-side apply, and required there by CRD schemas"

// podRules are the rules for a pod spec at the path, in the server's own kinds and in custom
// resources that embed one.
func podRules(path string) []defaultRule {
	const atomic = "projected sources have no merge key and are replaced as a whole"
	sources := path + ".volumes[].projected.sources[]."
	return []defaultRule{
		{path + ".containers[].ports[]", setIfMissing("protocol", "TCP"), listKey},
		{path + ".initContainers[].ports[]", setIfMissing("protocol", "TCP"), listKey},
		{sources + "serviceAccountToken", setIfMissing("expirationSeconds", int64(3600)), atomic},
		{sources + "podCertificate", setIfMissing("maxExpirationSeconds", int64(86400)), atomic},
		{sources + "downwardAPI.items[].fieldRef", setIfMissing("apiVersion", "v1"), atomic},
		{sources + "downwardAPI.items[].resourceFieldRef", setIfMissing("divisor", "0"), atomic},
	}
}

func rayRules() []defaultRule {
	const atomic = "worker groups have no merge key and are replaced as a whole"
	groups := "spec.workerGroupSpecs[]"
	rules := slices.Concat(podRules("spec.headGroupSpec.template.spec"), podRules(groups+".template.spec"))
	for _, containers := range []string{"containers[]", "initContainers[]"} {
		for _, probe := range []string{"livenessProbe", "readinessProbe", "startupProbe"} {
			path := groups + ".template.spec." + containers + "." + probe + ".grpc"
			rules = append(rules, defaultRule{path, setIfMissing("service", ""), atomic})
		}
	}
	return rules
}

func mirrorServiceAccount(podSpec map[string]any) {
	if name := podSpec["serviceAccountName"]; !isUnset(name) {
		podSpec["serviceAccount"] = name
	}
}
