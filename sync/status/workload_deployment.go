package status

import (
	"fmt"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/utils/ptr"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/sync/observed"
)

// deployment is the part of a Deployment that its rules read.
type deployment struct {
	reportingObject
	desiredReplicas int32
	status          deploymentStatus
}

type deploymentStatus struct {
	ObservedGeneration int64               `json:"observedGeneration"`
	Replicas           int32               `json:"replicas"`
	UpdatedReplicas    int32               `json:"updatedReplicas"`
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
	decodeLenient(d.rawStatus, &d.status)
	d.observedGeneration = d.status.ObservedGeneration
	d.reportsReady = d.condition(appsv1.DeploymentAvailable).isTrue()
	return d
}

func (d *deployment) condition(conditionType appsv1.DeploymentConditionType) observedCondition {
	return conditionOfType(d.status.Conditions, conditionType)
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

func (d *deployment) isAvailable() *readiness {
	if available := d.condition(appsv1.DeploymentAvailable); available.isTrue() {
		return available.asReadiness()
	}
	return nil
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

// readDeploymentWorkload reads the Deployment of a component.
func readDeploymentWorkload(
	name string, c *Component, children serviceChildren, previous *v1beta1.InferenceServiceStatus,
) workload {
	d := readDeployment(name, children, conditionIsTrue(previous.Conditions, conditionsOfComponent(c.Type).ready))
	w := workload{
		ready:        deploymentReadiness(d),
		exists:       d.object != nil,
		isUpdated:    d.statusIsCurrent() && d.status.Replicas == d.status.UpdatedReplicas,
		scaledToZero: d.object != nil && d.desiredReplicas == 0,
		status:       v1beta1.ComponentStatusSpec{URL: c.URL},
	}
	if !w.exists {
		return w
	}
	revision, _ := observed.String(d.Member("metadata", "annotations", v1beta1.AnnotationDeploymentRevision))
	w.status.LatestCreatedRevision = deploymentRevisionName(c.Name, revision)
	ready := previous.Components[c.Type].LatestReadyRevision
	if w.isUpdated && w.ready.isTrue() && !c.Updating {
		ready = w.status.LatestCreatedRevision
	} else if !strings.HasPrefix(ready, c.Name+"-") { // OME's bare number
		ready = ""
	}
	w.status.LatestReadyRevision, w.status.Traffic = ready, allTrafficTo(ready)
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

// allTrafficTo is the traffic of a Deployment: all of it goes to the newest revision that was
// rolled out completely. Nil if there is no such revision.
func allTrafficTo(revision string) []v1beta1.TrafficTarget {
	if revision == "" {
		return nil
	}
	return []v1beta1.TrafficTarget{{RevisionName: revision, LatestRevision: ptr.To(true), Percent: ptr.To[int64](100)}}
}
