package effect

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/modes/names"
)

// rule says what a change of a field of a kind does.
type rule struct {
	// path is the field, which stands for everything below it.
	path   string
	effect Effect
	// unnoticed is true where running pods do not notice.
	unnoticed bool
	// adjust decides where the values count, or another field of the object; nil where they do not.
	adjust func(change Change, object map[string]any) (Effect, bool)
	// source is where the rule comes from.
	source string
}

// ruleFor is the rule for a field: the one with the longest path that holds it.
func ruleFor(kind kinds.Kind, path string) rule {
	best := rule{effect: Rolling}
	if !isKnown(kind) {
		return best
	}
	if isBelow(path, "metadata") {
		best = rule{path: "metadata", effect: Metadata}
	}
	for _, r := range rules[kind] {
		if isBelow(path, r.path) && len(r.path) >= len(best.path) {
			best = r
		}
	}
	return best
}

func isKnown(kind kinds.Kind) bool {
	_, known := rules[kind]
	return known
}

// hasRulesBelow reports whether a rule speaks of something inside a field.
func hasRulesBelow(kind kinds.Kind, path string) bool {
	return slices.ContainsFunc(rules[kind], func(r rule) bool { return r.path != path && isBelow(r.path, path) })
}

// isBelow reports whether a path is a field or below it.
func isBelow(path, field string) bool {
	rest, ok := strings.CutPrefix(path, field)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// Kinds that isvc makes in no version so far, but whose changes it can be asked about.
const (
	statefulSet   kinds.Kind = "StatefulSet.apps/v1"
	rayService    kinds.Kind = "RayService.ray.io/v1"
	inferencePool kinds.Kind = "InferencePool.inference.networking.k8s.io/v1"
	networkPolicy kinds.Kind = "NetworkPolicy.networking.k8s.io/v1"
)

// Where the rules come from.
const (
	deploymentDocs    = "kubernetes.io, Deployment: a rollout is triggered if and only if the pod template is changed"
	statefulSetDocs   = "kubernetes.io, StatefulSet: update strategies"
	statefulSetFixed  = "kubernetes, pkg/apis/apps/validation, ValidateStatefulSetUpdate: immutable"
	lwsRevision       = "LeaderWorkerSet, pkg/utils/revision, getPatch: what is part of a revision"
	lwsController     = "LeaderWorkerSet, leaderworkerset_controller.go, rollingUpdateParameters"
	lwsTopology       = "LeaderWorkerSet, leaderworkerset_controller.go: written into the template of the leaders without a new revision"
	lwsFixed          = "LeaderWorkerSet, leaderworkerset_webhook.go, ValidateUpdate: immutable"
	knativeRevision   = "Knative Serving, configuration.go: one Revision for each generation of the Configuration"
	knativeRollout    = "Knative Serving, MakeConfigurationFromExisting: gradual rollout"
	kubeRayUpgrade    = "KubeRay 1.6, raycluster_controller.go, shouldRecreatePodsForUpgrade"
	kubeRayHash       = "KubeRay 1.6, GenerateHashWithoutReplicasAndWorkersToDelete: outside of the hash"
	kubeRayHead       = "KubeRay, service.go: the Service object of the head"
	kedaPause         = "KEDA, pausing of autoscaling"
	mountedConfigMaps = "kubernetes.io, ConfigMap: volumes are updated within about a minute, variables and subPath not before a restart"
	podAdmission      = "kubernetes.io, ServiceAccount: admission gives these to pods when they are created"
	rbacDocs          = "kubernetes.io, RBAC: the next call to the API"
)

// rules are the rules by kind. A field that no rule names has the effect Rolling, and metadata that no
// rule names Metadata.
var rules = map[kinds.Kind][]rule{
	kinds.Deployment: {
		{path: "spec.template", adjust: ofDeploymentTemplate, source: deploymentDocs},
		{path: "spec.replicas", effect: Scale, source: deploymentDocs},
		{path: "spec.strategy", effect: Metadata, source: deploymentDocs},
		{path: "spec.minReadySeconds", effect: Metadata, source: deploymentDocs},
		{path: "spec.progressDeadlineSeconds", effect: Metadata, source: deploymentDocs},
		{path: "spec.revisionHistoryLimit", effect: Metadata, source: deploymentDocs},
		{path: "spec.paused", adjust: pausedOrResumed, source: "kubernetes.io, Deployment: pausing and resuming a rollout"},
		{path: "spec.selector", effect: Recreate, source: "kubernetes.io, Deployment: the selector is immutable"},
	},
	kinds.LeaderWorkerSet: {
		{path: "spec.leaderWorkerTemplate", effect: Rolling, source: lwsRevision},
		{path: "spec.leaderWorkerTemplate.subGroupPolicy", effect: Recreate, source: lwsFixed},
		{path: "spec.leaderWorkerTemplate.subGroupPolicy.subGroupPolicyType", effect: Rolling, source: lwsRevision},
		{path: "spec.networkConfig", adjust: anotherSubdomain, source: lwsRevision},
		{path: "spec.replicas", effect: Scale, source: lwsController},
		{path: "spec.rolloutStrategy", effect: Metadata, source: lwsController},
		{path: "spec.rolloutStrategy.rollingUpdateConfiguration.partition", adjust: loweredPartition, source: lwsController},
		{path: "spec.startupPolicy", effect: Metadata, source: "LeaderWorkerSet, pkg/utils/revision, getPatch: no part of a revision"},
		{path: "metadata.annotations[leaderworkerset.sigs.k8s.io/exclusive-topology]", effect: Rolling, source: lwsTopology},
		{path: "metadata.annotations[leaderworkerset.sigs.k8s.io/subgroup-exclusive-topology]", effect: Rolling, source: lwsTopology},
	},
	statefulSet: {
		{path: "spec.template", adjust: unlessOnDelete, source: statefulSetDocs},
		{path: "spec.replicas", effect: Scale, source: statefulSetDocs},
		{path: "spec.updateStrategy", effect: Metadata, source: statefulSetDocs},
		{path: "spec.updateStrategy.rollingUpdate.partition", adjust: loweredPartition, source: statefulSetDocs},
		{path: "spec.minReadySeconds", effect: Metadata, source: statefulSetDocs},
		{path: "spec.revisionHistoryLimit", effect: Metadata, source: statefulSetDocs},
		{path: "spec.selector", effect: Recreate, source: statefulSetFixed},
		{path: "spec.serviceName", effect: Recreate, source: statefulSetFixed},
		{path: "spec.podManagementPolicy", effect: Recreate, source: statefulSetFixed},
		{path: "spec.volumeClaimTemplates", effect: Recreate, source: statefulSetFixed},
	},
	kinds.KnativeService: {
		{path: "spec.template", effect: NewRevision, source: knativeRevision},
		{path: "spec.traffic", effect: Traffic, source: "Knative Serving, service/resources: the traffic of the Route"},
		{path: "metadata.annotations[serving.knative.dev/rollout-duration]", effect: Traffic, source: knativeRollout},
		{path: "metadata.annotations[serving.knative.dev/rolloutDuration]", effect: Traffic, source: knativeRollout},
	},
	kinds.RayCluster: {
		{path: "spec", adjust: byUpgradeStrategy, source: kubeRayUpgrade},
		{path: "spec.workerGroupSpecs", adjust: workerGroups, source: kubeRayUpgrade},
		{path: "spec.headGroupSpec.template.spec.tolerations", effect: Metadata, unnoticed: true, source: kubeRayHash},
		{path: "spec.headGroupSpec.template.spec.schedulingGates", effect: Metadata, unnoticed: true, source: kubeRayHash},
		{path: "spec.upgradeStrategy", effect: Metadata, source: kubeRayHash},
		{path: "spec.suspend", effect: Recreate, source: "KubeRay, reconcilePods: a suspended cluster has no pods"},
		{path: "spec.headGroupSpec.headService", adjust: trafficToTheHead, source: kubeRayHead},
		{path: "spec.headGroupSpec.serviceType", adjust: trafficToTheHead, source: kubeRayHead},
	},
	rayService: {
		{path: "spec.rayClusterConfig", effect: NewRevision, source: "KubeRay, RayService: another cluster is made beside the present one, and the traffic follows"},
		{path: "spec.serveConfigV2", effect: InPlace, source: "KubeRay, RayService: Serve applications are updated in place"},
	},
	kinds.Service: {
		{path: "spec", effect: Traffic, source: "kubernetes.io, Service"},
		{path: "spec.clusterIP", effect: Recreate, source: "kubernetes.io, Service: the address is immutable"},
	},
	kinds.HorizontalPodAutoscaler: {{path: "spec", effect: Scale, source: "autoscaling/v2"}},
	kinds.ScaledObject: {
		{path: "spec", effect: Scale, source: "KEDA, ScaledObject specification"},
		{path: "metadata.annotations[autoscaling.keda.sh/paused]", effect: Scale, source: kedaPause},
		{path: "metadata.annotations[autoscaling.keda.sh/paused-replicas]", effect: Scale, source: kedaPause},
		{path: "metadata.annotations[autoscaling.keda.sh/paused-scale-in]", effect: Scale, source: kedaPause},
		{path: "metadata.annotations[autoscaling.keda.sh/paused-scale-out]", effect: Scale, source: kedaPause},
	},
	kinds.PodDisruptionBudget: {{path: "spec", effect: Eviction, source: "policy/v1"}},
	kinds.Ingress:             {{path: "spec", effect: Traffic, source: "kubernetes.io, Ingress"}},
	kinds.HTTPRoute:           {{path: "spec", effect: Traffic, source: "Gateway API, HTTPRoute"}},
	kinds.VirtualService:      {{path: "spec", effect: Traffic, source: "Istio, VirtualService"}},
	kinds.Sidecar:             {{path: "spec", effect: Traffic, source: "Istio, Sidecar"}},
	inferencePool:             {{path: "spec", effect: Traffic, source: "Gateway API Inference Extension, InferencePool"}},
	kinds.ConfigMap: {
		{path: "data", adjust: ofConfigMap, source: mountedConfigMaps},
		{path: "binaryData", adjust: ofConfigMap, source: mountedConfigMaps},
	},
	kinds.ServiceAccount: {
		{path: "imagePullSecrets", effect: Metadata, unnoticed: true, source: podAdmission},
		{path: "automountServiceAccountToken", effect: Metadata, unnoticed: true, source: podAdmission},
		{path: "secrets", effect: Metadata, unnoticed: true, source: podAdmission},
	},
	kinds.Role: {{path: "rules", effect: InPlace, source: rbacDocs}},
	kinds.RoleBinding: {
		{path: "subjects", effect: InPlace, source: rbacDocs},
		{path: "roleRef", effect: Recreate, source: "kubernetes.io, RBAC: the role is immutable"},
	},
	networkPolicy:    {{path: "spec", effect: InPlace, source: "kubernetes.io, NetworkPolicy: connections may drop"}},
	kinds.PodMonitor: {{path: "spec", effect: InPlace, source: "Prometheus Operator, PodMonitor"}},
}

// ofDeploymentTemplate is the effect of another pod template of a Deployment: with the strategy Recreate,
// all pods go first, and while the Deployment is paused nothing happens.
func ofDeploymentTemplate(_ Change, object map[string]any) (Effect, bool) {
	if paused, _, _ := unstructured.NestedBool(object, "spec", "paused"); paused {
		return Metadata, true
	}
	if strategy, _, _ := unstructured.NestedString(object, "spec", "strategy", "type"); strategy == "Recreate" {
		return Recreate, false
	}
	return Rolling, false
}

// pausedOrResumed is the effect of pausing a Deployment, or of resuming it: what changed in the template
// meanwhile rolls out then.
func pausedOrResumed(change Change, _ map[string]any) (Effect, bool) {
	if change.After == true {
		return Metadata, false
	}
	return Rolling, false
}

// unlessOnDelete is the effect of another pod template of a StatefulSet.
func unlessOnDelete(_ Change, object map[string]any) (Effect, bool) {
	if strategy, _, _ := unstructured.NestedString(object, "spec", "updateStrategy", "type"); strategy == "OnDelete" {
		return Metadata, true
	}
	return Rolling, false
}

// anotherSubdomain is the effect of another network configuration of a LeaderWorkerSet. None is the same
// as the subdomain that all groups share.
func anotherSubdomain(change Change, _ map[string]any) (Effect, bool) {
	if sharesSubdomain(change.Before) && sharesSubdomain(change.After) {
		return Metadata, false
	}
	return Rolling, false
}

func sharesSubdomain(config any) bool {
	if fields, ok := config.(map[string]any); ok {
		config = fields["subdomainPolicy"]
	}
	return config == nil || config == "Shared"
}

// loweredPartition is the effect of another partition: what is above it takes the present template.
func loweredPartition(change Change, _ map[string]any) (Effect, bool) {
	before, _ := change.Before.(int64)
	after, _ := change.After.(int64)
	if after < before {
		return Rolling, false
	}
	return Metadata, false
}

// byUpgradeStrategy is the effect of another Ray cluster: without an upgrade strategy its pods stay
// until they end by themselves.
func byUpgradeStrategy(_ Change, object map[string]any) (Effect, bool) {
	if strategy, _, _ := unstructured.NestedString(object, "spec", "upgradeStrategy", "type"); strategy == "Recreate" {
		return Recreate, false
	}
	return Metadata, true
}

// trafficToTheHead is the effect of another Service object of the head, which is a part of the cluster
// for the upgrade strategy.
func trafficToTheHead(change Change, object map[string]any) (Effect, bool) {
	does, _ := byUpgradeStrategy(change, object)
	return max(does, Traffic), false
}

// workerGroups is the effect of other groups of workers: their numbers of replicas and the groups
// themselves add and remove pods, and some of their fields are no part of what is compared.
func workerGroups(change Change, object map[string]any) (Effect, bool) {
	_, field, inGroup := strings.Cut(change.Path, "].")
	switch field {
	case "replicas", "minReplicas", "maxReplicas", "scaleStrategy", "scaleStrategy.workersToDelete":
		return Scale, false
	case "template.spec.tolerations", "template.spec.schedulingGates":
		return Metadata, true
	}
	does, unnoticed := byUpgradeStrategy(change, object)
	if !inGroup && strings.HasSuffix(change.Path, "]") { // a group that comes or goes
		return max(does, Scale), false
	}
	return does, unnoticed
}

// ofConfigMap is the effect of other data: no pod mounts the ConfigMap of a model, and who reads another
// one is not known.
func ofConfigMap(_ Change, object map[string]any) (Effect, bool) {
	name, _, _ := unstructured.NestedString(object, "metadata", "name")
	if names.IsModelConfig(name) {
		return Metadata, false
	}
	return InPlace, true
}
