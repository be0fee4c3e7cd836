package sync

import (
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
)

// mirrorReplicas decides whether the number of replicas of an autoscaled
// workload is written. It belongs to the autoscaler and is not, unless we wrote
// it before: then leaving it out would reset the workload to one replica, so
// the observed number is repeated.
func (p *pass) mirrorReplicas(c *modes.Component) {
	if !autoscaled(c) {
		return
	}
	workload := p.look(workloadKey(c))
	if workload == nil || !workload.wroteReplicas() {
		return
	}
	if n, ok := workload.replicas(); ok {
		c.Scaling.Replicas = &n
	}
}

// autoscaled reports whether somebody else than us decides the replicas.
func autoscaled(c *modes.Component) bool {
	switch c.Scaling.Autoscaler {
	case modes.AutoscalerHPA, modes.AutoscalerKEDA, modes.AutoscalerExternal:
		return true
	}
	return false
}

// workloadKey is the object that runs a component's pods, the first of several.
func workloadKey(c *modes.Component) childKey {
	switch c.Mode {
	case v1beta1.Serverless:
		return childKey{kinds.KnativeService, names.KnativeService(c.Name)}
	case v1beta1.MultiNode:
		return childKey{kinds.LeaderWorkerSet, names.LeaderWorkerSet(c.Name)}
	case v1beta1.MultiNodeRayVLLM:
		return childKey{kinds.RayCluster, names.RayCluster(c.Name, 0)}
	}
	return childKey{kinds.Deployment, c.Name}
}
