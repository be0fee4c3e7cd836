package status

import (
	"fmt"

	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/observed"
)

// Canary is the canary of a component, as it should be.
type Canary struct {
	// Name takes the place of the component's name in the names of the canary's objects.
	Name string
	// Serves is true where the canary takes requests.
	Serves bool
	// Starts is true where it will take requests as soon as it serves.
	Starts bool
	// IsPromoted is true while its template is rolled out, and its own pods stay until that is done.
	IsPromoted bool
	// Percent is its share where isvc knows it: the weight of routes, or the share of the replicas; nil where the
	// pods beside it are counted. SharesPods is true where its pods take requests among those of the component.
	Percent    *int64
	SharesPods bool
	// State says where the canary stands.
	State finding.Finding
}

// Rollout is how far the newest template of a workload has come.
type Rollout struct {
	// Exists is false until the workload is created.
	Exists bool
	// Serves is true where some pods are available, of whatever template, and ServesNewest where no pod has
	// an older one.
	Serves, ServesNewest bool
	// IsDone is true where the workload serves and has no replica of an older template.
	IsDone bool
}

// RolloutOf is how far the newest template of a Deployment has come.
func RolloutOf(namespace string, children observed.Objects, name string) Rollout {
	d := readDeployment(name, serviceChildren{namespace, children}, false)
	ready := deploymentReadiness(d)
	exists := d.object != nil
	serves := exists && d.status.AvailableReplicas > 0
	return Rollout{
		Exists: exists, Serves: serves, ServesNewest: serves && d.status.UpdatedReplicas == d.status.Replicas,
		IsDone: ready.isTrue() && d.isUpdated(),
	}
}

// GroupRollout is how far the newest template of a LeaderWorkerSet has come.
type GroupRollout struct {
	// Serving counts the groups that serve, of whatever template, also before the controller has seen the newest
	// specification.
	Serving int32
	// Ready and Updated count the groups that serve and those that have the newest template. Both are 0
	// until the controller has seen the newest specification.
	Ready, Updated int32
	// IsDone is true where the set serves and all groups have the newest template.
	IsDone bool
}

// RolloutOfGroups is how far the newest template of a LeaderWorkerSet has come.
func RolloutOfGroups(namespace string, children observed.Objects, name string) GroupRollout {
	set := readLeaderWorkerSet(name, serviceChildren{namespace, children}, false)
	if !set.statusIsCurrent() {
		return GroupRollout{Serving: set.status.ReadyReplicas}
	}
	ready := leaderWorkerSetReadiness(set)
	return GroupRollout{
		Serving: set.status.ReadyReplicas, Ready: set.status.ReadyReplicas, Updated: set.status.UpdatedReplicas,
		IsDone: ready.isTrue() && set.isUpdated(),
	}
}

// RayClusterServes reports whether the i-th Ray cluster of a component serves with its newest template, as far
// as KubeRay, the prober and the pods say, and whether it served once and only its pods are missing now. Pods that
// are nil are not known.
func RayClusterServes(
	namespace string, children observed.Objects, pods map[string]observed.Object, component string, i int,
) (serves, served bool) {
	cluster := readRayCluster(component, i, serviceChildren{namespace, children}, false)
	served = cluster.replacesPods()
	ready := rayClusterReadiness(cluster)
	if !ready.isTrue() {
		return false, served
	}
	mode, _ := modes.Of(v1beta1.MultiNodeRayVLLM)
	for _, raw := range pods {
		p := readPod(raw)
		if p == nil || p.labels[mode.PodMarks.Workload[0]] != names.RayCluster(component, i) {
			continue
		}
		if p.isBeingDeleted || stateOfPod(p).state != v1beta1.Loaded {
			return false, served
		}
	}
	return true, served
}

// canaryState is a canary and what was observed of it.
type canaryState struct {
	Canary
	readiness readiness
	// ready and beside are the available pods of the canary and of the workload beside it.
	ready, beside int32
	// revision is the name of the canary's newest revision; empty while there is none.
	revision string
	// podProblem is what the newest pod that does not serve says, and missing the resources that it waits for;
	// empty if none says so.
	podProblem string
	missing    []string
}

// readCanary reads the Deployment and the pods of a component's canary; nil without a canary.
func readCanary(
	c *Component, children serviceChildren, previous *v1beta1.InferenceServiceStatus, pods map[string]observed.Object,
) *canaryState {
	if c.Canary == nil {
		return nil
	}
	state := &canaryState{Canary: *c.Canary}
	if c.Canary.Name == "" {
		return state // in the replicas of the component
	}
	d := readDeployment(c.Canary.Name, children, conditionIsTrue(previous.Conditions, v1beta1.CanaryReady))
	state.readiness = deploymentReadiness(d)
	state.ready = d.status.AvailableReplicas
	state.beside = readDeployment(c.Name, children, false).status.AvailableReplicas
	if d.object != nil {
		revision, _ := observed.DecodeString(d.Member("metadata", "annotations", v1beta1.AnnotationDeploymentRevision))
		state.revision = deploymentRevisionName(c.Canary.Name, revision)
	}
	state.podProblem, state.missing = firstPodProblem(groupIntoReplicas(podsOfApp(names.App(c.Canary.Name), pods)))
	return state
}

// canaryConditions is the condition CanaryReady; nil without a canary.
func canaryConditions(components []componentState) []v1beta1.Condition {
	var states []finding.Finding
	serve := true
	for i := range components {
		canary := components[i].canary
		if canary == nil {
			continue
		}
		serve = serve && canary.Serves
		state := canary.State
		state.Message = joinMessages(state.Message, components[i].canaryProgress())
		states = append(states, state)
	}
	if len(states) == 0 {
		return nil
	}
	reason, message := joinFindings(states, ReasonSeveralCanaries)
	ready := notReadyBecause(reason, message)
	if serve {
		ready = readyBecause(reason, message)
	}
	return []v1beta1.Condition{infoCondition(v1beta1.CanaryReady, *ready)}
}

// canaryProgress is how far the canary of a component has come: the pods that serve, and what keeps others
// from it. A canary in the replicas of the component has no pods of its own.
func (s *componentState) canaryProgress() string {
	switch c := s.canary; {
	case c.Serves && c.SharesPods:
		return fmt.Sprintf("%d of %d available pods are the canary's", c.ready, c.ready+c.beside)
	case !c.Serves && c.revision != "" && !c.readiness.isTrue():
		return joinMessages(c.readiness.message, c.podProblem, s.howToGetRoomForCanary(c.missing))
	case c.Starts && c.Name == "":
		problem, missing := firstPodProblem(s.replicas)
		return joinMessages(problem, s.howToGetRoomForCanary(missing))
	}
	return ""
}

// withCanary adds the canary to the status of its component: the newest revision is the canary's, and the
// one beside it was rolled out. Replicas of a component have no names of revisions, and show their shares alone.
func (s *componentState) withCanary(status v1beta1.ComponentStatusSpec) v1beta1.ComponentStatusSpec {
	canary := s.canary
	switch {
	case canary == nil || canary.Name != "" && canary.revision == "" || canary.Name == "" && canary.Percent == nil:
		return status
	case canary.Name != "":
		status.LatestRolledoutRevision, status.LatestCreatedRevision = status.LatestCreatedRevision, canary.revision
		if canary.Serves {
			status.LatestReadyRevision = canary.revision
		}
	}
	share := canary.share()
	status.Traffic = []v1beta1.TrafficTarget{
		{RevisionName: canary.revision, LatestRevision: ptr.To(true), Percent: ptr.To(share)},
		{RevisionName: status.LatestRolledoutRevision, LatestRevision: ptr.To(false), Percent: ptr.To(allTraffic - share), Tag: "prev"},
	}
	return status
}

// share is the percentage of the requests that the canary takes.
func (c *canaryState) share() int64 {
	switch {
	case !c.Serves:
		return 0
	case c.Percent != nil:
		return *c.Percent
	case c.SharesPods && c.ready+c.beside > 0:
		return int64(allTraffic) * int64(c.ready) / int64(c.ready+c.beside)
	}
	return 0
}
