package status

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/util/intstr"
	lwsv1 "sigs.k8s.io/lws/api/leaderworkerset/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
)

// leaderWorkerSet is the part of a LeaderWorkerSet that its rules read.
type leaderWorkerSet struct {
	reportingObject
	desiredGroups            int32
	maxSurge, maxUnavailable intstr.IntOrString
	status                   leaderWorkerSetStatus
}

type leaderWorkerSetStatus struct {
	ObservedGeneration int64               `json:"observedGeneration"`
	Replicas           int32               `json:"replicas"`
	ReadyReplicas      int32               `json:"readyReplicas"`
	UpdatedReplicas    int32               `json:"updatedReplicas"`
	Conditions         []observedCondition `json:"conditions"`
}

// readLeaderWorkerSet reads a LeaderWorkerSet, which need not exist.
func readLeaderWorkerSet(name string, children serviceChildren, wasReady bool) *leaderWorkerSet {
	l := &leaderWorkerSet{
		reportingObject: readReportingObject(kinds.LeaderWorkerSet, name, children, wasReady),
		desiredGroups:   1,
		maxUnavailable:  intstr.FromInt32(1),
	}
	if l.object == nil {
		return l
	}
	var spec struct {
		Replicas        json.RawMessage `json:"replicas"`
		RolloutStrategy struct {
			RollingUpdateConfiguration struct {
				MaxSurge       json.RawMessage `json:"maxSurge"`
				MaxUnavailable json.RawMessage `json:"maxUnavailable"`
			} `json:"rollingUpdateConfiguration"`
		} `json:"rolloutStrategy"`
	}
	decodeLenient(l.rawSpec, &spec)
	decodeLenient(spec.Replicas, &l.desiredGroups)
	decodeLenient(spec.RolloutStrategy.RollingUpdateConfiguration.MaxSurge, &l.maxSurge)
	decodeLenient(spec.RolloutStrategy.RollingUpdateConfiguration.MaxUnavailable, &l.maxUnavailable)
	decodeLenient(l.rawStatus, &l.status)
	l.observedGeneration = observedOrCurrent(l.status.ObservedGeneration, l.generation)
	l.reportsReady = l.condition(lwsv1.LeaderWorkerSetAvailable).isTrue()
	return l
}

func (l *leaderWorkerSet) condition(conditionType lwsv1.LeaderWorkerSetConditionType) observedCondition {
	return conditionOfType(l.status.Conditions, conditionType)
}

// isUpdated reports whether no group has an older template than the newest.
func (l *leaderWorkerSet) isUpdated() bool {
	return l.statusIsCurrent() && l.status.Replicas == l.status.UpdatedReplicas &&
		!l.condition(lwsv1.LeaderWorkerSetUpdateInProgress).isTrue()
}

// leaderWorkerSetReadiness says whether a LeaderWorkerSet serves.
func leaderWorkerSetReadiness(l *leaderWorkerSet) readiness {
	return firstDecision(l, []rule[*leaderWorkerSet, readiness]{
		(*leaderWorkerSet).doesNotExist,            // it is created after this answer
		(*leaderWorkerSet).isTerminating,           // it is created again when it is gone
		(*leaderWorkerSet).generationIsNotObserved, // the status may be out of date
		(*leaderWorkerSet).isAvailable,             // all groups are ready
		(*leaderWorkerSet).hasEnoughReadyGroups,    // it is not Available while any group is updated or added
		(*leaderWorkerSet).isBringingUpGroups,      // Available itself keeps the reason for which it was True
		(*leaderWorkerSet).isUnavailable,           // groups are missing, and it does not say why
	}, l.hasNotReported())
}

func (l *leaderWorkerSet) isAvailable() *readiness {
	if available := l.condition(lwsv1.LeaderWorkerSetAvailable); available.isTrue() {
		return available.asReadiness()
	}
	return nil
}

// hasEnoughReadyGroups counts as a Deployment does: the groups that the rollout strategy keeps are
// enough to serve, and at least one group is needed.
func (l *leaderWorkerSet) hasEnoughReadyGroups() *readiness {
	maxUnavailable, err := intstr.GetScaledValueFromIntOrPercent(&l.maxUnavailable, int(l.desiredGroups), true)
	if err != nil {
		maxUnavailable = 0
	}
	if l.status.ReadyReplicas < max(1, l.desiredGroups-int32(maxUnavailable)) {
		return nil
	}
	return readyBecause(ReasonMinimumGroupsAvailable, l.countOfReadyGroups())
}

func (l *leaderWorkerSet) isBringingUpGroups() *readiness {
	for _, c := range []observedCondition{
		l.condition(lwsv1.LeaderWorkerSetUpdateInProgress), l.condition(lwsv1.LeaderWorkerSetProgressing),
	} {
		if c.isTrue() {
			return notReadyBecause(c.Reason, c.Message)
		}
	}
	return nil
}

func (l *leaderWorkerSet) isUnavailable() *readiness {
	if !l.condition(lwsv1.LeaderWorkerSetAvailable).isFalse() {
		return nil
	}
	return notReadyBecause(ReasonGroupsNotReady, l.countOfReadyGroups())
}

func (l *leaderWorkerSet) countOfReadyGroups() string {
	return fmt.Sprintf("%d of %d groups are ready", l.status.ReadyReplicas, l.desiredGroups)
}

// readLeaderWorkerSetWorkload reads the LeaderWorkerSet of a component. It has no revisions to
// report.
func readLeaderWorkerSetWorkload(
	name string, c *Component, children serviceChildren, previous *v1beta1.InferenceServiceStatus,
) workload {
	l := readLeaderWorkerSet(name, children, conditionIsTrue(previous.Conditions, conditionsOfComponent(c.Type).ready))
	return workload{
		ready:           leaderWorkerSetReadiness(l),
		exists:          l.object != nil,
		isUpdated:       l.isUpdated(),
		startsNewFirst:  modes.StartsNewReplicasFirst(l.maxSurge, l.maxUnavailable, l.desiredGroups),
		scaledToZero:    l.object != nil && l.desiredGroups == 0,
		desiredReplicas: l.desiredGroups, readyReplicas: l.status.ReadyReplicas,
		podMaker: "StatefulSet " + name,
		status:   v1beta1.ComponentStatusSpec{URL: c.URL},
	}
}
