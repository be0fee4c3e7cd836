package status

import (
	"cmp"
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
	ObservedGeneration int64               `json:"observedGeneration"`
	State              string              `json:"state"`
	Reason             string              `json:"reason"`
	Conditions         []observedCondition `json:"conditions"`
	// DesiredWorkers, AvailableWorkers and ReadyWorkers count pods: all, those that run, and those that
	// are ready.
	DesiredWorkers   int32 `json:"desiredWorkerReplicas"`
	AvailableWorkers int32 `json:"availableWorkerReplicas"`
	ReadyWorkers     int32 `json:"readyWorkerReplicas"`
}

// The conditions of KubeRay that the rules read. Others, and the state "ready", say that the cluster was
// ready once.
const (
	rayHeadPodReady       = "HeadPodReady"
	rayReplicaFailure     = "ReplicaFailure"
	rayClusterProvisioned = "RayClusterProvisioned"
)

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
	r.reportsReady = r.wasProvisioned() && r.headIsNotReady() == nil && r.workersAreMissing() == nil
	return r
}

func (r *rayCluster) condition(conditionType string) observedCondition {
	return conditionOfType(r.status.Conditions, conditionType)
}

// wasProvisioned reports whether all pods of the cluster were ready once.
func (r *rayCluster) wasProvisioned() bool {
	return r.status.State == "ready" || r.condition(rayClusterProvisioned).isTrue()
}

// rayClusterReadiness says whether a Ray cluster serves: its head and workers are ready now, and so is
// the prober, which asks the model server itself.
func rayClusterReadiness(r *rayCluster) readiness {
	return firstDecision(r, []rule[*rayCluster, readiness]{
		(*rayCluster).doesNotExist,            // it is created after this answer
		(*rayCluster).isTerminating,           // it is created again when it is gone
		(*rayCluster).generationIsNotObserved, // the status may be out of date
		(*rayCluster).isSuspended,             // for example by a queue
		(*rayCluster).cannotCreatePods,        // says more than that pods are missing
		(*rayCluster).hasFailed,               // whatever the prober still says
		(*rayCluster).headIsNotReady,          // although the state is "ready", which it was once
		(*rayCluster).workersAreMissing,       // likewise
		(*rayCluster).isNotProvisioned,        // KubeRay has not got as far as pods
		(*rayCluster).isProbed,                // the prober decides where there is one
	}, readyBecause(ReasonRayClusterReady, "KubeRay reports that head and workers are ready"))
}

func (r *rayCluster) isSuspended() *readiness {
	if r.status.State != "suspended" && r.status.State != "suspending" {
		return nil
	}
	return notReadyBecause(ReasonSuspended, r.title+" is suspended")
}

func (r *rayCluster) cannotCreatePods() *readiness {
	failure := r.condition(rayReplicaFailure)
	if !failure.isTrue() {
		return nil
	}
	return notReadyBecause(cmp.Or(failure.Reason, ReasonRayClusterFailed), fmt.Sprintf(
		"%s: KubeRay cannot make its pods: %s", r.title, sanitizeMessage(failure.Message)))
}

func (r *rayCluster) hasFailed() *readiness {
	if r.status.State != "failed" {
		return nil
	}
	return notReadyBecause(ReasonRayClusterFailed, r.title+" has failed: "+cmp.Or(r.status.Reason, "its events say why"))
}

// isNotProvisioned also decides about a cluster of which KubeRay says nothing: it writes no status while
// it cannot make what belongs to a cluster, and says why in events only.
func (r *rayCluster) isNotProvisioned() *readiness {
	switch {
	case r.wasProvisioned():
		return nil
	case r.status.Reason != "":
		return unknownBecause(ReasonInitializing, r.title+": KubeRay reports: "+r.status.Reason)
	}
	return unknownBecause(ReasonInitializing, r.title+
		": KubeRay has not reported that its pods are ready; if this stays, the events of the RayCluster say why")
}

func (r *rayCluster) headIsNotReady() *readiness {
	head := r.condition(rayHeadPodReady)
	if head.isAbsent() || head.isTrue() {
		return nil
	}
	return notReadyBecause(cmp.Or(head.Reason, ReasonRayHeadNotReady), joinMessages("the head of "+r.title+" is not ready", head.Message))
}

// workersAreMissing counts the workers that are ready. KubeRay before 1.3 has no conditions and counts only
// those that run.
func (r *rayCluster) workersAreMissing() *readiness {
	ready := r.status.ReadyWorkers
	if len(r.status.Conditions) == 0 {
		ready = max(ready, r.status.AvailableWorkers)
	}
	if ready >= r.status.DesiredWorkers {
		return nil
	}
	return notReadyBecause(ReasonRayWorkersNotReady, fmt.Sprintf("%d of %d workers of %s are ready", ready, r.status.DesiredWorkers, r.title))
}

func (r *rayCluster) isProbed() *readiness {
	if r.prober.object == nil {
		return nil
	}
	ready := deploymentReadiness(r.prober)
	if !ready.isTrue() {
		ready.message = joinMessages("the prober of "+r.title+" is not ready", ready.message)
	}
	return &ready
}

// readRayClusterWorkload reads the Ray clusters of a component. All must serve, except one of several whose
// pods are replaced: clusters take a new template one at a time. They have no revisions to report.
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
	missing, replaced := 0, 0
	for i := range list {
		cluster := readRayCluster(c.Name, i, children, wasReady)
		list[i] = rayClusterReadiness(cluster)
		w.exists = w.exists || cluster.object != nil
		w.isUpdated = w.isUpdated && cluster.statusIsCurrent()
		if !list[i].isTrue() {
			missing++
			if cluster.replacesPods() {
				replaced++
			}
		}
	}
	w.ready = list[max(0, decisiveIndex(list))]
	w.desiredReplicas, w.readyReplicas = c.Replicas, c.Replicas-int32(missing) //nolint:gosec // at most Replicas
	if len(list) > 1 && missing == 1 && replaced == 1 {
		w.ready = *readyBecause(ReasonMinimumClustersAvailable, joinMessages(
			fmt.Sprintf("%d of %d Ray clusters serve", len(list)-1, len(list)), w.ready.message))
	}
	return w
}

// replacesPods reports whether a cluster served once, and nothing but its pods is missing now.
func (r *rayCluster) replacesPods() bool {
	for _, rule := range []rule[*rayCluster, readiness]{
		(*rayCluster).doesNotExist, (*rayCluster).isTerminating, (*rayCluster).isSuspended,
		(*rayCluster).cannotCreatePods, (*rayCluster).hasFailed, (*rayCluster).isNotProvisioned,
	} {
		if rule(r) != nil {
			return false
		}
	}
	return true
}
