package status

import (
	"fmt"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/modes/names"
)

// rayCluster is what matters of a RayCluster and of its prober.
type rayCluster struct {
	subject
	report rayClusterStatus
	prober *deployment
}

type rayClusterStatus struct {
	ObservedGeneration int64  `json:"observedGeneration"`
	State              string `json:"state"`
	Reason             string `json:"reason"`
}

// rayRules say whether a Ray cluster serves. The first that decides wins. A
// prober asks the model server itself, so its word counts more than KubeRay's.
func rayRules() []rule[*rayCluster] {
	return []rule[*rayCluster]{
		func(r *rayCluster) *verdict { return notCreated(&r.subject) },
		func(r *rayCluster) *verdict { return terminating(&r.subject) },
		func(r *rayCluster) *verdict { return notObserved(&r.subject) },
		raySuspended,
		rayFailed,
		rayProbed,
		rayReady,
		func(r *rayCluster) *verdict { return notReported(&r.subject) },
	}
}

func raySuspended(r *rayCluster) *verdict {
	if r.report.State != "suspended" && r.report.State != "suspending" {
		return nil
	}
	return no(ReasonSuspended, fmt.Sprintf("RayCluster %s is suspended", r.called))
}

func rayFailed(r *rayCluster) *verdict {
	if r.report.State != "failed" {
		return nil
	}
	return no(ReasonRayClusterFailed, fmt.Sprintf("RayCluster %s has failed: %s", r.called, r.report.Reason))
}

func rayProbed(r *rayCluster) *verdict {
	if r.prober.object == nil {
		return nil
	}
	v := firstOf(r.prober, deploymentRules())
	return &v
}

func rayReady(r *rayCluster) *verdict {
	if r.report.State != "ready" {
		return nil
	}
	return yes(ReasonRayClusterReady, "KubeRay reports that the cluster is ready")
}

// rayCluster reads the i-th Ray cluster of a component.
func (p *pass) rayCluster(c *Component, i int) *rayCluster {
	name := names.RayCluster(c.Name, i)
	was := p.wasReady(c)
	r := &rayCluster{
		subject: subject{object: p.child(kinds.RayCluster, name), kind: "RayCluster", called: name, was: was},
		prober:  p.deployment(names.Prober(c.Name, i), was),
	}
	if r.object == nil {
		return r
	}
	lenient(r.status, &r.report)
	r.observedGeneration = reported(r.report.ObservedGeneration, r.generation)
	r.available = r.report.State == "ready"
	return r
}

// ray looks at the Ray clusters of a component: all of them must serve. They
// have no revisions that could be reported.
func (p *pass) ray(c *Component) workload {
	w := workload{current: true}
	w.report.URL = c.URL
	var verdicts []verdict
	for i := range int(max(0, c.Replicas)) {
		cluster := p.rayCluster(c, i)
		verdicts = append(verdicts, firstOf(cluster, rayRules()))
		w.exists = w.exists || cluster.object != nil
		w.current = w.current && cluster.observedNow()
	}
	switch at := decisive(verdicts); {
	case len(verdicts) == 0:
		w.ready = *no(ReasonNoReplicas, fmt.Sprintf("the %s has no Ray cluster: set minReplicas to 1 or more", c.Type))
	case at >= 0:
		w.ready = verdicts[at]
	default:
		w.ready = verdicts[0]
	}
	return w
}
