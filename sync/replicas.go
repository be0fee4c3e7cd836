package sync

import (
	"math"

	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/capacity"
)

// withObservedReplicas decides whether the number of replicas of an autoscaled workload
// is written. The number belongs to the autoscaler and is left out, unless isvc wrote it
// before: then leaving it out would reset the workload to one replica, so the observed
// number is repeated. While the component changes its mode, the autoscaler still moves the
// former workload, and the new one takes as many replicas as that has: with one, most of the
// service would go with the former workload. The component is returned unchanged where
// nothing autoscales it.
func withObservedReplicas(c *modes.Component, current observedState) *modes.Component {
	if !isAutoscaled(c) {
		return c
	}
	replicas, isWritten := current.replicasOfFormerWorkload(c)
	if workload, exists := current.child(workloadKey(c)); exists {
		n, ok := workload.replicas()
		isWritten = ok && (isWritten || workload.replicasWereApplied())
		replicas = max(replicas, n)
	}
	if !isWritten {
		return c
	}
	out := *c
	out.Scaling.Replicas = &replicas
	return &out
}

// replicasOfFormerWorkload is how many replicas the workload of another mode has, within the bounds of the
// component; ok is false where that is no more than a new workload has anyway.
func (s observedState) replicasOfFormerWorkload(c *modes.Component) (replicas int32, ok bool) {
	for _, mode := range modes.All() {
		workload, exists := s.child(childKey{mode.Workload, mode.WorkloadName(c.Name)})
		if mode.Name == c.Mode || !exists || mode.ReplicasAreObjects {
			continue
		}
		n, known := workload.replicas()
		if !known {
			pods := capacity.ServerlessReplicas(s.pods, c.Type)
			n = int32(min(pods, math.MaxInt32)) //nolint:gosec // in this range
		}
		replicas = max(replicas, c.Scaling.Min, min(n, c.Scaling.Max))
	}
	return replicas, replicas > 1
}

// isAutoscaled reports whether an autoscaler decides the number of replicas of a workload.
func isAutoscaled(c *modes.Component) bool {
	switch c.Scaling.Autoscaler {
	case modes.AutoscalerHPA, modes.AutoscalerKEDA, modes.AutoscalerExternal:
		return true
	}
	return false
}
