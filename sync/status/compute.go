package status

import (
	"slices"

	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes/names"
	"github.com/isvc-io/isvc/sync/observed"
)

// Compute returns the whole new status of a service. The same input gives the same bytes, in
// whatever order the objects come. The status satisfies the schema of the custom resource
// definition, and no default of the schema changes it.
func Compute(in *Input) v1beta1.InferenceServiceStatus {
	previous, now := &in.Parent.Status, storableTime(in.Now)
	out := v1beta1.InferenceServiceStatus{ObservedGeneration: in.Parent.Generation}
	out.URL, out.Address = serviceAddresses(&in.Ingress, in.Failure != nil, previous)

	var conditions []v1beta1.Condition
	var components []componentState
	if in.ServiceMode == v1beta1.VirtualDeployment {
		out.Components = virtualDeploymentComponents(in.Ingress.URL)
		conditions = virtualDeploymentConditions(in.Findings)
	} else {
		components = observeComponents(in)
		if somethingIsAwaited(in, components) {
			out.ObservedGeneration = min(previous.ObservedGeneration, out.ObservedGeneration)
		}
		out.Components = componentStatuses(components)
		out.ModelStatus = modelStatus(components, in.Failure, previous.ModelStatus.LastFailureInfo, now)
		conditions = serviceConditions(in, components)
		out.MountedOverlays = previous.MountedOverlays
		if in.Overlays != nil {
			out.MountedOverlays = in.Overlays.Mounted
		}
	}
	out.Conditions = withTransitionTimes(conditions, previous.Conditions, now)
	out.Transitions = withNewTransitions(previous.Transitions, previous.Conditions, out.Conditions, now)
	out.Summary = summarizeService(in, &out, components)
	return out
}

// somethingIsAwaited reports whether an object that serves or leads requests to what serves lacks the
// specification of the last answer. Then observedGeneration stays: what runs is that of before.
// Metacontroller writes the generation of the service over it, so that in a cluster Ready says so alone.
func somethingIsAwaited(in *Input, components []componentState) bool {
	isAwaited := func(o Object) bool { return o.NotApplied }
	return slices.ContainsFunc(in.Ingress.Objects, isAwaited) || slices.ContainsFunc(components, func(s componentState) bool {
		return s.Updating != "" || slices.ContainsFunc(s.Services, isAwaited)
	})
}

// Available reports whether a component's own workload exists and serves, by the rules of its Ready
// condition. The children are those of the service, the parent is the service with its previous
// status.
func Available(parent *v1beta1.InferenceService, children observed.Objects, c Component) bool {
	w := readWorkload(&c, serviceChildren{parent.Namespace, children}, &parent.Status)
	return w.exists && w.ready.isTrue()
}

// componentState is a component and what was observed of it.
type componentState struct {
	Component
	workload
	// services says whether the Service objects of the component are there.
	services readiness
	// replicas are newest first.
	replicas []replica
	// canary is what is observed of the canary; nil without one.
	canary *canaryState
	// podsKnown is true when the request had the pods of the service: then no pods means that there
	// are none.
	podsKnown bool
}

// componentOrder lists the components in the order in which their conditions decide about Ready.
func componentOrder() []v1beta1.ComponentType {
	return []v1beta1.ComponentType{v1beta1.EngineComponent, v1beta1.DecoderComponent, v1beta1.RouterComponent}
}

// observeComponents reads the workload and the pods of every component, in the order of
// componentOrder.
func observeComponents(in *Input) []componentState {
	children := serviceChildren{in.Parent.Namespace, in.Children}
	pods := podsByComponent(in.Parent.Name, in.Pods)
	var states []componentState
	for _, componentType := range componentOrder() {
		at := slices.IndexFunc(in.Components, func(c Component) bool { return c.Type == componentType })
		if at < 0 {
			continue
		}
		c := in.Components[at]
		if c.Name == "" {
			c.Name = names.Component(in.Parent.Name, string(componentType))
		}
		if c.Mode == "" {
			c = fromObservedWorkload(c, children)
			c = fromPreviousStatus(c, in.Parent.Status.Components[componentType])
		}
		states = append(states, componentState{
			Component: c,
			workload:  readWorkload(&c, children, &in.Parent.Status),
			services:  serviceObjectsReadiness(c.Services, children),
			replicas:  groupIntoReplicas(pods[componentType]),
			canary:    readCanary(&c, children, &in.Parent.Status, in.Pods),
			podsKnown: in.Pods != nil,
		})
	}
	return states
}

// fromPreviousStatus completes a component that could not be decided with its URL, accelerator and
// autoscaler of the previous status.
func fromPreviousStatus(c Component, previous v1beta1.ComponentStatusSpec) Component {
	if c.URL == "" {
		c.URL = previous.URL
	}
	if c.Accelerator == nil {
		c.Accelerator = previous.SelectedAccelerator
	}
	if c.Autoscaler == nil {
		c.Autoscaler, c.ScaleTarget = previous.Autoscaler, previous.ScaleTargetRef
	}
	return c
}

// componentStatuses are the components' own parts of the status; nil without components.
func componentStatuses(components []componentState) map[v1beta1.ComponentType]v1beta1.ComponentStatusSpec {
	if len(components) == 0 {
		return nil
	}
	statuses := make(map[v1beta1.ComponentType]v1beta1.ComponentStatusSpec, len(components))
	for i := range components {
		status := components[i].status
		status.SelectedAccelerator = components[i].Accelerator
		status.Autoscaler, status.ScaleTargetRef = components[i].Autoscaler, components[i].ScaleTarget
		status.Traffic = components[i].trafficByReplicas()
		status = components[i].withCanary(status)
		status.Workload = components[i].workloadStatus()
		if former := components[i].Former; former != nil {
			status.URL, status.Address = former.URL, former.Address
		}
		statuses[components[i].Type] = status
	}
	return statuses
}

// serviceAddresses are where users reach the service. Routes that could not be computed still exist
// in the cluster, so the previous addresses stay.
func serviceAddresses(ingress *Ingress, unresolved bool, previous *v1beta1.InferenceServiceStatus) (string, *v1beta1.Address) {
	unknown := unresolved || ingress.Problem != nil
	switch {
	case unknown && ingress.URL == "" && ingress.Address == "":
		return previous.URL, previous.Address
	case ingress.Address == "":
		return ingress.URL, nil
	}
	return ingress.URL, &v1beta1.Address{URL: ingress.Address}
}

// virtualDeploymentComponents is the one component of a service that other software serves; OME
// reports it as the predictor.
func virtualDeploymentComponents(url string) map[v1beta1.ComponentType]v1beta1.ComponentStatusSpec {
	return map[v1beta1.ComponentType]v1beta1.ComponentStatusSpec{v1beta1.PredictorComponent: {URL: url}}
}
