package sync

import (
	"fmt"
	"strconv"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/status"
)

// warnAboutAutoscalers reports what keeps the autoscalers of components from scaling.
func warnAboutAutoscalers(service inferenceService, current observedState, desired desiredState, record *trace.Recorder) {
	for _, a := range observedAutoscalers(service, current, desired) {
		if a.State.Reason == status.ReasonAutoscalerFails {
			record.AddFinding(a.State.Subject, a.State.Reason, a.State.Message)
		}
	}
}

// observedAutoscalers are what the autoscalers of components say. While a component starts, its metric is
// missing for good reasons, and its autoscaler is left out.
func observedAutoscalers(service inferenceService, current observedState, desired desiredState) []status.Autoscaler {
	var all []status.Autoscaler
	for _, component := range desired.components {
		for _, kind := range []kinds.Kind{kinds.HorizontalPodAutoscaler, kinds.ScaledObject} {
			for _, key := range component.children.keysOfKind(kind) {
				existing, _ := current.child(key)
				observed, known := status.ReadAutoscaler(kind, existing.Object)
				if !known || !workloadIsReady(component.Component, service, current, desired) {
					continue
				}
				if scaling := component.Component.Scaling; kind == kinds.ScaledObject && scaling.Max > max(1, scaling.Min) {
					workload, _ := current.child(workloadKey(component.Component))
					replicas, _ := workload.replicas()
					observed = observed.AtMaximumOfKEDA(replicas, scaling.Max)
				}
				kindName, _ := kind.NameAndVersion()
				verb := "scales"
				if !observed.Scales {
					verb = "does not scale"
				}
				observed.State.Subject = string(component.Type) + "/autoscaler"
				observed.State.Message = fmt.Sprintf("%s %s %s the %s: %s", kindName, key.name, verb, component.Type, observed.State.Message)
				all = append(all, observed)
			}
		}
	}
	return all
}

// autoscalerInForce is what the autoscaler block of a component decides, and about which object; nil where
// no block decides. The numbers are those of the workload that is there.
func autoscalerInForce(c *modes.Component, current observedState) (*v1beta1.ComponentAutoscalerStatus, *autoscalingv2.CrossVersionObjectReference) {
	if !c.Scaling.IsByBlock() {
		return nil, nil
	}
	key := workloadKey(c)
	kindName, apiVersion := key.kind.NameAndVersion()
	out := &v1beta1.ComponentAutoscalerStatus{
		Class: c.Scaling.Block.Class, ManagedBy: managerOf(c.Scaling.Autoscaler), SpecSource: string(c.Scaling.Source),
	}
	if workload, exists := current.child(key); exists {
		out.DesiredReplicas, _ = workload.replicas()
		if n, err := strconv.ParseInt(string(workload.Member("status", "replicas")), 10, 32); err == nil {
			out.CurrentReplicas = int32(n)
		}
	}
	if scaler, exists := current.child(childKey{kinds.HorizontalPodAutoscaler, c.Name}); exists {
		var last metav1.Time
		if raw := scaler.Member("status", "lastScaleTime"); raw != nil && v1beta1.DecodeLenient(raw, &last) == nil {
			out.LastScaleTime = &last
		}
	}
	return out, &autoscalingv2.CrossVersionObjectReference{APIVersion: apiVersion, Kind: kindName, Name: key.name}
}

// managerOf is who makes an autoscaler, in the words of OME's status.
func managerOf(autoscaler modes.Autoscaler) string {
	switch autoscaler {
	case modes.AutoscalerExternal:
		return "external"
	case modes.AutoscalerNone:
		return "none"
	}
	return "ome"
}
