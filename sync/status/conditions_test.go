package status

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// deploy is an observed Deployment with a status.
func deploy(name, status string) option {
	return child(kinds.Deployment, deploymentYAML(name, 1, status))
}

func deploymentYAML(name string, generation int, status string) string {
	return fmt.Sprintf(`{apiVersion: apps/v1, kind: Deployment,
  metadata: {name: %s, namespace: team-a, generation: %d, annotations: {deployment.kubernetes.io/revision: "3"}},
  spec: {replicas: 2}, status: %s}`, name, generation, status)
}

const (
	statusAvailable = `{observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2, conditions: [
  {type: Available, status: "True", reason: MinimumReplicasAvailable, message: Deployment has minimum availability.},
  {type: Progressing, status: "True", reason: NewReplicaSetAvailable}]}`
	statusUnavailable = `{observedGeneration: 1, replicas: 2, updatedReplicas: 2, conditions: [
  {type: Available, status: "False", reason: MinimumReplicasUnavailable, message: Deployment does not have minimum availability.},
  {type: Progressing, status: "True", reason: ReplicaSetUpdated}]}`
	statusRolling = `{observedGeneration: 1, replicas: 3, updatedReplicas: 1, conditions: [
  {type: Available, status: "True", reason: MinimumReplicasAvailable, message: Deployment has minimum availability.},
  {type: Progressing, status: "True", reason: ReplicaSetUpdated}]}`
	statusStuck = `{observedGeneration: 1, replicas: 3, updatedReplicas: 1, conditions: [
  {type: Available, status: "True", reason: MinimumReplicasAvailable},
  {type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: ReplicaSet "x" has timed out progressing.}]}`
	statusQuota = `{observedGeneration: 1, conditions: [
  {type: Available, status: "False", reason: MinimumReplicasUnavailable, message: no},
  {type: ReplicaFailure, status: "True", reason: FailedCreate, message: exceeded quota}]}`
)

func TestDeployment(t *testing.T) {
	for name, test := range map[string]struct {
		options []option
		engine  string
		ready   string
	}{
		"does not exist": {
			nil,
			"Unknown WorkloadNotCreated: Deployment chat-engine does not exist yet",
			"Unknown WorkloadNotCreated: engine: Deployment chat-engine does not exist yet",
		},
		"has no status": {
			[]option{child(kinds.Deployment, deploymentYAML("chat-engine", 0, "{}"))},
			"Unknown Initializing: Deployment chat-engine has not reported its state yet",
			"Unknown Initializing: engine: Deployment chat-engine has not reported its state yet",
		},
		"is available": {
			[]option{deploy("chat-engine", statusAvailable)},
			"True MinimumReplicasAvailable: Deployment has minimum availability.", "True",
		},
		"is not available": {
			[]option{deploy("chat-engine", statusUnavailable)},
			"False MinimumReplicasUnavailable: Deployment does not have minimum availability.",
			"False MinimumReplicasUnavailable: engine: Deployment does not have minimum availability.",
		},
		"stays available in a rolling update": {
			[]option{deploy("chat-engine", statusRolling)},
			"True MinimumReplicasAvailable: Deployment has minimum availability.", "True",
		},
		"has exceeded its deadline although old pods serve": {
			[]option{deploy("chat-engine", statusStuck)},
			`False ProgressDeadlineExceeded: ReplicaSet "x" has timed out progressing.`,
			`False ProgressDeadlineExceeded: engine: ReplicaSet "x" has timed out progressing.`,
		},
		"cannot create pods": {
			[]option{deploy("chat-engine", statusQuota)},
			"False FailedCreate: exceeded quota", "False FailedCreate: engine: exceeded quota",
		},
		"is available at an older generation and was never ready": {
			[]option{child(kinds.Deployment, deploymentYAML("chat-engine", 2, statusAvailable))},
			"Unknown GenerationNotObserved: Deployment chat-engine: its controller has observed generation 1 of 2",
			"Unknown GenerationNotObserved: engine: Deployment chat-engine: its controller has observed generation 1 of 2",
		},
		"is available at an older generation and was ready": {
			[]option{child(kinds.Deployment, deploymentYAML("chat-engine", 2, statusAvailable)), wasTrue(v1beta1.EngineReady)},
			"True MinimumReplicasAvailable: Deployment has minimum availability.", "True",
		},
		"was ready and is not available at an older generation": {
			[]option{child(kinds.Deployment, deploymentYAML("chat-engine", 2, statusUnavailable)), wasTrue(v1beta1.EngineReady)},
			"Unknown GenerationNotObserved: Deployment chat-engine: its controller has observed generation 1 of 2",
			"Unknown GenerationNotObserved: engine: Deployment chat-engine: its controller has observed generation 1 of 2",
		},
		"is being deleted": {
			[]option{child(kinds.Deployment, `{metadata: {name: chat-engine, deletionTimestamp: "2026-03-01T11:00:00Z"}, status: `+statusAvailable+`}`)},
			"Unknown WorkloadTerminating: Deployment chat-engine is being deleted",
			"Unknown WorkloadTerminating: engine: Deployment chat-engine is being deleted",
		},
		"has fields of the wrong type": {
			[]option{child(kinds.Deployment, `{metadata: {name: chat-engine, generation: many}, spec: [], status: {conditions: yes}}`)},
			"Unknown Initializing: Deployment chat-engine has not reported its state yet",
			"Unknown Initializing: engine: Deployment chat-engine has not reported its state yet",
		},
		"has a mode that was not decided, and is found": {
			[]option{mode(""), deploy("chat-engine", statusAvailable)},
			"True MinimumReplicasAvailable: Deployment has minimum availability.", "True",
		},
		"has a mode that was not decided, and is not there": {
			[]option{mode("")},
			"Unknown WorkloadNotCreated: no workload of the engine exists",
			"Unknown WorkloadNotCreated: engine: no workload of the engine exists",
		},
		"has a mode that no component can have": {
			[]option{mode("Lambda")},
			`False DeploymentModeUnknown: the engine cannot have mode "Lambda"`,
			`False DeploymentModeUnknown: engine: the engine cannot have mode "Lambda"`,
		},
		"is not the one of another namespace": {
			[]option{func(in *Input) {
				raw, name := fromYAML(deploymentYAML("chat-engine", 1, statusAvailable))
				in.Children.Add(kinds.Deployment, "team-b", name, raw)
			}},
			"Unknown WorkloadNotCreated: Deployment chat-engine does not exist yet",
			"Unknown WorkloadNotCreated: engine: Deployment chat-engine does not exist yet",
		},
	} {
		t.Run(name, func(t *testing.T) {
			out := computed(t, input(test.options...))
			assert.Equal(t, test.engine, describeCondition(out, v1beta1.EngineReady))
			assert.Equal(t, test.ready, describeCondition(out, v1beta1.Ready))
		})
	}
}

func lws(spec, status string) option {
	return child(kinds.LeaderWorkerSet, fmt.Sprintf(`{metadata: {name: lws-chat-engine, generation: 2}, spec: %s, status: %s}`, spec, status))
}

func TestLeaderWorkerSet(t *testing.T) {
	const spec = `{replicas: 3, rolloutStrategy: {rollingUpdateConfiguration: {maxUnavailable: 1}}}`
	for name, test := range map[string]struct {
		child  option
		engine string
	}{
		"does not exist": {func(*Input) {}, "Unknown WorkloadNotCreated: LeaderWorkerSet lws-chat-engine does not exist yet"},
		"is available": {
			lws(spec, `{conditions: [{type: Available, status: "True", reason: AllGroupsReady, message: All replicas are ready}]}`),
			"True AllGroupsReady: All replicas are ready",
		},
		"keeps enough groups in an update": {
			lws(spec, `{readyReplicas: 2, conditions: [{type: Available, status: "False", reason: AllGroupsReady}, {type: UpdateInProgress, status: "True", reason: GroupsUpdating}]}`),
			"True MinimumGroupsAvailable: 2 of 3 groups are ready",
		},
		"has too few groups and says what it does": {
			lws(spec, `{readyReplicas: 1, conditions: [{type: Available, status: "False", reason: AllGroupsReady}, {type: Progressing, status: "True", reason: GroupsProgressing, message: Replicas are progressing}]}`),
			"False GroupsProgressing: Replicas are progressing",
		},
		"has too few groups and says nothing": {
			lws(spec, `{readyReplicas: 1, conditions: [{type: Available, status: "False"}]}`),
			"False GroupsNotReady: 1 of 3 groups are ready",
		},
		"of one group is not available without it": {
			lws(`{replicas: 1}`, `{readyReplicas: 0, conditions: [{type: Progressing, status: "True", reason: GroupsProgressing}]}`),
			"False GroupsProgressing",
		},
		"may lose a share of its groups": {
			lws(`{replicas: 4, rolloutStrategy: {rollingUpdateConfiguration: {maxUnavailable: "50%"}}}`, `{readyReplicas: 2}`),
			"True MinimumGroupsAvailable: 2 of 4 groups are ready",
		},
		"has reported an older generation": {
			lws(spec, `{observedGeneration: 1, conditions: [{type: Available, status: "True"}]}`),
			"Unknown GenerationNotObserved: LeaderWorkerSet lws-chat-engine: its controller has observed generation 1 of 2",
		},
		"has no conditions": {lws(spec, `{}`), "Unknown Initializing: LeaderWorkerSet lws-chat-engine has not reported its state yet"},
	} {
		t.Run(name, func(t *testing.T) {
			out := computed(t, input(mode(v1beta1.MultiNode), test.child))
			assert.Equal(t, test.engine, describeCondition(out, v1beta1.EngineReady))
		})
	}
}

func ray(i int, status string) option {
	return child(kinds.RayCluster, fmt.Sprintf(`{metadata: {name: chat-engine-%d, generation: 1}, status: %s}`, i, status))
}

func prober(i int, status string) option { return deploy(fmt.Sprintf("chat-engine-%d-mnp", i), status) }

func TestRay(t *testing.T) {
	clusters := func(n int32) option { return engine(func(c *Component) { c.Replicas = n }) }
	const (
		headReady   = `{type: HeadPodReady, status: "True", reason: HeadPodRunningAndReady}`
		headUnready = `{type: HeadPodReady, status: "False", reason: ContainersNotReady, message: "containers with unready status: [ome-container]"}`
		headGone    = `{type: HeadPodReady, status: "False", reason: HeadPodNotFound, message: Head Pod not found}`
		onceReady   = `{type: RayClusterProvisioned, status: "True", reason: AllPodRunningAndReadyFirstTime}`
		notYet      = `{type: RayClusterProvisioned, status: "False", reason: RayClusterPodsProvisioning}`
	)
	state := func(fields string, conditions ...string) string {
		return "{observedGeneration: 1, " + fields + ", conditions: [" + strings.Join(conditions, ", ") + "]}"
	}
	const ready, workers = "state: ready", "desiredWorkerReplicas: 2, availableWorkerReplicas: 2"
	const isReady = "True RayClusterReady: KubeRay reports that head and workers are ready"
	const serves = "True MinimumReplicasAvailable: Deployment has minimum availability."
	for name, test := range map[string]struct {
		options []option
		engine  string
	}{
		"no cluster exists":       {nil, "Unknown WorkloadNotCreated: RayCluster chat-engine-0 does not exist yet"},
		"no cluster is wanted":    {[]option{clusters(0)}, "False NoReplicas: the engine has no Ray cluster: set minReplicas to 1 or more"},
		"the prober is satisfied": {[]option{ray(0, "{state: ready}"), prober(0, statusAvailable)}, serves},
		"the prober is not":       {[]option{ray(0, "{state: ready}"), prober(0, statusUnavailable)}, "False MinimumReplicasUnavailable: the prober of RayCluster chat-engine-0 is not ready; Deployment does not have minimum availability."},
		"the prober of one of two is not": {
			[]option{clusters(2), ray(0, "{state: ready}"), prober(0, statusAvailable), ray(1, "{state: ready}"), prober(1, statusUnavailable)},
			"True MinimumClustersAvailable: 1 of 2 Ray clusters serve; the prober of RayCluster chat-engine-1 is not ready; Deployment does not have minimum availability.",
		},
		"another than the first has no update yet": {
			[]option{clusters(2), updating("chat-engine-1"), ray(0, "{state: ready}"), ray(1, "{state: ready}")},
			"Unknown UpdateNotApplied: RayCluster chat-engine-1 does not have its new specification yet; if this stays, the events of the InferenceService say why the API server refuses it",
		},
		"there is no prober":         {[]option{ray(0, "{state: ready}")}, isReady},
		"a cluster is suspended":     {[]option{ray(0, "{state: suspended}"), prober(0, statusAvailable)}, "False Suspended: RayCluster chat-engine-0 is suspended"},
		"a cluster has failed":       {[]option{ray(0, "{state: failed, reason: no head}")}, "False RayClusterFailed: RayCluster chat-engine-0 has failed: no head"},
		"a prober without a cluster": {[]option{prober(0, statusAvailable)}, "Unknown WorkloadNotCreated: RayCluster chat-engine-0 does not exist yet"},
		"one of two is missing":      {[]option{clusters(2), ray(0, "{state: ready}")}, "Unknown WorkloadNotCreated: RayCluster chat-engine-1 does not exist yet"},
		"the pods of one of two are replaced": {
			[]option{clusters(2), ray(0, state(ready, headReady, onceReady)), ray(1, state(ready, headUnready, onceReady))},
			"True MinimumClustersAvailable: 1 of 2 Ray clusters serve; the head of RayCluster chat-engine-1 is not ready; containers with unready status: [ome-container]",
		},
		"the pods of two of three are missing": {
			[]option{clusters(3), ray(0, state(ready, headReady, onceReady)), ray(1, state(ready, headUnready, onceReady)), ray(2, state(ready, headUnready, onceReady))},
			"False ContainersNotReady: the head of RayCluster chat-engine-1 is not ready; containers with unready status: [ome-container]",
		},
		"one of two was never ready": {
			[]option{clusters(2), ray(0, state(ready, headReady, onceReady)), ray(1, state("desiredWorkerReplicas: 2", headUnready, notYet))},
			"False ContainersNotReady: the head of RayCluster chat-engine-1 is not ready; containers with unready status: [ome-container]",
		},
		"False of any comes before Unknown": {
			[]option{clusters(3), ray(0, "{state: ready}"), ray(2, "{state: failed}")},
			"False RayClusterFailed: RayCluster chat-engine-2 has failed: its events say why",
		},
		"KubeRay cannot make the cluster and writes no status, whatever the prober says": {
			[]option{ray(0, "{}"), prober(0, statusAvailable)},
			"Unknown Initializing: RayCluster chat-engine-0: KubeRay has not reported that its pods are ready; if this stays, the events of the RayCluster say why",
		},
		"KubeRay says why nothing is ready": {
			[]option{ray(0, "{reason: no quota}"), prober(0, statusAvailable)},
			"Unknown Initializing: RayCluster chat-engine-0: KubeRay reports: no quota",
		},
		"KubeRay cannot create pods": {
			[]option{ray(0, state(ready, headReady, onceReady, `{type: ReplicaFailure, status: "True", reason: FailedCreateWorkerPod, message: exceeded quota}`)), prober(0, statusAvailable)},
			"False FailedCreateWorkerPod: RayCluster chat-engine-0: KubeRay cannot make its pods: exceeded quota",
		},
		"all pods are ready":              {[]option{ray(0, state(ready+", "+workers+", readyWorkerReplicas: 2", headReady, onceReady))}, isReady},
		"all pods are ready, no state":    {[]option{ray(0, state(workers+", readyWorkerReplicas: 2", headReady, onceReady))}, isReady},
		"the pods come up":                {[]option{ray(0, state("desiredWorkerReplicas: 2", headUnready, notYet))}, "False ContainersNotReady: the head of RayCluster chat-engine-0 is not ready; containers with unready status: [ome-container]"},
		"the workers come up":             {[]option{ray(0, state("desiredWorkerReplicas: 2, readyWorkerReplicas: 1", headReady, notYet))}, "False RayWorkersNotReady: 1 of 2 workers of RayCluster chat-engine-0 are ready"},
		"the head was ready":              {[]option{ray(0, state(ready, headUnready, onceReady)), prober(0, statusAvailable)}, "False ContainersNotReady: the head of RayCluster chat-engine-0 is not ready; containers with unready status: [ome-container]"},
		"the head is gone":                {[]option{ray(0, state(ready, headGone, onceReady)), wasTrue(v1beta1.EngineReady)}, "False HeadPodNotFound: the head of RayCluster chat-engine-0 is not ready; Head Pod not found"},
		"a worker was ready":              {[]option{ray(0, state(ready+", "+workers+", readyWorkerReplicas: 1", headReady, onceReady)), prober(0, statusAvailable)}, "False RayWorkersNotReady: 1 of 2 workers of RayCluster chat-engine-0 are ready"},
		"no worker is ready":              {[]option{ray(0, state(ready+", "+workers, headReady, onceReady))}, "False RayWorkersNotReady: 0 of 2 workers of RayCluster chat-engine-0 are ready"},
		"an old KubeRay counts what runs": {[]option{ray(0, "{state: ready, "+workers+"}")}, isReady},
		"an old KubeRay lacks workers":    {[]option{ray(0, "{state: ready, desiredWorkerReplicas: 2, availableWorkerReplicas: 1}")}, "False RayWorkersNotReady: 1 of 2 workers of RayCluster chat-engine-0 are ready"},
	} {
		t.Run(name, func(t *testing.T) {
			out := computed(t, input(append([]option{mode(v1beta1.MultiNodeRayVLLM)}, test.options...)...))
			assert.Equal(t, test.engine, describeCondition(out, v1beta1.EngineReady))
		})
	}
	t.Run("what the pods of a head that is not ready say is told", func(t *testing.T) {
		out := computed(t, input(mode(v1beta1.MultiNodeRayVLLM), ray(0, state(ready, headUnready, onceReady)),
			pods(newPod("chat-engine-0-head-x", 0, "component: engine, ray.io/cluster: chat-engine-0", podNoNode))))
		assert.Equal(t, "False ContainersNotReady: the head of RayCluster chat-engine-0 is not ready; containers with unready status: [ome-container]; "+
			"pod chat-engine-0-head-x: Unschedulable: 0/3 nodes are available", describeCondition(out, v1beta1.EngineReady))
	})
}

// TestAComponentIsReadyWithItsServiceObjects: a workload that serves is not enough, requests must arrive.
func TestAComponentIsReadyWithItsServiceObjects(t *testing.T) {
	services := func(list ...Object) option { return engine(func(c *Component) { c.Services = list }) }
	service := Object{Kind: kinds.Service, Name: "chat-engine"}
	taken, outdated := service, service
	taken.Owner, outdated.NotApplied = "InferenceService other", true
	there := child(kinds.Service, "{metadata: {name: chat-engine}}")
	const serves = "True MinimumReplicasAvailable: Deployment has minimum availability."
	for name, test := range map[string]struct {
		options []option
		engine  string
	}{
		"it is there":                   {[]option{services(service), there}, serves},
		"it needs none":                 {nil, serves},
		"it is not there":               {[]option{services(service)}, "Unknown IngressNotCreated: Service chat-engine does not exist yet"},
		"it is out of date":             {[]option{services(outdated), there}, "Unknown UpdateNotApplied: Service chat-engine does not have its new specification yet; if this stays, the events of the InferenceService say why the API server refuses it"},
		"it is somebody else's":         {[]option{services(taken)}, "False NameTaken: Service chat-engine belongs to InferenceService other, so that requests to that name do not reach this service: rename this InferenceService, or remove that object"},
		"a workload that fails is told": {[]option{services(taken), deploy("chat-engine", statusQuota)}, "False FailedCreate: exceeded quota"},
	} {
		t.Run(name, func(t *testing.T) {
			out := computed(t, input(append([]option{deploy("chat-engine", statusAvailable)}, test.options...)...))
			assert.Equal(t, test.engine, describeCondition(out, v1beta1.EngineReady))
		})
	}
}

func TestReadyTakesTheFirstThatIsNotTrue(t *testing.T) {
	pd := []option{with(v1beta1.RouterComponent, v1beta1.RawDeployment), with(v1beta1.DecoderComponent, v1beta1.RawDeployment)}
	for name, test := range map[string]struct {
		options []option
		want    string
	}{
		"all are available": {
			[]option{deploy("chat-engine", statusAvailable), deploy("chat-decoder", statusAvailable), deploy("chat-router", statusAvailable)},
			"True",
		},
		"a decoder gates": {
			[]option{deploy("chat-engine", statusAvailable), deploy("chat-decoder", statusUnavailable), deploy("chat-router", statusAvailable)},
			"False MinimumReplicasUnavailable: decoder: Deployment does not have minimum availability.",
		},
		"a router gates": {
			[]option{deploy("chat-engine", statusAvailable), deploy("chat-decoder", statusAvailable), deploy("chat-router", statusQuota)},
			"False FailedCreate: router: exceeded quota",
		},
		"the engine comes before the decoder": {
			[]option{deploy("chat-engine", statusQuota), deploy("chat-decoder", statusUnavailable), deploy("chat-router", statusAvailable)},
			"False FailedCreate: engine: exceeded quota",
		},
		"False comes before Unknown": {
			[]option{deploy("chat-router", statusQuota)},
			"False FailedCreate: router: exceeded quota",
		},
		"the ingress comes last": {
			[]option{ingress(Ingress{Problem: &finding.Finding{Reason: "InvalidIngress", Message: "bad domain"}}), deploy("chat-engine", statusUnavailable)},
			"False MinimumReplicasUnavailable: engine: Deployment does not have minimum availability.",
		},
		"the ingress gates": {
			[]option{
				ingress(Ingress{Problem: &finding.Finding{Reason: "InvalidIngress", Message: "bad domain"}}),
				deploy("chat-engine", statusAvailable), deploy("chat-decoder", statusAvailable), deploy("chat-router", statusAvailable),
			},
			"False InvalidIngress: ingress: bad domain",
		},
		"the failure of the service comes first": {
			[]option{failing("RuntimeNotFound", v1beta1.RuntimeNotRecognized), deploy("chat-engine", statusUnavailable)},
			"False RuntimeNotFound: what is wrong",
		},
	} {
		t.Run(name, func(t *testing.T) {
			out := computed(t, input(append(slices.Clone(pd), test.options...)...))
			assert.Equal(t, test.want, describeCondition(out, v1beta1.Ready))
		})
	}
	t.Run("a service without components is not ready", func(t *testing.T) {
		out := computed(t, input(func(in *Input) { in.Components = nil }))
		assert.Equal(t, "False NoComponent: the service has neither an engine nor a decoder nor a router: set spec.engine", describeCondition(out, v1beta1.Ready))
		assert.Empty(t, out.Components)
		assert.Zero(t, out.ModelStatus)
	})
}

func TestProblemsAreNotHiddenByWhatStillRuns(t *testing.T) {
	t.Run("a component that cannot be composed is not ready", func(t *testing.T) {
		out := computed(t, input(problem("NoImage", "the engine has no image"), deploy("chat-engine", statusAvailable)))
		assert.Equal(t, "False NoImage: the engine has no image", describeCondition(out, v1beta1.EngineReady))
		assert.Equal(t, "False NoImage: engine: the engine has no image", describeCondition(out, v1beta1.Ready))
	})
	t.Run("a service that cannot be resolved reports its running components and addresses", func(t *testing.T) {
		before := computed(t, input(deploy("chat-engine", statusAvailable)))
		out := computed(t, input(previous(before), failing("ModelDisabled", v1beta1.BaseModelNotReady), deploy("chat-engine", statusAvailable)))
		assert.Equal(t, "False ModelDisabled: what is wrong", describeCondition(out, v1beta1.Ready))
		assert.Equal(t, "True MinimumReplicasAvailable: Deployment has minimum availability.", describeCondition(out, v1beta1.EngineReady))
		assert.Equal(t, "True IngressDisabled: "+messageIngressDisabled, describeCondition(out, v1beta1.IngressReady))
		assert.Equal(t, testURL, out.URL)
		assert.Equal(t, testURL, out.Address.URL)
		assert.Equal(t, before.Components, out.Components)
	})
	t.Run("a component that was not decided keeps its URL and accelerator", func(t *testing.T) {
		known := computed(t, input(mode(v1beta1.MultiNodeRayVLLM), ray(0, "{state: ready}"), ray(1, "{state: ready}"),
			engine(func(c *Component) {
				c.Replicas, c.Accelerator = 2, &v1beta1.SelectedAccelerator{AcceleratorClass: "h100"}
			})))
		out := computed(t, input(previous(known), failing("ModelDisabled", v1beta1.BaseModelNotReady), ray(0, "{state: ready}"), ray(1, "{state: failed, reason: r}"),
			func(in *Input) { in.Components = []Component{{Type: v1beta1.EngineComponent}} }))
		assert.EqualValues(t, 1, out.Components[v1beta1.EngineComponent].Workload.ReadyReplicas)
		known.Components[v1beta1.EngineComponent].Workload.ReadyReplicas = 1
		assert.Equal(t, known.Components, out.Components)
		assert.Equal(t, "False RayClusterFailed: RayCluster chat-engine-1 has failed: r", describeCondition(out, v1beta1.EngineReady))
	})
	t.Run("routes that cannot be computed leave the service where it was", func(t *testing.T) {
		known := computed(t, input(deploy("chat-engine", statusAvailable)))
		out := computed(t, input(previous(known), deploy("chat-engine", statusAvailable), ingress(Ingress{Problem: &finding.Finding{Reason: "InvalidIngress", Message: "m"}})))
		assert.Equal(t, testURL, out.URL)
		assert.Equal(t, testURL, out.Address.URL)
		assert.Equal(t, "False InvalidIngress: ingress: m", describeCondition(out, v1beta1.Ready))
	})
	t.Run("a new service that cannot be resolved has no address", func(t *testing.T) {
		out := computed(t, input(failing("ModelNotFound", v1beta1.BaseModelNotFound)))
		assert.Equal(t, "Unknown NotResolved: the routes are not known until the service can be resolved", describeCondition(out, v1beta1.IngressReady))
		assert.Empty(t, out.URL)
		assert.Nil(t, out.Address)
	})
}

func TestIngress(t *testing.T) {
	routes := func(names ...string) option {
		var objects []Object
		for _, name := range names {
			objects = append(objects, Object{Kind: kinds.HTTPRoute, Name: name})
		}
		return ingress(Ingress{URL: "https://chat.example.com", Address: testURL, Objects: objects})
	}
	route := func(name, status string) option {
		return child(kinds.HTTPRoute, fmt.Sprintf(`{metadata: {name: %s, generation: 2},
  spec: {parentRefs: [{group: gateway.networking.k8s.io, kind: Gateway, namespace: gw, name: public}]}, status: %s}`, name, status))
	}
	// parents are reports about gateways, each "gateway: conditions".
	parents := func(reports ...string) string {
		var list []string
		for _, report := range reports {
			gateway, conditions, _ := strings.Cut(report, ": ")
			list = append(list, fmt.Sprintf("{parentRef: {namespace: gw, name: %s}, conditions: [%s]}", gateway, conditions))
		}
		return "{parents: [" + strings.Join(list, ", ") + "]}"
	}
	const accepted = `public: {type: Accepted, status: "True", reason: Accepted, observedGeneration: 2}, {type: ResolvedRefs, status: "True"}`
	const leftover = `{type: Accepted, status: "False", reason: NoMatchingParent, message: no listener, observedGeneration: 1}`
	external := func(change func(*Object)) option {
		object := Object{Kind: kinds.Service, Name: "chat"}
		change(&object)
		return ingress(Ingress{Disabled: true, URL: testURL, Address: testURL, Objects: []Object{object}})
	}
	there := child(kinds.Service, "{metadata: {name: chat}}")
	for name, test := range map[string]struct {
		options []option
		want    string
	}{
		"is disabled on purpose":        {nil, "True IngressDisabled: Ingress creation is disabled, using external service for access"},
		"is not needed":                 {[]option{routes()}, "True IngressNotNeeded: no object routes to the service: the entry component's own address is used"},
		"has not been created":          {[]option{routes("chat")}, "Unknown IngressNotCreated: HTTPRoute chat does not exist yet"},
		"is accepted":                   {[]option{routes("chat"), route("chat", parents(accepted))}, "True"},
		"was not looked at":             {[]option{routes("chat"), route("chat", "{}")}, "Unknown RouteNotReported: HTTPRoute chat: Gateway gw/public has not said whether it accepts it"},
		"has one route that is missing": {[]option{routes("chat", "chat-engine"), route("chat", parents(accepted))}, "Unknown IngressNotCreated: HTTPRoute chat-engine does not exist yet"},
		"asks no gateway": {
			[]option{routes("chat"), child(kinds.HTTPRoute, "{metadata: {name: chat}, status: "+parents(accepted)+"}")},
			"Unknown RouteNotReported: HTTPRoute chat names no gateway in spec.parentRefs",
		},
		"is refused": {
			[]option{routes("chat"), route("chat", parents(`public: {type: Accepted, status: "False", reason: NoMatchingParent, message: no listener}`))},
			"False NoMatchingParent: HTTPRoute chat: no listener",
		},
		"leads nowhere": {
			[]option{routes("chat"), route("chat", parents(`public: {type: Accepted, status: "True"}, {type: ResolvedRefs, status: "False", reason: BackendNotFound, message: no Service}`))},
			"False BackendNotFound: HTTPRoute chat: no Service",
		},
		"is accepted at an older generation": {
			[]option{routes("chat"), route("chat", parents(`public: {type: Accepted, status: "True", observedGeneration: 1}`))},
			"Unknown GenerationNotObserved: HTTPRoute chat: Gateway gw/public has not observed generation 2 yet",
		},
		"led somewhere at an older generation": {
			[]option{routes("chat"), route("chat", parents(`public: {type: Accepted, status: "True", observedGeneration: 2}, {type: ResolvedRefs, status: "True", observedGeneration: 1}`))},
			"Unknown GenerationNotObserved: HTTPRoute chat: Gateway gw/public has not observed generation 2 yet",
		},
		"was accepted and changes": {
			[]option{wasTrue(v1beta1.IngressReady), routes("chat"), route("chat", parents(`public: {type: Accepted, status: "True", observedGeneration: 1}`))},
			"Unknown GenerationNotObserved: HTTPRoute chat: Gateway gw/public has not observed generation 2 yet",
		},
		"was refused by a gateway that it does not ask any more": {
			[]option{routes("chat"), route("chat", parents("internal: "+leftover, accepted))}, "True",
		},
		"is accepted only by a gateway that it does not ask any more": {
			[]option{routes("chat"), route("chat", parents(strings.Replace(accepted, "public", "internal", 1)))},
			"Unknown RouteNotReported: HTTPRoute chat: Gateway gw/public has not said whether it accepts it",
		},
		"was refused by the former controller of the gateway": {
			[]option{routes("chat"), route("chat", parents("public: "+leftover, accepted))}, "True",
		},
		"is accepted by the former controller of the gateway": {
			[]option{routes("chat"), route("chat", parents(
				`public: {type: Accepted, status: "True", observedGeneration: 1}`,
				`public: {type: Accepted, status: "False", reason: NoMatchingParent, message: no listener, observedGeneration: 2}`))},
			"False NoMatchingParent: HTTPRoute chat: no listener",
		},
		"is an Ingress, which reports nothing": {
			[]option{ingress(Ingress{Objects: []Object{{Kind: kinds.Ingress, Name: "chat"}}}), child(kinds.Ingress, `{metadata: {name: chat}, status: {loadBalancer: {}}}`)},
			"True",
		},
		"is a Service object":                   {[]option{external(func(*Object) {}), there}, "True IngressDisabled: Ingress creation is disabled, using external service for access"},
		"is a Service object that is not there": {[]option{external(func(*Object) {})}, "Unknown IngressNotCreated: Service chat does not exist yet"},
		"is a Service object that is going":     {[]option{external(func(*Object) {}), child(kinds.Service, `{metadata: {name: chat, deletionTimestamp: "2026-03-01T11:00:00Z"}}`)}, "Unknown WorkloadTerminating: Service chat is being deleted"},
		"is a Service object that is out of date": {
			[]option{external(func(o *Object) { o.NotApplied = true }), there},
			"Unknown UpdateNotApplied: Service chat does not have its new specification yet; if this stays, the events of the InferenceService say why the API server refuses it",
		},
		"is a Service object of another service": {
			[]option{external(func(o *Object) { o.Owner = "InferenceService chat-x" })},
			"False NameTaken: Service chat belongs to InferenceService chat-x, so that requests to that name do not reach this service: rename this InferenceService, or remove that object",
		},
	} {
		t.Run(name, func(t *testing.T) {
			out := computed(t, input(test.options...))
			assert.Equal(t, test.want, describeCondition(out, v1beta1.IngressReady))
		})
	}
}

func TestConditionsOfComponents(t *testing.T) {
	t.Run("are sorted, and a removed component has none", func(t *testing.T) {
		in := input(deploy("chat-engine", statusAvailable), wasTrue(v1beta1.RouterReady, v1beta1.RouterRouteReady, "Foreign"))
		assert.Equal(t, []string{"EngineReady", "IngressReady", "Ready", "Serving"}, conditionNames(computed(t, in)))
	})
	t.Run("have no severity where Ready depends on them", func(t *testing.T) {
		in := input(
			mode(v1beta1.Serverless), serviceMode(v1beta1.Serverless),
			with(v1beta1.DecoderComponent, v1beta1.RawDeployment), with(v1beta1.RouterComponent, v1beta1.Serverless),
			func(in *Input) { in.Findings = []finding.Finding{{Reason: "A", Message: "a"}} },
			func(in *Input) { in.Parent.Spec.Predictor.MaxReplicas = 2 },
		)
		var gates, informs []string
		for _, c := range computed(t, in).Conditions {
			if c.Severity == v1beta1.SeverityError {
				gates = append(gates, string(c.Type))
			} else {
				assert.Equal(t, v1beta1.SeverityInfo, c.Severity)
				informs = append(informs, string(c.Type))
			}
		}
		assert.Equal(t, []string{"DecoderReady", "EngineReady", "IngressReady", "Ready", "RouterReady"}, gates)
		assert.Equal(t, []string{
			"EngineConfigurationReady", "EngineRouteReady", "LatestDeploymentReady", "PredictorReady",
			"RouterConfigurationReady", "RouterRouteReady", "RoutesReady", "Serving", "SpecHonored",
		}, informs)
	})
	t.Run("repeat the engine's for a service with a predictor only", func(t *testing.T) {
		in := input(deploy("chat-engine", statusAvailable), func(in *Input) { in.Parent.Spec.Predictor.MaxReplicas = 2 })
		assert.Equal(t, "True MinimumReplicasAvailable: Deployment has minimum availability.", describeCondition(computed(t, in), v1beta1.PredictorReady))
		assert.Equal(t, "absent", describeCondition(computed(t, input()), v1beta1.PredictorReady))
	})
}

func conditionNames(status v1beta1.InferenceServiceStatus) []string {
	var names []string
	for _, c := range status.Conditions {
		names = append(names, string(c.Type))
	}
	return names
}

func TestFindings(t *testing.T) {
	withFindings := func(found ...finding.Finding) *Input {
		return input(deploy("chat-engine", statusAvailable), func(in *Input) { in.Findings = found })
	}
	for name, test := range map[string]struct {
		in   *Input
		want string
	}{
		"none: no condition":       {withFindings(), "absent"},
		"one keeps its reason":     {withFindings(finding.Finding{Reason: "FieldIgnored", Message: "a"}), "False FieldIgnored: a"},
		"several of one reason":    {withFindings(finding.Finding{Reason: "FieldIgnored", Message: "a"}, finding.Finding{Reason: "FieldIgnored", Message: "b"}), "False FieldIgnored: a; b"},
		"several of other reasons": {withFindings(finding.Finding{Reason: "FieldIgnored", Message: "a"}, finding.Finding{Reason: "UnknownField", Message: "b"}), "False SeveralFindings: a; b"},
	} {
		t.Run(name, func(t *testing.T) {
			out := computed(t, test.in)
			assert.Equal(t, test.want, describeCondition(out, v1beta1.SpecHonored))
			assert.Equal(t, "True", describeCondition(out, v1beta1.Ready), "findings do not gate")
		})
	}
	t.Run("many are cut at 4 kB without breaking a character", func(t *testing.T) {
		out := computed(t, withFindings(finding.Finding{Reason: "A", Message: strings.Repeat("ä", 5000)}))
		message := findCondition(out.Conditions, v1beta1.SpecHonored).Message
		assert.LessOrEqual(t, len(message), 4096)
		assert.Greater(t, len(message), 4000)
		assert.True(t, strings.HasSuffix(message, "ä ..."))
	})
}

func TestLastTransitionTime(t *testing.T) {
	yesterday := metav1.NewTime(testNow.Add(-24 * time.Hour))
	at := func(in *Input, kind v1beta1.ConditionType) time.Time {
		return findCondition(Compute(in).Conditions, kind).LastTransitionTime.UTC()
	}
	t.Run("is kept while the status is the same, whatever the reason", func(t *testing.T) {
		in := input(deploy("chat-engine", statusAvailable), wasTrue(v1beta1.EngineReady, v1beta1.Ready))
		assert.Equal(t, yesterday.UTC(), at(in, v1beta1.EngineReady))
		assert.Equal(t, yesterday.UTC(), at(in, v1beta1.Ready))
		assert.Equal(t, testNow.UTC(), at(in, v1beta1.IngressReady), "a new condition")
	})
	t.Run("moves when the status changes", func(t *testing.T) {
		in := input(deploy("chat-engine", statusUnavailable), wasTrue(v1beta1.EngineReady, v1beta1.IngressReady))
		assert.Equal(t, testNow.UTC(), at(in, v1beta1.EngineReady))
		assert.Equal(t, yesterday.UTC(), at(in, v1beta1.IngressReady))
	})
	t.Run("is left out without a time of the call", func(t *testing.T) {
		text, err := json.Marshal(Compute(input(func(in *Input) { in.Now = metav1.Time{} })))
		assert.NoError(t, err)
		assert.NotContains(t, string(text), "lastTransitionTime")
	})
	t.Run("has whole seconds", func(t *testing.T) {
		in := input(func(in *Input) { in.Now = metav1.NewTime(testNow.Add(999 * time.Millisecond)) })
		assert.Equal(t, testNow.UTC(), at(in, v1beta1.Ready))
	})
}

func TestVirtualDeployment(t *testing.T) {
	in := input(serviceMode(v1beta1.VirtualDeployment), failing("ModelNotFound", v1beta1.BaseModelNotFound),
		ingress(Ingress{URL: testURL, Address: testURL}), wasTrue(v1beta1.EngineReady))
	out := computed(t, in)
	assert.Equal(t, []string{"Ready", "Serving"}, conditionNames(out))
	assert.Equal(t, "True VirtualDeployment: InferenceService is in VirtualDeployment mode", describeCondition(out, v1beta1.Ready))
	assert.Equal(t, map[v1beta1.ComponentType]v1beta1.ComponentStatusSpec{"predictor": {URL: testURL}}, out.Components)
	assert.Equal(t, testURL, out.URL)
	assert.Equal(t, testURL, out.Address.URL)
	assert.Zero(t, out.ModelStatus)
	assert.EqualValues(t, 5, out.ObservedGeneration)
}
