package sync

import (
	"math"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/apply"
	"github.com/isvc-io/isvc/sync/hold"
	"github.com/isvc-io/isvc/sync/observed"
)

// mirrorReplicas decides whether the number of replicas of an autoscaled
// workload is written. It belongs to the autoscaler and is not, unless we wrote
// it before: then leaving it out would reset the workload to one replica, so
// the observed number is repeated.
func (p *pass) mirrorReplicas(c *modes.Component) {
	if !autoscaled(c) {
		return
	}
	workload := p.observedChild(workloadKey(c))
	if workload == nil || !p.wroteReplicas(workloadKey(c)) {
		return
	}
	n, found, err := unstructured.NestedInt64(workload.Object, "spec", "replicas")
	if err != nil || !found || n < 0 || n > math.MaxInt32 {
		return
	}
	replicas := int32(n)
	c.Scaling.Replicas = &replicas
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
		return childKey{observed.KnativeService, names.KnativeService(c.Name)}
	case v1beta1.MultiNode:
		return childKey{observed.LeaderWorkerSet, names.LeaderWorkerSet(c.Name)}
	case v1beta1.MultiNodeRayVLLM:
		return childKey{observed.RayCluster, names.RayCluster(c.Name, 0)}
	}
	return childKey{observed.Deployment, c.Name}
}

// wroteReplicas reports whether spec.replicas of a workload is ours: it is in
// what was last applied, or only our field manager owns it.
func (p *pass) wroteReplicas(key childKey) bool {
	workload := p.observedChild(key)
	switch last := p.lastApplied(key); {
	case last.source == hold.Annotation && last.ok:
		return hasReplicas(last.object.Object)
	case last.source == hold.Annotation:
		// Written for another namespace or name, as on a restored copy, it still says whose the number is.
		applied, err := apply.LastApplied(workload.Object)
		return err != nil || hasReplicas(applied) // unreadable: repeating the number is the safe side
	}
	ours := apply.ManagedFields(workload.Object, func(m apply.Manager) bool { return m.Name == hold.DefaultManager })
	others := apply.ManagedFields(workload.Object, func(m apply.Manager) bool { return m.Name != hold.DefaultManager })
	return ownsReplicas(ours) && !ownsReplicas(others)
}

func hasReplicas(applied map[string]any) bool {
	_, written, _ := unstructured.NestedFieldNoCopy(applied, "spec", "replicas")
	return written
}

func ownsReplicas(fields *apply.Fields) bool {
	if fields == nil || fields.Names["spec"] == nil {
		return false
	}
	_, owned := fields.Names["spec"].Names["replicas"]
	return owned
}
