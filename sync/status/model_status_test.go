package status

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/v1beta1"
)

// The statuses of pods.
const (
	podIsReady      = `{phase: Running, conditions: [{type: Ready, status: "True"}], containerStatuses: [{name: ome-container, ready: true, state: {running: {}}}]}`
	podRuns         = `{phase: Running, conditions: [{type: Ready, status: "False"}], containerStatuses: [{name: ome-container, state: {running: {}}}]}`
	podCreating     = `{phase: Pending, containerStatuses: [{name: ome-container, state: {waiting: {reason: ContainerCreating}}}]}`
	podInitRuns     = `{phase: Pending, initContainerStatuses: [{name: model-init, state: {running: {}}}], containerStatuses: [{name: ome-container, state: {waiting: {reason: PodInitializing}}}]}`
	podInitDone     = `{phase: Pending, initContainerStatuses: [{name: model-init, ready: true, state: {terminated: {exitCode: 0, reason: Completed}}}], containerStatuses: [{name: ome-container, state: {waiting: {reason: PodInitializing}}}]}`
	podInitFailed   = `{phase: Pending, initContainerStatuses: [{name: model-init, state: {terminated: {exitCode: 3, reason: Error, message: bad key}}}]}`
	podAdapterLoops = `{phase: Pending, initContainerStatuses: [{name: fine-tuned-adapter, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, reason: Error, message: no such weight}}}]}`
	podCrashLoops   = `{phase: Running, containerStatuses: [{name: ome-container, restartCount: 4, state: {waiting: {reason: CrashLoopBackOff, message: back-off 5m0s}}, lastState: {terminated: {exitCode: 1, reason: Error, message: boom, finishedAt: "2026-03-01T11:59:00Z"}}}]}`
	podRetries      = `{phase: Running, containerStatuses: [{name: ome-container, restartCount: 4, state: {running: {}}, lastState: {terminated: {exitCode: 1, reason: Error, message: boom, finishedAt: "2026-03-01T11:59:00Z"}}}]}`
	podKilled       = `{phase: Running, containerStatuses: [{name: ome-container, state: {terminated: {exitCode: 137, reason: OOMKilled}}}]}`
	podCompleted    = `{phase: Running, containerStatuses: [{name: ome-container, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 0, reason: Completed}}}]}`
	podNoImage      = `{phase: Pending, containerStatuses: [{name: ome-container, state: {waiting: {reason: ErrImagePull, message: "code = NotFound"}}}]}`
	podNoImageStill = `{phase: Pending, containerStatuses: [{name: ome-container, state: {waiting: {reason: ImagePullBackOff, message: "Back-off pulling image x: ErrImagePull: code = NotFound"}}}]}`
	podNoSecret     = `{phase: Pending, containerStatuses: [{name: ome-container, state: {waiting: {reason: CreateContainerConfigError, message: secret "hf" not found}}}]}`
	podNoNode       = `{phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: 0/3 nodes are available}]}`
	podEvicted      = `{phase: Failed, reason: Evicted, message: low on memory}`
	podNew          = `{phase: Pending}`
)

// newPod is a pod of the service as YAML: minute is when it was created.
func newPod(name string, minute int, labels, status string) string {
	return fmt.Sprintf(`{metadata: {name: %s, namespace: team-a, creationTimestamp: "2026-03-01T10:%02d:00Z",
  labels: {ome.io/inferenceservice: chat, %s}}, status: %s}`, name, minute, labels, status)
}

// enginePod is a pod of the raw engine of a template.
func enginePod(name string, minute int, template, status string) string {
	return newPod(name, minute, "component: engine, app: chat-engine, pod-template-hash: "+template, status)
}

// summaryOf is "transition active>target failed/total", and the failure.
func summaryOf(m v1beta1.ModelStatus) string {
	text := string(m.TransitionStatus)
	if s := m.ModelRevisionStates; s != nil {
		text += fmt.Sprintf(" %s>%s", s.ActiveModelState, s.TargetModelState)
	}
	if c := m.ModelCopies; c != nil {
		text += fmt.Sprintf(" %d/%d", c.FailedCopies, c.TotalCopies)
	}
	if f := m.LastFailureInfo; f != nil {
		text += fmt.Sprintf(" %s %s %d: %s", f.Location, f.Reason, f.ExitCode, f.Message)
	}
	return text
}

func TestOnePod(t *testing.T) {
	for name, test := range map[string]struct{ pod, want string }{
		"was just created":                 {podNew, "InProgress Pending>Pending 0/1"},
		"is being created":                 {podCreating, "InProgress Pending>Pending 0/1"},
		"finds no node":                    {podNoNode, "InProgress Pending>Pending 0/1"},
		"runs an init container":           {podInitRuns, "InProgress Loading>Loading 0/1"},
		"has finished its init container":  {podInitDone, "InProgress Loading>Loading 0/1"},
		"runs and is not ready":            {podRuns, "InProgress Loading>Loading 0/1"},
		"is ready":                         {podIsReady, "UpToDate Loaded>Loaded 0/1"},
		"failed in model-init":             {podInitFailed, "BlockedByFailedLoad FailedToLoad>FailedToLoad 1/1 p ModelLoadFailed 3: container model-init exited with code 3 (Error): bad key"},
		"crash loops in the adapter":       {podAdapterLoops, "BlockedByFailedLoad FailedToLoad>FailedToLoad 1/1 p ModelLoadFailed 1: container fine-tuned-adapter exited with code 1 (Error): no such weight"},
		"crash loops":                      {podCrashLoops, "BlockedByFailedLoad FailedToLoad>FailedToLoad 1/1 p ModelLoadFailed 1: container ome-container exited with code 1 (Error): boom"},
		"crash loops and tries again":      {podRetries, "BlockedByFailedLoad FailedToLoad>FailedToLoad 1/1 p ModelLoadFailed 1: container ome-container exited with code 1 (Error): boom"},
		"was killed for lack of memory":    {podKilled, "BlockedByFailedLoad FailedToLoad>FailedToLoad 1/1 p ModelLoadFailed 137: container ome-container exited with code 137 (OOMKilled)"},
		"ends again and again":             {podCompleted, "BlockedByFailedLoad FailedToLoad>FailedToLoad 1/1 p ModelLoadFailed 0: container ome-container exited with code 0 (Completed)"},
		"cannot pull its image":            {podNoImage, "BlockedByFailedLoad FailedToLoad>FailedToLoad 1/1 p RuntimeUnhealthy 0: container ome-container cannot be started (ImagePullBackOff): code = NotFound"},
		"cannot pull its image and pauses": {podNoImageStill, "BlockedByFailedLoad FailedToLoad>FailedToLoad 1/1 p RuntimeUnhealthy 0: container ome-container cannot be started (ImagePullBackOff): code = NotFound"},
		"lacks a Secret":                   {podNoSecret, `BlockedByFailedLoad FailedToLoad>FailedToLoad 1/1 p RuntimeUnhealthy 0: container ome-container cannot be started (CreateContainerConfigError): secret "hf" not found`},
		"was evicted and not replaced":     {podEvicted, "BlockedByFailedLoad FailedToLoad>FailedToLoad 1/1 p RuntimeUnhealthy 0: the pod has ended: Evicted low on memory"},
	} {
		t.Run(name, func(t *testing.T) {
			out := computed(t, input(deploy("chat-engine", statusAvailable), pods(enginePod("p", 0, "a", test.pod))))
			assert.Equal(t, test.want, summaryOf(out.ModelStatus))
		})
	}
}

func TestSeveralPods(t *testing.T) {
	const worker, leader = "leaderworkerset.sigs.k8s.io/worker-index: '1'", "leaderworkerset.sigs.k8s.io/worker-index: '0'"
	group := func(name string, minute, index int, role, status string) string {
		return newPod(name, minute, fmt.Sprintf("component: engine, leaderworkerset.sigs.k8s.io/name: lws-chat-engine, leaderworkerset.sigs.k8s.io/template-revision-hash: a, "+
			"leaderworkerset.sigs.k8s.io/group-index: '%d', %s", index, role), status)
	}
	groups := []option{mode(v1beta1.MultiNode), lws(`{replicas: 2}`, `{replicas: 2, updatedReplicas: 2, conditions: [{type: Available, status: "True"}]}`)}
	rolling := []option{deploy("chat-engine", statusRolling)}
	revision := func(name string) string {
		return "component: engine, serving.knative.dev/revision: " + name
	}
	decoderPod := func(status string) string { return newPod("d", 5, "component: decoder, app: chat-decoder", status) }
	pd := []option{deploy("chat-engine", statusAvailable), with(v1beta1.DecoderComponent, v1beta1.RawDeployment), deploy("chat-decoder", statusAvailable)}
	const failed = " ModelLoadFailed 1: container ome-container exited with code 1 (Error): boom"
	for name, test := range map[string]struct {
		options []option
		pods    []string
		want    string
	}{
		"one that is ready is enough while another loads": {
			[]option{deploy("chat-engine", statusAvailable)},
			[]string{enginePod("p", 0, "a", podIsReady), enginePod("q", 1, "a", podRuns)},
			"UpToDate Loaded>Loaded 0/2",
		},
		"one that is ready is enough while another fails, which is told": {
			[]option{deploy("chat-engine", statusAvailable)},
			[]string{enginePod("p", 0, "a", podIsReady), enginePod("q", 1, "a", podCrashLoops)},
			"UpToDate Loaded>Loaded 1/2 q" + failed,
		},
		"a failure outweighs loading": {
			[]option{deploy("chat-engine", statusAvailable)},
			[]string{enginePod("p", 0, "a", podCrashLoops), enginePod("q", 1, "a", podRuns)},
			"BlockedByFailedLoad FailedToLoad>FailedToLoad 1/2 p" + failed,
		},
		"the newest failure is told": {
			[]option{deploy("chat-engine", statusAvailable)},
			[]string{enginePod("r", 2, "a", podCrashLoops), enginePod("q", 2, "a", podCrashLoops), enginePod("p", 1, "a", podCrashLoops)},
			"BlockedByFailedLoad FailedToLoad>FailedToLoad 3/3 q" + failed,
		},
		"the old template serves while the new one loads": {
			rolling,
			[]string{enginePod("p", 0, "a", podIsReady), enginePod("q", 1, "b", podRuns)},
			"InProgress Loaded>Loading 0/2",
		},
		"the old template serves while the new one fails": {
			rolling,
			[]string{enginePod("p", 0, "a", podIsReady), enginePod("q", 1, "b", podCrashLoops)},
			"BlockedByFailedLoad Loaded>FailedToLoad 1/2 q" + failed,
		},
		"a replacement of an old pod does not make its template the newest": {
			rolling,
			[]string{enginePod("p", 0, "a", podIsReady), enginePod("s", 9, "a", podRuns), enginePod("q", 1, "b", podCrashLoops)},
			"BlockedByFailedLoad Loaded>FailedToLoad 1/3 q" + failed,
		},
		"the new template serves and the old one is still there": {
			rolling,
			[]string{enginePod("p", 0, "a", podIsReady), enginePod("q", 1, "b", podIsReady)},
			"InProgress Loaded>Loaded 0/2",
		},
		"pods that are being deleted say nothing": {
			[]option{deploy("chat-engine", statusAvailable)},
			[]string{
				enginePod("p", 0, "a", podIsReady),
				strings.Replace(enginePod("q", 1, "b", podCrashLoops), "{name: q", `{deletionTimestamp: "2026-03-01T11:00:00Z", name: q`, 1),
			},
			"UpToDate Loaded>Loaded 0/1",
		},
		"evicted pods that were replaced say nothing": {
			[]option{deploy("chat-engine", statusAvailable)},
			[]string{enginePod("p", 0, "a", podIsReady), enginePod("q", 1, "a", podEvicted)},
			"UpToDate Loaded>Loaded 0/1",
		},
		"pods of another service say nothing": {
			[]option{deploy("chat-engine", statusAvailable)},
			[]string{enginePod("p", 0, "a", podIsReady), strings.Replace(enginePod("q", 1, "b", podCrashLoops), "inferenceservice: chat", "inferenceservice: chats", 1)},
			"UpToDate Loaded>Loaded 0/1",
		},
		"pods without the component label are known by their app": {
			[]option{deploy("chat-engine", statusAvailable)},
			[]string{newPod("p", 0, "app: chat-engine", podCrashLoops)},
			"BlockedByFailedLoad FailedToLoad>FailedToLoad 1/1 p" + failed,
		},
		"a router's pods never decide": {
			[]option{deploy("chat-engine", statusAvailable), with(v1beta1.RouterComponent, v1beta1.RawDeployment)},
			[]string{enginePod("p", 0, "a", podIsReady), newPod("r", 9, "component: router, app: chat-router", podCrashLoops)},
			"UpToDate Loaded>Loaded 0/1",
		},
		"a decoder that fails counts": {
			pd, []string{enginePod("p", 0, "a", podIsReady), decoderPod(podCrashLoops)},
			"BlockedByFailedLoad FailedToLoad>FailedToLoad 1/2 d" + failed,
		},
		"a decoder that loads counts": {
			pd, []string{enginePod("p", 0, "a", podIsReady), decoderPod(podRuns)},
			"InProgress Loading>Loading 0/2",
		},
		"engine and decoder are loaded": {
			pd, []string{enginePod("p", 0, "a", podIsReady), decoderPod(podIsReady)},
			"UpToDate Loaded>Loaded 0/2",
		},
		"a group is one copy": {
			groups,
			[]string{group("g0", 0, 0, leader, podIsReady), group("g0w", 0, 0, worker, podIsReady), group("g1", 0, 1, leader, podIsReady), group("g1w", 0, 1, worker, podIsReady)},
			"UpToDate Loaded>Loaded 0/2",
		},
		"a group fails with any of its pods": {
			groups,
			[]string{group("g0", 0, 0, leader, podIsReady), group("g0w", 1, 0, worker, podCrashLoops)},
			"BlockedByFailedLoad FailedToLoad>FailedToLoad 1/1 g0w" + failed,
		},
		"a Ray cluster is one copy, and its prober is none": {
			[]option{mode(v1beta1.MultiNodeRayVLLM), ray(0, `{state: ready}`), prober(0, statusAvailable)},
			[]string{
				newPod("head", 0, "component: engine, ray.io/cluster: chat-engine-0", podIsReady),
				newPod("work", 0, "component: engine, ray.io/cluster: chat-engine-0", podIsReady),
				newPod("mnp", 1, "component: engine, app: chat-engine-0-mnp", podCrashLoops),
			},
			"UpToDate Loaded>Loaded 0/1",
		},
		"Knative says which revision is the newest": {
			[]option{mode(v1beta1.Serverless), knative("True", "r2", "r1", `[]`)},
			[]string{newPod("p", 9, revision("r1"), podIsReady), newPod("q", 0, revision("r2"), podCrashLoops)},
			"BlockedByFailedLoad Loaded>FailedToLoad 1/2 q" + failed,
		},
		"a serverless component without pods stands by": {
			[]option{mode(v1beta1.Serverless), knative("True", "r1", "r1", `[]`)}, nil, "UpToDate Standby>Standby",
		},
		"a serverless component without pods that is not ready is pending": {
			[]option{mode(v1beta1.Serverless), knative("Unknown", "r1", "", `[]`)}, nil, "InProgress Pending>Pending",
		},
		"a Deployment scaled to zero stands by": {
			[]option{func(in *Input) {
				raw, name := fromYAML(strings.Replace(deploymentYAML("chat-engine", 1, statusAvailable), "replicas: 2}", "replicas: 0}", 1))
				in.Children.Add("Deployment.apps/v1", testNamespace, name, raw)
			}},
			nil, "UpToDate Standby>Standby",
		},
		"an available Deployment whose pods are not seen yet is loaded": {
			[]option{deploy("chat-engine", statusAvailable)}, nil, "UpToDate Loaded>Loaded",
		},
		"the old mode serves while the new one comes up": {
			[]option{mode(v1beta1.MultiNode)},
			[]string{enginePod("p", 0, "a", podIsReady)},
			"InProgress Loaded>Pending 0/1",
		},
		"a workload that is about to change is not up to date": {
			[]option{updating("chat-engine"), deploy("chat-engine", statusAvailable)},
			[]string{enginePod("p", 0, "a", podIsReady)},
			"InProgress Loaded>Loaded 0/1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			out := computed(t, input(append(test.options, pods(test.pods...))...))
			assert.Equal(t, test.want, summaryOf(out.ModelStatus))
		})
	}
}

func TestWithoutKnowledgeOfPods(t *testing.T) {
	for name, test := range map[string]struct {
		options []option
		want    string
	}{
		"nothing exists":                    {nil, "InProgress Pending>Pending"},
		"the workload is available":         {[]option{deploy("chat-engine", statusAvailable)}, "UpToDate Loaded>Loaded"},
		"the workload rolls":                {[]option{deploy("chat-engine", statusRolling)}, "InProgress Loaded>Loaded"},
		"the workload is not available":     {[]option{deploy("chat-engine", statusUnavailable)}, "InProgress Pending>Pending"},
		"a serverless component is ready":   {[]option{mode(v1beta1.Serverless), knative("True", "r", "r", "[]")}, "UpToDate Loaded>Loaded"},
		"a group set is available":          {[]option{mode(v1beta1.MultiNode), lws(`{}`, `{conditions: [{type: Available, status: "True"}]}`)}, "UpToDate Loaded>Loaded"},
		"a Ray cluster is ready":            {[]option{mode(v1beta1.MultiNodeRayVLLM), ray(0, `{state: ready}`)}, "UpToDate Loaded>Loaded"},
		"the service consists of a router":  {[]option{func(in *Input) { in.Components[0].Type = v1beta1.RouterComponent }}, ""},
		"the engine cannot be composed":     {[]option{problem("NoImage", "no image")}, "InvalidSpec Pending>FailedToLoad engine InvalidPredictorSpec 0: no image"},
		"... and still serves":              {[]option{problem("NoImage", "no image"), deploy("chat-engine", statusAvailable)}, "InvalidSpec Loaded>FailedToLoad engine InvalidPredictorSpec 0: no image"},
		"the model is not found":            {[]option{failing("ModelNotFound", v1beta1.BaseModelNotFound)}, "InvalidSpec Pending>Pending  BaseModelNotFound 0: what is wrong"},
		"the model is not ready":            {[]option{failing("ModelDisabled", v1beta1.BaseModelNotReady)}, "BlockedByFailedLoad Pending>Pending  BaseModelNotReady 0: what is wrong"},
		"the runtime is disabled":           {[]option{failing("RuntimeDisabled", v1beta1.RuntimeDisabled)}, "BlockedByFailedLoad Pending>FailedToLoad  RuntimeDisabled 0: what is wrong"},
		"the runtime is gone, pods serve":   {[]option{failing("RuntimeNotFound", v1beta1.RuntimeNotRecognized), deploy("chat-engine", statusAvailable)}, "InvalidSpec Loaded>FailedToLoad  RuntimeNotRecognized 0: what is wrong"},
		"a word that the CRD does not know": {[]option{failing("WeightNotFound", v1beta1.FineTunedWeightsNotFound)}, "InvalidSpec Pending>FailedToLoad  InvalidPredictorSpec 0: what is wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, summaryOf(computed(t, input(test.options...)).ModelStatus))
		})
	}
}

func TestLastFailureInfo(t *testing.T) {
	t.Run("has the time of the exit and the name of the revision", func(t *testing.T) {
		info := computed(t, input(deploy("chat-engine", statusUnavailable), pods(enginePod("p", 0, "a", podCrashLoops)))).ModelStatus.LastFailureInfo
		require.NotNil(t, info)
		assert.Equal(t, "2026-03-01T11:59:00Z", info.Time.UTC().Format("2006-01-02T15:04:05Z"))
		assert.Equal(t, "chat-engine-00003", info.ModelRevisionName)
	})
	t.Run("names no revision for a pod of an older template", func(t *testing.T) {
		info := computed(t, input(deploy("chat-engine", statusRolling), pods(enginePod("p", 0, "a", podCrashLoops), enginePod("q", 1, "b", podRuns)))).ModelStatus.LastFailureInfo
		require.NotNil(t, info)
		assert.Empty(t, info.ModelRevisionName)
	})
	t.Run("names Knative's revision", func(t *testing.T) {
		info := computed(t, input(mode(v1beta1.Serverless), knative("False", "r2", "r1", "[]"),
			pods(newPod("q", 0, "component: engine, serving.knative.dev/revision: r2", podCrashLoops)))).ModelStatus.LastFailureInfo
		require.NotNil(t, info)
		assert.Equal(t, "r2", info.ModelRevisionName)
	})
	t.Run("goes when nothing fails any more", func(t *testing.T) {
		before := computed(t, input(deploy("chat-engine", statusUnavailable), pods(enginePod("p", 0, "a", podCrashLoops))))
		after := computed(t, input(previous(before), deploy("chat-engine", statusAvailable), pods(enginePod("p", 0, "a", podIsReady))))
		assert.Nil(t, after.ModelStatus.LastFailureInfo)
	})
	t.Run("is short and holds no credentials", func(t *testing.T) {
		pod := strings.Replace(podCrashLoops, "message: boom", `message: "`+strings.Repeat("x", 600)+` token=hf_abcdefghijklmnopqrst `+strings.Repeat("y", 2000)+`"`, 1)
		out := computed(t, input(deploy("chat-engine", statusUnavailable), pods(enginePod("p", 0, "a", pod))))
		message := out.ModelStatus.LastFailureInfo.Message
		assert.LessOrEqual(t, len(message), 1024)
		assert.NotContains(t, message, "hf_")
		assert.NotContains(t, describeCondition(out, v1beta1.Ready), "hf_")
	})
}

func TestConditionsSayWhyPodsDoNotServe(t *testing.T) {
	for name, test := range map[string]struct{ pod, want string }{
		"a failure":      {podCrashLoops, "False MinimumReplicasUnavailable: Deployment does not have minimum availability; pod p: container ome-container exited with code 1 (Error): boom"},
		"no node":        {podNoNode, "False MinimumReplicasUnavailable: Deployment does not have minimum availability; pod p: Unschedulable: 0/3 nodes are available"},
		"nothing to say": {podRuns, "False MinimumReplicasUnavailable: Deployment does not have minimum availability."},
	} {
		t.Run(name, func(t *testing.T) {
			out := computed(t, input(deploy("chat-engine", statusUnavailable), pods(enginePod("p", 0, "a", test.pod))))
			assert.Equal(t, test.want, describeCondition(out, v1beta1.EngineReady))
		})
	}
	t.Run("a queue that holds the pod back", func(t *testing.T) {
		const gated = `{phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: SchedulingGated, message: Scheduling is blocked due to non-empty scheduling gates}]}`
		out := computed(t, input(deploy("chat-engine", statusUnavailable), pods(enginePod("p", 0, "a", gated))))
		assert.Equal(t, "False MinimumReplicasUnavailable: Deployment does not have minimum availability; "+
			"pod p: SchedulingGated: Scheduling is blocked due to non-empty scheduling gates", describeCondition(out, v1beta1.EngineReady))
	})
	t.Run("groups whose pods cannot be made", func(t *testing.T) {
		const unready = `{conditions: [{type: Available, status: "False"}, {type: Progressing, status: "True", reason: GroupsProgressing, message: Replicas are progressing}]}`
		out := computed(t, input(mode(v1beta1.MultiNode), lws("{replicas: 1}", unready), pods()))
		assert.Equal(t, "False GroupsProgressing: Replicas are progressing; no pod exists; "+
			"if this stays, the events of StatefulSet lws-chat-engine say why, for example a quota", describeCondition(out, v1beta1.EngineReady))
		unknown := computed(t, input(mode(v1beta1.MultiNode), lws("{replicas: 1}", unready)))
		assert.Equal(t, "False GroupsProgressing: Replicas are progressing", describeCondition(unknown, v1beta1.EngineReady), "pods were not asked for")
	})
	t.Run("an update that waits, while the old pods serve", func(t *testing.T) {
		out := computed(t, input(deploy("chat-engine", statusRolling), pods(enginePod("a", 0, "a", podIsReady), enginePod("b", 5, "b", podNoNode))))
		assert.Equal(t, "True MinimumReplicasAvailable: Deployment has minimum availability; the update waits for "+
			"pod b: Unschedulable: 0/3 nodes are available", describeCondition(out, v1beta1.EngineReady))
		assert.Equal(t, "True", describeCondition(out, v1beta1.Ready))
	})
	t.Run("an update whose pods a quota refuses, while the old pods serve", func(t *testing.T) {
		const refused = `{observedGeneration: 1, replicas: 2, updatedReplicas: 0, conditions: [
  {type: Available, status: "True", reason: MinimumReplicasAvailable, message: Deployment has minimum availability.},
  {type: ReplicaFailure, status: "True", reason: FailedCreate, message: exceeded quota}]}`
		out := computed(t, input(deploy("chat-engine", refused)))
		assert.Equal(t, "True MinimumReplicasAvailable: Deployment has minimum availability; pods cannot be made: exceeded quota", describeCondition(out, v1beta1.EngineReady))
	})
	t.Run("not while the component is ready", func(t *testing.T) {
		out := computed(t, input(deploy("chat-engine", statusAvailable), pods(enginePod("p", 0, "a", podCrashLoops))))
		assert.Equal(t, "True MinimumReplicasAvailable: Deployment has minimum availability.", describeCondition(out, v1beta1.EngineReady))
	})
}
