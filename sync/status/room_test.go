package status

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

func TestMissingResources(t *testing.T) {
	for message, want := range map[string][]string{
		"0/4 nodes are available: 4 Insufficient nvidia.com/gpu.": {"nvidia.com/gpu"},
		"0/5 nodes are available: 1 Insufficient memory, 3 Insufficient nvidia.com/mig-1g.5gb. preemption: 0/5 nodes are available: 5 No preemption victims found, 1 Insufficient memory": {"memory", "nvidia.com/mig-1g.5gb"},
		"Insufficient d, Insufficient c, Insufficient b, Insufficient a":      {"a", "b", "c"},
		"0/2 nodes are available: 2 cannot allocate all claims.":              {"devices for its claims"},
		"0/2 nodes are available: 2 node(s) had untolerated taint {gpu: }.":   nil,
		"0/2 nodes are available: 2 node(s) didn't match Pod's node affinity": nil,
		"Insufficient": nil,
		"Insufficient \x00, Insufficient ,, Insufficient ./-": nil,
	} {
		assert.Equal(t, want, missingResources(message), message)
	}
}

// TestAnUpdateWithoutRoomSaysWhatToChange: an update that lacks accelerators names them and the field by which
// it needs none, and names no field where none helps.
func TestAnUpdateWithoutRoomSaysWhatToChange(t *testing.T) {
	const (
		noGPU     = `{phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."}]}`
		says      = "Unschedulable: 0/3 nodes are available: 3 Insufficient nvidia.com/gpu; no node has enough free nvidia.com/gpu: free some"
		goesFirst = says + ", or set maxSurge 0 and maxUnavailable 1 in spec.engine.deploymentStrategy, so that a replica goes before its successor starts (a single one does not serve meanwhile)"
		promotes  = says + " (the pods of chat-engine-canary stay until the update is done), or set maxSurge 0 and maxUnavailable 1 in spec.engine.deploymentStrategy, " +
			"so that a replica goes before its successor starts (a single one does not serve meanwhile)"
		stopCanary = says + ", or set spec.engine.canaryTrafficPercent to 0 to stop the canary"
	)
	deployment := func(strategy, status string) option {
		return child(kinds.Deployment, fmt.Sprintf(`{metadata: {name: chat-engine, generation: 1, annotations: {deployment.kubernetes.io/revision: "3"}},
			spec: {replicas: 2, strategy: %s}, status: %s}`, strategy, status))
	}
	group := func(rollout string) option {
		return lws(`{replicas: 2, rolloutStrategy: {rollingUpdateConfiguration: `+rollout+`}}`, `{replicas: 3, readyReplicas: 2, updatedReplicas: 1,
			conditions: [{type: Available, status: "False"}, {type: UpdateInProgress, status: "True", reason: GroupsUpdating, message: Rolling Upgrade is in progress}]}`)
	}
	const addsOne, takesOne = `{type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}`, `{type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}`
	waiting := pods(enginePod("a", 0, "a", podIsReady), enginePod("b", 5, "b", noGPU))
	waitingGroup := pods(newPod("chat-engine-1", 5, "component: engine, leaderworkerset.sigs.k8s.io/name: lws-chat-engine, leaderworkerset.sigs.k8s.io/group-index: \"1\"", noGPU))
	canary := func(c Canary) option { return engine(func(e *Component) { e.Canary = &c }) }
	starts := finding.Finding{Reason: "CanaryStarting", Message: "it starts"}
	for name, test := range map[string]struct {
		options   []option
		condition v1beta1.ConditionType
		want      string
	}{
		"it adds a pod first":           {[]option{deployment(addsOne, statusRolling), waiting}, "", goesFirst},
		"by the default of Kubernetes":  {[]option{deployment(`{}`, statusRolling), waiting}, "", goesFirst},
		"until the deadline has passed": {[]option{deployment(addsOne, statusStuck), waiting}, "", goesFirst},
		"a pod goes first already":      {[]option{deployment(takesOne, statusRolling), waiting}, "", says},
		"a canary is promoted": {[]option{
			deployment(addsOne, statusRolling), deploy("chat-engine-canary", statusAvailable), waiting,
			canary(Canary{Name: "chat-engine-canary", Serves: true, IsPromoted: true, State: finding.Finding{Reason: "CanaryPromoting", Message: "it is rolled out"}}),
		}, "", promotes},
		"a canary is promoted, and a pod goes first": {[]option{
			deployment(takesOne, statusRolling), deploy("chat-engine-canary", statusAvailable), waiting,
			canary(Canary{Name: "chat-engine-canary", Serves: true, IsPromoted: true, State: finding.Finding{Reason: "CanaryPromoting", Message: "it is rolled out"}}),
		}, "", says + " (the pods of chat-engine-canary stay until the update is done)"},
		"a canary that waits": {[]option{
			deployment(addsOne, statusRolling), waiting,
			canary(Canary{Name: "chat-engine-canary", State: finding.Finding{Reason: "CanaryWaiting", Message: "the former template is not rolled out"}}),
		}, "", goesFirst},
		"all go first":               {[]option{deployment(`{type: Recreate}`, statusRolling), waiting}, "", says},
		"it adds a group first":      {[]option{mode(v1beta1.MultiNode), group(`{maxSurge: 1, maxUnavailable: 0}`), waitingGroup}, "", goesFirst},
		"a group goes first already": {[]option{mode(v1beta1.MultiNode), group(`{maxSurge: 1, maxUnavailable: 1}`), waitingGroup}, "", says},
		"a canary in groups": {[]option{
			mode(v1beta1.MultiNode), group(`{maxSurge: 1, maxUnavailable: 0}`), waitingGroup, canary(Canary{Starts: true, State: starts}),
		}, v1beta1.CanaryReady, stopCanary},
		"a canary beside": {[]option{
			deploy("chat-engine", statusAvailable), deploy("chat-engine-canary", statusUnavailable), canary(Canary{Name: "chat-engine-canary", Starts: true, State: starts}),
			pods(newPod("c", 0, "app: chat-engine-canary, component: engine, pod-template-hash: c", noGPU)),
		}, v1beta1.CanaryReady, stopCanary},
		"one of several Ray clusters": {[]option{
			mode(v1beta1.MultiNodeRayVLLM), engine(func(c *Component) { c.Replicas = 2 }),
			ray(0, `{state: ready, conditions: [{type: HeadPodReady, status: "True"}, {type: RayClusterProvisioned, status: "True"}]}`),
			ray(1, `{state: ready, conditions: [{type: HeadPodReady, status: "False", reason: ContainersNotReady}, {type: RayClusterProvisioned, status: "True"}]}`),
			pods(newPod("chat-engine-1-head-x", 0, "component: engine, ray.io/cluster: chat-engine-1", noGPU)),
		}, "", says},
	} {
		t.Run(name, func(t *testing.T) {
			condition := test.condition
			if condition == "" {
				condition = v1beta1.EngineReady
			}
			got := describeCondition(computed(t, input(test.options...)), condition)
			assert.True(t, strings.HasSuffix(got, test.want), got)
		})
	}
	t.Run("without an update only what the scheduler says", func(t *testing.T) {
		got := describeCondition(computed(t, input(deployment(addsOne, statusUnavailable), pods(enginePod("p", 0, "a", noGPU)))), v1beta1.EngineReady)
		assert.NotContains(t, got, "no node has enough")
	})
	t.Run("the other pods of a component with a canary", func(t *testing.T) {
		got := describeCondition(computed(t, input(
			deploy("chat-engine", statusUnavailable), deploy("chat-engine-canary", statusUnavailable), waiting,
			canary(Canary{Name: "chat-engine-canary", Starts: true, State: starts}),
		)), v1beta1.EngineReady)
		assert.NotContains(t, got, "canaryTrafficPercent")
	})
}
