package effect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/sync/effect"
)

// section is a part of the table: rows of one kind that one source speaks of.
type section struct {
	kind   kinds.Kind
	source string
	rows   []row
}

// row is a change of one field of an object.
type row struct {
	// path is the field; with is a field that is the same before and after, "path=value".
	path, with    string
	before, after any
	want          effect.Effect
	unnoticed     bool
}

// unknown is the source of rows that no rule speaks of.
const unknown = ""

const statefulSet, rayService, inferencePool, networkPolicy kinds.Kind = "StatefulSet.apps/v1", "RayService.ray.io/v1",
	"InferencePool.inference.networking.k8s.io/v1", "NetworkPolicy.networking.k8s.io/v1"

// table has a row for each field of which it is known what a controller does with it. What happens when
// a controller itself is upgraded is no change of an object, and has no row.
var table = []section{
	{kinds.Deployment, "kubernetes.io, Deployment: a rollout is triggered if and only if the pod template is changed", []row{
		{path: "spec.template.spec.nodeName", before: "a", after: "b", want: effect.Rolling},
		{path: "spec.template.metadata.labels.team", after: "b", want: effect.Rolling},
		{path: "spec.template.metadata.annotations.team", before: "b", want: effect.Rolling},
		{path: "spec.template.spec.nodeName", with: "spec.strategy.type=RollingUpdate", before: "a", after: "b", want: effect.Rolling},
		{path: "spec.template.spec.nodeName", with: "spec.strategy.type=Recreate", before: "a", after: "b", want: effect.Recreate},
		// Resizing in place (KEP-1287) is a subresource of pods, which Deployments do not use.
		{path: "spec.template.spec.containers", before: containerWith("1"), after: containerWith("2"), want: effect.Rolling},
		{path: "spec.template.spec.nodeName", with: "spec.paused=true", before: "a", after: "b", want: effect.Metadata, unnoticed: true},
		{path: "spec.replicas", before: int64(1), after: int64(2), want: effect.Scale},
		{path: "spec.replicas", with: "spec.strategy.type=Recreate", before: int64(2), after: int64(1), want: effect.Scale},
		{path: "spec.strategy.rollingUpdate.maxSurge", before: int64(1), after: int64(2), want: effect.Metadata},
		{path: "spec.strategy.type", before: "RollingUpdate", after: "Recreate", want: effect.Metadata},
		{path: "spec.minReadySeconds", after: int64(2), want: effect.Metadata},
		{path: "spec.progressDeadlineSeconds", before: int64(600), after: int64(900), want: effect.Metadata},
		{path: "spec.revisionHistoryLimit", before: int64(10), after: int64(1), want: effect.Metadata},
	}},
	{kinds.Deployment, "kubernetes.io, Deployment: pausing and resuming a rollout", []row{
		{path: "spec.paused", after: true, want: effect.Metadata},
		{path: "spec.paused", before: true, want: effect.Rolling},
		{path: "spec.paused", before: true, after: false, want: effect.Rolling},
	}},
	{kinds.Deployment, "kubernetes.io, Deployment: the selector is immutable", []row{
		{path: "spec.selector.matchLabels.app", before: "a", after: "b", want: effect.Recreate},
	}},
	{kinds.LeaderWorkerSet, "LeaderWorkerSet, pkg/utils/revision, getPatch: what is part of a revision", []row{
		{path: "spec.leaderWorkerTemplate.leaderTemplate.spec.nodeName", before: "a", after: "b", want: effect.Rolling},
		{path: "spec.leaderWorkerTemplate.workerTemplate.spec.nodeName", before: "a", after: "b", want: effect.Rolling},
		{path: "spec.leaderWorkerTemplate.size", before: int64(2), after: int64(3), want: effect.Rolling},
		{path: "spec.leaderWorkerTemplate.restartPolicy", before: "None", after: "RecreateGroupOnPodRestart", want: effect.Rolling},
		{path: "spec.leaderWorkerTemplate.volumeClaimTemplates", after: []any{map[string]any{"metadata": map[string]any{"name": "a"}}}, want: effect.Rolling},
		{path: "spec.leaderWorkerTemplate.subGroupPolicy.subGroupPolicyType", before: "LeaderWorker", after: "LeaderExcluded", want: effect.Rolling},
		{path: "spec.networkConfig.subdomainPolicy", before: "Shared", after: "UniquePerReplica", want: effect.Rolling},
		{path: "spec.networkConfig", after: map[string]any{"subdomainPolicy": "UniquePerReplica"}, want: effect.Rolling},
		{path: "spec.networkConfig", after: map[string]any{"subdomainPolicy": "Shared"}, want: effect.Metadata},
	}},
	{kinds.LeaderWorkerSet, "LeaderWorkerSet, leaderworkerset_controller.go, rollingUpdateParameters", []row{
		{path: "spec.replicas", before: int64(1), after: int64(2), want: effect.Scale},
		{path: "spec.rolloutStrategy.rollingUpdateConfiguration.maxSurge", before: int64(1), after: int64(0), want: effect.Metadata},
		{path: "spec.rolloutStrategy.rollingUpdateConfiguration.maxUnavailable", before: int64(1), after: int64(2), want: effect.Metadata},
		{path: "spec.rolloutStrategy.rollingUpdateConfiguration.partition", before: int64(3), after: int64(1), want: effect.Rolling},
		{path: "spec.rolloutStrategy.rollingUpdateConfiguration.partition", before: int64(1), want: effect.Rolling},
		{path: "spec.rolloutStrategy.rollingUpdateConfiguration.partition", before: int64(1), after: int64(3), want: effect.Metadata},
	}},
	{kinds.LeaderWorkerSet, "LeaderWorkerSet, leaderworkerset_webhook.go, ValidateUpdate: immutable", []row{
		{path: "spec.leaderWorkerTemplate.subGroupPolicy", after: map[string]any{"subGroupSize": int64(2)}, want: effect.Recreate},
		{path: "spec.leaderWorkerTemplate.subGroupPolicy.subGroupSize", before: int64(2), after: int64(4), want: effect.Recreate},
	}},
	{kinds.LeaderWorkerSet, "LeaderWorkerSet, pkg/utils/revision, getPatch: no part of a revision", []row{
		{path: "spec.startupPolicy", before: "LeaderCreated", after: "LeaderReady", want: effect.Metadata},
	}},
	{kinds.LeaderWorkerSet, "LeaderWorkerSet, leaderworkerset_controller.go: written into the template of the leaders without a new revision", []row{
		{path: "metadata.annotations.leaderworkerset.sigs.k8s.io/exclusive-topology", after: "rack", want: effect.Rolling},
		{path: "metadata.annotations.leaderworkerset.sigs.k8s.io/subgroup-exclusive-topology", before: "rack", want: effect.Rolling},
	}},

	{statefulSet, "kubernetes.io, StatefulSet: update strategies", []row{
		{path: "spec.template.spec.nodeName", before: "a", after: "b", want: effect.Rolling},
		{path: "spec.template.spec.nodeName", with: "spec.updateStrategy.type=OnDelete", before: "a", after: "b", want: effect.Metadata, unnoticed: true},
		{path: "spec.replicas", before: int64(1), after: int64(2), want: effect.Scale},
		{path: "spec.updateStrategy.rollingUpdate.maxUnavailable", before: int64(1), after: int64(2), want: effect.Metadata},
		{path: "spec.updateStrategy.rollingUpdate.partition", before: int64(3), after: int64(1), want: effect.Rolling},
		{path: "spec.updateStrategy.rollingUpdate.partition", after: int64(1), want: effect.Metadata},
		{path: "spec.minReadySeconds", after: int64(1), want: effect.Metadata},
		{path: "spec.revisionHistoryLimit", before: int64(10), after: int64(1), want: effect.Metadata},
	}},
	{statefulSet, "kubernetes, pkg/apis/apps/validation, ValidateStatefulSetUpdate: immutable", []row{
		{path: "spec.selector.matchLabels.app", before: "a", after: "b", want: effect.Recreate},
		{path: "spec.serviceName", before: "a", after: "b", want: effect.Recreate},
		{path: "spec.podManagementPolicy", before: "OrderedReady", after: "Parallel", want: effect.Recreate},
		{path: "spec.volumeClaimTemplates", after: []any{map[string]any{"metadata": map[string]any{"name": "a"}}}, want: effect.Recreate},
	}},

	{kinds.KnativeService, "Knative Serving, configuration.go: one Revision for each generation of the Configuration", []row{
		{path: "spec.template.spec.timeoutSeconds", before: int64(300), after: int64(600), want: effect.NewRevision},
		{path: "spec.template.metadata.annotations.autoscaling.knative.dev/min-scale", before: "0", after: "1", want: effect.NewRevision},
		{path: "spec.template.metadata.labels.team", after: "1", want: effect.NewRevision},
	}},
	{kinds.KnativeService, "Knative Serving, service/resources: the traffic of the Route", []row{
		{path: "spec.traffic", before: []any{map[string]any{"percent": int64(100)}}, after: []any{map[string]any{"percent": int64(90)}}, want: effect.Traffic},
	}},
	{kinds.KnativeService, "Knative Serving, MakeConfigurationFromExisting: gradual rollout", []row{
		{path: "metadata.annotations.serving.knative.dev/rollout-duration", after: "60s", want: effect.Traffic},
		{path: "metadata.annotations.serving.knative.dev/rolloutDuration", after: "60s", want: effect.Traffic},
	}},

	{kinds.RayCluster, "KubeRay 1.6, raycluster_controller.go, shouldRecreatePodsForUpgrade", []row{
		{path: "spec.headGroupSpec.template.spec.nodeName", before: "a", after: "b", want: effect.Metadata, unnoticed: true},
		{path: "spec.headGroupSpec.template.spec.nodeName", with: "spec.upgradeStrategy.type=None", before: "a", after: "b", want: effect.Metadata, unnoticed: true},
		{path: "spec.headGroupSpec.template.spec.nodeName", with: "spec.upgradeStrategy.type=Recreate", before: "a", after: "b", want: effect.Recreate},
		{path: "spec.rayVersion", before: "2.1", after: "2.2", want: effect.Metadata, unnoticed: true},
		{path: "spec.rayVersion", with: "spec.upgradeStrategy.type=Recreate", before: "2.1", after: "2.2", want: effect.Recreate},
	}},
	{kinds.RayCluster, "KubeRay 1.6, raycluster_controller.go, shouldRecreatePodsForUpgrade", []row{
		{path: "spec.workerGroupSpecs", after: []any{map[string]any{"groupName": "b"}}, want: effect.Scale}, // more in TestWorkerGroupsOfRay
	}},
	{kinds.RayCluster, "KubeRay 1.6, GenerateHashWithoutReplicasAndWorkersToDelete: outside of the hash", []row{
		{path: "spec.headGroupSpec.template.spec.tolerations", with: "spec.upgradeStrategy.type=Recreate", before: []any{"a"}, after: []any{"b"}, want: effect.Metadata, unnoticed: true},
		{path: "spec.headGroupSpec.template.spec.schedulingGates", after: []any{"b"}, want: effect.Metadata, unnoticed: true},
		{path: "spec.upgradeStrategy.type", before: "None", after: "Recreate", want: effect.Metadata},
	}},
	{kinds.RayCluster, "KubeRay, reconcilePods: a suspended cluster has no pods", []row{
		{path: "spec.suspend", after: true, want: effect.Recreate},
	}},
	{kinds.RayCluster, "KubeRay, service.go: the Service object of the head", []row{
		{path: "spec.headGroupSpec.serviceType", before: "ClusterIP", after: "NodePort", want: effect.Traffic},
		{path: "spec.headGroupSpec.headService", after: map[string]any{"spec": map[string]any{"clusterIP": "None"}}, want: effect.Traffic},
		{path: "spec.headGroupSpec.serviceType", with: "spec.upgradeStrategy.type=Recreate", before: "ClusterIP", after: "NodePort", want: effect.Recreate},
	}},
	{rayService, "KubeRay, RayService: another cluster is made beside the present one, and the traffic follows", []row{
		{path: "spec.rayClusterConfig.rayVersion", before: "2.1", after: "2.2", want: effect.NewRevision},
	}},
	{rayService, "KubeRay, RayService: Serve applications are updated in place", []row{
		{path: "spec.serveConfigV2", before: "a", after: "b", want: effect.InPlace},
	}},

	{kinds.Service, "kubernetes.io, Service", []row{
		{path: "spec.selector.app", before: "a", after: "b", want: effect.Traffic},
		{path: "spec.ports", before: []any{map[string]any{"port": int64(80)}}, after: []any{map[string]any{"port": int64(81)}}, want: effect.Traffic},
		{path: "spec.type", before: "ClusterIP", after: "LoadBalancer", want: effect.Traffic},
	}},
	{kinds.Service, "kubernetes.io, Service: the address is immutable", []row{
		{path: "spec.clusterIP", before: "None", want: effect.Recreate},
		{path: "spec.clusterIP", after: "None", want: effect.Recreate},
	}},
	{kinds.HorizontalPodAutoscaler, "autoscaling/v2", []row{
		{path: "spec.minReplicas", before: int64(3), after: int64(4), want: effect.Scale},
		{path: "spec.maxReplicas", before: int64(3), after: int64(4), want: effect.Scale},
		{path: "spec.metrics", before: []any{"a"}, after: []any{"b"}, want: effect.Scale},
		{path: "spec.behavior", after: map[string]any{"scaleDown": "b"}, want: effect.Scale},
		{path: "spec.scaleTargetRef.name", before: "a", after: "b", want: effect.Scale},
	}},
	{kinds.ScaledObject, "KEDA, ScaledObject specification", []row{
		{path: "spec.triggers", before: []any{"a"}, after: []any{"b"}, want: effect.Scale},
		{path: "spec.minReplicaCount", before: int64(3), after: int64(4), want: effect.Scale},
		{path: "spec.idleReplicaCount", after: int64(0), want: effect.Scale},
		{path: "spec.cooldownPeriod", before: int64(300), after: int64(4), want: effect.Scale},
	}},
	{kinds.ScaledObject, "KEDA, pausing of autoscaling", []row{
		{path: "metadata.annotations.autoscaling.keda.sh/paused", after: "true", want: effect.Scale},
		{path: "metadata.annotations.autoscaling.keda.sh/paused-replicas", after: "1", want: effect.Scale},
		{path: "metadata.annotations.autoscaling.keda.sh/paused-scale-in", after: "true", want: effect.Scale},
		{path: "metadata.annotations.autoscaling.keda.sh/paused-scale-out", after: "true", want: effect.Scale},
	}},
	{kinds.PodDisruptionBudget, "policy/v1", []row{
		{path: "spec.maxUnavailable", before: int64(1), after: int64(2), want: effect.Eviction},
		{path: "spec.selector.matchLabels.app", before: "a", after: "b", want: effect.Eviction},
	}},
	{kinds.Ingress, "kubernetes.io, Ingress", []row{{path: "spec.rules", before: []any{"a"}, after: []any{"b"}, want: effect.Traffic}}},
	{kinds.HTTPRoute, "Gateway API, HTTPRoute", []row{
		{path: "spec.hostnames", before: []any{"a"}, after: []any{"b"}, want: effect.Traffic},
		{path: "spec.rules", before: []any{map[string]any{"backendRefs": "1"}}, after: []any{map[string]any{"backendRefs": "2"}}, want: effect.Traffic},
		{path: "spec.rules", before: []any{map[string]any{"timeouts": "1s"}}, after: []any{map[string]any{"timeouts": "2s"}}, want: effect.Traffic},
	}},
	{kinds.VirtualService, "Istio, VirtualService", []row{{path: "spec.hosts", before: []any{"a"}, after: []any{"b"}, want: effect.Traffic}}},
	{kinds.Sidecar, "Istio, Sidecar", []row{{path: "spec.egress", before: []any{"a"}, after: []any{"b"}, want: effect.Traffic}}},
	{inferencePool, "Gateway API Inference Extension, InferencePool", []row{
		{path: "spec.selector.matchLabels.app", before: "a", after: "b", want: effect.Traffic},
		{path: "spec.targetPorts", before: []any{"a"}, after: []any{"b"}, want: effect.Traffic},
	}},
	{kinds.ConfigMap, "kubernetes.io, ConfigMap: volumes are updated within about a minute, variables and subPath not before a restart", []row{
		{path: "data.settings", before: "a", after: "b", want: effect.InPlace, unnoticed: true},
		{path: "binaryData.settings", before: "a", after: "b", want: effect.InPlace, unnoticed: true},
	}},
	{kinds.ServiceAccount, "kubernetes.io, ServiceAccount: admission gives these to pods when they are created", []row{
		{path: "imagePullSecrets", after: []any{map[string]any{"name": "a"}}, want: effect.Metadata, unnoticed: true},
		{path: "automountServiceAccountToken", after: false, want: effect.Metadata, unnoticed: true},
		{path: "secrets", after: []any{map[string]any{"name": "a"}}, want: effect.Metadata, unnoticed: true},
	}},
	{kinds.Role, "kubernetes.io, RBAC: the next call to the API", []row{{path: "rules", before: []any{"a"}, after: []any{"b"}, want: effect.InPlace}}},
	{kinds.RoleBinding, "kubernetes.io, RBAC: the next call to the API", []row{{path: "subjects", before: []any{"a"}, after: []any{"b"}, want: effect.InPlace}}},
	{kinds.RoleBinding, "kubernetes.io, RBAC: the role is immutable", []row{{path: "roleRef.name", before: "a", after: "b", want: effect.Recreate}}},
	{networkPolicy, "kubernetes.io, NetworkPolicy: connections may drop", []row{{path: "spec.ingress", before: []any{"a"}, after: []any{"b"}, want: effect.InPlace}}},
	{kinds.PodMonitor, "Prometheus Operator, PodMonitor", []row{{path: "spec.podMetricsEndpoints", before: []any{"a"}, after: []any{"b"}, want: effect.InPlace}}},

	{kinds.Deployment, unknown, []row{{path: "spec.fieldOfTomorrow", before: "a", after: "b", want: effect.Rolling}}},
	{"Tomorrow.example.com/v1", unknown, []row{{path: "metadata.labels.a", before: "a", after: "b", want: effect.Rolling}}},
}

func TestWhatAChangeDoes(t *testing.T) {
	for _, s := range table {
		for _, r := range s.rows {
			t.Run(fmt.Sprintf("%s/%s/%v/%v/%s", s.kind, r.path, r.before, r.after, r.with), func(t *testing.T) {
				before, after := object(t, s.kind), object(t, s.kind)
				if field, value, ok := strings.Cut(r.with, "="); ok {
					var constant any = value
					if value == "true" {
						constant = true
					}
					set(t, before, field, constant)
					set(t, after, field, constant)
				}
				set(t, before, r.path, r.before)
				set(t, after, r.path, r.after)
				got := effect.Of(before, after)
				assert.Equal(t, r.want.String(), got.Effect.String())
				assert.Equal(t, r.unnoticed, got.Unnoticed)
				require.NotEmpty(t, got.Changes)
				var sources []string
				for _, change := range got.Changes {
					sources = append(sources, effect.SourceOf(s.kind, change.Path))
				}
				assert.Contains(t, sources, s.source)
				assert.Equal(t, effect.None, effect.Of(before, before.DeepCopy()).Effect)
			})
		}
	}
}

// TestEveryRuleHasARow: what the table of the tests does not show is no rule.
func TestEveryRuleHasARow(t *testing.T) {
	for kind, path := range effect.Rules() {
		assert.True(t, slices.ContainsFunc(table, func(s section) bool {
			return s.kind == kind && s.source == effect.SourceOf(kind, path) && slices.ContainsFunc(s.rows, func(r row) bool {
				asChanged := strings.NewReplacer("annotations.", "annotations[").Replace(r.path)
				return strings.HasPrefix(asChanged, strings.TrimSuffix(path, "]"))
			})
		}), "no row for %s of %s", path, kind)
	}
}

// TestNothingIsWrittenForTheSameContent: the order of members and the form of numbers are no change.
func TestNothingIsWrittenForTheSameContent(t *testing.T) {
	before, after := object(t, kinds.LeaderWorkerSet), object(t, kinds.LeaderWorkerSet)
	set(t, before, "spec.leaderWorkerTemplate", map[string]any{"size": int64(2), "restartPolicy": "None"})
	set(t, after, "spec.leaderWorkerTemplate", map[string]any{"restartPolicy": "None", "size": float64(2)})
	assert.Equal(t, effect.None, effect.Of(before, after).Effect)
}

// TestTheConfigMapOfAModelReachesNoPod: no pod mounts it, unlike others.
func TestTheConfigMapOfAModelReachesNoPod(t *testing.T) {
	before := object(t, kinds.ConfigMap)
	before.SetName("modelconfig-chat")
	after := before.DeepCopy()
	set(t, after, "data.models", "b")
	got := effect.Of(before, after)
	assert.Equal(t, effect.Metadata, got.Effect)
	assert.False(t, got.Unnoticed)
}

// object is an object of a kind.
func object(t *testing.T, kind kinds.Kind) *unstructured.Unstructured {
	t.Helper()
	name, version := kind.NameAndVersion()
	o := &unstructured.Unstructured{Object: map[string]any{}}
	o.SetKind(name)
	o.SetAPIVersion(version)
	o.SetName("x")
	return o
}

// set sets a field; the last part of a path below labels and annotations may have dots.
func set(t *testing.T, o *unstructured.Unstructured, path string, value any) {
	t.Helper()
	if value == nil {
		return
	}
	fields := strings.Split(path, ".")
	for _, metadata := range []string{"annotations.", "labels."} {
		if parent, key, ok := strings.Cut(path, metadata); ok {
			fields = append(strings.Split(parent+strings.TrimSuffix(metadata, "."), "."), key)
		}
	}
	require.NoError(t, unstructured.SetNestedField(o.Object, value, fields...))
}

// containerWith is the containers of a pod whose only one asks for so many processors.
func containerWith(cpu string) []any {
	return []any{map[string]any{"name": "a", "resources": map[string]any{"requests": map[string]any{"cpu": cpu}}}}
}

// TestEveryKindOfChildIsKnown: a kind without rules would always count as a rolling restart.
func TestEveryKindOfChildIsKnown(t *testing.T) {
	for kind := range kinds.All() {
		o := object(t, kind)
		changed := o.DeepCopy()
		changed.SetLabels(map[string]string{"a": "b"})
		assert.Equal(t, effect.Metadata, effect.Of(o, changed).Effect, kind)
	}
}

func TestWorkerGroupsOfRay(t *testing.T) {
	group := func(name, node string, replicas int64) map[string]any {
		return map[string]any{"groupName": name, "replicas": replicas, "template": map[string]any{"spec": map[string]any{"nodeName": node}}}
	}
	cluster := func(strategy string, groups ...any) *unstructured.Unstructured {
		o := object(t, kinds.RayCluster)
		set(t, o, "spec.workerGroupSpecs", groups)
		if strategy != "" {
			set(t, o, "spec.upgradeStrategy.type", strategy)
		}
		return o
	}
	for sentence, test := range map[string]struct {
		strategy      string
		before, after []any
		path          string
		want          effect.Effect
		unnoticed     bool
	}{
		"another number of replicas scales the group": {
			"", []any{group("a", "n", 1)}, []any{group("a", "n", 2)}, "spec.workerGroupSpecs[a].replicas", effect.Scale, false},
		"another number of replicas scales the group alone, whatever the strategy": {
			"Recreate", []any{group("a", "n", 1)}, []any{group("a", "n", 2)}, "spec.workerGroupSpecs[a].replicas", effect.Scale, false},
		"another template reaches no pods that run": {
			"", []any{group("a", "n", 1)}, []any{group("a", "m", 1)}, "spec.workerGroupSpecs[a].template.spec.nodeName", effect.Metadata, true},
		"another template makes all pods anew": {
			"Recreate", []any{group("a", "n", 1)}, []any{group("a", "m", 1)}, "spec.workerGroupSpecs[a].template.spec.nodeName", effect.Recreate, false},
		"another group brings pods": {
			"", []any{group("a", "n", 1)}, []any{group("a", "n", 1), group("b", "n", 1)}, "spec.workerGroupSpecs[b]", effect.Scale, false},
		"groups without names are one list": {
			"", []any{group("", "n", 1)}, []any{group("", "n", 2)}, "spec.workerGroupSpecs", effect.Metadata, true},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := effect.Of(cluster(test.strategy, test.before...), cluster(test.strategy, test.after...))
			require.Len(t, got.Changes, 1)
			assert.Equal(t, test.path, got.Changes[0].Path)
			assert.Equal(t, test.want.String(), got.Effect.String())
			assert.Equal(t, test.unnoticed, got.Unnoticed)
		})
	}
}

// TestEveryFieldOfAnObjectIsCompared: what is no part of spec or data counts too.
func TestEveryFieldOfAnObjectIsCompared(t *testing.T) {
	before := object(t, kinds.ServiceAccount)
	after := before.DeepCopy()
	set(t, after, "fieldOfTomorrow", []any{map[string]any{"name": "pull"}})
	assert.Equal(t, "fieldOfTomorrow", effect.Of(before, after).Changes[0].Path)
	assert.Equal(t, effect.Rolling, effect.Of(before, after).Effect, "no rule names it")

	after = before.DeepCopy()
	set(t, after, "status.secrets", "changed")
	assert.Empty(t, effect.Of(before, after).Changes, "a status is not applied")
}

func TestObjectsThatComeAndGo(t *testing.T) {
	assert.Equal(t, effect.Scale, effect.Of(nil, object(t, kinds.Deployment)).Effect)
	assert.Equal(t, effect.Traffic, effect.Of(nil, object(t, kinds.Service)).Effect)
	assert.Equal(t, effect.Eviction, effect.Of(nil, object(t, kinds.PodDisruptionBudget)).Effect)
	assert.Equal(t, effect.InPlace, effect.Of(nil, object(t, kinds.ConfigMap)).Effect)
	for kind := range kinds.All() {
		got := effect.Of(object(t, kind), nil)
		assert.Equal(t, effect.Delete, got.Effect)
		assert.Equal(t, "x", got.Name)
	}
}

func TestTheWordsOfEffects(t *testing.T) {
	for e := effect.None; e <= effect.Delete; e++ {
		parsed, err := effect.Parse(e.String())
		require.NoError(t, err)
		assert.Equal(t, e, parsed)
		parsed, err = effect.Parse(strings.ReplaceAll(e.String(), " ", "-"))
		require.NoError(t, err)
		assert.Equal(t, e, parsed)
	}
	var read effect.Effect
	require.NoError(t, read.UnmarshalText([]byte("new revision")))
	assert.Equal(t, effect.NewRevision, read)
	_, err := effect.Parse("restart")
	assert.EqualError(t, err, `"restart" is no effect: use one of none, metadata, in place, scale, eviction, traffic, rolling, new revision, recreate, delete`)
}
