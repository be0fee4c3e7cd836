package sync

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/isvc-io/isvc/api/finding"
	"github.com/isvc-io/isvc/api/kinds"
	"github.com/isvc-io/isvc/api/trace"
	"github.com/isvc-io/isvc/api/v1beta1"
	"github.com/isvc-io/isvc/modes"
	"github.com/isvc-io/isvc/sync/status"
)

// ReasonModeChanging: a component changes its mode and both workloads run until
// the new one is ready. Seen in SpecHonored. Fix: wait; if the new workload
// does not become ready, see the condition of the component.
const ReasonModeChanging = "ModeChanging"

// retainFormerWorkload repeats the workload of a component's former mode, with what
// serves it, until the new workload is ready. Until then nothing that both modes would
// write changes, except that a Knative Service needs the name of the former Service
// object for itself, and the other way round.
func retainFormerWorkload(
	c *modes.Component, service inferenceService, current observedState, desired desiredState, record *trace.Recorder,
) (children, *finding.Finding) {
	former := formerWorkloads(c, current, desired.children)
	if len(former) == 0 || workloadIsReady(c, service, current, desired) {
		return desired.children, nil
	}
	record.Note(string(c.Type)+"/mode", ReasonModeChanging,
		"the "+string(c.Type)+" changes to mode "+string(c.Mode)+": what served before stays until the new workload is ready")
	isFormer := func(object *unstructured.Unstructured) bool {
		if componentOf(object) == c.Type && !isDesiredWorkload(object, desired.children, c.Type) {
			return true
		}
		return isEntryComponent(c, desired) && isRoute(object)
	}
	why := &finding.Finding{Reason: ReasonModeChanging, Message: "the mode changes"}
	out, problem := retainSelected(isFormer, current, desired.children, record, string(c.Type), why)
	if problem != nil {
		return nil, problem
	}
	if knativeTakesServiceName(c, former) {
		out = withoutServiceObjects(out, c.Type, record)
	}
	return withExternalServicePinned(out, c, former), nil
}

// formerWorkloads are the observed workloads of a component that the desired children do
// not contain: workloads of another mode, or of a name that changed.
func formerWorkloads(c *modes.Component, current observedState, desired children) []childKey {
	var former []childKey
	mode, _ := modes.Of(c.Mode)
	for _, kind := range modes.WorkloadKinds() {
		if mode.ReplicasAreObjects && kind == mode.Workload {
			continue // fewer objects are fewer replicas
		}
		for _, key := range current.keysOf(kind) {
			if _, wanted := desired[key]; wanted {
				continue
			}
			workload, _ := current.child(key)
			object := workload.decode()
			if object != nil && componentOf(object) == c.Type && !isProber(c, key) {
				former = append(former, key)
			}
		}
	}
	return former
}

// isProber reports whether a child is a Deployment that watches a Ray cluster of the
// component and serves nothing itself.
func isProber(c *modes.Component, key childKey) bool {
	return key.kind == kinds.Deployment && key.name != c.Name
}

// isDesiredWorkload reports whether an observed child is a workload that is desired for
// the component.
func isDesiredWorkload(object *unstructured.Unstructured, desired children, component v1beta1.ComponentType) bool {
	key := keyOf(object)
	wanted := desired[key]
	return wanted != nil && slices.Contains(modes.WorkloadKinds(), key.kind) && componentOf(wanted) == component
}

// workloadIsReady reports whether the component's own workload serves already.
func workloadIsReady(c *modes.Component, service inferenceService, current observedState, desired desiredState) bool {
	return status.Available(service.given, current.children, componentView(c, desired))
}

// isEntryComponent reports whether requests to the service come to this component.
func isEntryComponent(c *modes.Component, desired desiredState) bool {
	entry := modes.Route{Components: builtComponents(desired.components)}.EntryComponent()
	return entry != nil && entry.Type == c.Type
}

// knativeTakesServiceName reports whether Knative makes the Service object of the
// component's name while the component changes its mode.
func knativeTakesServiceName(c *modes.Component, former []childKey) bool {
	return c.Mode == v1beta1.Serverless ||
		slices.ContainsFunc(former, func(key childKey) bool { return key.kind == kinds.KnativeService })
}

// withoutServiceObjects leaves out the Service objects of a component.
func withoutServiceObjects(all children, component v1beta1.ComponentType, record *trace.Recorder) children {
	out := children{}
	for _, key := range all.sortedKeys() {
		if key.kind != kinds.Service || componentOf(all[key]) != component {
			out[key] = all[key]
			continue
		}
		record.Add(trace.Entry{Subject: "Service/" + key.name, Verdict: trace.Absent, Reason: ReasonModeChanging,
			Message: "Knative makes the Service of this name while it serves"})
	}
	return out
}

// withExternalServicePinned leaves the external Service object, while a component changes
// its mode, on the pods of the former workload: by service and component alone it would
// select the new pods too, among them workers that do not serve.
func withExternalServicePinned(all children, c *modes.Component, former []childKey) children {
	key := childKey{kinds.Service, c.Service}
	external := all[key]
	if external == nil || external.GetLabels()[v1beta1.LabelComponent] != v1beta1.ExternalServiceComponent {
		return all
	}
	label, value := formerPodLabel(c, former)
	selector, found, _ := unstructured.NestedStringMap(external.Object, "spec", "selector")
	if !found || label == "" {
		return all
	}
	selector[label] = value
	pinned := external.DeepCopy()
	_ = unstructured.SetNestedStringMap(pinned.Object, selector, "spec", "selector") // the path was just read
	return all.with(children{key: pinned})
}

// formerPodLabel is a label that the pods of the former workload have and pods of other
// modes that do not serve lack; empty when there is no such label.
func formerPodLabel(c *modes.Component, former []childKey) (label, value string) {
	for _, key := range former {
		if mode, ok := modes.OfWorkload(key.kind); ok && mode.ServingPodLabel != nil {
			return mode.ServingPodLabel(c.Name, key.name)
		}
	}
	return "", ""
}
