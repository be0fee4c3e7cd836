package sync

import (
	"slices"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/status"
)

// withoutDisproved leaves out findings about what a cluster may refuse or lack where the cluster shows that
// it does not: Knative has the pod template, and has made it ready; KEDA has its metrics.
func withoutDisproved(
	findings []finding.Finding, c *modes.Component, built children, current observedState,
) []finding.Finding {
	if len(findings) == 0 {
		return nil
	}
	if scalesByKEDA(c, current) {
		findings = slices.DeleteFunc(slices.Clone(findings), modes.IsDisprovedByKEDA)
	}
	mode, _ := modes.Of(c.Mode)
	key := workloadKey(c)
	wanted := built[key]
	if wanted == nil {
		return findings
	}
	running, exists := current.runningTemplate(key, wanted, mode)
	if !exists || len(running.changed) > 0 {
		return findings
	}
	workload, _ := current.child(key)
	isReady := status.NewestRevisionIsReady(workload.Object)
	return slices.DeleteFunc(slices.Clone(findings), func(found finding.Finding) bool {
		return modes.IsDisprovedByKnative(found, isReady)
	})
}

// scalesByKEDA reports whether KEDA says that it has the metrics by which it scales a component.
func scalesByKEDA(c *modes.Component, current observedState) bool {
	scaler, _ := current.child(childKey{kinds.ScaledObject, names.ScaledObject(c.Name)})
	state, known := status.ReadAutoscaler(kinds.ScaledObject, scaler.Object)
	return known && state.Scales
}
