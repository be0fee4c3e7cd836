package sync

import (
	"bytes"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/child"
	"github.com/isvc-io/isvc/sync/compose"
	"github.com/isvc-io/isvc/sync/resolve"
	"github.com/isvc-io/isvc/sync/status"
)

// respond answers with the desired children, the status and the findings. The failure is
// why the service as a whole could not be computed; nil if it was.
func respond(
	req *Request, service inferenceService, current observedState, desired desiredState,
	failure *finding.Finding, record *trace.Recorder,
) *Response {
	response := &Response{
		Status: status.Compute(&status.Input{
			Parent: service.given, Now: req.Now, ServiceMode: service.mode,
			Components: componentViews(service, current, desired),
			// Nil when pods were not asked for.
			Children: current.children, Pods: req.Related[kinds.Pod],
			Failure: failure, Ingress: ingressView(desired.routes), Notes: record.Notes(),
		}),
		Partial: retainedParts(desired),
		Notes:   record.Notes(),
		Trace:   record.Entries(),
	}
	for _, key := range desired.children.sortedKeys() {
		response.Children = append(response.Children, desired.children[key])
	}
	return response
}

// retainedParts lists the parts of the service whose children were repeated because they
// could not be computed.
func retainedParts(desired desiredState) []finding.Finding {
	var parts []finding.Finding
	for _, component := range desired.components {
		if problem := component.Problem; problem != nil {
			parts = append(parts, finding.Finding{
				Subject: string(component.Type), Reason: problem.Reason, Message: problem.Message})
		}
	}
	if problem := desired.routes.problem; problem != nil && !desired.routes.entryFailed {
		parts = append(parts, finding.Finding{Subject: "ingress", Reason: problem.Reason, Message: problem.Message})
	}
	return parts
}

// componentViews are the components as the status sees them. The components of a service
// that could not be resolved are known by their type only.
func componentViews(service inferenceService, current observedState, desired desiredState) []status.Component {
	var views []status.Component
	if desired.components == nil {
		for _, component := range compose.ComponentTypes(service.effective) {
			views = append(views, status.Component{Type: component})
		}
		return views
	}
	for _, component := range desired.components {
		if component.Component == nil {
			views = append(views, status.Component{Type: component.Type, Problem: component.Problem})
			continue
		}
		view := componentView(component.Component, desired)
		view.Problem = component.Problem
		view.Updating = isUpdating(workloadKey(component.Component), current, desired.children)
		views = append(views, view)
	}
	return views
}

// componentView is a composed component as the status sees it, without what must be
// compared with the cluster.
func componentView(c *modes.Component, desired desiredState) status.Component {
	replicas := c.Scaling.Min
	if mode, _ := modes.Of(c.Mode); mode.MaxReplicas > 0 {
		replicas = min(replicas, mode.MaxReplicas)
	}
	return status.Component{
		Type: c.Type, Mode: c.Mode, Name: c.Name, Replicas: replicas,
		URL:         desired.routes.addresses.Components[c.Type],
		Accelerator: selectedAccelerator(desired.accelerators[c.Type]),
	}
}

// isUpdating reports whether a workload exists and something else was applied last than
// what is desired now. Without a readable last-applied annotation it cannot be known and
// is false.
func isUpdating(workload childKey, current observedState, desired children) bool {
	wanted := desired[workload]
	existing, exists := current.child(workload)
	applied := existing.lastAppliedText()
	if wanted == nil || !exists || applied == nil {
		return false
	}
	// Metacontroller writes the annotation as JSON in the same form, so that a workload at
	// rest has the same text, and is not decoded.
	if text, err := child.JSON(wanted.Object); err != nil || bytes.Equal(text, applied) {
		return false
	}
	last, source, ok := child.LastApplied(existing.decode())
	return ok && source == child.FromAnnotation && !child.Equal(last.Object, wanted.Object)
}

// selectedAccelerator is an accelerator class as the status shows it; nil without one.
func selectedAccelerator(chosen *resolve.Accelerator) *v1beta1.SelectedAccelerator {
	if chosen == nil {
		return nil
	}
	return &v1beta1.SelectedAccelerator{
		AcceleratorClass: chosen.Name,
		Reason:           chosen.Reason,
		NodeSelector:     chosen.Class.Spec.Discovery.NodeSelector,
	}
}

// ingressView is how the service is reached, as the status sees it.
func ingressView(routes routes) status.Ingress {
	view := status.Ingress{
		Disabled: routes.disabled,
		Problem:  routes.problem,
		URL:      routes.addresses.URL,
		Address:  routes.addresses.Address,
	}
	for _, key := range routes.keys {
		view.Objects = append(view.Objects, status.Object{Kind: key.kind, Name: key.name})
	}
	return view
}
