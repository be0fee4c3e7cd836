package sync

import "github.com/isvc-io/isvc/modes"

// withObservedReplicas decides whether the number of replicas of an autoscaled workload
// is written. The number belongs to the autoscaler and is left out, unless isvc wrote it
// before: then leaving it out would reset the workload to one replica, so the observed
// number is repeated. The component is returned unchanged where nothing autoscales it.
func withObservedReplicas(c *modes.Component, current observedState) *modes.Component {
	if !isAutoscaled(c) {
		return c
	}
	workload, exists := current.child(workloadKey(c))
	if !exists || !workload.replicasWereApplied() {
		return c
	}
	n, ok := workload.replicas()
	if !ok {
		return c
	}
	out := *c
	out.Scaling.Replicas = &n
	return &out
}

// isAutoscaled reports whether an autoscaler decides the number of replicas of a workload.
func isAutoscaled(c *modes.Component) bool {
	switch c.Scaling.Autoscaler {
	case modes.AutoscalerHPA, modes.AutoscalerKEDA, modes.AutoscalerExternal:
		return true
	}
	return false
}
