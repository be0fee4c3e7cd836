package status

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/modes/names"
)

// leaderWorkerSet is what matters of a LeaderWorkerSet.
type leaderWorkerSet struct {
	subject
	desired        int32
	maxUnavailable intstr.IntOrString
	report         leaderWorkerSetStatus
}

type leaderWorkerSetStatus struct {
	ObservedGeneration int64      `json:"observedGeneration"`
	Replicas           int32      `json:"replicas"`
	ReadyReplicas      int32      `json:"readyReplicas"`
	UpdatedReplicas    int32      `json:"updatedReplicas"`
	Conditions         conditions `json:"conditions"`
}

// leaderWorkerSetRules say whether a LeaderWorkerSet serves. The first that
// decides wins.
func leaderWorkerSetRules() []rule[*leaderWorkerSet] {
	return []rule[*leaderWorkerSet]{
		func(l *leaderWorkerSet) *verdict { return notCreated(&l.subject) },
		func(l *leaderWorkerSet) *verdict { return terminating(&l.subject) },
		func(l *leaderWorkerSet) *verdict { return notObserved(&l.subject) },
		groupsAvailable,
		enoughGroups, // a LeaderWorkerSet is not Available while any group is updated or added
		groupsUnavailable,
		func(l *leaderWorkerSet) *verdict { return notReported(&l.subject) },
	}
}

func groupsAvailable(l *leaderWorkerSet) *verdict {
	if available := l.report.Conditions.get("Available"); available.isTrue() {
		return available.verdict()
	}
	return nil
}

// enoughGroups counts as a Deployment does: what the rollout strategy keeps is
// enough to serve, and that is never less than one group.
func enoughGroups(l *leaderWorkerSet) *verdict {
	unavailable, err := intstr.GetScaledValueFromIntOrPercent(&l.maxUnavailable, int(l.desired), true)
	if err != nil {
		unavailable = 0
	}
	least := max(1, l.desired-int32(unavailable))
	if l.report.ReadyReplicas < least {
		return nil
	}
	return yes(ReasonMinimumGroupsAvailable, fmt.Sprintf("%d of %d groups are ready", l.report.ReadyReplicas, l.desired))
}

// groupsUnavailable takes the reason from what is going on. The condition
// Available keeps the reason for which it was true.
func groupsUnavailable(l *leaderWorkerSet) *verdict {
	for _, kind := range []string{"UpdateInProgress", "Progressing"} {
		if active := l.report.Conditions.get(kind); active.isTrue() {
			return no(active.Reason, active.Message)
		}
	}
	if l.report.Conditions.get("Available").isFalse() {
		return no(ReasonGroupsNotReady, fmt.Sprintf("%d of %d groups are ready", l.report.ReadyReplicas, l.desired))
	}
	return nil
}

// leaderWorkerSet reads the LeaderWorkerSet of a component.
func (p *pass) leaderWorkerSet(c *Component) *leaderWorkerSet {
	name := names.LeaderWorkerSet(c.Name)
	l := &leaderWorkerSet{
		subject:        subject{object: p.child(kinds.LeaderWorkerSet, name), kind: "LeaderWorkerSet", called: name, was: p.wasReady(c)},
		desired:        1,
		maxUnavailable: intstr.FromInt32(1),
	}
	if l.object == nil {
		return l
	}
	var spec struct {
		Replicas        json.RawMessage `json:"replicas"`
		RolloutStrategy struct {
			RollingUpdateConfiguration struct {
				MaxUnavailable json.RawMessage `json:"maxUnavailable"`
			} `json:"rollingUpdateConfiguration"`
		} `json:"rolloutStrategy"`
	}
	lenient(l.spec, &spec)
	lenient(spec.Replicas, &l.desired)
	lenient(spec.RolloutStrategy.RollingUpdateConfiguration.MaxUnavailable, &l.maxUnavailable)
	lenient(l.status, &l.report)
	l.observedGeneration = reported(l.report.ObservedGeneration, l.generation)
	l.available = l.report.Conditions.get("Available").isTrue()
	return l
}

// reported is the observed generation of a controller that may be too old to
// report one.
func reported(observed, generation int64) int64 {
	if observed == 0 {
		return generation
	}
	return observed
}

// multiNode looks at the LeaderWorkerSet of a component. It has no revisions
// that could be reported.
func (p *pass) multiNode(c *Component) workload {
	l := p.leaderWorkerSet(c)
	w := workload{
		ready:  firstOf(l, leaderWorkerSetRules()),
		exists: l.object != nil,
		current: l.observedNow() && l.report.Replicas == l.report.UpdatedReplicas &&
			!l.report.Conditions.get("UpdateInProgress").isTrue(),
		asleep: l.object != nil && l.desired == 0,
	}
	w.report.URL = c.URL
	return w
}
