package child

import (
	"slices"
	"strconv"
)

// rulesOf returns the rules of a kind. Kinds that are emitted and have none, and why:
// HorizontalPodAutoscaler (metrics is replaced as a whole, but the server adds nothing to its items),
// PodDisruptionBudget and ConfigMap (no lists of objects), Role (rules: nothing is added), Ingress (pathType is
// required and has no default), ScaledObject, VirtualService and Sidecar (their schemas have no defaults in lists).
// In pod templates the same holds for tolerations, topologySpreadConstraints, envFrom and affinity terms.
func rulesOf(group, kind string) []rule {
	switch group + "/" + kind {
	case "/Service":
		return serviceRules()
	case "apps/Deployment":
		return append(podRules("spec.template.spec"), rule{"spec.template.spec", mirrorServiceAccount,
			"the server copies serviceAccountName to serviceAccount and back: unless both are ours, the account cannot be removed"})
	case "networking.k8s.io/NetworkPolicy":
		return networkPolicyRules()
	case "rbac.authorization.k8s.io/RoleBinding":
		return roleBindingRules()
	case "leaderworkerset.x-k8s.io/LeaderWorkerSet":
		return slices.Concat(
			podRules("spec.leaderWorkerTemplate.leaderTemplate.spec"),
			podRules("spec.leaderWorkerTemplate.workerTemplate.spec"))
	case "serving.knative.dev/Service":
		return append(podRules("spec.template.spec"), knativeRules()...)
	case "ray.io/RayCluster":
		return rayRules()
	case "gateway.networking.k8s.io/HTTPRoute":
		return httpRouteRules()
	}
	return nil
}

func serviceRules() []rule {
	return []rule{
		{"spec.ports[]", missing("protocol", "TCP"), "part of the list's key under server-side apply"},
		{"spec.ports[]", defaultTargetPort, "a typed port without one emits 0, which the server replaces by port"},
	}
}

// podRules are the rules for a pod spec at path, in the server's own kinds and in those that embed it.
func podRules(path string) []rule {
	const (
		listKey = "part of the list's key under server-side apply, and required there by CRD schemas"
		atomic  = "projected sources have no merge key and are replaced as a whole"
	)
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

func networkPolicyRules() []rule {
	const atomic = "ingress and egress rules have no merge key and are replaced as a whole"
	return []rule{
		{"spec.ingress[].ports[]", missing("protocol", "TCP"), atomic},
		{"spec.egress[].ports[]", missing("protocol", "TCP"), atomic},
		{"spec", defaultPolicyTypes, "the server derives it once: egress rules added later would not be enforced"},
	}
}

func roleBindingRules() []rule {
	return []rule{
		{"roleRef", missing("apiGroup", "rbac.authorization.k8s.io"), "typed objects emit an empty one, and roleRef cannot change later"},
		{"subjects[]", defaultSubjectGroup, "the server fills it in for users and groups, and leaves out an empty one"},
	}
}

func knativeRules() []rule {
	return []rule{
		{"spec.template.spec", nameContainers, "Knative names containers, and lists of unnamed ones never equal the stored list"},
		{"spec.traffic[]", defaultLatestRevision, "traffic targets have no merge key and are replaced as a whole"},
	}
}

func rayRules() []rule {
	const atomic = "worker groups have no merge key and are replaced as a whole"
	groups := "spec.workerGroupSpecs[]"
	rules := slices.Concat(podRules("spec.headGroupSpec.template.spec"), podRules(groups+".template.spec"), []rule{
		{groups, missing("replicas", int64(0)), atomic},
		{groups, missing("minReplicas", int64(0)), atomic},
		{groups, missing("maxReplicas", int64(2147483647)), atomic},
		{groups, missing("numOfHosts", int64(1)), atomic},
	})
	for _, containers := range []string{"containers[]", "initContainers[]"} {
		for _, probe := range []string{"livenessProbe", "readinessProbe", "startupProbe"} {
			path := groups + ".template.spec." + containers + "." + probe + ".grpc"
			rules = append(rules, rule{path, missing("service", ""), atomic})
		}
	}
	return rules
}

func httpRouteRules() []rule {
	const (
		parent = "part of the parent's identity, and replaced as a whole with parents that share no merge key"
		atomic = "unnamed rules have no merge key and are replaced as a whole"
	)
	rules := []rule{
		{"spec.parentRefs[]", missing("group", "gateway.networking.k8s.io"), parent},
		{"spec.parentRefs[]", missing("kind", "Gateway"), parent},
		{"spec.rules[]", defaultMatches, atomic},
		{"spec.rules[].matches[]", defaultPath, atomic},
		{"spec.rules[].matches[].headers[]", missing("type", "Exact"), atomic},
		{"spec.rules[].matches[].queryParams[]", missing("type", "Exact"), atomic},
		{"spec.rules[].sessionPersistence", missing("type", "Cookie"), atomic},
		{"spec.rules[].sessionPersistence.cookieConfig", missing("lifetimeType", "Session"), atomic},
		{"spec.rules[].backendRefs[]", missing("weight", int64(1)), atomic},
	}
	rules = append(rules, backendRules("spec.rules[].backendRefs[]", atomic)...)
	for _, filters := range []string{"spec.rules[].filters[]", "spec.rules[].backendRefs[].filters[]"} {
		rules = append(rules, backendRules(filters+".requestMirror.backendRef", atomic)...)
		rules = append(rules,
			rule{filters + ".requestRedirect", missing("statusCode", int64(302)), atomic},
			rule{filters + ".cors", missing("maxAge", int64(5)), atomic})
	}
	return rules
}

func backendRules(path, why string) []rule {
	return []rule{
		{path, missing("group", ""), why},
		{path, missing("kind", "Service"), why},
	}
}

func mirrorServiceAccount(podSpec map[string]any) {
	if name := podSpec["serviceAccountName"]; !isUnset(name) {
		podSpec["serviceAccount"] = name
	}
}

func defaultTargetPort(port map[string]any) {
	target := port["targetPort"]
	if (isUnset(target) || target == int64(0)) && port["port"] != nil {
		port["targetPort"] = port["port"]
	}
}

func defaultPolicyTypes(spec map[string]any) {
	if types, ok := spec["policyTypes"].([]any); ok && len(types) > 0 {
		return
	}
	types := []any{"Ingress"}
	if egress, ok := spec["egress"].([]any); ok && len(egress) > 0 {
		types = append(types, "Egress")
	}
	spec["policyTypes"] = types
}

func defaultSubjectGroup(subject map[string]any) {
	switch subject["kind"] {
	case "User", "Group":
		missing("apiGroup", "rbac.authorization.k8s.io")(subject)
	case "ServiceAccount":
		if subject["apiGroup"] == "" {
			delete(subject, "apiGroup")
		}
	}
}

func defaultLatestRevision(target map[string]any) {
	if target["latestRevision"] == nil {
		target["latestRevision"] = isUnset(target["revisionName"])
	}
}

func defaultMatches(rule map[string]any) {
	if matches, ok := rule["matches"].([]any); ok && len(matches) > 0 {
		return
	}
	rule["matches"] = []any{map[string]any{}}
}

func defaultPath(match map[string]any) {
	path, ok := match["path"].(map[string]any)
	if !ok {
		path = map[string]any{}
		match["path"] = path
	}
	missing("type", "PathPrefix")(path)
	missing("value", "/")(path)
}

// nameContainers gives the names that Knative gives with its own configuration unchanged: user-container, or
// with a number where there are several, skipping those taken.
func nameContainers(podSpec map[string]any) {
	containers, _ := podSpec["containers"].([]any)
	initContainers, _ := podSpec["initContainers"].([]any)
	taken := map[string]bool{}
	for _, container := range slices.Concat(containers, initContainers) {
		if m, ok := container.(map[string]any); ok {
			taken[textOf(m["name"])] = true
		}
	}
	nameUnnamed(containers, "user-container", taken)
	nameUnnamed(initContainers, "init-container", taken)
}

func textOf(v any) string {
	text, _ := v.(string)
	return text
}

func nameUnnamed(containers []any, base string, taken map[string]bool) {
	next := 0
	for _, container := range containers {
		m, ok := container.(map[string]any)
		if !ok || textOf(m["name"]) != "" {
			continue
		}
		name := base
		for len(containers) > 1 && name == base || taken[name] {
			name = base + "-" + strconv.Itoa(next)
			next++
		}
		m["name"] = name
	}
}
