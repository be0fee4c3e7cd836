package status

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
)

// kstatus is what generic tools make of a status: Current when the newest generation is Ready, else
// InProgress.
func kstatus(generation int64, status v1beta1.InferenceServiceStatus) string {
	ready := findCondition(status.Conditions, v1beta1.Ready)
	if status.ObservedGeneration == generation && ready != nil && ready.Status == "True" {
		return "Current"
	}
	return "InProgress"
}

// life is a service whose objects stay from step to step.
type life struct {
	t      *testing.T
	in     *Input
	minute time.Duration
}

// step changes the service and the cluster, one minute later.
func (l *life) step(options ...option) v1beta1.InferenceServiceStatus {
	l.t.Helper()
	l.minute++
	l.in.Now = metav1.NewTime(testNow.Add(l.minute * time.Minute))
	for _, o := range options {
		o(l.in)
	}
	out := computed(l.t, l.in)
	l.in.Parent.Status = out
	return out
}

// says is what a person reads: Ready, the model, and what generic tools see.
func (l *life) says(status v1beta1.InferenceServiceStatus) []string {
	return []string{describeCondition(status, v1beta1.Ready), summaryOf(status.ModelStatus), kstatus(l.in.Parent.Generation, status)}
}

// since is the minute of the last transition of Ready.
func since(status v1beta1.InferenceServiceStatus) time.Duration {
	return findCondition(status.Conditions, v1beta1.Ready).LastTransitionTime.Sub(testNow.Time) / time.Minute
}

func gone(kind kinds.Kind) option { return func(in *Input) { delete(in.Children, kind) } }

func edited() option { return func(in *Input) { in.Parent.Generation++ } }

func TestALife(t *testing.T) {
	l := &life{t: t, in: input(with(v1beta1.RouterComponent, v1beta1.RawDeployment), pods())}
	const (
		unavailable = "Deployment does not have minimum availability."
		boom        = "container ome-container exited with code 1 (Error): boom"
	)
	routerUp := deploy("chat-router", statusAvailable)

	// Created: nothing exists yet.
	out := l.step()
	assert.Equal(t, []string{"Unknown WorkloadNotCreated: engine: Deployment chat-engine does not exist yet", "InProgress Pending>Pending", "InProgress"}, l.says(out))
	assert.Equal(t, testURL, out.URL)

	// Loading: the router is there at once, the model is not.
	out = l.step(routerUp, deploy("chat-engine", statusUnavailable), pods(enginePod("a1", 0, "a", podInitRuns), enginePod("a2", 0, "a", podNoNode)))
	assert.Equal(t, []string{
		"False MinimumReplicasUnavailable: engine: " + strings.TrimSuffix(unavailable, ".") + "; pod a2: Unschedulable: 0/3 nodes are available",
		"InProgress Loading>Loading 0/2", "InProgress",
	}, l.says(out))
	assert.Equal(t, "True MinimumReplicasAvailable: Deployment has minimum availability.", describeCondition(out, v1beta1.RouterReady))

	// Ready.
	out = l.step(deploy("chat-engine", statusAvailable), pods(enginePod("a1", 0, "a", podIsReady), enginePod("a2", 0, "a", podIsReady)))
	assert.Equal(t, []string{"True", "UpToDate Loaded>Loaded 0/2", "Current"}, l.says(out))
	assert.EqualValues(t, 3, since(out))
	assert.Equal(t, "chat-engine-00003", out.Components[v1beta1.EngineComponent].LatestReadyRevision)

	// More replicas are a new generation of the Deployment too. Ready does not flap.
	out = l.step(edited(), child(kinds.Deployment, deploymentYAML("chat-engine", 2, statusAvailable)))
	assert.Equal(t, []string{"True", "InProgress Loaded>Loaded 0/2", "Current"}, l.says(out))
	assert.EqualValues(t, 3, since(out), "Ready has been True all the time")

	// The spec changes: first the children are old, then the Deployment is not observed, then it
	// rolls. What is old is not taken for the new generation.
	out = l.step(edited(), updating("chat-engine"))
	assert.Equal(t, []string{"Unknown UpdateNotApplied: engine: Deployment chat-engine does not have its new specification yet; " +
		"if this stays, the events of the InferenceService say why the API server refuses it", "InProgress Loaded>Loaded 0/2", "InProgress"}, l.says(out))
	out = l.step(engine(func(c *Component) { c.Updating = "" }), child(kinds.Deployment, deploymentYAML("chat-engine", 3, statusAvailable)))
	assert.Equal(t, []string{"Unknown GenerationNotObserved: engine: Deployment chat-engine: its controller has observed generation 1 of 3",
		"InProgress Loaded>Loaded 0/2", "InProgress"}, l.says(out))
	out = l.step(deploy("chat-engine", statusRolling), pods(enginePod("a1", 0, "a", podIsReady), enginePod("a2", 0, "a", podIsReady), enginePod("b1", 6, "b", podRuns)))
	assert.Equal(t, []string{"True", "InProgress Loaded>Loading 0/3", "Current"}, l.says(out))
	assert.EqualValues(t, 7, since(out))
	assert.Equal(t, "chat-engine-00003", out.Components[v1beta1.EngineComponent].LatestReadyRevision)

	// The new template crash loops; every attempt looks the same.
	crashing := []string{"True", "BlockedByFailedLoad Loaded>FailedToLoad 1/3 b1 ModelLoadFailed 1: " + boom, "Current"}
	var texts []string
	for _, pod := range []string{podCrashLoops, podRetries, podCrashLoops} {
		out = l.step(pods(enginePod("a1", 0, "a", podIsReady), enginePod("a2", 0, "a", podIsReady), enginePod("b1", 6, "b", pod)))
		assert.Equal(t, crashing, l.says(out))
		text, _ := json.Marshal(out)
		texts = append(texts, string(text))
	}
	assert.Len(t, slices.Compact(texts), 1, "attempts do not change the status")
	out = l.step(deploy("chat-engine", statusStuck))
	assert.Equal(t, `False ProgressDeadlineExceeded: engine: ReplicaSet "x" has timed out progressing; pod b1: `+boom, describeCondition(out, v1beta1.Ready))

	// Recovered.
	out = l.step(edited(), deploy("chat-engine", statusAvailable), pods(enginePod("c1", 20, "c", podIsReady), enginePod("c2", 21, "c", podIsReady)))
	assert.Equal(t, []string{"True", "UpToDate Loaded>Loaded 0/2", "Current"}, l.says(out))
	assert.EqualValues(t, 12, since(out))

	// Switched to Serverless: the old workload serves until the new one does.
	out = l.step(edited(), mode(v1beta1.Serverless))
	assert.Equal(t, []string{"Unknown WorkloadNotCreated: engine: Knative Service chat-engine does not exist yet", "InProgress Loaded>Pending 0/2", "InProgress"}, l.says(out))
	revision := func(name string) string { return "component: engine, serving.knative.dev/revision: " + name }
	out = l.step(gone(kinds.Deployment), routerUp, knative("True", "r1", "r1", `[{revisionName: r1, latestRevision: true, percent: 100}]`),
		pods(newPod("r1a", 30, revision("r1"), podIsReady)))
	assert.Equal(t, []string{"True", "UpToDate Loaded>Loaded 0/1", "Current"}, l.says(out))
	assert.Equal(t, "r1", out.Components[v1beta1.EngineComponent].LatestRolledoutRevision)

	// A canary, then all traffic to it, then no traffic and no pods.
	out = l.step(edited(), knative("True", "r2", "r2", `[{revisionName: r2, latestRevision: true, percent: 20}, {revisionName: r1, percent: 80, tag: prev}]`),
		pods(newPod("r1a", 30, revision("r1"), podIsReady), newPod("r2a", 40, revision("r2"), podIsReady)))
	assert.Equal(t, []string{"True", "UpToDate Loaded>Loaded 0/2", "Current"}, l.says(out))
	assert.Equal(t, "r1", out.Components[v1beta1.EngineComponent].LatestRolledoutRevision)
	out = l.step(edited(), knative("True", "r2", "r2", `[{revisionName: r2, latestRevision: true, percent: 100}]`), pods())
	assert.Equal(t, []string{"True", "UpToDate Standby>Standby", "Current"}, l.says(out))
	assert.Equal(t, "r2", out.Components[v1beta1.EngineComponent].LatestRolledoutRevision)
	assert.Equal(t, "r1", out.Components[v1beta1.EngineComponent].PreviousRolledoutRevision)

	// The router is removed, with all that was said of it.
	out = l.step(edited(), func(in *Input) { in.Components = in.Components[:1] }, gone(kinds.Deployment))
	assert.Equal(t, []string{"EngineConfigurationReady", "EngineReady", "EngineRouteReady", "IngressReady", "Ready", "Serving"}, conditionNames(out))
	assert.Equal(t, []v1beta1.ComponentType{v1beta1.EngineComponent}, slices.Collect(maps.Keys(out.Components)))

	// The runtime is deleted: what runs, runs on; the reason is the real one.
	out = l.step(failing("RuntimeNotFound", v1beta1.RuntimeNotRecognized))
	assert.Equal(t, []string{"False RuntimeNotFound: what is wrong", "InvalidSpec Standby>FailedToLoad  RuntimeNotRecognized 0: what is wrong", "InProgress"}, l.says(out))
	assert.Equal(t, "True R: m", describeCondition(out, v1beta1.EngineReady))
	assert.Equal(t, testURL, out.URL)
	failedAt := out.ModelStatus.LastFailureInfo.Time
	out = l.step()
	assert.Equal(t, failedAt, out.ModelStatus.LastFailureInfo.Time, "the failure is as old as it is")

	// It comes back.
	out = l.step(func(in *Input) { in.Failure = nil })
	assert.Equal(t, []string{"True", "UpToDate Standby>Standby", "Current"}, l.says(out))
	assert.EqualValues(t, l.in.Parent.Generation, out.ObservedGeneration)
}
