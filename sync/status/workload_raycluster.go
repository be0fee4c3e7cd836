package status

import (
	"fmt"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
)

// rayCluster is the part of a RayCluster that its rules read, and its prober.
type rayCluster struct {
	reportingObject
	status rayClusterStatus
	prober *deployment
}

type rayClusterStatus struct {
	ObservedGeneration int64  `json:"observedGeneration"`
	State              string `json:"state"`
	Reason             string `json:"reason"`
}

// readRayCluster reads the i-th Ray cluster of a component, which need not exist, and its prober.
func readRayCluster(component string, i int, children serviceChildren, wasReady bool) *rayCluster {
	r := &rayCluster{
		reportingObject: readReportingObject(kinds.RayCluster, names.RayCluster(component, i), children, wasReady),
		prober:          readDeployment(names.Prober(component, i), children, wasReady),
	}
	if r.object == nil {
		return r
	}
	decodeLenient(r.rawStatus, &r.status)
	r.observedGeneration = observedOrCurrent(r.status.ObservedGeneration, r.generation)
	r.reportsReady = r.status.State == "ready"
	return r
}

// rayClusterReadiness says whether a Ray cluster serves. A prober asks the model server itself, so
// it counts more than what KubeRay reports.
func rayClusterReadiness(r *rayCluster) readiness {
	return firstDecision(r, []rule[*rayCluster, readiness]{
		(*rayCluster).doesNotExist,            // it is created after this answer
		(*rayCluster).isTerminating,           // it is created again when it is gone
		(*rayCluster).generationIsNotObserved, // the status may be out of date
		(*rayCluster).isSuspended,             // for example by a queue
		(*rayCluster).hasFailed,               // whatever the prober still says
		(*rayCluster).isProbed,                // the prober decides where there is one
		(*rayCluster).isReportedReady,         // KubeRay says so
	}, r.hasNotReported())
}

func (r *rayCluster) isSuspended() *readiness {
	if r.status.State != "suspended" && r.status.State != "suspending" {
		return nil
	}
	return notReadyBecause(ReasonSuspended, r.title+" is suspended")
}

func (r *rayCluster) hasFailed() *readiness {
	if r.status.State != "failed" {
		return nil
	}
	return notReadyBecause(ReasonRayClusterFailed, r.title+" has failed: "+r.status.Reason)
}

func (r *rayCluster) isProbed() *readiness {
	if r.prober.object == nil {
		return nil
	}
	ready := deploymentReadiness(r.prober)
	return &ready
}

func (r *rayCluster) isReportedReady() *readiness {
	if !r.reportsReady {
		return nil
	}
	return readyBecause(ReasonRayClusterReady, "KubeRay reports that the cluster is ready")
}

// readRayClusterWorkload reads the Ray clusters of a component: all of them must serve. They have
// no revisions to report.
func readRayClusterWorkload(
	_ string, c *Component, children serviceChildren, previous *v1beta1.InferenceServiceStatus,
) workload {
	w := workload{isUpdated: true, status: v1beta1.ComponentStatusSpec{URL: c.URL}}
	if c.Replicas <= 0 {
		w.ready = *notReadyBecause(ReasonNoReplicas, fmt.Sprintf("the %s has no Ray cluster: set minReplicas to 1 or more", c.Type))
		return w
	}
	wasReady := conditionIsTrue(previous.Conditions, conditionsOfComponent(c.Type).ready)
	list := make([]readiness, c.Replicas)
	for i := range list {
		cluster := readRayCluster(c.Name, i, children, wasReady)
		list[i] = rayClusterReadiness(cluster)
		w.exists = w.exists || cluster.object != nil
		w.isUpdated = w.isUpdated && cluster.statusIsCurrent()
	}
	w.ready = list[max(0, decisiveIndex(list))]
	return w
}
