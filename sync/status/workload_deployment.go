package status

import (
	"fmt"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/observed"
)

// deployment is the part of a Deployment that its rules read.
type deployment struct {
	reportingObject
	desiredReplicas int32
	// strategy has the defaults of the API server where it says nothing.
	strategy appsv1.DeploymentStrategy
	status   deploymentStatus
}

type deploymentStatus struct {
	ObservedGeneration int64               `json:"observedGeneration"`
	Replicas           int32               `json:"replicas"`
	UpdatedReplicas    int32               `json:"updatedReplicas"`
	AvailableReplicas  int32               `json:"availableReplicas"`
	ReadyReplicas      int32               `json:"readyReplicas"`
	Conditions         []observedCondition `json:"conditions"`
}

// readDeployment reads a Deployment, which need not exist.
func readDeployment(name string, children serviceChildren, wasReady bool) *deployment {
	d := &deployment{
		reportingObject: readReportingObject(kinds.Deployment, name, children, wasReady),
		desiredReplicas: 1,
	}
	if d.object == nil {
		return d
	}
	decodeLenient(observed.Member(d.rawSpec, "replicas"), &d.desiredReplicas)
	decodeLenient(observed.Member(d.rawSpec, "strategy"), &d.strategy)
	decodeLenient(d.rawStatus, &d.status)
	d.observedGeneration = d.status.ObservedGeneration
	d.reportsReady = d.condition(appsv1.DeploymentAvailable).isTrue()
	return d
}

func (d *deployment) condition(conditionType appsv1.DeploymentConditionType) observedCondition {
	return conditionOfType(d.status.Conditions, conditionType)
}

// isUpdated reports whether no replica has an older template than the newest.
func (d *deployment) isUpdated() bool {
	return d.statusIsCurrent() && d.status.Replicas == d.status.UpdatedReplicas
}

// deploymentReadiness says whether a Deployment serves.
func deploymentReadiness(d *deployment) readiness {
	return firstDecision(d, []rule[*deployment, readiness]{
		(*deployment).doesNotExist,               // it is created after this answer
		(*deployment).isTerminating,              // it is created again when it is gone
		(*deployment).generationIsNotObserved,    // the status may be out of date
		(*deployment).progressDeadlineIsExceeded, // the new template does not come up, whatever the old one does
		(*deployment).isAvailable,                // also during a rolling update
		(*deployment).cannotCreateReplicas,       // says more than that replicas are missing
		(*deployment).isUnavailable,              // replicas are missing
	}, d.hasNotReported())
}

func (d *deployment) progressDeadlineIsExceeded() *readiness {
	progressing := d.condition(appsv1.DeploymentProgressing)
	if progressing.isFalse() && progressing.Reason == "ProgressDeadlineExceeded" {
		return progressing.asReadiness()
	}
	return nil
}

// isAvailable also says what keeps new pods from being made, such as a quota: an update or more
// replicas wait for it.
func (d *deployment) isAvailable() *readiness {
	available := d.condition(appsv1.DeploymentAvailable)
	if !available.isTrue() {
		return nil
	}
	ready := available.asReadiness()
	if failure := d.condition(appsv1.DeploymentReplicaFailure); failure.isTrue() {
		ready.message = joinMessages(ready.message, "pods cannot be made: "+failure.Message)
	}
	return ready
}

func (d *deployment) cannotCreateReplicas() *readiness {
	if failure := d.condition(appsv1.DeploymentReplicaFailure); failure.isTrue() {
		return notReadyBecause(failure.Reason, failure.Message)
	}
	return nil
}

func (d *deployment) isUnavailable() *readiness {
	if available := d.condition(appsv1.DeploymentAvailable); !available.isAbsent() {
		return available.asReadiness()
	}
	return nil
}

// startsNewFirst reports whether an update adds pods and takes none away before they serve.
func (d *deployment) startsNewFirst() bool {
	if d.strategy.Type == appsv1.RecreateDeploymentStrategyType {
		return false
	}
	rolling, byDefault := ptr.Deref(d.strategy.RollingUpdate, appsv1.RollingUpdateDeployment{}), intstr.FromString("25%")
	return modes.StartsNewReplicasFirst(ptr.Deref(rolling.MaxSurge, byDefault), ptr.Deref(rolling.MaxUnavailable, byDefault), d.desiredReplicas)
}

// readDeploymentWorkload reads the Deployment of a component.
func readDeploymentWorkload(
	name string, c *Component, children serviceChildren, previous *v1beta1.InferenceServiceStatus,
) workload {
	d := readDeployment(name, children, conditionIsTrue(previous.Conditions, conditionsOfComponent(c.Type).ready))
	w := workload{
		ready:          deploymentReadiness(d),
		exists:         d.object != nil,
		isUpdated:      d.isUpdated(),
		scaledToZero:   d.object != nil && d.desiredReplicas == 0,
		startsNewFirst: d.startsNewFirst(),
		status:         v1beta1.ComponentStatusSpec{URL: c.URL},
	}
	if !w.exists {
		return w
	}
	w.desiredReplicas, w.readyReplicas = d.desiredReplicas, d.status.ReadyReplicas
	revision, _ := observed.DecodeString(d.Member("metadata", "annotations", v1beta1.AnnotationDeploymentRevision))
	w.status.LatestCreatedRevision = deploymentRevisionName(c.Name, revision)
	ready := previous.Components[c.Type].LatestReadyRevision
	if w.isUpdated && w.ready.isTrue() && c.Updating == "" {
		ready = w.status.LatestCreatedRevision
	} else if !strings.HasPrefix(ready, c.Name+"-") { // OME's bare number
		ready = ""
	}
	w.status.LatestReadyRevision = ready
	w.status.Traffic = deploymentTraffic(ready, w.status.LatestCreatedRevision)
	return w
}

// deploymentRevisionName names a revision of a Deployment as Knative would: "chat-engine", "7"
// gives "chat-engine-00007". OME reports the bare number. The name is empty where the revision is
// not a positive number.
func deploymentRevisionName(component, revision string) string {
	number, err := strconv.Atoi(revision)
	if err != nil || number <= 0 {
		return ""
	}
	return fmt.Sprintf("%s-%05d", component, number)
}

// deploymentTraffic is the traffic of a Deployment: all of it goes to the newest revision that was
// rolled out completely; nil if there is none. While another revision is rolled out there are both, and
// their pods decide about the shares.
func deploymentTraffic(rolledOut, created string) []v1beta1.TrafficTarget {
	switch rolledOut {
	case "":
		return nil
	case created:
		return []v1beta1.TrafficTarget{{RevisionName: created, LatestRevision: ptr.To(true), Percent: ptr.To[int64](100)}}
	}
	return []v1beta1.TrafficTarget{
		{RevisionName: created, LatestRevision: ptr.To(true)},
		{RevisionName: rolledOut, LatestRevision: ptr.To(false)},
	}
}

// trafficByReplicas is the traffic of the component. Where a Deployment is rolled out, the share of each
// revision is that of its replicas among those that serve; it is left out while none is known to serve.
func (s *componentState) trafficByReplicas() []v1beta1.TrafficTarget {
	traffic := s.status.Traffic
	if s.Mode != v1beta1.RawDeployment || len(traffic) != 2 {
		return traffic
	}
	serving, newest := countLoaded(s.replicas), countLoaded(s.newestReplicas())
	if serving == 0 {
		return traffic
	}
	share := int64(allTraffic * newest / serving)
	traffic[0].Percent, traffic[1].Percent = ptr.To(share), ptr.To(allTraffic-share)
	return traffic
}

// allTraffic is the whole traffic, in percent.
const allTraffic = 100

func countLoaded(replicas []replica) int {
	n := 0
	for i := range replicas {
		if replicas[i].state == v1beta1.Loaded {
			n++
		}
	}
	return n
}
